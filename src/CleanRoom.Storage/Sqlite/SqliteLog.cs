using CleanRoom.Cryptography;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Sqlite;

/// <summary>What happens to a room's log inside a transaction.</summary>
internal static class SqliteLog
{
    public sealed record Room(long Id, long Size);

    public static Room? FindRoom(SqliteSession session, Guid room) =>
        session.First("SELECT id, size FROM room WHERE uuid = $0", static row => new Room(row.GetInt64(0), row.GetInt64(1)), Values.Text(room));

    public static Room GetRoom(SqliteSession session, Guid room) =>
        FindRoom(session, room) ?? throw new ArgumentException("There is no such room.", nameof(room));

    public static MerkleNodeSource Nodes(SqliteSession session, Room room) => position =>
        session.First(
            "SELECT hash FROM node WHERE room = $0 AND level = $1 AND position = $2",
            static row => row.GetDigest(0),
            room.Id,
            (long)position.Level,
            position.Index)
        ?? throw new StorageException(StorageProblem.Damaged, "The log lacks a node of its tree: restore the database from a backup.");

    public static long? FindIndex(SqliteSession session, Room room, Digest hash) =>
        session.First("SELECT position FROM entry WHERE room = $0 AND hash = $1", static row => (long?)row.GetInt64(0), room.Id, Values.Blob(hash));

    /// <summary>Appends leaves, all or none; see <see cref="ILogStore.AppendAsync"/>.</summary>
    public static LogAppend Append(SqliteSession session, Room room, long expectedSize, IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        var hashes = leaves.Select(static leaf => MerkleTree.LeafHash(leaf.Span)).ToArray();
        var known = hashes.Select(hash => FindIndex(session, room, hash)).ToArray();
        if (known.Contains(null) && room.Size != expectedSize)
        {
            return new LogAppend.SizeMoved(room.Size);
        }

        var frontier = MerkleFrontier.FromNodes(room.Size, Nodes(session, room));
        var added = new Dictionary<Digest, long>();
        var result = new AppendedLeaf[leaves.Count];
        for (var i = 0; i < leaves.Count; i++)
        {
            if (known[i] is { } index)
            {
                result[i] = new AppendedLeaf(index, Existed: true);
            }
            else if (added.TryGetValue(hashes[i], out var repeated))
            {
                result[i] = new AppendedLeaf(repeated, Existed: true);
            }
            else
            {
                var position = frontier.Size;
                Insert(session, room, frontier, hashes[i], leaves[i]);
                added.Add(hashes[i], position);
                result[i] = new AppendedLeaf(position, Existed: false);
            }
        }

        if (added.Count > 0)
        {
            session.Execute("UPDATE room SET size = $1 WHERE id = $0", room.Id, frontier.Size);
        }

        return new LogAppend.Appended(result);
    }

    private static void Insert(SqliteSession session, Room room, MerkleFrontier frontier, Digest hash, ReadOnlyMemory<byte> leaf)
    {
        session.Execute(
            "INSERT INTO entry (room, position, hash, leaf) VALUES ($0, $1, $2, $3)", room.Id, frontier.Size, Values.Blob(hash), Values.Blob(leaf));
        foreach (var node in frontier.Append(hash))
        {
            session.Execute(
                "INSERT INTO node (room, level, position, hash) VALUES ($0, $1, $2, $3)",
                room.Id,
                (long)node.Position.Level,
                node.Position.Index,
                Values.Blob(node.Hash));
        }
    }
}
