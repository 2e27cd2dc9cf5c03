using System.Text.Json.Nodes;
using CleanRoom.Client.Files;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>
/// A room whose log everybody has cosigned and that still contradicts what this member knows of itself: nothing is sealed for it, and nothing it sends is read
/// (THREATS T4, T5).
/// </summary>
public sealed class OwnWordTests : IAsyncLifetime
{
    private LiveRoom _live = null!;

    public static TheoryData<string, ClientProblem, string> Contradictions => new()
    {
        { "the charter in force lacks this member's approval", ClientProblem.VerificationFailed, "has not signed" },
        { "the charter lists another key for this member", ClientProblem.VerificationFailed, "another organisation key" },
        { "the charter does not list this member", ClientProblem.NotPermitted, "no longer lists" },
        { "the log begins with another charter", ClientProblem.VerificationFailed, "begins with another charter" },
        { "this member signed another version of that number", ClientProblem.VerificationFailed, "not the one that this profile signed" },
        { "the charter that was joined is not in the chain", ClientProblem.VerificationFailed, "joined with" },
        { "no charter is in force", ClientProblem.VerificationFailed, "no charter in force" },
    };

    public async ValueTask InitializeAsync() => _live = await LiveRoom.OpenedAsync();

    public ValueTask DisposeAsync() => _live.DisposeAsync();

    [Fact]
    public async Task Require_HonestRoom_IsPassed()
    {
        using var room = await _live.ConnectAsync("alpha");
        OwnWord.Require(room.Profile, room.Memory, room.Charter, room.State, room.Charters);
    }

    [Theory, MemberData(nameof(Contradictions))]
    public async Task Require_Contradiction_IsRefused(string what, ClientProblem problem, string says)
    {
        using var room = await _live.ConnectAsync("alpha");
        var other = Digest.Of("another"u8).ToString();
        var (profile, memory, joined, charters) = (room.Profile, room.Memory, room.Charter, room.Charters);
        switch (what)
        {
            case "the charter in force lacks this member's approval":
                charters = [SignedCharter.Begin(room.Charter)];
                break;
            case "the charter lists another key for this member":
                profile = Stranger("alpha");
                break;
            case "the charter does not list this member":
                profile = Stranger("delta");
                break;
            case "the log begins with another charter":
                memory = Remember(room, state => state["genesis"] = other);
                break;
            case "this member signed another version of that number":
                memory = Remember(room, state => state["signed"] = new JsonObject { ["1"] = other });
                break;
            case "the charter that was joined is not in the chain":
                joined = Another(room.Charter);
                break;
            default:
                charters = [];
                break;
        }

        var error = Assert.Throws<ClientException>(() => OwnWord.Require(profile, memory, joined, room.State, charters));
        Assert.Equal(problem, error.Problem);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeptRoom_AnyEntryOrCheckpointChanged_IsRefused()
    {
        RoomId id;
        using (var room = await _live.ConnectAsync("alpha"))
        {
            id = room.Room;
            var kept = KeptRoom.Open(room.Profile, id);
            Assert.Equal(room.Checkpoint.Root, kept.Checkpoint.Root);
            Assert.True(kept.Simulated);
        }

        var profile = _live.Profiles["alpha"];
        var path = Path.Combine(profile.OpenRoom(id).Folder, LogExport.FileName);
        var good = await File.ReadAllLinesAsync(path, LiveRoom.Token);
        for (var line = 1; line < good.Length; line++)
        {
            // One entry, or the last checkpoint over them, is left out; an earlier checkpoint may be missing.
            if (good[line].StartsWith("{\"checkpoint\"", StringComparison.Ordinal) && line < good.Length - 1)
            {
                continue;
            }

            await File.WriteAllLinesAsync(path, good.Where((_, i) => i != line), LiveRoom.Token);
            AssertRefused();
        }

        // An old state of the file, whole in itself: this profile has seen more.
        var older = Enumerable.Range(1, good.Length - 2).Where(line => good[line].StartsWith("{\"checkpoint\"", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(older);
        foreach (var line in older)
        {
            await File.WriteAllLinesAsync(path, good.Take(line + 1), LiveRoom.Token);
            AssertRefused();
        }

        await File.WriteAllLinesAsync(path, good, LiveRoom.Token);
        _ = KeptRoom.Open(profile, id);

        void AssertRefused()
        {
            var error = Assert.Throws<ClientException>(() => KeptRoom.Open(profile, id));
            Assert.Equal(ClientProblem.VerificationFailed, error.Problem);
            Assert.Contains(LogExport.FileName, error.Message, StringComparison.Ordinal);
        }
    }

    private static RoomCharter Another(RoomCharter charter)
    {
        var json = JsonNode.Parse(charter.CanonicalBytes.Span)!;
        json["title"] = "Another";
        Assert.True(CharterDraft.TryParse(System.Text.Encoding.UTF8.GetBytes(json.ToJsonString()), out var draft));
        Assert.True(draft.TryBuild(out var built, out _));
        return built;
    }

    private static RoomMemory Remember(RoomClient room, Action<JsonObject> change)
    {
        var path = Path.Combine(room.Memory.Folder, "room.json");
        Assert.True(SealedJson.TryRead(File.ReadAllBytes(path), out var state));
        change(state);
        File.WriteAllBytes(path, SealedJson.Write(state));
        return room.Profile.OpenRoom(room.Room);
    }

    private MemberProfile Stranger(string member) =>
        MemberProfile.Create(Path.Combine(_live.Folder.FullName, "stranger"), MemberId.Parse(member), new ProfileOptions(), TimeProvider.System);
}
