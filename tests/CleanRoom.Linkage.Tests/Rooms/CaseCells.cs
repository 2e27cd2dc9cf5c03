using System.Globalization;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>The cells of one case, as one contributor writes them.</summary>
internal sealed class CaseCells(Style style, Dice dice)
{
    private const string CyrillicPlate = "АВЕКМНОРСТУХІ";
    private const string GreekPlate = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";

    public Dictionary<string, string> Of(PlannedCase item)
    {
        var victim = item.Victim!;
        var cells = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ref"] = item.Ref,
            ["sex"] = style.Native ? style.Pack.One("sex", victim.Female ? 0 : 1) : style.Layout.StartsWith("htcds", StringComparison.Ordinal) ? victim.Female ? "Feminine" : "Masculine" : victim.Female ? "F" : "M",
            ["nationality"] = style.Native ? victim.Pack == style.Pack ? victim.Pack.CountryNative : victim.Pack.CountryEnglish : (dice.Below(3)) switch { 0 => Countries.Alpha2(victim.Pack.Country)!, 1 => victim.Pack.CountryEnglish, _ => victim.Pack.One("country", 3) },
            ["seen"] = Date(item.Seen),
            ["country"] = style.Destination.CountryEnglish,
            ["status"] = "PossibleVictimOfTrafficking",
            ["tick"] = "TRUE",
            ["means"] = "DebtBondage;FalsePromises",
            ["types"] = "ForcedLabour",
            ["note"] = style.Pack == victim.Pack && style.Native ? victim.Home.Native + "\n" + victim.Home.Native : "called twice, \"call again\"\nin May",
            ["email"] = item.Email,
            ["passport"] = item.Passport,
            ["consent"] = Consent(item),
        };
        Names(item, victim, cells);
        cells["birth"] = !item.ShowBirth ? "" : Birth(item, victim);
        cells["home"] = item.ShowHome ? Native(victim.Pack) ? victim.Home.Native : Latin(victim.Home, item.Variant) : "";
        cells["phone"] = item.Phone is { } phone ? Phone(phone, victim.Pack) : item.RawPhone;
        if (item.IdNumber.Length > 0)
        {
            item.IdShown = style.Fields.Contains("idno");
            cells["idno"] = item.IdNumber;
        }
        if (item.Email.Length > 0 && !style.Fields.Contains("email"))
        {
            cells["phone"] = item.Email;
        }
        Suspect(item, cells);
        Things(item, cells);
        return cells;
    }

    private bool Native(LanguagePack pack) => style.Native && style.Pack == pack;

    private static string Latin(Word word, int variant) => PlannedPerson.Pick(word, variant);

    private void Names(PlannedCase item, PlannedPerson victim, Dictionary<string, string> cells)
    {
        if (item.NameUnknown)
        {
            var word = style.Native ? dice.One(style.Pack.List("unknown")) : dice.One((string[])["unknown", "N/A", "Unknown Unknown", "not known", "no name", "anonymous"]);
            cells["full"] = cells["family"] = word;
            cells["given"] = dice.Chance(50) ? word : "";
            return;
        }
        if (Native(victim.Pack))
        {
            cells["full"] = victim.Native + (dice.Chance(25) ? $" ({victim.Latin(item.Variant)})" : "");
            cells["given"] = victim.Given.Native;
            cells["family"] = victim.Family?.Native ?? "";
        }
        else
        {
            var given = Latin(victim.Given, item.Variant);
            var family = victim.Family is null ? "" : Latin(victim.Family, item.Variant);
            if (item.Typo)
            {
                given = Typo(given);
            }
            if (style.Layout == "ctdc")
            {
                family = family.ToUpperInvariant();
            }
            cells["given"] = given;
            cells["family"] = family;
            var familyFirst = victim.Pack.FamilyFirst ^ dice.Chance(30);
            cells["full"] = family.Length == 0 ? given : familyFirst ? dice.Chance(50) ? $"{family}, {given}" : $"{family} {given}" : $"{given} {family}";
        }
        if (style.Fields.Contains("native") && dice.Chance(40))
        {
            cells["native"] = victim.Native;
        }
    }

    // One slip of the pen inside the word: a letter left out, or two swapped.
    private string Typo(string text)
    {
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var at = (blank > 4 ? blank : text.Length) / 2;
        return text.Length < 5 || blank is >= 0 and < 5 ? text : dice.Chance(50) ? text.Remove(at, 1) : text[..at] + text[at + 1] + text[at] + text[(at + 2)..];
    }

    private string Birth(PlannedCase item, PlannedPerson victim)
    {
        if (item.AgeOnly && style.Layout is "native" or "bilingual" or "list")
        {
            var age = item.Seen.Year - victim.Born.Year - (item.Seen.DayOfYear < victim.Born.DayOfYear ? 1 : 0);
            return style.Native ? Digits(style.Pack.One("age", 0).Replace("{n}", age.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)) : $"{age}";
        }
        return item.YearOnly || item.AgeOnly ? Digits((victim.Born.Year + (style.Native ? style.Pack.Era : 0)).ToString(CultureInfo.InvariantCulture)) : Date(victim.Born);
    }

    private string Date(DateOnly date)
    {
        var year = date.Year + (style.Native ? style.Pack.Era : 0);
        var months = style.Native && style.Pack.Has("months") ? style.Pack.List("months") : LanguagePack.All.First(p => p.Name == "en").List("months");
        return Digits(style.Dates switch
        {
            "iso" => $"{year:0000}-{date.Month:00}-{date.Day:00}",
            "dmy/" => $"{date.Day}/{date.Month}/{year}",
            "dmy." => $"{date.Day:00}.{date.Month:00}.{year}",
            "dmy-" => $"{date.Day:00}-{date.Month:00}-{year}",
            _ => style.Native && style.Pack.Name is "zh" or "ko" ? $"{year}{(style.Pack.Name == "zh" ? "年" : "년 ")}{months[date.Month - 1]}{(style.Pack.Name == "zh" ? "" : " ")}{date.Day}{(style.Pack.Name == "zh" ? "日" : "일")}" : $"{date.Day} {months[date.Month - 1]} {year}",
        });
    }

    private string Digits(string text) => style.NativeDigits ? string.Concat(text.Select(c => char.IsAsciiDigit(c) ? (char)(style.Pack.ZeroDigit + (c - '0')) : c)) : text;

    /// <summary>National only where the row itself says the country.</summary>
    private string Phone(PlannedPhone phone, LanguagePack? shown)
    {
        var groups = phone.National;
        var bare = Text.Digits(groups);
        var national = shown == phone.Pack && (style.Fields.Contains("nationality") || style.Layout == "ctdc");
        return Digits(style.Phones switch
        {
            0 => $"+{phone.Pack.CallingCode}{bare}",
            1 => $"+{phone.Pack.CallingCode} {groups}",
            2 when national => phone.Pack.Trunk + groups,
            2 => $"00{phone.Pack.CallingCode} {groups}",
            3 when national => phone.Pack.Trunk + bare,
            3 => $"+{phone.Pack.CallingCode}-{groups.Replace(' ', '-')}",
            _ => $"(+{phone.Pack.CallingCode}) {groups}",
        });
    }

    private void Suspect(PlannedCase item, Dictionary<string, string> cells)
    {
        if (item.Suspect is not { } suspect)
        {
            return;
        }
        var person = suspect.Person;
        cells["suspect"] = !item.ShowSuspectName ? "" : Native(person.Pack) ? person.Native : person.Latin(item.Variant);
        cells["role"] = "RecruiterOrIntermediary";
        var contacts = new List<string>();
        void Show(string field, string value)
        {
            if (style.Fields.Contains(field))
            {
                cells[field] = value;
            }
            else
            {
                contacts.Add(value);
            }
        }
        if (item.ShowSuspectPhone)
        {
            Show("suspectphone", Phone(suspect.Phone, null));
        }
        if (item.ShowSuspectHandle)
        {
            Show("suspecthandle", dice.Below(3) switch
            {
                0 => $"https://{(suspect.Platform == "Telegram" ? "t.me" : suspect.Platform.ToLowerInvariant() + ".com")}/{suspect.Handle}",
                1 => $"{suspect.Platform}: {suspect.Handle}",
                _ => $"{suspect.Platform} @{suspect.Handle.ToUpperInvariant()}",
            });
        }
        if (item.ShowSuspectAccount)
        {
            var account = suspect.Account;
            Show("suspectaccount", account.StartsWith("0x", StringComparison.Ordinal) ? item.Variant % 2 == 0 ? account : account.ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal)
                : item.Variant % 2 == 0 ? string.Join(' ', account.Chunk(4).Select(c => new string(c))) : account.ToLowerInvariant());
        }
        if (contacts.Count > 0)
        {
            cells["suspectphone"] = string.Join("; ", contacts.Prepend(cells.GetValueOrDefault("suspectphone", "")).Where(c => c.Length > 0));
        }
    }

    private void Things(PlannedCase item, Dictionary<string, string> cells)
    {
        if (item.Site is { } site)
        {
            var native = Native(site.Pack);
            string Write(Word word) => native ? word.Native : Latin(word, item.Variant);
            cells["where"] = (native ? site.Template.Native : site.Template.Latin)
                .Replace("{w}", Write(site.Name), StringComparison.Ordinal).Replace("{s}", Write(site.Street), StringComparison.Ordinal)
                .Replace("{n}", Digits(site.Number.ToString(CultureInfo.InvariantCulture)), StringComparison.Ordinal).Replace("{t}", Write(site.Town), StringComparison.Ordinal);
        }
        else if (item.Town is { } town)
        {
            cells["where"] = Native(style.Destination) ? town.Native : Latin(town, 0);
        }
        if (item.Company is { } company)
        {
            var name = Native(company.Pack) ? company.Template.Native.Replace("{w}", company.Name.Native, StringComparison.Ordinal) : company.Template.Latin.Replace("{w}", Latin(company.Name, item.Variant), StringComparison.Ordinal);
            if (style.Fields.Contains("licence"))
            {
                cells["licence"] = item.ShowLicence ? company.Licence : "";
            }
            else if (item.ShowLicence)
            {
                name += $" ({company.Licence})";
            }
            cells["company"] = name;
        }
        if (item.Plate.Length > 0)
        {
            cells["vehicle"] = Plate(item);
        }
        if (item.Vessel is { } vessel)
        {
            var name = item.Variant % 2 == 0 ? $"M.V. {vessel.Name}" : $"{vessel.Name[..vessel.Name.LastIndexOf(' ')]} {Roman(int.Parse(vessel.Name[(vessel.Name.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))}";
            var text = !item.ShowVesselNumber ? name : item.Variant % 2 == 0 ? $"{name} (IMO {vessel.Imo})" : $"{name}, IMO{vessel.Imo}, {vessel.Registration}";
            cells[style.Fields.Contains("vessel") ? "vessel" : "vehicle"] = style.Fields.Contains("vessel") || text.StartsWith("M.V.", StringComparison.Ordinal) ? text : "MV " + text;
        }
    }

    private string Plate(PlannedCase item)
    {
        var plate = item.Plate;
        if (!style.Native)
        {
            plate = string.Concat(plate.Select(c => CyrillicPlate.IndexOf(c, StringComparison.Ordinal) is >= 0 and var i ? "ABEKMHOPCTYXI"[i] : GreekPlate.IndexOf(c, StringComparison.Ordinal) is >= 0 and var j ? "ABEZHIKMNOPTYX"[j] : c));
        }
        plate = item.Variant % 2 == 0 ? plate : plate.Any(char.IsAsciiLetterLower) ? plate.Replace("-", " ", StringComparison.Ordinal) : plate.Replace("-", " ", StringComparison.Ordinal).Replace(".", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        var country = Native(item.PlatePack!) ? item.PlatePack!.CountryNative : item.PlatePack!.CountryEnglish;
        return $"{Digits(plate)} ({country})";
    }

    private static string Roman(int number) => "I II III IV V VI VII VIII IX X XI XII XIII XIV XV XVI XVII XVIII XIX XX".Split(' ')[number - 1];

    private string Consent(PlannedCase item)
    {
        if (style.Native)
        {
            return item.Consent == "none" && dice.Chance(30) ? "" : dice.One(style.Pack.List("consent-" + item.Consent));
        }
        if (style.Layout == "list" && style.Headers["consent"] is not ("Consent purposes" or "consent_purposes"))
        {
            return dice.One(LanguagePack.All.First(p => p.Name == "en").List("consent-" + item.Consent));
        }
        return style.Codes switch
        {
            0 => string.Join(';', item.Purposes),
            1 => string.Join(',', item.Purposes.Select(p => p[1..])),
            _ => string.Join(" ", item.Purposes),
        };
    }
}
