using System.Globalization;
using System.Security.Cryptography;
using CleanRoom.Cryptography;

namespace CleanRoom.Storage.Transfer;

/// <summary>
/// Goes through the rows of an ingestion store in their order: positions without a gap, hashes of leaves, every node of every tree, the cosigned root,
/// a leaf for each complete batch, parts without a gap and with the digests that the manifest names.
/// </summary>
internal sealed class StoreCheck(StoreKind kind, Func<ReadOnlyMemory<byte>, IReadOnlyList<Digest>?> partsOf, IReadOnlyCollection<KnownCheckpoint>? known = null)
{
    private const int MaximumProblems = 1_000;
    private readonly List<string> _problems = [];
    private readonly Dictionary<long, Room> _rooms = [];
    private readonly Dictionary<long, Batch> _batches = [];
    private long _rows;

    public void Take(StoreTable table, object?[] row)
    {
        _rows++;
        if (kind != StoreKind.Ingestion)
        {
            // The other kinds hold nothing that follows from something else in them; reading every row is the check.
            return;
        }

        switch (table.Name)
        {
            case "room":
                _rooms.Add((long)row[0]!, new Room((Guid)row[1]!, (long)row[2]!, (byte[])row[3]!, (long)row[4]!, (byte[]?)row[5]));
                break;
            case "entry":
                TakeEntry(_rooms[(long)row[0]!], (long)row[1]!, (byte[])row[2]!, (byte[])row[3]!);
                break;
            case "node":
                TakeNode(_rooms[(long)row[0]!], new MerklePosition((int)(long)row[1]!, (long)row[2]!), (byte[])row[3]!);
                break;
            case "batch":
                TakeBatch((long)row[0]!, _rooms[(long)row[1]!], (Guid)row[2]!, (byte[])row[4]!, (long)row[5]!, (long)row[8]!, (long?)row[11]);
                break;
            default:
                TakePart(_batches[(long)row[0]!], (long)row[1]!, (byte[]?)row[2]);
                break;
        }
    }

    public StoreFindings Finish()
    {
        foreach (var room in _rooms.Values)
        {
            Require(room.Frontier.Size == room.Size, $"room {room.Id}: {room.Frontier.Size} entries, but its row says {room.Size}");
            Require(room.Nodes.Count == 0, $"room {room.Id}: {room.Nodes.Count} nodes of the tree are missing");
            Require(
                room.CosignedSize == 0 || (room.CosignedSize <= room.Size && room.RootAtCosigned == (room.CosignedRoot is { } root ? new Digest(root) : null)),
                $"room {room.Id}: the cosigned checkpoint of {room.CosignedSize} entries is not of this log");
        }

        foreach (var checkpoint in known ?? [])
        {
            var room = _rooms.Values.FirstOrDefault(room => room.Id == checkpoint.Room);
            Require(room is not null, $"room {checkpoint.Room}: is not here");
            Require(
                room is null || room.Frontier.Size >= checkpoint.Size,
                $"room {checkpoint.Room}: {room?.Frontier.Size} entries, but witnesses have cosigned {checkpoint.Size}: this copy is too old, and every witness would refuse it");
            Require(
                room is null || room.Frontier.Size < checkpoint.Size || room.Roots.Contains((checkpoint.Size, checkpoint.Root)),
                $"room {checkpoint.Room}: another history than the one whose first {checkpoint.Size} entries witnesses have cosigned");
        }

        foreach (var batch in _batches.Values)
        {
            Require(batch.Parts == batch.NextPart, $"batch {batch.Id}: {batch.Parts} parts, but its row says {batch.NextPart}");
            Require(batch.Position is null || batch.NextPart == 2 * batch.Slots, $"batch {batch.Id}: complete with {batch.NextPart} parts of {2 * batch.Slots}");
        }

        return new StoreFindings(_rows, _problems);
    }

    private void TakeEntry(Room room, long position, byte[] hash, byte[] leaf)
    {
        Require(position == room.Frontier.Size, $"room {room.Id}: entry {position} where {room.Frontier.Size} is next");
        var expected = MerkleTree.LeafHash(leaf);
        Require(expected.Span.SequenceEqual(hash), $"room {room.Id}: entry {position} has another hash than its bytes");
        Require(position != 0 || expected.Span.SequenceEqual(room.Genesis), $"room {room.Id}: entry 0 is not its genesis");
        room.Leaves.Add(expected);
        foreach (var node in room.Frontier.Append(expected))
        {
            room.Nodes.Add(node.Position, node.Hash);
        }

        if (room.Frontier.Size == room.CosignedSize)
        {
            room.RootAtCosigned = room.Frontier.Root;
        }

        if (known?.Any(checkpoint => checkpoint.Room == room.Id && checkpoint.Size == room.Frontier.Size) == true)
        {
            _ = room.Roots.Add((room.Frontier.Size, room.Frontier.Root));
        }
    }

    private void TakeNode(Room room, MerklePosition position, byte[] hash) => Require(
        room.Nodes.Remove(position, out var expected) && expected.Span.SequenceEqual(hash),
        $"room {room.Id}: node {position.Level}/{position.Index} is not of the tree");

    private void TakeBatch(long number, Room room, Guid id, byte[] manifest, long slots, long nextPart, long? position)
    {
        var parts = partsOf(manifest);
        Require(parts?.Count == 2 * slots, $"batch {id}: its manifest does not name {2 * slots} parts");
        Require(
            position is null || (position < room.Leaves.Count && room.Leaves[(int)position] == MerkleTree.LeafHash(manifest)),
            $"batch {id}: entry {position} is not its manifest");
        _batches.Add(number, new Batch(id, parts, slots, nextPart, position));
    }

    private void TakePart(Batch batch, long number, byte[]? ciphertext)
    {
        Require(number == batch.Parts, $"batch {batch.Id}: part {number} where {batch.Parts} is next");
        batch.Parts++;
        Require(
            ciphertext is null || (batch.Digests is { } digests && number < digests.Count && SHA256.HashData(ciphertext).AsSpan().SequenceEqual(digests[(int)number].Span)),
            $"batch {batch.Id}: part {number} is not the one in the manifest");
    }

    private void Require(bool holds, FormattableString problem)
    {
        if (!holds && _problems.Count < MaximumProblems)
        {
            _problems.Add(problem.ToString(CultureInfo.InvariantCulture));
        }
    }

    private sealed record Room(Guid Id, long Size, byte[] Genesis, long CosignedSize, byte[]? CosignedRoot)
    {
        public MerkleFrontier Frontier { get; } = new();

        public Dictionary<MerklePosition, Digest> Nodes { get; } = [];

        public List<Digest> Leaves { get; } = [];

        public Digest? RootAtCosigned { get; set; }

        public HashSet<(long Size, Digest Root)> Roots { get; } = [];
    }

    private sealed record Batch(Guid Id, IReadOnlyList<Digest>? Digests, long Slots, long NextPart, long? Position)
    {
        public long Parts { get; set; }
    }
}
