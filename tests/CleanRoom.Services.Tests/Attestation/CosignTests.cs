using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Transport;

namespace CleanRoom.Services.Tests.Attestation;

public sealed class CosignTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cosign_GrowingLog_IsCosignedWithTheClock()
    {
        await using var room = await TestRoom.JoinedAsync();
        var tree = Grown(room.Log.Tree.Fork(1), 4);
        room.Clock.Move(TimeSpan.FromSeconds(7));

        var cosignature = await room.AskAsync(tree, 4);

        Assert.Equal(("alpha", room.Clock.Now), (cosignature.Name, cosignature.Time));
        Assert.True(cosignature.Verify(room.BrokerKeys.Witness.PublicKey, room.Checkpoint(tree, 4).Checkpoint));
        var state = await StateAsync(room);
        Assert.Equal(4UL, state.Size);
        Assert.Equal(tree.Root(4).Span.ToArray(), state.Root.ToByteArray());
    }

    [Fact]
    public async Task Cosign_SameAgain_IsCosignedWithANewTime()
    {
        await using var room = await TestRoom.JoinedAsync();
        var first = await room.AskAsync(room.Log.Tree, 1);
        room.Clock.Move(TimeSpan.FromMinutes(1));
        var second = await room.AskAsync(room.Log.Tree, 1);

        Assert.Equal(TimeSpan.FromMinutes(1), second.Time - first.Time);
    }

    [Fact]
    public async Task Cosign_ClockSetBack_GivesNoEarlierTime()
    {
        await using var room = await TestRoom.JoinedAsync();
        room.Clock.Move(TimeSpan.FromHours(2));
        var first = await room.AskAsync(room.Log.Tree, 1);
        room.Clock.Move(TimeSpan.FromHours(-3));
        var second = await room.AskAsync(room.Log.Tree, 1);
        await room.RestartAsync();
        var third = await room.AskAsync(Grown(room.Log.Tree.Fork(1), 2), 2);

        Assert.Equal([first.Time, first.Time], [second.Time, third.Time]);
    }

    [Fact]
    public async Task Cosign_ForkOfTheSameSize_IsRefusedForEver()
    {
        await using var room = await TestRoom.JoinedAsync();
        var tree = Grown(room.Log.Tree.Fork(1), 3);
        var fork = Grown(room.Log.Tree.Fork(1), 3);
        _ = await room.AskAsync(tree, 3);

        Assert.Equal("3", (await TestRoom.RefusedAsync(ErrorReason.LogForked, () => room.AskAsync(fork, 3))).Field);
        await room.RestartAsync();
        await TestRoom.RefusedAsync(ErrorReason.LogForked, () => room.AskAsync(fork, 3));
        _ = await room.AskAsync(tree, 3);
    }

    [Fact]
    public async Task Cosign_ForkThatIsLonger_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        _ = await room.AskAsync(Grown(room.Log.Tree.Fork(1), 3), 3);

        await TestRoom.RefusedAsync(ErrorReason.LogForked, () => room.AskAsync(Grown(room.Log.Tree.Fork(1), 9), 9));
    }

    [Fact]
    public async Task Cosign_ShorterLog_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        var tree = Grown(room.Log.Tree.Fork(1), 5);
        _ = await room.AskAsync(tree, 5);

        await TestRoom.RefusedAsync(ErrorReason.LogForked, () => room.AskAsync(tree, 4));
        Assert.Equal(5UL, (await StateAsync(room)).Size);
    }

    [Fact]
    public async Task Cosign_ProofFromElsewhere_NamesWhereTheWitnessIs()
    {
        await using var room = await TestRoom.JoinedAsync();
        var tree = Grown(room.Log.Tree.Fork(1), 5);
        _ = await room.AskAsync(tree, 3);

        var refusal = await TestRoom.RefusedAsync(ErrorReason.Conflict, async () => await room.Enclave.CosignAsync(room.Request(tree, 2, 5), cancellationToken: Token));

        Assert.Equal("3", refusal.Field);
    }

    [Fact]
    public async Task Cosign_NotSignedByTheOperator_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        using var other = SigningKey.Generate();
        var tree = Grown(room.Log.Tree.Fork(1), 2);

        await TestRoom.RefusedAsync(ErrorReason.SignatureInvalid, async () => await room.Enclave.CosignAsync(
            room.Request(tree, 1, 2, room.Checkpoint(tree, 2, key: other)), cancellationToken: Token));
    }

    [Fact]
    public async Task Cosign_CheckpointOfAnotherRoom_IsRefused()
    {
        await using var room = await TestRoom.JoinedAsync();
        var tree = Grown(room.Log.Tree.Fork(1), 2);

        await TestRoom.RefusedAsync(ErrorReason.SignatureInvalid, async () => await room.Enclave.CosignAsync(
            room.Request(tree, 1, 2, room.Checkpoint(tree, 2, origin: "cleanroom/room/" + Guid.NewGuid())), cancellationToken: Token));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    public async Task Cosign_NoCheckpoint_IsRefused(string note)
    {
        await using var room = await TestRoom.JoinedAsync();
        var request = room.Request(room.Log.Tree, 1, 1);
        request.Checkpoint.Note = note;

        await TestRoom.RefusedAsync(note.Length == 0 ? ErrorReason.InvalidArgument : ErrorReason.SignatureInvalid, async () => await room.Enclave.CosignAsync(request, cancellationToken: Token));
    }

    [Fact]
    public async Task Cosign_RoomNotJoined_IsNotFound()
    {
        await using var room = await TestRoom.StartAsync();
        var tree = Grown(new TestTree(), 1);

        await TestRoom.RefusedAsync(ErrorReason.UnknownRoom, async () => await room.Enclave.CosignAsync(room.Request(tree, 0, 1), cancellationToken: Token));
    }

    [Fact]
    public async Task Cosign_ManyForksAtOnce_OneHistoryWins()
    {
        await using var room = await TestRoom.JoinedAsync();
        var forks = Enumerable.Range(0, 12).Select(i => Grown(room.Log.Tree.Fork(1), 2 + (i % 3))).ToList();

        var cosigned = await Task.WhenAll(forks.Select(async fork =>
        {
            try
            {
                _ = await room.Enclave.CosignAsync(room.Request(fork, 1, fork.Size), cancellationToken: Token);
                return true;
            }
            catch (CleanRoomException refusal) when (refusal.Reason is ErrorReason.LogForked or ErrorReason.Conflict)
            {
                return false;
            }
        }));

        Assert.Single(cosigned, true);
        var winner = forks[Array.IndexOf(cosigned, true)];
        var state = await StateAsync(room);
        Assert.Equal(winner.Root(winner.Size).Span.ToArray(), state.Root.ToByteArray());
    }

    internal static TestTree Grown(TestTree tree, int size)
    {
        while (tree.Size < size)
        {
            _ = tree.Append(Guid.NewGuid().ToByteArray());
        }

        return tree;
    }

    private static async Task<GetRoomResponse> StateAsync(TestRoom room) =>
        await room.Owner.GetRoomAsync(new GetRoomRequest { Room = room.RoomText }, cancellationToken: Token);
}
