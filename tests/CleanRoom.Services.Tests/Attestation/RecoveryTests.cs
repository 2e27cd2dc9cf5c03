using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>A witness goes back behind what it cosigned for one recovery, signed by all contributors for exactly that, and once (THREATS T5).</summary>
public sealed class RecoveryTests
{
    private static readonly string[] All = ["alpha", "beta", "gamma", "delta"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cosign_ShorterLogWithTheRecovery_IsTakenOnceAndRememberedOverARestart()
    {
        await using var room = await TestRoom.JoinedAsync();
        var lost = CosignTests.Grown(room.Log.Tree.Fork(1), 6);
        _ = await room.AskAsync(lost, 6);
        await TestRoom.RefusedAsync(ErrorReason.LogForked, () => room.AskAsync(CosignTests.Grown(lost.Fork(3), 4), 4));

        var anew = lost.Fork(3);
        var entry = Entry(room, Statement(room, lost, 3));
        _ = anew.Append(entry);
        Assert.True(Cosignature.TryParse((await room.Enclave.CosignAsync(Request(room, anew, 3, 4), cancellationToken: Token)).Cosignature, out _));
        await room.RestartAsync();
        var state = await StateAsync(room);
        Assert.Equal((4UL, anew.Root(4)), (state.Size, new Digest(state.Root.Span)));

        // The log goes on; what was lost, and another log from where it went on, do not.
        _ = await room.AskAsync(CosignTests.Grown(anew, 5), 5);
        await TestRoom.RefusedAsync(ErrorReason.LogForked, () => room.AskAsync(lost, 6));
        var second = lost.Fork(3);
        _ = second.Append(entry);
        _ = CosignTests.Grown(second, 5);
        await TestRoom.RefusedAsync(ErrorReason.LogForked, async () => await room.Enclave.CosignAsync(Request(room, second, 3, 5), cancellationToken: Token));
        Assert.Equal(5UL, (await StateAsync(room)).Size);
    }

    [Fact]
    public async Task Cosign_RecoveryInALogThatHasGrownBeyondTheLostOne_IsTaken()
    {
        await using var room = await TestRoom.JoinedAsync();
        var lost = CosignTests.Grown(room.Log.Tree.Fork(1), 6);
        _ = await room.AskAsync(lost, 6);
        var anew = lost.Fork(3);
        _ = anew.Append(Entry(room, Statement(room, lost, 3)));
        _ = CosignTests.Grown(anew, 9);
        _ = await room.Enclave.CosignAsync(Request(room, anew, 3, 9), cancellationToken: Token);
        Assert.Equal(9UL, (await StateAsync(room)).Size);
    }

    [Fact]
    public async Task Cosign_OneEntryLostAndTheRecoveryInItsPlaceWithinTheSecond_RemembersTheRecoveryAndNotTheLoss()
    {
        await using var room = await TestRoom.JoinedAsync();
        var lost = CosignTests.Grown(room.Log.Tree.Fork(1), 4);
        _ = await room.AskAsync(lost, 4);
        var anew = lost.Fork(3);
        _ = anew.Append(Entry(room, Statement(room, lost, 3)));
        _ = await room.Enclave.CosignAsync(Request(room, anew, 3, 4), cancellationToken: Token);
        Assert.Equal(anew.Root(4), new Digest((await StateAsync(room)).Root.Span));
        await TestRoom.RefusedAsync(ErrorReason.LogForked, () => room.AskAsync(CosignTests.Grown(lost, 5), 5));
        _ = await room.AskAsync(CosignTests.Grown(anew, 5), 5);
    }

    public static TheoryData<string, ErrorReason> Attacks() => new()
    {
        { "a contributor has not signed", ErrorReason.EntryInvalid },
        { "an agency signed in a contributor's place", ErrorReason.EntryInvalid },
        { "under another charter", ErrorReason.EntryInvalid },
        { "for another room", ErrorReason.EntryInvalid },
        { "no recovery at all", ErrorReason.EntryInvalid },
        { "for another lost checkpoint", ErrorReason.LogForked },
        { "for an older checkpoint of this witness", ErrorReason.LogForked },
        { "without this witness", ErrorReason.LogForked },
        { "another beginning", ErrorReason.LogForked },
        { "a longer beginning than it says", ErrorReason.LogForked },
        { "not in the log", ErrorReason.LogForked },
        { "further behind in the log", ErrorReason.LogForked },
    };

    [Theory, MemberData(nameof(Attacks))]
    public async Task Cosign_ShorterLogWithAnythingElse_IsRefusedAndChangesNothing(string what, ErrorReason expected)
    {
        await using var room = await TestRoom.JoinedAsync();
        var lost = CosignTests.Grown(room.Log.Tree.Fork(1), 6);
        _ = await room.AskAsync(lost, 6);
        var last = new LogPosition(6, lost.Root(6));
        var other = new LogPosition(6, Digest.Of("another"u8));
        var statement = what switch
        {
            "under another charter" => Statement(room, lost, 3, charter: Digest.Of("another"u8)),
            "for another room" => Statement(room, lost, 3, id: RoomId.From(Guid.NewGuid())),
            "for another lost checkpoint" => Statement(room, lost, 3, all: other),
            "for an older checkpoint of this witness" => Statement(room, lost, 3, own: new LogPosition(5, lost.Root(5))),
            "without this witness" => RecoveryStatement.Create(
                room.Room, 1, room.Charter.Hash, [.. All.Skip(1).Select(id => new WitnessPosition(MemberId.Parse(id), last))],
                new LogPosition(3, lost.Root(3)), DateTimeOffset.FromUnixTimeSeconds(room.Clock.Now.ToUnixTimeSeconds()), "Lost."),
            _ => Statement(room, lost, 3),
        };
        var leaf = what switch
        {
            "a contributor has not signed" => Entry(room, statement, "alpha", "beta"),
            "an agency signed in a contributor's place" => Entry(room, statement, "alpha", "beta", "delta"),
            "no recovery at all" => new FreezeEntry(room.Room, EntryId.From(Guid.NewGuid()), TestRoom.Alpha, true).Sign(room.OrganisationKey("alpha")),
            _ => Entry(room, statement),
        };
        var anew = what switch
        {
            "another beginning" => CosignTests.Grown(room.Log.Tree.Fork(1), 3),
            "a longer beginning than it says" => lost.Fork(4),
            "further behind in the log" => CosignTests.Grown(lost.Fork(3), 4),
            _ => lost.Fork(3),
        };
        if (what == "not in the log")
        {
            _ = CosignTests.Grown(anew, 4);
        }
        else
        {
            _ = anew.Append(leaf);
        }

        var request = Request(room, anew, 3, anew.Size, leaf);
        await TestRoom.RefusedAsync(expected, async () => await room.Enclave.CosignAsync(request, cancellationToken: Token));
        Assert.Equal(last, new LogPosition((long)(await StateAsync(room)).Size, new Digest((await StateAsync(room)).Root.Span)));

        // One that all have signed for what it stands at is taken still.
        var good = lost.Fork(3);
        _ = good.Append(Entry(room, Statement(room, lost, 3)));
        _ = await room.Enclave.CosignAsync(Request(room, good, 3, 4), cancellationToken: Token);
    }

    [Fact]
    public async Task Cosign_RecoveryAgainOnceTheLogIsLostAgain_NeedsANewOne()
    {
        await using var room = await TestRoom.JoinedAsync();
        var lost = CosignTests.Grown(room.Log.Tree.Fork(1), 6);
        _ = await room.AskAsync(lost, 6);
        var first = lost.Fork(3);
        var entry = Entry(room, Statement(room, lost, 3));
        _ = first.Append(entry);
        _ = await room.Enclave.CosignAsync(Request(room, first, 3, 4), cancellationToken: Token);
        _ = await room.AskAsync(CosignTests.Grown(first, 6), 6);

        // As long as the log that was lost first.
        var again = lost.Fork(3);
        _ = again.Append(entry);
        await TestRoom.RefusedAsync(ErrorReason.LogForked, async () => await room.Enclave.CosignAsync(Request(room, again, 3, 4), cancellationToken: Token));
        var next = first.Fork(5);
        _ = next.Append(Entry(room, Statement(room, first, 5, number: 2)));
        _ = await room.Enclave.CosignAsync(Request(room, next, 5, 6), cancellationToken: Token);
    }

    /// <summary>The first entries are left; everybody cosigned the whole, unless it is said otherwise.</summary>
    private static RecoveryStatement Statement(
        TestRoom room, TestTree lost, int left, LogPosition? all = null, LogPosition? own = null, Digest? charter = null, int number = 1, RoomId? id = null)
    {
        var last = all ?? new LogPosition(lost.Size, lost.Root(lost.Size));
        return RecoveryStatement.Create(
            id ?? room.Room, number, charter ?? room.Charter.Hash,
            [.. All.Select(member => new WitnessPosition(MemberId.Parse(member), member == "alpha" ? own ?? last : last))],
            new LogPosition(left, lost.Root(left)), DateTimeOffset.FromUnixTimeSeconds(room.Clock.Now.ToUnixTimeSeconds()), "The disk was lost.");
    }

    private static byte[] Entry(TestRoom room, RecoveryStatement statement, params IReadOnlyList<string> by)
    {
        var signed = (by.Count > 0 ? by : ["alpha", "beta", "gamma"])
            .Aggregate(SignedRecovery.Begin(statement), (recovery, member) => recovery.Sign(room.OrganisationKey(member), MemberId.Parse(member)));
        return new RecoveryEntry(statement.Room, EntryId.From(Guid.NewGuid()), TestRoom.Alpha, [], signed).Sign(room.OrganisationKey("alpha"));
    }

    /// <summary>Asks with the entry that stands behind what is left.</summary>
    private static CosignRequest Request(TestRoom room, TestTree tree, int left, int size, byte[]? leaf = null)
    {
        var request = room.Request(tree, left, size);
        request.Recovery = new RecoveryProof { Leaf = ByteString.CopyFrom(leaf ?? tree.Leaves[left]) };
        request.Recovery.Path.AddRange(tree.Inclusion(left, size).Select(hash => ByteString.CopyFrom(hash.Span)));
        return request;
    }

    private static async Task<GetRoomResponse> StateAsync(TestRoom room) =>
        await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);
}
