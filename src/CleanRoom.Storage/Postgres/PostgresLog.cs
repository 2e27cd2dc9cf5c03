using CleanRoom.Cryptography;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Postgres;

/// <summary>What happens to a room's log inside a transaction.</summary>
internal static class PostgresLog
{
    public sealed record Room(long Id, long Size);

    public static Task<Room?> FindRoomAsync(PostgresSession session, Guid room) =>
        session.FirstAsync("SELECT id, size FROM room WHERE uuid = $1", static row => new Room(row.GetInt64(0), row.GetInt64(1)), room);

    public static async Task<Room> GetRoomAsync(PostgresSession session, Guid room) => await FindRoomAsync(session, room) ?? throw NoRoom();

    /// <summary>
    /// Takes the room's row until the transaction ends. Appends to one room therefore follow each other, commits included: who takes the row
    /// next sees all that was committed before it, and positions become visible in their order, without a gap.
    /// </summary>
    public static Task<Room?> LockRoomAsync(PostgresSession session, Guid room) => session.FirstAsync(
        "SELECT id, size FROM room WHERE uuid = $1 FOR NO KEY UPDATE", static row => new Room(row.GetInt64(0), row.GetInt64(1)), room);

    public static ArgumentException NoRoom() => new("There is no such room.");

    /// <summary>Answers a question about the tree with one query: which nodes it needs follows from its numbers, not from the hashes.</summary>
    public static async Task<T> ProveAsync<T>(PostgresSession session, Room room, Func<MerkleNodeSource, T> prove)
    {
        var positions = new HashSet<MerklePosition>();
        _ = prove(position =>
        {
            positions.Add(position);
            return MerkleTree.EmptyRoot;
        });
        if (positions.Count == 0)
        {
            return prove(static _ => throw LogRules.NodeMissing());
        }

        var nodes = (await session.AllAsync(
            """
            SELECT level, position, hash FROM node JOIN unnest($2::int[], $3::bigint[]) AS wanted (level, position) USING (level, position) WHERE room = $1
            """,
            static row => new MerkleNode(new MerklePosition(row.GetInt32(0), row.GetInt64(1)), row.GetDigest(2)),
            room.Id,
            positions.Select(static position => position.Level).ToArray(),
            positions.Select(static position => position.Index).ToArray())).ToDictionary(static node => node.Position, static node => node.Hash);
        return prove(position => nodes.TryGetValue(position, out var hash) ? hash : throw LogRules.NodeMissing());
    }

    /// <summary>Appends leaves, all or none, to a room whose row is taken; see <see cref="ILogStore.AppendAsync"/>.</summary>
    public static async Task<LogAppend> AppendAsync(PostgresSession session, Room room, long expectedSize, IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        var hashes = leaves.Select(static leaf => MerkleTree.LeafHash(leaf.Span)).ToArray();
        var known = (await session.AllAsync(
            "SELECT hash, position FROM entry WHERE room = $1 AND hash = ANY($2)",
            static row => (Hash: row.GetDigest(0), Position: row.GetInt64(1)),
            room.Id,
            hashes.Select(Values.Blob).ToArray())).ToDictionary(static item => item.Hash, static item => item.Position);
        if (room.Size != expectedSize && hashes.Any(hash => !known.ContainsKey(hash)))
        {
            return new LogAppend.SizeMoved(room.Size);
        }

        var frontier = await ProveAsync(session, room, nodes => MerkleFrontier.FromNodes(room.Size, nodes));
        var growth = LogRules.Grow(frontier, leaves, hashes, known);
        if (growth.Entries.Count > 0)
        {
            await InsertAsync(session, room, growth);
        }

        return new LogAppend.Appended(growth.Answers);
    }

    private static Task<int> InsertAsync(PostgresSession session, Room room, LogGrowth growth) => session.ExecuteAsync(
        """
        WITH entries AS (
          INSERT INTO entry (room, position, hash, leaf) SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::bytea[])),
        nodes AS (
          INSERT INTO node (room, level, position, hash) SELECT $1, * FROM unnest($5::int[], $6::bigint[], $7::bytea[]))
        UPDATE room SET size = $8 WHERE id = $1
        """,
        room.Id,
        growth.Entries.Select(static entry => entry.Index).ToArray(),
        growth.Entries.Select(static entry => Values.Blob(entry.Hash)).ToArray(),
        growth.Entries.Select(static entry => Values.Blob(entry.Leaf)).ToArray(),
        growth.Nodes.Select(static node => node.Position.Level).ToArray(),
        growth.Nodes.Select(static node => node.Position.Index).ToArray(),
        growth.Nodes.Select(static node => Values.Blob(node.Hash)).ToArray(),
        growth.Entries[^1].Index + 1);
}
