using CleanRoom.Linkage.Comparison;
using CleanRoom.Linkage.Models;
using CleanRoom.Records.Matching;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage;

/// <summary>The rules that turn the agreements of two records into links (DATA.md 4.2, Q1 to Q9 and Q11). Pure; thread-safe while nothing is added.</summary>
internal sealed class PairComparer(TermFrequencies names, TermFrequencies words, HouseNumbers house, RoomModel model)
{
    private readonly PersonNumbers _numbers = model.Persons;
    private readonly PersonRules _rules = new(model.Thresholds);

    /// <summary>Two years: numbers are given to others after a time of rest (DATA.md 1.1 rule 9).</summary>
    private const int ReuseDays = 731;

    /// <summary>Adds the links of a pair. <paramref name="first"/> has the smaller handle.</summary>
    public void Compare(PreparedRecord first, PreparedRecord second, List<Link> links)
    {
        var found = new List<Link>();
        var shared = SharedFacts(first, second);
        foreach (var (a, b, strength) in shared)
        {
            if (!IsOfSearch(first, second, a, b) && FactLink(first, second, a, b, strength) is { } link)
            {
                found.Add(link);
            }
        }
        var site = CompareSites(first, second, found);
        var organisation = CompareOrganisations(first, second, found);
        CompareVessels(first, second, found);
        var place = site >= LinkStrength.Probable || SiteComparer.Shared(first.Localities, second.Localities, words).Count > 0;
        var context = new Context(shared, place, site, organisation);
        foreach (var a in first.Persons)
        {
            foreach (var b in second.Persons)
            {
                if (a.Victim == b.Victim && ComparePersons(first, second, a, b, context) is { } link)
                {
                    found.Add(link);
                }
            }
        }
        if (found.Count == 0)
        {
            return;
        }
        // One link of a type for each pair of holder roles: the strongest, then the one with least to caution against.
        links.AddRange(found
            .GroupBy(l => (l.Type, l.First.HolderRole, l.Second.HolderRole))
            .Select(g => g.OrderByDescending(l => l.Strength).ThenBy(l => l.Cautions).ThenByDescending(l => l.Weight)
                .ThenBy(l => l.First.HolderKey, StringComparer.Ordinal).ThenBy(l => l.Second.HolderKey, StringComparer.Ordinal)
                .ThenBy(l => l.First.Display, StringComparer.Ordinal).ThenBy(l => l.Second.Display, StringComparer.Ordinal).First())
            .OrderBy(l => l.Type).ThenBy(l => l.First.HolderRole, StringComparer.Ordinal).ThenBy(l => l.Second.HolderRole, StringComparer.Ordinal));
    }

    private sealed record Context(
        IReadOnlyList<(MatchFact First, MatchFact Second, KeyStrength Strength)> Shared, bool Place, LinkStrength? Site, LinkStrength? Organisation);

    private List<(MatchFact First, MatchFact Second, KeyStrength Strength)> SharedFacts(PreparedRecord first, PreparedRecord second)
    {
        var shared = new List<(MatchFact, MatchFact, KeyStrength)>();
        foreach (var a in first.Facts)
        {
            foreach (var b in second.Facts)
            {
                if (a.Kind == b.Kind && a.Kind != MatchFactKind.Site && MatchFact.Meet(a, b) is { } strength && !house.Contains(a) && !house.Contains(b))
                {
                    shared.Add((a, b, strength));
                }
            }
        }
        return shared;
    }

