using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Recovery;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>What a member checks before it signs that cosigned entries are lost, and the way from the loss to the next upload on the command line.</summary>
public sealed class RecoveryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "")]
    [InlineData("another position of the own witness", "stands at alpha=")]
    [InlineData("another beginning", "That is a fork")]
    [InlineData("another charter", "another charter")]
    [InlineData("less than this member has seen", "has seen a cosigned log")]
    [InlineData("budgets before the last checkpoint", "before this member's last checkpoint")]
    [InlineData("a second one with the same number", "has signed another recovery 1")]
    public async Task Sign_AgainstWhatTheProfileKnows_IsRefused(string what, string says)
    {
        await using var room = await LiveRoom.OpenedAsync();
        var profile = room.Profiles["alpha"];
        var id = room.Charter.Charter.Room;
        var own = await RoomRecovery.ReadPositionAsync(profile, id, null, Token);
        var all = LiveRoom.Members.Select(member => own with { Witness = MemberId.Parse(member) }).ToList();
        var left = new LogPosition(own.Last.Size - 2, Root(room, own.Last.Size - 2));
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1);
        RecoveryStatement Make(string reason) => RecoveryStatement.Create(
            id, 1, what == "another charter" ? Digest.Of("x"u8) : room.Charter.Charter.Hash,
            what switch
            {
                "another position of the own witness" => [all[0] with { Last = own.Last with { Size = own.Last.Size + 1, Root = Digest.Of("x"u8) } }, .. all.Skip(1)],
                "less than this member has seen" => all.Select(position => position with { Last = new LogPosition(own.Last.Size - 1, Root(room, own.Last.Size - 1)) }),
                _ => all,
            },
            what == "another beginning" ? left with { Root = Digest.Of("x"u8) } : left,
            what == "budgets before the last checkpoint" ? now.AddDays(-1) : now, reason);

        if (what == "a second one with the same number")
        {
            _ = await RoomRecovery.SignAsync(profile, SignedRecovery.Begin(Make("The first.")), "", null, Token);
        }

        var recovery = SignedRecovery.Begin(Make("The disk was lost."));
        if (what.Length == 0)
        {
            var signed = await RoomRecovery.SignAsync(profile, recovery, "", null, Token);
            Assert.Equal([profile.Member], signed.Signatures.Keys);
            Assert.Equal(recovery.Statement.Hash, profile.OpenRoom(id).SignedRecovery(1));
            Assert.Equal([profile.Member], (await RoomRecovery.SignAsync(profile, signed, "", null, Token)).Signatures.Keys);
            return;
        }

        var refused = await Assert.ThrowsAsync<ClientException>(() => RoomRecovery.SignAsync(profile, recovery, "", null, Token));
        Assert.Equal(ClientProblem.VerificationFailed, refused.Problem);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recover_FromTheLossToTheNextUpload_OnTheCommandLine()
    {
        await using var room = await LiveRoom.OpenedAsync();
        var yesterday = Directory.CreateTempSubdirectory("cleanroom-yesterday-");
        try
        {
            var import = LiveRoom.Import(("a1", "+84901234567", true), ("a2", "+84901234568", true));
            using (var alpha = await room.ConnectAsync("alpha"))
            {
                _ = await new Uploader(alpha).UploadAsync(LiveRoom.Import(("a1", "+84901234567", true)), "{}"u8.ToArray(), null, Token);
            }

            await room.RestartIngestionAsync(folder => Copy(folder, yesterday.FullName));
            using (var alpha = await room.ConnectAsync("alpha"))
            {
                _ = await new Uploader(alpha).UploadAsync(import, "{}"u8.ToArray(), null, Token);
                Assert.Equal(1, await new Uploader(alpha).WithdrawAsync(["a1"], Token));
            }

            Assert.Contains("nothing is lost", await RefusedAsync(room, "alpha", 65, ["charter", "recover", "draft", "--reason", "Lost.", "--out", Path.Combine(room.Folder.FullName, "none.json"), .. await PositionsAsync(room)]), StringComparison.Ordinal);
            await room.RestartIngestionAsync(folder =>
            {
                Directory.Delete(folder, recursive: true);
                Copy(yesterday.FullName, folder);
            });
            Assert.Contains("charter recover", await RefusedAsync(room, "alpha", 1, "room", "status"), StringComparison.Ordinal);

            var file = Path.Combine(room.Folder.FullName, "recovery.json");
            var positions = await PositionsAsync(room);
            Assert.Contains("3 must be", await RefusedAsync(room, "alpha", 64, ["charter", "recover", "draft", "--reason", "Lost.", "--out", file, .. positions[..4]]), StringComparison.Ordinal);
            Assert.Contains("MEMBER=SIZE@", await RefusedAsync(room, "alpha", 64, "charter", "recover", "draft", "--reason", "Lost.", "--out", file, "--position", "alpha:3"), StringComparison.Ordinal);
            var draft = await OkAsync(room, "alpha", ["charter", "recover", "draft", "--reason", "The disk was lost.", "--out", file, .. positions]);
            Assert.Equal((1, false, "SignaturesMissing"), ((int)draft["number"]!, (bool)draft["holds"]!, (string)draft["refusal"]!));
            Assert.Equal((1, 1), ((int)draft["own"]!["batch"]!, (int)draft["own"]!["tombstone"]!));
            var shown = await Programs.CliAsync("charter", "recover", "show", file, "--home", room.HomeOf("alpha"));
            Assert.Contains("entries are lost for good", shown.Output, StringComparison.Ordinal);
            Assert.Contains("alpha, bravo, charlie have not signed", shown.Output, StringComparison.Ordinal);
            _ = await OkAsync(room, "alpha", "charter", "recover", "sign", file);
            Assert.Contains("bravo, charlie have not signed", await RefusedAsync(room, "alpha", 1, "charter", "recover", "submit", file), StringComparison.Ordinal);

            // Two sign copies of their own, and one merges them.
            foreach (var member in LiveRoom.Members.Skip(1))
            {
                File.Copy(file, file + member);
                _ = await OkAsync(room, member, "charter", "recover", "sign", file + member);
            }

            Assert.Equal((long)draft["size"]!, (long)(await OkAsync(room, "alpha", "charter", "recover", "submit", file, file + "bravo", file + "charlie"))["index"]!);
            foreach (var member in LiveRoom.Members)
            {
                var appended = await OkAsync(room, member, "charter", "recover", "append");
                Assert.Equal(member == "alpha" ? (1, 1, 1) : (0, 0, 0), ((int)appended["appended"]!, (int)appended["batches"]!, (int)appended["records"]!));
                var resumed = await OkAsync(room, member, "charter", "recover", "resume");
                Assert.DoesNotContain(member, resumed["held"]!.AsArray().Select(item => (string)item!));
                Assert.Contains("has resumed already", await RefusedAsync(room, member, 77, "charter", "recover", "resume"), StringComparison.Ordinal);
            }

            Assert.True((bool)(await OkAsync(room, "bravo", "log", "verify"))["verified"]!);
            using var own = await room.ConnectAsync("alpha");
            var result = await new Uploader(own).UploadAsync(LiveRoom.Import(("a2", "+84901234568", true)), "{}"u8.ToArray(), null, Token);
            Assert.Equal(1, result.Plan.ToSend);
            Assert.True(Assert.Single(own.State.Batches.Values, batch => batch.Withdrawn.Any()).Index < (long)draft["size"]!);
        }
        finally
        {
            yesterday.Delete(recursive: true);
        }
    }

    private static async Task<string[]> PositionsAsync(LiveRoom room)
    {
        var positions = new List<string>();
        foreach (var member in LiveRoom.Members)
        {
            positions.AddRange(["--position", (string)(await OkAsync(room, member, "charter", "recover", "position"))["position"]!]);
        }

        return [.. positions];
    }

    private static async Task<JsonNode> OkAsync(LiveRoom room, string member, params string[] args)
    {
        var (code, output, error) = await Programs.CliAsync([.. args, "--home", room.HomeOf(member), "--json"]);
        Assert.True(code == 0, output + error);
        return JsonNode.Parse(output)!["result"]!;
    }

    private static async Task<string> RefusedAsync(LiveRoom room, string member, int expected, params string[] args)
    {
        var (code, output, error) = await Programs.CliAsync([.. args, "--home", room.HomeOf(member)]);
        Assert.True(code == expected, $"{code}: {output}{error}");
        return error;
    }

    /// <summary>Root of the first entries, as alpha's profile kept them.</summary>
    private static Digest Root(LiveRoom room, long size)
    {
        var frontier = new MerkleFrontier();
        foreach (var leaf in LogExport.Read(room.Profiles["alpha"].OpenRoom(room.Charter.Charter.Room).Folder, out _).OfType<LogItem.Leaf>().Take((int)size))
        {
            _ = frontier.Append(leaf.Hash);
        }

        return frontier.Root;
    }

    private static void Copy(string from, string to)
    {
        _ = Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }
}
