using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Cli.Output;
using CleanRoom.Linkage.Evaluation;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Cli.Commands;

/// <summary>Says what linking found, how good it is and what it cost.</summary>
internal static class LinkReport
{
    public static JsonObject Json(LinkJob job, TableLinkResult result, TimeSpan total)
    {
        var table = job.Table;
        var phases = new JsonObject { ["read"] = Round(job.ReadSeconds), ["normalise"] = Round(job.NormaliseSeconds) };
        var processor = new JsonObject { ["normalise"] = Round(job.NormaliseProcessorSeconds) };
        foreach (var phase in result.Phases)
        {
            phases[phase.Name] = Round(phase.Seconds);
            processor[phase.Name] = Round(phase.ProcessorSeconds);
        }
        using var process = Process.GetCurrentProcess();
        var scoring = result.Phases.First(p => p.Name == "scoring");
        return new JsonObject
        {
            ["config"] = job.Config.Name,
            ["records"] = table.Count,
            ["fields"] = new JsonObject(job.Used.GroupBy(u => u.Field).Select(g => KeyValuePair.Create(g.Key, (JsonNode?)new JsonArray([.. g.Select(u => (JsonNode)u.Column)])))),
            ["threads"] = job.Threads,
            ["candidates"] = result.Candidates,
            ["pairsKept"] = result.Pairs.Count,
            ["links"] = result.Pairs.Count(p => p.Probability >= job.Config.Threshold),
            ["threshold"] = job.Config.Threshold,
            ["clusters"] = result.Clusters.Where((c, i) => c == i).Count(),
            ["prior"] = result.Model.Prior,
            ["seconds"] = phases,
            ["secondsInAll"] = Round(total.TotalSeconds),
            ["processorSeconds"] = processor,
            ["cpuSeconds"] = Round(process.TotalProcessorTime.TotalSeconds),
            ["pairsPerSecond"] = (long)(result.Candidates / Math.Max(1e-9, scoring.Seconds)),
            ["pairsPerProcessorSecond"] = (long)(result.Candidates / Math.Max(1e-9, scoring.ProcessorSeconds)),
            ["peakMiB"] = process.PeakWorkingSet64 >> 20,
            ["blocking"] = new JsonArray([.. result.Families.Select(f => new JsonObject { ["key"] = f.Name, ["pairs"] = f.Pairs, ["cut"] = f.Cut })]),
        };
    }

    public static void AddQuality(JsonObject json, LinkJob job, TableLinkResult result, Truth truth, long reached, double[] thresholds)
    {
        json["truePairs"] = truth.Count;
        json["blockingRecall"] = Round(truth.Count == 0 ? 0 : (double)reached / truth.Count);
        json["quality"] = Quality(truth, result.Pairs, job.Config.Threshold);
        json["thresholds"] = new JsonArray([.. thresholds.Select(t => Of(Linkage.Evaluation.Quality.At(result.Pairs, truth, t), t))]);
        var calibration = Calibration.Of(result.Pairs, truth);
        json["calibrationError"] = Round(calibration.Error);
        json["calibration"] = new JsonArray([.. calibration.Bins.Select(b => new JsonObject
        {
            ["from"] = b.From,
            ["to"] = b.To,
            ["pairs"] = b.Pairs,
            ["promised"] = Round(b.Promised),
            ["true"] = Round(b.True),
        })]);
        json["clusterQuality"] = Of(Linkage.Evaluation.Quality.OfClusters(job.Table, result.Clusters, truth), job.Config.ClusterThreshold);
    }

    public static JsonObject Quality(Truth truth, IReadOnlyList<LinkedPair> pairs, double threshold)
    {
        var (best, at) = Linkage.Evaluation.Quality.Best(pairs, truth);
        return new JsonObject { ["default"] = Of(Linkage.Evaluation.Quality.At(pairs, truth, threshold), threshold), ["best"] = Of(best, at) };
    }

    public static string Sentence(JsonObject quality) => $"at the default threshold: {Words(quality["default"]!)}; best: {Words(quality["best"]!)}";

    public static void Print(Screen screen, JsonObject json, LinkJob job, TableLinkResult result)
    {
        var culture = CultureInfo.InvariantCulture;
        screen.Line($"{job.Table.Count} records, fields {string.Join(", ", job.Used.Select(u => u.Field).Distinct())}");
        screen.Line(string.Create(culture, $"  {result.Candidates} candidate pairs ({(double)result.Candidates / Math.Max(1, job.Table.Count):0.0} a record), {result.Pairs.Count} kept, {json["links"]} links at {job.Config.Threshold}, {json["clusters"]} clusters"));
        if (json["quality"] is JsonObject quality)
        {
            screen.Line($"  true pairs {json["truePairs"]}, recall of blocking {json["blockingRecall"]}");
            screen.Line($"  pairs {Sentence(quality)}");
            screen.Line($"  clusters: {Words(json["clusterQuality"]!)}");
            screen.Table(
                ["probability", "precision", "recall", "F1"],
                json["thresholds"]!.AsArray().Select(t => (IReadOnlyList<string>)[t!["probability"]!.ToString(), t["precision"]!.ToString(), t["recall"]!.ToString(), t["f1"]!.ToString()]));
            screen.Line($"  are probabilities what they say? mean distance {json["calibrationError"]}");
            screen.Table(
                ["probability", "pairs", "promised", "true"],
                json["calibration"]!.AsArray().Select(b => (IReadOnlyList<string>)[$"{b!["from"]} to {b["to"]}", b["pairs"]!.ToString(), b["promised"]!.ToString(), b["true"]!.ToString()]));
        }
        screen.Line($"  seconds: {string.Join(", ", json["seconds"]!.AsObject().Select(p => $"{p.Key} {p.Value}"))}; in all {json["secondsInAll"]}, processor {json["cpuSeconds"]}");
        screen.Line($"  {json["pairsPerSecond"]} pairs a second, peak {json["peakMiB"]} MiB");
    }

    private static JsonObject Of(Quality quality, double probability) => new()
    {
        ["probability"] = Math.Round(probability, 6),
        ["found"] = quality.Found,
        ["true"] = quality.True,
        ["precision"] = Round(quality.Precision),
        ["recall"] = Round(quality.Recall),
        ["f1"] = Round(quality.F1),
    };

    private static string Words(JsonNode quality) => $"P {quality["precision"]} R {quality["recall"]} F1 {quality["f1"]} (at {quality["probability"]})";

    private static double Round(double value) => Math.Round(value, 5);
}
