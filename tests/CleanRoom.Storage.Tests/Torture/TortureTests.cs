using CleanRoom.Storage.Tests.Postgres;

namespace CleanRoom.Storage.Tests.Torture;

/// <summary>The campaign of <c>make torture</c>, a few rounds of it.</summary>
public sealed class TortureTests
{
    private const int Rounds = 4;
    private const int Seed = 20261201;

    [Fact]
    public async Task Sqlite_UnderLoadAndFaults_KeepsWhatItAcknowledged()
    {
        using var folder = new TemporaryFolder();
        var campaign = new Campaign(Seed, Say);
        await campaign.RunAsync(new Place(folder.Path, null), null, Rounds);
        Assert.Empty(campaign.Violations);
        Assert.True(campaign.Operations > 0);
    }

    [Fact]
    public async Task Postgres_UnderLoadAndFaults_KeepsWhatItAcknowledged()
    {
        PostgresServer.RequireInstalled();
        await using var server = await PostgresProcess.StartAsync(Path.Combine(Path.GetTempPath(), $"cleanroom-torture-{Environment.ProcessId}"));
        var campaign = new Campaign(Seed, Say);
        await campaign.RunAsync(new Place(null, server.Connection), server, Rounds);
        Assert.Empty(campaign.Violations);
        Assert.True(campaign.Operations > 0);
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
