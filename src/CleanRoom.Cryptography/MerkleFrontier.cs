using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace CleanRoom.Cryptography;

/// <summary>
/// The right edge of a Merkle tree (a compact range from 0): one hash for each set bit of the size. Enough to append and to know
/// the root. Not safe for concurrent use; <see cref="Clone"/> is cheap.
/// </summary>
public sealed class MerkleFrontier
{
    // Largest subtree first, as the set bits of the size from high to low.
    private readonly List<Digest> _hashes;

    /// <summary>Begins an empty tree.</summary>
    public MerkleFrontier() => _hashes = [];

    private MerkleFrontier(long size, List<Digest> hashes)
    {
        Size = size;
        _hashes = hashes;
    }

    /// <summary>Number of leaves.</summary>
    public long Size { get; private set; }

    /// <summary>The Merkle tree hash (RFC 6962 §2.1).</summary>
    public Digest Root
    {
        get
        {
            if (_hashes.Count == 0)
            {
                return MerkleTree.EmptyRoot;
            }

            var root = _hashes[^1];
            for (var i = _hashes.Count - 2; i >= 0; i--)
            {
                root = MerkleTree.NodeHash(_hashes[i], root);
            }

            return root;
        }
    }

    /// <summary>Appends a leaf.</summary>
    /// <param name="leafHash">Its <see cref="MerkleTree.LeafHash"/>.</param>
    /// <returns>The nodes that this completes, the leaf first: store them to make proofs later.</returns>
    public IReadOnlyList<MerkleNode> Append(Digest leafHash)
    {
        ArgumentNullException.ThrowIfNull(leafHash);
        if (Size == MerkleTree.MaxSize)
        {
            throw new InvalidOperationException("The tree is full.");
        }

        var index = Size;
        var hash = leafHash;
        var completed = new List<MerkleNode> { new(new MerklePosition(0, index), hash) };
        for (var level = 1; (index & 1) == 1; level++)
        {
            hash = MerkleTree.NodeHash(_hashes[^1], hash);
            _hashes.RemoveAt(_hashes.Count - 1);
            index >>= 1;
            completed.Add(new MerkleNode(new MerklePosition(level, index), hash));
        }

        _hashes.Add(hash);
        Size++;
        return completed;
    }

    /// <summary>Makes an independent copy.</summary>
    public MerkleFrontier Clone() => new(Size, [.. _hashes]);

    /// <summary>Writes size (8 bytes, big-endian) ‖ the hashes, largest subtree first.</summary>
    public byte[] Serialize()
    {
        var bytes = new byte[sizeof(long) + (_hashes.Count * Digest.Size)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Size);
        for (var i = 0; i < _hashes.Count; i++)
        {
            _hashes[i].Span.CopyTo(bytes.AsSpan(sizeof(long) + (i * Digest.Size)));
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="Serialize"/> wrote. Only the shape can be checked: compare <see cref="Root"/> with a signed one.</summary>
    public static bool TryRestore(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MerkleFrontier? frontier)
    {
        frontier = null;
        if (bytes.Length < sizeof(long))
        {
            return false;
        }

        var size = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (size is < 0 or > MerkleTree.MaxSize || bytes.Length != sizeof(long) + (BitOperations.PopCount((ulong)size) * Digest.Size))
        {
            return false;
        }

        var hashes = new List<Digest>();
        for (var rest = bytes[sizeof(long)..]; !rest.IsEmpty; rest = rest[Digest.Size..])
        {
            hashes.Add(new Digest(rest[..Digest.Size]));
        }

        frontier = new MerkleFrontier(size, hashes);
        return true;
    }

    /// <summary>Takes up a tree of which the complete nodes are stored.</summary>
    /// <param name="size">Number of leaves, 0 to 2^62.</param>
    /// <param name="nodes">Asked for the subtrees of the right edge, at most 62.</param>
    public static MerkleFrontier FromNodes(long size, MerkleNodeSource nodes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MerkleTree.MaxSize);
        ArgumentNullException.ThrowIfNull(nodes);
        return new MerkleFrontier(size, [.. Positions(size).Select(position => nodes(position))]);
    }

    /// <summary>Names the subtrees that <see cref="FromNodes"/> asks for, largest first.</summary>
    /// <param name="size">Number of leaves, 0 to 2^62.</param>
    public static IReadOnlyList<MerklePosition> Positions(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MerkleTree.MaxSize);
        var positions = new List<MerklePosition>();
        var begin = 0L;
        for (var level = 62; level >= 0; level--)
        {
            if ((size & (1L << level)) != 0)
            {
                positions.Add(new MerklePosition(level, begin >> level));
                begin += 1L << level;
            }
        }

        return positions;
    }
}
