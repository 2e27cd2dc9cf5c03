using CleanRoom.Charter;
using CleanRoom.Matching.Release;
using State = CleanRoom.Protocol.Matching.V1.GetStatusResponse.Types.State;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>An enclave that asks an owner's second broker, and when it may not.</summary>
[Collection(EnclaveTests.Name)]
public sealed class StandInBrokerTests(Consortium consortium)
{
    private static readonly MemberId Alpha = MemberId.Parse("alpha");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task BrokerAway_TheStandInReleases_AndTheOwnersRecordsAreMatched()
    {
        await using var second = await SecondAsync();
        await using var room = await OpenAsync(second);
        await consortium.Brokers["alpha"].HandOverAsync(room.Charter, second.Terms);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        await consortium.Brokers["alpha"].StopAsync();
        try
        {
            await room.Matching.StartAsync();
            _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Keys.Contains("alpha"), "the stand-in's release");
            await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the match");
            var all = await room.ReadAllAsync();

            Assert.Equal("bravo", Assert.Single(EnclaveRoom.Pointers(all["alpha"])).Counterpart!.Member.Value);
            Assert.Equal(second.Terms.VerifierKey.Id, (await room.StateAsync()).Releases[Alpha].By);
        }
        finally
        {
            await consortium.Brokers["alpha"].StartAsync();
        }
    }

    [Fact]
    public async Task BrokerThatSaysNo_IsNotAskedForAtTheStandIn()
    {
        await using var second = await SecondAsync();
        await using var room = await OpenAsync(second);
        await consortium.Brokers["alpha"].HandOverAsync(room.Charter, second.Terms);
        await consortium.Brokers["alpha"].FreezeAsync(room.Id, frozen: true);

        await room.Matching.StartAsync();
        _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Epoch > 1, "epochs without the frozen owner");

        Assert.DoesNotContain("alpha", (await room.Matching.StatusAsync()).Keys);
        Assert.DoesNotContain(Alpha, (await room.StateAsync()).Releases.Keys);
        Assert.Equal(0, (await second.Server.RoomAsync(room.Id)).Generation);
    }

    [Fact]
    public async Task FreezeInTheLog_TakesTheKeysFromTheRunningEnclaveAtOnce_AndNoBrokerIsAskedForThemAnyMore()
    {
        await using var second = await SecondAsync();
        await using var room = await OpenAsync(second);
        await consortium.Brokers["alpha"].HandOverAsync(room.Charter, second.Terms);
        await room.Matching.StartAsync();
        _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Keys.Contains("alpha"), "the key that is frozen soon");
        var alpha = await room.ClientAsync("alpha");

        _ = await alpha.SetFrozenAsync(frozen: true, Token);
        var frozen = await room.Matching.WaitForAsync(status => status.State == State.Running && !status.Keys.Contains("alpha"), "the freeze");
        await room.Matching.StopAsync();
        await consortium.Brokers["alpha"].StopAsync();
        try
        {
            await room.Matching.StartAsync();
            _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Generation > frozen.Generation, "the next instance");
            Assert.Equal(0, (await second.Server.RoomAsync(room.Id)).Generation);

            _ = await alpha.SetFrozenAsync(frozen: false, Token);
            _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Keys.Contains("alpha"), "the key that is free again, from the stand-in");
            Assert.NotEqual(0, (await second.Server.RoomAsync(room.Id)).Generation);
        }
        finally
        {
            await consortium.Brokers["alpha"].StartAsync();
        }
    }

    [Fact]
    public async Task Order_OfAnOwnersBrokers_TurnsForOneInstanceWhenOneGaveANonceAndNothingMore()
    {
        await using var second = await SecondAsync();
        var terms = await consortium.Brokers["alpha"].TermsAsync() with { StandIns = [second.Terms] };
        var detours = new Detours();
        var places = BrokerPlace.Of(terms).ToList();
        Assert.Equal([false, true], places.Select(place => place.StandsIn));

        detours.Around(places[0]);

        Assert.Equal([places[1], places[0]], detours.Order(places));
        Assert.Equal(places, detours.Order(places));
    }

    private async Task<Second> SecondAsync()
    {
        var server = new BrokerServer(consortium.FolderOf("second-" + Guid.NewGuid()), consortium.Profiles["alpha"], consortium.Clock);
        await server.StartAsync();
        return new Second(server, await server.StandInTermsAsync());
    }

    private Task<EnclaveRoom> OpenAsync(Second second) => EnclaveRoom.OpenAsync(consortium, new RoomShape { StandIn = second.Terms });

    /// <summary>A second broker of alpha's.</summary>
    private sealed record Second(BrokerServer Server, StandInTerms Terms) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await Server.StopAsync();
    }
}
