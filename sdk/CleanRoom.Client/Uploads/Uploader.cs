using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Records.Import;
using CleanRoom.Transport;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// Seals and uploads a contributor's records, and withdraws them. Nothing about a person is sealed without a live grant. Every batch is on disk, sealed and signed,
/// before it is sent: a run that was killed goes on with the same bytes, and no record stands twice. One uploader for a profile and room at a time.
/// </summary>
public sealed class Uploader
{
    private readonly RoomClient _room;
    private readonly UploadJournal _journal;
    private readonly ReceiptStore _receipts;
    private readonly BatchSender _sender;

    /// <summary>Makes an uploader.</summary>
    /// <param name="room">The room, connected.</param>
    public Uploader(RoomClient room)
    {
        ArgumentNullException.ThrowIfNull(room);
        _room = room;
        _journal = new UploadJournal(room.Memory.Folder);
        _receipts = new ReceiptStore(room.Memory.Folder);
        _sender = new BatchSender(room, _receipts);
    }

    private MemberId Member => _room.Profile.Member;

    private DateOnly Today => DateOnly.FromDateTime(_room.Checkpoint.Time.Expiring.UtcDateTime);

    /// <summary>Seals and uploads what is new or changed, and withdraws records whose grant has ended.</summary>
    /// <param name="import">The file as read by <see cref="CaseImporter"/>.</param>
    /// <param name="datasetManifest">The dataset manifest's JSON; its digest goes into the log.</param>
    /// <param name="progress">Told about each step; null for nobody.</param>
    /// <param name="cancellationToken">Stops between chunks; the next run goes on.</param>
    /// <exception cref="ClientException">A question is open (DecisionNeeded), the charter is not in force, or keys are missing.</exception>
    /// <exception cref="CleanRoomException">Ingestion refused, or the witnesses did not cosign in time: what was sent is kept and goes on next time.</exception>
    public async Task<UploadResult> UploadAsync(
        ImportResult import, ReadOnlyMemory<byte> datasetManifest, IProgress<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(import);
        if (import.NeedsProfile is { } question)
        {
            throw new ClientException(ClientProblem.DecisionNeeded, $"{question.Question} Closest profile: {question.ClosestProfile}.");
        }

        var dataset = CanonicalJson.TryCanonicalize(datasetManifest.Span, out var canonical)
            ? Digest.Of(canonical)
            : throw new ClientException(ClientProblem.BadData, "The dataset manifest is not one strict JSON object in UTF-8: compare it with samples/manifest_a.json.");
        using var held = _room.Memory.Lock("upload");

        // A connection may be old: nothing is sealed for a room that has been rolled back, forked or given another charter meanwhile.
        await _room.SyncAsync(cancellationToken).ConfigureAwait(false);
        _room.RequireInForce();
        var recordKey = RequireKeys();
        var ledger = RecordLedger.Open(_room.Memory.Folder);
        var batches = new List<BatchReceipt>();
        var state = new UploadRun(progress, ledger, batches);

        var resumed = await SettleJournalAsync(state, cancellationToken).ConfigureAwait(false);
        RequireKnownBatches(ledger);
        Reconcile(ledger);
        var (items, withdraw, plan) = UploadPlanner.Plan(import, ledger, Member, Today);
        state.Total = items.Count;
        foreach (var chunk in Chunks(items))
        {
            state.Report(UploadStep.Sealing);
            var batch = Seal(chunk, dataset, recordKey, cancellationToken);
            await _sender.SendAsync(batch, state, cancellationToken).ConfigureAwait(false);
        }

        state.Report(UploadStep.Withdrawing);
        await WithdrawAsync(withdraw, ledger, cancellationToken).ConfigureAwait(false);
        return new UploadResult(plan, resumed, batches, state.Bytes, withdraw.Count);
    }

    /// <summary>Says what <see cref="UploadAsync"/> would do, without sealing or sending.</summary>
    /// <param name="import">The file as read by <see cref="CaseImporter"/>.</param>
    public UploadPlan Plan(ImportResult import)
    {
        ArgumentNullException.ThrowIfNull(import);
        return UploadPlanner.Plan(import, RecordLedger.Open(_room.Memory.Folder), Member, Today).Plan;
    }

