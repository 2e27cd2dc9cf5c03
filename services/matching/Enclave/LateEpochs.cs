using CleanRoom.Charter.Log;

namespace CleanRoom.Matching.Enclave;

/// <summary>
/// Epochs whose entries were cosigned more than 15 minutes after their decision, as far as this process has seen: recipients who have seen the same refuse their messages.
/// No instance hands them over; the next epoch declares them void, and what they told is told anew. Kept from one generation to the next.
/// </summary>
internal sealed class LateEpochs
{
    private readonly HashSet<long> _epochs = [];
    private CosignedCheckpoint? _seen;

    /// <summary>Whether an epoch is known to be late.</summary>
    public bool Contains(long epoch) => _epochs.Contains(epoch);

    /// <summary>Notes an epoch that was covered too late when it was first covered.</summary>
    public void Add(long epoch) => _epochs.Add(epoch);

    /// <summary>Notes a checkpoint. The one before it, if it lacks an epoch's entry and is from long after the decision, proves that the entry came late: the proof that recipients go by.</summary>
    public void See(CosignedCheckpoint newest, VerifiedLog log)
    {
        for (var index = _seen?.Size ?? newest.Size; index < newest.Size; index++)
        {
            if (log[index] is { IsAccepted: true, Entry.Entry: EpochEntry epoch } && _seen!.Time.Opening - epoch.RoomTime > EpochHead.Longest)
            {
                _ = _epochs.Add(epoch.Epoch);
            }
        }

        _seen = newest;
    }
}
