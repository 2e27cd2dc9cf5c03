using System.Text.Json;
using CleanRoom.Records.Tests;

namespace CleanRoom.Client.Tests;

/// <summary>"cleanroom init" at a terminal, key by key, against real services; "status" before and after it; manual pages and completion.</summary>
public sealed class InitTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-init-");

    private static string Program => Path.Combine(Programs.FolderOf("CleanRoom.Cli"), "cleanroom");

    [Fact]
    public async Task Init_NewcomerWithACharterAndAFile_EndsWithRecordsInTheRoom()
    {
        Terminal.Require();
        await using var live = await LiveRoom.StartAsync();
        var home = live.HomeOf("alpha");
        var charter = Path.Combine(live.Folder.FullName, "charter.json");
        var cases = Path.Combine(_folder.FullName, "cases.csv");
        await File.WriteAllTextAsync(
            cases, "Case no,Full name,Tel,Date of birth,Shown to us as,Consent\nC-1,Sample Person,+84901234567,1990-01-31,x,C1;C2\nC-2,Other Person,+84901234568,1991-01-31,y,no\n", LiveRoom.Token);

        // The first visit ends in front of a room that nobody has opened; the second goes on from there.
        var (code, screen) = await Terminal.PlayAsync($"{Program} init --home {home}",
            [("Step 1 of 4", ""), ("The keys of alpha lie in", ""), ("Step 2 of 4", ""), ("File of the charter", $"{charter}\r"), ("Trial (fictional)", ""), ("alpha", ""), ("Joined", ""), ("not ready for you yet", ""), ("goes on from this point", "")]);
        Assert.True(code == 0, screen);
        Assert.Contains("SIMULATED ROOM", screen, StringComparison.Ordinal);

        _ = await RoomClient.SubmitCharterAsync(live.Profiles["alpha"], live.Charter, "", null, LiveRoom.Token);
        foreach (var member in new[] { "bravo", "charlie" })
        {
            _ = await RoomClient.JoinAsync(live.Profiles[member], live.Charter, null, LiveRoom.Token);
        }

        (code, screen) = await Terminal.PlayAsync($"{Program} init --home {home}",
            [
                ("You have joined", ""), ("Who may get pointers", "*\r"), ("In the log now:", ""),
                ("File with your cases", $"{cases}\r"), ("Whom do you reach?", "Walk-in clients of one town\r"), ("By whose definition", ""), ("[1]", "1\r"), ("Countries where you work", "Atlantis\r"), ("no country that is known", ""), ("Countries where you work", "VNM, Thailand\r"),
                ("\"Shown to us as\"", ""), ("[1]", "2\r"), ("Column to change", "\r"), ("Saved", ""), ("Which column holds your own case number?", ""), ("[1]", "\r"),
                ("would be sealed: 1 in full", ""), ("Seal and send 1 records now?", "yes\r"), ("Uploaded: 1 new", ""), ("Done.", ""),
            ]);
        Assert.True(code == 0, screen);

        var answer = await Programs.CliAsync("status", "--home", home, "--json");
        using var status = JsonDocument.Parse(answer.Output);
        var room = status.RootElement.GetProperty("result").GetProperty("rooms")[0];
        Assert.True(status.RootElement.GetProperty("simulated").GetBoolean());
        Assert.Equal(("InForce", 1, 0, 1, 0), (room.GetProperty("charter").GetString(), room.GetProperty("records").GetInt32(), room.GetProperty("unsentBatches").GetInt32(), room.GetProperty("receipts").GetInt32(), room.GetProperty("unsettledReceipts").GetInt32()));

        // The same file through the profile and the manifest that the session wrote: nothing is new.
        answer = await Programs.CliAsync(
            "records", "upload", cases, "--home", home, "--profile", Path.Combine(_folder.FullName, "cases.profile.json"), "--manifest", Path.Combine(_folder.FullName, "alpha.manifest.json"), "--ref", "Case no", "--json");
        Assert.True(answer.Code == 0 && answer.Output.Contains("\"unchanged\":1", StringComparison.Ordinal), $"{answer}");
    }

    [Fact]
    public async Task Init_WithoutKeys_MakesThemUnderAPassphraseThatWasTypedTwiceAlike()
    {
        Terminal.Require();
        var home = Path.Combine(_folder.FullName, "beta");
        var (code, screen) = await Terminal.PlayAsync($"{Program} init --home {home}",
            [
                ("Your organisation's id", "Not An Id\r"), ("Your organisation's id", ""), ("Your organisation's id", "beta\r"),
                ("12 characters or more", "short\r"), ("shorter than 12", ""), ("12 characters or more", "a long enough phrase\r"), ("Once more:", "another long phrase\r"), ("not the same", ""),
                ("12 characters or more", "a long enough phrase\r"), ("Once more:", "a long enough phrase\r"), ("Keys made in", ""), ("File of the charter", "\r"), ("goes on from this point", ""),
            ]);

        Assert.True(code == 0, screen);
        Assert.DoesNotContain("a long enough phrase", screen, StringComparison.Ordinal);
        var profile = MemberProfile.Open(home, TimeProvider.System);
        Assert.True(profile.IsOrganisationKeyEncrypted);
        using var key = profile.OpenOrganisationKey("a long enough phrase");
        Assert.Equal(profile.OrganisationKey, key.PublicKey);
    }

    [Fact]
    public async Task Init_AnswersThatEndTooEarly_AreADecisionToMake()
    {
        var answer = await Programs.RunAsync("/bin/sh", ["-c", $"{Program} init --home {Path.Combine(_folder.FullName, "none")} --lang fr </dev/null"]);

        Assert.Equal(2, answer.Code);
        Assert.Contains("Étape 1 sur 4", answer.Output, StringComparison.Ordinal);
        Assert.StartsWith("cleanroom: Les réponses se sont arrêtées", answer.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LC_ALL", "ru_RU.UTF-8", "Ключей здесь ещё нет")]
    [InlineData("LC_MESSAGES", "es_CO.UTF-8", "Aún no hay claves aquí")]
    [InlineData("LANG", "tlh_QO.UTF-8", "There are no keys here yet")]
    public async Task Status_LanguageOfTheTerminal_IsSpoken(string variable, string value, string expected)
    {
        var environment = new Dictionary<string, string> { ["HOME"] = _folder.FullName, ["LC_ALL"] = "", ["LC_MESSAGES"] = "", ["LANG"] = "", [variable] = value };

        var answer = await Programs.RunAsync(Program, ["status"], environment);

        Assert.True(answer.Code == 0 && answer.Output.Contains(expected, StringComparison.Ordinal), $"{answer}");
    }

    [Fact]
    public async Task Man_EveryCommand_HasAPageThatTheFormatterReads()
    {
        var answer = await Programs.CliAsync("man", "--out", _folder.FullName);
        Assert.True(answer.Code == 0, $"{answer}");
        Assert.All(["cleanroom.1", "cleanroom-init.1", "cleanroom-records-check.1", "cleanroom-evidence-verify.1"], page => Assert.True(File.Exists(Path.Combine(_folder.FullName, page)), page));
        var check = await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "cleanroom-records-check.1"), LiveRoom.Token);
        Assert.StartsWith(".TH CLEANROOM\\-RECORDS\\-CHECK 1", check, StringComparison.Ordinal);
        Assert.Contains("\\fB\\-\\-html\\fR \\fIFILE\\fR", check, StringComparison.Ordinal);
        var upload = await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "cleanroom-records-upload.1"), LiveRoom.Token);
        Assert.Contains("\\fB\\-\\-all\\-new\\fR\n", upload, StringComparison.Ordinal);
        if (File.Exists("/usr/bin/groff"))
        {
            var formatted = await Programs.RunAsync("/bin/sh", ["-c", $"groff -man -Tutf8 -ww -z {_folder.FullName}/*.1"]);
            Assert.True(formatted.Code == 0 && formatted.Error.Length == 0, $"{formatted}");
        }
    }

    [Theory]
    [InlineData("cleanroom rec", "records receipts")]
    [InlineData("cleanroom records ch", "check")]
    [InlineData("cleanroom records check --ht", "--html")]
    [InlineData("cleanroom evidence verify-", "verify-release")]
    [InlineData("cleanroom init --la", "--lang")]
    [InlineData("cleanroom status --lang v", "vi")]
    [InlineData("cleanroom completion f", "fish")]
    public async Task Completion_Bash_OffersWhatFits(string typed, string expected)
    {
        var words = typed.Split(' ');
        var script = $"source <({Program} completion bash); COMP_WORDS=({typed}); COMP_CWORD={words.Length - 1}; _cleanroom; echo \"${{COMPREPLY[*]}}\"";

        var answer = await Programs.RunAsync("/bin/bash", ["--norc", "-c", script]);

        Assert.True(answer.Code == 0 && answer.Error.Length == 0, $"{answer}");
        Assert.Equal(expected.Split(' ').Order(StringComparer.Ordinal), answer.Output.Trim().Split(' ').Order(StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
