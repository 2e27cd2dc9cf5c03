using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Messages;

/// <summary>The Merkle tree over the ciphertext digests of one recipient in one epoch (RFC 6962; leaf data = the 32 bytes of each digest).</summary>
public sealed class EpochTree
{
    private readonly Dictionary<MerklePosition, Digest> _nodes = [];
    private readonly MerkleFrontier _frontier = new();

    /// <summary>Builds the tree.</summary>
    /// <param name="ciphertexts">SHA-256 of each ciphertext, in order of number; at least one.</param>
    public EpochTree(IEnumerable<Digest> ciphertexts)
    {
        foreach (var ciphertext in ciphertexts)
        {
            foreach (var node in _frontier.Append(MerkleTree.LeafHash(ciphertext.Span)))
            {
                _nodes[node.Position] = node.Hash;
            }
        }

        if (_frontier.Size == 0)
        {
            throw new ArgumentException("An epoch gives each recipient at least one message.", nameof(ciphertexts));
        }
    }

    /// <summary>The recipient's epoch root.</summary>
    public Digest Root => _frontier.Root;

    /// <summary>Gives the audit path of a message.</summary>
    /// <param name="index">Its number less the first number.</param>
    public IReadOnlyList<Digest> Path(long index) => MerkleProof.Inclusion(index, _frontier.Size, position => _nodes[position]);

    /// <summary>Verifies an audit path.</summary>
    /// <param name="ciphertext">SHA-256 of the ciphertext.</param>
    /// <param name="index">Its number less the first number.</param>
    /// <param name="count">Messages of the recipient in the epoch.</param>
    /// <param name="path">The audit path.</param>
    /// <param name="root">The recipient's epoch root.</param>
    public static bool Verify(Digest ciphertext, long index, long count, IReadOnlyList<Digest> path, Digest root) =>
        MerkleProof.VerifyInclusion(MerkleTree.LeafHash(ciphertext.Span), index, count, path, root);
}
