using CleanRoom.Charter.Tables;

namespace CleanRoom.Charter.Tests.Tables;

/// <summary>What a table shows, and what can be got from it by arithmetic (DATA.md §4.5, mode K; T6).</summary>
public sealed class SafeTablesTests
{
    private const long Prime = 2_147_483_647;

    private static readonly MemberId[] Owners = [.. new[] { "alpha", "bravo", "charlie", "delta", "echo" }.Select(MemberId.Parse)];
    private static readonly TableTerms Sectors = new(["country", "sector"], TablePeriod.Quarter, 11, 3, 70, 5);
    private static readonly TableTerms Corridors = Sectors with { By = ["country", "citizenship"] };
    private static readonly TableTerms Types = Sectors with { By = ["type"] };
    private static readonly Dictionary<string, string[]> Values = new(StringComparer.Ordinal)
    {
        ["country"] = ["KHM", "THA", "VNM"],
        ["sector"] = ["A", "B", "C", "D"],
        ["citizenship"] = ["LAO", "MMR", "PHL"],
        ["type"] = ["ForcedLabour", "Servitude"],
    };

    [Fact]
    public void Count_LargeGroups_AreShownRounded()
    {
        var rows = SafeTables.Count([.. People(12, "THA", "A"), .. People(18, "KHM", "B")], [Sectors])[0];
        Assert.Equal([("", 30), ("KHM", 20), ("KHM B", 20), ("THA", 10), ("THA A", 10)], Texts(rows));
    }

    [Fact]
    public void Count_OneSmallGroup_TakesTheSmallestOtherAlong()
    {
        var rows = SafeTables.Count([.. People(30, "THA", "A"), .. People(20, "THA", "B"), .. People(15, "THA", "C"), .. People(4, "THA", "D")], [Sectors])[0];
        Assert.Equal([("", 70), ("THA", 70), ("THA A", 30), ("THA B", 20)], Texts(rows));
    }

    [Fact]
    public void Count_SmallGroupsThatAreLargeTogether_TakeNothingAlong()
    {
        var rows = SafeTables.Count([.. People(30, "THA", "A"), .. People(6, "THA", "B"), .. People(6, "THA", "C")], [Sectors])[0];
        Assert.Equal([("", 40), ("THA", 40), ("THA A", 30)], Texts(rows));
    }

    [Theory]
    [InlineData("ten persons")]
    [InlineData("two contributors")]
    [InlineData("one holds nearly all")]
    public void Count_ATotalThatIsNotSafe_ShowsNothing(string what)
    {
        CountedPerson[] persons = what switch
        {
            "ten persons" => [.. People(10, "THA", "A")],
            "two contributors" => [.. People(40, "THA", "A").Select((person, i) => person with { Contributors = [Owners[i % 2]] })],
            _ => [.. People(40, "THA", "A").Select((person, i) => person with { Contributors = [Owners[i < 29 ? 0 : i % 5]] })],
        };
        Assert.Empty(SafeTables.Count(persons, [Sectors])[0]);
        Assert.Empty(SafeTables.Count([], [Sectors])[0]);
    }

    [Fact]
    public void Count_OneContributorHoldsNearlyAllOfAGroup_HidesIt()
    {
        CountedPerson[] persons = [.. People(40, "THA", "A"), .. People(20, "KHM", "B").Select((person, i) => person with { Contributors = [Owners[i < 15 ? 0 : i % 5]] }), .. People(20, "VNM", "A")];
        Assert.Equal([("", 80), ("THA", 40), ("THA A", 40)], Texts(SafeTables.Count(persons, [Sectors])[0]));
    }

    [Fact]
    public void Count_TwoTables_HideTheSameOfWhatTheyShare()
    {
        // Seen by sector alone, VNM could be shown; KHM could then be got from the other table's total.
        CountedPerson[] persons = [.. People(30, "THA", "A"), .. People(14, "VNM", "B"), .. People(5, "KHM", "C")];
        var tables = SafeTables.Count(persons, [Sectors, Corridors]);
        Assert.All(tables, rows => Assert.DoesNotContain(rows, row => row.Values.Contains("VNM") || row.Values.Contains("KHM")));
        Assert.All(tables, rows => Assert.Contains(rows, row => row.Values is ["THA"]));
    }

    /// <summary>The attack: everything that adding and subtracting shown numbers of all tables can give, and nothing in it is of too few.</summary>
    [Fact]
    public void Count_WhateverThePersons_NothingThatIsHiddenComesOutByArithmetic()
    {
        var random = new Random(20261122);
        var (hidden, alongside, attacked) = (0, 0, 0);
        for (var round = 0; round < 150; round++)
        {
            var persons = Crowd(random, 15 + random.Next(250));
            TableTerms[] tables = [Sectors, Corridors, Types];
            var shown = SafeTables.Count(persons, tables);
            var nodes = tables.SelectMany((table, i) => Nodes(table).Select(values => (Table: table, Values: values, Shown: shown[i].FirstOrDefault(row => row.Values.SequenceEqual(values))))).ToList();
            var space = new Span();
            foreach (var (table, values, row) in nodes)
            {
                var group = Of(persons, table, values);
                if (row is not null)
                {
                    Assert.True(Sectors.IsSafe(group), $"round {round}: {string.Join(' ', values)} is shown");
                    Assert.Equal(Sectors.Rounded(group.Count), row.Count);
                    space.Add(Vector(table, values));
                }
                else if (group.Count > 0)
                {
                    hidden++;
                    alongside += Sectors.IsSafe(group) ? 1 : 0;
                }
            }

            foreach (var family in nodes.Where(node => node.Shown is null && node.Values.Count > 0).GroupBy(node => (node.Table, Above: string.Join(' ', node.Values.SkipLast(1)))))
            {
                var siblings = family.ToList();
                for (var some = 1; some < 1 << siblings.Count; some++)
                {
                    var chosen = siblings.Where((_, i) => (some >> i & 1) == 1).ToList();
                    var group = chosen.SelectMany(node => Of(persons, node.Table, node.Values)).ToList();
                    if (group.Count > 0 && !Sectors.IsSafe(group))
                    {
                        attacked++;
                        Assert.False(space.Contains(Sum(chosen.Select(node => Vector(node.Table, node.Values)))), $"round {round}: {string.Join(" + ", chosen.Select(node => string.Join(' ', node.Values)))} comes out");
                    }
                }
            }
        }

        Assert.True(hidden > 500 && alongside > 50 && attacked > 500, $"{hidden} {alongside} {attacked}");
    }

