using System.Text.Json;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Tests;

public sealed class SampleImportTests
{
    [Fact]
    public async Task ImportAsync_ThreeSampleFiles_ImportWithoutEditing()
    {
        var imports = await SampleRoom.ImportsAsync();

        Assert.Equal(["htcds-2.0+ext", "ctdc-kanon+local", "case-list"], imports.Select(i => i.Profile));
        Assert.All(imports, i => Assert.Equal(60, i.Rows.Count));
        Assert.All(imports, i => Assert.Null(i.NeedsProfile));
    }

    [Fact]
    public async Task ImportAsync_ThreeSampleFiles_SayWhatTheGoldenFileSays()
    {
        var said = string.Join('\n', (await SampleRoom.ImportsAsync()).Select(i => RecordLines.Of(i.Profile, i)));

        var path = Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "tests/CleanRoom.Records.Tests/samples.expected");
        Assert.True(File.Exists(path) && await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken) == said, $"If the change is meant, samples.expected must be:\n{said}");
    }

    [Fact]
    public async Task ImportAsync_EveryDesignedRow_HasTheConsentsOfTheTruth()
    {
        using var truth = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(SampleRoom.Folder, "truth_entities.json"), TestContext.Current.CancellationToken));
        var rows = (await SampleRoom.RowsAsync()).ToDictionary(r => r.Record.ContributorRecordRef);
        var wrong = new List<string>();

        foreach (var item in truth.RootElement.EnumerateObject())
        {
            var expected = string.Join(';', item.Value.GetProperty("consents").EnumerateArray().Select(e => e.GetString()));
            var actual = string.Join(';', ConsentRules.LivePurposes(rows[item.Name].Record, SampleRoom.Today).Where(p => p != "C0"));
            if (expected != actual)
            {
                wrong.Add($"{item.Name}: expected {expected}, got {actual}");
            }
            var caveats = item.Value.GetProperty("caveats").EnumerateArray().Select(e => e.GetString()!).Where(c => c != "ambiguous-consent");
            wrong.AddRange(caveats.Except(rows[item.Name].Record.Handling.Caveats).Select(c => $"{item.Name}: lacks {c}"));
            var child = rows[item.Name].Record.Handling.Caveats.Contains("CHILD");
            if (child != item.Value.GetProperty("child").GetBoolean())
            {
                wrong.Add($"{item.Name}: child {child}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task From_AllPairsAcrossContributors_MeetExactlyInTheExactLinksOfTheTruth()
    {
        var rows = await SampleRoom.RowsAsync();
        var facts = rows.Select(r => (r.Record.ContributorId, Ref: r.Record.ContributorRecordRef, Facts: MatchFacts.From(r.Record))).ToList();
        var found = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < facts.Count; i++)
        {
            for (var j = i + 1; j < facts.Count; j++)
            {
                if (facts[i].ContributorId == facts[j].ContributorId)
                {
                    continue;
                }
                foreach (var (first, second) in facts[i].Facts.SelectMany(f => facts[j].Facts.Select(s => (f, s))))
                {
                    if (MatchFact.Meet(first, second) == KeyStrength.Exact)
                    {
                        found.Add(Link(first.Kind.ToString(), facts[i].Ref, facts[j].Ref));
                    }
                }
            }
        }
        var truth = SampleRoom.Table("truth.csv").Where(l => l["evidence"] == "Exact").Select(l => Link(l["link_type"]["Same".Length..], l["record_1"], l["record_2"]));
        var expected = new SortedSet<string>(truth, StringComparer.Ordinal);

        Assert.Equal(29, expected.Count);
        Assert.True(expected.SetEquals(found), $"missing: {string.Join(' ', expected.Except(found))}\nextra: {string.Join(' ', found.Except(expected))}");
    }

    private static string Link(string kind, string a, string b) => string.CompareOrdinal(a, b) < 0 ? $"{kind}:{a}-{b}" : $"{kind}:{b}-{a}";
}
