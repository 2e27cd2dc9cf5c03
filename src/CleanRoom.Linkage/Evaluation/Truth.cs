using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Evaluation;

/// <summary>What is known of a table: which records are one entity's, as clusters or as a list of pairs.</summary>
public sealed class Truth
{
    private readonly int[]? _clusters;
    private readonly HashSet<long>? _pairs;

    private Truth(int[]? clusters, HashSet<long>? pairs, long count)
    {
        _clusters = clusters;
        _pairs = pairs;
        Count = count;
    }

    /// <summary>Number of true pairs, between tables only if there are two.</summary>
    public long Count { get; }

    /// <summary>Makes it of a cluster's name for each record; records without one match nothing.</summary>
    public static Truth OfClusters(LinkTable table, Func<int, string?> clusterOf)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(clusterOf);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var clusters = new int[table.Count];
        var sizes = new Dictionary<int, (long First, long Second)>();
        for (var i = 0; i < clusters.Length; i++)
        {
            if (clusterOf(i) is not { } name)
            {
                clusters[i] = -1 - i;
                continue;
            }
            if (!numbers.TryGetValue(name, out var number))
            {
                numbers[name] = number = numbers.Count;
            }
            clusters[i] = number;
            var (a, b) = sizes.GetValueOrDefault(number);
            sizes[number] = table.TwoSources && table.Sources[i] == 1 ? (a, b + 1) : (a + 1, b);
        }
        return new Truth(clusters, null, sizes.Values.Sum(s => table.TwoSources ? s.First * s.Second : s.First * (s.First - 1) / 2));
    }

    /// <summary>Makes it of pairs of records.</summary>
    public static Truth OfPairs(LinkTable table, IEnumerable<(int First, int Second)> pairs)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(pairs);
        var set = pairs.Where(p => p.First != p.Second && table.MayPair(p.First, p.Second)).Select(p => Key(p.First, p.Second)).ToHashSet();
        return new Truth(null, set, set.Count);
    }

    /// <summary>True if two records are one entity's.</summary>
    public bool IsMatch(int first, int second) => _clusters is not null ? _clusters[first] == _clusters[second] : _pairs!.Contains(Key(first, second));

    /// <summary>The true pairs.</summary>
    public IEnumerable<(int First, int Second)> Pairs(LinkTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (_pairs is not null)
        {
            foreach (var key in _pairs.Order())
            {
                yield return ((int)(key >> 32), (int)(key & 0xFFFF_FFFF));
            }
            yield break;
        }
        foreach (var group in Enumerable.Range(0, _clusters!.Length).GroupBy(i => _clusters[i]))
        {
            var members = group.ToArray();
            for (var i = 0; i < members.Length; i++)
            {
                for (var j = i + 1; j < members.Length; j++)
                {
                    if (table.MayPair(members[i], members[j]))
                    {
                        yield return (members[i], members[j]);
                    }
                }
            }
        }
    }

    /// <summary>The same truth where only these pairs are asked about.</summary>
    public Truth Among(IReadOnlyList<LinkedPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        var set = pairs.Where(p => IsMatch(p.First, p.Second)).Select(p => Key(p.First, p.Second)).ToHashSet();
        return new Truth(null, set, set.Count);
    }

    private static long Key(int a, int b) => a < b ? ((long)a << 32) | (uint)b : ((long)b << 32) | (uint)a;
}
