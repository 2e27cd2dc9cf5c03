using CleanRoom.Cryptography;

namespace CleanRoom.Storage.Logs;

/// <summary>What every driver decides alike about a log.</summary>
internal static class LogRules
{
    private const int MaximumLeaves = 10_000;
    private const int MaximumLeafSize = 256 << 10;

    public static void CheckLeaf(ReadOnlyMemory<byte> leaf)
    {
        if (leaf.Length is < 1 or > MaximumLeafSize)
        {
            throw new ArgumentException("A leaf must have 1 byte to 256 KiB.", nameof(leaf));
        }
    }

    public static void CheckLeaves(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        ArgumentNullException.ThrowIfNull(leaves);
        ArgumentOutOfRangeException.ThrowIfZero(leaves.Count, nameof(leaves));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(leaves.Count, MaximumLeaves, nameof(leaves));
        foreach (var leaf in leaves)
        {
            CheckLeaf(leaf);
        }
    }

    public static StorageException NodeMissing() =>
        new(StorageProblem.Damaged, "The log lacks a node of its tree: restore the database from a backup.");

    /// <summary>Appends in memory what is new of the leaves.</summary>
    /// <param name="frontier">The tree; it grows.</param>
    /// <param name="leaves">The leaves of the call.</param>
    /// <param name="hashes">Their hashes.</param>
    /// <param name="known">Where those stand that the log has.</param>
    public static LogGrowth Grow(
        MerkleFrontier frontier, IReadOnlyList<ReadOnlyMemory<byte>> leaves, IReadOnlyList<Digest> hashes, IReadOnlyDictionary<Digest, long> known)
    {
        var added = new Dictionary<Digest, long>();
        var entries = new List<StoredEntry>();
        var nodes = new List<MerkleNode>();
        var answers = new AppendedLeaf[leaves.Count];
        for (var i = 0; i < leaves.Count; i++)
        {
            if (known.TryGetValue(hashes[i], out var index) || added.TryGetValue(hashes[i], out index))
            {
                answers[i] = new AppendedLeaf(index, Existed: true);
                continue;
            }

            var position = frontier.Size;
            entries.Add(new StoredEntry(position, hashes[i], leaves[i]));
            nodes.AddRange(frontier.Append(hashes[i]));
            added.Add(hashes[i], position);
            answers[i] = new AppendedLeaf(position, Existed: false);
        }

        return new LogGrowth(answers, entries, nodes);
    }
}

/// <summary>What an append adds to the store.</summary>
/// <param name="Answers">In the order of the call.</param>
/// <param name="Entries">New entries.</param>
/// <param name="Nodes">New nodes of the tree.</param>
internal sealed record LogGrowth(IReadOnlyList<AppendedLeaf> Answers, IReadOnlyList<StoredEntry> Entries, IReadOnlyList<MerkleNode> Nodes);
