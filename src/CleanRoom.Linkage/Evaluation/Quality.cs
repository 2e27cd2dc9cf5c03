using CleanRoom.Linkage.Models;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Evaluation;

/// <summary>Precision and recall of what was found; recall always against all true pairs, those that blocking missed included.</summary>
/// <param name="Found">Pairs found.</param>
/// <param name="True">Of them true.</param>
/// <param name="All">True pairs there are.</param>
public readonly record struct Quality(long Found, long True, long All)
{
    /// <summary>Share of what was found that is true, 0 to 1.</summary>
    public double Precision => Found == 0 ? 0 : (double)True / Found;

    /// <summary>Share of what is true that was found, 0 to 1.</summary>
    public double Recall => All == 0 ? 0 : (double)True / All;

    /// <summary>Their harmonic mean, 0 to 1.</summary>
    public double F1 => True == 0 ? 0 : 2 * Precision * Recall / (Precision + Recall);

    /// <summary>Quality of the pairs of at least a probability.</summary>
    public static Quality At(IReadOnlyList<LinkedPair> pairs, Truth truth, double probability)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(truth);
        var least = LinkModel.WeightOf(probability);
        long found = 0, right = 0;
        foreach (var pair in pairs)
        {
            if (pair.Weight >= least)
            {
                found++;
                right += truth.IsMatch(pair.First, pair.Second) ? 1 : 0;
            }
        }
        return new Quality(found, right, truth.Count);
    }

    /// <summary>The best F1 over all thresholds, and the probability at which it stands.</summary>
    public static (Quality Quality, double Probability) Best(IReadOnlyList<LinkedPair> pairs, Truth truth)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(truth);
        var weights = new float[pairs.Count];
        var matches = new bool[pairs.Count];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = -pairs[i].Weight;
            matches[i] = truth.IsMatch(pairs[i].First, pairs[i].Second);
        }
        Array.Sort(weights, matches);
        var best = new Quality(0, 0, truth.Count);
        var at = 1.0;
        long right = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            right += matches[i] ? 1 : 0;
            if (i + 1 == weights.Length || weights[i + 1] != weights[i])
            {
                var here = new Quality(i + 1, right, truth.Count);
                if (here.F1 > best.F1)
                {
                    best = here;
                    at = LinkModel.Probability(-weights[i]);
                }
            }
        }
        return (best, at);
    }

    /// <summary>Quality of all pairs within clusters.</summary>
    public static Quality OfClusters(LinkTable table, IReadOnlyList<int> clusters, Truth truth)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(clusters);
        ArgumentNullException.ThrowIfNull(truth);
        long found = 0, right = 0;
        foreach (var group in Enumerable.Range(0, clusters.Count).GroupBy(i => clusters[i]))
        {
            var members = group.ToArray();
            for (var i = 0; i < members.Length; i++)
            {
                for (var j = i + 1; j < members.Length; j++)
                {
                    if (table.MayPair(members[i], members[j]))
                    {
                        found++;
                        right += truth.IsMatch(members[i], members[j]) ? 1 : 0;
                    }
                }
            }
        }
        return new Quality(found, right, truth.Count);
    }
}
