using CleanRoom.Records;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>
/// Whose people a room finds less often: the same damage done to names of nineteen countries, by the room's own rules and numbers. Names are drawn evenly from the packs, so that what is measured is the way of
/// writing, not that many bear one name; that comes on top.
/// </summary>
public sealed class LanguageBiasTests(ITestOutputHelper output)
{
    private const int Persons = 900;
    private const int Shared = 300;

    private static readonly string[] Damages =
    [
        "in the same letters", "in Latin letters, another spelling", "words in another order", "one letter wrong", "the year of birth only", "day and month changed places", "one name only",
    ];

    [Fact]
    public void FindLinks_OneDamageInNineteenLanguages_IsAsSafeInAllAndMeasuredInEach()
    {
        var lines = new List<string>();
        foreach (var pack in LanguagePack.All)
        {
            var (told, strong, wrong, wrongStrong) = Measure(pack);
            lines.Add($"| {pack.CountryEnglish} ({pack.Name}) | {string.Join(" | ", Enumerable.Range(0, Damages.Length).Select(i => $"{Percent(told[i], told[Damages.Length + i])}"))} | {Percent(told[..Damages.Length].Sum(), Shared)} | {Percent(strong, Shared)} | {wrong} |");
            Assert.Equal(0, wrongStrong);

            // What was reached, less a tenth: who makes one language worse for the sake of another sees it here.
            Assert.True(told[..Damages.Length].Sum() * 100 >= Shared * 61, $"{pack.Name}: {told[..Damages.Length].Sum()} of {Shared}");
            Assert.True(wrong <= 20, $"{pack.Name}: {wrong} told and wrong");
        }

        output.WriteLine($"| country | {string.Join(" | ", Damages)} | all | Strong | told and wrong |");
        lines.ForEach(output.WriteLine);
    }

    private static (int[] Told, int Strong, int Wrong, int WrongStrong) Measure(LanguagePack pack)
    {
        var dice = new Dice(20261122 + pack.Name[0] + (256 * pack.Name[1]));
        var persons = Enumerable.Range(0, Persons).Select(_ => Draw(pack, dice)).ToList();
        var engine = new LinkageEngine();
        for (var i = 0; i < Persons - Shared; i++)
        {
            engine.Add(new RecordHandle(i), Record(pack, persons[i], persons[i].Native, damage: 0));
        }

        // The other contributor has half of them, damaged, and strangers.
        var told = new int[2 * Damages.Length];
        for (var i = 0; i < Shared; i++)
        {
            var damage = i % Damages.Length;
            told[Damages.Length + damage]++;
            engine.Add(new RecordHandle(Persons + i), Record(pack, persons[i], Damaged(pack, persons[i], damage, dice), damage));
        }

        for (var i = Persons - Shared; i < Persons; i++)
        {
            engine.Add(new RecordHandle(Persons + i), Record(pack, persons[i], persons[i].Native, damage: 0));
        }

        var asked = Enumerable.Range(Persons, Persons).Where(i => i < Persons + Shared || i >= (2 * Persons) - Shared).Select(i => new RecordHandle(i)).ToList();
        var links = engine.FindLinks(asked, (a, b) => a.Value < Persons != b.Value < Persons, TestContext.Current.CancellationToken).Links
            .Where(link => link.Type == LinkType.SamePersonVictim && link.Strength >= LinkStrength.Probable).ToList();
        var right = links.Where(link => link.First.Record.Value + Persons == link.Second.Record.Value).ToList();
        foreach (var link in right)
        {
            told[link.First.Record.Value % Damages.Length]++;
        }

        return (told, right.Count(link => link.Strength == LinkStrength.Strong), links.Count - right.Count, links.Except(right).Count(link => link.Strength == LinkStrength.Strong));
    }

    private static PlannedPerson Draw(LanguagePack pack, Dice dice)
    {
        var female = dice.Chance(50);
        var families = pack.Words("family", female);
        var given = dice.One(pack.Words(female ? "f" : "m", female));
        return new PlannedPerson(
            pack, female, given, families.Count == 0 ? null : dice.One(families), new DateOnly(1980, 1, 1).AddDays(dice.Below(9000)), given, given);
    }

    private static string Damaged(LanguagePack pack, PlannedPerson person, int damage, Dice dice)
    {
        var latin = person.Latin(dice.Below(2));
        switch (damage)
        {
            case 1:
                return person.Latin(1);
            case 2:
                var words = latin.Split(' ');
                return string.Join(' ', words.Skip(1).Append(words[0]));
            case 3:
                var at = 1 + dice.Below(latin.Length - 1);
                return latin[at] == ' ' ? latin.Insert(at, "e") : latin[..at] + (latin[at] == 'x' ? 'k' : 'x') + latin[(at + 1)..];
            case 6:
                return PlannedPerson.Pick(person.Given, 0);
            default:
                return pack.IsLatin ? latin : person.Native;
        }
    }

    private static CaseRecord Record(LanguagePack pack, PlannedPerson person, string name, int damage)
    {
        var born = damage == 5 && person.Born.Day <= 12 ? new DateOnly(person.Born.Year, person.Born.Day, person.Born.Month) : person.Born;
        var day = DayNumbers.FromDate(born);
        var year = DayNumbers.FromDate(new DateOnly(born.Year, 1, 1));
        var record = new CaseRecord
        {
            Persons =
            {
                new Person
                {
                    PersonKey = "v1",
                    Role = "Victim",
                    Gender = person.Female ? "Feminine" : "Masculine",
                    Citizenship = { pack.Country },
                    Names = { new PersonName { Full = name } },
                    Birth = damage == 4
                        ? new PartialDate { EarliestDay = year, LatestDay = DayNumbers.FromDate(new DateOnly(born.Year, 12, 31)), Precision = "Year" }
                        : new PartialDate { EarliestDay = day, LatestDay = day, Precision = "Day" },
                },
            },
        };
        return record;
    }

    private static string Percent(int part, int whole) => FormattableString.Invariant($"{100.0 * part / whole:0}");
}
