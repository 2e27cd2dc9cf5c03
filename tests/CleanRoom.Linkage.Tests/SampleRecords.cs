using System.Globalization;
using System.Text.RegularExpressions;
using CleanRoom.Records;
using CleanRoom.Records.Normalisation.Names;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests;

/// <summary>
/// Reads the three sample files into case records with no more normalisation than the engine's tests need: the importer has its own
/// tests. Knows columns, no values.
/// </summary>
internal static partial class SampleRecords
{
    public static SortedDictionary<string, CaseRecord> Read(Func<string, string> open, Func<string, string, string>? rename = null)
    {
        var change = rename ?? ((_, cell) => cell);
        var all = new SortedDictionary<string, CaseRecord>(StringComparer.Ordinal);
        foreach (var row in SharedData.Csv(open("contributor_a_htcds.csv")))
        {
            all[row["ext_CaseNumber"]] = FromA(row.ToDictionary(p => p.Key, p => change(p.Key, p.Value)));
        }
        foreach (var row in SharedData.Csv(open("contributor_b_ctdc.csv")))
        {
            all[row["local_id"]] = FromB(row.ToDictionary(p => p.Key, p => change(p.Key, p.Value)));
        }
        foreach (var row in SharedData.Csv(open("contributor_c_freeform.csv"), ';', 1))
        {
            if (int.TryParse(row["STT"], out var number))
            {
                all[$"MCD-{number:000}"] = FromC(row.ToDictionary(p => p.Key, p => change(p.Key, p.Value)));
            }
        }
        return all;
    }

    private static CaseRecord FromA(Dictionary<string, string> row)
    {
        string Get(string name) => row.GetValueOrDefault(name, "");
        var country = Country(Get("prs_Citizenship"));
        var victim = Victim(country, Get("prs_Gender"));
        Name(victim, Get("prs_FirstName") + " " + Get("prs_SecondName"), "");
        Name(victim, Get("ext_NameNative"), "");
        Name(victim, Get("ext_Alias"), "Alias");
        victim.Birth = Date(Get("prs_Birthdate"), 0);
        victim.HomeArea = new Place { Locality = Get("prs_MailingCity") };
        Identifier(victim, "Document", Get("ext_PassportNo"), country, "P");
        Identifier(victim, "Document", Get("prs_IdentityNumber"), country, "ID");
        Identifier(victim, "Phone", Get("prs_MobilePhone"), country, "");
        Identifier(victim, "Email", Get("prs_Email"), "", "");
        var record = new CaseRecord { Persons = { victim } };
        for (var i = 1; i <= 2; i++)
        {
            if (Get($"hte_{i}_Type").Length > 0)
            {
                record.Events.Add(new Event
                {
                    Type = Get($"hte_{i}_Type"),
                    When = Date(Get($"hte_{i}_Date").Split('/')[0], 0),
                    Place = new Place { Locality = Get($"hte_{i}_City"), Country = Country(Get($"hte_{i}_Country")) },
                });
            }
        }
        var site = Get("vic_LocationOfExploitation");
        if (site.Length > 0)
        {
            var at = record.Events.LastOrDefault()?.Place;
            record.Events.Add(new Event { Type = "Exploitation", Place = new Place { Raw = site, Country = at?.Country ?? "", Locality = at?.Locality ?? "" } });
        }
        Suspect(record, Get("per_1_Name"), Get("per_1_Alias"), Get("per_1_RoleInProcess"), Get("per_1_Phone"), Get("per_1_Handle"), Get("per_1_Account"), country);
        Organisation(record, Get("org_1_Name"), Get("org_1_Licence"), country, "RecruitmentAgency");
        Vessel(record, Get("ext_Vessel"));
        Vehicle(record, Get("ext_Vehicle"));
        return record;
    }

    private static CaseRecord FromB(Dictionary<string, string> row)
    {
        string Get(string name) => row.GetValueOrDefault(name, "");
        var country = Country(Get("citizenship"));
        var victim = Victim(country, Get("gender") == "Woman" ? "Feminine" : "Masculine");
        Name(victim, Get("local_given") + " " + Get("local_surname"), "");
        Name(victim, Get("local_aka"), "Alias");
        victim.Birth = Date(Get("local_dob"), 0);
        Identifier(victim, "Document", Get("local_document"), country, "P");
        Identifier(victim, "Phone", Get("local_phone"), country, "");
        var record = new CaseRecord { Persons = { victim } };
        record.Events.Add(new Event { Type = "Exploitation", When = Date(Get("local_contact_date"), 0), Place = new Place { Raw = Get("local_site"), Country = Country(Get("CountryOfExploitation")) } });
        Suspect(record, Get("local_trafficker"), Get("local_trafficker_aka"), Get("local_trafficker_role"), Get("local_trafficker_phone"), Get("local_trafficker_handle"), Get("local_trafficker_account"), country);
        Organisation(record, Get("local_agency"), Get("local_agency_licence"), country, "RecruitmentAgency");
        Vessel(record, Get("local_vessel"));
        Vehicle(record, Get("local_vehicle"));
        return record;
    }

