using System.Diagnostics;
using System.Globalization;
using CleanRoom.Records;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests;

public sealed class HistoricalPersonsTests(ITestOutputHelper output)
{
    [Fact]
    public void FindLinks_HistoricalPersons_ReachesTheFloor()
    {
        var rows = SharedData.Csv(SharedData.File("data/linkage/historical_25k.csv"));
        var engine = new LinkageEngine(new LinkageOptions { MinPersonWeight = 6 });
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            engine.Add(new RecordHandle(i), Person(row["full_name"], row["dob"], row["birth_place"], row["postcode_fake"], row["gender"]));
        }
        var indexed = clock.Elapsed;
        Measure("historical_25k", engine, rows.Count, i => rows[i]["cluster"], (_, _) => true, indexed, clock, 0.7);
    }

    [Fact]
    public void FindLinks_Febrl4_ReachesTheFloor()
    {
        var rows = SharedData.Csv(SharedData.File("data/linkage/febrl/dataset4a.csv")).Concat(SharedData.Csv(SharedData.File("data/linkage/febrl/dataset4b.csv"))).ToArray();
        var engine = new LinkageEngine(new LinkageOptions { MinPersonWeight = 6 });
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            engine.Add(new RecordHandle(i), Person(row["given_name"] + " " + row["surname"], row["date_of_birth"], row["suburb"], row["postcode"], ""));
        }
        Measure("febrl4", engine, rows.Length, i => rows[i]["rec_id"].Split('-')[1], (a, b) => (a.Value < 5000) != (b.Value < 5000), clock.Elapsed, clock, 0.75);
    }

    private void Measure(string name, LinkageEngine engine, int count, Func<int, string> cluster, MayCompare mayCompare, TimeSpan indexed, Stopwatch clock, double floor)
    {
        var result = engine.FindLinks([.. Enumerable.Range(0, count).Select(i => new RecordHandle(i))], mayCompare, TestContext.Current.CancellationToken);
        var found = clock.Elapsed;
        long truth = 0;
        foreach (var group in Enumerable.Range(0, count).GroupBy(cluster))
        {
            var members = group.Select(i => new RecordHandle(i)).ToArray();
            for (var i = 0; i < members.Length; i++)
            {
                for (var j = i + 1; j < members.Length; j++)
                {
                    truth += mayCompare(members[i], members[j]) ? 1 : 0;
                }
            }
        }
        var best = 0.0;
        foreach (var threshold in new double[] { 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30 })
        {
            long good = 0;
            long all = 0;
            foreach (var link in result.Links)
            {
                if (link.Type == LinkType.SamePersonVictim && link.Weight >= threshold)
                {
                    all++;
                    good += cluster((int)link.First.Record.Value) == cluster((int)link.Second.Record.Value) ? 1 : 0;
                }
            }
            var precision = all == 0 ? 0 : (double)good / all;
            var recall = (double)good / truth;
            var f1 = precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
            best = Math.Max(best, f1);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} weight >= {threshold}: P {precision:F4} R {recall:F4} F1 {f1:F4}"));
        }
        foreach (var strength in new[] { LinkStrength.Strong, LinkStrength.Probable, LinkStrength.Possible })
        {
            var links = result.Links.Where(l => l.Type == LinkType.SamePersonVictim && l.Strength == strength).ToArray();
            var good = links.Count(l => cluster((int)l.First.Record.Value) == cluster((int)l.Second.Record.Value));
            output.WriteLine($"{strength}: {links.Length} links, {good} true");
        }
        output.WriteLine($"{name}: {count} records, {result.PairsCompared} pairs, {result.BlocksCut} blocks cut, index {indexed.TotalSeconds:F1} s, search {(found - indexed).TotalSeconds:F1} s, peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
        Assert.True(best >= floor, $"best F1 {best:F3}");
    }

    private static CaseRecord Person(string name, string born, string place, string postcode, string gender)
    {
        var person = new Person { PersonKey = "v1", Role = "Victim", BirthPlace = place, Gender = gender switch { "male" => "Masculine", "female" => "Feminine", _ => "" } };
        person.Names.Add(new PersonName { Full = name });
        if (DateOnly.TryParseExact(born, ["yyyy-MM-dd", "yyyyMMdd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
        {
            var day = DayNumbers.FromDate(date);
            person.Birth = new PartialDate
            {
                EarliestDay = day,
                LatestDay = day,
                Precision = date is { Month: 1, Day: 1 } ? "DefaultFirstJanuary" : "Day",
            };
        }
        if (postcode.Length > 0)
        {
            // The postcode stands in for the home area's name.
            person.HomeArea = new Place { Locality = postcode.Replace(" ", "", StringComparison.Ordinal) };
        }
        return new CaseRecord { SchemaVersion = "ccr/1", Persons = { person } };
    }
}
