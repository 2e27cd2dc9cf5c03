using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Groups;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Records.Matching;
using CleanRoom.Records.V1;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Matching.Tables;

/// <summary>A group that may be told, and whom.</summary>
internal sealed record FoundGroup(ToldGroup Told, IReadOnlyList<MemberId> Recipients);

/// <summary>What one record says of a person that puts her into a group.</summary>
/// <param name="Key">What the others of the group say too; never told.</param>
/// <param name="Codes">What some of them may have in common besides; none where the key is all.</param>
/// <param name="Places">Regions in order.</param>
/// <param name="Quarters">When.</param>
internal sealed record Trait(string Key, IReadOnlyList<string> Codes, IReadOnlyList<Region> Places, IReadOnlyList<string> Quarters);

/// <summary>
/// Finds groups of persons who have something in common that identifies nobody (DATA.md §4.2, Q10, Q12 and Q13). What puts a person into a group is what one record says, so that nobody changes another's by a record of its own;
/// one group is told to all who are told, so that no two of them can subtract.
/// </summary>
internal static class GroupFinder
{
    /// <summary>So many different sets of codes between two countries are compared, the most frequent ones; the others meet their like only. Who brings more slows nobody down.</summary>
    private const int MostProfiles = 2048;

    /// <summary>Finds the groups of a query, each person at most once in each, in an order that hangs on nothing else.</summary>
    /// <param name="query">A query of groups.</param>
    /// <param name="persons">Each once, with what each record says.</param>
    /// <param name="state">The room.</param>
    /// <param name="time">Room time.</param>
    public static IReadOnlyList<FoundGroup> Find(QueryDefinition query, IReadOnlyList<OnePerson<IReadOnlyList<Trait>>> persons, RoomState state, RoomTime time)
    {
        var found = new List<FoundGroup>();
        foreach (var group in Members(persons, state))
        {
            if (query.Group!.By == GroupBy.Place)
            {
                // A record that names another region than the others does not choose what is told.
                var regions = group.SelectMany(member => member.Said.Places).Distinct().Where(place => place.Admin1 is not null).ToList();
                Add(group, [], [regions is [var only] ? only : new Region(group[0].Said.Places[0].Country, null)], group[0].Said.Quarters);
                continue;
            }

            if (query.Group.By == GroupBy.Pattern)
            {
                foreach (var cluster in Clusters(group))
                {
                    Add(cluster, [], [], []);
                }

                continue;
            }

            // A code is told if those who have it could be told of alone; the group is all who have such a code, so that every way to look at it is safe.
            var codes = group.SelectMany(member => member.Said.Codes).Distinct(StringComparer.Ordinal)
                .Where(code => query.Group!.IsSafe(HoldersOf(group.Where(member => member.Said.Codes.Contains(code))))).Order(StringComparer.Ordinal).ToList();
            if (codes.Count == 0)
            {
                continue;
            }

            Add(group.Where(member => member.Said.Codes.Intersect(codes, StringComparer.Ordinal).Any()), codes, group[0].Said.Places, group[0].Said.Quarters);
        }

        return [.. found.OrderBy(item => item.Told.Id, StringComparer.Ordinal)];

        void Add(IEnumerable<Member> group, IReadOnlyList<string> codes, IReadOnlyList<Region> places, IReadOnlyList<string> quarters)
        {
            var members = group.ToList();
            var holders = HoldersOf(members);
            if (!query.Group!.IsSafe(holders) || RecipientsOf(query, [.. members.Select(member => member.Record).DistinctBy(record => record.Name)], state, time) is not { Count: > 0 } recipients)
            {
                return;
            }

            var id = ToldGroup.IdOf(query.Id, members.Select(member => (member.Record.Contributor, member.Record.FirstId)).Distinct());
            found.Add(new FoundGroup(new ToldGroup(id, ToldGroup.BandOf(GroupTerms.LeastWithoutOne(holders)), codes, places, quarters), recipients));
        }
    }

