using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Linkage.Evaluation;
using CleanRoom.Linkage.Models;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Cli.Commands;

/// <summary>Links tables on this machine, to measure the engine and to train models. Offline; knows nothing of rooms.</summary>
internal static class LinkCommands
{
    private static readonly Argument<string[]> Inputs = new("FILE") { Description = "One table to find duplicates in, or two to link with each other.", Arity = new ArgumentArity(1, 2) };
    private static readonly Option<string> Config = new("--config") { Description = $"A configuration: a file, or {string.Join(", ", LinkConfig.ShippedNames)}. With \"pairs\" the pairs of --pairs are weighed by persons.", DefaultValueFactory = _ => "persons", HelpName = "NAME" };
    private static readonly Option<string?> Id = new("--id") { Description = "The id's column. Default: unique_id, rec_id or id.", HelpName = "COL" };
    private static readonly Option<string[]> Map = new("--map") { Description = "A column and its field; without a field the column is left out.", HelpName = "COL=FIELD", Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
    private static readonly Option<string?> Truth = new("--truth") { Description = "What is known: a table with id_l,id_r or id,cluster.", HelpName = "FILE" };
    private static readonly Option<string?> TruthColumn = new("--truth-column") { Description = "The same as a column of the tables; it is not compared.", HelpName = "COL" };
    private static readonly Option<string?> TruthRegex = new("--truth-regex") { Description = "The same as a part of the id: 'rec-(\\d+)'.", HelpName = "REGEX" };
    private static readonly Option<bool> Train = new("--train") { Description = "Train, with the truth if one is given, and write the model to --model." };
    private static readonly Option<string?> Model = new("--model") { Description = "A model to weigh by; with --train the file to write it to.", HelpName = "FILE" };
    private static readonly Option<string?> Pairs = new("--pairs") { Description = "Weigh the pairs id_l,id_r of this table and no others.", HelpName = "FILE" };
    private static readonly Option<string?> Out = new("--out") { Description = "Write the pairs: id_l,id_r,weight,probability.", HelpName = "FILE" };
    private static readonly Option<string?> Clusters = new("--clusters") { Description = "Write the clusters: id,cluster.", HelpName = "FILE" };
    private static readonly Option<double> Min = new("--min") { Description = "The least probability of pairs that are written.", DefaultValueFactory = _ => 0.001, HelpName = "P" };
    private static readonly Option<int> Threads = new("--threads") { Description = "Threads, 1 to 64. The result does not depend on it.", DefaultValueFactory = _ => Math.Clamp(Environment.ProcessorCount, 1, 64), HelpName = "N" };
    private static readonly Option<string[]> Pair = new("--pair") { Description = "Two ids whose pair is explained.", HelpName = "ID ID", Arity = new ArgumentArity(2, 2), AllowMultipleArgumentsPerToken = true, Required = true };
    private static readonly Option<bool> Values = new("--values") { Description = "Show the compared values beside the weights." };

    private static readonly string[] ValueHeads = ["first", "second"];
    private static readonly string[] NoValues = ["", ""];
    private static readonly double[] Thresholds = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999];

    public static Command Create()
    {
        var explain = new Command("explain", "Say why two records weigh what they weigh: prior, each field, term frequencies, total.") { Inputs, Pair, Config, Id, Map, Model, Values, Threads };
        explain.Handle(ExplainAsync);
        var link = new Command("link", "Link tables of persons on this machine, offline: for measuring and training.")
        {
            Inputs, Config, Id, Map, Truth, TruthColumn, TruthRegex, Train, Model, Pairs, Out, Clusters, Min, Threads,
        };
        link.Subcommands.Add(explain);
        link.Handle(LinkAsync);
        return link;
    }

