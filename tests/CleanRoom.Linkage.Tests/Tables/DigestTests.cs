using System.Runtime.Intrinsics;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Models;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Tests.Tables;

public sealed class DigestTests
{
    [Theory]
    [InlineData("historical", "historical_25k.csv")]
    [InlineData("febrl", "dsgen/dataset_A_10000.csv")]
    public void Digests_ValuesOfRealTables_NeverDenyWhatTheComparisonFinds(string config, string file)
    {
        var rows = SharedData.Csv(SharedData.File($"data/linkage/{file}"));
        var table = new TestTable(rows, rows[0].Keys.Last()).Build(LinkConfig.Shipped(config)!);
        var dice = new Tests.Rooms.Dice(3);
        long denied = 0;
        for (var f = 0; f < table.Fields.Count; f++)
        {
            var (kind, comparer, values) = (table.Fields[f].Kind, table.Comparers[f], table.Values[f]);
            for (var n = 0; n < 300_000 && values.Count > 2; n++)
            {
                var (a, b) = (1 + dice.Below(values.Count - 1), 1 + dice.Below(values.Count - 1));
                // Neighbours in reading order are likelier to be alike than values picked at random.
                b = n % 2 == 0 ? b : Math.Min(values.Count - 1, a + 1);
                if (a != b && Denies(kind, comparer.Digest(a), comparer.Digest(b)))
                {
                    denied++;
                    Assert.True(comparer.Compare(a, b) == Levels.Different, $"{values.Text(a)} {values.Text(b)}");
                }
            }
        }
        Assert.True(denied > 100_000, $"{denied}");
    }

    // Weights that tell levels apart, some of them out of order, as training may leave them.
    [Theory]
    [InlineData("historical", "historical_25k.csv")]
    [InlineData("febrl", "dsgen/dataset_A_10000.csv")]
    [InlineData("fake1000", "fake_1000.csv")]
    public void Bounds_ValuesOfRealTables_AreNeverBelowTheLevelsWeight(string config, string file)
    {
        var rows = SharedData.Csv(SharedData.File($"data/linkage/{file}"));
        var table = new TestTable(rows, rows[0].Keys.Last()).Build(LinkConfig.Shipped(config)!);
        var dice = new Tests.Rooms.Dice(5);
        long told = 0;
        for (var f = 0; f < table.Fields.Count; f++)
        {
            var (kind, comparer, values) = (table.Fields[f].Kind, table.Comparers[f], table.Values[f]);
            float[] weights = [.. Levels.Of(kind).Names.Select((_, l) => l % 3 == 2 ? -l : 3f * l)];
            var bounds = new FieldBounds(kind, weights);
            for (var n = 0; n < 50_000 && values.Count > 2; n++)
            {
                var a = 1 + dice.Below(values.Count - 1);
                var others = Enumerable.Range(0, FieldBounds.Count).Select(k => k == 0 ? Math.Min(values.Count - 1, a + 1) : 1 + dice.Below(values.Count - 1)).ToArray();
                var most = bounds.Most(
                    comparer.Digest(a), comparer.Detail(a), Vector256.Create([.. others.Select(comparer.Digest)]), Vector256.Create([.. others.Select(comparer.Detail)]));
                for (var k = 0; k < others.Length; k++)
                {
                    if (others[k] != a)
                    {
                        Assert.True(weights[comparer.Compare(a, others[k])] <= most[k], $"{values.Text(a)} {values.Text(others[k])} {most[k]}");
                        told += most[k] == weights[Levels.Different] ? 1 : 0;
                    }
                }
            }
        }
        Assert.True(told > 50_000, $"{told}");
    }

