using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Tests.Tables;

public sealed class SmallTableTests
{
    private static readonly string[] Columns = ["id", "Vorname", "Nachname", "Geburtsdatum", "PLZ", "Wohnort", "Straße", "Hausnr"];

    [Fact]
    public void Link_ThreeGermanRecords_JoinsTheTwoSpellingsOfOnePerson()
    {
        var config = LinkConfig.Shipped("persons")!;
        var builder = new LinkTableBuilder(config);
        builder.Begin(Columns, 0);
        builder.Add("1", ["1", "Jürgen", "Müller", "03.05.1970", "80331", "München", "Hauptstraße", "5"]);
        builder.Add("2", ["2", "Juergen", "Mueller", "3.5.1970", "80331", "Muenchen", "Hauptstr.", "5"]);
        builder.Add("3", ["3", "Anna", "Schmidt", "12.12.1980", "10115", "Berlin", "Lindenweg", "7"]);
        var table = builder.Build();
        Assert.Empty(builder.Unused);
        var result = TableLinker.Link(table, config, cancellationToken: TestContext.Current.CancellationToken);
        var pair = Assert.Single(result.Pairs);
        Assert.Equal(["1", "2"], new[] { table.Ids[pair.First], table.Ids[pair.Second] }.Order(StringComparer.Ordinal));
        Assert.True(pair.Probability > 0.99);
    }

    [Fact]
    public void Parse_ConfigurationWithUnknownMember_IsRefusedWithTheRemedy()
    {
        var error = Assert.Throws<FormatException>(() => LinkConfig.Parse("""{"name":"x","fields":[],"treshold":1}"""));
        Assert.Contains("shipped", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Shipped_EveryConfiguration_ReadsBackAsWritten()
    {
        Assert.All(LinkConfig.ShippedNames, name =>
        {
            var json = LinkConfig.Shipped(name)!.ToJson();
            Assert.Equal(json, LinkConfig.Parse(json).ToJson());
        });
    }
}
