using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Records;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using SignedCheckpoint = CleanRoom.Cryptography.SignedCheckpoint;

namespace CleanRoom.Client.Uploads;

/// <summary>
/// Seals and uploads a contributor's records, and withdraws them. Nothing about a person is sealed without a live grant. Every batch is on disk, sealed and signed,
/// before it is sent: a run that was killed goes on with the same bytes, and no record stands twice. One uploader for a profile and room at a time.
/// </summary>
public sealed class Uploader
{
    private const int ChunkSize = 60 << 10;
    private const int MaxReference = 64;
    private const int ConflictAttempts = 20;

    private readonly RoomClient _room;
    private readonly UploadJournal _journal;
    private readonly ReceiptStore _receipts;

    /// <summary>Makes an uploader.</summary>
    /// <param name="room">The room, connected.</param>
    public Uploader(RoomClient room)
    {
        ArgumentNullException.ThrowIfNull(room);
        _room = room;
        _journal = new UploadJournal(room.Memory.Folder);
        _receipts = new ReceiptStore(room.Memory.Folder);
    }

    private MemberId Member => _room.Profile.Member;

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
        var state = new Run(progress, ledger, batches);

        var resumed = await SettleJournalAsync(state, cancellationToken).ConfigureAwait(false);
        RequireKnownBatches(ledger);
        Reconcile(ledger);
        var (items, withdraw, plan) = Plan(import, ledger);
        state.Total = items.Count;
        foreach (var chunk in Chunks(items))
        {
            state.Report(UploadStep.Sealing);
            var batch = Seal(chunk, dataset, recordKey, cancellationToken);
            await SendAsync(batch, state, cancellationToken).ConfigureAwait(false);
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
        return Plan(import, RecordLedger.Open(_room.Memory.Folder)).Plan;
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
        return await SettleJournalAsync(new Run(progress, RecordLedger.Open(_room.Memory.Folder), []), cancellationToken).ConfigureAwait(false);
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
        await SettleJournalAsync(new Run(null, ledger, []), cancellationToken).ConfigureAwait(false);
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
        await SettleJournalAsync(new Run(null, ledger, []), cancellationToken).ConfigureAwait(false);
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
                receipt = await FinaliseAsync(receipt, cancellationToken).ConfigureAwait(false);
                _receipts.Save(receipt, manifest);
            }

            result.Add(Judge(receipt, manifest));
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

    private (List<SealItem> Items, List<LedgerRecord> Withdraw, UploadPlan Plan) Plan(ImportResult import, RecordLedger ledger)
    {
        var today = DateOnly.FromDateTime(_room.Checkpoint.Time.Expiring.UtcDateTime);
        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        var items = new List<SealItem>();
        var withdraw = new List<LedgerRecord>();
        int fresh = 0, changed = 0, unchanged = 0, notSealed = 0, aggregate = 0;
        foreach (var row in import.Rows)
        {
            if (row.AggregateOnly)
            {
                aggregate++;
                continue;
            }

            var reference = row.Record.ContributorRecordRef;
            if (reference.Length is 0 or > MaxReference)
            {
                throw new ClientException(ClientProblem.BadData, $"Row {row.RowNumber}: the record's own reference must have 1 to 64 characters: name another column with --ref.");
            }

            if (!rows.TryAdd(reference, row.RowNumber))
            {
                throw new ClientException(
                    ClientProblem.BadData, $"Rows {rows[reference]} and {row.RowNumber} have the same reference: each record needs its own; mend the file, or name another column with --ref.");
            }

            // The file was read by this machine's clock; what counts is the room's. Both must find the grant live.
            var now = SealDecision.For(row.Record, today);
            var seal = new SealDecision(row.Seal.Identity && now.Identity, row.Seal.Analytic && now.Analytic, now.Reason);
            var known = ledger.Find(reference);
            if (!seal.Any)
            {
                notSealed++;
                if (known is { Withdrawn: false, Slots.Count: > 0 })
                {
                    withdraw.Add(known);
                }

                continue;
            }

            var content = ContentDigest.Of(row.Record, seal);
            if (known is { Withdrawn: false } && known.Content == content)
            {
                unchanged++;
                continue;
            }

            var (id, version) = known switch
            {
                null or { Withdrawn: true } => (RecordIds.Random(), 1),
                { IsReserved: true } => (known.RecordId, known.Version),
                _ => (known.RecordId, known.Version + 1),
            };
            _ = version == 1 ? fresh++ : changed++;
            items.Add(MakeItem(row.Record, seal, reference, id, version, content));
        }

        return (items, withdraw, new UploadPlan(fresh, changed, unchanged, notSealed, withdraw.Count, aggregate));
    }

