using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace CleanRoom.Benchmarks;

/// <summary>Collects figures; prints them as a table, or as JSON at the end.</summary>
internal sealed class Report(bool json)
{
    private readonly JsonObject _all = [];

    /// <summary>Adds a figure of a benchmark.</summary>
    public void Add(string benchmark, string figure, double value, string unit)
    {
        if (_all[benchmark] is not JsonObject figures)
        {
            _all[benchmark] = figures = [];
        }
        figures[figure] = new JsonObject { ["value"] = Math.Round(value, value < 10 ? 3 : 1), ["unit"] = unit };
        if (!json)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{benchmark,-12} {figure,-44} {(value < 10 ? $"{value,12:0.00}" : $"{value,12:#,0.#}")} {unit}"));
        }
    }

    /// <summary>Adds median and high percentiles of durations.</summary>
    public void Add(string benchmark, string what, IReadOnlyList<double> milliseconds, params ReadOnlySpan<int> high)
    {
        Add(benchmark, $"{what}, p50 of {milliseconds.Count}", Percentile(milliseconds, 50), "ms");
        foreach (var percent in high)
        {
            Add(benchmark, $"{what}, p{percent}", Percentile(milliseconds, percent), "ms");
        }
    }

    public void Finish(TimeSpan took)
    {
        if (json)
        {
            _all["seconds"] = Math.Round(took.TotalSeconds, 1);
            _all["processors"] = Environment.ProcessorCount;
            Console.WriteLine(_all.ToJsonString());
        }
        else
        {
            Console.WriteLine($"{took.TotalSeconds:0} s on {Environment.ProcessorCount} processors. Ratios were measured side by side in this run; absolute figures belong to this machine and its load.");
        }
    }

    public static double Percentile(IReadOnlyList<double> values, int percent) =>
        values.Order().ElementAt(Math.Clamp((int)Math.Ceiling(values.Count * percent / 100.0) - 1, 0, values.Count - 1));

    /// <summary>Runs alternatives by turns, so that a busy machine troubles all of them alike; gives the median seconds of each.</summary>
    public static double[] SideBySide(int rounds, params Action[] alternatives)
    {
        var times = alternatives.Select(_ => new List<double>()).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < alternatives.Length; i++)
            {
                var watch = Stopwatch.StartNew();
                alternatives[i]();
                if (round >= 0)
                {
                    times[i].Add(watch.Elapsed.TotalSeconds);
                }
            }
        }
        return [.. times.Select(time => Percentile(time, 50))];
    }
}
