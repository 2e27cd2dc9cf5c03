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
        var template = JsonNode.Parse(live.Charter.Charter.CanonicalBytes.Span)!;
        var (operatorFile, enclaveFile, charter) = (Write("operator.json", template["operator"]!.ToJsonString()), Write("enclave.json", template["enclaves"]![0]!.ToJsonString()), In("charter.json"));
        var passphrase = Write("passphrase.txt", "correct horse battery staple\n");
        _ = await OkAsync("charter", "init", charter, "--title", "Guide (fictional)", "--simulated", "--operator", operatorFile, "--enclave", enclaveFile);
        string[] members = ["delta", "echo", "foxtrot"];
        foreach (var member in members)
        {
            _ = await OkAsync("keys", "create", "--member", member, "--home", In(member), "--passphrase-file", passphrase, "--person", "p1=uploader", "--person", "p2=approver,releaser");
            var (address, tls) = await live.StartBrokerAsync(MemberProfile.Open(In(member), TimeProvider.System));
            _ = await OkAsync(
                "charter", "card", In(member + ".json"), "--home", In(member), "--role", "contributor", "--name", member, "--desk", $"desk@{member}.example.org",
                "--broker", address.ToString(), "--broker-tls", tls.ToString());
            _ = await OkAsync("charter", "add-member", charter, In(member + ".json"));
        }

        foreach (var member in members)
        {
            _ = await OkAsync("charter", "sign", charter, "--home", In(member), "--passphrase-file", passphrase);
        }

        _ = await OkAsync("charter", "verify", charter);
        _ = await OkAsync("charter", "submit", charter, "--home", In("delta"), "--passphrase-file", passphrase);
        foreach (var member in members)
        {
            _ = await OkAsync("room", "join", charter, "--home", In(member));
        }

        foreach (var member in members)
        {
            _ = await OkAsync("room", "register", "--home", In(member), "--list", "*", "--passphrase-file", passphrase);
        }

        var cases = Write("cases.csv", "Case no,Full name,Tel,Date of birth,Consent\nC-1,Sample Person,+84901234567,1990-01-01,C1;C2\nC-2,Other Person,+84901234568,1991-01-01,no\n");
        string[] file = [cases, "--manifest", Write("manifest.json", "{}"), "--ref", "Case no"];
        Assert.Equal(1, (int)(await OkAsync(["records", "check", .. file]))["identitySealed"]!);
        var uploaded = await OkAsync(["records", "upload", .. file, "--home", In("delta")]);
        Assert.Equal((1, 1), ((int)uploaded["new"]!, (int)uploaded["notSealed"]!));
        Assert.Equal(1, (int)(await OkAsync(["records", "upload", .. file, "--home", In("delta")]))["unchanged"]!);
        Assert.Equal(1, (int)(await OkAsync("receipts", "verify", "--home", In("delta")))["final"]!);
        Assert.Equal(1, (int)(await OkAsync("receipts", "verify", "--offline", "--home", In("delta")))["final"]!);
        var online = await OkAsync("log", "verify", "--home", In("delta"));
        var offline = await OkAsync("log", "verify", "--offline", "--home", In("delta"));
        Assert.Equal((string)online["root"]!, (string)offline["root"]!);
        Assert.Equal("InForce", (string)(await OkAsync("room", "status", "--offline", "--home", In("delta")))["status"]!);
        _ = await OkAsync("charter", "show", "--home", In("delta"));
        var model = Write("model.json", RoomModel.Shipped.ToJson().Replace("\"told\": 13", "\"told\": 14", StringComparison.Ordinal));
        _ = await OkAsync("charter", "propose", charter, "--out", In("next.json"), "--linkage-model", model);
        Assert.Equal(RoomModel.Parse(await File.ReadAllBytesAsync(model, LiveRoom.Token)).Digest.ToString(), (string)JsonNode.Parse(await File.ReadAllTextAsync(In("next.json"), LiveRoom.Token))!["linkageModel"]!);
        _ = await OkAsync("charter", "propose", charter, "--out", In("same.json"), "--linkage-model", "shipped");
        _ = await OkAsync("log", "export", In("log"), "--home", In("delta"));
        _ = await OkAsync("log", "verify", In("log"));
        Assert.Equal(1, (int)(await OkAsync("records", "withdraw", "--all", "--home", In("delta")))["withdrawn"]!);
        var report = Assert.Single((await OkAsync("log", "report", "--home", In("delta")))["quarters"]!.AsArray())!["counts"]!;
        Assert.Equal(("1", "1"), ((string)report["charter versions"]!, (string)report["records withdrawn"]!));
        Assert.DoesNotContain("delta", report.ToJsonString(), StringComparison.Ordinal);
        var frozen = await OkAsync("broker", "freeze", "--home", In("delta"));
        Assert.Equal((true, true, "own broker"), ((bool)frozen["frozen"]!, (bool)frozen["complete"]!, (string)Assert.Single(frozen["places"]!.AsArray())!["place"]!));
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

    private string In(string name) => Path.Combine(_folder.FullName, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(In(name), text);
        return In(name);
    }
}
