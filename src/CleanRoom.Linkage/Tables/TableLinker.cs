using System.Collections.Concurrent;
using System.Diagnostics;
using CleanRoom.Linkage.Blocking;
using CleanRoom.Linkage.Clusters;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Linkage.Tables;

/// <summary>How a table is linked.</summary>
public sealed record TableLinkOptions
{
    /// <summary>Threads, 1 to 64. Defaults to 2. The result does not depend on it.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>The least probability of pairs that are kept. Above 0, below 1; defaults to 0.001.</summary>
    public double MinProbability { get; init; } = 0.001;

    /// <summary>Pairs that people know to be two entities: never kept as links and never in one cluster. Defaults to none.</summary>
    public IReadOnlyList<(int First, int Second)> CannotLink { get; init; } = [];

    /// <summary>Told of each candidate pair before it is weighed; for measuring the recall of blocking. Must be thread-safe.</summary>
    public Action<int, int>? OnCandidate { get; init; }
}

/// <summary>What linking a table found and what it cost.</summary>
/// <param name="Model">The model used.</param>
/// <param name="Pairs">Pairs of at least the least probability, by record.</param>
/// <param name="Clusters">For each record the least record of its cluster.</param>
/// <param name="Candidates">Pairs weighed.</param>
/// <param name="Families">Key families: name, pairs in their blocks, blocks over their cap.</param>
/// <param name="Phases">The phases in order.</param>
public sealed record TableLinkResult(
    LinkModel Model, IReadOnlyList<LinkedPair> Pairs, IReadOnlyList<int> Clusters, long Candidates,
    IReadOnlyList<(string Name, long Pairs, long Cut)> Families, IReadOnlyList<LinkPhase> Phases);

/// <summary>One phase of linking.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="ProcessorSeconds">What it took of the processors, all threads together.</param>
public sealed record LinkPhase(string Name, double Seconds, double ProcessorSeconds);

/// <summary>Links a table: blocks, trains if there is no model, weighs candidates, joins clusters. The result depends on table, configuration and model only.</summary>
public static class TableLinker
{
    private const int Chunk = 512;

    // Pairs that are weighed together.
    private const int Waiting = 32;

    /// <summary>Links.</summary>
    /// <param name="table">The records.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="model">The model, or null to train one.</param>
    /// <param name="labels">Pairs known to match to train with, or null to train without.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="FormatException">The model does not fit the table's fields.</exception>
    public static TableLinkResult Link(
        LinkTable table, LinkConfig config, LinkModel? model = null, IReadOnlyList<(int First, int Second)>? labels = null, TableLinkOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(config);
        options ??= new TableLinkOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Threads, 64, nameof(options));
        var phases = new List<LinkPhase>();
        var processor = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        void Phase(string name)
        {
            var now = Environment.CpuUsage.TotalTime;
            phases.Add(new LinkPhase(name, clock.Elapsed.TotalSeconds, (now - processor).TotalSeconds));
            processor = now;
            clock.Restart();
        }
        var terms = TermWeights.Count(table);
        var atoms = KeyAtoms.Of(table, options.Threads);
        var families = KeyPlan.Choose(table, config, atoms, options.Threads);
        Phase("keys");
        var blocks = BlockIndex.Build(table, families, atoms, options.Threads, cancellationToken);
        Phase("blocks");
        if (model is null)
        {
            var trainer = new Trainer(table, config.Name, terms, blocks, options.Threads);
            model = labels is null ? trainer.Train(cancellationToken) : trainer.TrainWithLabels(labels);
            Phase("training");
        }
        model.RequireFields(table.Fields);
        var scorer = new PairScorer(table, model, terms);
        var (pairs, candidates) = Score(table, blocks, scorer, options, cancellationToken);
        if (options.CannotLink.Count > 0)
        {
            var apart = options.CannotLink.Select(p => (Math.Min(p.First, p.Second), Math.Max(p.First, p.Second))).ToHashSet();
            pairs = [.. pairs.Where(p => !apart.Contains((p.First, p.Second)))];
        }
        Phase("scoring");
        var clusters = Clusterer.Cluster(table, pairs, config, options.CannotLink, options.Threads);
        Phase("clusters");
        return new TableLinkResult(model, pairs, clusters, candidates, blocks.Families, phases);
    }

    private static (LinkedPair[] Pairs, long Candidates) Score(LinkTable table, BlockIndex blocks, PairScorer scorer, TableLinkOptions options, CancellationToken cancellationToken)
    {
        var floor = (float)LinkModel.WeightOf(options.MinProbability);
        var sieve = new PairSieve(table, scorer, floor);
        var chunks = (table.Count + Chunk - 1) / Chunk;
        var parts = new LinkedPair[chunks][];
        var finders = new ConcurrentBag<(CandidateFinder Finder, List<(int, int)> Waiting, List<LinkedPair> Found)>();
        long candidates = 0;
        _ = Parallel.For(0, chunks, new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellationToken }, chunk =>
        {
            var (finder, waiting, found) = finders.TryTake(out var one) ? one : (new CandidateFinder(table, blocks), [], []);
            found.Clear();
            long count = 0;
            var end = Math.Min(table.Count, (chunk + 1) * Chunk);
            // While one record's candidates are bounded the memory is asked for the next one's, and for the values of pairs that will be weighed.
            var next = finder.After(chunk * Chunk);
            for (var i = chunk * Chunk; i < end; i++)
            {
                var others = next;
                if (i + 1 < end)
                {
                    next = finder.After(i + 1);
                    scorer.FetchWeights(i + 1);
                }
                count += others.Length;
                if (options.OnCandidate is { } told)
                {
                    foreach (var j in others)
                    {
                        told(i, j);
                    }
                }
                foreach (var j in others[..sieve.Sieve(i, others)])
                {
                    scorer.Fetch(i, j);
                    waiting.Add((i, j));
                }
                if (waiting.Count >= Waiting)
                {
                    Weigh();
                }
            }
            Weigh();
            void Weigh()
            {
                foreach (var (i, j) in waiting)
                {
                    if (scorer.TryScore(i, j, floor, out var weight, out var vector))
                    {
                        found.Add(new LinkedPair(i, j, weight, vector));
                    }
                }
                waiting.Clear();
            }
            _ = Interlocked.Add(ref candidates, count);
            parts[chunk] = [.. found];
            finders.Add((finder, waiting, found));
        });
        var all = new LinkedPair[parts.Sum(p => p.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.CopyTo(all, at);
            at += part.Length;
        }
        return (all, candidates);
    }
}
