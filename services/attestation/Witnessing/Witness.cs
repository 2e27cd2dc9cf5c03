using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Witnessing;

/// <summary>
/// Cosigns one history of a room's log. What it has cosigned is on disk before the cosignature exists, so no crash makes it sign two:
/// a state that was stored and never answered only narrows what it will sign next.
/// </summary>
internal sealed class Witness(RoomGuard guard, BrokerKeys keys, StandingReader standing, TimeProvider clock)
{
    /// <summary>The name under which the operator signs checkpoints (docs/protocol.md §3).</summary>
    private const string OperatorName = "operator";

    /// <summary>Cosigns a checkpoint.</summary>
    /// <param name="room">The room.</param>
    /// <param name="note">The checkpoint, signed by the log.</param>
    /// <param name="oldSize">Size from which the proof leads.</param>
    /// <param name="newSize">Size to which it leads.</param>
    /// <param name="proof">Consistency proof.</param>
    /// <param name="cancellationToken">Before the write begins.</param>
    /// <returns>One cosignature line.</returns>
    public async Task<Outcome<string>> CosignAsync(
        RoomId room, string note, long oldSize, long newSize, IReadOnlyList<Digest> proof, CancellationToken cancellationToken)
    {
        SignedCheckpoint? accepted = null;
        var changed = await guard.ChangeAsync(
            room,
            state => Decide(state, note, oldSize, newSize, proof, out accepted),
            cancellationToken);
        return changed switch
        {
            Outcome<JoinedRoom>.Done { Value.Record.CosignedTime: { } time } when accepted is not null =>
                new Outcome<string>.Done(Cosigner.Cosign(keys.Witness, guard.Owner.Id.Value, accepted.Checkpoint, time).ToText()),
            Outcome<JoinedRoom>.Refused refused => new Outcome<string>.Refused(refused.Refusal),
            _ => throw new InvalidOperationException("A cosigned state has a time."),
        };
    }

    private Outcome<BrokerRoom> Decide(
        JoinedRoom state, string note, long oldSize, long newSize, IReadOnlyList<Digest> proof, out SignedCheckpoint? accepted)
    {
        if (!SignedCheckpoint.TryParse(note, out accepted) || accepted.Checkpoint.Origin != CosignedCheckpoint.OriginOf(state.Id)
            || !accepted.VerifyLog(OperatorName, state.Charter.Operator.Key))
        {
            return Refuse(BrokerReason.CheckpointInvalid, "checkpoint", "The checkpoint is not one of this room, signed by the operator that the charter lists.");
        }

        if (state.Charter.Simulated && !guard.Owner.AllowSimulated)
        {
            return Refuse(BrokerReason.SimulatedNotAllowed, "room", "The room is simulated, and this broker takes no part in simulated rooms.");
        }

        if (standing.In(state.Charter) != Standing.Broker)
        {
            return Refuse(BrokerReason.StandsIn, "room", "This broker stands in for the owner's and is no witness of the room.");
        }

        var (size, root) = (accepted.Checkpoint.Size, accepted.Checkpoint.Root);
        var (last, lastRoot) = (state.Record.CosignedSize, state.Record.CosignedRoot);
        if (size < 1 || newSize != size)
        {
            return Refuse(BrokerReason.CheckpointInvalid, "proof.new_size", "The proof does not lead to the checkpoint.");
        }

        if (lastRoot is not null)
        {
            if (size < last || (size == last && root != lastRoot))
            {
                return Forked(last);
            }

            if (size > last && oldSize != last)
            {
                return Refuse(BrokerReason.ProofFromElsewhere, SizeField(last), $"This witness is at size {last}.", "Send a consistency proof from there.");
            }

            if (size > last && !MerkleProof.VerifyConsistency(last, lastRoot, size, root, proof))
            {
                return Forked(last);
            }
        }

        // Whole seconds, and never before one that was given: room time must not go back because a clock did.
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().ToUnixTimeSeconds());
        var time = state.Record.CosignedTime is { } before && before > now ? before : now;
        return size == last && state.Record.CosignedTime == time
            ? new Outcome<BrokerRoom>.Done(state.Record)
            : new Outcome<BrokerRoom>.Done(state.Record with { CosignedSize = size, CosignedRoot = root, CosignedTime = time });
    }

    private static Outcome<BrokerRoom> Forked(long last) => Refuse(
        BrokerReason.LogForked, SizeField(last), "The checkpoint does not extend the history that this witness cosigned.", "Stop and compare the logs: somebody shows two histories or an old one.");

    private static string SizeField(long size) => size.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Outcome<BrokerRoom> Refuse(BrokerReason reason, string field, string message, string remedy = "") =>
        new Outcome<BrokerRoom>.Refused(new Refusal(reason, field, message, remedy));
}
