using CleanRoom.Linkage.Evaluation;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Tests.Tables;

/// <summary>Rows by column name, with their truth, as tables to link.</summary>
internal sealed class TestTable(IReadOnlyList<Dictionary<string, string>> first, string truthColumn, IReadOnlyList<Dictionary<string, string>>? second = null)
{
    private readonly Dictionary<string, string> _truth = new(StringComparer.Ordinal);

    public LinkTable Build(LinkConfig config)
    {
        var builder = new LinkTableBuilder(config);
        Add(builder, first);
        if (second is not null)
        {
            Add(builder, second);
        }
        return builder.Build();
    }

    public Truth Truth(LinkTable table) => Evaluation.Truth.OfClusters(table, i => _truth[table.Ids[i]]);

    private void Add(LinkTableBuilder builder, IReadOnlyList<Dictionary<string, string>> rows)
    {
        var id = rows[0].ContainsKey("unique_id") ? "unique_id" : "rec_id";
        var columns = rows[0].Keys.Where(k => k != "cluster").ToArray();
        builder.Begin(columns, Array.IndexOf(columns, id));
        foreach (var row in rows)
        {
            // FEBRL writes the person's number into the id: rec-17-dup-0.
            _truth[row[id]] = truthColumn == "rec_id" ? row[id].Split('-')[1] : row[truthColumn];
            builder.Add(row[id], [.. columns.Select(c => row.GetValueOrDefault(c, ""))]);
        }
    }
}
