using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>The hashes of a Merkle tree (RFC 6962 §2.1) with SHA-256.</summary>
public static class MerkleTree
{
    /// <summary>Largest tree: 2^62 leaves.</summary>
    public const long MaxSize = 1L << 62;

    /// <summary>The root of a tree without leaves: SHA-256 of nothing.</summary>
    public static Digest EmptyRoot { get; } = Digest.Of([]);

    /// <summary>SHA-256(0x00 ‖ entry).</summary>
    public static Digest LeafHash(ReadOnlySpan<byte> entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0x00]);
        hash.AppendData(entry);
        return Digest.Own(hash.GetHashAndReset());
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Digest NodeHash(Digest left, Digest right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        Span<byte> input = stackalloc byte[1 + (2 * Digest.Size)];
        input[0] = 0x01;
        left.Span.CopyTo(input[1..]);
        right.Span.CopyTo(input[(1 + Digest.Size)..]);
        return Digest.Of(input);
    }
}
