using System.Collections.Frozen;
using CleanRoom.Charter.Log;
using CleanRoom.Linkage;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Records.V1;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Matching.Tables;

/// <summary>A person, once, with what each of her records says.</summary>
/// <param name="Seen">Her records, each with what it says of her.</param>
/// <typeparam name="T">What is read of a record.</typeparam>
internal sealed record OnePerson<T>(IReadOnlyList<(HeldRecord Record, T Said)> Seen);

/// <summary>Makes of records the persons in them, each once: those whom linkage is sure of are one (Strong or better).</summary>
internal static class Persons
{
    private static readonly FrozenSet<string> Roles = FrozenSet.Create(StringComparer.Ordinal, "Victim", "PotentialVictim", "VictimOffender");

    /// <summary>Cases that people have found not to be trafficking match by their suspects and sites, and never count as victims (DATA.md §5, R3).</summary>
    private static readonly FrozenSet<string> NotCounted = FrozenSet.Create(StringComparer.Ordinal, "NotAVictimOfTrafficking", "AtRiskPrevention", "InterceptedBeforeExploitation", "ExploitedNotTrafficked");

    /// <summary>Gives the persons of the records that are due.</summary>
    /// <param name="due">Records to look at, their persons' consent in force.</param>
    /// <param name="done">Records of earlier releases: who is one person with one of theirs was counted.</param>
    /// <param name="read">What is wanted of a record and a person in it.</param>
    /// <param name="state">The room.</param>
    /// <param name="shelf">All records.</param>
    /// <param name="time">Room time.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="counted">Records whose persons were looked at: never again.</param>
    public static IReadOnlyList<OnePerson<T>> Of<T>(
        IReadOnlyList<HeldRecord> due, IReadOnlySet<RecordName> done, Func<CaseRecord, Person, T> read, RoomState state, RecordShelf shelf, RoomTime time, CancellationToken cancellationToken,
        out IReadOnlyList<RecordName> counted)
    {
        var handles = due.Select(record => record.Handle).ToHashSet();
        var persons = new SortedDictionary<(RecordHandle Record, string Key), Seen<T>>();
        foreach (var record in due)
        {
            var content = record.Read();
            if (NotCounted.Contains(content.Determination?.Status ?? ""))
            {
                continue;
            }

            foreach (var person in content.Persons.Where(person => Roles.Contains(person.Role)))
            {
                _ = persons.TryAdd((record.Handle, person.PersonKey), new Seen<T>(record, read(content, person)));
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
            .. persons.Values.GroupBy(person => person.Root, ReferenceEqualityComparer.Instance).Where(group => !((Seen<T>)group.Key!).WasCounted)
                .Select(group => new OnePerson<T>([.. group.Select(person => (person.Record, person.Said))])),
        ];

        Seen<T>? FindOf(Linkage.LinkSide side) => persons.GetValueOrDefault((side.Record, side.HolderKey));
    }

    /// <summary>A person in a record; joined with those who are the same.</summary>
    private sealed class Seen<T>(HeldRecord record, T said)
    {
        private Seen<T>? _parent;
        private bool _wasCounted;

        public HeldRecord Record { get; } = record;

        public T Said { get; } = said;

        public Seen<T> Root => _parent is null ? this : _parent = _parent.Root;

        public bool WasCounted
        {
            get => Root._wasCounted;
            set => Root._wasCounted = value;
        }

        public void Join(Seen<T> other)
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
