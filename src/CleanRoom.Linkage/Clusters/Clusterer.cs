using CleanRoom.Linkage.Models;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Clusters;

/// <summary>
/// Joins records into clusters, the surest pairs first, two clusters only if all pairs between them speak for it on average: one good pair
/// does not tie two groups together that otherwise differ (average linkage, as dedupe uses it; with what is unknown counted against it).
/// </summary>
internal sealed class Clusterer
{
    private const int Passes = 3;

    // No single pair outweighs everything else.
    private const float MostWeight = 12;

    private readonly LinkedPair[] _pairs;
    private readonly UnionFind _sets;
    private readonly int[] _surest;
    private readonly int[] _starts;
    private readonly int[] _edges;
    private readonly int[] _next;
    private readonly int[] _sizes;
    private readonly float _unknown;

    // For each set the sets that must stay apart from it.
    private readonly Dictionary<int, HashSet<int>> _apart = [];

    private Clusterer(LinkTable table, IReadOnlyList<LinkedPair> pairs, LinkConfig config, IReadOnlyList<(int First, int Second)> cannotLink, int threads)
    {
        foreach (var (first, second) in cannotLink)
        {
            if (first != second)
            {
                KeepApart(first, second);
                KeepApart(second, first);
            }
        }
        _pairs = pairs as LinkedPair[] ?? [.. pairs];
        _unknown = (float)config.UnknownPairWeight;
        _sets = new UnionFind(table.Count);
        _next = [.. Enumerable.Range(0, table.Count)];
        _sizes = new int[table.Count];
        Array.Fill(_sizes, 1);
        var least = (float)LinkModel.WeightOf(config.ClusterThreshold);
        int[] surest = [], starts = [], edges = [];
        Parallel.Invoke(new ParallelOptions { MaxDegreeOfParallelism = threads }, () => surest = Surest(_pairs, least), () => (starts, edges) = Edges(_pairs, table.Count));
        (_surest, _starts, _edges) = (surest, starts, edges);
    }

    /// <summary>Gives for each record the least record of its cluster.</summary>
    /// <param name="table">The records.</param>
    /// <param name="pairs">The pairs that were weighed.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="cannotLink">Pairs that are known to be two entities: they never stand in one cluster.</param>
    /// <param name="threads">Threads, 1 or more; the result does not depend on it.</param>
    public static int[] Cluster(LinkTable table, IReadOnlyList<LinkedPair> pairs, LinkConfig config, IReadOnlyList<(int First, int Second)> cannotLink, int threads)
    {
        var clusterer = new Clusterer(table, pairs, config, cannotLink, threads);
        clusterer.JoinAll();
        var clusters = new int[table.Count];
        for (var i = 0; i < clusters.Length; i++)
        {
            clusters[i] = clusterer._sets.Find(i);
        }
        return clusters;
    }

    // Pairs of at least a weight, the surest first, equals by place: weight and place are one word to sort.
    private static int[] Surest(LinkedPair[] pairs, float least)
    {
        var words = new ulong[pairs.Length];
        var count = 0;
        for (var e = 0; e < pairs.Length; e++)
        {
            if (pairs[e].Weight >= least)
            {
                var bits = BitConverter.SingleToUInt32Bits(pairs[e].Weight + 0f);
                var falling = (int)bits < 0 ? bits : ~bits & 0x7FFF_FFFF;
                words[count++] = ((ulong)falling << 32) | (uint)e;
            }
        }
        words.AsSpan(0, count).Sort();
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = (int)(uint)words[i];
        }
        return order;
    }

    // For each record its pairs.
    private static (int[] Starts, int[] Edges) Edges(LinkedPair[] pairs, int records)
    {
        var starts = new int[records + 1];
        foreach (var pair in pairs)
        {
            starts[pair.First + 1]++;
            starts[pair.Second + 1]++;
        }
        for (var i = 0; i < records; i++)
        {
            starts[i + 1] += starts[i];
        }
        var fill = starts.AsSpan(0, records).ToArray();
        var edges = new int[2 * pairs.Length];
        for (var e = 0; e < pairs.Length; e++)
        {
            edges[fill[pairs[e].First]++] = e;
            edges[fill[pairs[e].Second]++] = e;
        }
        return (starts, edges);
    }

    private void JoinAll()
    {
        var joined = true;
        for (var pass = 0; pass < Passes && joined; pass++)
        {
            joined = false;
            foreach (var e in _surest)
            {
                var (a, b) = (_sets.Find(_pairs[e].First), _sets.Find(_pairs[e].Second));
                if (a != b && !(_apart.TryGetValue(a, out var apart) && apart.Contains(b)) && Between(a, b) > 0)
                {
                    Join(a, b);
                    joined = true;
                }
            }
        }
    }

    // The sum over all pairs between two clusters; those that were never weighed, or weighed too little to be kept, count as unknown.
    private float Between(int a, int b)
    {
        if (_sizes[a] > _sizes[b])
        {
            (a, b) = (b, a);
        }
        var sum = 0f;
        long known = 0;
        var member = a;
        do
        {
            for (var k = _starts[member]; k < _starts[member + 1]; k++)
            {
                var pair = _pairs[_edges[k]];
                var other = pair.First == member ? pair.Second : pair.First;
                if (_sets.Find(other) == b)
                {
                    sum += Math.Min(MostWeight, pair.Weight);
                    known++;
                }
            }
            member = _next[member];
        }
        while (member != a);
        return sum + (_unknown * (((long)_sizes[a] * _sizes[b]) - known));
    }

    private void Join(int a, int b)
    {
        var size = _sizes[a] + _sizes[b];
        (_next[a], _next[b]) = (_next[b], _next[a]);
        var joined = _sets.Join(a, b);
        _sizes[joined] = size;
        var other = joined == a ? b : a;
        if (_apart.Remove(other, out var apart))
        {
            foreach (var set in apart)
            {
                _ = _apart[set].Remove(other);
                KeepApart(set, joined);
                KeepApart(joined, set);
            }
        }
    }

    private void KeepApart(int set, int from)
    {
        if (!_apart.TryGetValue(set, out var apart))
        {
            _apart.Add(set, apart = []);
        }
        _ = apart.Add(from);
    }
}
