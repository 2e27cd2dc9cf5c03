using System.Globalization;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>The victim of a row.</summary>
internal sealed partial class RowMapper
{
    private void MapVictim(List<string> regions, PartialDate? seen)
    {
        var person = new Person { PersonKey = "v1", Role = "Victim", AssertionBasis = "VictimStatement" };
        MapNames(person, regions);
        foreach (var (_, value) in Cells(ImportField.Gender).Take(1))
        {
            // Where men are "H", "M" is a woman.
            person.Gender = WomenAreM && Text.FoldWords(value) == "m" ? "Feminine" : CodeReader.One(profile, "gender", value) ?? (Placeholders.IsUnknown(value) ? "NonSpecifiedUnknown" : Code("gender", value, ImportField.Gender));
        }
        foreach (var (column, value) in Cells(ImportField.Citizenship))
        {
            foreach (var part in value.Split([';', '|', '/', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (Countries.Find(part) is { } country)
                {
                    Merge2(person.Citizenship, country);
                }
                else if (part != "00")
                {
                    Issue(column.Header, IssueSeverity.Warning, "unmapped-code", "The country is not known.", "Use an ISO country code or the country's name.");
                }
            }
        }
        var reference = seen ?? _record.Case?.OpenedOn;
        foreach (var (column, value) in Cells(ImportField.Birth))
        {
            // A date says more than an age, wherever its column stands.
            var read = ReadDate(value, regions, column, ages: true, reference);
            person.Birth = person.Birth is null || (person.Birth.Precision == "AgeDerived" && read is { Precision: not "AgeDerived" }) ? read : person.Birth;
            if (read?.Precision == "AgeDerived" && Text.Digits(value) is { Length: > 0 and <= 2 } age)
            {
                person.AgeAtIdentification = int.Parse(age, CultureInfo.InvariantCulture);
            }
        }
        person.AgeBand = First(ImportField.AgeBand) is { Length: > 0 } band ? Code("ageBand", band, ImportField.AgeBand) : "";
        foreach (var (_, value) in Cells(ImportField.AgeWhenTrafficked))
        {
            if (int.TryParse(Text.Digits(value), NumberStyles.None, CultureInfo.InvariantCulture, out var age) && age < 120)
            {
                person.AgeWhenTrafficked = age;
                person.MajorityAtExploitation = age < 18 ? "Minor" : "Adult";
            }
        }
        if (First(ImportField.MajorityAtExploitation) is { Length: > 0 } then && Code("majorityStatus", then, ImportField.MajorityAtExploitation) is { Length: > 0 } majority)
        {
            person.MajorityAtExploitation = majority;
        }
        foreach (var (_, value) in Cells(ImportField.MajorityAtEntry))
        {
            person.MajorityAtEntry = Code("majorityStatus", value, ImportField.MajorityAtEntry);
        }
        MapCounted(person);
        person.MajorityNow = MajorityNow(person);
        person.Occupation = First(ImportField.Occupation);
        foreach (var (_, value) in Cells(ImportField.BirthPlace))
        {
            person.BirthPlace = value;
            person.BirthCountry = CountriesOf(value).FirstOrDefault() ?? "";
        }
        MapHome(person);
        MapVictimIdentifiers(person, regions);
        _record.Persons.Add(person);
    }

    /// <summary>What is counted and never compared (DATA.md 1.2 D).</summary>
    private void MapCounted(Person person)
    {
        foreach (var (column, value) in Cells(ImportField.Deceased))
        {
            if (IsYes(value) || IsNo(value))
            {
                person.Deceased = IsYes(value);
            }
            else
            {
                Issue(column.Header, IssueSeverity.Warning, "unmapped-code", "The cell says neither yes nor no.", "Write TRUE, FALSE or nothing.");
            }
        }
        foreach (var (column, value) in Cells(ImportField.Children))
        {
            if (int.TryParse(Text.AsciiDigits(value), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= 50)
            {
                person.Children = count;
            }
            else
            {
                Issue(column.Header, IssueSeverity.Warning, "unmapped-code", "The cell is no number of children.", "Write a number from 0 to 50.");
            }
        }
        person.MaritalStatus = First(ImportField.MaritalStatus) is { Length: > 0 } marital ? Code("maritalStatus", marital, ImportField.MaritalStatus) : "";
        person.Education = First(ImportField.Education) is { Length: > 0 } education ? Code("education", education, ImportField.Education) : "";
        person.MigrationStatus = First(ImportField.MigrationStatus) is { Length: > 0 } migration ? Code("migrationStatus", migration, ImportField.MigrationStatus) : "";
        AddCodes(person.Languages, "language", ImportField.Language);
    }

    private static bool IsNo(string value) => Text.FoldWords(value) is "false" or "0" or "no" or "n" or "non" or "нет" or "لا" or "nein" or "nao";

    private void MapNames(Person person, List<string> regions)
    {
        var given = string.Join(' ', Cells(ImportField.Given).Select(c => c.Value));
        var middle = First(ImportField.Middle);
        var family = string.Join(' ', Cells(ImportField.Family).Select(c => c.Value));
        var full = string.Join(' ', new[] { given, middle, family }.Where(p => p.Length > 0));
        if (full.Length > 0 && !Placeholders.IsUnknownName(full))
        {
            person.Names.Add(new PersonName
            {
                Full = full,
                Given = given,
                Middle = middle,
                Patronymic = First(ImportField.Father),
                Matronymic = First(ImportField.Mother),
                Family = family,
                Type = "Legal",
                Order = family.Length > 0 ? "GivenFirst" : "",
                Script = Text.ScriptOf(full),
            });
        }
        foreach (var (column, value) in Cells(ImportField.FullName, ImportField.NativeName, ImportField.Alias))
        {
            foreach (var (name, isAlias) in NameCells.Split(value, out var hints))
            {
                if (!person.Names.Any(n => n.Full == name))
                {
                    person.Names.Add(new PersonName
                    {
                        Full = name,
                        Patronymic = isAlias || column.Field == ImportField.Alias ? "" : First(ImportField.Father),
                        Type = isAlias || column.Field == ImportField.Alias ? "Alias" : "Used",
                        Script = Text.ScriptOf(name),
                    });
                }
                foreach (var country in hints)
                {
                    Merge(regions, [country]);
                    Merge2(person.Citizenship, country);
                }
            }
        }
    }

    private string MajorityNow(Person person)
    {
        if (person.Birth is { } birth)
        {
            var eighteen = DayNumbers.FromDate(_today.AddYears(-18));
            return birth.LatestDay <= eighteen ? "Adult" : birth.EarliestDay > eighteen ? "Minor" : "Unknown";
        }
        // What the file says was true when the case was opened; an adult then is an adult now.
        var said = Cells(ImportField.MajorityNow).Select(c => CodeReader.One(profile, "majorityStatus", c.Value)).FirstOrDefault() ?? "";
        var opened = _record.Case?.OpenedOn;
        return said == "Minor" && opened is not null && DayNumbers.ToDate(opened.LatestDay).AddYears(18) <= _today ? "Adult" : said;
    }

    private void MapHome(Person person)
    {
        var home = new Place { Precision = "Locality" };
        var country = Cells(ImportField.HomeCountry).Select(c => Countries.Find(c.Value)).FirstOrDefault(c => c is not null);
        foreach (var (column, value) in Cells(ImportField.Origin, ImportField.HomeCity, ImportField.HomeAdmin))
        {
            if (IsProvinceCode(column, value))
            {
                home.Admin1 = home.Admin1.Length > 0 ? home.Admin1 : value;
                continue;
            }
            var place = Gazetteer.FindIn(value).FirstOrDefault();
            home.Locality = home.Locality.Length > 0 ? home.Locality : place?.Name ?? value;
            home.Admin1 = home.Admin1.Length > 0 ? home.Admin1 : place?.Admin1 ?? "";
            country ??= place?.Country ?? Countries.FindIn(value).FirstOrDefault();
        }
        home.Country = country ?? "";
        if (home.Locality.Length > 0 || home.Country.Length > 0)
        {
            person.HomeArea = home;
        }
    }

    private void MapVictimIdentifiers(Person person, List<string> regions)
    {
        foreach (var (column, value) in Cells(ImportField.Phone, ImportField.Email, ImportField.Handle, ImportField.Account, ImportField.Contact))
        {
            AddContacts(person, value, column, "Victim", regions);
        }
        foreach (var (column, value) in Cells(ImportField.Document, ImportField.Passport, ImportField.NationalId))
        {
            AddDocument(person, value, column, regions);
        }
        foreach (var (column, value) in Cells(ImportField.Note))
        {
            // A note is free text and stays; a cell that is one address and nothing else is an identifier in the wrong column.
            if (Emails.Find(value) is [var email] && email.Length == value.Length)
            {
                AddContacts(person, value, column, "Victim", regions);
            }
        }
    }
}