    /// <summary>Records of this profile that stand in the room and are not withdrawn.</summary>
    public int CountLiveRecords() => RecordLedger.Open(_room.Memory.Folder).Records.Count(record => record is { Withdrawn: false, Slots.Count: > 0 });

    /// <summary>Finishes what earlier runs had sealed.</summary>
    /// <param name="progress">Told about each step; null for nobody.</param>
    /// <param name="cancellationToken">Stops; the next run goes on.</param>
    /// <returns>Records of batches that are now accepted.</returns>
    public async Task<int> ResumeAsync(IProgress<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        using var held = _room.Memory.Lock("upload");
        return await SettleJournalAsync(new UploadRun(progress, RecordLedger.Open(_room.Memory.Folder), []), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Withdraws records for ever: their ciphertext is deleted at once, and their ids never return.</summary>
    /// <param name="references">The contributor's own references.</param>
    /// <param name="cancellationToken">Stops; what was withdrawn stays withdrawn.</param>
    /// <returns>Records withdrawn now; those withdrawn before are not counted.</returns>
    /// <exception cref="ClientException">A reference is not known here: nothing was withdrawn.</exception>
    public async Task<int> WithdrawAsync(IReadOnlyCollection<string> references, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(references);
        using var held = _room.Memory.Lock("upload");
        var ledger = RecordLedger.Open(_room.Memory.Folder);
        await SettleJournalAsync(new UploadRun(null, ledger, []), cancellationToken).ConfigureAwait(false);
        Reconcile(ledger);
        var unknown = references.Count(reference => ledger.Find(reference) is null or { Slots.Count: 0 });
        if (unknown > 0)
        {
            throw new ClientException(
                ClientProblem.NoInput, $"{unknown} of {references.Count} references were never uploaded by this profile: check them; nothing was withdrawn.");
        }

        var records = references.Distinct(StringComparer.Ordinal).Select(reference => ledger.Find(reference)!).Where(record => !record.Withdrawn).ToList();
        await WithdrawAsync(records, ledger, cancellationToken).ConfigureAwait(false);
        return records.Count;
    }

    /// <summary>Withdraws every record of this profile for ever: for a contributor that leaves the room.</summary>
    /// <param name="cancellationToken">Stops; what was withdrawn stays withdrawn.</param>
    /// <returns>Records withdrawn now.</returns>
    public async Task<int> WithdrawAllAsync(CancellationToken cancellationToken)
    {
        using var held = _room.Memory.Lock("upload");
        var ledger = RecordLedger.Open(_room.Memory.Folder);
        await SettleJournalAsync(new UploadRun(null, ledger, []), cancellationToken).ConfigureAwait(false);
        Reconcile(ledger);
        var records = ledger.Records.Where(record => record is { Withdrawn: false, Slots.Count: > 0 }).ToList();
        await WithdrawAsync(records, ledger, cancellationToken).ConfigureAwait(false);
        return records.Count;
    }

    /// <summary>Withdraws every slot of the batches in the log that this profile does not know: for a member whose profile was lost.</summary>
    /// <param name="cancellationToken">Stops; what was withdrawn stays withdrawn.</param>
    /// <returns>Batches withdrawn.</returns>
    public async Task<int> WithdrawUnknownAsync(CancellationToken cancellationToken)
    {
        using var held = _room.Memory.Lock("upload");
        var unknown = UnknownBatches(RecordLedger.Open(_room.Memory.Folder));
        foreach (var batch in unknown)
        {
            await TombstoneAsync(
                [.. Enumerable.Range(0, batch.Manifest.Slots).Select(slot => new RecordSlot(batch.Manifest.Batch, slot))], cancellationToken).ConfigureAwait(false);
        }

        return unknown.Count;
    }

    /// <summary>Gives the receipts kept here, and makes provisional ones final where the log is cosigned by now.</summary>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<IReadOnlyList<BatchReceipt>> GetReceiptsAsync(CancellationToken cancellationToken)
    {
        var result = new List<BatchReceipt>();
        foreach (var (kept, manifest) in _receipts.Read())
        {
            var receipt = kept;
            if (receipt.Checkpoint is null && receipt.Index < _room.Checkpoint.Size)
            {
                receipt = await _sender.FinaliseAsync(receipt, cancellationToken).ConfigureAwait(false);
                _receipts.Save(receipt, manifest);
            }

            result.Add(_sender.Judge(receipt, manifest));
        }

        return result;
    }

    /// <summary>Verifies the receipts of a profile offline, by the charters that the profile keeps.</summary>
    /// <param name="profile">The member.</param>
    /// <param name="room">The room.</param>
    /// <exception cref="ClientException">The profile has not joined the room.</exception>
    public static IReadOnlyList<BatchReceipt> VerifyOffline(MemberProfile profile, RoomId room)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var memory = profile.OpenRoom(room);
        var charter = memory.FindCharter()?.Charter
            ?? throw new ClientException(ClientProblem.Configuration, $"{profile.Member} has not joined room {room}: run \"cleanroom room join CHARTER\" with the signed charter.");
        var charters = memory.ReadCharters();
        return [.. new ReceiptStore(memory.Folder).Read().Select(item =>
        {
            // Which version's witnesses cosigned is not in the receipt: one of the charters that were in force must fit.
            var statuses = charters.Select(version => item.Receipt.Verify(version.Charter, item.Manifest)).ToList();
            var status = statuses.Contains(ReceiptStatus.Final) ? ReceiptStatus.Final : item.Receipt.Verify(charter, item.Manifest);
            return new BatchReceipt(item.Receipt, status, ((BatchEntry)item.Manifest.Entry).Slots);
        })];
    }

    private static IEnumerable<List<SealItem>> Chunks(List<SealItem> items)
    {
        var largest = BatchEntry.SlotCounts[^1];
        for (var start = 0; start < items.Count; start += largest)
        {
            yield return items.GetRange(start, Math.Min(largest, items.Count - start));
        }
    }

    private MemberKey RequireKeys()
    {
        if (_room.Charter.Contributor(Member) is null)
        {
            throw new ClientException(ClientProblem.NotPermitted, $"{Member} is not a contributor of this room: only contributors upload records.");
        }

        return _room.State.CurrentKey(Member, KeyPurpose.Record)
            ?? throw new ClientException(ClientProblem.Configuration, $"The room holds no record key of {Member}: run \"cleanroom room register\".");
    }

    private SealedBatch Seal(List<SealItem> items, Digest dataset, MemberKey key, CancellationToken cancellationToken)
    {
        var checkpoint = _room.Checkpoint;
        var terms = new BatchTerms(
            _room.Room, Member, _room.Charter.Hash, new LogPosition(checkpoint.Size, checkpoint.Root), dataset, DeleteBy(items), key.Key, key.Period,
            _room.State.LastBatchOf(Member)?.LeafHash);
        var batch = BatchId.From(RecordIds.Random());
        using var uploader = _room.Profile.OpenPersonKey(PersonRoles.Uploader);
        return _journal.Add(batch, parts =>
        {
            var (entry, lengths) = BatchSealer.Seal(terms, items, (RoomClient.NewEntryId(), batch), parts, cancellationToken);
            _ = SignedEntry.TryParse(entry.Sign(uploader), out var manifest, out _);
            return (manifest!, lengths, [.. items.Select((item, slot) => new SealedRecord(item.Reference, item.RecordId, item.Version, item.Content, slot))]);
        });
    }

    /// <summary>The latest day that a record of the batch names, never beyond the charter's ceiling; the enclave holds each record to its own day besides.</summary>
    private DateTimeOffset DeleteBy(List<SealItem> items)
    {
        var ceiling = _room.Charter.Retention.Ceiling.After(_room.Checkpoint.Time.Opening);
        var latest = items.TrueForAll(item => item.DeleteByDay > 0)
            ? DateTimeOffset.UnixEpoch.AddDays(items.Max(item => item.DeleteByDay))
            : ceiling;
        var deleteBy = latest < ceiling ? latest : ceiling;
        return DateTimeOffset.FromUnixTimeSeconds(deleteBy.ToUnixTimeSeconds());
    }

    /// <summary>Brings every batch of the journal to an end: accepted, or given up with its ids reserved.</summary>
    private async Task<int> SettleJournalAsync(UploadRun run, CancellationToken cancellationToken)
    {
        var records = 0;
        foreach (var batch in _journal.Read())
        {
            run.Report(UploadStep.Resuming);
            if (_room.State.Batches.ContainsKey(batch.Entry.Batch))
            {
                await _sender.AcceptAsync(batch, _room.State.Batches[batch.Entry.Batch].Index, run, cancellationToken).ConfigureAwait(false);
                records += batch.Records.Count;
            }
            else if ((await _sender.FindUploadAsync(batch, cancellationToken).ConfigureAwait(false)).Index is not null || IsCurrent(batch))
            {
                await _sender.SendAsync(batch, run, cancellationToken).ConfigureAwait(false);
                records += batch.Records.Count;
            }
            else
            {
                // Charter, key or previous batch have moved on: the log would ignore it. Same ids, sealed anew, so that not even a late copy doubles a record.
                BatchSender.GiveUp(batch, run.Ledger);
            }
        }

        return records;
    }

    private bool IsCurrent(SealedBatch batch) =>
        batch.Entry.Charter == _room.Charter.Hash
        && _room.State.CurrentKey(Member, KeyPurpose.Record) is { } key && key.Key.Id == batch.Entry.Key
        && _room.State.LastBatchOf(Member)?.LeafHash == batch.Entry.Previous;

    private List<LoggedBatch> UnknownBatches(RecordLedger ledger)
    {
        var known = ledger.Records.SelectMany(record => record.Slots).Select(slot => slot.Batch).Concat(_journal.Read().Select(batch => batch.Entry.Batch)).ToHashSet();
        return [.. _room.State.Batches.Values.Where(batch =>
            batch.Contributor == Member && !known.Contains(batch.Manifest.Batch) && !_receipts.Contains(batch.Manifest.Batch) && batch.Withdrawn.Count() < batch.Manifest.Slots)];
    }

    private void RequireKnownBatches(RecordLedger ledger)
    {
        if (UnknownBatches(ledger) is { Count: > 0 } unknown)
        {
            throw new ClientException(
                ClientProblem.Configuration,
                $"The room holds {unknown.Count} batches of {Member} that this profile did not upload: their records would be doubled; use the profile that uploaded them, or withdraw them with \"cleanroom records withdraw --unknown\".");
        }
    }

    /// <summary>What the log says is withdrawn is withdrawn, also if this program was killed before it could write that down.</summary>
    private void Reconcile(RecordLedger ledger)
    {
        var changed = false;
        foreach (var record in ledger.Records.Where(record => record is { Withdrawn: false, Slots.Count: > 0 }).ToList())
        {
            if (record.Slots.All(slot => _room.State.Batches.TryGetValue(slot.Batch, out var batch) && batch.IsWithdrawn(slot.Slot)))
            {
                ledger.Put(record with { Withdrawn = true });
                changed = true;
            }
        }

        if (changed)
        {
            ledger.Save();
        }
    }

    private async Task WithdrawAsync(List<LedgerRecord> records, RecordLedger ledger, CancellationToken cancellationToken)
    {
        var slots = records.SelectMany(record => record.Slots)
            .Where(slot => !_room.State.Batches.TryGetValue(slot.Batch, out var batch) || !batch.IsWithdrawn(slot.Slot)).ToList();
        for (var start = 0; start < slots.Count; start += TombstoneEntry.MaxRecords)
        {
            await TombstoneAsync(slots.GetRange(start, Math.Min(TombstoneEntry.MaxRecords, slots.Count - start)), cancellationToken).ConfigureAwait(false);
        }

        foreach (var record in records)
        {
            ledger.Put(record with { Withdrawn = true });
        }

        if (records.Count > 0)
        {
            ledger.Save();
        }
    }

    private async Task TombstoneAsync(IReadOnlyList<RecordSlot> slots, CancellationToken cancellationToken)
    {
        using var uploader = _room.Profile.OpenPersonKey(PersonRoles.Uploader);
        await _room.AppendAsync(new TombstoneEntry(_room.Room, RoomClient.NewEntryId(), Member, slots), uploader, cancellationToken).ConfigureAwait(false);
    }
}
