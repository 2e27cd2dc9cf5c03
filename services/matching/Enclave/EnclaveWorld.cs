using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Matching.Disclosures;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Matching.Enclave;

/// <summary>
/// What the enclave knows: the room, the records and what was told, after a number of entries of the cosigned log. The same entries and keys give the
/// same world; memory is a cache of the log.
/// </summary>
internal sealed class EnclaveWorld(RoomId room, VerifiedLog log, KeyRing keys, int maxRecords, ILogger logger)
{
    public RoomState State { get; } = RoomState.Open(room);

    public RecordShelf Shelf { get; } = new(maxRecords);

    public Outbox Outbox { get; } = new(room);

    public DisclosureDesk Desk { get; } = new();

    /// <summary>Applies entries up to a size. Batches are opened as they come.</summary>
    public async Task AdvanceAsync(long size, CancellationToken cancellationToken)
    {
        while (State.Size < size)
        {
            var outcome = State.Apply(State.Size, log.LeafAt(State.Size));
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
                case ActEntry act when State.Act(act.Id) is { Counts: true } logged:
                    Hear(logged);
                    break;
                case ConfirmEntry confirm:
                    Hear(State.Act(confirm.Of)!);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>An act that has all its signatures: a change of consent counts at its position, the rest waits for the epoch's end and its time.</summary>
    private void Hear(LoggedAct logged)
    {
        var entry = logged.Entry;
        if (!keys.TryGet(entry.Author!, out var held) || !held.TryRecordKey(entry.Period, out var key) || !ActSeal.TryOpen(entry, key, out var act))
        {
            Log.ActUnread(logger, room.ToString(), logged.Index);
        }
        else if (act is RoomAct.ConsentChange change)
        {
            _ = Shelf.Change(entry.Author!, change);
        }
        else
        {
            Desk.Hear(logged, act);
        }
    }

    private async Task OpenAsync(BatchEntry batch, long index, CancellationToken cancellationToken)
    {
        var name = batch.Batch.ToString();
        if (!keys.TryGet(batch.Author!, out var held) || !held.TryRecordKey(batch.Period, out var key))
        {
            Log.BatchUnread(logger, room.ToString(), name, "its owner's key is not here");
            return;
        }
        using var opener = BatchOpener.Create(batch, key);
        if (opener is null)
        {
            Log.BatchUnread(logger, room.ToString(), name, "its encapsulated key is not on the curve");
            return;
        }
        var logged = State.Batches[batch.Batch];
        var limited = State.Charter!.Quotas.RecordsPerMonth.ContainsKey(batch.Author!);
        await foreach (var (part, ciphertext) in log.ReadBatchAsync(batch.Batch, cancellationToken))
        {
            if (part < 0 || part >= batch.Parts.Count)
            {
                throw new Transport.CleanRoomException(Transport.ErrorReason.DataLoss, "Ingestion sent a part that the manifest does not have.");
            }
            if (ciphertext is null && limited && part % 2 == 0 && log.Newest.Batches[batch.Batch].IsWithdrawn(part / 2))
            {
                Shelf.CountWithdrawn(batch.Author!, index, part / 2);
            }
            if (ciphertext is not null && opener.Take(part, ciphertext) is { } slot && !logged.IsWithdrawn(slot.Slot) && !Shelf.Put(batch, index, slot, limited))
            {
                Log.PartRefused(logger, room.ToString(), name, part, "NotTheOwnersOrNotNew");
            }
        }
        foreach (var (part, why) in opener.Refusals)
        {
            Log.PartRefused(logger, room.ToString(), name, part, why.ToString());
        }
    }
}
