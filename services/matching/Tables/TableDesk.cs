using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Tables;
using CleanRoom.Matching.Records;

namespace CleanRoom.Matching.Tables;

/// <summary>
/// Releases the charter's tables (DATA.md §4.5, mode K) when their time has come. Each record is looked at for one release only, all tables of it at once: no two releases have a record in common, so that
/// nothing can be got from their difference, whoever comes, goes or takes a consent back in between. A function of the log and the keys, as everything in the enclave.
/// </summary>
internal sealed class TableDesk(RoomId room)
{
    private const long WorstNumber = 1L << 53;
    private const int MostRows = 1024;

    private readonly Dictionary<RecordName, DateTimeOffset> _seen = [];
    private readonly HashSet<RecordName> _done = [];
    private readonly Dictionary<MemberId, Queue<RoomMessage.TableRelease>> _waiting = [];
    private DateTimeOffset? _last;

    /// <summary>Notes what is new, and releases what is due. Once an epoch, after the standing queries.</summary>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="time">Room time: records came late, and the time for a release comes late, whoever sets a clock.</param>
    /// <param name="cancellationToken">Stops.</param>
    public void Close(RoomState state, RecordShelf shelf, RoomTime time, CancellationToken cancellationToken)
    {
        var charter = state.Charter!;
        var tables = charter.Queries.Where(query => query.Table is not null).ToList();
        if (tables.Count == 0)
        {
            return;
        }

        foreach (var record in shelf.All)
        {
            _ = _seen.TryAdd(record.Name, time.Expiring);
            // What was released in entries that are lost, nobody knows: it counts as done.
            if (state.SpentUntil is { } lost && _seen[record.Name] <= lost)
            {
                _ = _done.Add(record.Name);
            }
        }

        var cut = tables[0].Table!.CutAt(time.Opening);
        if (_last is { } last && cut > last)
        {
            var persons = CountedPersons.Of([.. shelf.All.Where(record => IsDue(record, cut, shelf, time))], _done, state, shelf, time, cancellationToken, out var counted);
            _done.UnionWith(counted);
            Post(tables, SafeTables.Count(persons, [.. tables.Select(query => query.Table!)]), cut, charter);
        }

        _last = _last is { } before && before > cut ? before : cut;
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

    private bool IsDue(HeldRecord record, DateTimeOffset cut, RecordShelf shelf, RoomTime time) =>
        !record.IsDecoy && !_done.Contains(record.Name) && _seen[record.Name] < cut && shelf.IsEvaluated(record.Handle)
        && record.Consent.HasVictimOrWitness && IsInForce(record, ConsentPurpose.Aggregate, time) && IsInForce(record, ConsentPurpose.BlindMatch, time);

    private static bool IsInForce(HeldRecord record, ConsentPurpose purpose, RoomTime time) => record.Consent.Grants.Any(grant => grant.Purpose == purpose && time.Expiring < grant.Expires);

    private void Post(List<QueryDefinition> tables, IReadOnlyList<IReadOnlyList<TableRow>> rows, DateTimeOffset until, RoomCharter charter)
    {
        for (var i = 0; i < tables.Count; i++)
        {
            var query = tables[i];
            var told = charter.Members.Where(member => (query.TellsContributors && member is ContributorMember) || (member is AgencyMember agency && query.Agencies?.Kinds.Contains(agency.Kind) == true));
            var pages = PagesOf(new RoomMessage.TableRelease(query.Id, query.Version, query.Table!, until, 1, 1, []), rows[i], charter);
            foreach (var member in told)
            {
                if (!_waiting.TryGetValue(member.Id, out var waiting))
                {
                    _waiting.Add(member.Id, waiting = new());
                }

                foreach (var page in pages)
                {
                    waiting.Enqueue(page);
                }
            }
        }
    }

    /// <summary>The rows in as many messages as the room's one size needs.</summary>
    private List<RoomMessage.TableRelease> PagesOf(RoomMessage.TableRelease release, IReadOnlyList<TableRow> rows, RoomCharter charter)
    {
        // The longest member id there may be, so that all recipients get the same parts.
        var place = new MessagePlace(room, MemberId.Parse(new string('m', MemberId.MaxLength)), WorstNumber, WorstNumber, charter.Simulated);
        var capacity = MessageSeal.Capacity(charter.Epochs.MessageBytes);
        var pages = new List<List<TableRow>> { new() };
        foreach (var row in rows)
        {
            pages[^1].Add(row);
            if (pages[^1].Count > 1 && (pages[^1].Count > MostRows || (release with { Part = MostRows, Parts = MostRows, Rows = pages[^1] }).ToBytes(place).Length > capacity))
            {
                pages[^1].RemoveAt(pages[^1].Count - 1);
                pages.Add([row]);
            }
        }

        return [.. pages.Select((page, i) => release with { Part = i + 1, Parts = pages.Count, Rows = page })];
    }
}
