using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Disclosures;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
using CleanRoom.Transport;

namespace CleanRoom.Matching.Enclave;

/// <summary>
/// What the enclave knows: the room, the records and what was told, after a number of entries of the cosigned log. The same entries and keys give the
/// same world; memory is a cache of the log.
/// </summary>
internal sealed class EnclaveWorld(RoomId room, VerifiedLog log, KeyRing keys, RoomModel model, int maxRecords, ILogger logger)
{
    public RoomState State { get; } = RoomState.Open(room);

    public RecordShelf Shelf { get; } = new(model, maxRecords);

    public Outbox Outbox { get; } = new(room);

    /// <summary>Hears of each entry that is applied, with the log size that it makes: a replay of a large room takes minutes.</summary>
    public Action<long>? Advanced { get; init; }

    public DisclosureDesk Desk { get; } = new();

    /// <summary>Applies entries up to a size. Batches are opened as they come.</summary>
    public async Task AdvanceAsync(long size, CancellationToken cancellationToken)
    {
        while (State.Size < size)
        {
            var outcome = log[State.Size].Entry is { } read ? State.Apply(State.Size, read) : State.Apply(State.Size, log.LeafAt(State.Size));
            if (!outcome.IsAccepted)
            {
                Log.EntryIgnored(logger, room.ToString(), outcome.Index, outcome.Reason.ToString());
                continue;
            }
            switch (outcome.Entry!.Entry)
            {
                case BatchEntry batch:
                    await OpenAsync(batch, outcome.Index, cancellationToken);
                    break;
                case TombstoneEntry tombstone:
                    foreach (var record in tombstone.Records)
                    {
                        Shelf.Withdraw(State.Batches[record.Batch].Index, record.Slot);
                    }
                    break;
                case ErasureEntry erasure:
                    Forget(erasure);
                    break;
                case ActEntry act when State.Act(act.Id) is { Counts: true } logged:
                    Hear(logged);
                    break;
                case ConfirmEntry confirm when State.Act(confirm.Of) is { } seconded:
                    Hear(seconded);
                    break;
                default:
                    break;
            }
            Advanced?.Invoke(State.Size);
        }
    }

    /// <summary>The key is destroyed where its owner keeps it: it goes here too, with every record that it sealed. Whoever was told of one hears that it is gone.</summary>
    private void Forget(ErasureEntry erasure)
    {
        keys.Forget(erasure.Author!, erasure.Period);
        foreach (var batch in State.Batches.Values.Where(batch => batch.Contributor == erasure.Author && batch.Sealed.Period == erasure.Period))
        {
            for (var slot = 0; slot < batch.Manifest.Slots; slot++)
            {
                Shelf.Withdraw(batch.Index, slot);
            }
        }
    }

    /// <summary>An act that has all its signatures: a change of consent and an override count at their position, the rest waits for the epoch's end and its time.</summary>
    private void Hear(LoggedAct logged)
    {
        // In the words that stand for it now: what was sealed under a key that is gone reads as it did.
        var entry = log.Newest.Act(logged.Entry.Id)!.Sealed;
        if (!keys.TryGet(entry.Author!, out var held) || !held.TryRecordKey(entry.Period, out var key) || !ActSeal.TryOpen(entry, key, out var act))
        {
            Log.ActUnread(logger, room.ToString(), logged.Index);
        }
        else if (act is RoomAct.ConsentChange change)
        {
            _ = Shelf.Change(entry.Author!, change);
        }
        else if (act is RoomAct.Override overriding)
        {
            Desk.Overrides.Hear(logged, overriding, Shelf);
        }
        else if (act is RoomAct.OverrideEnd end)
        {
            Desk.Overrides.Lift(end.Of, entry.Author!);
        }
        else
        {
            Desk.Hear(logged, act);
        }
    }

    private async Task OpenAsync(BatchEntry batch, long index, CancellationToken cancellationToken)
    {
        var name = batch.Batch.ToString();
        var anew = log.Newest.Batches[batch.Batch];
        var stands = anew.Sealed;
        if (!keys.TryGet(batch.Author!, out var held) || !held.TryRecordKey(stands.Period, out var key))
        {
            Log.BatchUnread(logger, room.ToString(), name, "its owner's key is not here");
            return;
        }
        using var opener = BatchOpener.Create(stands, key);
        if (opener is null)
        {
            Log.BatchUnread(logger, room.ToString(), name, "its encapsulated key is not on the curve");
            return;
        }
        var logged = State.Batches[batch.Batch];
        var intake = new BatchIntake(
            opener, batch, index, Shelf, State.Charter!.Quotas.RecordsPerMonth.ContainsKey(batch.Author!), State.Charter.Quotas.Decoys, State.Charter.Audits is not null, logged.IsWithdrawn,
            part => Log.PartRefused(logger, room.ToString(), name, part, "NotTheOwnersOrNotNew"));
        try
        {
            await DecryptAsync(opener, batch, stands, anew, intake, cancellationToken);
        }
        finally
        {
            await intake.EndAsync();
        }
        foreach (var (part, why) in opener.Refusals)
        {
            Log.PartRefused(logger, room.ToString(), name, part, why.ToString());
        }
    }

    private async Task DecryptAsync(BatchOpener opener, BatchEntry batch, BatchEntry stands, LoggedBatch anew, BatchIntake intake, CancellationToken cancellationToken)
    {
        var expected = 0;
        await foreach (var (part, ciphertext) in log.ReadBatchAsync(stands.Batch, cancellationToken))
        {
            if (part != expected || part >= batch.Parts.Count)
            {
                throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion sent parts of a batch out of order, or one that its manifest does not have.");
            }
            expected++;
            PlainSlot? plain = null;
            var missing = ciphertext is null || !stands.IsPart(part, ciphertext);
            if (missing)
            {
                await RequireWithdrawnAsync(batch.Batch, part, cancellationToken);
            }
            else
            {
                plain = opener.Take(part, ciphertext);
            }
            if (part % 2 == 1)
            {
                // A slot that was withdrawn before it was sealed anew is there, and empty.
                await intake.TakeAsync(part / 2, plain, missing || anew.IsWithdrawn(part / 2), cancellationToken);
            }
        }
        if (expected != batch.Parts.Count)
        {
            await RequireWithdrawnAsync(batch.Batch, expected, cancellationToken);
            throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion left out parts of a batch.");
        }
    }

    /// <summary>
    /// A record that the log names and the operator does not give, or gives otherwise, would be compared with nobody, and nobody would know. So the room stands still until it is
    /// there again, or its owner has withdrawn it.
    /// </summary>
    public async Task RequireWithdrawnAsync(BatchId batch, int part, CancellationToken cancellationToken)
    {
        if (!IsOver(batch, part))
        {
            // The tombstone may be younger than what was read so far: the ciphertext goes as soon as it is cosigned.
            _ = await log.NewestAsync(cancellationToken);
        }
        if (!IsOver(batch, part))
        {
            Log.PartWithheld(logger, room.ToString(), batch.ToString(), part);
            throw new CleanRoomException(ErrorReason.DataLoss, "Ingestion does not give a part as it stands in the log, and no tombstone names it.");
        }
    }

    /// <summary>Whether its owner has withdrawn a part, or the time of its batch is over: then ingestion deletes it.</summary>
    private bool IsOver(BatchId batch, int part) =>
        log.Newest.Batches[batch] is var logged && (logged.IsWithdrawn(part / 2) || logged.Manifest.DeleteBy <= log.Checkpoint!.Time.Expiring);
}
