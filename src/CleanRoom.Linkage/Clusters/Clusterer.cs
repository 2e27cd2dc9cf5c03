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
    private readonly int[] _starts;
    private readonly int[] _edges;
    private readonly int[] _next;
    private readonly int[] _sizes;
    private readonly float _unknown;

    // For each set the sets that must stay apart from it.
    private readonly Dictionary<int, HashSet<int>> _apart = [];

    private Clusterer(LinkTable table, IReadOnlyList<LinkedPair> pairs, LinkConfig config, IReadOnlyList<(int First, int Second)> cannotLink)
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
        _starts = new int[table.Count + 1];
        foreach (var pair in _pairs)
        {
            _starts[pair.First + 1]++;
            _starts[pair.Second + 1]++;
        }
        for (var i = 0; i < table.Count; i++)
        {
            _starts[i + 1] += _starts[i];
        }
        var fill = _starts.AsSpan(0, table.Count).ToArray();
        _edges = new int[2 * _pairs.Length];
        for (var e = 0; e < _pairs.Length; e++)
        {
            _edges[fill[_pairs[e].First]++] = e;
            _edges[fill[_pairs[e].Second]++] = e;
        }
    }

    /// <summary>Gives for each record the least record of its cluster.</summary>
    /// <param name="table">The records.</param>
    /// <param name="pairs">The pairs that were weighed.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="cannotLink">Pairs that are known to be two entities: they never stand in one cluster.</param>
    public static int[] Cluster(LinkTable table, IReadOnlyList<LinkedPair> pairs, LinkConfig config, IReadOnlyList<(int First, int Second)> cannotLink)
    {
        var clusterer = new Clusterer(table, pairs, config, cannotLink);
        clusterer.JoinAll((float)LinkModel.WeightOf(config.ClusterThreshold));
        var clusters = new int[table.Count];
        for (var i = 0; i < clusters.Length; i++)
        {
            clusters[i] = clusterer._sets.Find(i);
        }
        return clusters;
    }

    private void JoinAll(float least)
    {
        var order = Enumerable.Range(0, _pairs.Length).Where(e => _pairs[e].Weight >= least).ToArray();
        var keys = order.Select(e => -_pairs[e].Weight).ToArray();
        Array.Sort(keys, order);
        Settle(keys, order);
        var joined = true;
        for (var pass = 0; pass < Passes && joined; pass++)
        {
            joined = false;
            foreach (var e in order)
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

    // Equal weights stand by record, whatever the sort did with them.
    private static void Settle(float[] keys, int[] order)
    {
        for (var from = 0; from < order.Length;)
        {
            var end = from + 1;
            while (end < order.Length && keys[end] == keys[from])
            {
                end++;
            }
            Array.Sort(order, from, end - from);
            from = end;
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
