using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Linkage;
using CleanRoom.Linkage.Models;
using CleanRoom.Records;
using CleanRoom.Records.Matching;
using Google.Protobuf;

namespace CleanRoom.Matching.Records;

/// <summary>
/// All records that the enclave holds, and the index over those that may be compared. A cache of the log: the same entries and keys give the same shelf.
/// </summary>
internal sealed class RecordShelf(RoomModel model, int maxRecords)
{
    private readonly Dictionary<RecordHandle, HeldRecord> _records = [];
    private readonly Dictionary<(MemberId, Guid), RecordHandle> _byId = [];
    private readonly HashSet<(MemberId, Guid, uint)> _seen = [];
    private readonly Dictionary<RecordName, RecordHandle> _byName = [];
    private readonly HashSet<RecordName> _gone = [];
    private readonly HashSet<RecordHandle> _new = [];
    private readonly HashSet<RecordHandle> _again = [];
    private readonly HashSet<RecordHandle> _widening = [];
    private readonly SortedDictionary<RecordHandle, MemberId> _queue = [];
    private readonly Dictionary<(MemberId, string), int> _used = [];
    private readonly Dictionary<MemberId, int> _decoys = [];
    private readonly ConsentPool _consents = new();

    public ILinkageEngine Index { get; } = new LinkageEngine(new LinkageOptions { Model = model, MaxRecords = maxRecords });

    /// <summary>Records that no standing query has run over yet, in no order.</summary>
    public IReadOnlyCollection<RecordHandle> New => _new;

    /// <summary>Records to run the standing queries over: the new ones, and those whose persons have agreed to more since. The latter never make an epoch large enough.</summary>
    public IReadOnlyCollection<RecordHandle> ToEvaluate => _again.Count == 0 ? _new : [.. _new.Union(_again)];

    /// <summary>Whether the standing queries have run over a record since it came, and since its persons last changed what they agree to.</summary>
    public bool IsEvaluated(RecordHandle handle) => !_new.Contains(handle) && !_again.Contains(handle);

    /// <summary>All records.</summary>
    public IReadOnlyCollection<HeldRecord> All => _records.Values;

    /// <summary>The records of a contributor.</summary>
    public IEnumerable<HeldRecord> Of(MemberId contributor) => _records.Values.Where(record => record.Contributor == contributor);

    public HeldRecord? Find(RecordHandle handle) => _records.GetValueOrDefault(handle);

    /// <summary>A contributor's own record by its id.</summary>
    public HeldRecord? Find(MemberId contributor, Guid id) => _byId.TryGetValue((contributor, id), out var handle) ? _records[handle] : null;

    /// <summary>The newest version of a record.</summary>
    public HeldRecord? Find(RecordName name) => _byName.TryGetValue(name, out var handle) ? _records[handle] : null;

    /// <summary>Whether a record was withdrawn or its time is over; not if only its owner's keys are missing.</summary>
    public bool IsGone(RecordName name) => _gone.Contains(name);

    /// <summary>Applies a change of consent to a record's newest version; one that is not here has none.</summary>
    public bool Change(MemberId contributor, RoomAct.ConsentChange change)
    {
        if (!_byId.TryGetValue((contributor, change.Record), out var handle))
        {
            return false;
        }
        _records[handle] = RecordConsents.Change(_records[handle], change);
        _ = _widening.Add(handle);
        return true;
    }

    /// <summary>Lets what persons have agreed to since the last epoch count in full, and has it compared at the next evaluation.</summary>
    public void WidenConsents()
    {
        foreach (var handle in _widening)
        {
            var record = _records[handle];
            _records[handle] = record with { Consent = record.Next!, Next = null };
            if (!_queue.ContainsKey(handle))
            {
                _ = _again.Add(handle);
            }
        }
        _widening.Clear();
    }

    public int CountNewContributors() => _new.Select(handle => _records[handle].Contributor).Distinct().Count();

    public void MarkEvaluated()
    {
        _new.Clear();
        _again.Clear();
    }

    /// <summary>Makes one opened slot ready for <see cref="Put"/>: all the work that needs no look at the shelf, on whatever thread.</summary>
    /// <param name="manifest">Its batch.</param>
    /// <param name="index">Position of the batch.</param>
    /// <param name="slot">What was in it.</param>
    /// <returns>Null without an identity part: there is nothing that may be matched.</returns>
    public ShelfItem? Prepare(BatchEntry manifest, long index, OpenedSlot slot)
    {
        if (slot.Identity is not { } record)
        {
            return null;
        }
        var contributor = manifest.Author!;
        var handle = HandleOf(index, slot.Slot);
        var id = new Guid(record.RecordId.Span, bigEndian: true);
        var deleteBy = record.Retention is { DeleteByDay: > 0 } retention ? DateTimeOffset.UnixEpoch.AddDays(retention.DeleteByDay) : manifest.DeleteBy;
        var whole = new CaseRecordParts(record, slot.Analytic).Join();
        var held = new HeldRecord(
            handle, contributor, id, id, record.RecordVersion, whole.ToByteArray(), _consents.Share(RecordConsents.Of(contributor, whole)), deleteBy < manifest.DeleteBy ? deleteBy : manifest.DeleteBy)
        {
            ExploitedIn = Exploitations.CountriesOf(whole).ToArray(),
            IsDecoy = whole.Decoy,
        };
        return new ShelfItem(
            held, Index.Prepare(handle, whole), record.Supersedes.Length == 16 ? new Guid(record.Supersedes.Span, bigEndian: true) : null, record.ContributorId == contributor.Value)
        {
            HasEvidence = record.Evidence.Length == Digest.Size,
        };
    }

