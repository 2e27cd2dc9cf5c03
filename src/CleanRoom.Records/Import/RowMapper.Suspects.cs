using System.Globalization;
using System.Text.RegularExpressions;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>Suspects and organisations of a row.</summary>
internal sealed partial class RowMapper
{
    private void MapSuspects(List<string> regions, PartialDate? seen)
    {
        var groups = Cells(ImportField.SuspectName, ImportField.SuspectGiven, ImportField.SuspectFamily, ImportField.SuspectAlias, ImportField.SuspectRole, ImportField.SuspectContact)
            .GroupBy(c => c.Column.Group, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var person = new Person
            {
                PersonKey = "s" + (_record.Persons.Count(p => p.Role == "Suspect") + 1).ToString(CultureInfo.InvariantCulture),
                Role = "Suspect",
                AssertionBasis = "VictimStatement",
                Confidence = "Medium",
            };
            var given = string.Join(' ', group.Where(c => c.Column.Field == ImportField.SuspectGiven).Select(c => c.Value));
            var family = string.Join(' ', group.Where(c => c.Column.Field == ImportField.SuspectFamily).Select(c => c.Value));
            if (given.Length + family.Length > 0 && !Placeholders.IsUnknownName($"{given} {family}"))
            {
                var full = $"{given} {family}".Trim();
                person.Names.Add(new PersonName { Full = full, Given = given, Family = family, Type = "Used", Script = Text.ScriptOf(full) });
            }
            foreach (var (column, value) in group)
            {
                switch (column.Field)
                {
                    // An "employer" is a person or a firm; the firm is mapped with the organisations.
                    case ImportField.SuspectName when Organisations.HasLegalForm(value):
                        break;
                    case ImportField.SuspectName or ImportField.SuspectAlias:
                        // "Name 081 234 5678": the number beside a name is his.
                        var named = value;
                        if (Phones.Split(value) is [var number] && Text.Digits(number).Length >= 8)
                        {
                            AddContacts(person, value, column, "Suspect", regions);
                            named = NumberTail().Replace(Text.AsciiDigits(value), " ");
                        }
                        foreach (var (name, isAlias) in NameCells.Split(named, out var hints))
                        {
                            var type = isAlias || column.Field == ImportField.SuspectAlias ? "Alias" : "Used";
                            if (!person.Names.Any(n => n.Full == name))
                            {
                                person.Names.Add(new PersonName { Full = name, Type = type, Script = Text.ScriptOf(name) });
                            }
                            foreach (var country in hints)
                            {
                                Merge2(person.Citizenship, country);
                            }
                        }
                        break;
                    case ImportField.SuspectRole:
                        person.SuspectRoles.Add(CodeReader.Many(profile, "suspectRole", value).Codes);
                        break;
                    case ImportField.SuspectContact:
                        AddContacts(person, value, column, "Suspect", regions);
                        break;
                    default:
                        break;
                }
            }
            if (person.Names.Count > 0 || person.Identifiers.Count > 0)
            {
                _record.Persons.Add(person);
            }
        }
        _ = seen;
    }

    private static bool LooksNamed(string value) =>
        Organisations.Read(value) is { Licence.Length: > 0, Name: var name } && name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(w => w.Count(char.IsLetter) >= 3) >= 2;

    [GeneratedRegex(@"[(+]*[0-9][0-9 ()./+\-]{6,}[0-9]\)?", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex NumberTail();

    private void MapOrganisations(List<string> regions)
    {
        var groups = Cells(ImportField.OrganisationName, ImportField.OrganisationLicence)
            .Concat(Cells(ImportField.SuspectName).Where(c => Organisations.HasLegalForm(c.Value)))
            .GroupBy(c => c.Column.Field == ImportField.SuspectName ? $"{c.Column.Group} employer" : c.Column.Group, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var organisation = new Organisation { OrganisationKey = "o" + (_record.Organisations.Count + 1).ToString(CultureInfo.InvariantCulture) };
            organisation.Roles.Add(group.Any(c => HeaderMatcher.Words(c.Column.Header).Contains("agen", StringComparison.Ordinal)) ? "RecruitmentAgency" : "Other");
            var numbers = new List<string>();
            foreach (var (column, value) in group)
            {
                // A column of licences may hold "Firm, licence number" all the same.
                if (column.Field == ImportField.OrganisationLicence && !LooksNamed(value))
                {
                    numbers.Add(value);
                    continue;
                }
                var (name, licence) = Organisations.Read(value);
                if (name.Length > 0)
                {
                    organisation.Names.Add(name);
                }
                if (licence.Length > 0)
                {
                    numbers.Add(licence);
                }
            }
            organisation.Country = Countries.FindNames(string.Join(' ', organisation.Names)).FirstOrDefault() ?? "";
            foreach (var number in numbers)
            {
                // A firm named after the country it sends people to is licensed at home.
                IReadOnlyList<string> countries = [.. regions.Prepend(organisation.Country).Where(c => c.Length > 0).Distinct().Take(8)];
                if (Organisations.NormaliseNumber("Licence", number, countries) is { } value)
                {
                    organisation.Identifiers.Add(NewIdentifier("Licence", number, "Organisation", "", value, countries));
                }
            }
            _record.Organisations.Add(organisation);
        }
    }
}
