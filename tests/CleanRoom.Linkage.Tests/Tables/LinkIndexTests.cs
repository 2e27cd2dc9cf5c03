using System.Globalization;
using CleanRoom.Linkage.Tables;
using CleanRoom.Linkage.Tests.Rooms;

namespace CleanRoom.Linkage.Tests.Tables;

/// <summary>An index that changes gives what linking the whole table gives, whatever happened to it before.</summary>
public sealed class LinkIndexTests
{
    private static readonly LinkConfig Wide = LinkConfig.Shipped("febrl")! with { BlockCap = 1000, SingleCap = 1000 };

    // Blocks so small that many keys become stop values, and cease to be.
    private static readonly LinkConfig Narrow = Wide with { BlockCap = 3, SingleCap = 2 };

    private readonly List<Dictionary<string, string>> _rows = SharedData.Csv(SharedData.File("data/linkage/febrl/dataset1.csv"));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void LinksOf_AfterChangesInAnyOrder_AreThoseOfTheWholeTable(int seed)
    {
        var table = Table(Wide);
        var batch = TableLinker.Link(table, Wide, cancellationToken: TestContext.Current.CancellationToken);
        var expected = table.Ids.ToDictionary(id => id, _ => new List<string>(), StringComparer.Ordinal);
        foreach (var pair in batch.Pairs)
        {
            expected[table.Ids[pair.First]].Add(Line(table.Ids[pair.Second], pair.Weight, pair.Levels));
            expected[table.Ids[pair.Second]].Add(Line(table.Ids[pair.First], pair.Weight, pair.Levels));
        }
        var index = LinkIndex.Create(Table(Wide), Wide, batch.Model, cancellationToken: TestContext.Current.CancellationToken);
        Shake(index, new Dice(seed));
        Assert.Equal(_rows.Count, index.Count);
        Assert.NotEmpty(batch.Pairs);
        Assert.All(table.Ids, id => Assert.Equal(expected[id].Order(StringComparer.Ordinal), Lines(index, id)));
    }

    [Fact]
    public void LinksOf_WithStopValues_DependOnTheRecordsThatAreThereOnly()
    {
        var calm = LinkIndex.Create(Table(Narrow), Narrow, cancellationToken: TestContext.Current.CancellationToken);
        var shaken = LinkIndex.Create(Table(Narrow), Narrow, calm.Model, threads: 1, cancellationToken: TestContext.Current.CancellationToken);
        Shake(shaken, new Dice(3));
        var all = _rows.Select(r => r["rec_id"]).ToList();
        Assert.All(all, id => Assert.Equal(Lines(calm, id), Lines(shaken, id)));
        foreach (var id in all.Where((_, i) => i % 3 == 0))
        {
            Assert.True(calm.Withdraw(id));
        }
        foreach (var id in all.Where((_, i) => i % 3 == 0).Reverse())
        {
            Assert.True(shaken.Withdraw(id));
        }
        Assert.All(all, id => Assert.Equal(Lines(calm, id), Lines(shaken, id)));
        Assert.Contains(all, id => calm.LinksOf(id).Count > 0);
    }

    [Fact]
    public void Add_CopyOfARecord_IsLinkedAtOnceAndWithdrawnWithoutATrace()
    {
        var index = LinkIndex.Create(Table(Wide), Wide, cancellationToken: TestContext.Current.CancellationToken);
        var before = _rows.Select(r => Lines(index, r["rec_id"])).ToList();
        var links = index.Add("new", Values(index, _rows[5]));
        Assert.Equal(_rows[5]["rec_id"], links[0].Id);
        Assert.Contains(index.LinksOf(_rows[5]["rec_id"]), l => l.Id == "new" && l.Weight == links[0].Weight);
        _ = index.Update("new", [.. Values(index, _rows[6]).Select(v => v + "q")]);
        Assert.DoesNotContain(index.LinksOf(_rows[5]["rec_id"]), l => l.Id == "new");
        Assert.True(index.Withdraw("new"));
        Assert.False(index.Withdraw("new"));
        Assert.Empty(index.LinksOf("new"));
        Assert.Equal(before, _rows.Select(r => Lines(index, r["rec_id"])));
    }

    [Fact]
    public void Add_WrongCalls_AreRefusedAndChangeNothing()
    {
        var index = LinkIndex.Create(Table(Wide), Wide, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Throws<ArgumentException>(() => index.Add(_rows[0]["rec_id"], Values(index, _rows[0])));
        Assert.Throws<ArgumentException>(() => index.Add("new", ["one"]));
        Assert.Throws<ArgumentException>(() => index.Update(_rows[0]["rec_id"], ["one"]));
        Assert.Equal(_rows.Count, index.Count);
    }

    // Withdraws, changes and adds again at random, until every record is there as it was.
    private void Shake(LinkIndex index, Dice dice)
    {
        for (var k = 0; k < 3 * _rows.Count; k++)
        {
            var row = _rows[dice.Below(_rows.Count)];
            switch (dice.Below(3))
            {
                case 0:
                    _ = index.Withdraw(row["rec_id"]);
                    break;
                case 1:
                    _ = index.Update(row["rec_id"], Values(index, _rows[dice.Below(_rows.Count)]));
                    break;
                default:
                    _ = index.Update(row["rec_id"], [.. Values(index, row).Select(v => v.Length > 3 ? v[1..] : "")]);
                    break;
            }
        }
        foreach (var row in _rows.OrderBy(_ => dice.Below(1 << 20)).ToList())
        {
            _ = index.Update(row["rec_id"], Values(index, row));
        }
    }

    private static string[] Values(LinkIndex index, Dictionary<string, string> row) =>
        [.. index.Fields.Select(f => f.Columns.Select(c => row.GetValueOrDefault(c)).FirstOrDefault(v => v is not null) ?? "")];

    private static string[] Lines(LinkIndex index, string id) => [.. index.LinksOf(id).Select(l => Line(l.Id, l.Weight, l.Levels)).Order(StringComparer.Ordinal)];

    private static string Line(string id, float weight, ulong levels) => string.Create(CultureInfo.InvariantCulture, $"{id} {weight:R} {levels:x}");

    private LinkTable Table(LinkConfig config) => new TestTable(_rows, "rec_id").Build(config);
}