    private static CaseRecord FromC(Dictionary<string, string> row)
    {
        var cells = row.Values.ToArray();
        var seen = Date(cells[8], 0);
        var year = seen is null ? 2022 : DayNumbers.ToDate(seen.EarliestDay).Year;
        var victim = Victim("", cells[4] is "F" or "nữ" or "ญ" ? "Feminine" : "Masculine");
        Name(victim, cells[1], "");
        Name(victim, cells[2], "Alias");
        victim.Birth = Date(cells[3], year);
        victim.HomeArea = new Place { Locality = cells[5] };
        var typed = cells[6].Any(char.IsAsciiLetter);
        Identifier(victim, "Document", cells[6], "", typed ? "P" : "");
        if (!cells[7].Contains("shelter", StringComparison.OrdinalIgnoreCase))
        {
            Identifier(victim, "Phone", cells[7], "", "");
        }
        var record = new CaseRecord { Persons = { victim } };
        record.Events.Add(new Event { Type = "Exploitation", When = seen, Place = new Place { Raw = cells[10] } });
        var contact = cells[12];
        var account = contact.Contains("wing", StringComparison.OrdinalIgnoreCase) || contact.Contains("0x", StringComparison.Ordinal);
        Suspect(record, cells[11], "", "", account ? "" : contact, "", account ? contact : "", "");
        Organisation(record, cells[14].Split('(')[0], cells[14].Contains('(', StringComparison.Ordinal) ? cells[14].Split('(')[1] : "", "", "RecruitmentAgency");
        if (cells[13].Contains("F.V.", StringComparison.Ordinal))
        {
            Vessel(record, cells[13]);
        }
        else
        {
            Vehicle(record, cells[13]);
        }
        return record;
    }

    private static Person Victim(string country, string gender)
    {
        var person = new Person { PersonKey = "v1", Role = "Victim", Gender = gender };
        if (country.Length > 0)
        {
            person.Citizenship.Add(country);
        }
        return person;
    }

    private static void Name(Person person, string text, string type)
    {
        if (text.Trim().Length > 0)
        {
            person.Names.Add(new PersonName { Full = text.Trim(), Type = type });
        }
    }

    private static void Suspect(CaseRecord record, string name, string alias, string role, string phone, string handle, string account, string country)
    {
        if ((name + alias + phone + handle + account).Trim().Length == 0)
        {
            return;
        }
        var person = new Person { PersonKey = "s1", Role = "Suspect" };
        Name(person, name, "");
        Name(person, alias, "Alias");
        if (role.Length > 0)
        {
            person.SuspectRoles.Add(role.Split(';'));
        }
        Identifier(person, "Phone", phone, country, "");
        Identifier(person, "Handle", handle, "", "");
        Identifier(person, "BankAccount", account, "", "");
        record.Persons.Add(person);
    }

    private static void Identifier(Person person, string kind, string raw, string country, string type)
    {
        var folded = Folding.Fold(raw);
        var value = kind switch
        {
            "Phone" => "phone:" + Tail(Digits(folded), 8),
            "Email" => folded.Trim(),
            "Handle" => "handle:" + folded.Replace("t.me/", "", StringComparison.Ordinal).Trim('@', ' '),
            "BankAccount" => "account:" + new string([.. folded.Where(char.IsAsciiLetterOrDigit)]).Replace("usdterc20", "", StringComparison.Ordinal),
            _ => "doc:" + new string([.. Regex.Replace(folded, @"\(.*\)|\b(vnm|bgd|eth|gha|hc|cmnd)\b|pink card", "").Where(char.IsAsciiLetterOrDigit)]),
        };
        if (value.Split(':')[^1].Length < 5)
        {
            return;
        }
        person.Identifiers.Add(new Identifier
        {
            Kind = kind,
            Raw = raw,
            Value = value,
            Country = country,
            Candidates = { value },
            HolderRole = person.Role == "Victim" ? "Victim" : "Suspect",
            HolderPersonKey = person.PersonKey,
            Possible = kind != "Document" || (type.Length > 0 && type != "ID"),
            Valid = true,
            DocumentType = type,
            DocumentAuthenticity = folded.Contains("false", StringComparison.Ordinal) ? "Counterfeit" : "",
        });
    }