    private Link? FactLink(PreparedRecord first, PreparedRecord second, MatchFact a, MatchFact b, KeyStrength strength)
    {
        // Names of vessels and organisations are compared below, with all their spellings.
        if (a.Kind is MatchFactKind.Vessel or MatchFactKind.Organisation && strength != KeyStrength.Exact)
        {
            return null;
        }
        var seenA = a.Valid ?? first.Period;
        var seenB = b.Valid ?? second.Period;
        var cautions = LinkCautions.None;
        if (a.Kind is MatchFactKind.Phone or MatchFactKind.Vehicle && seenA is { } x && seenB is { } y && !x.Overlaps(y, ReuseDays))
        {
            cautions |= LinkCautions.PeriodsDisjoint;
        }
        if ((a.HolderRole == "Victim") != (b.HolderRole == "Victim"))
        {
            cautions |= LinkCautions.HolderRolesDiffer;
        }
        if (a.Kind == MatchFactKind.Document && (NotGenuine(a) || NotGenuine(b) || HoldersDiffer(first, second, a, b)))
        {
            cautions |= LinkCautions.SharedDocumentDifferentPersons;
        }
        var (type, evidence) = a.Kind switch
        {
            MatchFactKind.Phone => (LinkType.SamePhone, LinkEvidence.Phone),
            MatchFactKind.Document => (LinkType.SameDocument, LinkEvidence.Document),
            MatchFactKind.Email => (LinkType.SameEmail, LinkEvidence.Email),
            MatchFactKind.Handle => (LinkType.SameHandle, LinkEvidence.Handle),
            MatchFactKind.Account => (LinkType.SameAccount, LinkEvidence.Account),
            MatchFactKind.Vehicle => (LinkType.SameVehicle, LinkEvidence.Registration),
            MatchFactKind.Vessel => (LinkType.SameVessel, LinkEvidence.Registration),
            MatchFactKind.Organisation => (LinkType.SameOrganisation, LinkEvidence.Organisation),
            _ => (LinkType.SameCaseNumber, LinkEvidence.CaseNumber),
        };
        var level = strength == KeyStrength.Exact ? LinkStrength.Exact : strength == KeyStrength.Probable ? LinkStrength.Probable : LinkStrength.Possible;
        return new Link(
            type,
            new LinkSide(first.Handle, a.HolderRole, a.HolderKey, a.Jurisdiction, seenA, a.Display),
            new LinkSide(second.Handle, b.HolderRole, b.HolderKey, b.Jurisdiction, seenB, b.Display),
            level, evidence, cautions, strength == KeyStrength.Exact ? 16 : 8);
    }

    /// <summary>A sought person's own number that a victim has: part of whether the two are one person, and nothing of its own, or whoever looks for her would learn of it by the number.</summary>
    private static bool IsOfSearch(PreparedRecord first, PreparedRecord second, MatchFact a, MatchFact b) =>
        first.Missing.Contains(a.HolderKey) ? b.HolderRole == "Victim" && !second.Missing.Contains(b.HolderKey) : second.Missing.Contains(b.HolderKey) && a.HolderRole == "Victim";

    private static bool NotGenuine(MatchFact fact) => fact.Authenticity is not ("" or "Genuine" or "Unverified");

    private bool HoldersDiffer(PreparedRecord first, PreparedRecord second, MatchFact a, MatchFact b)
    {
        var holderA = first.Persons.FirstOrDefault(p => p.Key == a.HolderKey);
        var holderB = second.Persons.FirstOrDefault(p => p.Key == b.HolderKey);
        if (holderA is null || holderB is null)
        {
            return false;
        }
        var name = NameComparer.Compare(holderA.Names, holderB.Names, names, model.Names);
        var birth = BirthComparer.Compare(holderA.Birth, holderB.Birth, model.Births).Agreement;
        return (holderA.Names.Count > 0 && holderB.Names.Count > 0 && (name.Weight < 2 || name.Matched == 0)) || birth is BirthAgreement.Disjoint;
    }

    private LinkStrength? CompareSites(PreparedRecord first, PreparedRecord second, List<Link> found)
    {
        LinkStrength? best = null;
        foreach (var (a, displayA) in first.Sites)
        {
            foreach (var (b, displayB) in second.Sites)
            {
                var (strength, evidence, weight) = SiteComparer.Compare(a, b, words);
                if (strength is not { } level)
                {
                    continue;
                }
                best = best is null || level > best ? level : best;
                // One site lies in one country: where one side does not say it, the other's is its own.
                var country = a.Country.Length > 0 ? a.Country : b.Country;
                found.Add(new Link(
                    LinkType.SameAddress, new LinkSide(first.Handle, "Organisation", "", country, first.Period, displayA),
                    new LinkSide(second.Handle, "Organisation", "", country, second.Period, displayB), level, evidence, LinkCautions.None, Round(weight)));
            }
        }
        return best;
    }

    private LinkStrength? CompareOrganisations(PreparedRecord first, PreparedRecord second, List<Link> found)
    {
        LinkStrength? best = found.Any(l => l.Type == LinkType.SameOrganisation) ? LinkStrength.Exact : null;
        foreach (var (a, keyA, displayA) in first.Organisations)
        {
            foreach (var (b, keyB, displayB) in second.Organisations)
            {
                var (strength, weight) = OrganisationComparer.Compare(a, b, words);
                if (strength is not { } level)
                {
                    continue;
                }
                best = best is null || level > best ? level : best;
                found.Add(new Link(
                    LinkType.SameOrganisation, new LinkSide(first.Handle, "Organisation", keyA, One(a.Countries), first.Period, displayA),
                    new LinkSide(second.Handle, "Organisation", keyB, One(b.Countries), second.Period, displayB), level, LinkEvidence.Organisation | LinkEvidence.Name, LinkCautions.None, Round(weight)));
            }
        }
        return best;
    }