    [Theory]
    [InlineData("2026-06-01", "quarter", "2026-01-01")]
    [InlineData("2026-06-30", "quarter", "2026-01-01")]
    [InlineData("2026-07-01", "quarter", "2026-04-01")]
    [InlineData("2026-12-31", "year", "2026-01-01")]
    [InlineData("2027-03-31", "year", "2026-01-01")]
    [InlineData("2027-04-01", "year", "2027-01-01")]
    public void CutAt_IsTheEndOfAPeriodThreeMonthsBack(string now, string period, string cut) => Assert.Equal(
        Time(cut), TableTerms.CutAt(period == "year" ? TablePeriod.Year : TablePeriod.Quarter, Time(now)));

    private static DateTimeOffset Time(string day) => DateTimeOffset.Parse(day + "T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);

    private static IEnumerable<CountedPerson> People(int count, string country, string sector) => Enumerable.Range(0, count).Select(i => new CountedPerson(
        new Dictionary<string, string> { ["country"] = country, ["sector"] = sector, ["citizenship"] = "MMR", ["type"] = "ForcedLabour" }, [Owners[i % 5]]));

    private static List<CountedPerson> Crowd(Random random, int count)
    {
        string Pick(string attribute) => Values[attribute][(int)(Values[attribute].Length * Math.Pow(random.NextDouble(), 2))];
        var own = random.Next(2, 6);
        return
        [
            .. Enumerable.Range(0, count).Select(_ => new CountedPerson(
                Values.Keys.ToDictionary(attribute => attribute, Pick), [.. Enumerable.Range(0, 1 + (random.Next(6) / 5)).Select(_ => Owners[(int)(own * Math.Pow(random.NextDouble(), 1.3))]).Distinct()])),
        ];
    }

    private static List<CountedPerson> Of(IEnumerable<CountedPerson> persons, TableTerms table, IReadOnlyList<string> values) =>
        [.. persons.Where(person => values.Select((value, i) => person.Values[table.By[i]] == value).All(same => same))];

    private static IEnumerable<IReadOnlyList<string>> Nodes(TableTerms table)
    {
        yield return [];
        foreach (var outer in Values[table.By[0]])
        {
            yield return [outer];
            foreach (var inner in table.By.Count > 1 ? Values[table.By[1]] : [])
            {
                yield return [outer, inner];
            }
        }
    }

    /// <summary>Which kinds of person a number counts: one place for each combination of all values, whether anybody is in it or not.</summary>
    private static long[] Vector(TableTerms table, IReadOnlyList<string> values) =>
    [
        .. from country in Values["country"]
           from sector in Values["sector"]
           from citizenship in Values["citizenship"]
           from type in Values["type"]
           let kind = new Dictionary<string, string> { ["country"] = country, ["sector"] = sector, ["citizenship"] = citizenship, ["type"] = type }
           select values.Select((value, i) => kind[table.By[i]] == value).All(same => same) ? 1L : 0L,
    ];

    private static long[] Sum(IEnumerable<long[]> vectors) => vectors.Aggregate((one, other) => [.. one.Zip(other, (a, b) => a + b)]);

    private static IEnumerable<(string, int)> Texts(IEnumerable<TableRow> rows) => rows.Select(row => (string.Join(' ', row.Values), row.Count));

    /// <summary>All that linear arithmetic gives, by elimination.</summary>
    private sealed class Span
    {
        private readonly List<(int Pivot, long[] Row)> _rows = [];

        public void Add(long[] vector)
        {
            var rest = Reduce(vector);
            var pivot = Array.FindIndex(rest, value => value != 0);
            if (pivot >= 0)
            {
                var inverse = Power(rest[pivot], Prime - 2);
                _rows.Add((pivot, [.. rest.Select(value => value * inverse % Prime)]));
            }
        }

        public bool Contains(long[] vector) => Reduce(vector).All(value => value == 0);

        private long[] Reduce(long[] vector)
        {
            long[] rest = [.. vector];
            foreach (var (pivot, row) in _rows)
            {
                var factor = rest[pivot];
                for (var i = 0; factor != 0 && i < rest.Length; i++)
                {
                    rest[i] = ((rest[i] - (factor * row[i] % Prime)) % Prime + Prime) % Prime;
                }
            }

            return rest;
        }

        private static long Power(long value, long exponent)
        {
            var result = 1L;
            for (var factor = value % Prime; exponent > 0; exponent >>= 1, factor = factor * factor % Prime)
            {
                result = (exponent & 1) == 1 ? result * factor % Prime : result;
            }

            return result;
        }
    }
}
