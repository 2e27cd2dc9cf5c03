using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Audits;
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
    private readonly BatchPreparer _preparer;
    private readonly BatchSender _sender;

    /// <summary>Makes an uploader.</summary>
    /// <param name="room">The room, connected.</param>
    public Uploader(RoomClient room)
    {
        ArgumentNullException.ThrowIfNull(room);
        _room = room;
        _journal = new UploadJournal(room.Memory.Folder);
        _receipts = new ReceiptStore(room.Memory.Folder);
        _preparer = new BatchPreparer(room, _journal);
        _sender = new BatchSender(room, _receipts);
    }

    private MemberId Member => _room.Profile.Member;

    private DateOnly Today => DateOnly.FromDateTime(_room.Checkpoint.Time.Expiring.UtcDateTime);

    /// <summary>Records that are held in memory at a time.</summary>
    internal int Window { get; init; } = UploadWindow.Records;

    /// <summary>Reads a file once to its end, without connecting, sealing or sending: what is wrong with its references is said before anything leaves.</summary>
    /// <param name="profile">The member.</param>
    /// <param name="room">A room that the profile has joined.</param>
    /// <param name="rows">The rows, in file order, as <see cref="ImportSession.RowsAsync"/> gives them; none is kept.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ClientException">A reference is missing, longer than 64 characters or doubled.</exception>
    public static async Task<PlannedUpload> PlanAsync(MemberProfile profile, RoomId room, IAsyncEnumerable<ImportedRow> rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(rows);
        var planned = new PlannedUpload();
        var planner = new UploadPlanner(RecordLedger.Open(profile.OpenRoom(room).Folder), today: null);
        await foreach (var row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (UploadPlanner.IsRecord(row))
            {
                planned.Add(row);
            }

            if (planner.Take(row) is { MayBeAudited: false })
            {
                planned.RowWithoutEvidence ??= row.RowNumber;
            }
        }

        planned.Plan = planner.Plan;
        return planned;
    }

    /// <summary>Plans and uploads a file that was imported whole: for files that fit into memory several times over.</summary>
    /// <param name="import">The file as read by <see cref="CaseImporter"/>.</param>
    /// <param name="datasetManifest">The dataset manifest's JSON; its digest goes into the log.</param>
    /// <param name="progress">Told about each step; null for nobody.</param>
    /// <param name="cancellationToken">Stops between chunks; the next run goes on.</param>
    /// <exception cref="ClientException">A question is open (DecisionNeeded), a reference is missing or doubled, the charter is not in force, or keys are missing.</exception>
    /// <exception cref="CleanRoomException">Ingestion refused, or the witnesses did not cosign in time: what was sent is kept and goes on next time.</exception>
    public async Task<UploadResult> UploadAsync(
        ImportResult import, ReadOnlyMemory<byte> datasetManifest, IProgress<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(import);
        if (import.NeedsProfile is { } question)
        {
            throw new ClientException(ClientProblem.DecisionNeeded, $"{question.Question} Closest profile: {question.ClosestProfile}.");
        }

        var planned = await PlanAsync(_room.Profile, _room.Room, import.Rows.ToAsyncEnumerable(), cancellationToken).ConfigureAwait(false);
        return await UploadAsync(planned, import.Rows.ToAsyncEnumerable(), datasetManifest, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Seals and uploads what is new or changed, and withdraws records whose grant has ended. The rows are taken as they come: of a file of any length a window of
    /// 8,192 records (or 64 MiB of them) is in memory, and is put into random order before it is sealed; and a map of a few hundred bytes for each reference.
    /// </summary>
    /// <param name="planned">The file as <see cref="PlanAsync"/> read it; used up by this call.</param>
    /// <param name="rows">The same rows once more, from the first one: open the file anew.</param>
    /// <param name="datasetManifest">The dataset manifest's JSON; its digest goes into the log.</param>
    /// <param name="progress">Told about each step; null for nobody.</param>
    /// <param name="cancellationToken">Stops between chunks; the next run goes on.</param>
    /// <exception cref="ClientException">The charter is not in force, keys are missing, or the rows are not those that were planned: what was sent before is kept.</exception>
    /// <exception cref="CleanRoomException">Ingestion refused, or the witnesses did not cosign in time: what was sent is kept and goes on next time.</exception>
    public async Task<UploadResult> UploadAsync(
        PlannedUpload planned, IAsyncEnumerable<ImportedRow> rows, ReadOnlyMemory<byte> datasetManifest, IProgress<UploadProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(planned);
        ArgumentNullException.ThrowIfNull(rows);
        var dataset = CanonicalJson.TryCanonicalize(datasetManifest.Span, out var canonical)
            ? Digest.Of(canonical)
            : throw new ClientException(ClientProblem.BadData, "The dataset manifest is not one strict JSON object in UTF-8: compare it with samples/manifest_a.json.");
        using var held = _room.Memory.Lock("upload");

        // A connection may be old: nothing is sealed for a room that has been rolled back, forked or given another charter meanwhile.
        await _room.SyncAsync(cancellationToken).ConfigureAwait(false);
        _room.RequireInForce();
        _ = _preparer.RequireKeys();
        if (_room.Charter.Audits is not null && planned.RowWithoutEvidence is { } missing)
        {
            throw WithoutEvidence(missing);
        }

        var ledger = RecordLedger.Open(_room.Memory.Folder);
        var batches = new List<BatchReceipt>();
        var state = new UploadRun(progress, ledger, batches) { Total = planned.Plan.ToSend };

        var resumed = await SettleJournalAsync(state, cancellationToken).ConfigureAwait(false);
        RequireKnownBatches(ledger);
        Reconcile(ledger);
        var planner = new UploadPlanner(ledger, Today);
        var window = new UploadWindow(Window);
        await foreach (var row in rows.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            RequirePlanned(!UploadPlanner.IsRecord(row) || planned.Take(row));
            if (planner.Take(row) is { } record)
            {
                window.Add(_room.Charter.Audits is null || record.MayBeAudited ? record.ToItem(_room.Room, Member) : throw WithoutEvidence(row.RowNumber));
            }

            if (window.IsFull)
            {
                await SendAsync(window.Leave(), dataset, state, cancellationToken).ConfigureAwait(false);
            }
        }

        RequirePlanned(planned.IsUsedUp);
        await SendAsync(window.Leave(), dataset, state, cancellationToken).ConfigureAwait(false);
        state.Report(UploadStep.Withdrawing);
        RandomNumberGenerator.Shuffle(CollectionsMarshal.AsSpan(planner.Withdraw));
        await WithdrawAsync(planner.Withdraw, ledger, cancellationToken).ConfigureAwait(false);
        return new UploadResult(planner.Plan, resumed, batches, state.Bytes, planner.Withdraw.Count);
    }

    /// <summary>Records of this profile that stand in the room and are not withdrawn.</summary>
    public int CountLiveRecords() => RecordLedger.Open(_room.Memory.Folder).Records.Count(record => record is { Withdrawn: false, Slots.Count: > 0 });

    /// <summary>Marks references as decoys before they are uploaded: made-up cases that only the enclave knows as such, and that tell this contributor who touches them.</summary>
    /// <param name="references">The contributor's own references; what is marked stays marked.</param>
    /// <returns>References marked now; those marked before are not counted.</returns>
    /// <exception cref="ClientException">The charter allows no decoys or fewer, or a reference stands in the room as a real case: nothing was marked.</exception>
    public int MarkDecoys(IReadOnlyCollection<string> references)
    {
        ArgumentNullException.ThrowIfNull(references);
        using var held = _room.Memory.Lock("upload");
        var ledger = RecordLedger.Open(_room.Memory.Folder);
        if (references.Any(reference => ledger.Find(reference) is { IsDecoy: false } known && (known.Content.Length > 0 || known.Slots.Count > 0)))
        {
            throw new ClientException(ClientProblem.BadData, "A reference was uploaded as a real case: a decoy needs one of its own. Nothing was marked.");
        }

        var added = references.Distinct(StringComparer.Ordinal).Where(reference => ledger.Find(reference)?.IsDecoy != true).ToList();
        var most = _room.Charter.Quotas.Decoys;
        if (ledger.Records.Count(record => record is { IsDecoy: true, Withdrawn: false }) + added.Count > most)
        {
            throw new ClientException(ClientProblem.BadData, most == 0 ? "The charter allows no decoys (quotas.decoys)." : $"The charter allows {most} decoys at a time: withdraw some. Nothing was marked.");
        }

        foreach (var reference in added)
        {
            ledger.Put((ledger.Find(reference) ?? new LedgerRecord(reference, RandomUuid.New(), 1, "", [], Withdrawn: false)) with { IsDecoy = true });
        }

        ledger.Save();
        return added.Count;
    }

    /// <summary>
    /// Keeps where cases stand in the contributor's own files, before they are uploaded: their records carry a commitment to it, which tells nobody anything before this contributor opens it for the
    /// charter's auditor. What is kept already stays as it is; a record that stands in the room and is filed elsewhere now gets a new version with the next upload.
    /// </summary>
    /// <param name="cases">By the contributor's own reference.</param>
    /// <returns>References that were not known, or are filed elsewhere now.</returns>
    /// <exception cref="ClientException">A reference, number or consent reference is empty or too long: nothing was kept.</exception>
    public int KeepEvidence(IReadOnlyDictionary<string, CaseEvidence> cases)
    {
        ArgumentNullException.ThrowIfNull(cases);
        using var held = _room.Memory.Lock("upload");
        var ledger = RecordLedger.Open(_room.Memory.Folder);
        if (cases.Any(item => !Fits(item.Key) || !Fits(item.Value.CaseNumber) || !Fits(item.Value.Consent)))
        {
            throw new ClientException(ClientProblem.BadData, "A reference, case number and consent reference has 1 to 64 characters each. Nothing was kept.");
        }

        var changed = 0;
        foreach (var (reference, facts) in cases)
        {
            var known = ledger.Find(reference) ?? new LedgerRecord(reference, RandomUuid.New(), 1, "", [], Withdrawn: false);
            if (known.Evidence is [.., var newest] && newest.Facts == facts)
            {
                continue;
            }

            ledger.Put(known with { Evidence = [.. known.Evidence, LedgerEvidence.New(facts)] });
            changed++;
        }

        ledger.Save();
        return changed;

        static bool Fits(string text) => text.Length is > 0 and <= CaseEvidence.MaxText;
    }

    private static ClientException WithoutEvidence(int row) => new(
        ClientProblem.BadData, $"Row {row}: the charter has audits, and nobody has said where this case is filed: keep intake day and consent reference of every case with \"cleanroom records evidence FILE\" first.");

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
        var charter = profile.CharterOf(room).Charter;
        var charters = memory.ReadCharters();
        return [.. new ReceiptStore(memory.Folder).Read().Select(item =>
        {
            // Which version's witnesses cosigned is not in the receipt: one of the charters that were in force must fit.
            var statuses = charters.Select(version => item.Receipt.Verify(version.Charter, item.Manifest)).ToList();
            var status = statuses.Contains(ReceiptStatus.Final) ? ReceiptStatus.Final : item.Receipt.Verify(charter, item.Manifest);
            return new BatchReceipt(item.Receipt, status, ((BatchEntry)item.Manifest.Entry).Slots);
        })];
    }

    /// <summary>What was checked is what is sent: a file that changes in between could bring a reference twice.</summary>
    private static void RequirePlanned(bool isPlanned)
    {
        if (!isPlanned)
        {
            throw new ClientException(
                ClientProblem.BadData, "The file has changed while it was read: let no other program write it, then upload it again; no record is doubled.");
        }
    }

    /// <summary>Seals each batch while the one before it is sent. Each lies in the journal, whole and naming the one before, until the log has it.</summary>
    private async Task SendAsync(IEnumerable<SealItem[]> batches, Digest dataset, UploadRun run, CancellationToken cancellationToken)
    {
        (SealedBatch Batch, SealItem[] Items)? ready = null;
        foreach (var items in batches)
        {
            run.Report(UploadStep.Sealing);
            var terms = _preparer.Terms(items, dataset, ready?.Batch.Manifest.LeafHash ?? _room.State.LastBatchOf(Member)?.LeafHash);
            var sealing = Task.Run(() => _preparer.Seal(terms, items, cancellationToken), CancellationToken.None);
            try
            {
                await SendAsync(ready, dataset, run, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                // Nothing may touch the journal once this run has ended.
                await ((Task)sealing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }

            ready = (await sealing.ConfigureAwait(false), items);
        }

        await SendAsync(ready, dataset, run, cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync((SealedBatch Batch, SealItem[] Items)? ready, Digest dataset, UploadRun run, CancellationToken cancellationToken)
    {
        if (ready is not var (batch, items))
        {
            return;
        }

        if (!_preparer.IsCurrent(batch))
        {
            // Charter or key have moved on since: the log would ignore it.
            BatchSender.GiveUp(batch, run.Ledger);
            batch = _preparer.Seal(_preparer.Terms(items, dataset, _room.State.LastBatchOf(Member)?.LeafHash), items, cancellationToken);
        }

        await _sender.SendAsync(batch, run, cancellationToken).ConfigureAwait(false);
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
            else if ((await _sender.FindUploadAsync(batch, cancellationToken).ConfigureAwait(false)).Index is not null || _preparer.IsCurrent(batch))
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

    /// <summary>
    /// After a recovery: records whose newest version stood in a batch that is lost are no longer taken for uploaded, so that the next upload of the same file seals them again, under their ids.
    /// </summary>
    /// <returns>How many.</returns>
    internal int ForgetLost()
    {
        using var held = _room.Memory.Lock("upload");
        var ledger = RecordLedger.Open(_room.Memory.Folder);
        var pending = _journal.Read().Select(batch => batch.Entry.Batch).ToHashSet();
        var lost = ledger.Records.Where(record => record is { Withdrawn: false, Slots.Count: > 0 } && IsLost(record.Slots[^1])).ToList();
        foreach (var record in lost)
        {
            ledger.Put(record with { Content = "", Slots = [.. record.Slots.Where(slot => !IsLost(slot))] });
        }

        ledger.Save();
        return lost.Count;

        bool IsLost(RecordSlot slot) => !_room.State.Batches.ContainsKey(slot.Batch) && !pending.Contains(slot.Batch);
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
