using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using Grpc.Core;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>An operator that holds an epoch's entry back until it is too late (THREATS T23): nobody believes it, and nobody's inbox ends there.</summary>
public class LateEpochTests
{
    private static readonly TimeSpan Held = EpochHead.Longest + TimeSpan.FromMinutes(1);

    [Theory, InlineData(false), InlineData(true)]
    public async Task EpochHeldBackForTooLong_IsDeclaredVoidAndToldAnew_AndEveryInboxReadsOn(bool afterItsInstance)
    {
        await using var consortium = new Consortium();
        await consortium.InitializeAsync();
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await using var hostile = await HostileIngestion.StartAsync(room);
        byte[]? held = null;
        hostile.Appending = async leaf =>
        {
            Assert.True(SignedEntry.TryParse(leaf.Span, out var signed, out _));
            if (held is null && signed!.Entry is EpochEntry)
            {
                held = leaf.ToArray();
                consortium.Clock.Ahead = Held;

                // A member that looks meanwhile has proof that the entry came late: a newer checkpoint without it.
                Assert.Empty(await room.ReadInboxAsync("bravo"));
                if (afterItsInstance)
                {
                    throw new RpcException(new Status(StatusCode.Unavailable, "not now"));
                }
            }
            else if (afterItsInstance && signed!.Entry is InstanceEntry { Generation: 2 })
            {
                await hostile.AppendAsync(room, held!);
            }
        };
        await room.Matching.StartAsync(hostile.Service);
        await room.WaitForAsync(state => state.LastEpoch > 1, "the successor's first epoch");
        var state = await room.StateAsync();
        Assert.NotNull(held);
        Assert.All(Consortium.Brokered, member => Assert.Equal(8, state.VoidThrough(MemberId.Parse(member), 1)));
        var inboxes = await room.ReadAllAsync();
        Assert.All(inboxes.Values, messages => Assert.Equal(9, messages[0].Number));
        Assert.Equal(["a1"], EnclaveRoom.Pointers(inboxes["alpha"]).Select(pointer => pointer.Own));
        Assert.Equal(["b1"], EnclaveRoom.Pointers(inboxes["bravo"]).Select(pointer => pointer.Own));
        Assert.Empty(EnclaveRoom.Pointers(inboxes["charlie"]));

        // An instance that knows the log only does the same.
        await room.Matching.StopAsync();
        var last = state.LastEpoch;
        await room.Matching.StartAsync();
        await room.WaitForAsync(now => now.LastEpoch > last + 2, "epochs of an instance that knows the log only");
        inboxes = await room.ReadAllAsync(inboxes);
        Assert.Single(EnclaveRoom.Pointers(inboxes["alpha"]));
        Assert.Single(EnclaveRoom.Pointers(inboxes["bravo"]));
    }
}
