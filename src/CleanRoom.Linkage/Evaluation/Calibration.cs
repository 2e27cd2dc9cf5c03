using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Evaluation;

/// <summary>Pairs of like probability: what was promised of them and what is true.</summary>
/// <param name="From">The least probability.</param>
/// <param name="To">The probability that is no longer reached.</param>
/// <param name="Pairs">How many pairs.</param>
/// <param name="Promised">Their mean probability, 0 to 1.</param>
/// <param name="True">The share of them that match, 0 to 1.</param>
public readonly record struct CalibrationBin(double From, double To, long Pairs, double Promised, double True);

/// <summary>Whether probabilities mean what they say, against a truth (reliability diagram; Niculescu-Mizil and Caruana 2005).</summary>
/// <param name="Bins">From the least probable to the surest; bins without pairs are left out.</param>
/// <param name="Error">The mean distance of promise and truth, by pairs (expected calibration error), 0 to 1.</param>
public sealed record Calibration(IReadOnlyList<CalibrationBin> Bins, double Error)
{
    private static readonly double[] Edges = [0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, double.PositiveInfinity];

    /// <summary>Measures pairs that were kept.</summary>
    public static Calibration Of(IReadOnlyList<LinkedPair> pairs, Truth truth)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentNullException.ThrowIfNull(truth);
        var sums = new (long Pairs, double Promised, long True)[Edges.Length - 1];
        foreach (var pair in pairs)
        {
            var probability = pair.Probability;
            var at = Array.FindLastIndex(Edges, e => e <= probability);
            sums[at] = (sums[at].Pairs + 1, sums[at].Promised + probability, sums[at].True + (truth.IsMatch(pair.First, pair.Second) ? 1 : 0));
        }
        var bins = Enumerable.Range(0, sums.Length).Where(b => sums[b].Pairs > 0)
            .Select(b => new CalibrationBin(Edges[b], Math.Min(1, Edges[b + 1]), sums[b].Pairs, sums[b].Promised / sums[b].Pairs, (double)sums[b].True / sums[b].Pairs)).ToArray();
        return new Calibration(bins, bins.Sum(b => Math.Abs(b.Promised - b.True) * b.Pairs) / Math.Max(1, pairs.Count));
    }
}