    private void CompareVessels(PreparedRecord first, PreparedRecord second, List<Link> found)
    {
        foreach (var (a, keyA, displayA) in first.Vessels)
        {
            foreach (var (b, keyB, displayB) in second.Vessels)
            {
                if (VesselForm.Compare(a, b, words) is { } level)
                {
                    found.Add(new Link(
                        LinkType.SameVessel, new LinkSide(first.Handle, "Organisation", keyA, "", first.Period, displayA), new LinkSide(second.Handle, "Organisation", keyB, "", second.Period, displayB),
                        level, LinkEvidence.Name | (level == LinkStrength.Strong ? LinkEvidence.Place : 0), LinkCautions.None, level == LinkStrength.Strong ? 12 : 6));
                }
            }
        }
    }

    private Link? ComparePersons(PreparedRecord first, PreparedRecord second, PreparedPerson a, PreparedPerson b, Context context)
    {
        var name = NameComparer.Compare(a.Names, b.Names, names, model.Names);
        if (!name.IsFull && name.Weight > -8 && (a.Names.Count > 1 || b.Names.Count > 1))
        {
            var joined = NameComparer.CompareJoined(a.Names, b.Names, names, model.Names);
            name = joined.Weight > name.Weight ? joined : name;
        }
        if (name.Weight <= 0 || name.Matched == 0)
        {
            return null;
        }
        var own = context.Shared.Where(s => s.First.HolderKey == a.Key && s.Second.HolderKey == b.Key && a.Key.Length > 0
            && s.First.Kind is MatchFactKind.Document or MatchFactKind.Phone or MatchFactKind.Email or MatchFactKind.Handle or MatchFactKind.Account).ToArray();
        var exact = own.Any(s => s.Strength == KeyStrength.Exact && !(s.First.Kind == MatchFactKind.Phone && Disjoint(first, second, s.First, s.Second)));
        var (birth, birthWeight) = BirthComparer.Compare(a.Birth, b.Birth, model.Births);
        var conflict = DocumentsConflict(a, b);
        if (!a.Victim && !exact && (birth == BirthAgreement.Disjoint || conflict))
        {
            return null;
        }
        var evidence = (name.IsFull ? LinkEvidence.Name : LinkEvidence.Alias) | EvidenceOf(own.Select(s => s.First.Kind));
        var weight = name.Weight + birthWeight + (own.Length > 0 ? exact ? _numbers.Identifier : _numbers.LikelyIdentifier : 0);
        var more = own.Length > 0;
        if (birth >= BirthAgreement.Compatible)
        {
            evidence |= LinkEvidence.Birth;
        }
        var citizenship = Sets(a.Citizenship, b.Citizenship);
        weight += citizenship > 0 ? _numbers.Citizenship : citizenship < 0 ? _numbers.OtherCitizenship : 0;
        evidence |= citizenship > 0 ? LinkEvidence.Citizenship : 0;
        var sexes = a.Gender.Length > 0 && b.Gender.Length > 0 && a.Gender is "Feminine" or "Masculine" && b.Gender is "Feminine" or "Masculine" ? a.Gender == b.Gender ? 1 : -1 : 0;
        weight += sexes > 0 ? _numbers.Sex : sexes < 0 ? _numbers.OtherSex : 0;
        var home = Tokens(a.Home, b.Home) + Tokens(a.BirthPlace, b.BirthPlace);
        if (home > 0)
        {
            evidence |= LinkEvidence.HomeArea;
            weight += Math.Min(_numbers.HomeMost, home);
            more = true;
        }
        else if (home < 0)
        {
            weight += _numbers.OtherHome;
        }
        if (context.Place)
        {
            evidence |= LinkEvidence.Place;
            weight += _numbers.Place;
            more = true;
        }
        if (context.Organisation is not null)
        {
            evidence |= LinkEvidence.Organisation;
            weight += _numbers.Organisation;
            more = true;
        }
        if (context.Shared.Any(s => s.Strength == KeyStrength.Exact && s.First.HolderKey != a.Key))
        {
            weight += _numbers.OtherFact;
            more = true;
        }
        var roles = Sets(a.Roles, b.Roles);
        evidence |= roles > 0 ? LinkEvidence.Role : 0;
        var paper = exact && own.Any(s => s.Strength == KeyStrength.Exact && s.First.Kind is MatchFactKind.Document or MatchFactKind.Email or MatchFactKind.Account);
        var pair = new PersonAgreement(name, birth, exact, paper, more, conflict, citizenship, sexes, weight);
        if (a.Victim && (weight < model.Thresholds.Told || !_rules.MayBeOneVictim(pair)))
        {
            return null;
        }
        if ((a.Victim ? _rules.OfVictims(pair) : _rules.OfSuspects(pair, own.Length > 0, roles, context.Site)) is not { } level)
        {
            return null;
        }
        var missing = a.IsMissing != b.IsMissing;
        if (missing)
        {
            // Whoever is asked whether she wants to be found is a person who may not be meant: less is not asked, and more is never sure.
            if (level < LinkStrength.Probable || !evidence.HasFlag(LinkEvidence.Name | LinkEvidence.Birth) || (evidence & (LinkEvidence.HomeArea | LinkEvidence.Citizenship)) == 0)
            {
                return null;
            }
            level = LinkStrength.Probable;
        }
        var cautions = name.Weakest == TokenAgreement.Skeleton ? LinkCautions.ReadAcrossScripts : LinkCautions.None;
        return new Link(
            missing ? LinkType.SamePersonMissing : a.Victim ? LinkType.SamePersonVictim : LinkType.SamePersonSuspect,
            new LinkSide(first.Handle, a.Victim ? "Victim" : "Suspect", a.Key, One(first.Countries), first.Period, ""),
            new LinkSide(second.Handle, b.Victim ? "Victim" : "Suspect", b.Key, One(second.Countries), second.Period, ""),
            level, evidence, cautions, Round(weight));
    }

