namespace CleanRoom.Linkage.Models;

/// <summary>
/// Expectation–maximisation of the match probabilities and of the prior, with the chances fixed. Pairs that are not among the patterns
/// count as no matches.
/// </summary>
internal static class Expectation
{
    private const int MaxRounds = 60;
    private const double Enough = 1e-5;
    private const double Sure = 0.9;
    private const double Hopeless = 1e-9;

    // Somebody who links tables expects a match or two.
    private const double Expected = 1;

    /// <summary>How many pairs the assumed match probabilities stand for.</summary>
    private const double Assumed = 8;

    public static LinkModel Run(LinkModel model, Patterns patterns, double share, double allPairs)
    {
        var (vectors, terms, counts) = Likely(model, patterns.Sorted());
        var start = model;
        for (var round = 0; round < MaxRounds; round++)
        {
            var next = Step(model, start, vectors, terms, counts, share, allPairs);
            var moved = model.Fields.Zip(next.Fields, (a, b) => a.Match.Zip(b.Match, (x, y) => Math.Abs(x - y)).Max()).Max();
            model = next;
            if (moved < Enough)
            {
                break;
            }
        }
        return model;
    }

    // Most patterns are so far from a match that no round brings them near it.
    private static (ulong[] Vectors, double[] Terms, double[] Counts) Likely(LinkModel model, (ulong[] Vectors, double[] Terms, double[] Counts) patterns)
    {
        var probabilities = Responsibilities(model, patterns.Vectors, patterns.Terms);
        var likely = Enumerable.Range(0, probabilities.Length).Where(g => probabilities[g] > Hopeless).ToArray();
        return ([.. likely.Select(g => patterns.Vectors[g])], [.. likely.Select(g => patterns.Terms[g])], [.. likely.Select(g => patterns.Counts[g])]);
    }

    /// <summary>The probability of a match for each pattern.</summary>
    public static double[] Responsibilities(LinkModel model, ulong[] vectors, double[] terms)
    {
        var weights = Weights(model);
        var result = new double[vectors.Length];
        for (var g = 0; g < vectors.Length; g++)
        {
            var total = model.PriorWeight + terms[g];
            for (var f = 0; f < weights.Length; f++)
            {
                total += weights[f][(int)((vectors[g] >> (4 * f)) & 0xF)];
            }
            result[g] = LinkModel.Probability(total);
        }
        return result;
    }

    private static double[][] Weights(LinkModel model) =>
        [.. Enumerable.Range(0, model.Fields.Count).Select(f =>
            Enumerable.Range(0, 16).Select(l => l < model.Fields[f].Match.Count ? model.Weight(f, l) : 0).ToArray())];

    private static LinkModel Step(LinkModel model, LinkModel start, ulong[] vectors, double[] terms, double[] counts, double share, double allPairs)
    {
        var sums = new double[model.Fields.Count][];
        for (var f = 0; f < sums.Length; f++)
        {
            sums[f] = new double[16];
        }
        var matches = 0.0;
        var probabilities = Responsibilities(model, vectors, terms);
        for (var g = 0; g < vectors.Length; g++)
        {
            var r = probabilities[g] < Sure ? 0 : probabilities[g] * counts[g];
            matches += r;
            for (var f = 0; f < sums.Length; f++)
            {
                sums[f][(int)((vectors[g] >> (4 * f)) & 0xF)] += r;
            }
        }
        return model with
        {
            Prior = Math.Clamp(((matches / share) + Expected) / allPairs, 1e-12, 0.1),
            Fields = [.. model.Fields.Select((field, f) => field with { Match = Smoothed(sums[f], start.Fields[f].Match) })],
        };
    }

    public static double[] Smoothed(double[] sums, IReadOnlyList<double> assumed)
    {
        var total = Assumed;
        for (var l = 0; l < assumed.Count; l++)
        {
            total += sums[l];
        }
        return [.. assumed.Select((p, l) => (sums[l] + (Assumed * p)) / total)];
    }
}
