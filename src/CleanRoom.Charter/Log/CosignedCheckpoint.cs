using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>
/// A checkpoint that counts: the operator's signature and a quorum of the charter's witnesses verified. It exists only after
/// that; <see cref="LogVerifier"/> has also compared its root with the entries.
/// </summary>
public sealed class CosignedCheckpoint
{
    private CosignedCheckpoint(SignedCheckpoint note, RoomTime time, int cosignatures)
    {
        Note = note;
        Time = time;
        Cosignatures = cosignatures;
    }

    /// <summary>The signed note.</summary>
    public SignedCheckpoint Note { get; }

    /// <summary>Leaves.</summary>
    public long Size => Note.Checkpoint.Size;

    /// <summary>Merkle tree hash.</summary>
    public Digest Root => Note.Checkpoint.Root;

    /// <summary>Room time.</summary>
    public RoomTime Time { get; }

    /// <summary>Valid cosignatures on it.</summary>
    public int Cosignatures { get; }

    /// <summary>The origin line of a room's checkpoints.</summary>
    public static string OriginOf(RoomId room) => $"cleanroom/room/{room}";

    /// <summary>Verifies a checkpoint by the charter whose witnesses are its own.</summary>
    /// <param name="note">The signed note.</param>
    /// <param name="charter">The newest charter that took over within the checkpoint's size: <see cref="RoomState.CharterAtSize"/>.</param>
    /// <param name="cosigned">The checkpoint that counts.</param>
    /// <param name="refusal">Why it does not count.</param>
    /// <param name="floor">Room time of an earlier checkpoint, below which this one's does not fall.</param>
    public static bool TryVerify(
        SignedCheckpoint note, RoomCharter charter, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CosignedCheckpoint? cosigned,
        out CheckpointRefusal refusal, RoomTime floor = default)
    {
        cosigned = null;
        if (note.Checkpoint.Origin != OriginOf(charter.Room))
        {
            refusal = CheckpointRefusal.OtherRoom;
        }
        else if (!note.VerifyLog(MemberId.Operator, charter.Operator.Key))
        {
            refusal = CheckpointRefusal.WrongOperatorSignature;
        }
        else if (note.ValidCosignatures(charter.Witnesses) is var valid && valid.Count < charter.Quorum)
        {
            refusal = CheckpointRefusal.TooFewCosignatures;
        }
        else
        {
            refusal = CheckpointRefusal.None;
            cosigned = new CosignedCheckpoint(note, RoomTime.Of(valid.Select(cosignature => cosignature.Time), floor), valid.Count);
        }

        return cosigned is not null;
    }

    internal static bool IsCosigned(SignedCheckpoint note, RoomCharter charter, out CheckpointRefusal refusal) => TryVerify(note, charter, out _, out refusal);
}

/// <summary>Why a checkpoint does not count.</summary>
public enum CheckpointRefusal
{
    /// <summary>It does.</summary>
    None,

    /// <summary>Its origin names another log.</summary>
    OtherRoom,

    /// <summary>It is not signed by the operator that the charter names.</summary>
    WrongOperatorSignature,

    /// <summary>Fewer than a quorum of the charter's witnesses have cosigned it.</summary>
    TooFewCosignatures,

    /// <summary>No genesis was seen, so nobody is a witness.</summary>
    NoGenesis,

    /// <summary>The entries up to its size were not given.</summary>
    EntriesMissing,

    /// <summary>It covers fewer entries than one accepted or kept before: a rollback.</summary>
    Shrunk,

    /// <summary>Its root is not the root of the entries: a fork, or entries changed.</summary>
    WrongRoot,
}