    // Neighbours by a hash of the values are alike in some fields, so that many pairs lie near the floor; fields in each other's place are among them.
    [Theory]
    [InlineData("historical", "historical_25k.csv")]
    [InlineData("febrl", "dsgen/dataset_A_10000.csv")]
    [InlineData("fake1000", "fake_1000.csv")]
    public void Sieve_PairsOfRealTables_KeepsEveryOneThatReachesTheFloor(string config, string file)
    {
        var rows = SharedData.Csv(SharedData.File($"data/linkage/{file}"));
        var settings = LinkConfig.Shipped(config)!;
        var table = new TestTable(rows, rows[0].Keys.Last()).Build(settings);
        var model = TableLinker.Link(table, settings, cancellationToken: TestContext.Current.CancellationToken).Model;
        var scorer = new PairScorer(table, model, TermWeights.Count(table));
        var dice = new Tests.Rooms.Dice(7);
        long kept = 0, spared = 0, reached = 0;
        foreach (var floor in (ReadOnlySpan<float>)[-10, 0, 12])
        {
            var sieve = new PairSieve(table, scorer, floor);
            foreach (var field in Enumerable.Range(0, table.Fields.Count))
            {
                var order = Enumerable.Range(0, table.Count).OrderBy(i => table.Value(i, field)).ToArray();
                for (var n = 0; n < 400; n++)
                {
                    var at = dice.Below(table.Count);
                    int[] others = [.. order.Skip(at + 1).Take(1 + dice.Below(20)), .. Enumerable.Range(0, dice.Below(9)).Select(_ => dice.Below(table.Count))];
                    var expected = others.Where(j => scorer.TryScore(order[at], j, floor, out _, out _)).ToArray();
                    var left = others.AsSpan()[..sieve.Sieve(order[at], others)].ToArray();
                    Assert.Equal(expected, left.Where(j => scorer.TryScore(order[at], j, floor, out _, out _)));
                    (kept, spared, reached) = (kept + left.Length, spared + others.Length - left.Length, reached + expected.Length);
                }
            }
        }
        Assert.True(reached > 300 && spared > kept, $"{reached} reach it, {kept} kept, {spared} spared");
    }

    [Theory]
    [InlineData(5_000, 400)]
    [InlineData(60_000, 50_000)]
    [InlineData(60_000, 3)]
    public void SortShared_AnyKeys_LeavesEachKeyOfSeveralRecordsInOrder(int count, int different)
    {
        var dice = new Tests.Rooms.Dice(4);
        var list = new CleanRoom.Linkage.Blocking.KeyList();
        var plain = new List<(ulong Key, int Record)>();
        for (var i = 0; i < count; i++)
        {
            var key = Hash.Mix((ulong)dice.Below(different) + 1);
            list.Add(key, i);
            plain.Add((key >> 25, i));
        }
        list.SortShared();
        var shared = plain.GroupBy(p => p.Key).Where(g => g.Count() > 1).OrderBy(g => g.Key).Select(g => string.Join(' ', g.Select(p => p.Record).Order()));
        var runs = new List<string>();
        for (var from = 0; from < list.Count;)
        {
            var end = list.RunEnd(from);
            if (end - from > 1)
            {
                runs.Add(string.Join(' ', Enumerable.Range(from, end - from).Select(list.Record)));
            }
            from = end;
        }
        Assert.Equal(shared, runs);
    }

    [Fact]
    public void TextNumbers_AnyTexts_EachHasOneNumberInOrderOfArrival()
    {
        var dice = new Tests.Rooms.Dice(6);
        var (numbers, plain) = (new TextNumbers(), new Dictionary<string, int>(StringComparer.Ordinal) { [""] = 0 });
        for (var i = 0; i < 100_000; i++)
        {
            var text = dice.Below(100) == 0 ? "" : dice.Below(40_000).ToString(System.Globalization.CultureInfo.InvariantCulture);
            if (i == 50_000)
            {
                numbers.Expect(60_000);
            }
            _ = plain.TryAdd(text, plain.Count);
            Assert.Equal(plain[text], numbers.Number(text));
        }
        Assert.Equal(plain.Count, numbers.Count);
        Assert.All(plain, p => Assert.Equal(p.Key, numbers.Text(p.Value)));
    }

    private static bool Denies(FieldKind kind, uint x, uint y) => kind switch
    {
        FieldKind.Given or FieldKind.Family => Digest.NamesDiffer(x, y),
        FieldKind.Text => Digest.TextsDiffer(x, y),
        FieldKind.Code => Digest.CodesDiffer(x, y),
        FieldKind.Date => Digest.DatesDiffer(x, y),
        _ => false,
    };
}
