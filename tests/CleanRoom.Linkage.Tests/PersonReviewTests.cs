using CleanRoom.Records;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests;

/// <summary>Pairs that a person should look at, and pairs that nobody should be told of.</summary>
public sealed class PersonReviewTests
{
    /// <summary>What it is; name, birth, home and passport of either side; the strength (Possible: nobody is told).</summary>
    public static TheoryData<string, string, string, LinkStrength> Pairs => new()
    {
        { "short form, one day", "Elizabeth Boateng|1998-03-04|Tamale|", "Liz Boateng|1998-03-04|Tamale|", LinkStrength.Strong },
        { "short form, one year: perhaps a sister", "Katherine Boateng|1998|Tamale|", "Karen Boateng|1998|Tamale|", LinkStrength.Probable },
        { "no date on a side, same home", "Kwabena Boateng|1998-03-04|Tamale|", "Kwabena Boateng||Tamale|", LinkStrength.Probable },
        { "a digit of the date, same home", "Kwabena Boateng|1998-03-04|Tamale|", "Kwabena Boateng|1998-03-05|Tamale|", LinkStrength.Probable },
        { "no date, nothing but two names", "Kwabena Boateng|1998-03-04||", "Kwabena Boateng|||", LinkStrength.Possible },
        { "no date, another given name, same home", "Kwabena Boateng|1998-03-04|Tamale|", "Yaw Boateng||Tamale|", LinkStrength.Possible },
        { "no date, one of four names missing three", "Adjoa Serwaa Kwabena Boateng||Tamale|", "Boateng||Tamale|", LinkStrength.Possible },
        { "months apart, same home: perhaps a cousin", "Kwabena Boateng|1998-03-14|Tamale|", "Kwabena Boateng|1998-11-02|Tamale|", LinkStrength.Possible },
        { "another passport of one person", "Kwabena Boateng|1998-03-04|Tamale|G1234567", "Kwabena Boateng|1998-03-04|Tamale|G7654321", LinkStrength.Probable },
        { "another passport, another day", "Kwabena Boateng|1998-03-04|Tamale|G1234567", "Kwabena Boateng|1998-03-05|Tamale|G7654321", LinkStrength.Possible },
        { "one passport, dates years apart", "Kwabena Boateng|1998-03-04|Tamale|G1234567", "Kwabena Boateng|1979-03-02|Tamale|G1234567", LinkStrength.Probable },
        { "dates years apart, same home: father and son", "Kwabena Boateng|1998-03-04|Tamale|", "Kwabena Boateng|1971-05-12|Tamale|", LinkStrength.Possible },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void FindLinks_TwoVictims_AreToldAsWhatTheyAre(string what, string first, string second, LinkStrength expected)
    {
        var engine = new LinkageEngine();
        engine.Add(new RecordHandle(1), Victim(first));
        engine.Add(new RecordHandle(2), Victim(second));
        var strength = engine.FindLinks([new RecordHandle(1), new RecordHandle(2)], (_, _) => true, TestContext.Current.CancellationToken).Links
            .FirstOrDefault(l => l.Type == LinkType.SamePersonVictim)?.Strength ?? LinkStrength.Possible;
        Assert.True(expected == strength, $"{what}: {strength}");
    }

    private static CaseRecord Victim(string text)
    {
        var cells = text.Split('|');
        var person = new Person { PersonKey = "v1", Role = "Victim", Gender = "NonSpecifiedUnknown", Citizenship = { "GHA" }, Names = { new PersonName { Full = cells[0] } } };
        if (cells[1].Length > 0)
        {
            var year = cells[1].Length == 4;
            var day = DayNumbers.FromDate(DateOnly.ParseExact(year ? cells[1] + "-01-01" : cells[1], "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
            person.Birth = new PartialDate { EarliestDay = day, LatestDay = year ? day + 364 : day, Precision = year ? "Year" : "Day" };
        }
        if (cells[2].Length > 0)
        {
            person.HomeArea = new Place { Locality = cells[2] };
        }
        if (cells[3].Length > 0)
        {
            person.Identifiers.Add(new Identifier { Kind = "Document", DocumentType = "Passport", Issuer = "GHA", Raw = cells[3], HolderRole = "Victim", HolderPersonKey = "v1", Possible = true });
        }
        return new CaseRecord { Persons = { person } };
    }
}
