using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;
using SignedCheckpoint = CleanRoom.Cryptography.SignedCheckpoint;

namespace CleanRoom.Client.Uploads;

/// <summary>Brings sealed batches into the log: resumes where ingestion stands, waits for the witnesses, keeps receipts.</summary>
internal sealed class BatchSender(RoomClient room, ReceiptStore receipts)
{
    private const int ChunkSize = 60 << 10;
    private const int MessageSize = 256 << 10;
    private const int MostAttempts = 20;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    /// <summary>Where ingestion stands with a batch; it knows nothing of one that was never begun.</summary>
    public async Task<(long? Index, int NextPart)> FindUploadAsync(SealedBatch batch, CancellationToken cancellationToken)
    {
        try
        {
            var upload = await room.Ingestion.GetUploadAsync(
                new GetUploadRequest { Room = room.Room.ToString(), Batch = batch.Entry.Batch.ToString() }, cancellationToken: cancellationToken).ConfigureAwait(false);
            return (upload.HasIndex ? (long)upload.Index : null, (int)upload.NextPart);
        }
        catch (CleanRoomException exception) when (exception.Reason == ErrorReason.NotFound)
        {
            return (null, 0);
        }
    }

    /// <summary>Sends a batch and waits until it stands in the cosigned log.</summary>
    public async Task SendAsync(SealedBatch batch, UploadRun run, CancellationToken cancellationToken)
    {
        run.Report(UploadStep.Sending);
        var index = await DeliverAsync(batch, run, cancellationToken).ConfigureAwait(false);
        if (!receipts.Contains(batch.Entry.Batch))
        {
            receipts.Save(Receipt.Provisional(batch.Manifest, index, room.Simulated), batch.Manifest);
        }

        run.Report(UploadStep.Cosigning);
        await room.WaitForAsync(index, cancellationToken).ConfigureAwait(false);
        if (!room.State.Batches.ContainsKey(batch.Entry.Batch))
        {
            var reason = room.OutcomeOf(batch.Entry.Id)?.Reason ?? IgnoredReason.None;
            GiveUp(batch, run.Ledger);
            throw new ClientException(
                ClientProblem.NotPermitted, $"The log ignores the batch ({reason}): run \"cleanroom room status\" to see keys and roles, then upload again; no record was doubled.");
        }

        await AcceptAsync(batch, index, run, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends what ingestion does not have yet. A stream that was cut off a moment ago may still hold the batch: then it is asked again.</summary>
    private async Task<long> DeliverAsync(SealedBatch batch, UploadRun run, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var (known, nextPart) = await FindUploadAsync(batch, cancellationToken).ConfigureAwait(false);
                return known ?? await StreamAsync(batch, nextPart, run, cancellationToken).ConfigureAwait(false);
            }
            catch (CleanRoomException exception) when (exception.Reason == ErrorReason.Conflict && attempt < MostAttempts)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250), room.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (CleanRoomException exception) when (exception is { Reason: ErrorReason.RateLimited or ErrorReason.ResourceExhausted, RetryAfter: { } wait }
                && wait >= TimeSpan.Zero && wait <= LongestWait && attempt < MostAttempts)
            {
                // The service has too much to do and says when to come back.
                await Task.Delay(wait, room.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<long> StreamAsync(SealedBatch batch, int nextPart, UploadRun run, CancellationToken cancellationToken)
    {
        if (nextPart > batch.Lengths.Count)
        {
            throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion answered a part that the batch does not have.");
        }

        using var parts = new FileStream(batch.PartsPath, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        parts.Seek(batch.Lengths.Take(nextPart).Sum(length => (long)length), SeekOrigin.Begin);
        using var call = room.Ingestion.UploadBatch(cancellationToken: cancellationToken);
        await call.RequestStream.WriteAsync(
            new UploadBatchRequest { Start = new UploadStart { Room = room.Room.ToString(), Manifest = ByteString.CopyFrom(batch.Manifest.Leaf.Span) } }, cancellationToken).ConfigureAwait(false);
        for (var part = nextPart; part < batch.Lengths.Count;)
        {
            part = batch.Lengths[part] <= ChunkSize
                ? await WritePartsAsync(call.RequestStream, parts, batch.Lengths, part, run, cancellationToken).ConfigureAwait(false)
                : await WriteChunksAsync(call.RequestStream, parts, batch.Lengths[part], part, run, cancellationToken).ConfigureAwait(false);
            run.Report(UploadStep.Sending);
        }

        await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        return (long)(await call.ResponseAsync.ConfigureAwait(false)).Index;
    }

    /// <summary>Sends as many whole parts as fit into one message: a message for each would cost many times what sealing does.</summary>
    /// <returns>The part after them.</returns>
    private static async Task<int> WritePartsAsync(
        IClientStreamWriter<UploadBatchRequest> stream, FileStream file, IReadOnlyList<int> lengths, int part, UploadRun run, CancellationToken cancellationToken)
    {
        var message = new UploadParts { First = (uint)part };
        var bytes = 0;
        for (; part < lengths.Count && lengths[part] <= ChunkSize && bytes + lengths[part] <= MessageSize; part++)
        {
            var data = new byte[lengths[part]];
            await file.ReadExactlyAsync(data, cancellationToken).ConfigureAwait(false);
            message.Data.Add(UnsafeByteOperations.UnsafeWrap(data));
            bytes += data.Length;
        }

        await stream.WriteAsync(new UploadBatchRequest { Parts = message }, cancellationToken).ConfigureAwait(false);
        run.Bytes += bytes;
        return part;
    }

    /// <summary>Sends a part that is too long for a chunk.</summary>
    /// <returns>The part after it.</returns>
    private static async Task<int> WriteChunksAsync(
        IClientStreamWriter<UploadBatchRequest> stream, FileStream file, int length, int part, UploadRun run, CancellationToken cancellationToken)
    {
        for (var offset = 0; offset < length;)
        {
            var data = new byte[Math.Min(ChunkSize, length - offset)];
            await file.ReadExactlyAsync(data, cancellationToken).ConfigureAwait(false);
            var last = offset + data.Length == length;
            await stream.WriteAsync(
                new UploadBatchRequest
                {
                    Chunk = new UploadChunk { Part = (uint)part, Offset = (uint)offset, Data = UnsafeByteOperations.UnsafeWrap(data), Last = last },
                },
                cancellationToken).ConfigureAwait(false);
            offset += data.Length;
            run.Bytes += data.Length;
        }

        return part + 1;
    }

    /// <summary>Receipt first, then the record map, then the journal: a crash in between repeats steps that change nothing.</summary>
    public async Task AcceptAsync(SealedBatch batch, long index, UploadRun run, CancellationToken cancellationToken)
    {
        var receipt = await FinaliseAsync(Receipt.Provisional(batch.Manifest, index, room.Simulated), cancellationToken).ConfigureAwait(false);
        receipts.Save(receipt, batch.Manifest);
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

    /// <summary>Gives a batch up that the log would ignore; its record ids stay reserved for the same records.</summary>
    public static void GiveUp(SealedBatch batch, RecordLedger ledger)
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

    /// <summary>Fetches and verifies the proof that makes a receipt final.</summary>
    public async Task<Receipt> FinaliseAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        var response = await room.Ingestion.GetInclusionAsync(
            new GetInclusionRequest { Room = room.Room.ToString(), Index = (ulong)receipt.Index }, cancellationToken: cancellationToken).ConfigureAwait(false);
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
        return room.State.CharterAtSize(note.Checkpoint.Size) is { } charter && final.Verify(charter) == ReceiptStatus.Final ? final : throw WrongProof();

        static CleanRoomException WrongProof() => new(
            ErrorReason.DataLoss, "Ingestion's proof that the batch stands in the log does not verify.", "proof", "Tell the operator and the other members; the batch is kept and goes on next time.");
    }

    /// <summary>Verifies a receipt by the charter that was in force.</summary>
    public BatchReceipt Judge(Receipt receipt, SignedEntry manifest)
    {
        var charter = receipt.Checkpoint is { } note ? room.State.CharterAtSize(note.Checkpoint.Size) ?? room.Charter : room.Charter;
        return new BatchReceipt(receipt, receipt.Verify(charter, manifest), ((BatchEntry)manifest.Entry).Slots);
    }
}
