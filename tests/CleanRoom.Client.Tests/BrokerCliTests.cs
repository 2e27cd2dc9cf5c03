using System.Text.Json.Nodes;
using CleanRoom.Client.Uploads;

namespace CleanRoom.Client.Tests;

/// <summary>Cryptoperiods, erasure and stand-ins on the command line: what is printed, what is refused, with which exit code.</summary>
public sealed class BrokerCliTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DestroyKey_FromTheFirstRefusalToTheStatement_SaysEachTimeWhatIsMissing()
    {
        await using var room = await LiveRoom.OpenedAsync();
        using (var alpha = await room.ConnectAsync("alpha"))
        {
            _ = await new Uploader(alpha).UploadAsync(LiveRoom.Import(("a1", "+84901234567", true)), "{}"u8.ToArray(), null, Token);
        }

        var key = (string)(await OkAsync(room, "broker", "status"))["recordKeys"]![0]!["key"]!;
        var said = await RefusedAsync(room, 64, "broker", "destroy-key", "1");
        Assert.Contains("--confirm must name the key", said, StringComparison.Ordinal);
        var (code, _, words) = await Programs.CliAsync("broker", "destroy-key", "1", "--home", room.HomeOf("alpha"));
        Assert.Equal((64, "cleanroom: " + said), (code, words.TrimEnd()));
        Assert.Contains("room register", await RefusedAsync(room, 2, "broker", "destroy-key", "1", "--confirm", key), StringComparison.Ordinal);
        Assert.Equal((1, 0, 0), Left(await OkAsync(room, "records", "reseal", "--no-wait")));

        var next = await OkAsync(room, "broker", "roll-key");
        _ = await OkAsync(room, "room", "register");
        Assert.Equal((2, 1, 0), Left(await OkAsync(room, "records", "reseal", "--no-wait")));
        Assert.Contains("1 batches and 0 acts", await RefusedAsync(room, 2, "broker", "destroy-key", "1", "--confirm", key), StringComparison.Ordinal);
        Assert.Contains("another one than was named", await RefusedAsync(room, 78, "broker", "destroy-key", "1", "--lose", "--confirm", (string)next["key"]!), StringComparison.Ordinal);
        Assert.Contains("seals what is uploaded now", await RefusedAsync(room, 78, "broker", "destroy-key", "2", "--lose", "--confirm", (string)next["key"]!), StringComparison.Ordinal);

        var file = Path.Combine(room.Folder.FullName, "statement.jws");
        var destroyed = await OkAsync(room, "broker", "destroy-key", "1", "--lose", "--confirm", key, "--out", file);
        Assert.Equal((1, key, "embedded"), ((int)destroyed["period"]!, (string)destroyed["key"]!, (string)destroyed["custody"]!));
        Assert.Equal((string)destroyed["statement"]! + "\n", await File.ReadAllTextAsync(file, Token));
        Assert.Equal((string)destroyed["statement"]!, (string)(await OkAsync(room, "broker", "destroy-key", "1", "--lose", "--confirm", key))["statement"]!);
        Assert.Contains("holds no record key of that period", await RefusedAsync(room, 78, "broker", "destroy-key", "7", "--lose", "--confirm", key), StringComparison.Ordinal);

        var stated = Assert.Single((await OkAsync(room, "room", "status"))["destroyedKeys"]!.AsArray())!;
        Assert.Equal(("alpha", 1, 0), ((string)stated["member"]!, (int)stated["period"]!, stated["notStated"]!.AsArray().Count));
        Assert.Equal((2, 0, 0), Left(await OkAsync(room, "records", "reseal")));
    }

    [Fact]
    public async Task HandOverAndFreeze_WithAStandIn_ReachEveryPlaceOrSayWhichNot()
    {
        await using var room = await LiveRoom.OpenedAsync(standIn: true);
        var standIn = room.Charter.Charter.Contributors[0].BrokerTerms.StandIns[0].VerifierKey.Id.ToString();
        Assert.Contains("--stand-in must be spki-sha256: and 43", await RefusedAsync(room, 64, "broker", "status", "--stand-in", "spki-sha256:x"), StringComparison.Ordinal);
        Assert.Contains("names no stand-in", await RefusedAsync(room, 78, "broker", "status", "--stand-in", room.Charter.Charter.Contributors[0].OrganisationKey.Id.ToString()), StringComparison.Ordinal);
        Assert.Contains("not joined", await RefusedAsync(room, 78, "broker", "status", "--stand-in", standIn), StringComparison.Ordinal);

        var handed = Assert.Single((await OkAsync(room, "broker", "hand-over"))["standIns"]!.AsArray())!;
        Assert.Equal((standIn, 1, 1, false), ((string)handed["standIn"]!, (int)handed["version"]!, (int)handed["periods"]!.AsArray().Single()!, (bool)handed["frozen"]!));
        var own = await OkAsync(room, "broker", "status");
        Assert.Equal((string)own["recordKeys"]![0]!["key"]!, (string)(await OkAsync(room, "broker", "status", "--stand-in", standIn))["recordKeys"]![0]!["key"]!);

        var frozen = await OkAsync(room, "broker", "freeze");
        Assert.Equal((true, true, 3), ((bool)frozen["frozen"]!, (bool)frozen["complete"]!, frozen["places"]!.AsArray().Count));
        Assert.Equal("alpha", (string)Assert.Single((await OkAsync(room, "room", "status"))["frozen"]!.AsArray())!);
        Assert.True((bool)(await OkAsync(room, "broker", "status", "--stand-in", standIn))["frozen"]!);
        Assert.True((bool)(await OkAsync(room, "broker", "unfreeze"))["complete"]!);
        Assert.False((bool)(await OkAsync(room, "broker", "status", "--stand-in", standIn))["frozen"]!);

        await room.StopAsync("second-alpha");
        var (code, output, _) = await Programs.CliAsync("broker", "freeze", "--home", room.HomeOf("alpha"), "--json");
        Assert.Equal(69, code);
        var result = JsonNode.Parse(output)!["result"]!;
        Assert.False((bool)result["complete"]!);
        Assert.Equal([true, false, true], result["places"]!.AsArray().Select(place => (bool)place!["done"]!));
        Assert.Equal("Unavailable", (string)result["places"]![1]!["reason"]!);
    }

    private static (int Period, int Batches, int Acts) Left(JsonNode result) => ((int)result["period"]!, (int)result["batchesLeft"]!, (int)result["actsLeft"]!);

    private static async Task<JsonNode> OkAsync(LiveRoom room, params string[] args)
    {
        var (code, output, error) = await Programs.CliAsync([.. args, "--home", room.HomeOf("alpha"), "--json"]);
        Assert.True(code == 0, $"{string.Join(' ', args)}: {code} {output} {error}");
        return JsonNode.Parse(output)!["result"]!;
    }

    private static async Task<string> RefusedAsync(LiveRoom room, int expected, params string[] args)
    {
        var (code, output, error) = await Programs.CliAsync([.. args, "--home", room.HomeOf("alpha"), "--json"]);
        Assert.True(code == expected, $"{string.Join(' ', args)}: {code} {output} {error}");
        var said = JsonNode.Parse(output)!["error"]!;
        Assert.Equal(expected, (int)said["exitCode"]!);
        return (string)said["message"]!;
    }
}
