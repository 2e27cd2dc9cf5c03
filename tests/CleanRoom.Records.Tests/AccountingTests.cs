using System.Text;
using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

/// <summary>Every value of every row is accounted for: it shows in the record, is dropped by a rule, or is reported.</summary>
public sealed class AccountingTests
{
    [Fact]
    public async Task ImportAsync_EveryFilledCellOfTheSamples_IsMappedDroppedReportedOrNamedAsNotNeeded()
    {
        var table = new StringBuilder("# layout: column | mapped | not known | dropped | reported | not needed\n");
        var lost = new List<string>();
        foreach (var result in await SampleRoom.ImportsAsync())
        {
            foreach (var (column, count) in result.Report.Cells.OrderBy(c => c.Key, StringComparer.Ordinal))
            {
                _ = table.Append(System.Globalization.CultureInfo.InvariantCulture, $"{result.Profile}: {column} | {count.Mapped} | {count.NotKnown} | {count.Dropped} | {count.Reported} | {count.NotNeeded}\n");
                if (count.Mapped + count.NotKnown + count.Dropped + count.Reported + count.NotNeeded != result.Report.Filled.GetValueOrDefault(column))
                {
                    lost.Add($"{result.Profile}: {column}");
                }
            }
        }
        Assert.True(lost.Count == 0, string.Join('\n', lost));
        var path = Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "tests/CleanRoom.Records.Tests/samples.counts");
        Assert.True(File.Exists(path) && await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken) == table.ToString(), $"If the change is meant, write this to samples.counts:\n{table}");
    }

    [Fact]
    public async Task Map_ACellThatCountsAsMapped_ChangesTheRecordWhenItIsTakenAway()
    {
        var silent = new List<string>();
        foreach (var (file, manifest, reference) in new[] { ("contributor_a_htcds.csv", "manifest_a.json", "ext_CaseNumber"), ("contributor_b_ctdc.csv", "manifest_b.json", "local_id"), ("contributor_c_freeform.csv", "manifest_c.json", "No") })
        {
            var options = SampleRoom.Options("x", DatasetManifest.Parse(await File.ReadAllTextAsync(Path.Combine(SampleRoom.Folder, manifest), TestContext.Current.CancellationToken)), reference) with { NewRecordId = () => Guid.Empty };
            await using var stream = File.OpenRead(Path.Combine(SampleRoom.Folder, file));
            await using var session = await CaseImporter.OpenAsync(stream, options, TestContext.Current.CancellationToken);
            var mapper = session.Mapper!;
            foreach (var cells in await RowsAsync(file, mapper.Headers.Count))
            {
                var whole = mapper.Map(new TableRow(1, cells), 1);
                for (var i = 0; i < cells.Length; i++)
                {
                    if (cells[i].Length == 0 || mapper.FateOf(i, cells[i], whole.Issues) != CellFate.Mapped)
                    {
                        continue;
                    }
                    string[] without = [.. cells];
                    without[i] = "";
                    if (mapper.Map(new TableRow(1, without), 1).Record.Equals(whole.Record))
                    {
                        silent.Add($"{file}: {mapper.Headers[i]}");
                    }
                }
            }
        }

        var found = silent.GroupBy(s => s, StringComparer.Ordinal).Select(g => $"{g.Key} {g.Count()}").Order(StringComparer.Ordinal).ToList();
        Assert.True(Overruled.SequenceEqual(found), string.Join('\n', found));
    }

    /// <summary>Cells that another cell of the same row says better, with how many there are.</summary>
    private static readonly string[] Overruled =
    [
        // The manifest has the same framework; the site's words name the same town; the town lies in the same country; Exploitation is what an event is if nothing is said.
        "contributor_a_htcds.csv: ext_DeterminationFramework 3",
        "contributor_a_htcds.csv: ext_NameNative 3",
        "contributor_a_htcds.csv: hte_1_City 13",
        "contributor_a_htcds.csv: hte_1_Country 48",
        "contributor_a_htcds.csv: hte_1_Type 54",
        "contributor_a_htcds.csv: hte_2_City 1",
        "contributor_a_htcds.csv: hte_2_Country 1",
        "contributor_a_htcds.csv: hte_2_Type 1",
        // Two columns say the same; who is of age today follows from the day of birth.
        "contributor_b_ctdc.csv: CountryOfExploitation 5",
        "contributor_b_ctdc.csv: RecruiterRelationship 51",
        "contributor_b_ctdc.csv: majorityStatus 53",
        "contributor_b_ctdc.csv: recruiterRelationFamily 9",
        "contributor_b_ctdc.csv: recruiterRelationFriend 11",
        "contributor_b_ctdc.csv: recruiterRelationIntimatePartner 12",
        "contributor_b_ctdc.csv: recruiterRelationOther 19",
    ];

    private static async Task<List<string[]>> RowsAsync(string file, int columns)
    {
        await using var stream = File.OpenRead(Path.Combine(SampleRoom.Folder, file));
        using var reader = await TableReader.OpenAsync(stream, TestContext.Current.CancellationToken);
        var rows = new List<string[]>();
        await foreach (var row in reader.RowsAsync(TestContext.Current.CancellationToken))
        {
            if (row.Cells.Length == columns && row.Cells.Count(c => c.Length > 0) > 4)
            {
                rows.Add(row.Cells);
            }
        }
        return rows[1..];
    }
}
