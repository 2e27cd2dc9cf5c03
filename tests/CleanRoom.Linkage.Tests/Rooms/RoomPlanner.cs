using System.Globalization;

namespace CleanRoom.Linkage.Tests.Rooms;

/// <summary>Plans a room: who meets whom in which file. Every other pair of rows has nothing in common but what strangers share.</summary>
internal sealed class RoomPlanner
{
    private readonly Dice _dice;
    private readonly LanguagePack[] _origins;
    private readonly LanguagePack _destination;
    private readonly List<PlannedCase> _cases = [];
    private readonly int _contributors;
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private int _serial;

    public RoomPlanner(Dice dice, LanguagePack[] origins, LanguagePack destination, int contributors)
    {
        (_dice, _origins, _destination, _contributors) = (dice, origins, destination, contributors);
        _serial = dice.Below(400);
    }

    public IReadOnlyList<PlannedCase> Plan(int rows)
    {
        for (var i = 0; i < 9; i++)
        {
            Victims(i);
        }
        for (var i = 0; i < 6; i++)
        {
            Suspects(i);
        }
        Sites();
        Companies();
        Transport();
        HardNegatives();
        for (var contributor = 0; contributor < _contributors; contributor++)
        {
            while (_cases.Count(c => c.Contributor == contributor) < rows)
            {
                var filler = New(contributor);
                if (_dice.Chance(40))
                {
                    filler.Suspect = Suspect();
                    filler.ShowSuspectPhone = _dice.Chance(60);
                    filler.ShowSuspectHandle = _dice.Chance(25);
                }
                filler.Site = _dice.Chance(35) ? Site() : null;
                filler.Company = _dice.Chance(25) ? Company() : null;
                filler.ShowLicence = _dice.Chance(40);
                filler.Phone = _dice.Chance(50) ? Phone(filler.Victim!.Pack) : null;
                filler.Passport = _dice.Chance(30) ? Passport() : "";
                filler.ShowBirth = _dice.Chance(85);
                filler.AgeOnly = _dice.Chance(20);
                filler.YearOnly = _dice.Chance(15);
                filler.ShowHome = _dice.Chance(60);
            }
        }
        _dice.Shuffle(_cases);
        var ordered = new List<PlannedCase>();
        for (var contributor = 0; contributor < _contributors; contributor++)
        {
            var number = 0;
            foreach (var item in _cases.Where(c => c.Contributor == contributor))
            {
                item.Number = ++number;
                item.Ref = $"{(char)('K' + contributor)}{(char)('A' + contributor)}-{number.ToString("0000", CultureInfo.InvariantCulture)}";
                ordered.Add(item);
            }
        }
        return ordered;
    }

    private (int, int) TwoContributors()
    {
        var first = _dice.Below(_contributors);
        return (first, (first + 1 + _dice.Below(_contributors - 1)) % _contributors);
    }

    private PlannedCase New(int contributor, PlannedPerson? victim = null)
    {
        var item = new PlannedCase
        {
            Ref = "",
            Number = 0,
            Contributor = contributor,
            Victim = victim ?? Person(_origins[_dice.Below(_origins.Length)]),
            Variant = _dice.Below(4),
            Seen = new DateOnly(2021 + _dice.Below(4), 1 + _dice.Below(12), 1 + _dice.Below(28)),
            Consent = _dice.Below(100) switch { < 45 => "all", < 72 => "ngo", < 86 => "anon", < 93 => "stats", _ => "none" },
        };
        _cases.Add(item);
        return item;
    }

