using CleanRoom.Cryptography;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Postgres;

internal sealed class PostgresLogStore(PostgresDatabase database) : ILogStore
{
    public Task CheckAsync(CancellationToken cancellationToken) => database.CheckAsync(cancellationToken);

    public Task<RoomCreation> CreateRoomAsync(Guid room, ReadOnlyMemory<byte> genesis, CancellationToken cancellationToken)
    {
        LogRules.CheckLeaf(genesis);
        var hash = MerkleTree.LeafHash(genesis.Span);
        return database.WriteAsync<RoomCreation>(
            async session =>
            {
                // Of two callers the second waits here for the first, then finds its row.
                if (await session.ExecuteAsync("INSERT INTO room (uuid, size, genesis) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING", room, Values.Blob(hash)) == 0)
                {
                    var existing = await session.FirstAsync("SELECT genesis FROM room WHERE uuid = $1", static row => row.GetDigest(0), room);
                    return existing == hash ? new RoomCreation.Created(Existed: true) : new RoomCreation.OtherGenesis();
                }

                await PostgresLog.AppendAsync(session, await PostgresLog.GetRoomAsync(session, room), 0, [genesis]);
                return new RoomCreation.Created(Existed: false);
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<Guid>> ListRoomsAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Guid>>(
        static async session => await session.AllAsync("SELECT uuid FROM room ORDER BY id", static row => row.GetGuid(0)), cancellationToken);

    public Task<LogHead?> FindHeadAsync(Guid room, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var found = await session.FirstAsync(
                "SELECT id, size, genesis, cosigned_size FROM room WHERE uuid = $1",
                static row => (Room: new PostgresLog.Room(row.GetInt64(0), row.GetInt64(1)), Genesis: row.GetDigest(2), Cosigned: row.GetInt64(3)),
                room);
            return found.Room is null
                ? null
                : new LogHead(
                    found.Room.Size,
                    await PostgresLog.ProveAsync(session, found.Room, nodes => MerkleFrontier.FromNodes(found.Room.Size, nodes).Root),
                    found.Genesis,
                    found.Cosigned);
        },
        cancellationToken);

    public Task<LogAppend> AppendAsync(
        Guid room, long expectedSize, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken cancellationToken)
    {
        LogRules.CheckLeaves(leaves);
        return database.WriteAsync(
            async session => await PostgresLog.LockRoomAsync(session, room) is { } found
                ? await PostgresLog.AppendAsync(session, found, expectedSize, leaves)
                : new LogAppend.NoRoom(),
            cancellationToken);
    }

    public Task<long?> FindIndexAsync(Guid room, Digest leafHash, CancellationToken cancellationToken) => database.FirstAsync(
        "SELECT position FROM entry JOIN room ON room.id = entry.room WHERE room.uuid = $1 AND hash = $2",
        static row => (long?)row.GetInt64(0),
        [room, Values.Blob(leafHash)],
        cancellationToken);

    public Task<IReadOnlyList<StoredEntry>> ReadAsync(Guid room, long from, long until, int maximumBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumBytes, 1);
        return database.ReadAsync<IReadOnlyList<StoredEntry>>(
            async session =>
            {
                var found = await PostgresLog.GetRoomAsync(session, room);
                var entries = new List<StoredEntry>();
                var bytes = 0L;

                // In portions, so that a page of a long log does not make the server send all of it.
                while (true)
                {
                    var portion = await session.AllAsync(
                        "SELECT position, hash, leaf FROM entry WHERE room = $1 AND position >= $2 AND position < $3 ORDER BY position LIMIT $4",
                        static row => new StoredEntry(row.GetInt64(0), row.GetDigest(1), row.GetBlob(2)),
                        found.Id,
                        from,
                        until,
                        (long)Portion);
                    foreach (var entry in portion)
                    {
                        entries.Add(entry);
                        bytes += entry.Leaf.Length;
                        if (bytes >= maximumBytes)
                        {
                            return entries;
                        }
                    }

                    if (portion.Count < Portion)
                    {
                        return entries;
                    }

                    from = entries[^1].Index + 1;
                }
            },
            cancellationToken);
    }

    public Task<Digest> GetRootAsync(Guid room, long size, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return ProveAsync(room, size, nodes => MerkleFrontier.FromNodes(size, nodes).Root, cancellationToken);
    }

    public Task<IReadOnlyList<Digest>> GetInclusionAsync(Guid room, long index, long size, CancellationToken cancellationToken) =>
        ProveAsync(room, size, nodes => MerkleProof.Inclusion(index, size, nodes), cancellationToken);

    public Task<IReadOnlyList<Digest>> GetConsistencyAsync(Guid room, long oldSize, long newSize, CancellationToken cancellationToken) =>
        ProveAsync(room, newSize, nodes => MerkleProof.Consistency(oldSize, newSize, nodes), cancellationToken);

    public Task<StoredCheckpoint?> FindCosignedAsync(Guid room, CancellationToken cancellationToken) => database.FirstAsync(
        "SELECT cosigned_size, cosigned_root, cosigned_note FROM room WHERE uuid = $1 AND cosigned_size > 0",
        static row => new StoredCheckpoint(row.GetInt64(0), row.GetDigest(1), row.GetString(2)),
        [room],
        cancellationToken);

    public Task<bool> TrySaveCosignedAsync(Guid room, StoredCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return database.WriteAsync(
            async session =>
            {
                var found = await PostgresLog.LockRoomAsync(session, room) ?? throw PostgresLog.NoRoom();
                return checkpoint.Size >= 1
                    && checkpoint.Size <= found.Size
                    && await PostgresLog.ProveAsync(session, found, nodes => MerkleFrontier.FromNodes(checkpoint.Size, nodes).Root) == checkpoint.Root
                    && await session.ExecuteAsync(
                        "UPDATE room SET cosigned_size = $2, cosigned_root = $3, cosigned_note = $4 WHERE id = $1 AND cosigned_size <= $2",
                        found.Id,
                        checkpoint.Size,
                        Values.Blob(checkpoint.Root),
                        checkpoint.Note) == 1;
            },
            cancellationToken);
    }

    private const int Portion = 256;

    private Task<T> ProveAsync<T>(Guid room, long size, Func<MerkleNodeSource, T> prove, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var found = await PostgresLog.GetRoomAsync(session, room);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, found.Size);
            return await PostgresLog.ProveAsync(session, found, prove);
        },
        cancellationToken);
}
