using System.Threading.Tasks.Dataflow;
using CleanRoom.Charter.Log;

namespace CleanRoom.Matching.Records;

/// <summary>
/// From the decrypted slots of one batch to the shelf: parsed and normalised on all processors, put on the shelf in the order in which they came, so that every replay gives the same shelf.
/// Whoever opens a batch takes its slots here one by one, and always ends with <see cref="EndAsync"/>.
/// </summary>
internal sealed class BatchIntake
{
    /// <summary>Slots that are under way at a time.</summary>
    private const int SlotsInFlight = 64;

    private readonly TransformBlock<Arrival, Reading> _reading;
    private readonly Task _shelving;

    /// <param name="opener">Opens the batch.</param>
    /// <param name="batch">Its manifest, as its owner signed it.</param>
    /// <param name="index">Position of the batch.</param>
    /// <param name="shelf">Where its records go. Nobody else may touch it until the end.</param>
    /// <param name="limited">The charter limits its owner's records a month.</param>
    /// <param name="mostDecoys">How many decoys its owner may have, by the charter at its position.</param>
    /// <param name="needsEvidence">Whether the charter at its position has audits: a record must be committed to its case.</param>
    /// <param name="isWithdrawn">Whether the log so far says that a slot is withdrawn.</param>
    /// <param name="refused">Hears of a part whose record is not its owner's, or not new.</param>
    public BatchIntake(BatchOpener opener, BatchEntry batch, long index, RecordShelf shelf, bool limited, int mostDecoys, bool needsEvidence, Func<int, bool> isWithdrawn, Action<int> refused)
    {
        _reading = new TransformBlock<Arrival, Reading>(
            arrival => arrival.Plain is { } plain && opener.Read(plain) is { } slot
                ? new Reading(arrival, true, shelf.Prepare(batch, index, slot))
                : new Reading(arrival, false, null),
            new ExecutionDataflowBlockOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, BoundedCapacity = SlotsInFlight, SingleProducerConstrained = true });
        _shelving = ShelveAsync(batch, index, shelf, limited, mostDecoys, needsEvidence, isWithdrawn, refused);
    }

    /// <summary>Takes the next slot.</summary>
    /// <param name="slot">From 0.</param>
    /// <param name="plain">What was in it; null if its second part is not there.</param>
    /// <param name="gone">Whether its owner has withdrawn it, now or later in the log: then an empty one counts as one record.</param>
    /// <param name="cancellationToken">Stops the wait for a place.</param>
    public async Task TakeAsync(int slot, PlainSlot? plain, bool gone, CancellationToken cancellationToken)
    {
        if (!await _reading.SendAsync(new Arrival(slot, plain, gone), cancellationToken))
        {
            // It has failed: says how.
            await EndAsync();
        }
    }

    /// <summary>Waits until all that was taken is on the shelf.</summary>
    public Task EndAsync()
    {
        _reading.Complete();
        return _shelving;
    }

    private async Task ShelveAsync(BatchEntry batch, long index, RecordShelf shelf, bool limited, int mostDecoys, bool needsEvidence, Func<int, bool> isWithdrawn, Action<int> refused)
    {
        await foreach (var (arrival, holdsSomething, item) in _reading.ReceiveAllAsync())
        {
            if (!holdsSomething)
            {
                if (limited && arrival.Gone)
                {
                    shelf.CountWithdrawn(batch.Author!, index, arrival.Slot);
                }
            }
            else if (item is not null && !isWithdrawn(arrival.Slot) && !shelf.Put(item, limited, mostDecoys, needsEvidence))
            {
                refused((2 * arrival.Slot) + 1);
            }
        }
        await _reading.Completion;
    }

    private readonly record struct Arrival(int Slot, PlainSlot? Plain, bool Gone);

    private readonly record struct Reading(Arrival Arrival, bool HoldsSomething, ShelfItem? Item);
}
