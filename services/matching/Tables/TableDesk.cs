using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Groups;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Tables;
using CleanRoom.Matching.Disclosures;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;

namespace CleanRoom.Matching.Tables;

/// <summary>
/// Releases the charter's tables (DATA.md §4.5, mode K) and groups when their time has come. Each record is looked at for one release only, all tables of it at once: no two releases of tables, or of the same
/// groups, have a record in common, so that nothing can be got from their difference, whoever comes, goes or takes a consent back in between. A function of the log and the keys, as everything in the enclave.
/// </summary>
internal sealed class TableDesk(RoomId room)
{
    private const int MostInPart = 1024;

    private readonly Dictionary<RecordName, DateTimeOffset> _seen = [];
    private readonly Round _tables = new();
    private readonly Dictionary<GroupBy, Round> _groups = [];
    private readonly Dictionary<MemberId, Queue<RoomMessage>> _waiting = [];

    /// <summary>Notes what is new, and releases what is due. Once an epoch, after the standing queries.</summary>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="time">Room time: records came late, and the time for a release comes late, whoever sets a clock.</param>
    /// <param name="cancellationToken">Stops.</param>
    public void Close(RoomState state, RecordShelf shelf, RoomTime time, CancellationToken cancellationToken)
    {
        var charter = state.Charter!;
        var tables = charter.Queries.Where(query => query.Table is not null).ToList();
        var groups = charter.Queries.Where(query => query.Group is not null).ToList();
        if (tables.Count + groups.Count == 0)
        {
            return;
        }

        foreach (var record in shelf.All)
        {
            _ = _seen.TryAdd(record.Name, time.Expiring);
        }

        if (tables.Count > 0 && _tables.Open(tables[0].Table!.Period, time) is { } cut)
        {
            var due = Due(_tables, cut, state, shelf).Where(record => record.Consent.HasVictimOrWitness && IsInForce(record, ConsentPurpose.Aggregate, time) && IsInForce(record, ConsentPurpose.BlindMatch, time));
            var persons = Persons.Of([.. due], _tables.Done, CountedPersons.Read, state, shelf, time, cancellationToken, out var counted).Select(CountedPersons.Of).ToList();
            _tables.Done.UnionWith(counted);
            Post(tables, SafeTables.Count(persons, [.. tables.Select(query => query.Table!)]), cut, charter);
        }

        foreach (var query in groups)
        {
            Release(query, state, shelf, time, cancellationToken);
        }
    }

    /// <summary>Takes parts that wait for a recipient, as many as fit.</summary>
    public IReadOnlyList<RoomMessage> Take(MemberId recipient, int most)
    {
        var taken = new List<RoomMessage>();
        while (taken.Count < most && _waiting.TryGetValue(recipient, out var parts) && parts.TryDequeue(out var part))
        {
            taken.Add(part);
        }

        return taken;
    }

    /// <summary>
    /// What this enclave computed is not what the log binds, so that it may have counted others than were counted then. Two versions of one table can be subtracted: nothing that waits is told any more.
    /// </summary>
    public void Drop() => _waiting.Clear();

    private void Release(QueryDefinition query, RoomState state, RecordShelf shelf, RoomTime time, CancellationToken cancellationToken)
    {
        var terms = query.Group!;
        if (!_groups.TryGetValue(terms.By, out var round))
        {
            _groups.Add(terms.By, round = new());
        }

        if (round.Open(terms.Period, time) is not { } cut)
        {
            return;
        }

        var due = Due(round, cut, state, shelf).Where(record => ConsentEngine.MayBeInGroup(PairStory.SideOf(state, record, null), terms.Needs, time.Expiring));
        var persons = Persons.Of([.. due], round.Done, (content, person) => GroupFinder.Read(terms.By, content, person), state, shelf, time, cancellationToken, out var counted);
        round.Done.UnionWith(counted);
        var found = GroupFinder.Find(query, persons, state, time);
        foreach (var member in found.SelectMany(group => group.Recipients).Distinct().Order())
        {
            var told = found.Where(group => group.Recipients.Contains(member)).Select(group => group.Told).ToList();
            Queue(member, PagesOf(told, (part, parts, groups) => new RoomMessage.Groups(query.Id, query.Version, terms, cut, part, parts, groups), state.Charter!));
        }
    }

    private IEnumerable<HeldRecord> Due(Round round, DateTimeOffset cut, RoomState state, RecordShelf shelf)
    {
        foreach (var record in shelf.All)
        {
            // What was released in entries that are lost, nobody knows: it counts as done.
            if (state.SpentUntil is { } lost && _seen[record.Name] <= lost)
            {
                _ = round.Done.Add(record.Name);
            }
        }

        return shelf.All.Where(record => !record.IsDecoy && !round.Done.Contains(record.Name) && _seen[record.Name] < cut && shelf.IsEvaluated(record.Handle));
    }

    private static bool IsInForce(HeldRecord record, ConsentPurpose purpose, RoomTime time) => record.Consent.Grants.Any(grant => grant.Purpose == purpose && time.Expiring < grant.Expires);

    private void Post(List<QueryDefinition> tables, IReadOnlyList<IReadOnlyList<TableRow>> rows, DateTimeOffset until, RoomCharter charter)
    {
        for (var i = 0; i < tables.Count; i++)
        {
            var query = tables[i];
            var told = charter.Members.Where(member => (query.TellsContributors && member is ContributorMember) || (member is AgencyMember agency && query.Agencies?.Kinds.Contains(agency.Kind) == true));
            var pages = PagesOf(rows[i], (part, parts, page) => new RoomMessage.TableRelease(query.Id, query.Version, query.Table!, until, part, parts, page), charter);
            foreach (var member in told)
            {
                Queue(member.Id, pages);
            }
        }
    }

    private void Queue(MemberId member, IReadOnlyList<RoomMessage> pages)
    {
        if (!_waiting.TryGetValue(member, out var waiting))
        {
            _waiting.Add(member, waiting = new());
        }

        foreach (var page in pages)
        {
            waiting.Enqueue(page);
        }
    }

    private IReadOnlyList<RoomMessage> PagesOf<T>(IReadOnlyList<T> rows, Func<int, int, IReadOnlyList<T>, RoomMessage> make, RoomCharter charter) =>
        Pages.Of(make, rows, MostInPart, room, Pages.Anybody, charter);

    /// <summary>The releases of what could be subtracted from each other: one for each period, with records of its own.</summary>
    private sealed class Round
    {
        private DateTimeOffset? _last;

        /// <summary>Records of releases so far.</summary>
        public HashSet<RecordName> Done { get; } = [];

        /// <summary>Until when records count that are released now; null if it is not yet time. Nothing is released at once: what was there before the charter asked waits for the end of a period too.</summary>
        public DateTimeOffset? Open(TablePeriod period, RoomTime time)
        {
            var cut = TableTerms.CutAt(period, time.Opening);
            var isDue = _last is { } last && cut > last;
            _last = _last is { } before && before > cut ? before : cut;
            return isDue ? cut : null;
        }
    }
}