    private static async Task<int> LinkAsync(Call call)
    {
        var min = call.Get(Min);
        if (min is not (> 0 and < 1))
        {
            throw new ClientException(ClientProblem.Usage, "--min must be above 0 and below 1.");
        }
        var clock = Stopwatch.StartNew();
        var job = await OpenAsync(call).ConfigureAwait(false);
        var (table, config) = (job.Table, job.Config);
        if (call.Get(Pairs) is { } pairsPath)
        {
            return await WeighAsync(call, job, pairsPath).ConfigureAwait(false);
        }
        if (config.Name == "pairs")
        {
            throw new ClientException(ClientProblem.Usage, "--config pairs weighs a list of pairs: name it with --pairs.");
        }
        var truth = await TruthAsync(call, job).ConfigureAwait(false);
        var train = call.Get(Train);
        var model = ReadModel(call, train);
        long reached = 0;
        var options = new TableLinkOptions
        {
            Threads = job.Threads,
            MinProbability = min,
            OnCandidate = truth is null ? null : (a, b) =>
            {
                if (truth.IsMatch(a, b))
                {
                    _ = Interlocked.Increment(ref reached);
                }
            },
        };
        var labels = train && truth is not null ? truth.Pairs(table).ToArray() : null;
        var result = Guard(() => TableLinker.Link(table, config, model, labels, options, call.Token));
        var total = clock.Elapsed;
        if (train && call.Get(Model) is { } modelPath)
        {
            await LinkFiles.WriteAsync(modelPath, [result.Model.ToJson()], call.Token).ConfigureAwait(false);
        }
        if (call.Get(Out) is { } outPath)
        {
            await LinkFiles.WriteAsync(outPath, LinkFiles.Pairs(table, result.Pairs), call.Token).ConfigureAwait(false);
        }
        if (call.Get(Clusters) is { } clustersPath)
        {
            await LinkFiles.WriteAsync(clustersPath, LinkFiles.Clusters(table, result.Clusters), call.Token).ConfigureAwait(false);
        }
        Report(call, job, result, truth, reached, total);
        return ExitCodes.Ok;
    }

    private static async Task<int> ExplainAsync(Call call)
    {
        var job = await OpenAsync(call).ConfigureAwait(false);
        var ids = call.Get(Pair);
        if (new RecordIndex(job.Table).Pair(ids[0], ids[1]) is not var (first, second))
        {
            throw new ClientException(ClientProblem.BadData, $"{ids[0]} and {ids[1]} are not both there: check the ids.");
        }
        var weigher = Guard(() => PairWeigher.Create(job.Table, job.Config, ReadModel(call, training: false), job.Threads, call.Token));
        var explanation = weigher.Explain(first, second);
        var values = call.Get(Values);
        call.Screen.Result(
            new JsonObject
            {
                ["first"] = ids[0],
                ["second"] = ids[1],
                ["prior"] = explanation.Prior,
                ["fields"] = new JsonArray([.. explanation.Parts.Select(p => new JsonObject
                {
                    ["field"] = p.Field,
                    ["level"] = p.Level,
                    ["weight"] = p.Weight,
                    ["termFrequency"] = p.TermWeight,
                    ["first"] = values ? p.First : null,
                    ["second"] = values ? p.Second : null,
                })]),
                ["total"] = explanation.Total,
                ["probability"] = explanation.Probability,
            },
            null,
            () =>
            {
                var bits = CultureInfo.InvariantCulture;
                call.Screen.Table(
                    ["field", "agreement", "bits", "of a rare or common value", .. values ? ValueHeads : []],
                    explanation.Parts.Select(p => (IReadOnlyList<string>)
                        [p.Field, p.Level, p.Weight.ToString("+0.00;-0.00;0", bits), p.TermWeight == 0 ? "" : p.TermWeight.ToString("+0.00;-0.00;0", bits), .. values ? new[] { p.First, p.Second } : []])
                        .Prepend(["before any field", "", explanation.Prior.ToString("+0.00;-0.00;0", bits), "", .. values ? NoValues : []]));
                call.Screen.Line(string.Create(bits, $"Total {explanation.Total:+0.00;-0.00;0} bits, probability {explanation.Probability:0.######}"));
            });
        return ExitCodes.Ok;
    }

    private static async Task<int> WeighAsync(Call call, LinkJob job, string path)
    {
        var (header, rows) = await LinkTables.RowsAsync(path, call.Token).ConfigureAwait(false);
        var pairs = LinkTruth.Pairs(header, rows, new RecordIndex(job.Table)).Select(p => (p.First, p.Second)).ToArray();
        if (pairs.Length == 0)
        {
            throw new ClientException(ClientProblem.BadData, $"{path} holds no pair whose two ids are in the tables: it needs the columns id_l and id_r.");
        }
        var weigher = Guard(() => PairWeigher.Create(job.Table, job.Config, ReadModel(call, call.Get(Train)), job.Threads, call.Token));
        var weighed = pairs.Select(p => weigher.Weigh(p.First, p.Second)).ToArray();
        if (call.Get(Out) is { } outPath)
        {
            await LinkFiles.WriteAsync(outPath, LinkFiles.Pairs(job.Table, weighed), call.Token).ConfigureAwait(false);
        }
        var truth = await TruthAsync(call, job).ConfigureAwait(false);
        var json = new JsonObject { ["pairs"] = weighed.Length, ["unknown"] = rows.Count - pairs.Length, ["links"] = weighed.Count(p => p.Probability >= job.Config.Threshold) };
        if (truth is not null)
        {
            var here = truth.Among(weighed);
            json["quality"] = LinkReport.Quality(here, weighed, job.Config.Threshold);
        }
        call.Screen.Result(json, null, () =>
        {
            call.Screen.Line($"{weighed.Length} pairs weighed, {rows.Count - pairs.Length} with an unknown id; {json["links"]} of at least {job.Config.Threshold.ToString(CultureInfo.InvariantCulture)}.");
            if (json["quality"] is JsonObject quality)
            {
                call.Screen.Line($"  {LinkReport.Sentence(quality)}");
            }
        });
        return ExitCodes.Ok;
    }

