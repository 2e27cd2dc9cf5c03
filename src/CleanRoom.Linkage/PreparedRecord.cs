using CleanRoom.Linkage.Comparison;
using CleanRoom.Records.Matching;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.Normalisation.Names;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage;

/// <summary>A person of a record, normalised once.</summary>
internal sealed record PreparedPerson(
    string Key, bool Victim, IReadOnlyList<NameForm> Names, BirthPeriod? Birth, IReadOnlyList<string> Citizenship, string Gender,
    IReadOnlyList<NameToken> Home, IReadOnlyList<NameToken> BirthPlace, IReadOnlyList<string> Roles, IReadOnlyList<string> Documents)
{
    /// <summary>Somebody looks for this person and has not met her.</summary>
    public bool IsMissing { get; init; }
}

/// <summary>
/// A record as the engine keeps it: normalised, no more than what is compared. Lists are arrays, empty ones the same for all: an index holds millions of them, and whoever replays a log
/// waits for the collector to follow each.
/// </summary>
public sealed class PreparedRecord
{
    private PreparedRecord()
    {
    }

    private const int MaxPersons = 16;
    private const int MaxFacts = 64;
    private const int MaxForms = 12;

    /// <summary>What it is called in links.</summary>
    public RecordHandle Handle { get; private init; }

    internal string Contributor { get; private init; } = "";
    internal IReadOnlyList<PreparedPerson> Persons { get; private init; } = [];
    internal IReadOnlyList<MatchFact> Facts { get; private init; } = [];
    internal IReadOnlyList<(SiteForm Form, string Display)> Sites { get; private init; } = [];
    internal IReadOnlyList<(OrganisationForm Form, string Key, string Display)> Organisations { get; private init; } = [];
    internal IReadOnlyList<(VesselForm Form, string Key, string Display)> Vessels { get; private init; } = [];
    internal IReadOnlyList<NameToken> Localities { get; private init; } = [];
    internal IReadOnlyList<string> Countries { get; private init; } = [];
    internal DayInterval? Period { get; private init; }
    internal IReadOnlyList<string> Missing { get; private init; } = [];
    internal ulong[] Keys { get; set; } = [];

    /// <summary>Normalises a record. Keeps no reference to it.</summary>
    internal static PreparedRecord From(RecordHandle handle, CaseRecord record, NameTokenPool pool)
    {
        ArgumentNullException.ThrowIfNull(record);
        var victims = record.Persons.FirstOrDefault(IsVictim);
        var places = record.Events.Select(e => e.Place).Where(p => p is not null && !p.Protected).ToArray();
        var facts = MatchFacts.From(record).Take(MaxFacts).ToArray();
        var localities = places.SelectMany(p => Names(p.Locality, pool)).DistinctBy(t => t.Text).Take(12).ToArray();
        // A place of which only a name is known may be a town or a site; its words count as place in either case.
        var loose = places.SelectMany(p => Loose(p, pool)).DistinctBy(t => t.Text).Take(16).ToArray();
        var prepared = new PreparedRecord
        {
            Handle = handle,
            Contributor = pool.Share(record.ContributorId),
            Persons = record.Persons.Take(MaxPersons).Select(p => Prepare(p, facts, pool)).Where(p => p.Names.Count > 0).ToArray(),
            Facts = facts,
            Sites = places.Where(p => p.Name.Length + p.Address.Length + p.Raw.Length > 0)
                .Select(p => (Form: SiteForm.From(WithLocality(p, places), pool), p.Raw.Length > 0 ? p.Raw : p.Name)).Where(s => s.Form is not null).Take(8).Select(s => (s.Form!, s.Item2)).ToArray(),
            Organisations = record.Organisations.Take(8).Where(o => !o.Roles.Contains("Venue"))
                .SelectMany(o => OrganisationOf(o, facts, victims, places, pool).Select(f => (f, o.OrganisationKey, o.Names.Count > 0 ? o.Names[0] : ""))).ToArray(),
            Vessels = record.Vessels.Take(8).Select(v => (VesselOf(v, localities, loose, pool), v.VesselKey, v.Name)).ToArray(),
            Localities = localities.Concat(loose).DistinctBy(t => t.Text).Take(20).ToArray(),
            Countries = places.Select(p => p.Country).Where(c => c.Length > 0).Distinct(StringComparer.Ordinal).Take(8).Select(pool.Share).ToArray(),
            Period = PeriodOf(record),
            Missing = record.Persons.Where(p => p.Role == "MissingPerson").Select(p => pool.Share(p.PersonKey)).ToArray(),
        };
        prepared.Keys = BlockKeys.Of(prepared);
        return prepared;
    }

    // A cell with a number or a kind of venue is a site's: of its words only those of the town say where.
    private static IEnumerable<NameToken> Loose(Place place, NameTokenPool pool)
    {
        var form = SiteForm.From(place, pool);
        return form is { Numbers.Count: > 0 } or { Kinds.Count: > 0 } ? form.Guessed : Names(place.Raw.Length > 0 ? place.Raw : place.Name, pool);
    }

    private static bool IsVictim(Person person) => person.Role is "Victim" or "PotentialVictim" or "VictimOffender" or "MissingPerson";

    // A site cell often leaves out the town that the event names.
    private static Place WithLocality(Place place, Place[] places)
    {
        if (place.Locality.Length > 0)
        {
            return place;
        }
        var other = places.FirstOrDefault(p => p.Locality.Length > 0 && (p.Country == place.Country || place.Country.Length == 0));
        var clone = place.Clone();
        clone.Locality = other?.Locality ?? "";
        clone.Country = clone.Country.Length > 0 ? clone.Country : other?.Country ?? "";
        return clone;
    }

