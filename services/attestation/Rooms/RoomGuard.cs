using System.Collections.Concurrent;
using CleanRoom.Charter;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Rooms;

/// <summary>
/// The one place where a room's state changes: immutable states, replaced by compare-and-swap over the store. A change is decided again
/// on the state that won, so no decision rests on a state that is gone.
/// </summary>
internal sealed class RoomGuard(IBrokerStore store, BrokerOwner owner)
{
    private const int Attempts = 64;

    private readonly ConcurrentDictionary<RoomId, JoinedRoom> _lastRead = new();

    public BrokerOwner Owner => owner;

    public IBrokerStore Store => store;

    /// <summary>Gives the state, or <see langword="null"/> if the room was not joined here.</summary>
    public async Task<JoinedRoom?> FindAsync(RoomId room, CancellationToken cancellationToken)
    {
        var record = await store.FindAsync(ToGuid(room), cancellationToken);
        if (record is null)
        {
            return null;
        }

        // The store decides what the state is; what is kept here only saves reading the same charter again.
        var state = JoinedRoom.Read(record, _lastRead.GetValueOrDefault(room));
        _lastRead[room] = state;
        return state;
    }

    /// <summary>Gives the state, or says that the room was not joined here.</summary>
    public async Task<Outcome<JoinedRoom>> GetAsync(RoomId room, CancellationToken cancellationToken) =>
        await FindAsync(room, cancellationToken) is { } found ? new Outcome<JoinedRoom>.Done(found) : new Outcome<JoinedRoom>.Refused(NotJoined());

    /// <summary>Creates a room; of two callers the first wins.</summary>
    public Task<bool> TryCreateAsync(BrokerRoom record, CancellationToken cancellationToken) => store.TryCreateAsync(record, cancellationToken);

    /// <summary>Changes a room's state. Durable when it returns.</summary>
    /// <param name="room">The room.</param>
    /// <param name="change">Decides from a state: the next record, the same one for no change, or a refusal. May run more than once.</param>
    /// <param name="cancellationToken">Before a write begins.</param>
    public async Task<Outcome<JoinedRoom>> ChangeAsync(RoomId room, Func<JoinedRoom, Outcome<BrokerRoom>> change, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var current = await FindAsync(room, cancellationToken);
            if (current is null)
            {
                return new Outcome<JoinedRoom>.Refused(NotJoined());
            }

            switch (change(current))
            {
                case Outcome<BrokerRoom>.Refused refused:
                    return new Outcome<JoinedRoom>.Refused(refused.Refusal);
                case Outcome<BrokerRoom>.Done done when ReferenceEquals(done.Value, current.Record):
                    return new Outcome<JoinedRoom>.Done(current);
                case Outcome<BrokerRoom>.Done done when await store.TryReplaceAsync(done.Value, cancellationToken):
                    return new Outcome<JoinedRoom>.Done(JoinedRoom.Read(done.Value, current));
                default:
                    break;
            }
        }

        return new Outcome<JoinedRoom>.Refused(new Refusal(BrokerReason.Conflict, "room", "The room's state is changing too fast.", "Try again."));
    }

    public static Refusal NotJoined() => new(
        BrokerReason.RoomNotJoined, "room", "This broker's owner has not joined the room.", "Let the owner give its broker the signed charter, version 1 first.");

    public static Guid ToGuid(RoomId room) => Guid.ParseExact(room.ToString(), "D");

    /// <summary>What every answer to an enclave presumes.</summary>
    public Refusal? Objection(JoinedRoom room, DateTimeOffset now)
    {
        if (room.Charter.Simulated && !owner.AllowSimulated)
        {
            return new Refusal(
                BrokerReason.SimulatedNotAllowed, "room", "The room is simulated, and this broker takes no part in simulated rooms.", "Set Attestation:AllowSimulated to try it out.");
        }

        if (room.Record.Frozen)
        {
            return new Refusal(BrokerReason.KeyFrozen, "room", "The owner has frozen the release of its keys.", "Ask the owner to resume it.");
        }

        return now >= room.Charter.Expires
            ? new Refusal(BrokerReason.CharterExpired, "charter_hash", "The charter has expired.", "Let the members sign a new version.")
            : null;
    }
}
