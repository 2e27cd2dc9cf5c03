using System.Security.Cryptography;
using System.Text.Json;

namespace CleanRoom.Cryptography.Tests;

public sealed class MerkleTests
{
    [Fact]
    public void Verify_PublishedProofs_AgreesWithEveryResult()
    {
        var run = 0;
        foreach (var file in Directory.GetFiles(Published.Folder("merkle"), "*.json", SearchOption.AllDirectories))
        {
            var test = JsonDocument.Parse(File.ReadAllBytes(file)).RootElement;
            var consistency = test.TryGetProperty("size1", out _);
            var verified = consistency
                ? Number(test, "size1", out var size1) && Number(test, "size2", out var size2)
                    && MerkleProof.VerifyConsistency(size1, Get(test, "root1"), size2, Get(test, "root2"), GetProof(test))
                : Number(test, "leafIdx", out var index) && Number(test, "treeSize", out var size)
                    && MerkleProof.VerifyInclusion(Get(test, "leafHash"), index, size, GetProof(test), Get(test, "root"));
            verified &= !HasEmptyHash(test);
            Assert.True(verified != test.GetProperty("wantErr").GetBoolean(), Path.GetRelativePath(Published.Folder("merkle"), file) + ": " + test.GetProperty("desc").GetString());
            run++;
        }

        Assert.Equal(196, run);
    }

    [Fact]
    public void EmptyRoot_IsHashOfNothing_AndLeafAndNodeAreApart()
    {
        Assert.Equal("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", Convert.ToHexString(MerkleTree.EmptyRoot.Span));
        Assert.Equal("6E340B9CFFB37A989CA544E6BB780A2C78901D3FB33738768511A30617AFA01D", Convert.ToHexString(MerkleTree.LeafHash([]).Span));
        var a = Digest.Of("a"u8);
        Assert.NotEqual(MerkleTree.LeafHash([.. a.Span, .. a.Span]), MerkleTree.NodeHash(a, a));
    }

    [Fact]
    public void Proofs_EverySizeUpTo70_VerifyAndEqualTheNaiveOnes()
    {
        var log = new NaiveLog(70);
        for (long size = 0; size <= 70; size++)
        {
            var frontier = MerkleFrontier.FromNodes(size, log.Node);
            Assert.Equal(log.Root(size), frontier.Root);
            Assert.True(MerkleFrontier.TryRestore(frontier.Serialize(), out var restored));
            Assert.Equal(frontier.Root, restored.Root);
            for (long index = 0; index < size; index++)
            {
                var path = MerkleProof.Inclusion(index, size, log.Node);
                Assert.Equal(NaiveLog.Path(index, log.Leaves[..(int)size]), path);
                Assert.True(MerkleProof.VerifyInclusion(log.Leaves[(int)index], index, size, path, log.Root(size)));
                Assert.All(MerkleProof.InclusionPositions(index, size), p => Assert.True((p.Index + 1) << p.Level <= size));
            }

            for (long older = 1; older <= size; older++)
            {
                var proof = MerkleProof.Consistency(older, size, log.Node);
                Assert.True(MerkleProof.VerifyConsistency(older, log.Root(older), size, log.Root(size), proof));
                Assert.All(MerkleProof.ConsistencyPositions(older, size), p => Assert.True((p.Index + 1) << p.Level <= size));
            }
        }
    }

    [Fact]
    public void Proofs_DamagedInAnyWay_AreRefused()
    {
        var log = new NaiveLog(40);
        var other = Digest.Of("other"u8);
        for (var round = 0; round < 300; round++)
        {
            var size = RandomNumberGenerator.GetInt32(2, 41);
            var index = RandomNumberGenerator.GetInt32(size);
            var path = MerkleProof.Inclusion(index, size, log.Node);
            var leaf = log.Leaves[index];
            foreach (var wrong in Damaged(path, other))
            {
                Assert.False(MerkleProof.VerifyInclusion(leaf, index, size, wrong, log.Root(size)));
            }

            Assert.False(MerkleProof.VerifyInclusion(other, index, size, path, log.Root(size)));
            Assert.False(MerkleProof.VerifyInclusion(leaf, index, size, path, other));
            Assert.False(MerkleProof.VerifyInclusion(leaf, index ^ 1, size, path, log.Root(size)));
            Assert.False(MerkleProof.VerifyInclusion(leaf, size, size, path, log.Root(size)));
            Assert.False(MerkleProof.VerifyInclusion(leaf, -1, size, path, log.Root(size)));

            var older = RandomNumberGenerator.GetInt32(1, size + 1);
            var proof = MerkleProof.Consistency(older, size, log.Node);
            foreach (var wrong in Damaged(proof, other))
            {
                Assert.False(MerkleProof.VerifyConsistency(older, log.Root(older), size, log.Root(size), wrong));
            }

            Assert.False(MerkleProof.VerifyConsistency(older, other, size, log.Root(size), proof));
            Assert.False(MerkleProof.VerifyConsistency(older, log.Root(older), size, other, proof));
            Assert.False(MerkleProof.VerifyConsistency(0, MerkleTree.EmptyRoot, size, log.Root(size), []));
            Assert.True(older == size || !MerkleProof.VerifyConsistency(size, log.Root(size), older, log.Root(older), proof));
        }
    }

    [Fact]
    public void Verify_EveryBitOfAProof_Matters()
    {
        var log = new NaiveLog(13);
        var path = MerkleProof.Inclusion(5, 13, log.Node);
        var proof = MerkleProof.Consistency(6, 13, log.Node);
        foreach (var wrong in FlippedBits(path))
        {
            Assert.False(MerkleProof.VerifyInclusion(log.Leaves[5], 5, 13, wrong, log.Root(13)));
        }

        foreach (var wrong in FlippedBits(proof))
        {
            Assert.False(MerkleProof.VerifyConsistency(6, log.Root(6), 13, log.Root(13), wrong));
        }
    }