    /// <summary>Puts a record on the shelf.</summary>
    /// <param name="item">The record.</param>
    /// <param name="limited">The charter limits its owner's records a month: it is not compared before <see cref="Admit"/> lets it in.</param>
    /// <param name="mostDecoys">How many decoys a contributor may have.</param>
    /// <param name="needsEvidence">The charter has audits: a record without a commitment is not held.</param>
    /// <returns>False if it is not the contributor's own, its version was there before, it is a decoy too many, or it commits to no case where it must. What is past its time goes at the epoch's end, by room time.</returns>
    public bool Put(ShelfItem item, bool limited = false, int mostDecoys = 0, bool needsEvidence = false)
    {
        var held = item.Record;
        if (!item.IsOwners || (needsEvidence && !item.HasEvidence) || _records.Count >= maxRecords || !_seen.Add((held.Contributor, held.Id, held.Version)))
        {
            return false;
        }
        if (item.Supersedes is { } old && _byId.TryGetValue((held.Contributor, old), out var replaced))
        {
            held = held with { FirstId = _records[replaced].FirstId, IsDecoy = _records[replaced].IsDecoy };
            Take(replaced);
        }
        if (_byId.TryGetValue((held.Contributor, held.Id), out var present))
        {
            if (_records[present].Version >= held.Version)
            {
                return false;
            }
            held = held with { FirstId = _records[present].FirstId, IsDecoy = _records[present].IsDecoy };
            Take(present);
        }
        if (held.IsDecoy)
        {
            var decoys = _decoys.GetValueOrDefault(held.Contributor);
            if (decoys >= mostDecoys)
            {
                return false;
            }
            _decoys[held.Contributor] = decoys + 1;
        }
        _records.Add(held.Handle, held);
        _byId.Add((held.Contributor, held.Id), held.Handle);
        _byName[held.Name] = held.Handle;
        _ = _gone.Remove(held.Name);
        if (limited)
        {
            _queue.Add(held.Handle, held.Contributor);
        }
        else
        {
            LetIn(item.Prepared);
        }
        return true;
    }

    /// <summary>Counts a withdrawn slot, whose ciphertext is gone, against its owner's quota, as it was counted while it was there.</summary>
    public void CountWithdrawn(MemberId contributor, long batchIndex, int slot) => _ = _queue.TryAdd(HandleOf(batchIndex, slot), contributor);

    /// <summary>
    /// Lets in what waits, oldest first, as far as the charter's quotas of the month allow; the rest waits for the next month. At an epoch's end only, by its room
    /// time, so that a replay lets in the same.
    /// </summary>
    /// <param name="recordsPerMonth">The charter's quotas; who has none is not limited.</param>
    /// <param name="roomTime">Of the epoch, for what refills.</param>
    /// <param name="spentUntil">Nobody knows what was let in until then, in entries that are lost: the quota of that month is used up; null if nothing is lost.</param>
    public void Admit(IReadOnlyDictionary<MemberId, int> recordsPerMonth, DateTimeOffset roomTime, DateTimeOffset? spentUntil = null)
    {
        var month = BudgetPeriod.MonthOf(roomTime);
        var isSpent = BudgetPeriod.IsMonthSpent(roomTime, spentUntil);
        foreach (var (handle, contributor) in _queue.ToList())
        {
            var used = _used.GetValueOrDefault((contributor, month));
            if (recordsPerMonth.TryGetValue(contributor, out var most) && (isSpent || used >= most))
            {
                continue;
            }
            _used[(contributor, month)] = used + 1;
            _ = _queue.Remove(handle);
            if (_records.TryGetValue(handle, out var record))
            {
                LetIn(Index.Prepare(handle, record.Read()));
            }
        }
    }

    /// <summary>Takes withdrawn slots off the shelf.</summary>
    public void Withdraw(long batchIndex, int slot) => Take(HandleOf(batchIndex, slot), gone: true);

    /// <summary>Takes everything of an owner off the shelf: its lease is over or its approval has expired.</summary>
    public void TakeAll(MemberId contributor)
    {
        foreach (var handle in Of(contributor).Select(record => record.Handle).ToList())
        {
            Take(handle);
        }
    }

    /// <summary>Takes off what is past its time.</summary>
    public void TakeOverdue(DateTimeOffset roomTime)
    {
        foreach (var handle in _records.Values.Where(record => record.DeleteBy <= roomTime).Select(record => record.Handle).ToList())
        {
            Take(handle, gone: true);
        }
    }

    /// <summary>Position of the batch that a record came with.</summary>
    public static long BatchOf(RecordHandle handle) => handle.Value >> 11;

    private static RecordHandle HandleOf(long batchIndex, int slot) => new((batchIndex << 11) | (long)slot);

    private void LetIn(PreparedRecord record)
    {
        Index.Add(record);
        _ = _new.Add(record.Handle);
    }

    private void Take(RecordHandle handle, bool gone = false)
    {
        if (_records.Remove(handle, out var record))
        {
            _consents.Clear();
            _ = _byName.Remove(record.Name);
            if (record.IsDecoy)
            {
                _decoys[record.Contributor]--;
            }
            _ = _again.Remove(handle);
            _ = _widening.Remove(handle);
            if (gone)
            {
                _ = _gone.Add(record.Name);
            }
            _ = _byId.Remove((record.Contributor, record.Id));
            _ = _new.Remove(handle);
            _ = Index.Remove(handle);
        }
    }
}