    /// <summary>What is read of a record for a query.</summary>
    /// <param name="by">What persons of its groups have in common.</param>
    /// <param name="content">The record.</param>
    /// <param name="person">A person in it.</param>
    public static IReadOnlyList<Trait> Read(GroupBy by, CaseRecord content, Person person)
    {
        if (by == GroupBy.Pattern)
        {
            return Patterns.Of(content, person) is { } pattern ? [new Trait($"{pattern.From} {pattern.To}", pattern.Codes, [], [])] : [];
        }

        if (by == GroupBy.Place)
        {
            return [.. Stays.Of(content).Select(stay => new Trait($"{stay.Month} {stay.Country} {stay.Where}", [], [new Region(stay.Country, stay.Admin1)], QuartersOf(stay.Month, 1)))];
        }

        return Routes.Of(content) is not { } route ? [] :
        [
            new Trait(
                $"{route.HalfYear} {string.Join(' ', route.Points.Select(point => $"{point.Country}/{point.Admin1}"))}", route.Codes, [.. route.Points.Select(point => new Region(point.Country, point.Admin1))],
                QuartersOf(route.HalfYear, 6)),
        ];
    }

    private static IEnumerable<IEnumerable<Member>> Clusters(IReadOnlyList<Member> group)
    {
        var profiles = group.GroupBy(member => string.Join(' ', member.Said.Codes), StringComparer.Ordinal)
            .OrderByDescending(profile => profile.Select(member => member.Person).Distinct().Count()).ThenBy(profile => profile.Key, StringComparer.Ordinal).Select(profile => profile.ToList()).ToList();
        return Patterns.Cluster([.. profiles.Select(profile => profile[0].Said.Codes)], MostProfiles).Select(cluster => cluster.SelectMany(number => profiles[number]));
    }

    private static IEnumerable<IReadOnlyList<Member>> Members(IReadOnlyList<OnePerson<IReadOnlyList<Trait>>> persons, RoomState state) =>
        persons.SelectMany((person, number) => person.Seen.SelectMany(seen => seen.Said.Select(trait => new Member(number, seen.Record, trait))))
            .GroupBy(member => member.Said.Key, StringComparer.Ordinal).Select(group => Listed([.. group], state)).Where(group => group.Count > 0);

    /// <summary>Without the records of who lists no other contributor of the group that lists it too: a stranger's records neither make up a group nor keep it from the others.</summary>
    private static IReadOnlyList<Member> Listed(IReadOnlyList<Member> group, RoomState state)
    {
        var contributors = group.Select(member => member.Record.Contributor).Distinct().ToDictionary(contributor => contributor, contributor => StandingOf(contributor, state));
        return [.. group.Where(member => contributors.Any(other => contributors[member.Record.Contributor].Contributors.Contains(other.Key) && other.Value.Contributors.Contains(member.Record.Contributor)))];
    }

    private static IReadOnlyCollection<IReadOnlyCollection<MemberId>> HoldersOf(IEnumerable<Member> members) =>
        [.. members.GroupBy(member => member.Person).Select(person => (IReadOnlyCollection<MemberId>)[.. person.Select(member => member.Record.Contributor).Distinct()])];

    /// <summary>Whom every record of the group lets know: of the contributors those that hold one of them. Nobody, if one of them may not be compared with another contributor's at all.</summary>
    private static List<MemberId> RecipientsOf(QueryDefinition query, IReadOnlyList<HeldRecord> records, RoomState state, RoomTime time)
    {
        var (needed, now) = (query.Group!.Needs, time.Expiring);
        var sides = records.Select(record => PairStory.SideOf(state, record, null)).ToList();
        var contributors = records.Select(record => record.Contributor).Distinct().Order().ToList();
        if (!sides.TrueForAll(side => contributors.TrueForAll(other => other == side.Record.Contributor || ConsentEngine.MayBeCompared(side, other, now))))
        {
            return [];
        }

        return
        [
            .. query.TellsContributors
                ? contributors.Where(told => sides.TrueForAll(side => ConsentEngine.LetsGroupReach(side, told, StandingOf(told, state), needed, now)))
                : [],
            .. PairStory.AgenciesOf(state.Charter!).Where(agency => query.Agencies?.Kinds.Contains(agency.Kind, StringComparer.Ordinal) == true && sides.TrueForAll(side => ConsentEngine.LetsGroupReach(side, agency, now)))
                .Select(agency => agency.Id),
        ];
    }

    private static StandingAuthorisation StandingOf(MemberId contributor, RoomState state) => state.ListingOf(contributor)?.ToStanding() ?? StandingAuthorisation.None;

    private static IReadOnlyList<string> QuartersOf(int window, int months) =>
    [
        .. new[] { window * months, ((window + 1) * months) - 1 }.Select(month => BudgetPeriod.QuarterOf(new DateTimeOffset(month / 12, (month % 12) + 1, 1, 0, 0, 0, TimeSpan.Zero))).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>A person in a group, by one record.</summary>
    private readonly record struct Member(int Person, HeldRecord Record, Trait Said);
}
