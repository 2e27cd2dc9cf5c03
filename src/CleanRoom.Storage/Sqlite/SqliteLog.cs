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
        ?? throw LogRules.NodeMissing();

    public static long? FindIndex(SqliteSession session, Room room, Digest hash) =>
        session.First("SELECT position FROM entry WHERE room = $0 AND hash = $1", static row => (long?)row.GetInt64(0), room.Id, Values.Blob(hash));

    /// <summary>Appends leaves, all or none; see <see cref="ILogStore.AppendAsync"/>.</summary>
    public static LogAppend Append(SqliteSession session, Room room, long expectedSize, IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        var hashes = leaves.Select(static leaf => MerkleTree.LeafHash(leaf.Span)).ToArray();
        var known = new Dictionary<Digest, long>();
        foreach (var hash in hashes)
        {
            if (FindIndex(session, room, hash) is { } index)
            {
                known[hash] = index;
            }
        }

        if (room.Size != expectedSize && hashes.Any(hash => !known.ContainsKey(hash)))
        {
            return new LogAppend.SizeMoved(room.Size);
        }

        var growth = LogRules.Grow(MerkleFrontier.FromNodes(room.Size, Nodes(session, room)), leaves, hashes, known);
        if (growth.Entries.Count > 0)
        {
            Insert(session, room, growth);
        }

        return new LogAppend.Appended(growth.Answers);
    }

    private static void Insert(SqliteSession session, Room room, LogGrowth growth)
    {
        foreach (var entry in growth.Entries)
        {
            session.Execute(
                "INSERT INTO entry (room, position, hash, leaf) VALUES ($0, $1, $2, $3)", room.Id, entry.Index, Values.Blob(entry.Hash), Values.Blob(entry.Leaf));
        }

        foreach (var node in growth.Nodes)
        {
            session.Execute(
                "INSERT INTO node (room, level, position, hash) VALUES ($0, $1, $2, $3)",
                room.Id,
                (long)node.Position.Level,
                node.Position.Index,
                Values.Blob(node.Hash));
        }

        session.Execute("UPDATE room SET size = $1 WHERE id = $0", room.Id, growth.Entries[^1].Index + 1);
    }
}
