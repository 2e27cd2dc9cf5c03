using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Clusters;

/// <summary>What happened to a cluster.</summary>
public enum ClusterChangeKind
{
    /// <summary>Members of others came to it.</summary>
    Merged,

    /// <summary>Members of it went to others.</summary>
    Split,
}

/// <summary>A change of clusters that had numbers already; records that are new change nothing.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Cluster">The cluster that grew, or that was there before.</param>
/// <param name="Others">Clusters that members came from, or that they stand in now; ascending.</param>
/// <param name="Links">The links between what was apart and is together, or between what was together and is apart: at most <see cref="ClusterBook.MaxLinks"/>, the surest first.</param>
public sealed record ClusterChange(ClusterChangeKind Kind, long Cluster, IReadOnlyList<long> Others, IReadOnlyList<LinkedPair> Links);

/// <summary>
/// Numbers of clusters that last: a cluster keeps its number through every run as long as the largest part of its members stays together; a number that was given
/// up never returns. What changed is told, with the links that speak for it.
/// </summary>
public sealed class ClusterBook
{
    /// <summary>The most links that a change names.</summary>
    public const int MaxLinks = 20;

    private Dictionary<string, long> _clusters = new(StringComparer.Ordinal);
    private long _next = 1;

    /// <summary>The number of a record's cluster; 0 if the last run did not have the record.</summary>
    public long ClusterOf(string id) => _clusters.GetValueOrDefault(id);

    /// <summary>Takes the clusters of a run.</summary>
    /// <param name="table">The records.</param>
    /// <param name="result">What linking them found.</param>
    /// <returns>Merges and splits, by cluster.</returns>
    public IReadOnlyList<ClusterChange> Take(LinkTable table, TableLinkResult result)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(result);
        var (clusters, before) = (result.Clusters, new long[table.Count]);
        // Each cluster is known by the least of its members' ids, so that the order of records does not count.
        var least = new Dictionary<int, string>();
        var shared = new Dictionary<(int Now, long Before), int>();
        for (var i = 0; i < table.Count; i++)
        {
            before[i] = ClusterOf(table.Ids[i]);
            if (!least.TryGetValue(clusters[i], out var id) || string.CompareOrdinal(table.Ids[i], id) < 0)
            {
                least[clusters[i]] = table.Ids[i];
            }
            if (before[i] != 0)
            {
                shared[(clusters[i], before[i])] = shared.GetValueOrDefault((clusters[i], before[i])) + 1;
            }
        }
        var numbers = Number(shared, least);
        var changes = Changes(shared, numbers, result.Pairs, clusters, before);
        var taken = new Dictionary<string, long>(table.Count, StringComparer.Ordinal);
        for (var i = 0; i < table.Count; i++)
        {
            taken[table.Ids[i]] = numbers[clusters[i]];
        }
        _clusters = taken;
        return changes;
    }

    // The largest common part first: it keeps the number, if neither side has one already.
    private Dictionary<int, long> Number(Dictionary<(int Now, long Before), int> shared, Dictionary<int, string> least)
    {
        var numbers = new Dictionary<int, long>();
        var kept = new HashSet<long>();
        foreach (var ((now, old), _) in shared.OrderByDescending(s => s.Value).ThenBy(s => s.Key.Before).ThenBy(s => least[s.Key.Now], StringComparer.Ordinal))
        {
            if (!numbers.ContainsKey(now) && kept.Add(old))
            {
                numbers.Add(now, old);
            }
        }
        foreach (var (now, _) in least.OrderBy(c => c.Value, StringComparer.Ordinal))
        {
            if (!numbers.ContainsKey(now))
            {
                numbers.Add(now, _next++);
            }
        }
        return numbers;
    }

    private static List<ClusterChange> Changes(
        Dictionary<(int Now, long Before), int> shared, Dictionary<int, long> numbers, IReadOnlyList<LinkedPair> pairs, IReadOnlyList<int> clusters, long[] before)
    {
        var merges = shared.Keys.GroupBy(k => k.Now).Where(g => g.Count() > 1).ToDictionary(g => g.Key, g => g.Select(k => k.Before).Order().ToArray());
        var splits = shared.Keys.GroupBy(k => k.Before).Where(g => g.Count() > 1).ToDictionary(g => g.Key, g => g.Select(k => numbers[k.Now]).Order().ToArray());
        var (mergeLinks, splitLinks) = (new Dictionary<int, List<LinkedPair>>(), new Dictionary<long, List<LinkedPair>>());
        foreach (var pair in pairs)
        {
            var (a, b) = (before[pair.First], before[pair.Second]);
            if (a == 0 || b == 0)
            {
                continue;
            }
            if (a != b && clusters[pair.First] == clusters[pair.Second])
            {
                Of(mergeLinks, clusters[pair.First]).Add(pair);
            }
            else if (a == b && clusters[pair.First] != clusters[pair.Second])
            {
                Of(splitLinks, a).Add(pair);
            }
        }
        var changes = new List<ClusterChange>();
        changes.AddRange(merges.Select(m => new ClusterChange(ClusterChangeKind.Merged, numbers[m.Key], [.. m.Value.Where(c => c != numbers[m.Key])], Surest(mergeLinks.GetValueOrDefault(m.Key)))));
        changes.AddRange(splits.Select(s => new ClusterChange(ClusterChangeKind.Split, s.Key, [.. s.Value.Where(c => c != s.Key)], Surest(splitLinks.GetValueOrDefault(s.Key)))));
        return [.. changes.OrderBy(c => c.Cluster).ThenBy(c => c.Kind)];
    }

    private static List<LinkedPair> Of<T>(Dictionary<T, List<LinkedPair>> links, T key)
        where T : notnull
    {
        if (!links.TryGetValue(key, out var list))
        {
            links[key] = list = [];
        }
        return list;
    }

    private static LinkedPair[] Surest(List<LinkedPair>? links) =>
        links is null ? [] : [.. links.OrderByDescending(l => l.Weight).ThenBy(l => l.First).ThenBy(l => l.Second).Take(MaxLinks)];
}