    private static async Task<LinkJob> OpenAsync(Call call)
    {
        var threads = call.Get(Threads);
        if (threads is < 1 or > 64)
        {
            throw new ClientException(ClientProblem.Usage, "--threads must be between 1 and 64.");
        }
        var config = ReadConfig(call.Get(Config));
        var map = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in call.Get(Map) ?? [])
        {
            var at = entry.LastIndexOf('=');
            var field = at > 0 ? entry[(at + 1)..].Trim() : "";
            if (at <= 0 || (field.Length > 0 && config.Fields.All(f => f.Name != field)))
            {
                throw new ClientException(ClientProblem.Usage, $"--map {entry}: write COLUMN=FIELD with a field out of {string.Join(", ", config.Fields.Select(f => f.Name))}.");
            }
            map[entry[..at].Trim()] = field;
        }
        var clock = Stopwatch.StartNew();
        var builder = new LinkTableBuilder(config, map);
        var tables = new LinkTables();
        var inputs = call.Get(Inputs);
        for (var i = 0; i < inputs.Length; i++)
        {
            await tables.ReadAsync(builder, inputs[i], call.Get(Id), call.Get(TruthColumn), i, call.Token).ConfigureAwait(false);
        }
        var read = clock.Elapsed.TotalSeconds;
        clock.Restart();
        var processor = Environment.CpuUsage.TotalTime;
        var table = Guard(() => builder.Build(threads));
        var normalise = (clock.Elapsed.TotalSeconds, (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        foreach (var column in builder.Unused.Where(c => c.Length > 0))
        {
            call.Screen.Note($"column {column}: not compared");
        }
        return new LinkJob(config, table, tables, builder.Used, threads, read, normalise.Item1, normalise.Item2);
    }

    private static LinkConfig ReadConfig(string name)
    {
        if (name == "pairs")
        {
            return LinkConfig.Shipped("persons")! with { Name = "pairs" };
        }
        return LinkConfig.Shipped(name) ?? Guard(() => LinkConfig.Parse(LinkFiles.Read(name, $"a configuration; shipped are {string.Join(", ", LinkConfig.ShippedNames)}")));
    }

    private static LinkModel? ReadModel(Call call, bool training) =>
        !training && call.Get(Model) is { } path ? Guard(() => LinkModel.Parse(LinkFiles.Read(path, "a model"))) : null;

    private static async Task<Truth?> TruthAsync(Call call, LinkJob job)
    {
        if (call.Get(TruthColumn) is not null)
        {
            return LinkTruth.OfColumn(job.Table, job.Tables);
        }
        if (call.Get(TruthRegex) is { } pattern)
        {
            return LinkTruth.OfPattern(job.Table, pattern);
        }
        return call.Get(Truth) is { } path ? await LinkTruth.OfFileAsync(job.Table, path, call.Token).ConfigureAwait(false) : null;
    }

    private static void Report(Call call, LinkJob job, TableLinkResult result, Truth? truth, long reached, TimeSpan total)
    {
        var json = LinkReport.Json(job, result, total);
        if (truth is not null)
        {
            LinkReport.AddQuality(json, job, result, truth, reached, Thresholds);
        }
        call.Screen.Result(json, null, () => LinkReport.Print(call.Screen, json, job, result));
    }

    private static T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (FormatException exception)
        {
            throw new ClientException(ClientProblem.BadData, exception.Message, exception);
        }
    }
}

/// <summary>What is linked, and how long it took to read.</summary>
internal sealed record LinkJob(
    LinkConfig Config, LinkTable Table, LinkTables Tables, IReadOnlyList<(string Column, string Field)> Used, int Threads, double ReadSeconds, double NormaliseSeconds, double NormaliseProcessorSeconds);
