using CleanRoom.Charter;
using CleanRoom.Client.Rooms;
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
        var first = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Epoch > 1, "epochs without the frozen owner");

        // The next instance remembers who gave a nonce and nothing more: one that said no is asked first all the same.
        await NewInstanceAsync(room, first.Generation);

        Assert.DoesNotContain("alpha", (await room.Matching.StatusAsync()).Keys);
        Assert.DoesNotContain(Alpha, (await room.StateAsync()).Releases.Keys);
        Assert.Equal(0, (await second.Server.RoomAsync(room.Id)).Generation);
    }

    [Fact]
    public async Task BrokerThatGaveANonceAndThenCannotRelease_IsGoneAroundByTheNextInstance()
    {
        await using var second = await SecondAsync();
        await using var room = await OpenAsync(second);
        var alpha = consortium.Brokers["alpha"];
        await alpha.HandOverAsync(room.Charter, second.Terms);

        // It can be reached and appraises, but has no way to the log.
        await alpha.RestartAsync("--Attestation:IngestionAddress=https://127.0.0.1:9/", "--Attestation:ReleaseTimeout=00:00:01");
        try
        {
            await room.Matching.StartAsync();
            var status = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Keys.Contains("alpha"), "the stand-in's release");

            Assert.True(status.Generation > 1, "The first instance has no evidence for the stand-in.");
            Assert.Equal(1, (await alpha.RoomAsync(room.Id)).Generation);
            Assert.Equal(second.Terms.VerifierKey.Id, (await room.StateAsync()).Releases[Alpha].By);
            Assert.Contains(room.Matching.Lines, line => line.Contains("alpha", StringComparison.Ordinal) && line.Contains("Unavailable", StringComparison.Ordinal));
        }
        finally
        {
            await alpha.RestartAsync();
        }
    }

    [Fact]
    public async Task KeyErasedInTheLogThatAStandInStillReleases_OpensNothing()
    {
        await using var hostile = await HostileStandIn.StartAsync();
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { StandIn = hostile.Terms });
        var alpha = consortium.Brokers["alpha"];
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await alpha.RollAsync(room.Id, 1);
        _ = await (await room.ClientAsync("alpha")).RegisterAsync(new Registration(), "", Token);
        hostile.Take(await alpha.PackageAsync(room.Charter, hostile.Terms));
        _ = await alpha.DestroyAsync(room.Charter, 1);
        var batch = Assert.Single((await room.StateAsync()).Batches.Values).Manifest.Batch.ToString();
        await alpha.StopAsync();
        try
        {
            await room.Matching.StartAsync();
            _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Keys.Contains("alpha"), "the hostile stand-in's release");

            Assert.Equal([1, 2], hostile.Released);
            Assert.Contains(room.Matching.Lines, line => line.Contains(batch, StringComparison.Ordinal) && line.Contains("its owner's key is not here", StringComparison.Ordinal));
        }
        finally
        {
            await alpha.StartAsync();
        }
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

    /// <summary>Another owner's new key is a reason for a new instance in the same process.</summary>
    private async Task NewInstanceAsync(EnclaveRoom room, ulong generation)
    {
        await consortium.Brokers["bravo"].RollAsync(room.Id, 1);
        _ = await (await room.ClientAsync("bravo")).RegisterAsync(new Registration(), "", Token);
        _ = await room.Matching.WaitForAsync(status => status.State == State.Running && status.Generation > generation, "the next instance");
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