    private void Victims(int kind)
    {
        var (a, b) = TwoContributors();
        var victim = Person(_origins[kind % _origins.Length]);
        var first = New(a, victim);
        var second = New(b, victim);
        second.Seen = first.Seen.AddDays(20 + _dice.Below(300));
        (first.Variant, second.Variant) = (0, 1 + _dice.Below(2));
        var phone = Phone(victim.Pack);
        switch (kind)
        {
            case 0:
                first.Phone = second.Phone = phone;
                break;
            case 1:
                first.Passport = second.Passport = Passport();
                second.YearOnly = true;
                break;
            case 2:
                // Name, birth date and home, in another spelling.
                second.Variant = 1;
                break;
            case 3:
                second.Typo = true;
                first.Phone = second.Phone = phone;
                break;
            case 4:
                second.AgeOnly = true;
                first.Email = second.Email = $"{Ascii(PlannedPerson.Pick(victim.Given, 0))}{Serial()}@example.org";
                break;
            case 5:
                first.IdNumber = second.IdNumber = Digits(12);
                second.ShowHome = false;
                break;
            case 6:
                // In a third file as well.
                first.Phone = second.Phone = phone;
                if (_contributors > 2)
                {
                    var third = New(Enumerable.Range(0, _contributors).First(c => c != a && c != b), victim);
                    third.Seen = first.Seen.AddDays(100);
                    third.Passport = first.Passport = Passport();
                }
                break;
            case 7:
                second.YearOnly = true;
                first.Phone = second.Phone = phone;
                second.ShowHome = false;
                break;
            default:
                second.ShowBirth = false;
                first.Passport = second.Passport = Passport();
                break;
        }
    }

    private void Suspects(int kind)
    {
        var (a, b) = TwoContributors();
        var suspect = Suspect();
        var (first, second) = (New(a), New(b));
        second.Seen = first.Seen.AddDays(30 + _dice.Below(200));
        first.Suspect = second.Suspect = suspect;
        second.Variant = first.Variant + 1;
        switch (kind)
        {
            case 0:
                first.ShowSuspectPhone = second.ShowSuspectPhone = true;
                break;
            case 1:
                first.ShowSuspectAccount = second.ShowSuspectAccount = true;
                break;
            case 2:
                first.ShowSuspectHandle = second.ShowSuspectHandle = true;
                break;
            case 3:
                // Name, role and the same site.
                first.Site = second.Site = Site();
                break;
            case 4:
                first.ShowSuspectPhone = second.ShowSuspectPhone = true;
                second.ShowSuspectName = false;
                break;
            default:
                first.ShowSuspectPhone = second.ShowSuspectPhone = true;
                first.ShowSuspectHandle = second.ShowSuspectHandle = true;
                break;
        }
    }

    private void Sites()
    {
        for (var i = 0; i < 3; i++)
        {
            var site = Site();
            var (a, b) = TwoContributors();
            New(a).Site = site;
            var second = New(b);
            second.Site = site;
            second.Variant = 1;
        }
    }

    private void Companies()
    {
        for (var i = 0; i < 4; i++)
        {
            var company = Company();
            var (a, b) = TwoContributors();
            var pack = company.Pack;
            var (first, second) = (New(a, Person(pack)), New(b, Person(pack)));
            first.Company = second.Company = company;
            first.ShowLicence = i < 2 || _dice.Chance(50);
            second.ShowLicence = i < 2;
            second.Variant = 1;
        }
    }

