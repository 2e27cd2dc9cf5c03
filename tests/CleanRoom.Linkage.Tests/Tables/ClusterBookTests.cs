using CleanRoom.Linkage.Clusters;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Tests.Tables;

public sealed class ClusterBookTests
{
    private static readonly LinkConfig Config = LinkConfig.Shipped("febrl")!;

    private readonly List<Dictionary<string, string>> _rows = SharedData.Csv(SharedData.File("data/linkage/febrl/dataset3.csv")).Take(1500).ToList();

    [Fact]
    public void Take_SameRecordsInAnotherOrder_ChangesNoNumber()
    {
        var book = new ClusterBook();
        var (table, result) = Link(_rows);
        Assert.Empty(book.Take(table, result));
        var numbers = _rows.Select(r => book.ClusterOf(r["rec_id"])).ToList();
        var (again, same) = Link([.. Enumerable.Reverse(_rows)]);
        Assert.Empty(book.Take(again, same));
        Assert.Equal(numbers, _rows.Select(r => book.ClusterOf(r["rec_id"])));
        Assert.DoesNotContain(0, numbers);
    }

    [Fact]
    public void Take_PairThatMustStayApart_SplitsItsClusterAndSaysSoOnce()
    {
        var book = new ClusterBook();
        var (table, result) = Link(_rows);
        _ = book.Take(table, result);
        var pair = result.Pairs.First(p => result.Clusters[p.First] == result.Clusters[p.Second] && result.Clusters.Count(c => c == result.Clusters[p.First]) == 2);
        var (first, second) = (table.Ids[pair.First], table.Ids[pair.Second]);
        var number = book.ClusterOf(first);

        var apart = TableLinker.Link(table, Config, result.Model, options: new TableLinkOptions { CannotLink = [(pair.Second, pair.First)] }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.DoesNotContain(apart.Pairs, p => p.First == pair.First && p.Second == pair.Second);
        var split = Assert.Single(book.Take(table, apart));
        Assert.Equal((ClusterChangeKind.Split, number), (split.Kind, split.Cluster));
        Assert.NotEqual(book.ClusterOf(first), book.ClusterOf(second));
        Assert.Equal([Math.Max(book.ClusterOf(first), book.ClusterOf(second))], split.Others);

        var merge = Assert.Single(book.Take(table, result));
        Assert.Equal((ClusterChangeKind.Merged, number), (merge.Kind, merge.Cluster));
        Assert.Equal(split.Others, merge.Others);
        Assert.Equal(pair, Assert.Single(merge.Links));
        Assert.Equal(number, book.ClusterOf(second));
    }

    [Fact]
    public void Cluster_PairsThatMustStayApart_NeverMeetThroughOthers()
    {
        var (table, result) = Link(_rows);
        var large = result.Clusters.GroupBy(c => c).First(g => g.Count() >= 4).Key;
        var members = Enumerable.Range(0, table.Count).Where(i => result.Clusters[i] == large).ToList();
        var apart = TableLinker.Link(
            table, Config, result.Model, options: new TableLinkOptions { CannotLink = [(members[0], members[1]), (members[2], members[0])] }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotEqual(apart.Clusters[members[0]], apart.Clusters[members[1]]);
        Assert.NotEqual(apart.Clusters[members[0]], apart.Clusters[members[2]]);
        Assert.Equal(apart.Clusters[members[1]], apart.Clusters[members[2]]);
    }

    private static (LinkTable Table, TableLinkResult Result) Link(IReadOnlyList<Dictionary<string, string>> rows)
    {
        var table = new TestTable(rows, "rec_id").Build(Config);
        return (table, TableLinker.Link(table, Config, cancellationToken: TestContext.Current.CancellationToken));
    }
}
