using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Linkage;
using CleanRoom.Matching.Records;
using CleanRoom.Records.Matching;
using LinkSide = CleanRoom.Charter.Consent.LinkSide;

namespace CleanRoom.Matching.Epochs;

/// <summary>A link that a query asked for, with both records; the consent engine decides on it, again each time something may leave.</summary>
internal sealed record PairStory(Link Link, HeldRecord First, HeldRecord Second, QueryDefinition Query, LinkDoubt Doubt)
{
    private static readonly HashSet<string> VictimHolders = ["Victim", "Family"];

    /// <summary>What names the pair for good: the kind of link and both records through all their versions.</summary>
    public (LinkType, RecordName, RecordName) Pair => (Link.Type, First.Name, Second.Name);

    /// <summary>The same with the newest version of both records, and what their persons agree to now; null if one is not held.</summary>
    public PairStory? On(RecordShelf shelf) =>
        shelf.Find(First.Name) is { } first && shelf.Find(Second.Name) is { } second ? this with { First = first, Second = second } : null;

    /// <summary>The record of a contributor.</summary>
    public HeldRecord? RecordOf(MemberId contributor) => First.Contributor == contributor ? First : Second.Contributor == contributor ? Second : null;

    /// <summary>One side, as the consent engine sees it.</summary>
    public LinkSide SideOf(RoomState state, MemberId contributor) =>
        contributor == First.Contributor ? SideOf(state, First, Link.First) : SideOf(state, Second, Link.Second);

    /// <summary>The room's agencies, as the consent engine sees them.</summary>
    public static IReadOnlyList<Agency> AgenciesOf(RoomCharter charter) =>
        [.. charter.Agencies.Select(agency => new Agency(agency.Id, agency.Kind, agency.Jurisdictions.ToHashSet(StringComparer.Ordinal)))];

    /// <summary>Whether one of the two was made up by its owner: contributors are told as of every other record, nobody else is, and nobody real is asked for a person who is not.</summary>
    public bool IsDecoy => First.IsDecoy || Second.IsDecoy;

    /// <summary>Decides with what the log says now.</summary>
    public ConsentDecision Decide(RoomState state, DateTimeOffset now)
    {
        var charter = state.Charter!;
        var kinds = Query.Agencies?.AllKinds.ToHashSet(StringComparer.Ordinal) ?? [];
        var decision = ConsentEngine.Decide(
            new PairFacts(
                SideOf(state, First, Link.First) with { IsSearching = IsSearching(First, Link.First) }, SideOf(state, Second, Link.Second) with { IsSearching = IsSearching(Second, Link.Second) },
                Holder, Doubt),
            new TellingRule(Query.TellsContributors, kinds, Query.Agencies?.Jurisdiction == JurisdictionRule.Any)
            {
                Kind = Link.Type switch
                {
                    LinkType.SamePersonMissing => TellingKind.Tracing,
                    LinkType.LiveOperation => TellingKind.Deconfliction,
                    _ => TellingKind.Usual,
                },
                Only = Query.Only.ToHashSet(),
            },
            AgenciesOf(charter),
            now);
        if (!IsDecoy)
        {
            return decision;
        }
        var asks = Link.Type == LinkType.SamePersonMissing;
        return decision with
        {
            TellFirst = asks ? Telling.Nothing : decision.TellFirst,
            TellSecond = asks ? Telling.Nothing : decision.TellSecond,
            FirstReleases = [],
            SecondReleases = [],
        };
    }

    /// <summary>Whether two records may be compared at all.</summary>
    public static bool AreComparable(RoomState state, HeldRecord one, HeldRecord other, DateTimeOffset now) =>
        ConsentEngine.AreComparable(SideOf(state, one, null), SideOf(state, other, null), now);

    /// <summary>Somebody's life is at risk, one of the two says: nothing about it waits for its turn.</summary>
    public bool IsRiskToLife => First.Consent.Caveats.Contains(RoomMessage.RiskToLife) || Second.Consent.Caveats.Contains(RoomMessage.RiskToLife);

    /// <summary>Whether an agency comes first, and is not one of those who are told what the first ones leave.</summary>
    public bool IsFirstInLine(RoomCharter charter, MemberId agency) => charter.Agency(agency) is { } member && Query.Agencies?.Kinds.Contains(member.Kind, StringComparer.Ordinal) == true;

    /// <summary>Countries where a side's own fact lies: of the fact itself, else of the events of exploitation.</summary>
    public static IReadOnlySet<string> JurisdictionsOf(HeldRecord record, Linkage.LinkSide side)
    {
        var countries = record.ExploitedIn.ToHashSet(StringComparer.Ordinal);
        if (side.Jurisdiction.Length > 0)
        {
            _ = countries.Add(side.Jurisdiction);
        }
        return countries;
    }