    private void Transport()
    {
        for (var i = 0; i < 2; i++)
        {
            var (a, b) = TwoContributors();
            var (first, second) = (New(a), New(b));
            first.Plate = second.Plate = Plate(_destination);
            first.PlatePack = second.PlatePack = _destination;
            second.Seen = first.Seen.AddDays(60);
            second.Variant = 1;
        }
        for (var i = 0; i < 2; i++)
        {
            var (a, b) = TwoContributors();
            var (first, second) = (New(a), New(b));
            first.Vessel = second.Vessel = new PlannedVessel($"{_dice.One(VesselWords)} {_dice.One(VesselSeconds)} {2 + _dice.Below(17)}", $"{_destination.Country[..2]}{_dice.Digits("00-0####")}", Imo(), _dice.One(_destination.Words("town")));
            first.Town = second.Town = first.Vessel.Port;
            first.ShowVesselNumber = second.ShowVesselNumber = i == 0;
            second.Variant = 1;
        }
    }

    private void HardNegatives()
    {
        var (a, b) = TwoContributors();
        // Brother and sister with one telephone.
        var one = Person(_origins[0]);
        var two = one with { Given = Other(one.Pack, one.Female, one.Given), Born = one.Born.AddDays(700 + _dice.Below(300)) };
        var (first, second) = (New(a, one), New(b, two));
        first.Phone = second.Phone = Phone(one.Pack);
        second.Seen = first.Seen.AddDays(40);
        // Two of one common name, other birth, other home.
        var namesake = one with { Born = one.Born.AddYears(-6).AddDays(77), Home = _dice.One(one.Pack.Words("town").Where(t => t != one.Home).ToArray()) };
        New(b, namesake);
        // Sisters without a number in common.
        var three = Person(_origins[^1]);
        New(a, three);
        New(b, three with { Given = Other(three.Pack, three.Female, three.Given), Born = three.Born.AddDays(400) });
        // Unknown people of one town and year; the number of the hotline; numbers that are none.
        foreach (var contributor in Enumerable.Range(0, _contributors))
        {
            var unknown = New(contributor, one with { Born = new DateOnly(one.Born.Year, 1, 1) });
            unknown.NameUnknown = true;
            unknown.YearOnly = true;
            foreach (var raw in (string[])["0000000", "1234567890", "000 000 0000", "N/A", "999999999"])
            {
                New(contributor).RawPhone = raw;
            }
        }
        // The organisation's own telephone in many of its rows, and in one of a partner's.
        var own = Phone(_destination);
        var ownText = $"+{own.Pack.CallingCode}{Records.Normalisation.Text.Digits(own.National)}";
        for (var i = 0; i < 6; i++)
        {
            New(a).RawPhone = ownText;
        }
        New(b).RawPhone = ownText;
        // One line of trade, other firms; one street, other house; one plate in two countries.
        var company = Company();
        New(a).Company = company;
        New(b).Company = Company(company);
        var site = Site();
        New(a).Site = site;
        New(b).Site = site with { Number = site.Number + 8, Name = _dice.One(site.Pack.Words("word").Where(w => w.Native != site.Name.Native).ToArray()) };
        var (p, q) = (New(a), New(b));
        p.Plate = q.Plate = "KLM 04" + _dice.Digits("##");
        (p.PlatePack, q.PlatePack) = (_destination, LanguagePack.All.First(l => l.Country != _destination.Country && l.Name is "es" or "ro" or "en"));
        if (q.PlatePack.Country == p.PlatePack.Country)
        {
            q.Plate = p.Plate + "9";
        }
        // One suspect's given name, another family.
        var boss = Suspect();
        var (x, y) = (New(a), New(b));
        x.Suspect = boss;
        y.Suspect = Suspect() with { Person = Person(boss.Person.Pack) with { Given = boss.Person.Given } };
    }

    private Word Other(LanguagePack pack, bool female, Word not) => _dice.One(pack.Words(female ? "f" : "m", female).Where(w => w.Native != not.Native).ToArray());

    private PlannedPerson Person(LanguagePack pack)
    {
        for (var tries = 0; ; tries++)
        {
            var female = _dice.Chance(60);
            var given = _dice.One(pack.Words(female ? "f" : "m", female));
            var families = pack.Words("family", female);
            var person = new PlannedPerson(
                pack, female, given, families.Count == 0 ? null : _dice.One(families), new DateOnly(1972 + _dice.Below(32), 1 + _dice.Below(12), 2 + _dice.Below(26)),
                _dice.One(pack.Words("town")), _dice.One(pack.Words(female ? "f" : "m", female)));
            if (tries > 60)
            {
                // All names are taken: a second given name tells people apart.
                var second = _dice.One(pack.Words(female ? "f" : "m", female));
                person = person with { Given = new Word($"{given.Native}{(pack.Name is "zh" or "ko" ? "" : " ")}{second.Native}", [.. given.Latin.Select(l => $"{l} {second.Latin[0]}")]) };
            }
            if (_used.Add(person.Latin(0)) || tries > 200)
            {
                return person;
            }
        }
    }

    private PlannedSuspect Suspect()
    {
        var pack = _dice.Chance(60) ? _destination : _origins[_dice.Below(_origins.Length)];
        var person = Person(pack);
        var platform = _dice.One((string[])["Telegram", "Facebook", "Instagram"]);
        return new PlannedSuspect(person, Phone(_dice.Chance(50) ? _destination : pack), $"{Ascii(PlannedPerson.Pick(person.Given, 0))}_{Serial()}", platform, _dice.Chance(50) ? Iban() : "0x" + string.Concat(Enumerable.Range(0, 40).Select(_ => "0123456789abcdef"[_dice.Below(16)])));
    }

    private PlannedSite Site()
    {
        var pack = _destination;
        for (var tries = 0; ; tries++)
        {
            var site = new PlannedSite(pack, _dice.One(pack.Words("word")), _dice.One(pack.Words("street")), 2 + _dice.Below(190), _dice.One(pack.Words("town")), _dice.One(pack.Templates("site")));
            if (_used.Add($"site {site.Name.Native} {site.Number}") || tries > 40)
            {
                return site;
            }
        }
    }

    private PlannedCompany Company(PlannedCompany? like = null)
    {
        for (var tries = 0; ; tries++)
        {
            var pack = like?.Pack ?? _origins[_dice.Below(_origins.Length)];
            var name = _dice.One(pack.Words("word"));
            if (tries > 30)
            {
                // All words are taken: a second word tells the firms apart.
                var second = _dice.One(pack.Words("street"));
                name = new Word($"{name.Native} {second.Native}", [.. name.Latin.Select(l => $"{l} {second.Latin[0]}")]);
            }
            var template = like?.Template ?? _dice.One(pack.Templates("company"));
            if (_used.Add($"company {name.Latin[0]}") || tries > 200)
            {
                return new PlannedCompany(pack, name, template, Licence());
            }
        }
    }

    private static readonly string[] VesselWords = ["Ocean", "Golden", "Lucky", "Silver", "Northern", "Southern"];

    private static readonly string[] VesselSeconds = ["Petrel", "Marlin", "Fortune", "Dolphin", "Lantern", "Tern"];

    private PlannedPhone Phone(LanguagePack pack)
    {
        // The last digits run, so that no two are alike.
        var pattern = pack.PhonePattern;
        var places = pattern.Count(c => c == '#');
        var serial = (Serial() + (_dice.Below(3) * 1000)).ToString(CultureInfo.InvariantCulture).PadLeft(places, '0');
        serial = serial[^places..];
        var at = 0;
        return new PlannedPhone(pack, string.Concat(pattern.Select(c => c == '#' ? serial[at++] : c)));
    }

    private string Passport() => $"{(char)('A' + _dice.Below(20))}{(char)('A' + _dice.Below(20))}{Digits(7)}";

    private string Licence() => $"{(char)('A' + _dice.Below(20))}{(char)('A' + _dice.Below(20))}-{Digits(4)}/{2008 + _dice.Below(12)}";

    private string Digits(int count) => _dice.Digits(new string('#', Math.Max(0, count - 4))) + (1000 + Serial()).ToString(CultureInfo.InvariantCulture)[..Math.Min(4, count)];

    private int Serial() => _serial += 1 + _dice.Below(3);

    private string Plate(LanguagePack pack) => _dice.Digits(pack.One("plate", 0));

    private string Imo()
    {
        var digits = "0" + _dice.Digits("#####");
        var sum = digits.Select((c, i) => (c - '0') * (7 - i)).Sum();
        return digits + (sum % 10).ToString(CultureInfo.InvariantCulture);
    }

    private string Iban()
    {
        // An IBAN of GB has 22 characters.
        var body = "TEST" + _dice.Digits("00##############")[..14];
        var number = string.Concat((body + "GB00").Select(c => char.IsAsciiDigit(c) ? c.ToString() : (c - 'A' + 10).ToString(CultureInfo.InvariantCulture)));
        var rest = 0;
        foreach (var c in number)
        {
            rest = ((rest * 10) + (c - '0')) % 97;
        }
        return $"GB{(98 - rest).ToString("00", CultureInfo.InvariantCulture)}{body}";
    }

    private static string Ascii(string text) => string.Concat(Records.Normalisation.Text.Fold(text).Where(char.IsAsciiLetter));
}