    private SealItem MakeItem(CaseRecord record, SealDecision seal, string reference, Guid id, int version, string content)
    {
        var copy = record.Clone();
        copy.ContributorId = Member.Value;
        copy.RecordId = ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
        copy.RecordVersion = (uint)version;
        copy.Supersedes = version > 1 ? copy.RecordId : ByteString.Empty;
        var parts = CaseRecordParts.Split(copy);
        return new SealItem(reference, id, version, content, seal.Identity ? parts.Identity : null, seal.Analytic ? parts.Analytic : null);
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
    private async Task<int> SettleJournalAsync(Run run, CancellationToken cancellationToken)
    {
        var records = 0;
        foreach (var batch in _journal.Read())
        {
            run.Report(UploadStep.Resuming);
            if (_room.State.Batches.ContainsKey(batch.Entry.Batch))
            {
                await AcceptAsync(batch, _room.State.Batches[batch.Entry.Batch].Index, run, cancellationToken).ConfigureAwait(false);
                records += batch.Records.Count;
            }
            else if ((await FindUploadAsync(batch, cancellationToken).ConfigureAwait(false)).Index is not null || IsCurrent(batch))
            {
                await SendAsync(batch, run, cancellationToken).ConfigureAwait(false);
                records += batch.Records.Count;
            }
            else
            {
                // Charter, key or previous batch have moved on: the log would ignore it. Same ids, sealed anew, so that not even a late copy doubles a record.
                GiveUp(batch, run.Ledger);
            }
        }

        return records;
    }

    private bool IsCurrent(SealedBatch batch) =>
        batch.Entry.Charter == _room.Charter.Hash
        && _room.State.CurrentKey(Member, KeyPurpose.Record) is { } key && key.Key.Id == batch.Entry.Key
        && _room.State.LastBatchOf(Member)?.LeafHash == batch.Entry.Previous;

    /// <summary>Where ingestion stands with a batch; it knows nothing of one that was never begun.</summary>
    private async Task<(long? Index, int NextPart)> FindUploadAsync(SealedBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            var upload = await _room.Ingestion.GetUploadAsync(
                new GetUploadRequest { Room = _room.Room.ToString(), Batch = batch.Entry.Batch.ToString() }, cancellationToken: cancellationToken).ConfigureAwait(false);
            return (upload.HasIndex ? (long)upload.Index : null, (int)upload.NextPart);
        }
        catch (CleanRoomException exception) when (exception.Reason == ErrorReason.NotFound)
        {
            return (null, 0);
        }
    }