    private static bool Disjoint(PreparedRecord first, PreparedRecord second, MatchFact a, MatchFact b) =>
        (a.Valid ?? first.Period) is { } x && (b.Valid ?? second.Period) is { } y && !x.Overlaps(y, ReuseDays);

    /// <summary>Two numbers of one shape, and none in common: two cards, two persons. A number is the last part of its key.</summary>
    private static bool DocumentsConflict(PreparedPerson a, PreparedPerson b)
    {
        var conflict = false;
        foreach (var x in a.Documents)
        {
            foreach (var y in b.Documents)
            {
                var numberX = x.AsSpan(x.LastIndexOf(':') + 1);
                var numberY = y.AsSpan(y.LastIndexOf(':') + 1);
                if (numberX.SequenceEqual(numberY))
                {
                    return false;
                }
                conflict |= SameShape(numberX, numberY);
            }
        }
        return conflict;
    }

    private static bool SameShape(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        if (first.Length != second.Length)
        {
            return false;
        }
        for (var i = 0; i < first.Length; i++)
        {
            if (char.IsAsciiDigit(first[i]) != char.IsAsciiDigit(second[i]))
            {
                return false;
            }
        }
        return true;
    }

    private static int Sets(IReadOnlyList<string> first, IReadOnlyList<string> second) =>
        first.Count == 0 || second.Count == 0 ? 0 : first.Intersect(second, StringComparer.Ordinal).Any() ? 1 : -1;

    private double Tokens(IReadOnlyList<NameToken> first, IReadOnlyList<NameToken> second)
    {
        if (first.Count == 0 || second.Count == 0)
        {
            return 0;
        }
        var (count, weight) = SiteComparer.Shared(first, second, words);
        return count > 0 ? Math.Max(2, weight) : -1;
    }

    private static LinkEvidence EvidenceOf(IEnumerable<MatchFactKind> kinds)
    {
        var evidence = LinkEvidence.None;
        foreach (var kind in kinds)
        {
            evidence |= kind switch
            {
                MatchFactKind.Phone => LinkEvidence.Phone,
                MatchFactKind.Document => LinkEvidence.Document,
                MatchFactKind.Email => LinkEvidence.Email,
                MatchFactKind.Handle => LinkEvidence.Handle,
                _ => LinkEvidence.Account,
            };
        }
        return evidence;
    }

    private static string One(IReadOnlyList<string> values) => values.Count > 0 ? values[0] : "";

    private static double Round(double weight) => Math.Round(weight * 16) / 16;
}
