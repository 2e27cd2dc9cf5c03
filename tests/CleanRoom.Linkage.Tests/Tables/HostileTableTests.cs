using System.Globalization;
using CleanRoom.Linkage.Tables;
using CleanRoom.Linkage.Tests.Rooms;

namespace CleanRoom.Linkage.Tests.Tables;

/// <summary>Tables made to cost much: the work stays within a bound for each record.</summary>
public sealed class HostileTableTests
{
    private const int Records = 20_000;
    private const int MostPerRecord = 400;

    [Fact]
    public void Link_EverybodySharesOnePhone_WeighsNoMorePairsThanTheBudget()
    {
        var dice = new Dice(1);
        var result = Link(["name", "birth_date", "phone"], _ => [Word(dice) + " " + Word(dice), Day(dice), "+442079460000"]);
        Assert.InRange(result.Candidates, 0, (long)Records * MostPerRecord);
    }

    [Theory]
    [InlineData(Records)]
    [InlineData(40_000)]
    public void Link_AllRecordsIdentical_WeighsSomeOfThemAndNoMoreThanTheBudget(int records)
    {
        var result = Link(["first_name", "surname", "dob", "email"], _ => ["Ann", "Other", "1980-02-03", "ann@other.example"], records);
        Assert.InRange(result.Candidates, records, (long)records * MostPerRecord);
    }

    [Fact]
    public void Link_LongNamesAndManyAliases_AreCutAndLinked()
    {
        var dice = new Dice(2);
        var aliases = string.Join(';', Enumerable.Range(0, 200).Select(_ => Word(dice) + " " + Word(dice)));
        var result = Link(["name", "birth_date"], i => [i % 2 == 0 ? aliases : new string('x', 10_000), Day(dice)], records: 500);
        Assert.InRange(result.Candidates, 0, 500L * 499 / 2);
    }

    [Fact]
    public void Link_OnlyEmptyFieldsButOne_LinksNothing()
    {
        var result = Link(["first_name", "surname", "dob"], i => i == 0 ? ["Ann", "Other", "1980-02-03"] : ["", "", ""]);
        Assert.Empty(result.Pairs);
    }

    private static TableLinkResult Link(string[] columns, Func<int, string[]> row, int records = Records)
    {
        var config = LinkConfig.Shipped("persons")!;
        var builder = new LinkTableBuilder(config);
        builder.Begin(["id", .. columns], 0);
        for (var i = 0; i < records; i++)
        {
            builder.Add(i.ToString(CultureInfo.InvariantCulture), [i.ToString(CultureInfo.InvariantCulture), .. row(i)]);
        }
        return TableLinker.Link(builder.Build(), config, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static string Word(Dice dice) => string.Concat(Enumerable.Range(0, 7).Select(_ => (char)('a' + dice.Below(26))));

    private static string Day(Dice dice) => string.Create(CultureInfo.InvariantCulture, $"{1950 + dice.Below(50)}-{1 + dice.Below(12):00}-{1 + dice.Below(28):00}");
}
