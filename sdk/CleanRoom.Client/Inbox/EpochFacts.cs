using CleanRoom.Charter;
using CleanRoom.Charter.Log;

namespace CleanRoom.Client.Inbox;

/// <summary>Gathers, segment by segment, what the room's state does not keep: instance entries, and between which checkpoints an epoch's entry was cosigned.</summary>
internal sealed class EpochFacts : IEpochFacts
{
    private readonly Dictionary<long, (InstanceEntry Entry, RoomCharter Charter, DateTimeOffset Seen)> _instances = [];
    private readonly HashSet<long> _untimely = [];
    private DateTimeOffset? _before;

    /// <summary>Begins.</summary>
    /// <param name="kept">Size and time of the last checkpoint of an earlier visit; null for none.</param>
    public EpochFacts((long Size, DateTimeOffset Time)? kept) => Kept = kept;

    private (long Size, DateTimeOffset Time)? Kept { get; }

    public void Observe(IReadOnlyList<EntryOutcome> outcomes, CosignedCheckpoint covering, RoomState state)
    {
        foreach (var outcome in outcomes)
        {
            if (!outcome.IsAccepted)
            {
                continue;
            }

            switch (outcome.Entry!.Entry)
            {
                case InstanceEntry instance:
                    _instances[instance.Generation] = (instance, state.CharterAtSize(outcome.Index)!, covering.Time.Opening);
                    break;
                case EpochEntry epoch when IsUntimely(epoch, outcome.Index, covering):
                    _untimely.Add(epoch.Epoch);
                    break;
            }
        }

        _before = covering.Time.Opening;
    }

    public (InstanceEntry Entry, RoomCharter Charter)? InstanceOf(long generation) =>
        _instances.TryGetValue(generation, out var instance) ? (instance.Entry, instance.Charter) : null;

    public DateTimeOffset? TimeOfInstance(long generation) => _instances.TryGetValue(generation, out var instance) ? instance.Seen : null;

    public bool IsUntimely(long epoch) => _untimely.Contains(epoch);

    /// <summary>
    /// A late reader sees only a late checkpoint over the entry, which proves nothing. What does prove: a checkpoint without the entry from more than 15 minutes
    /// after its decision, or one that covers it from more than 15 minutes before.
    /// </summary>
    private bool IsUntimely(EpochEntry epoch, long index, CosignedCheckpoint covering)
    {
        var before = _before;
        if (Kept is { } kept && kept.Size <= index && (before is null || kept.Time > before))
        {
            before = kept.Time;
        }

        return before - epoch.RoomTime > EpochHead.Longest || epoch.RoomTime - covering.Time.Opening > EpochHead.Longest;
    }
}
