using CleanRoom.Charter;
using CleanRoom.Cryptography;

namespace CleanRoom.Attestation.Releases;

/// <summary>The room's log at ingestion, which is not trusted: what it answers is verified by the caller.</summary>
internal interface IRoomLog
{
    /// <summary>Appends a leaf and waits until a cosigned checkpoint is said to cover it. The same leaf again gives the same position.</summary>
    /// <exception cref="RoomLogException">Ingestion cannot be reached, refused, or was too slow.</exception>
    Task<LoggedLeaf> AppendAsync(RoomCharter charter, ReadOnlyMemory<byte> leaf, CancellationToken cancellationToken);
}

/// <summary>Where a leaf is said to stand.</summary>
/// <param name="Index">Position, from 0.</param>
/// <param name="Note">Signed checkpoint text.</param>
/// <param name="Path">Audit path.</param>
internal sealed record LoggedLeaf(long Index, string Note, IReadOnlyList<Digest> Path);

/// <summary>The log did not take the entry, or nobody cosigned it in time.</summary>
internal sealed class RoomLogException(string message, Exception inner) : Exception(message, inner);
