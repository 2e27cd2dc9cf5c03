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

    private static bool Denies(FieldKind kind, uint x, uint y) => kind switch
    {
        FieldKind.Given or FieldKind.Family => Digest.NamesDiffer(x, y),
        FieldKind.Text => Digest.TextsDiffer(x, y),
        FieldKind.Code => Digest.CodesDiffer(x, y),
        FieldKind.Date => Digest.DatesDiffer(x, y),
        _ => false,
    };
}
