using System.Text;

namespace CleanRoom.Client.Tests;

/// <summary>
/// Everything a person can hand to the command line that is not what it should be. Each case: one line on standard error that names the field and the remedy, the exit
/// code of <c>cleanroom --help</c>, no stack trace, nothing of a record, and nothing lost or changed.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BadInputTests(BadInputRoom room) : IClassFixture<BadInputRoom>
{
    private const string Header = "Full name,Phone,Date of birth,Consent\n";
    private const string Row = "CANARY Person,+84901234567,1990-01-01,C1;C2\n";

    /// <summary>What is wrong, the exit code, words that the line must hold, and the call; files are made in the world of the case.</summary>
    private static readonly Dictionary<string, (int Code, string[] Says, Func<BadWorld, string[]> Make)> Cases = new()
    {
        ["wrong header"] = (2, ["--profile", "--map"], w => Check(w, "colour,shape,weight\nCANARY,CANARY,CANARY\n")),
        ["UTF-16 that ends inside a character"] = (65, ["CSV UTF-8"], w => Check(w, [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Header + Row), 0x3D])),
        ["an alphabet's code page that nothing tells"] = (65, ["CSV UTF-8"], w => Check(w, Encoding.Latin1.GetBytes(Header + Row + "CANARY \u00C6\u00E5\u00ED\u00FF\u00F0,1,,\n"))),
        ["Latin-1 behind the first 256 KiB"] = (65, ["CSV UTF-8"], w => Check(w, Encoding.Latin1.GetBytes(Header + Many(Row, 300 << 10) + "CANARY José,1,,\n"))),
        ["NUL characters"] = (65, ["CSV UTF-8"], w => Check(w, Header + "CANARY\0Person,1,,\n")),
        ["NUL characters behind the first 256 KiB"] = (65, ["Line", "CSV UTF-8"], w => Check(w, Header + Many(Row, 300 << 10) + "CANARY\0,1,,\n")),
        ["a workbook"] = (65, ["CSV UTF-8"], w => Check(w, [.. "PK\u0003\u0004"u8, .. new byte[5000]])),
        ["empty file"] = (65, ["empty", "export"], w => Check(w, "")),
        ["only blanks"] = (65, ["blanks", "export"], w => Check(w, "  \n \n")),
        ["header only"] = (65, ["no rows", "export"], w => Check(w, Header)),
        ["a quote that is never closed"] = (65, ["Line 2", "quote"], w => Check(w, Header + "\"CANARY Person,1,,\n" + Row)),
        ["one cell of 50 MB"] = (65, ["Line 2", "cell"], w => Check(w, Header + "CANARY" + new string('x', 50 << 20) + ",1,,\n")),
        ["5,000 columns"] = (65, ["columns"], w => Check(w, new string(',', 5000) + "\n" + Row)),
        ["no such file"] = (66, ["cases.csv", "path"], w => ["records", "check", w.In("cases.csv")]),
        ["a folder in place of the file"] = (66, ["folder"], w => ["records", "check", Directory.CreateDirectory(w.In("cases.csv")).FullName]),
        ["a link to nothing"] = (66, ["path"], w => ["records", "check", File.CreateSymbolicLink(w.In("cases.csv"), w.In("gone")).FullName]),
        ["a link to itself"] = (66, ["cannot be read"], w => ["records", "check", File.CreateSymbolicLink(w.In("cases.csv"), w.In("cases.csv")).FullName]),
        ["no such manifest"] = (66, ["manifest", "path"], w => [.. Check(w, Header + Row), "--manifest", w.In("manifest.json")]),
        ["a folder in place of the manifest"] = (66, ["manifest"], w => [.. Check(w, Header + Row), "--manifest", Directory.CreateDirectory(w.In("manifest.json")).FullName]),
        ["a manifest that is no JSON"] = (65, ["manifest"], w => [.. Check(w, Header + Row), "--manifest", w.Write("manifest.json", "CANARY")]),
        ["no such profile of columns"] = (65, ["profile"], w => [.. Check(w, Header + Row), "--profile", "nobodys"]),
        ["--map to no field"] = (64, ["--map"], w => [.. Check(w, Header + Row), "--map", "Phone=Telephon"]),
        ["--map of no column"] = (64, ["--map"], w => [.. Check(w, Header + Row), "--map", "Telephon=Phone"]),
        ["upload without a manifest"] = (64, ["--manifest"], w => ["records", "upload", w.Write("cases.csv", Header + Row), "--home", w.CopyHome()]),

        ["no profile"] = (78, ["keys create", "--home"], w => ["keys", "show", "--home", w.Home]),
        ["a profile that others can enter"] = (78, ["chmod 700"], w => ["keys", "show", "--home", Open(w.CopyHome(), 0b111_101_101)]),
        ["a key that others can read"] = (78, ["chmod 600"], w => ["charter", "sign", w.CopyCharter(), "--home", OpenKey(w)]),
        ["flipped bit in the profile"] = (65, ["profile.json", "backup"], w => Flipped(w, Path.Combine("profile.json"), "keys", "show")),
        ["flipped bit in the organisation key"] = (65, ["organisation.pem", "backup"], w => Flipped(w, "keys/organisation.pem", "charter", "sign", w.CopyCharter())),
        ["flipped bit in the TLS key"] = (65, ["transport.pem", "backup"], w => Flipped(w, "keys/transport.pem", "room", "status")),
        ["the TLS key of somebody else"] = (78, ["transport.pem", "restore"], w => OtherKey(w, "transport.pem", "room", "status")),
        ["flipped bit in the memory of the room"] = (65, ["room.json", "backup"], w => Flipped(w, $"rooms/{w.Room.Room}/room.json", "inbox", "show")),
        ["flipped bit in the kept charter"] = (1, ["approval", "signed again"], w => Changed(w, $"rooms/{w.Room.Room}/charters/1.json", "\"title\":\"Tr", "charter", "verify")),
        ["flipped bit in a receipt"] = (1, ["receipt", "backup"], w => ChangedReceipt(w, ".json", "\"leaf\":\"sha256:")),
        ["flipped bit in the manifest of a receipt"] = (65, ["receipt"], w => ChangedReceipt(w, ".jws", "ey")),
        ["flipped bit in the kept log"] = (1, ["log.jsonl", "room status"], w => Changed(w, $"rooms/{w.Room.Room}/log.jsonl", "\"leaf\":\"eyJ", "inbox", "show")),
        ["no kept log"] = (78, ["room status"], w => Without(w, $"rooms/{w.Room.Room}/log.jsonl", "log", "verify", "--offline")),
        ["wrong passphrase"] = (77, ["passphrase"], w => WrongPassphrase(w, "not it")),
        ["passphrase not given"] = (78, ["passphrase"], w => WrongPassphrase(w, null)),
        ["no such passphrase file"] = (66, ["passphrase"], w => ["keys", "create", "--member", "delta", "--home", w.Home, "--passphrase-file", w.In("gone")]),
        ["keys made twice"] = (73, ["already"], w => ["keys", "create", "--member", "alpha", "--home", w.CopyHome()]),
        ["a member id with capitals"] = (64, ["a-z"], w => ["keys", "create", "--member", "Alpha", "--home", w.Home]),
        ["a role that does not exist"] = (64, ["roles", "approver"], w => ["keys", "add-person", "p9", "--roles", "boss", "--home", w.CopyHome()]),

        ["unsigned charter, verified"] = (1, ["Not signed by alpha, bravo, charlie"], w => ["charter", "verify", w.Variant(_ => { })]),
        ["unsigned charter, joined"] = (1, ["sign"], w => ["room", "join", w.Variant(_ => { }), "--home", w.CopyHome()]),
        ["unsigned charter, submitted"] = (1, ["not approved by alpha, bravo, charlie"], w => ["charter", "submit", w.Variant(_ => { }), "--home", w.CopyHome()]),
        ["charter that one has not signed"] = (1, ["Not signed by charlie"], w => ["charter", "verify", w.Variant(_ => { }, "alpha", "bravo")]),
        ["expired charter"] = (1, ["expired", "next version"], w => ["charter", "verify", w.Variant(Expired, "alpha", "bravo", "charlie")]),
        ["charter changed after it was signed"] = (1, ["approval", "signed again"], w => Changed(w.CopyCharter(), "\"title\":\"Tr", "charter", "verify")),
        ["flipped bit in an approval"] = (1, ["approval of alpha", "signed again"], w => Changed(w.CopyCharter(), "\"approvals\":{\"alpha\":\"", "charter", "verify", behind: 180)),
        ["a charter cut off"] = (65, ["charter"], w => ["charter", "show", w.Write("charter.json", File.ReadAllText(w.CopyCharter())[..500])]),
        ["a charter with a rule broken"] = (65, ["epochs"], w => ["charter", "show", w.Write("c.json", File.ReadAllText(w.CopyCharter()).Replace("\"slotsPerMember\":", "\"slotsPerMember\":9999", StringComparison.Ordinal))]),
        ["unknown member signs"] = (78, ["delta"], w => ["charter", "sign", w.CopyCharter(), "--home", w.Stranger().Folder]),
        ["unknown member joins"] = (78, ["delta"], w => ["room", "join", w.CopyCharter(), "--home", w.Stranger().Folder]),
        ["a member's name with another key"] = (1, ["another organisation key", "steward"], w => ["room", "join", w.CopyCharter(), "--home", w.Stranger("alpha").Folder]),
        ["unknown member connects"] = (77, ["delta"], w => ["room", "status", "--home", Intruder(w)]),

        ["no such log"] = (66, ["log export"], w => ["log", "verify", w.In("gone")]),
        ["flipped bit in an entry of the log"] = (1, ["Entry 1"], w => Changed(w.CopyLog(), "\"leaf\":\"eyJ", "log", "verify", second: true)),
        ["flipped bit in the hash of an entry"] = (1, ["Entry 0"], w => Changed(w.CopyLog(), "\"hash\":\"sha256:", "log", "verify")),
        ["flipped bit in a cosignature"] = (1, ["cosign"], w => Cosignature(w.CopyLog())),
        ["a log cut off in a line"] = (65, ["line", "log export"], w => CutLog(w, 40)),
        ["a log without its last checkpoint"] = (1, ["cosigned"], w => CutLog(w, null)),

        ["no service at the address"] = (69, ["https://127.0.0.1:1 ", "Check that it runs"], w => ["room", "status", "--home", w.CopyHome(), "--ingestion", "https://127.0.0.1:1"]),
        ["another service at the address"] = (1, ["pinned key"], w => ["room", "status", "--home", w.CopyHome(), "--ingestion", w.Room.Live.BrokerAddress("alpha")]),
        ["an address without https"] = (64, ["https://"], w => ["room", "status", "--home", w.CopyHome(), "--ingestion", "http://127.0.0.1:1"]),
        ["nobody's references withdrawn"] = (66, ["never uploaded"], w => ["records", "withdraw", "CANARY-9", "--home", w.CopyHome()]),
        ["the same cases under other references"] = (2, ["--ref", "--all-new"], w => Upload(w, Header + Row)),
        ["no row with a live grant"] = (77, ["C2", "consent"], w => [.. Upload(w, "Full name,Phone,Consent\nCANARY Person,+84901234567,no\n"), "--all-new"]),
        ["acknowledged beyond what was taken"] = (64, ["--through"], w => ["inbox", "ack", "--through", "7", "--home", w.CopyHome()]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task Cli_BadInput_GivesOneLineItsExitCodeAndLosesNothing(string what)
    {
        using var world = new BadWorld(room);
        var (code, says, make) = Cases[what];
        var args = make(world);
        var size = await room.SizeAsync();
        var before = world.Snapshot(visits: true);
        var answer = await Programs.CliAsync(args);
        AssertOneLine(what, answer, code, says);
        Assert.Equal(before, world.Snapshot(visits: true).Where(file => before.ContainsKey(file.Key)).ToDictionary());
        Assert.Equal(size, await room.SizeAsync());

        // The same in JSON: one object with the same code, and the label where the room is known.
        var json = await Programs.CliAsync([.. args, "--json"]);
        Assert.Equal(code, json.Code);
        using var document = System.Text.Json.JsonDocument.Parse(json.Output);
        Assert.False(document.RootElement.GetProperty("ok").GetBoolean());
        Assert.Equal(code, document.RootElement.GetProperty("error").GetProperty("exitCode").GetInt32());
        Assert.Equal(answer.Output.Contains("SIMULATED ROOM", StringComparison.Ordinal), document.RootElement.TryGetProperty("simulated", out _));
    }

    internal static void AssertOneLine(string what, Answer answer, int code, params string[] says)
    {
        Assert.True(code == answer.Code, $"{what}: {answer}");
        var line = Assert.Single(answer.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("cleanroom: ", line, StringComparison.Ordinal);
        Assert.All(says, word => Assert.True(line.Contains(word, StringComparison.OrdinalIgnoreCase), $"{what}: \"{word}\" is missing in {line}"));
        AssertQuiet(what, answer);
    }

    /// <summary>No stack trace, no type of ours, nothing of a record.</summary>
    internal static void AssertQuiet(string what, Answer answer)
    {
        foreach (var word in (string[])["CANARY", "Exception", "   at ", "CleanRoom.", "System."])
        {
            Assert.False((answer.Error + answer.Output).Contains(word, StringComparison.Ordinal), $"{what}: {word} in {answer}");
        }
    }

    private static string[] Check(BadWorld world, string content) => ["records", "check", world.Write("cases.csv", content)];

    private static string[] Check(BadWorld world, byte[] content) => ["records", "check", world.Write("cases.csv", content)];

    private static string[] Upload(BadWorld world, string content) =>
        ["records", "upload", world.Write("cases.csv", content), "--manifest", world.Write("manifest.json", "{}"), "--home", world.CopyHome()];

    private static string Many(string row, int bytes) => string.Concat(Enumerable.Repeat(row, (bytes / row.Length) + 1));

    private static string Open(string path, int mode)
    {
        File.SetUnixFileMode(path, (UnixFileMode)mode);
        return path;
    }

    private static string OpenKey(BadWorld world)
    {
        _ = Open(Path.Combine(world.CopyHome(), "keys", "organisation.pem"), 0b110_100_100);
        return world.Home;
    }

    private static string[] Flipped(BadWorld world, string file, params string[] command)
    {
        BadWorld.FlipBit(Path.Combine(world.CopyHome(), file));
        return [.. command, "--home", world.Home];
    }

    private static string[] OtherKey(BadWorld world, string file, params string[] command)
    {
        File.Copy(Path.Combine(world.Room.Live.HomeOf("bravo"), "keys", file), Path.Combine(world.CopyHome(), "keys", file), overwrite: true);
        return [.. command, "--home", world.Home];
    }

    private static string[] Without(BadWorld world, string file, params string[] command)
    {
        File.Delete(Path.Combine(world.CopyHome(), file));
        return [.. command, "--home", world.Home];
    }

    private static string[] Changed(BadWorld world, string file, string mark, params string[] command)
    {
        BadWorld.Change(Path.Combine(world.CopyHome(), file), mark, behind: 1);
        return [.. command, "--home", world.Home];
    }

    private static string[] ChangedReceipt(BadWorld world, string extension, string mark)
    {
        _ = world.CopyHome();
        BadWorld.Change(world.ReceiptFile(extension), mark, behind: 3);
        return ["receipts", "verify", "--offline", "--home", world.Home];
    }

    private static string[] Changed(string path, string mark, string group, string command, int behind = 1, bool second = false)
    {
        var text = File.ReadAllText(path);
        var cut = second ? text.IndexOf(mark, StringComparison.Ordinal) + mark.Length : 0;
        var tail = path + ".tail";
        File.WriteAllText(tail, text[cut..]);
        BadWorld.Change(tail, mark, behind);
        File.WriteAllText(path, text[..cut] + File.ReadAllText(tail));
        File.Delete(tail);
        return [group, command, path];
    }

    private static string[] Cosignature(string path)
    {
        // The last line is the checkpoint; its last signature is a witness's.
        var text = File.ReadAllText(path);
        var at = text.TrimEnd().Length - 40;
        File.WriteAllText(path, string.Concat(text.AsSpan(0, at), text[at] == 'B' ? "C" : "B", text.AsSpan(at + 1)));
        return ["log", "verify", path];
    }

    private static string[] CutLog(BadWorld world, int? characters)
    {
        var path = world.CopyLog();
        var lines = File.ReadAllLines(path);
        File.WriteAllText(path, characters is { } count ? string.Join('\n', lines)[..^count] : string.Join('\n', lines[..^1]) + "\n");
        return ["log", "verify", path];
    }

    private static void Expired(System.Text.Json.Nodes.JsonObject charter)
    {
        var now = TimeProvider.System.GetUtcNow();
        charter["validFrom"] = ProtocolTime.Write(now.AddDays(-40));
        charter["expires"] = ProtocolTime.Write(now.AddDays(-10));
        foreach (var member in charter["members"]!.AsArray())
        {
            member!["approvalExpires"] = ProtocolTime.Write(now.AddDays(-11));
        }
    }

    private static string[] WrongPassphrase(BadWorld world, string? passphrase)
    {
        var profile = world.Stranger("alpha", "right");
        var charter = world.Variant(json => json["members"]!.AsArray().Single(member => (string?)member!["id"] == "alpha")!["organisationKey"] = profile.OrganisationKey.ToJwk());
        return passphrase is null
            ? ["charter", "sign", charter, "--home", world.Home]
            : ["charter", "sign", charter, "--home", world.Home, "--passphrase-file", world.Write("passphrase", passphrase)];
    }

    private static string Intruder(BadWorld world)
    {
        var home = world.Stranger().Folder;
        var rooms = Directory.CreateDirectory(Path.Combine(home, "rooms", world.Room.Room.ToString(), "charters")).FullName;
        File.Copy(Path.Combine(world.Room.Live.HomeOf("bravo"), "rooms", world.Room.Room.ToString(), "charters", "1.json"), Path.Combine(rooms, "1.json"));
        return home;
    }
}
