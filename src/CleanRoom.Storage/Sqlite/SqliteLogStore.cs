using CleanRoom.Cryptography;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Sqlite;

internal sealed class SqliteLogStore(SqliteDatabase database) : ILogStore
{
    public Task CheckAsync(CancellationToken cancellationToken) => database.CheckAsync(cancellationToken);

    public Task<RoomCreation> CreateRoomAsync(Guid room, ReadOnlyMemory<byte> genesis, CancellationToken cancellationToken)
    {
        LogRules.CheckLeaf(genesis);
        var hash = MerkleTree.LeafHash(genesis.Span);
        return database.WriteAsync<RoomCreation>(
            session =>
            {
                var existing = session.First("SELECT genesis FROM room WHERE uuid = $0", static row => row.GetDigest(0), Values.Text(room));
                if (existing is not null)
                {
                    return existing == hash ? new RoomCreation.Created(Existed: true) : new RoomCreation.OtherGenesis();
                }

                session.Execute("INSERT INTO room (uuid, size, genesis) VALUES ($0, 0, $1)", Values.Text(room), Values.Blob(hash));
                SqliteLog.Append(session, SqliteLog.GetRoom(session, room), 0, [genesis]);
                return new RoomCreation.Created(Existed: false);
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<Guid>> ListRoomsAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<Guid>>(
        static session => session.All("SELECT uuid FROM room ORDER BY id", static row => row.GetId(0)), cancellationToken);

    public Task<LogHead?> FindHeadAsync(Guid room, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            if (SqliteLog.FindRoom(session, room) is not { } found)
            {
                return null;
            }

            var root = MerkleFrontier.FromNodes(found.Size, SqliteLog.Nodes(session, found)).Root;
            return session.First(
                "SELECT genesis, cosigned_size FROM room WHERE id = $0",
                row => new LogHead(found.Size, root, row.GetDigest(0), row.GetInt64(1)),
                found.Id);
        },
        cancellationToken);

    public Task<LogAppend> AppendAsync(
        Guid room, long expectedSize, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken cancellationToken)
    {
        LogRules.CheckLeaves(leaves);
        return database.WriteAsync(
            session => SqliteLog.FindRoom(session, room) is { } found
                ? SqliteLog.Append(session, found, expectedSize, leaves)
                : new LogAppend.NoRoom(),
            cancellationToken);
    }

    public Task<long?> FindIndexAsync(Guid room, Digest leafHash, CancellationToken cancellationToken) => database.ReadAsync(
        session => SqliteLog.FindRoom(session, room) is { } found ? SqliteLog.FindIndex(session, found, leafHash) : null, cancellationToken);

    public Task<IReadOnlyList<StoredEntry>> ReadAsync(Guid room, long from, long until, int maximumBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumBytes, 1);
        return database.ReadAsync<IReadOnlyList<StoredEntry>>(
            session =>
            {
                var bytes = 0L;
                return session.All(
                    """
                    SELECT position, hash, leaf FROM entry
                    WHERE room = $0 AND position >= $1 AND position < $2 ORDER BY position
                    """,
                    static row => new StoredEntry(row.GetInt64(0), row.GetDigest(1), row.GetBlob(2)),
                    entry => (bytes += entry.Leaf.Length) < maximumBytes,
                    SqliteLog.GetRoom(session, room).Id,
                    from,
                    until);
            },
            cancellationToken);
    }

    public Task<Digest> GetRootAsync(Guid room, long size, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        return Prove(room, size, nodes => MerkleFrontier.FromNodes(size, nodes).Root, cancellationToken);
    }

    public Task<IReadOnlyList<Digest>> GetInclusionAsync(Guid room, long index, long size, CancellationToken cancellationToken) =>
        Prove(room, size, nodes => MerkleProof.Inclusion(index, size, nodes), cancellationToken);

    public Task<IReadOnlyList<Digest>> GetConsistencyAsync(Guid room, long oldSize, long newSize, CancellationToken cancellationToken) =>
        Prove(room, newSize, nodes => MerkleProof.Consistency(oldSize, newSize, nodes), cancellationToken);

    public Task<StoredCheckpoint?> FindCosignedAsync(Guid room, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.First(
            "SELECT cosigned_size, cosigned_root, cosigned_note FROM room WHERE uuid = $0 AND cosigned_size > 0",
            static row => new StoredCheckpoint(row.GetInt64(0), row.GetDigest(1), row.GetString(2)),
            Values.Text(room)),
        cancellationToken);

    public Task<bool> TrySaveCosignedAsync(Guid room, StoredCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return database.WriteAsync(
            session =>
            {
                var found = SqliteLog.GetRoom(session, room);
                return checkpoint.Size >= 1
                    && checkpoint.Size <= found.Size
                    && MerkleFrontier.FromNodes(checkpoint.Size, SqliteLog.Nodes(session, found)).Root == checkpoint.Root
                    && session.Execute(
                        "UPDATE room SET cosigned_size = $1, cosigned_root = $2, cosigned_note = $3 WHERE id = $0 AND cosigned_size <= $1",
                        found.Id,
                        checkpoint.Size,
                        Values.Blob(checkpoint.Root),
                        checkpoint.Note) == 1;
            },
            cancellationToken);
    }

    private Task<T> Prove<T>(Guid room, long size, Func<MerkleNodeSource, T> prove, CancellationToken cancellationToken) => database.ReadAsync(
        session =>
        {
            var found = SqliteLog.GetRoom(session, room);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, found.Size);
            return prove(SqliteLog.Nodes(session, found));
        },
        cancellationToken);
}
