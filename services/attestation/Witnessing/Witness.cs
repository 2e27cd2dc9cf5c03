using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Witnessing;

/// <summary>A recovery entry, and where it stands.</summary>
/// <param name="Leaf">The leaf.</param>
/// <param name="Path">Its audit path in the tree of the checkpoint.</param>
internal sealed record ShownRecovery(ReadOnlyMemory<byte> Leaf, IReadOnlyList<Digest> Path);

/// <summary>
/// Cosigns one history of a room's log. What it has cosigned is on disk before the cosignature exists, so no crash makes it sign two:
/// a state that was stored and never answered only narrows what it will sign next. Back behind what it cosigned it goes for one thing alone: a recovery that all contributors
/// of the newest charter signed for exactly the checkpoint at which it stands. It stands in a log with that recovery then, so that no recovery takes it back twice.
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
    /// <param name="recovery">What allows a shorter log; null for none.</param>
    /// <param name="cancellationToken">Before the write begins.</param>
    /// <returns>One cosignature line.</returns>
    public async Task<Outcome<string>> CosignAsync(
        RoomId room, string note, long oldSize, long newSize, IReadOnlyList<Digest> proof, ShownRecovery? recovery, CancellationToken cancellationToken)
    {
        SignedCheckpoint? accepted = null;
        var changed = await guard.ChangeAsync(
            room,
            state => Decide(state, note, oldSize, newSize, proof, recovery, out accepted),
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
        JoinedRoom state, string note, long oldSize, long newSize, IReadOnlyList<Digest> proof, ShownRecovery? recovery, out SignedCheckpoint? accepted)
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

        if (lastRoot is not null && recovery is not null)
        {
            if (CheckRecovery(state, new LogPosition(last, lastRoot), accepted.Checkpoint, oldSize, proof, recovery) is { } objection)
            {
                return objection;
            }
        }
        else if (lastRoot is not null)
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
        return size == last && root == lastRoot && state.Record.CosignedTime == time
            ? new Outcome<BrokerRoom>.Done(state.Record)
            : new Outcome<BrokerRoom>.Done(state.Record with
            {
                CosignedSize = size,
                CosignedRoot = root,
                CosignedTime = time,
                GivenUp = recovery is not null && lastRoot is not null ? (last, lastRoot) : null,
            });
    }

    /// <summary>Whether this witness may go back behind its last checkpoint. Every condition must hold; the one that does not is told.</summary>
    private Outcome<BrokerRoom>? CheckRecovery(
        JoinedRoom state, LogPosition last, Checkpoint checkpoint, long oldSize, IReadOnlyList<Digest> proof, ShownRecovery recovery)
    {
        if (!SignedEntry.TryParse(recovery.Leaf.Span, out var signed, out _) || signed.Entry is not RecoveryEntry { Content: var content })
        {
            return Refuse(BrokerReason.RecoveryInvalid, "recovery.leaf", "The leaf is not a recovery entry.");
        }

        var verdict = content.Check(state.Charter);
        if (!verdict.Holds)
        {
            return Refuse(
                BrokerReason.RecoveryInvalid, "recovery.leaf",
                verdict.Refusal == RecoveryRefusal.OtherCharter ? "The recovery was signed under another charter than the newest one that this broker has." : $"The recovery does not hold: {verdict.Refusal}.",
                "Let every contributor of the newest charter sign it.");
        }

        var statement = content.Statement;
        if (statement.Lost.FirstOrDefault(position => position.Witness == guard.Owner.Id)?.Last != last || last.Size <= statement.Surviving.Size)
        {
            return Refuse(
                BrokerReason.LogForked, SizeField(last.Size), "The recovery was not signed for the checkpoint that this witness cosigned last.",
                "Draft a recovery from what the witnesses have cosigned now, and let all contributors sign that.");
        }

        var (left, leaf) = (statement.Surviving, MerkleTree.LeafHash(recovery.Leaf.Span));
        return oldSize == left.Size && checkpoint.Size > left.Size
            && MerkleProof.VerifyConsistency(left.Size, left.Root, checkpoint.Size, checkpoint.Root, proof)
            && MerkleProof.VerifyInclusion(leaf, left.Size, checkpoint.Size, recovery.Path, checkpoint.Root)
                ? null
                : Forked(last.Size);
    }

    private static Outcome<BrokerRoom> Forked(long last) => Refuse(
        BrokerReason.LogForked, SizeField(last), "The checkpoint does not extend the history that this witness cosigned.", "Stop and compare the logs: somebody shows two histories or an old one. If entries are lost for good, all contributors sign a recovery.");

    private static string SizeField(long size) => size.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static Outcome<BrokerRoom> Refuse(BrokerReason reason, string field, string message, string remedy = "") =>
        new Outcome<BrokerRoom>.Refused(new Refusal(reason, field, message, remedy));
}
