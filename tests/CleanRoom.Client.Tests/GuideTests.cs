using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Client.Tests;

/// <summary>docs/contributors.md and docs/agencies.md: every command in them exists, and the way from keys to receipts works as it is written, with the command line alone.</summary>
public sealed partial class GuideTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-guide-");

    public static TheoryData<string> Pages => ["contributors.md", "agencies.md"];

    [Theory, MemberData(nameof(Pages))]
    public async Task Page_EveryCommand_ExistsWithItsOptions(string page)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(FindDocs(), page), LiveRoom.Token);
        var commands = Command().Matches(text).Select(match => match.Value).Distinct().ToList();
        Assert.True(commands.Count > 8, $"{commands.Count} commands found");
        var help = new Dictionary<string, string>();
        foreach (var command in commands)
        {
            var words = command.Split(' ');
            var name = $"{words[1]} {words[2]}";
            if (!help.TryGetValue(name, out var shown))
            {
                var answer = await Programs.CliAsync(words[1], words[2], "--help");
                Assert.True(answer.Code == 0 && answer.Output.Contains($"cleanroom {name}", StringComparison.Ordinal), $"{name}: {answer}");
                help[name] = shown = answer.Output;
            }

            Assert.All(Option().Matches(command), option => Assert.True(shown.Contains(option.Value + " ", StringComparison.Ordinal), $"{command}: {option.Value} does not exist"));
        }
    }

    [Fact]
    public async Task Guide_FromKeysToReceipts_WorksWithTheCommandLineAlone()
    {
        await using var live = await LiveRoom.StartAsync();
        var charter = await OpenAsync(live, agency: false);
        var cases = Write("cases.csv", "Case no,Full name,Tel,Date of birth,Consent\nC-1,Sample Person,+84901234567,1990-01-01,C1;C2\nC-2,Other Person,+84901234568,1991-01-01,no\n");
        string[] file = [cases, "--manifest", Write("manifest.json", "{}"), "--ref", "Case no"];
        Assert.Equal(1, (int)(await OkAsync(["records", "check", .. file]))["identitySealed"]!);
        var uploaded = await OkAsync(["records", "upload", .. file, "--home", In("delta")]);
        Assert.Equal((1, 1), ((int)uploaded["new"]!, (int)uploaded["notSealed"]!));
        Assert.Equal(1, (int)(await OkAsync(["records", "upload", .. file, "--home", In("delta")]))["unchanged"]!);
        Assert.Equal(1, (int)(await OkAsync("receipts", "verify", "--home", In("delta")))["final"]!);
        Assert.Equal(1, (int)(await OkAsync("receipts", "verify", "--offline", "--home", In("delta")))["final"]!);
        var sheet = await OkAsync("records", "sheet", "C-1", "--out", In("sheet.txt"), "--home", In("delta"));
        Assert.StartsWith("In the room, until ", (string)sheet["now"]!, StringComparison.Ordinal);
        Assert.StartsWith("Sealed into the room", (string)Assert.Single(sheet["done"]!.AsArray())!["text"]!, StringComparison.Ordinal);
        Assert.Contains("What we cannot know:", await File.ReadAllTextAsync(In("sheet.txt"), LiveRoom.Token), StringComparison.Ordinal);
        await RefusedAsync("is there already", ["records", "sheet", "C-1", "--out", In("sheet.txt"), "--home", In("delta")]);
        await RefusedAsync("no such record", ["records", "sheet", "C-2", "--home", In("delta")]);
        var online = await OkAsync("log", "verify", "--home", In("delta"));
        var offline = await OkAsync("log", "verify", "--offline", "--home", In("delta"));
        Assert.Equal((string)online["root"]!, (string)offline["root"]!);
        Assert.Equal("InForce", (string)(await OkAsync("room", "status", "--offline", "--home", In("delta")))["status"]!);
        _ = await OkAsync("charter", "show", "--home", In("delta"));
        var model = Write("model.json", RoomModel.Shipped.ToJson().Replace("\"told\": 13", "\"told\": 14", StringComparison.Ordinal));
        _ = await OkAsync("charter", "propose", charter, "--out", In("next.json"), "--linkage-model", model);
        Assert.Equal(RoomModel.Parse(await File.ReadAllBytesAsync(model, LiveRoom.Token)).Digest.ToString(), (string)JsonNode.Parse(await File.ReadAllTextAsync(In("next.json"), LiveRoom.Token))!["linkageModel"]!);
        _ = await OkAsync("charter", "propose", charter, "--out", In("same.json"), "--linkage-model", "shipped", "--listings-by", "one");
        Assert.Null(JsonNode.Parse(await File.ReadAllTextAsync(In("same.json"), LiveRoom.Token))!["needsSecond"]);
        _ = await OkAsync("log", "export", In("log"), "--home", In("delta"));
        _ = await OkAsync("log", "verify", In("log"));
        _ = await OkAsync("consent", "withdraw", "C-1", "--purpose", "C2_BLIND_MATCH", "--home", In("delta"));
        _ = await OkAsync("room", "status", "--home", In("delta"));
        var changed = await OkAsync("records", "sheet", "C-1", "--home", In("delta"));
        Assert.Contains("takes back her consent to being compared", (string)changed["done"]!.AsArray()[1]!["text"]!, StringComparison.Ordinal);
        Assert.Equal((0, 0), ((int)changed["leftOut"]!, (int)changed["notKept"]!));
        Assert.Equal(1, (int)(await OkAsync("records", "withdraw", "--all", "--home", In("delta")))["withdrawn"]!);
        Assert.StartsWith("Withdrawn for ever", (string)(await OkAsync("records", "sheet", "C-1", "--home", In("delta")))["now"]!, StringComparison.Ordinal);
        var report = Assert.Single((await OkAsync("log", "report", "--home", In("delta")))["quarters"]!.AsArray())!["counts"]!;
        Assert.Equal(("1", "1"), ((string)report["charter versions"]!, (string)report["records withdrawn"]!));
        Assert.DoesNotContain("delta", report.ToJsonString(), StringComparison.Ordinal);
        var frozen = await OkAsync("broker", "freeze", "--home", In("delta"));
        Assert.Equal((true, true, "own broker"), ((bool)frozen["frozen"]!, (bool)frozen["complete"]!, (string)Assert.Single(frozen["places"]!.AsArray())!["place"]!));
    }

    /// <summary>docs/agencies.md, "Looking for a subject", with the sample queries; up to the log, for no enclave runs here.</summary>
    [Fact]
    public async Task Guide_AnAgencyThatLooksForASubject_WorksWithTheCommandLineAlone()
    {
        await using var live = await LiveRoom.StartAsync();
        var charter = await OpenAsync(live, agency: true);
        string[] golf = ["--home", In("golf")];
        string[] phone = ["--kind", "phone", "--value", "+66 81 234 5678", "--case", "77/2026"];
        var queries = (await OkAsync("charter", "show", charter))["queries"]!.AsArray().Select(query => (string)query!);
        Assert.Equal(["Q18", "Q19"], queries.Skip(9));

        // Two legal bases: which one has to be said; the rest follows from the charter.
        await RefusedAsync("criminal-investigation, mutual-legal-assistance", ["watch", "search", .. phone, .. golf]);
        var search = await OkAsync(["watch", "search", .. phone, "--basis", "criminal-investigation", "--as", "p1", .. golf]);
        Assert.Equal(("phone, +66 81 234 5678", "Q18 1.0.0", "trafficking", true), ((string)search["subject"]!, (string)search["query"]!, (string)search["mandate"]!, (bool)search["needsSecond"]!));
        await RefusedAsync("another person", ["disclosure", "confirm", (string)search["copy"]!, "--as", "p1", .. golf], besides: ["SamePerson", "person"]);
        Assert.Equal("phone, +66 81 234 5678", (string)(await OkAsync(["disclosure", "confirm", (string)search["copy"]!, "--as", "p2", .. golf]))["subject"]!);
        var watch = await OkAsync(["watch", "add", "--kind", "vehicle", "--value", "2A-1234", "--country", "KHM", "--case", "77/2026", "--until", LiveDay(30), "--as", "p1", .. golf]);
        var listed = await OkAsync(["watch", "list", .. golf]);
        Assert.Equal(50, (int)listed["quota"]!);
        Assert.Equal(
            [("signed", "none yet", (string)search["id"]!), ("waits for a second officer", "none yet", (string)watch["id"]!)],
            listed["watches"]!.AsArray().Select(row => ((string)row!["state"]!, (string)row["answer"]!, (string)row["id"]!)));
        _ = await OkAsync(["disclosure", "confirm", (string)watch["copy"]!, "--as", "p2", .. golf]);
        _ = await OkAsync(["watch", "withdraw", (string)watch["id"]!, .. golf]);
        Assert.Equal(["signed", "withdrawn"], (await OkAsync(["watch", "list", .. golf]))["watches"]!.AsArray().Select(row => (string)row!["state"]!));
        Assert.Empty((await OkAsync(["disclosure", "waiting", .. golf]))["waiting"]!.AsArray());

        // What the enclave would not answer is refused here, with what to write instead.
        await RefusedAsync("persons, documents and homes", ["watch", "search", "--kind", "person", "--value", "x", "--case", "1", .. golf]);
        await RefusedAsync("with + and its country", ["watch", "search", "--kind", "phone", "--value", "81 234 5678", "--case", "1", "--basis", "criminal-investigation", .. golf]);
        await RefusedAsync("subject.country", ["watch", "search", "--kind", "vehicle", "--value", "2A-1234", "--case", "1", "--basis", "criminal-investigation", .. golf]);
        await RefusedAsync("P90D", ["watch", "add", .. phone, "--until", LiveDay(200), .. golf]);
        await RefusedAsync("have it added to the charter", ["watch", "search", .. phone, "--home", In("delta")]);
        await RefusedAsync("no watch of this member", ["watch", "withdraw", Guid.NewGuid().ToString(), .. golf]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [GeneratedRegex("(?<=[`\n])cleanroom [a-z]+ [a-z-]+[^`\n]*")]
    private static partial Regex Command();

    [GeneratedRegex("--[a-z][a-z-]+")]
    private static partial Regex Option();

    private static string FindDocs()
    {
        for (var here = new DirectoryInfo(AppContext.BaseDirectory); here is not null; here = here.Parent)
        {
            if (File.Exists(Path.Combine(here.FullName, "CleanRoom.sln")))
            {
                return Path.Combine(here.FullName, "docs");
            }
        }

        throw new DirectoryNotFoundException("The repository is not above the tests.");
    }

    /// <summary>Runs a command that must succeed, and gives its result. Whatever concerns the simulated room says so.</summary>
    private static async Task<JsonNode> OkAsync(params string[] args)
    {
        var answer = await Programs.CliAsync([.. args, "--json"]);
        Assert.True(answer.Code == 0, $"{string.Join(' ', args)}: {answer}");
        var json = JsonNode.Parse(answer.Output)!;
        var ofARoom = args[0] is not ("keys" or "records") && args[1] != "card";
        Assert.True(!ofARoom || (bool?)json["simulated"] == true, $"{string.Join(' ', args)}: the label is missing");
        return json["result"]!;
    }

    private static async Task RefusedAsync(string words, string[] args, params string[] besides)
    {
        var answer = await Programs.CliAsync([.. args, "--json"]);
        Assert.True(answer.Code != 0 && besides.Append(words).Any(word => answer.Error.Contains(word, StringComparison.Ordinal)), $"{string.Join(' ', args)}: {answer}");
    }

    private static string LiveDay(int days) => TimeProvider.System.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>From keys to a room in which everybody is registered; gives the charter's file.</summary>
    private async Task<string> OpenAsync(LiveRoom live, bool agency)
    {
        var template = JsonNode.Parse(live.Charter.Charter.CanonicalBytes.Span)!;
        var (operatorFile, enclaveFile, charter) = (Write("operator.json", template["operator"]!.ToJsonString()), Write("enclave.json", template["enclaves"]![0]!.ToJsonString()), In("charter.json"));
        var passphrase = Write("passphrase.txt", "correct horse battery staple\n");
        _ = await OkAsync("charter", "init", charter, "--title", "Guide (fictional)", "--simulated", "--operator", operatorFile, "--enclave", enclaveFile);
        string[] members = ["delta", "echo", "foxtrot"];
        foreach (var member in agency ? members.Append("golf") : members)
        {
            string[] people = member == "golf" ? ["--person", "p1=officer,approver", "--person", "p2=officer"] : ["--person", "p1=uploader", "--person", "p2=approver,releaser", "--person", "p3=approver"];
            _ = await OkAsync(["keys", "create", "--member", member, "--home", In(member), "--passphrase-file", passphrase, .. people]);
            var (address, tls) = await live.StartBrokerAsync(MemberProfile.Open(In(member), TimeProvider.System));
            string[] role = member == "golf"
                ? ["--role", "agency", "--kind", "police_ahtu", "--jurisdiction", "THA", "--mandate", "trafficking"]
                : ["--role", "contributor", "--desk", $"desk@{member}.example.org"];
            _ = await OkAsync(["charter", "card", In(member + ".json"), "--home", In(member), "--name", member, "--broker", address.ToString(), "--broker-tls", tls.ToString(), .. role]);
            _ = await OkAsync("charter", "add-member", charter, In(member + ".json"));
        }

        // Who speaks for survivors has a signature and nothing else.
        string[] voices = agency ? members : [.. members, "india"];
        if (!agency)
        {
            string[] home = ["--home", In("india")];
            _ = await OkAsync(["keys", "create", "--member", "india", .. home, "--passphrase-file", passphrase]);
            await RefusedAsync("survivors or workers", ["charter", "card", In("india.json"), .. home, "--role", "representative", "--name", "Council"]);
            _ = await OkAsync(["charter", "card", In("india.json"), .. home, "--role", "representative", "--name", "Council (fictional)", "--speaks-for", "survivors"]);
            _ = await OkAsync("charter", "add-member", charter, In("india.json"));
        }

        foreach (var query in agency ? ["Q18-search.json", "Q19-watch.json"] : Array.Empty<string>())
        {
            _ = await OkAsync("charter", "add-query", charter, Path.Combine(FindDocs(), "..", "samples", "queries", query));
        }

        foreach (var member in voices)
        {
            if (member == "india")
            {
                await RefusedAsync("india", ["charter", "verify", charter]);
            }

            _ = await OkAsync("charter", "sign", charter, "--home", In(member), "--passphrase-file", passphrase);
        }

        _ = await OkAsync("charter", "verify", charter);
        var shown = await OkAsync("charter", "show", charter);
        Assert.Equal(agency ? 0 : 1, shown["representatives"]!.AsArray().Count);
        Assert.Equal(agency ? 11 : 9, shown["impact"]!.AsObject().Count);
        _ = await OkAsync("charter", "submit", charter, "--home", In("delta"), "--passphrase-file", passphrase);
        foreach (var member in agency ? members.Append("golf") : members)
        {
            _ = await OkAsync("room", "join", charter, "--home", In(member));
        }

        foreach (var member in agency ? members.Append("golf") : members)
        {
            string[] home = ["--home", In(member)];
            var registered = await OkAsync(["room", "register", .. home, .. member == "golf" ? Array.Empty<string>() : ["--list", "*"], "--passphrase-file", passphrase]);
            if (member == "golf")
            {
                Assert.Null(registered["waiting"]);
                continue;
            }

            // Nobody lists alone.
            var listing = (string)registered["waiting"]!["id"]!;
            Assert.Equal(("p2", 2), ((string)registered["waiting"]!["signedBy"]!, registered["waiting"]!["contributors"]!.AsArray().Count));
            Assert.Null((await OkAsync(["room", "listing", .. home]))["counts"]);
            await RefusedAsync("SamePerson", ["room", "confirm-listing", listing, "--as", "p2", .. home], besides: "person");
            await RefusedAsync("does not have the role", ["room", "confirm-listing", listing, "--as", "p1", .. home]);
            await RefusedAsync("room listing", ["room", "confirm-listing", Guid.NewGuid().ToString(), "--as", "p3", .. home]);
            Assert.Equal(2, (await OkAsync(["room", "confirm-listing", listing, "--as", "p3", .. home]))["counts"]!["contributors"]!.AsArray().Count);
            var after = await OkAsync(["room", "listing", .. home]);
            Assert.Equal((true, 2), ((bool)after["twoPeople"]!, after["counts"]!["contributors"]!.AsArray().Count));
            Assert.Null(after["waiting"]);
        }

        return charter;
    }

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }
}