    private async Task SendAsync(SealedBatch batch, Run run, CancellationToken cancellationToken)
    {
        run.Report(UploadStep.Sending);
        var index = await DeliverAsync(batch, run, cancellationToken).ConfigureAwait(false);
        if (!_receipts.Contains(batch.Entry.Batch))
        {
            _receipts.Save(Receipt.Provisional(batch.Manifest, index, _room.Simulated), batch.Manifest);
        }

        run.Report(UploadStep.Cosigning);
        await _room.WaitForAsync(index, cancellationToken).ConfigureAwait(false);
        if (!_room.State.Batches.ContainsKey(batch.Entry.Batch))
        {
            var reason = _room.OutcomeOf(batch.Entry.Id)?.Reason ?? IgnoredReason.None;
            GiveUp(batch, run.Ledger);
            throw new ClientException(
                ClientProblem.NotPermitted, $"The log ignores the batch ({reason}): run \"cleanroom room status\" to see keys and roles, then upload again; no record was doubled.");
        }

        await AcceptAsync(batch, index, run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends what ingestion does not have yet. A stream that was cut off a moment ago may still hold the batch: then it is asked again.</summary>
    private async Task<long> DeliverAsync(SealedBatch batch, Run run, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var (known, nextPart) = await FindUploadAsync(batch, cancellationToken).ConfigureAwait(false);
                return known ?? await StreamAsync(batch, nextPart, run, cancellationToken).ConfigureAwait(false);
            }
            catch (CleanRoomException exception) when (exception.Reason == ErrorReason.Conflict && attempt < ConflictAttempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), _room.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<long> StreamAsync(SealedBatch batch, int nextPart, Run run, CancellationToken cancellationToken)
    {
        if (nextPart > batch.Lengths.Count)
        {
            throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion answered a part that the batch does not have.");
        }

        using var parts = new FileStream(batch.PartsPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        parts.Seek(batch.Lengths.Take(nextPart).Sum(length => (long)length), SeekOrigin.Begin);
        using var call = _room.Ingestion.UploadBatch(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(
            new UploadBatchRequest { Start = new UploadStart { Room = _room.Room.ToString(), Manifest = ByteString.CopyFrom(batch.Manifest.Leaf.Span) } }, cancellationToken).ConfigureAwait(false);
        var buffer = new byte[ChunkSize];
        for (var part = nextPart; part < batch.Lengths.Count; part++)
        {
            for (var offset = 0; offset < batch.Lengths[part];)
            {
                var count = Math.Min(ChunkSize, batch.Lengths[part] - offset);
                await parts.ReadExactlyAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
                await call.RequestStream.WriteAsync(
                    new UploadBatchRequest
                    {
                        Chunk = new UploadChunk
                        {
                            Part = (uint)part,
                            Offset = (uint)offset,
                            Data = ByteString.CopyFrom(buffer, 0, count),
                            Last = offset + count == batch.Lengths[part],
                        },
                    },
                    cancellationToken).ConfigureAwait(false);
                offset += count;
                run.Bytes += count;
            }

            if (part % 64 == 63)
            {
                run.Report(UploadStep.Sending);
            }
        }

        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        return (long)(await call.ResponseAsync.ConfigureAwait(false)).Index;
    }

    /// <summary>Receipt first, then the record map, then the journal: a crash in between repeats steps that change nothing.</summary>
    private async Task AcceptAsync(SealedBatch batch, long index, Run run, CancellationToken cancellationToken)
    {
        var receipt = await FinaliseAsync(Receipt.Provisional(batch.Manifest, index, _room.Simulated), cancellationToken).ConfigureAwait(false);
        _receipts.Save(receipt, batch.Manifest);
        foreach (var record in batch.Records)
        {
            var slot = new RecordSlot(batch.Entry.Batch, record.Slot);
            var known = run.Ledger.Find(record.Reference);
            var slots = known is not null && known.RecordId == record.RecordId ? known.Slots : [];
            if (!slots.Contains(slot))
            {
                run.Ledger.Put(new LedgerRecord(record.Reference, record.RecordId, record.Version, record.Content, [.. slots, slot], Withdrawn: false));
            }
        }

        run.Ledger.Save();
        UploadJournal.Remove(batch);
        run.Records += batch.Records.Count;
        run.Batches.Add(Judge(receipt, batch.Manifest));
        run.Report(UploadStep.Sending);
    }

    private static void GiveUp(SealedBatch batch, RecordLedger ledger)
    {
        foreach (var record in batch.Records)
        {
            var known = ledger.Find(record.Reference);
            if (known is null or { Withdrawn: true })
            {
                ledger.Put(new LedgerRecord(record.Reference, record.RecordId, record.Version, "", [], Withdrawn: false));
            }
        }

        ledger.Save();
        UploadJournal.Remove(batch);
    }

    private async Task<Receipt> FinaliseAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        var response = await _room.Ingestion.GetInclusionAsync(
            new GetInclusionRequest { Room = _room.Room.ToString(), Index = (ulong)receipt.Index }, cancellationToken: cancellationToken).ConfigureAwait(false);
        var path = new List<Digest>();
        foreach (var step in response.Proof?.Path ?? [])
        {
            path.Add(Digest.TryFromBytes(step.Span, out var digest) ? digest : throw WrongProof());
        }

        if (!SignedCheckpoint.TryParse(response.Proof?.Checkpoint?.Note, out var note))
        {
            throw WrongProof();
        }

        var final = receipt.Finalised(note, path);
        return _room.State.CharterAtSize(note.Checkpoint.Size) is { } charter && final.Verify(charter) == ReceiptStatus.Final ? final : throw WrongProof();

        static CleanRoomException WrongProof() => new(
            ErrorReason.DataLoss, "Ingestion's proof that the batch stands in the log does not verify.", "proof", "Tell the operator and the other members; the batch is kept and goes on next time.");
    }

    private BatchReceipt Judge(Receipt receipt, SignedEntry manifest)
    {
        var charter = receipt.Checkpoint is { } note ? _room.State.CharterAtSize(note.Checkpoint.Size) ?? _room.Charter : _room.Charter;
        return new BatchReceipt(receipt, receipt.Verify(charter, manifest), ((BatchEntry)manifest.Entry).Slots);
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

    /// <summary>One run's counters.</summary>
    private sealed class Run(IProgress<UploadProgress>? progress, RecordLedger ledger, List<BatchReceipt> batches)
    {
        public RecordLedger Ledger { get; } = ledger;

        public List<BatchReceipt> Batches { get; } = batches;

        public int Total { get; set; }

        public int Records { get; set; }

        public long Bytes { get; set; }

        public void Report(UploadStep step) => progress?.Report(new UploadProgress(step, Records, Total, Bytes));
    }
}
