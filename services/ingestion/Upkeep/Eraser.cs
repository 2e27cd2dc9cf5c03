using CleanRoom.Ingestion.Rooms;
using CleanRoom.Storage.Batches;

namespace CleanRoom.Ingestion.Upkeep;

/// <summary>
/// Deletes the ciphertext of withdrawn records once their tombstones are cosigned. How far it has come is stored with the deletion, so a
/// restart goes on where the last process ended.
/// </summary>
internal sealed class Eraser(IBatchStore batches, ILogger<Eraser> logger)
{
    public async Task EraseAsync(Room room, long cosigned, CancellationToken cancellationToken)
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
