using CleanRoom.Charter.Log;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Storage.Batches;

namespace CleanRoom.Ingestion.Upkeep;

/// <summary>
/// Deletes ciphertext whenever a checkpoint is cosigned: of withdrawn records whose tombstones it covers, of what the enclave has sealed anew, and of batches that are past their delete-by by its
/// room time, the one for what expires. How far tombstones have come is stored with the deletion; overdue batches are gone through again after a restart.
/// </summary>
internal sealed class Eraser(IBatchStore batches, ILogger<Eraser> logger)
{
    private const int BatchesAtATime = 64;

    public async Task EraseAsync(Room room, CosignedCheckpoint cosigned, CancellationToken cancellationToken)
    {
        await EraseWithdrawnAsync(room, cosigned.Size, cancellationToken);
        foreach (var replaced in room.Replaced(cosigned.Size).Chunk(BatchesAtATime))
        {
            _ = await batches.EraseBatchesAsync(room.Id, [.. replaced.Select(static item => item.Batch)], cancellationToken);
            room.Erased(replaced);
        }

        foreach (var overdue in room.Overdue(cosigned.Time.Expiring).Chunk(BatchesAtATime))
        {
            var parts = await batches.EraseBatchesAsync(room.Id, [.. overdue.Select(static item => item.Batch)], cancellationToken);
            room.Erased(overdue);
            if (parts > 0)
            {
                Log.OverdueErased(logger, room.Id, parts);
            }
        }
    }

    private async Task EraseWithdrawnAsync(Room room, long cosigned, CancellationToken cancellationToken)
    {
        var from = await batches.FindErasedThroughAsync(room.Id, cancellationToken);
        var withdrawn = room.Withdrawn(from, cosigned);
        if (withdrawn.Count == 0)
        {
            return;
        }

        var slots = withdrawn.Select(static record => new ErasedSlot(Guid.ParseExact(record.Batch.ToString(), "D"), record.Slot)).ToList();
        var parts = await batches.EraseAsync(room.Id, slots, cosigned, cancellationToken);
        Log.Erased(logger, room.Id, parts, cosigned);
    }
}
