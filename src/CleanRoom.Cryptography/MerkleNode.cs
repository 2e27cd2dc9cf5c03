namespace CleanRoom.Cryptography;

/// <summary>
/// The place of a complete subtree: node <paramref name="Index"/> of level <paramref name="Level"/> covers the leaves
/// Index × 2^Level up to (Index + 1) × 2^Level − 1. Level 0 are the leaf hashes. Once complete, its hash never changes.
/// </summary>
/// <param name="Level">0 to 62.</param>
/// <param name="Index">From 0, left to right.</param>
public readonly record struct MerklePosition(int Level, long Index);

/// <summary>A complete subtree and its hash.</summary>
/// <param name="Position">Where it is.</param>
/// <param name="Hash">Its hash (RFC 6962 §2.1).</param>
public sealed record MerkleNode(MerklePosition Position, Digest Hash);

/// <summary>Gives the hash of a complete subtree, which the caller has stored.</summary>
/// <param name="position">Which one.</param>
public delegate Digest MerkleNodeSource(MerklePosition position);
