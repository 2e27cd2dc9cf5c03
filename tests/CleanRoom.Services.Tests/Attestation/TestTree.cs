using CleanRoom.Cryptography;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>A Merkle log in memory (RFC 6962), with every earlier tree still at hand.</summary>
internal sealed class TestTree
{
    private readonly List<byte[]> _leaves = [];

    public int Size => _leaves.Count;

    public IReadOnlyList<byte[]> Leaves => _leaves;

    public int Append(byte[] leaf)
    {
        _leaves.Add(leaf);
        return _leaves.Count - 1;
    }

    /// <summary>Another history with the same first leaves.</summary>
    public TestTree Fork(int size)
    {
        var other = new TestTree();
        other._leaves.AddRange(_leaves.Take(size));
        return other;
    }

    public Digest Root(int size) => Hash(0, size);

    public IReadOnlyList<Digest> Inclusion(int index, int size) => MerkleProof.Inclusion(index, size, Node);

    public IReadOnlyList<Digest> Consistency(int size1, int size2) => MerkleProof.Consistency(size1, size2, Node);

    private Digest Node(MerklePosition position) => Hash((int)(position.Index << position.Level), 1 << position.Level);

    private Digest Hash(int start, int count)
    {
        if (count == 1)
        {
            return MerkleTree.LeafHash(_leaves[start]);
        }

        var left = 1;
        while (left * 2 < count)
        {
            left *= 2;
        }

        return MerkleTree.NodeHash(Hash(start, left), Hash(start + left, count - left));
    }
}
