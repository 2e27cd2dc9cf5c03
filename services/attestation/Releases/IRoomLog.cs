using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Transport;

namespace CleanRoom.Attestation.Releases;

/// <summary>The room's log at ingestion, which is not trusted: what it answers is verified by the caller.</summary>
internal interface IRoomLog
{
    /// <summary>Appends a leaf and waits until a cosigned checkpoint is said to cover it. The same leaf again gives the same position.</summary>
    /// <exception cref="RoomLogException">Ingestion cannot be reached, refused, or was too slow.</exception>
    Task<LoggedLeaf> AppendAsync(RoomCharter charter, ReadOnlyMemory<byte> leaf, CancellationToken cancellationToken);

    /// <summary>Reads the log up to its newest cosigned checkpoint, as far as this broker's owner may read it; every entry is verified.</summary>
    /// <param name="charter">Says where it is.</param>
    /// <param name="shown">A position that it must extend.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="RoomLogException">Ingestion cannot be reached, or what it gives does not verify.</exception>
    Task<RoomState> ReadAsync(RoomCharter charter, LogPosition shown, CancellationToken cancellationToken);
}

/// <summary>Where a leaf is said to stand.</summary>
/// <param name="Index">Position, from 0.</param>
/// <param name="Note">Signed checkpoint text.</param>
/// <param name="Path">Audit path.</param>
internal sealed record LoggedLeaf(long Index, string Note, IReadOnlyList<Digest> Path)
{
    /// <summary>Whether it stands there, in a checkpoint that a quorum of the charter's witnesses has cosigned.</summary>
    public bool Proves(RoomCharter charter, ReadOnlyMemory<byte> leaf) =>
        SignedCheckpoint.TryParse(Note, out var note) && CosignedCheckpoint.TryVerify(note, charter, out var cosigned, out _)
        && MerkleProof.VerifyInclusion(MerkleTree.LeafHash(leaf.Span), Index, cosigned.Size, Path, cosigned.Root);
}

/// <summary>The log did not take the entry, nobody cosigned it in time, or what was read does not hold.</summary>
internal sealed class RoomLogException(string message, CleanRoomException inner) : Exception(message, inner)
{
    /// <summary>Why.</summary>
    public ErrorReason Reason { get; } = inner.Reason;
}
