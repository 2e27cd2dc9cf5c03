using System.Numerics;

namespace CleanRoom.Cryptography;

/// <summary>
/// Proofs of a Merkle log: that a leaf is in a tree, and that a tree continues another (RFC 6962 §2.1.1, §2.1.2). Verification
/// follows RFC 9162 §2.1.3.2 and §2.1.4.2 and refuses proofs with a node too many or too few.
/// </summary>
public static class MerkleProof
{
    /// <summary>Most hashes in any proof that is looked at.</summary>
    public const int MaxHashes = 128;

    /// <summary>Makes the audit path of a leaf: PATH(m, D[n]) of RFC 6962 §2.1.1.</summary>
    /// <param name="index">The leaf, from 0, less than <paramref name="size"/>.</param>
    /// <param name="size">Leaves in the tree, 1 to 2^62.</param>
    /// <param name="nodes">Asked for complete subtrees within the tree only.</param>
    public static IReadOnlyList<Digest> Inclusion(long index, long size, MerkleNodeSource nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MerkleTree.MaxSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<Digest>();
        AddPath(index, 0, size, nodes, path);
        return path;
    }

    /// <summary>Makes a consistency proof: PROOF(m, D[n]) of RFC 6962 §2.1.2. It is empty for equal sizes.</summary>
    /// <param name="size1">Leaves in the older tree, 1 to <paramref name="size2"/>.</param>
    /// <param name="size2">Leaves in the newer tree, up to 2^62.</param>
    /// <param name="nodes">Asked for complete subtrees within the newer tree only.</param>
    public static IReadOnlyList<Digest> Consistency(long size1, long size2, MerkleNodeSource nodes)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size2, MerkleTree.MaxSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size1, size2);
        var proof = new List<Digest>();
        AddSubproof(size1, 0, size2, wholeOld: true, nodes, proof);
        return proof;
    }

    /// <summary>Names the nodes that <see cref="Inclusion"/> asks for, so that a store can fetch them at once.</summary>
    /// <param name="index">The leaf, from 0, less than <paramref name="size"/>.</param>
    /// <param name="size">Leaves in the tree, 1 to 2^62.</param>
    public static IReadOnlyCollection<MerklePosition> InclusionPositions(long index, long size)
    {
        var needed = new HashSet<MerklePosition>();
        Inclusion(index, size, position => Note(needed, position));
        return needed;
    }

    /// <summary>Names the nodes that <see cref="Consistency"/> asks for, so that a store can fetch them at once.</summary>
    /// <param name="size1">Leaves in the older tree.</param>
    /// <param name="size2">Leaves in the newer tree.</param>
    public static IReadOnlyCollection<MerklePosition> ConsistencyPositions(long size1, long size2)
    {
        var needed = new HashSet<MerklePosition>();
        Consistency(size1, size2, position => Note(needed, position));
        return needed;
    }

    /// <summary>Verifies that a leaf is in a tree (RFC 9162 §2.1.3.2).</summary>
    /// <param name="leafHash">The leaf's <see cref="MerkleTree.LeafHash"/>.</param>
    /// <param name="index">Where it is said to be.</param>
    /// <param name="size">Leaves in the tree.</param>
    /// <param name="proof">The audit path.</param>
    /// <param name="root">The tree's root, from a signed checkpoint.</param>
    public static bool VerifyInclusion(Digest leafHash, long index, long size, IReadOnlyList<Digest> proof, Digest root)
    {
        ArgumentNullException.ThrowIfNull(leafHash);
        ArgumentNullException.ThrowIfNull(proof);
        ArgumentNullException.ThrowIfNull(root);
        if (index < 0 || size > MerkleTree.MaxSize || index >= size || proof.Count > MaxHashes)
        {
            return false;
        }

        var node = index;
        var last = size - 1;
        var hash = leafHash;
        foreach (var sibling in proof)
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = MerkleTree.NodeHash(sibling, hash);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                hash = MerkleTree.NodeHash(hash, sibling);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && hash.Equals(root);
    }

    /// <summary>Verifies that the newer tree begins with all leaves of the older (RFC 9162 §2.1.4.2).</summary>
    /// <param name="size1">Leaves in the older tree, at least 1: that a tree continues the empty one says nothing and is refused.</param>
    /// <param name="root1">Its root.</param>
    /// <param name="size2">Leaves in the newer tree.</param>
    /// <param name="root2">Its root.</param>
    /// <param name="proof">The consistency proof; empty for equal sizes.</param>
    public static bool VerifyConsistency(long size1, Digest root1, long size2, Digest root2, IReadOnlyList<Digest> proof)
    {
        ArgumentNullException.ThrowIfNull(root1);
        ArgumentNullException.ThrowIfNull(root2);
        ArgumentNullException.ThrowIfNull(proof);
        if (size1 < 1 || size1 > size2 || size2 > MerkleTree.MaxSize || proof.Count > MaxHashes)
        {
            return false;
        }

        if (size1 == size2)
        {
            return proof.Count == 0 && root1.Equals(root2);
        }

        // An old tree that is one complete subtree is its own first node and is left out of the proof.
        var wholeOld = BitOperations.IsPow2(size1);
        if (!wholeOld && proof.Count == 0)
        {
            return false;
        }

        var node = size1 - 1;
        var last = size2 - 1;
        while ((node & 1) == 1)
        {
            node >>= 1;
            last >>= 1;
        }

        var older = wholeOld ? root1 : proof[0];
        var newer = older;
        foreach (var hash in proof.Skip(wholeOld ? 0 : 1))
        {
            if (last == 0)
            {
                return false;
            }

            if ((node & 1) == 1 || node == last)
            {
                older = MerkleTree.NodeHash(hash, older);
                newer = MerkleTree.NodeHash(hash, newer);
                while ((node & 1) == 0 && node != 0)
                {
                    node >>= 1;
                    last >>= 1;
                }
            }
            else
            {
                newer = MerkleTree.NodeHash(newer, hash);
            }

            node >>= 1;
            last >>= 1;
        }

        return last == 0 && older.Equals(root1) && newer.Equals(root2);
    }

    private static void AddPath(long index, long begin, long end, MerkleNodeSource nodes, List<Digest> path)
    {
        if (end - begin == 1)
        {
            return;
        }

        var middle = begin + Split(end - begin);
        if (index < middle)
        {
            AddPath(index, begin, middle, nodes, path);
            path.Add(RangeRoot(middle, end, nodes));
        }
        else
        {
            AddPath(index, middle, end, nodes, path);
            path.Add(RangeRoot(begin, middle, nodes));
        }
    }

    /// <summary>SUBPROOF(m, D[begin:end], b) of RFC 6962 §2.1.2; <paramref name="oldEnd"/> is begin + m.</summary>
    private static void AddSubproof(long oldEnd, long begin, long end, bool wholeOld, MerkleNodeSource nodes, List<Digest> proof)
    {
        if (oldEnd == end)
        {
            if (!wholeOld)
            {
                proof.Add(RangeRoot(begin, end, nodes));
            }

            return;
        }

        var middle = begin + Split(end - begin);
        if (oldEnd <= middle)
        {
            AddSubproof(oldEnd, begin, middle, wholeOld, nodes, proof);
            proof.Add(RangeRoot(middle, end, nodes));
        }
        else
        {
            AddSubproof(oldEnd, middle, end, wholeOld: false, nodes, proof);
            proof.Add(RangeRoot(begin, middle, nodes));
        }
    }

    /// <summary>The hash over the leaves from begin up to end. Begin is a multiple of the largest power of two that the range spans.</summary>
    private static Digest RangeRoot(long begin, long end, MerkleNodeSource nodes)
    {
        var count = end - begin;
        if (BitOperations.IsPow2(count))
        {
            var level = BitOperations.Log2((ulong)count);
            return nodes(new MerklePosition(level, begin >> level));
        }

        var middle = begin + Split(count);
        return MerkleTree.NodeHash(RangeRoot(begin, middle, nodes), RangeRoot(middle, end, nodes));
    }

    /// <summary>The largest power of two less than n, for n &gt; 1.</summary>
    private static long Split(long n) => 1L << BitOperations.Log2((ulong)(n - 1));

    private static Digest Note(HashSet<MerklePosition> needed, MerklePosition position)
    {
        needed.Add(position);
        return MerkleTree.EmptyRoot;
    }
}
