using System.Text.RegularExpressions;
using CleanRoom.Client;
using CleanRoom.Linkage.Evaluation;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Cli.Commands;

/// <summary>Reads what is known of the records: a column, a part of the id, or a file of clusters or pairs.</summary>
internal static class LinkTruth
{
    private static readonly string[] ClusterColumns = ["cluster", "entity", "cluster_id", "entity_id"];
    private static readonly string[] LeftColumns = ["id_l", "unique_id_l", "left", "id1"];
    private static readonly string[] RightColumns = ["id_r", "unique_id_r", "right", "id2"];

    public static Truth OfColumn(LinkTable table, LinkTables tables) =>
        Truth.OfClusters(table, i => tables.TruthOf.GetValueOrDefault(LinkTables.TruthKey(table.SourceOf(i), table.Ids[i])) is { Length: > 0 } cluster ? cluster : null);

    public static Truth OfPattern(LinkTable table, string pattern)
    {
        Regex regex;
        try
        {
            regex = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (ArgumentException exception)
        {
            throw new ClientException(ClientProblem.Usage, "--truth-regex is no regular expression: write one such as 'rec-(\\d+)'.", exception);
        }
        return Truth.OfClusters(table, i => regex.Match(table.Ids[i]) is { Success: true } match ? match.Groups[match.Groups.Count > 1 ? 1 : 0].Value : null);
    }

    public static async Task<Truth> OfFileAsync(LinkTable table, string path, CancellationToken token)
    {
        var (header, rows) = await LinkTables.RowsAsync(path, token).ConfigureAwait(false);
        var index = new RecordIndex(table);
        var cluster = Array.FindIndex(header, h => ClusterColumns.Contains(h, StringComparer.OrdinalIgnoreCase));
        if (cluster >= 0 && Find(header, LeftColumns) < 0)
        {
            var id = Find(header, LinkTables.IdColumns) is >= 0 and var found ? found : cluster == 0 ? 1 : 0;
            var clusters = new string?[table.Count];
            foreach (var row in rows.Where(r => r.Length > Math.Max(id, cluster)))
            {
                foreach (var record in index.All(row[id]))
                {
                    clusters[record] = row[cluster];
                }
            }
            return Truth.OfClusters(table, i => clusters[i]);
        }
        var score = LinkTables.Column(header, "clerical_match_score");
        return Truth.OfPairs(table, Pairs(header, rows, index)
            .Where(p => score < 0 || (p.Row.Length > score && double.TryParse(p.Row[score], System.Globalization.CultureInfo.InvariantCulture, out var s) && s >= 0.5))
            .Select(p => (p.First, p.Second)));
    }

    /// <summary>Pairs of a file whose records are both there, with their rows.</summary>
    public static IEnumerable<(int First, int Second, string[] Row)> Pairs(string[] header, List<string[]> rows, RecordIndex index)
    {
        var left = Find(header, LeftColumns) is >= 0 and var l ? l : 0;
        var right = Find(header, RightColumns) is >= 0 and var r ? r : 1;
        foreach (var row in rows)
        {
            if (row.Length > Math.Max(left, right) && index.Pair(row[left], row[right]) is var (first, second))
            {
                yield return (first, second, row);
            }
        }
    }

    private static int Find(string[] header, string[] names) => Array.FindIndex(header, h => names.Contains(h, StringComparer.OrdinalIgnoreCase));
}

/// <summary>Records by id and table.</summary>
internal sealed class RecordIndex
{
    private readonly Dictionary<string, int>[] _records = [new(StringComparer.Ordinal), new(StringComparer.Ordinal)];
    private readonly bool _two;

    public RecordIndex(LinkTable table)
    {
        _two = table.TwoSources;
        for (var i = 0; i < table.Count; i++)
        {
            _records[table.SourceOf(i)][table.Ids[i]] = i;
        }
    }

    public IEnumerable<int> All(string id)
    {
        foreach (var records in _records)
        {
            if (records.TryGetValue(id, out var record))
            {
                yield return record;
            }
        }
    }

    public (int First, int Second)? Pair(string left, string right)
    {
        var (a, b) = (_records[0], _records[_two ? 1 : 0]);
        if (a.TryGetValue(left, out var first) && b.TryGetValue(right, out var second))
        {
            return (first, second);
        }
        return b.TryGetValue(left, out first) && a.TryGetValue(right, out second) ? (first, second) : null;
    }
}