    /// <summary>Whether the person of a tracing question is the one looked for on this side.</summary>
    private bool IsSearching(HeldRecord record, Linkage.LinkSide side) =>
        Link.Type == LinkType.SamePersonMissing && record.Read().Persons.Any(person => person.PersonKey == side.HolderKey && person.Role == "MissingPerson");

    private FactHolder Holder => Link.Type == LinkType.SamePersonVictim || VictimHolders.Contains(Link.First.HolderRole) || VictimHolders.Contains(Link.Second.HolderRole)
        ? FactHolder.Victim
        : FactHolder.Other;

    /// <summary>A record, and its fact if there is one to look at, as the consent engine sees it.</summary>
    public static LinkSide SideOf(RoomState state, HeldRecord record, Linkage.LinkSide? side) => new(
        record.Consent,
        state.ListingOf(record.Contributor)?.ToStanding() ?? StandingAuthorisation.None,
        side is null ? new HashSet<string>() : JurisdictionsOf(record, side));
}

/// <summary>Turns links into stories: only links that an approved query asks for.</summary>
internal static class StandingQueries
{
    private const string LiveOperation = "LIVE_OPERATION";

    public static IEnumerable<PairStory> Run(RoomCharter charter, RecordShelf shelf, IReadOnlyList<Link> links)
    {
        var queries = charter.Queries.Where(query => query.Kind == QueryKind.Match).SelectMany(query => query.LinkTypes.Select(type => (type, query)))
            .GroupBy(item => item.type, item => item.query, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var link in links)
        {
            if (link.Strength < LinkStrength.Probable || shelf.Find(link.First.Record) is not { } first || shelf.Find(link.Second.Record) is not { } second)
            {
                continue;
            }
            foreach (var type in MeaningsOf(link, first, second, queries.ContainsKey).Prepend(link.Type))
            {
                if (queries.TryGetValue(type.ToString(), out var query))
                {
                    yield return Tell(link with { Type = type }, first, second, query);
                }
            }
        }
    }

    /// <summary>What a link also means, by what the two records say: only what a query asks for is looked at.</summary>
    private static IEnumerable<LinkType> MeaningsOf(Link link, HeldRecord first, HeldRecord second, Predicate<string> isAsked)
    {
        if (link.Type == LinkType.SamePersonVictim)
        {
            if (isAsked(nameof(LinkType.ReTrafficking)) && Exploitations.QuartersBetween(first.Read(), second.Read()) is not null)
            {
                yield return LinkType.ReTrafficking;
            }
            if (isAsked(nameof(LinkType.VictimAsOffender)) && IsAccused(first, link.First) != IsAccused(second, link.Second))
            {
                yield return LinkType.VictimAsOffender;
            }
        }
        else if (link.Type is LinkType.SamePersonSuspect or LinkType.SameAddress or LinkType.SameCaseNumber && isAsked(nameof(LinkType.LiveOperation))
            && (first.Consent.Caveats.Contains(LiveOperation) || second.Consent.Caveats.Contains(LiveOperation)))
        {
            yield return LinkType.LiveOperation;
        }
    }

    private static bool IsAccused(HeldRecord record, Linkage.LinkSide side) =>
        record.Read().Persons.Any(person => person.PersonKey == side.HolderKey && person.Role == "VictimOffender");

    /// <summary>The story of a link that a query asks for, with what speaks against telling it without a person's look.</summary>
    public static PairStory Tell(Link link, HeldRecord first, HeldRecord second, QueryDefinition query)
    {
        var doubt = LinkDoubt.None;
        doubt |= link.Cautions.HasFlag(LinkCautions.PeriodsDisjoint) ? LinkDoubt.PeriodsDisjoint : 0;
        doubt |= link.Cautions.HasFlag(LinkCautions.SharedDocumentDifferentPersons) ? LinkDoubt.DifferentPersons : 0;
        // A pair is two contributors; how many hold what an agency asks for is counted over all its pairs.
        doubt |= query.Answers(link.Type.ToString(), StrengthOf(link), contributors: query.Asking is null ? 2 : query.MinimumContributors, persons: 2) ? 0 : LinkDoubt.Weak;
        return new PairStory(link, first, second, query, doubt);
    }

    public static MatchStrength StrengthOf(Link link) => link.Strength switch
    {
        LinkStrength.Exact => MatchStrength.Exact,
        LinkStrength.Strong => MatchStrength.Strong,
        LinkStrength.Probable => MatchStrength.Probable,
        _ => MatchStrength.Possible,
    };
}