    [Fact]
    public void Consistency_ForkedLog_DoesNotVerify()
    {
        var log = new NaiveLog(33);
        var fork = new NaiveLog(33, forkAt: 10);
        for (var older = 11; older <= 32; older++)
        {
            Assert.False(MerkleProof.VerifyConsistency(older, log.Root(older), 33, fork.Root(33), MerkleProof.Consistency(older, 33, fork.Node)));
        }

        Assert.True(MerkleProof.VerifyConsistency(10, log.Root(10), 33, fork.Root(33), MerkleProof.Consistency(10, 33, fork.Node)));
    }

    [Fact]
    public void TryRestore_WrongShape_IsRefused()
    {
        var log = new NaiveLog(7);
        var bytes = MerkleFrontier.FromNodes(7, log.Node).Serialize();
        Assert.Equal(8 + (3 * 32), bytes.Length);
        Assert.False(MerkleFrontier.TryRestore([], out _));
        Assert.False(MerkleFrontier.TryRestore(bytes.AsSpan(1), out _));
        Assert.False(MerkleFrontier.TryRestore([.. bytes, 0], out _));
        Assert.False(MerkleFrontier.TryRestore([0x80, .. bytes.AsSpan(1)], out _));
        bytes[7] = 3;
        Assert.False(MerkleFrontier.TryRestore(bytes, out _));
    }

    [Fact]
    public void Clone_AppendedTo_LeavesTheOriginal()
    {
        var frontier = new MerkleFrontier();
        frontier.Append(Digest.Of("1"u8));
        var root = frontier.Root;
        var clone = frontier.Clone();
        clone.Append(Digest.Of("2"u8));
        Assert.Equal(root, frontier.Root);
        Assert.Equal(1, frontier.Size);
        Assert.Equal(2, clone.Size);
    }

    private static IEnumerable<IReadOnlyList<Digest>> Damaged(IReadOnlyList<Digest> proof, Digest other)
    {
        yield return [.. proof, other];
        yield return [other, .. proof];
        yield return [.. proof, .. Enumerable.Repeat(other, 200)];
        for (var i = 0; i < proof.Count; i++)
        {
            yield return [.. proof.Take(i), other, .. proof.Skip(i + 1)];
            yield return [.. proof.Take(i), .. proof.Skip(i + 1)];
        }
    }

    private static IEnumerable<IReadOnlyList<Digest>> FlippedBits(IReadOnlyList<Digest> proof)
    {
        for (var i = 0; i < proof.Count; i++)
        {
            foreach (var bytes in Changed.Bits(proof[i].Span.ToArray()))
            {
                yield return [.. proof.Take(i), new Digest(bytes), .. proof.Skip(i + 1)];
            }
        }
    }

    private static Digest Get(JsonElement test, string member) => ToDigest(test.GetProperty(member));

    private static List<Digest> GetProof(JsonElement test) =>
        test.GetProperty("proof").ValueKind == JsonValueKind.Null ? [] : [.. test.GetProperty("proof").EnumerateArray().Select(ToDigest)];

    // Some vectors hold hashes of other lengths, which our type cannot hold: a hash of them stays as wrong, and as equal, as they are.
    private static Digest ToDigest(JsonElement value)
    {
        var bytes = value.ValueKind == JsonValueKind.Null ? [] : value.GetBytesFromBase64();
        return Digest.TryFromBytes(bytes, out var digest) ? digest : Digest.Of(bytes);
    }

    // Two empty hashes are equal, but they are no hashes.
    private static bool HasEmptyHash(JsonElement test) =>
        test.EnumerateObject().Any(member => member.Value.ValueKind == JsonValueKind.String && member.Value.GetString() == "");

    // Sizes beyond a long are beyond our largest tree, and refused.
    private static bool Number(JsonElement test, string member, out long value) => test.GetProperty(member).TryGetInt64(out value);

    /// <summary>A log by the recursive definitions of RFC 6962 §2.1, over all its leaves every time.</summary>
    private sealed class NaiveLog
    {
        private readonly Dictionary<MerklePosition, Digest> _nodes = [];

        public NaiveLog(int size, int forkAt = int.MaxValue)
        {
            var frontier = new MerkleFrontier();
            for (var i = 0; i < size; i++)
            {
                var leaf = MerkleTree.LeafHash([(byte)i, (byte)(i >= forkAt ? 1 : 0)]);
                Leaves.Add(leaf);
                foreach (var node in frontier.Append(leaf))
                {
                    _nodes.Add(node.Position, node.Hash);
                }

                Assert.Equal(Root(i + 1), frontier.Root);
            }
        }

        public List<Digest> Leaves { get; } = [];

        public Digest Node(MerklePosition position) => _nodes[position];

        public Digest Root(long size) => Hash(Leaves[..(int)size]);

        public static List<Digest> Path(long index, List<Digest> leaves)
        {
            if (leaves.Count == 1)
            {
                return [];
            }

            var k = Half(leaves.Count);
            return index < k ? [.. Path(index, leaves[..k]), Hash(leaves[k..])] : [.. Path(index - k, leaves[k..]), Hash(leaves[..k])];
        }

        private static Digest Hash(List<Digest> leaves) => leaves.Count switch
        {
            0 => MerkleTree.EmptyRoot,
            1 => leaves[0],
            var n => MerkleTree.NodeHash(Hash(leaves[..Half(n)]), Hash(leaves[Half(n)..])),
        };

        private static int Half(int n)
        {
            var k = 1;
            while (k * 2 < n)
            {
                k *= 2;
            }

            return k;
        }
    }
}
