using CleanRoom.Client;
using CleanRoom.Client.Uploads;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Decoys in a whole room: marked by a member, sealed, compared by the enclave, told in slots (T7).</summary>
[Collection(EnclaveTests.Name)]
public sealed class DecoyRoomTests(Consortium consortium)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ADecoy_ThatAnotherMemberGuesses_AlarmsItsOwner_AlsoAfterARestart_AndTheGuesserReadsAnOrdinaryPointer()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { Decoys = 1 });
        var alpha = await room.ClientAsync("alpha");
        await alpha.SyncAsync(Token);
        Assert.Throws<ClientException>(() => new Uploader(alpha).MarkDecoys(["d1", "d2"]));
        Assert.Equal(1, new Uploader(alpha).MarkDecoys(["d1"]));
        Assert.Equal(0, new Uploader(alpha).MarkDecoys(["d1"]));
        _ = await room.UploadAsync("alpha", [new Row("d1", "made-up@example.org"), new Row("a1", "real@example.org"), .. Others("a")]);
        Assert.Throws<ClientException>(() => new Uploader(alpha).MarkDecoys(["a1"]));
        _ = await room.UploadAsync("bravo", [new Row("b1", "made-up@example.org"), new Row("b2", "real@example.org"), .. Others("b")]);
        _ = await room.UploadAsync("charlie", [.. Others("c")]);
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the first matches");
        await room.PassAsync(1);
        var all = await room.ReadAllAsync();
        Check();
        await room.Matching.StopAsync();
        await room.Matching.StartAsync();
        await room.Matching.RunningAsync();
        await room.PassAsync(1);
        all = await room.ReadAllAsync(all);
        Check();

        void Check()
        {
            Assert.Equal([("a1", false), ("d1", true)], EnclaveRoom.Pointers(all["alpha"]).Select(pointer => (pointer.Own, pointer.Decoy)).Distinct().Order());
            Assert.Equal([("b1", false), ("b2", false)], EnclaveRoom.Pointers(all["bravo"]).Select(pointer => (pointer.Own, pointer.Decoy)).Distinct().Order());
            Assert.All(EnclaveRoom.Pointers(all["bravo"]), pointer => Assert.Equal("alpha", pointer.Counterpart!.Member.Value));
        }
    }

    private static IEnumerable<Row> Others(string owner) => Enumerable.Range(0, 8).Select(i => new Row($"{owner}-{i}", $"{owner}{i}@example.org"));
}
