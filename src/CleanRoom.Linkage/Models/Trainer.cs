using CleanRoom.Linkage.Blocking;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Models;

/// <summary>Learns a model from a table: chances from pairs at random, match probabilities from candidates, both without labels.</summary>
internal sealed class Trainer(LinkTable table, string config, TermWeights terms, BlockIndex blocks, int threads)
{
    private const int RandomPairs = 600_000;
    private const long CandidatePairs = 400_000;
    private const int Chunk = 1024;
    private const int AssumedPairs = 1000;
    private const int Rounds = 3;

    // How many random pairs ahead the memory is asked for rows; for values half as many.
    private const int Ahead = 4;

    public LinkModel Train(CancellationToken cancellationToken)
    {
        var allPairs = AllPairs();
        var model = LinkModel.Start(config, table.Fields, Math.Clamp(table.Count / 2.0 / allPairs, 1e-12, 0.1));
        model = WithExactChances(model);
        var random = RandomPatterns(model);
        model = WithChances(model, random, matchesKnown: false);
        var every = Math.Max(1, blocks.Families.Sum(f => f.Pairs) / CandidatePairs);
        var (sample, share) = Sample(model, every);
        for (var round = 0; round < Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            model = Expectation.Run(model, CandidatePatterns(model, sample), share, allPairs);
            var copies = 2 * model.Prior * allPairs / table.Count;
            model = model with { Fields = [.. model.Fields.Select(f => f with { OwnCopies = copies * f.Match[^1] })] };
            model = WithChances(WithExactChances(model), random, matchesKnown: true);
        }
        return Monotone(model);
    }

    /// <summary>Learns the match probabilities from pairs that are known to match.</summary>
    public LinkModel TrainWithLabels(IReadOnlyList<(int First, int Second)> matches)
    {
        var allPairs = AllPairs();
        var model = WithExactChances(LinkModel.Start(config, table.Fields, Math.Clamp(matches.Count / allPairs, 1e-12, 0.5)));
        var random = RandomPatterns(model);
        model = WithChances(model, random, matchesKnown: false);
        for (var round = 0; round < 2; round++)
        {
            var scorer = new PairScorer(table, model, terms);
            var patterns = new Patterns();
            foreach (var (first, second) in matches)
            {
                _ = scorer.TryScore(first, second, float.NegativeInfinity, out _, out var vector);
                patterns.Add(vector, 0);
            }
            var (vectors, _, counts) = patterns.Sorted();
            var sums = table.Fields.Select(_ => new double[16]).ToArray();
            for (var g = 0; g < vectors.Length; g++)
            {
                for (var f = 0; f < sums.Length; f++)
                {
                    sums[f][(int)((vectors[g] >> (4 * f)) & 0xF)] += counts[g];
                }
            }
            var copies = 2.0 * matches.Count / table.Count;
            var assumed = LinkModel.Start(config, table.Fields, model.Prior);
            model = model with { Fields = [.. model.Fields.Select((f, i) => f with { Match = Expectation.Smoothed(sums[i], assumed.Fields[i].Match), OwnCopies = copies * f.Match[^1] })] };
            model = WithChances(WithExactChances(model), random, matchesKnown: true);
        }
        return Monotone(model);
    }

    private double AllPairs()
    {
        if (!table.TwoSources)
        {
            return Math.Max(1, table.Count * (table.Count - 1.0) / 2);
        }
        var second = table.Sources.Count(s => s == 1);
        return Math.Max(1, (double)second * (table.Count - second));
    }

    private LinkModel WithExactChances(LinkModel model) => model with
    {
        Fields = [.. model.Fields.Select((field, f) =>
        {
            var chance = field.Chance.ToArray();
            var exact = Math.Clamp(terms.ChanceOfAgreement(f, field.OwnCopies), 1e-9, 0.99);
            var rest = chance.Take(chance.Length - 1).Sum();
            for (var l = 0; l < chance.Length - 1; l++)
            {
                chance[l] *= (1 - exact) / rest;
            }
            chance[^1] = exact;
            return field with { Chance = chance };
        })],
    };