    private static void Organisation(CaseRecord record, string name, string licence, string country, string role)
    {
        if (name.Trim().Length == 0)
        {
            return;
        }
        var organisation = new Organisation { OrganisationKey = "o1", Names = { name.Trim() }, Roles = { role } };
        var core = new string([.. Folding.Fold(licence).Where(char.IsAsciiLetterOrDigit)]);
        if (core.Length >= 5)
        {
            organisation.Identifiers.Add(new Identifier { Kind = "Licence", Raw = licence, Value = "org:" + core, Candidates = { "org:" + core }, HolderRole = "Organisation", Country = country, Possible = true });
        }
        record.Organisations.Add(organisation);
    }

    private static void Vessel(CaseRecord record, string cell)
    {
        if (cell.Length == 0)
        {
            return;
        }
        var imo = Regex.Match(cell, @"IMO ?(\d{7})").Groups[1].Value;
        var registration = Regex.Match(cell, @"[A-Z]{2}-?\d{2}-?\d{6}").Value;
        var name = Regex.Replace(cell, @"\(.*\)|,.*|IMO.*|\bex .*", "").Trim();
        var vessel = new Vessel { VesselKey = "b1", Raw = cell, Name = name, Imo = imo, Registration = registration };
        record.Vessels.Add(vessel);
    }

    private static void Vehicle(CaseRecord record, string cell)
    {
        if (cell.Length > 0)
        {
            record.Vehicles.Add(new Vehicle { VehicleKey = "c1", Raw = cell });
        }
    }

    private static PartialDate? Date(string raw, int ageYear)
    {
        var text = Folding.Fold(raw).Trim();
        var numbers = NumberPattern().Matches(text).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture)).ToArray();
        if (numbers.Length == 0)
        {
            return null;
        }
        var month = 0;
        string[] words = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        for (var i = 0; i < 12; i++)
        {
            month = text.Contains(words[i], StringComparison.Ordinal) ? i + 1 : month;
        }
        month = text.Contains("พ.ย", StringComparison.Ordinal) ? 11 : month;
        if (numbers is [var age, ..] && age < 100 && (numbers.Length == 1 || text.Contains('(', StringComparison.Ordinal)) && month == 0)
        {
            if (ageYear == 0)
            {
                return null;
            }
            var on = numbers.Length > 1 ? numbers[^1] > 2400 ? numbers[^1] - 543 : numbers[^1] : ageYear;
            return Span(new DateOnly(on - age - 1, 1, 2), new DateOnly(on - age, 12, 31), "AgeDerived", text.Contains('~', StringComparison.Ordinal));
        }
        var order = numbers[0] > 31 ? numbers : [.. numbers.Reverse()];
        var year = order[0] > 2400 ? order[0] - 543 : order[0];
        if (month > 0)
        {
            var day = numbers[0] > 31 ? numbers[1] : numbers[0];
            return Span(new DateOnly(year, month, day), new DateOnly(year, month, day), "Day", false);
        }
        return order.Length switch
        {
            1 => Span(new DateOnly(year, 1, 1), new DateOnly(year, 12, 31), "Year", text.Contains('?', StringComparison.Ordinal)),
            2 => Span(new DateOnly(year, order[1], 1), new DateOnly(year, order[1], 1).AddMonths(1).AddDays(-1), "Month", false),
            _ => Span(new DateOnly(year, order[1], order[2]), new DateOnly(year, order[1], order[2]), order[1] == 1 && order[2] == 1 ? "DefaultFirstJanuary" : "Day", false),
        };
    }

    private static PartialDate Span(DateOnly first, DateOnly last, string precision, bool approximate) =>
        new() { EarliestDay = DayNumbers.FromDate(first), LatestDay = DayNumbers.FromDate(last), Precision = precision, Approximate = approximate };

    private static string Digits(string text) => new([.. text.Where(char.IsAsciiDigit)]);

    private static string Tail(string digits, int length) => digits.Length <= length ? digits : digits[^length..];

    private static string Country(string alpha2) => alpha2.Length == 2 && alpha2 != "00" ? alpha2 : "";

    [GeneratedRegex(@"\d+")]
    private static partial Regex NumberPattern();
}
