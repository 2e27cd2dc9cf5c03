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

    /// <summary>
    /// No code or profile knows a sample value: with all persons, firms, sites and numbers renamed in the files, within script and length, the same links come out. Latin and Cyrillic are
    /// renamed in step; a pair whose names agree only between one of them and another script is parted by that, and by nothing else.
    /// </summary>
    [Theory]
    [InlineData(20261121)]
    public async Task Samples_WithOtherPersonsNumbersAndFirms_GiveTheSameLinks(int seed)
    {
        output.WriteLine($"seed {seed}");
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        try
        {
            var renamed = RenamedCases.Write(WholeRoom.Samples(), cases.FullName, seed);
            output.WriteLine($"{renamed} cells renamed");
            Assert.True(renamed > 300, $"{renamed} cells");
            await using var room = await WholeRoom.OpenAsync(WholeRoom.Samples(cases.FullName));
            var links = (await room.Demo.JoinAsync(await room.RunAsync(), WholeRoom.Token)).Links;
            var report = Truth.Find(cases.FullName)!.Compare(links);
            foreach (var line in report.Lines())
            {
                output.WriteLine(line);
            }

            Assert.True(report.Holds);
            Assert.Equal(29, report.Tallies["Exact"].AsExpected);
            Assert.True(report.Tallies["Fuzzy"].AsExpected >= 33, $"{report.Tallies["Fuzzy"].AsExpected} of 36");
            var names = (await CaseFile.ReadAllAsync(room.File, WholeRoom.Token)).SelectMany(file => file.Import.Rows)
                .ToDictionary(row => row.Record.ContributorRecordRef, row => row.Record.Persons.SelectMany(person => person.Names).Select(name => name.Script).ToHashSet());
            Assert.All(report.Tallies["Fuzzy"].Missed, missed => Assert.Contains(missed.Split(' ')[1..], reference => names[reference].Except(["Latn", "Cyrl"]).Any()));
        }
        finally
        {
            cases.Delete(recursive: true);
        }
    }
}
