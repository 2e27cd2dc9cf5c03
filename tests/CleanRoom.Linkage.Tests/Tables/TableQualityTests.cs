using CleanRoom.Linkage.Evaluation;
using CleanRoom.Linkage.Models;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Tests.Tables;

/// <summary>Floors well under what is measured (docs/linkage.md), so that only a real loss turns them red.</summary>
public sealed class TableQualityTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("febrl", "febrl/dataset1.csv", "rec_id", 0.997, 0.998)]
    [InlineData("febrl", "febrl/dataset3.csv", "rec_id", 0.997, 0.998)]
    [InlineData("persons", "febrl/dataset3.csv", "rec_id", 0.997, 0.998)]
    [InlineData("fake1000", "fake_1000.csv", "cluster", 0.93, 0.95)]
    [InlineData("persons", "fake_1000.csv", "cluster", 0.93, 0.95)]
    [InlineData("historical", "historical_25k.csv", "cluster", 0.9, 0.94)]
    public void Link_TruthSet_ReachesTheFloorsAtItsOwnThreshold(string config, string file, string truthColumn, double pairs, double clusters)
    {
        var tables = new TestTable(SharedData.Csv(SharedData.File($"data/linkage/{file}")), truthColumn);
        var settings = LinkConfig.Shipped(config)!;
        var table = tables.Build(settings);
        var truth = tables.Truth(table);
        var result = TableLinker.Link(table, settings, cancellationToken: TestContext.Current.CancellationToken);
        var quality = Quality.At(result.Pairs, truth, settings.Threshold);
        var joined = Quality.OfClusters(table, result.Clusters, truth);
        output.WriteLine($"{config} {file}: pairs F1 {quality.F1:F4}, clusters F1 {joined.F1:F4}, {result.Candidates} candidates");
        Assert.True(quality.F1 >= pairs, $"pairs F1 {quality.F1:F4}");
        Assert.True(joined.F1 >= clusters, $"clusters F1 {joined.F1:F4}");
    }

    [Fact]
    public void Link_TwoTables_PairsBetweenThemOnly()
    {
        var a = SharedData.Csv(SharedData.File("data/linkage/febrl/dataset4a.csv")).Take(1000).ToList();
        var wanted = a.Select(r => r["rec_id"].Split('-')[1]).ToHashSet();
        var b = SharedData.Csv(SharedData.File("data/linkage/febrl/dataset4b.csv")).Where(r => wanted.Contains(r["rec_id"].Split('-')[1])).ToList();
        var tables = new TestTable(a, "rec_id", b);
        var settings = LinkConfig.Shipped("febrl")!;
        var table = tables.Build(settings);
        var result = TableLinker.Link(table, settings, cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(result.Pairs, p => Assert.NotEqual(table.SourceOf(p.First), table.SourceOf(p.Second)));
        Assert.True(Quality.At(result.Pairs, tables.Truth(table), 0.5).F1 >= 0.99);
    }

    [Fact]
    public void Link_OrderAndThreads_ChangeNothing()
    {
        var rows = SharedData.Csv(SharedData.File("data/linkage/febrl/dataset2.csv"));
        var settings = LinkConfig.Shipped("febrl")!;
        var first = Links(new TestTable(rows, "rec_id"), settings, 1);
        Assert.Equal(first, Links(new TestTable(rows, "rec_id"), settings, 2));
        Assert.Equal(first, Links(new TestTable([.. Enumerable.Reverse(rows)], "rec_id"), settings, 3));
    }

    [Fact]
    public void Link_KeptModel_WeighsTheSame()
    {
        var rows = SharedData.Csv(SharedData.File("data/linkage/fake_1000.csv"));
        var settings = LinkConfig.Shipped("fake1000")!;
        var table = new TestTable(rows, "cluster").Build(settings);
        var trained = TableLinker.Link(table, settings, cancellationToken: TestContext.Current.CancellationToken);
        var kept = TableLinker.Link(table, settings, LinkModel.Parse(trained.Model.ToJson()), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(trained.Pairs, kept.Pairs);
    }

    [Fact]
    public void Explain_EveryLink_AddsUpToItsWeight()
    {
        var rows = SharedData.Csv(SharedData.File("data/linkage/fake_1000.csv"));
        var settings = LinkConfig.Shipped("fake1000")!;
        var table = new TestTable(rows, "cluster").Build(settings);
        var result = TableLinker.Link(table, settings, cancellationToken: TestContext.Current.CancellationToken);
        var weigher = PairWeigher.Create(table, settings, result.Model, cancellationToken: TestContext.Current.CancellationToken);
        Assert.NotEmpty(result.Pairs);
        foreach (var pair in result.Pairs)
        {
            var explanation = weigher.Explain(pair);
            Assert.InRange(explanation.Prior + explanation.Parts.Sum(p => p.Weight + p.TermWeight) - pair.Weight, -0.001, 0.001);
        }
    }

    private static string[] Links(TestTable tables, LinkConfig settings, int threads)
    {
        var table = tables.Build(settings);
        var result = TableLinker.Link(table, settings, options: new TableLinkOptions { Threads = threads }, cancellationToken: TestContext.Current.CancellationToken);
        return [.. result.Pairs.Select(p => $"{table.Ids[p.First]} {table.Ids[p.Second]} {p.Weight:R} {p.Levels:x} {table.Ids[result.Clusters[p.First]]}")];
    }
}
