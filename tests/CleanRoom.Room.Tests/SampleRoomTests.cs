using CleanRoom.Demo;
using CleanRoom.Room.Tests.Rooms;

namespace CleanRoom.Room.Tests;

/// <summary>The main job: case files in, the right notices out.</summary>
public sealed class SampleRoomTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Samples_ThroughAWholeRoom_TellWhatTheTruthFilesSayAndNothingElse()
    {
        await using var room = await WholeRoom.OpenAsync(WholeRoom.Samples());
        var links = (await room.Demo.JoinAsync(await room.RunAsync(), WholeRoom.Token)).Links;
        var report = Truth.Find(room.File.Folder)!.Compare(links);
        foreach (var line in room.Said.Concat(report.Lines()))
        {
            output.WriteLine(line);
        }

        Assert.Empty(report.False);
        Assert.Empty(report.Suppressed);
        Assert.Empty(report.Negatives);
        Assert.All(report.Tallies.Values, tally => Assert.Empty(tally.Different));
        Assert.Equal((29, 29), (report.Tallies["Exact"].Due, report.Tallies["Exact"].AsExpected));
        Assert.Equal(36, report.Tallies["Fuzzy"].Due);
        Assert.True(report.Tallies["Fuzzy"].AsExpected >= 26, $"{report.Tallies["Fuzzy"].AsExpected} of 36");
        Assert.True(report.Holds);
        Assert.Equal((6, 11), (report.SuppressedPairs, report.NegativePairs));

        var (receipts, entries, ignored) = await room.Demo.VerifyAsync(WholeRoom.Token);
        Assert.Equal(3, receipts);
        Assert.True(entries > 20, $"{entries} entries");
        Assert.Equal(0, ignored);
    }
}