    private static PreparedPerson Prepare(Person person, MatchFact[] facts, NameTokenPool pool)
    {
        var forms = new List<NameForm>();
        foreach (var name in person.Names.Where(n => !Placeholders.IsUnknownName(n.Full)).Take(MaxForms))
        {
            var alias = name.Type is "Alias" or "Nickname" or "Street" or "WeakAlias" or "FalseDocument";
            var parts = string.Join(' ', new[] { name.Given, name.Middle, name.Family }.Where(p => p.Length > 0));
            forms.AddRange(NameParser.Parse(name.Full.Length > 0 ? name.Full : parts, alias, pool));
            if (name.Latin.Length > 0)
            {
                forms.AddRange(NameParser.Parse(name.Latin, alias, pool));
            }
        }
        var distinct = forms.DistinctBy(f => string.Join(' ', f.Tokens.Select(t => t.Text))).Take(MaxForms).ToArray();
        return new PreparedPerson(
            pool.Share(person.PersonKey), IsVictim(person), distinct, BirthOf(person.Birth), person.Citizenship.Take(8).Select(pool.Share).ToArray(), pool.Share(person.Gender),
            Names($"{person.HomeArea?.Locality} {person.HomeArea?.Admin1}", pool), Names(person.BirthPlace, pool), person.SuspectRoles.Take(8).Select(pool.Share).ToArray(),
            facts.Where(f => f.Kind == MatchFactKind.Document && f.HolderKey == person.PersonKey).Select(f => DocumentCore(f)).Where(d => d.Length > 0).ToArray())
        {
            IsMissing = person.Role == "MissingPerson",
        };
    }

    // Country and number, to tell two cards of one kind apart.
    private static string DocumentCore(MatchFact fact) => fact.Keys.Count > 0 && fact.Authenticity is "" or "Genuine" or "Unverified" ? fact.Keys[0].Value : "";

    private static BirthPeriod? BirthOf(PartialDate? date)
    {
        if (date is null || date.Precision is "" or "Unknown" || date.LatestDay < date.EarliestDay)
        {
            return null;
        }
        var isDefault = date.Precision == "DefaultFirstJanuary";
        var first = date.EarliestDay;
        var last = date.LatestDay;
        if (isDefault)
        {
            var year = CleanRoom.Records.DayNumbers.ToDate(first).Year;
            first = Math.Min(first, CleanRoom.Records.DayNumbers.FromDate(new DateOnly(year, 1, 1)));
            last = Math.Max(last, CleanRoom.Records.DayNumbers.FromDate(new DateOnly(year, 12, 31)));
        }
        if (date.Approximate)
        {
            first -= 366;
            last += 366;
        }
        return new BirthPeriod(new DayInterval(first, last), isDefault, date.HasAlternative ? date.AlternativeDay : null);
    }

    private static IReadOnlyList<OrganisationForm> OrganisationOf(Organisation organisation, MatchFact[] facts, Person? victim, Place[] places, NameTokenPool pool)
    {
        // Agencies are licensed where they recruit, employers stand where the work is; of a firm that nobody classed it may be either.
        var agency = organisation.Roles.Any(r => r is "RecruitmentAgency" or "SubAgent" or "TravelAgency" or "DocumentService");
        var employer = organisation.Roles.Any(r => r is "Employer" or "LabourContractor" or "Owner" or "AccommodationProvider");
        var origin = victim is null ? [] : victim.Citizenship.Append(victim.HomeArea?.Country ?? "").Where(c => c.Length > 0).ToArray();
        var work = places.Select(p => p.Country).Where(c => c.Length > 0).ToArray();
        string[] countries = organisation.Country.Length > 0 ? [organisation.Country]
            : [.. (agency && origin.Length > 0 ? origin : employer && work.Length > 0 ? work : origin.Concat(work)).Distinct(StringComparer.Ordinal).Take(6)];
        var numbers = facts.Where(f => f.Kind == MatchFactKind.Organisation && f.HolderKey == organisation.OrganisationKey)
            .SelectMany(f => f.Keys).Where(k => k.Strength == KeyStrength.Exact).Select(k => k.Value).ToArray();
        return OrganisationForm.From(organisation.Names, countries, numbers, pool);
    }

    private static VesselForm VesselOf(Vessel vessel, NameToken[] localities, NameToken[] loose, NameTokenPool pool)
    {
        var ports = NameParser.Words(vessel.Port, pool).Concat(localities).Concat(loose).Where(t => t.Readings[0].Length >= 3).DistinctBy(t => t.Text).Take(16).ToArray();
        var names = vessel.PreviousNames.Prepend(vessel.Name).Take(6).Select(name => VesselForm.ReadName(name, pool)).OfType<VesselName>().ToArray();
        return new VesselForm(names, vessel.Imo, Core(vessel.Registration), ports);
    }

    private static string Core(string registration) =>
        new([.. Folding.Fold(registration).Where(c => char.IsAsciiLetterOrDigit(c)).Select(char.ToUpperInvariant)]);

    private static NameToken[] Names(string text, NameTokenPool pool) =>
        string.IsNullOrWhiteSpace(text) ? [] : NameParser.Words(text, pool).Where(t => t.Readings[0].Length >= 3).ToArray();

    private static DayInterval? PeriodOf(CaseRecord record)
    {
        var dates = record.Events.Select(e => e.When).Append(record.Provenance?.CollectedOn).Append(record.Case?.OpenedOn)
            .Where(d => d is not null && d.Precision is not ("" or "Unknown")).ToArray();
        return dates.Length == 0 ? null : new DayInterval(dates.Min(d => d!.EarliestDay), dates.Max(d => d!.LatestDay));
    }
}
