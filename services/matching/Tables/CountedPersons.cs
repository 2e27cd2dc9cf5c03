using System.Collections.Frozen;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Tables;
using CleanRoom.Linkage;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Matching;
using CleanRoom.Records.V1;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Matching.Tables;

/// <summary>Makes of records the persons who are counted, each once: those whom linkage is sure of are one (Strong or better).</summary>
internal static class CountedPersons
{
    private const string Unknown = "Unknown";
    private const string Several = "Several";

    private static readonly FrozenSet<string> Roles = FrozenSet.Create(StringComparer.Ordinal, "Victim", "PotentialVictim", "VictimOffender");

    /// <summary>Cases that people have found not to be trafficking match by their suspects and sites, and never count as victims (DATA.md §5, R3).</summary>
    private static readonly FrozenSet<string> NotCounted = FrozenSet.Create(StringComparer.Ordinal, "NotAVictimOfTrafficking", "AtRiskPrevention", "InterceptedBeforeExploitation", "ExploitedNotTrafficked");

    private static readonly FrozenDictionary<string, (CodeList List, Func<CaseRecord, Person, IEnumerable<string>> Of)> Attributes =
        new Dictionary<string, (CodeList, Func<CaseRecord, Person, IEnumerable<string>>)>(StringComparer.Ordinal)
        {
            ["ageBand"] = (CodeLists.Get("ageBand"), (_, person) => [person.AgeBand]),
            ["citizenship"] = (CodeLists.Get("country"), (_, person) => person.Citizenship),
            ["country"] = (CodeLists.Get("country"), (record, _) => Exploitations.CountriesOf(record)),
            ["exit"] = (CodeLists.Get("exitMode"), (record, _) => record.Exploitation.Select(item => item.ExitMode)),
            ["gender"] = (CodeLists.Get("gender"), (_, person) => [person.Gender]),
            ["relation"] = (CodeLists.Get("recruiterRelation"), (record, _) => record.Exploitation.SelectMany(item => item.RecruiterRelation)),
            ["sector"] = (CodeLists.Get("sectorIsicSection"), (record, _) => record.Exploitation.Select(item => item.SectorSection)),
            ["type"] = (CodeLists.Get("exploitationType"), (record, _) => record.Exploitation.SelectMany(item => item.Types_)),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Gives the persons of the records that are due.</summary>
    /// <param name="due">Records to look at, their persons' consent in force.</param>
    /// <param name="done">Records of earlier releases: who is one person with one of theirs was counted.</param>
    /// <param name="state">The room.</param>
    /// <param name="shelf">All records.</param>
    /// <param name="time">Room time.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="counted">Records whose persons were looked at: never again.</param>
    public static IReadOnlyList<CountedPerson> Of(
        IReadOnlyList<HeldRecord> due, IReadOnlySet<RecordName> done, RoomState state, RecordShelf shelf, RoomTime time, CancellationToken cancellationToken, out IReadOnlyList<RecordName> counted)
    {
        var handles = due.Select(record => record.Handle).ToHashSet();
        var persons = new SortedDictionary<(RecordHandle Record, string Key), Seen>();
        foreach (var record in due)
        {
            var content = record.Read();
            if (NotCounted.Contains(content.Determination?.Status ?? ""))
            {
                continue;
            }

            foreach (var person in content.Persons.Where(person => Roles.Contains(person.Role)))
            {
                _ = persons.TryAdd((record.Handle, person.PersonKey), new Seen(record.Contributor, Attributes.ToDictionary(item => item.Key, item => ValuesOf(item.Value.List, item.Value.Of(content, person)))));
            }
        }

        foreach (var link in shelf.Index.FindLinks(
            handles, (a, b) => shelf.Find(a) is { } one && shelf.Find(b) is { } other && PairStory.AreComparable(state, one, other, time.Expiring), cancellationToken).Links
            .Where(link => link.Type == LinkType.SamePersonVictim && link.Strength >= LinkStrength.Strong))
        {
            var (first, second) = (FindOf(link.First), FindOf(link.Second));
            if (first is not null && second is not null)
            {
                first.Join(second);
            }
            else if ((first ?? second) is { } one && shelf.Find(first is null ? link.First.Record : link.Second.Record) is { } before && done.Contains(before.Name))
            {
                one.Root.WasCounted = true;
            }
        }

        counted = [.. persons.Keys.Select(key => shelf.Find(key.Record)!.Name).Distinct()];
        return
        [
            .. persons.Values.GroupBy(person => person.Root, ReferenceEqualityComparer.Instance).Where(group => !((Seen)group.Key!).WasCounted).Select(group => new CountedPerson(
                Attributes.Keys.ToDictionary(name => name, name => One(group.SelectMany(person => person.Values[name])), StringComparer.Ordinal),
                [.. group.Select(person => person.Contributor).Distinct().Order()])),
        ];

        Seen? FindOf(Linkage.LinkSide side) => persons.GetValueOrDefault((side.Record, side.HolderKey));
    }

    /// <summary>Codes of the list only: no word of a record stands in a table.</summary>
    private static IReadOnlyList<string> ValuesOf(CodeList list, IEnumerable<string> codes) => [.. codes.Where(code => code != Unknown && list.Contains(code)).Distinct(StringComparer.Ordinal)];

    /// <summary>Everybody stands in one row, so that rows add up to their total.</summary>
    private static string One(IEnumerable<string> values) => values.Distinct(StringComparer.Ordinal).Take(2).ToList() switch
    {
        [] => Unknown,
        [var only] => only,
        _ => Several,
    };

    /// <summary>A person in a record; joined with those who are the same.</summary>
    private sealed class Seen(MemberId contributor, IReadOnlyDictionary<string, IReadOnlyList<string>> values)
    {
        private Seen? _parent;
        private bool _wasCounted;

        public MemberId Contributor { get; } = contributor;

        public IReadOnlyDictionary<string, IReadOnlyList<string>> Values { get; } = values;

        public Seen Root => _parent is null ? this : _parent = _parent.Root;

        public bool WasCounted
        {
            get => Root._wasCounted;
            set => Root._wasCounted = value;
        }

        public void Join(Seen other)
        {
            var (one, two) = (Root, other.Root);
            if (one != two)
            {
                one._wasCounted |= two._wasCounted;
                two._parent = one;
            }
        }
    }
}