    private Patterns RandomPatterns(LinkModel model)
    {
        var scorer = new PairScorer(table, model, terms);
        var parts = new Patterns[threads];
        var allPairs = AllPairs();
        var exhaustive = !table.TwoSources && allPairs <= RandomPairs;
        _ = Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, part =>
        {
            var mine = parts[part] = new Patterns();
            if (exhaustive)
            {
                for (var i = part; i < table.Count; i += threads)
                {
                    for (var j = i + 1; j < table.Count; j++)
                    {
                        _ = scorer.TryScore(i, j, float.NegativeInfinity, out _, out var vector);
                        mine.Add(vector, 0);
                    }
                }
                return;
            }
            for (long k = part; k < RandomPairs; k += threads)
            {
                var (later, more) = RandomPair(k + (2L * Ahead * threads));
                table.Rows.Fetch(later);
                table.Rows.Fetch(more);
                (later, more) = RandomPair(k + ((long)Ahead * threads));
                scorer.Fetch(later, more);
                var (i, j) = RandomPair(k);
                if (i != j && table.MayPair(i, j))
                {
                    _ = scorer.TryScore(i, j, float.NegativeInfinity, out _, out var vector);
                    mine.Add(vector, 0);
                }
            }
        });
        var all = new Patterns();
        foreach (var part in parts)
        {
            all.Add(part);
        }
        return all;
    }

    private (int First, int Second) RandomPair(long k)
    {
        var random = Hash.Mix((ulong)k + 0x5DEE_CE66_D1CE_4E5B);
        return ((int)((random & 0xFFFF_FFFF) * (ulong)table.Count >> 32), (int)((random >> 32) * (ulong)table.Count >> 32));
    }

    // Random pairs hold a few matches; once those are known they are left out.
    private static LinkModel WithChances(LinkModel model, Patterns random, bool matchesKnown)
    {
        var (vectors, terms, counts) = random.Sorted();
        var probabilities = matchesKnown ? Expectation.Responsibilities(model, vectors, terms) : new double[vectors.Length];
        return model with
        {
            Fields = [.. model.Fields.Select((field, f) =>
            {
                var sums = new double[16];
                for (var g = 0; g < vectors.Length; g++)
                {
                    sums[(int)((vectors[g] >> (4 * f)) & 0xF)] += counts[g] * (1 - probabilities[g]);
                }
                var chance = new double[field.Chance.Count];
                var exact = field.Chance[^1];
                var rest = 0.0;
                for (var l = 0; l < chance.Length - 1; l++)
                {
                    // Half a pair for levels that chance never showed, of a thousand that are assumed to have nothing in common.
                    chance[l] = sums[l] + (l == Levels.Different ? AssumedPairs : 0.5);
                    rest += chance[l];
                }
                for (var l = 0; l < chance.Length - 1; l++)
                {
                    chance[l] *= (1 - exact) / rest;
                }
                chance[^1] = exact;
                return field with { Chance = chance };
            })],
        };
    }

    // Candidates of some records with their levels; and the share of records taken. What a round learns changes what levels weigh, not what they are.
    private ((int First, int Second, ulong Levels)[][] Pairs, double Share) Sample(LinkModel model, long every)
    {
        var scorer = new PairScorer(table, model, terms);
        var chunks = (table.Count + Chunk - 1) / Chunk;
        var parts = new (int, int, ulong)[chunks][];
        var finders = new System.Collections.Concurrent.ConcurrentBag<(CandidateFinder Finder, List<(int, int, ulong)> Found)>();
        long taken = 0;
        _ = Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = threads }, chunk =>
        {
            var (finder, found) = finders.TryTake(out var one) ? one : (new CandidateFinder(table, blocks), []);
            found.Clear();
            var end = Math.Min(table.Count, (chunk + 1) * Chunk);
            for (var i = chunk * Chunk; i < end; i++)
            {
                if (Hash.Mix((ulong)i) % (ulong)every != 0)
                {
                    continue;
                }
                _ = Interlocked.Increment(ref taken);
                var others = finder.After(i);
                foreach (var j in others)
                {
                    scorer.Fetch(i, j);
                }
                foreach (var j in others)
                {
                    _ = scorer.TryScore(i, j, float.NegativeInfinity, out _, out var vector);
                    found.Add((i, j, vector));
                }
            }
            parts[chunk] = [.. found];
            finders.Add((finder, found));
        });
        return (parts, Math.Max(1, taken) / (double)Math.Max(1, table.Count));
    }

    private Patterns CandidatePatterns(LinkModel model, (int First, int Second, ulong Levels)[][] sample)
    {
        var scorer = new PairScorer(table, model, terms);
        var exact = table.Fields.Select((_, f) => (float)model.Weight(f, model.Fields[f].Match.Count - 1)).ToArray();
        var parts = new Patterns[threads];
        _ = Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, t =>
        {
            var mine = parts[t] = new Patterns();
            for (var chunk = t; chunk < sample.Length; chunk += threads)
            {
                foreach (var (first, second, levels) in sample[chunk])
                {
                    mine.Add(levels, Terms(scorer, first, second, exact));
                }
            }
        });
        var all = new Patterns();
        foreach (var part in parts)
        {
            all.Add(part);
        }
        return all;
    }

    private double Terms(PairScorer scorer, int i, int j, float[] exact)
    {
        var sum = 0.0;
        ReadOnlySpan<int> first = table.Row(i), second = table.Row(j);
        for (var f = 0; f < exact.Length; f++)
        {
            var value = first[f];
            sum += value != 0 && value == second[f] ? scorer.ExactWeight(f, value) - exact[f] : 0;
        }
        return sum;
    }

    /// <summary>Levels further up a ladder never weigh less: neighbours that do are given one weight, that of both together.</summary>
    private static LinkModel Monotone(LinkModel model) => model with
    {
        Fields = [.. model.Fields.Select(field =>
        {
            var match = field.Match.ToArray();
            var pools = new List<(double Match, double Chance, List<int> Levels)>();
            foreach (var level in Levels.Of(field.Kind).Ladder)
            {
                pools.Add((match[level], field.Chance[level], [level]));
                while (pools.Count > 1 && pools[^1].Match / pools[^1].Chance < pools[^2].Match / pools[^2].Chance)
                {
                    var (last, before) = (pools[^1], pools[^2]);
                    pools.RemoveRange(pools.Count - 2, 2);
                    pools.Add((last.Match + before.Match, last.Chance + before.Chance, [.. before.Levels, .. last.Levels]));
                }
            }
            foreach (var pool in pools)
            {
                foreach (var level in pool.Levels)
                {
                    match[level] = Math.Min(1, field.Chance[level] * pool.Match / pool.Chance);
                }
            }
            return field with { Match = match };
        })],
    };
}
