using System.Diagnostics;
using System.Globalization;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Benchmarks;

/// <summary>Tables of made persons from few records to many, with one thread and with two.</summary>
internal static class Linking
{
    private const int News = 20_000;

    private static readonly string[] Columns = ["id", "given_name", "surname", "date_of_birth", "passport", "phone", "address_1", "postcode"];

    /// <summary>Whole runs, training included, without reading: cost against the number of records, and what a second thread gives.</summary>
    public static void Link(Report report, int records)
    {
        var config = LinkConfig.Shipped("persons")!;
        foreach (var count in new[] { records / 10, records })
        {
            var table = Table(config, Rows(count));
            TableLinkResult? last = null;
            var seconds = Report.SideBySide(
                2, () => last = TableLinker.Link(table, config, options: new TableLinkOptions { Threads = 1 }), () => last = TableLinker.Link(table, config, options: new TableLinkOptions { Threads = 2 }));
            var name = string.Create(CultureInfo.InvariantCulture, $"{count:#,0} records");
            var scoring = last!.Phases.First(p => p.Name == "scoring");
            report.Add("link", $"{name}, one thread", seconds[0], "s");
            report.Add("link", $"{name}, one thread, each record", seconds[0] * 1e6 / count, "us");
            report.Add("link", $"{name}, one thread/two", seconds[0] / seconds[1], "times");
            report.Add("link", $"{name}, candidates a record", (double)last.Candidates / count, "pairs");
            report.Add("link", $"{name}, candidates", last.Candidates / Math.Max(1e-9, scoring.ProcessorSeconds) / 1e6, "M/s/core");
        }
    }

    /// <summary>One record against many: microseconds to add it with its links, to ask for its links, to withdraw it.</summary>
    public static void Index(Report report, int records)
    {
        var config = LinkConfig.Shipped("persons")!;
        var rows = Rows(records + News);
        var clock = Stopwatch.StartNew();
        var index = LinkIndex.Create(Table(config, rows.AsSpan(0, records)), config);
        var name = string.Create(CultureInfo.InvariantCulture, $"{records:#,0} records");
        report.Add("index", $"{name}, training and beginning", clock.Elapsed.TotalSeconds, "s");
        var columns = index.Fields.Select(f => Array.FindIndex(Columns, c => f.Columns.Contains(c))).ToArray();
        var values = rows[records..].Select(r => columns.Select(c => r[c]).ToArray()).ToArray();
        var found = 0L;
        Each("add with links", i => found += index.Add($"new {i}", values[i]).Count);
        Each("links", i => found += index.LinksOf($"new {i}").Count);
        Each("withdraw", i => found += index.Withdraw($"new {i}") ? 1 : 0);
        report.Add("index", $"{name}, links a record", (found - News) / (2.0 * News), "links");

        void Each(string what, Action<int> one)
        {
            var times = new double[News];
            for (var i = 0; i < News; i++)
            {
                var from = Stopwatch.GetTimestamp();
                one(i);
                times[i] = Stopwatch.GetElapsedTime(from).TotalMicroseconds;
            }
            Array.Sort(times);
            report.Add("index", $"{name}, {what}, p50", times[News / 2], "us");
            report.Add("index", $"{name}, {what}, p99", times[News * 99 / 100], "us");
        }
    }

    private static LinkTable Table(LinkConfig config, ReadOnlySpan<string[]> rows)
    {
        var builder = new LinkTableBuilder(config);
        builder.Begin(Columns, 0);
        foreach (var row in rows)
        {
            builder.Add(row[0], row);
        }
        return builder.Build();
    }

    // Four records in ten repeat a person, with a slip in one field.
    private static string[][] Rows(int count)
    {
        var dice = new Random(11);
        var given = Enumerable.Range(0, 1500).Select(_ => Word(dice, 4 + dice.Next(5))).ToArray();
        var family = Enumerable.Range(0, 20_000).Select(_ => Word(dice, 5 + dice.Next(7))).ToArray();
        var street = Enumerable.Range(0, 5000).Select(_ => $"{Word(dice, 6 + dice.Next(6))} street").ToArray();
        var rows = new string[count][];
        string[] person = [];
        for (var i = 0; i < count; i++)
        {
            var id = i.ToString(CultureInfo.InvariantCulture);
            if (person.Length == 0 || dice.Next(10) >= 4)
            {
                person =
                [
                    id, Skewed(given), Skewed(family), string.Create(CultureInfo.InvariantCulture, $"{1930 + dice.Next(90)}-{1 + dice.Next(12):00}-{1 + dice.Next(28):00}"),
                    string.Create(CultureInfo.InvariantCulture, $"{dice.Next(10_000_000):0000000}"), string.Create(CultureInfo.InvariantCulture, $"+4420{dice.Next(100_000_000):00000000}"),
                    Skewed(street), string.Create(CultureInfo.InvariantCulture, $"{dice.Next(3000):0000}"),
                ];
                rows[i] = person;
                continue;
            }
            var copy = person.ToArray();
            copy[0] = id;
            var f = 1 + dice.Next(Columns.Length - 1);
            copy[f] = dice.Next(3) == 0 ? "" : Slip(dice, copy[f]);
            rows[i] = copy;
        }
        return rows;

        // Few names are borne by many.
        string Skewed(string[] of) => of[(int)(of.Length * Math.Pow(dice.NextDouble(), 2.5))];
    }

    internal static string Word(Random dice, int length) => string.Concat(Enumerable.Range(0, length).Select(i => (i % 2 == 0 ? "bcdfghjklmnprstvwz" : "aeiou")[dice.Next(i % 2 == 0 ? 18 : 5)]));

    internal static string Slip(Random dice, string text)
    {
        var at = dice.Next(text.Length - 1);
        return dice.Next(3) switch
        {
            0 => text.Remove(at, 1),
            1 => string.Concat(text.AsSpan(0, at), text.AsSpan(at + 1, 1), text.AsSpan(at, 1), text.AsSpan(at + 2)),
            _ => text.Insert(at, text.AsSpan(at, 1).ToString()),
        };
    }
}
