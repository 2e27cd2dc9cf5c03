using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;
using NpgsqlTypes;

namespace CleanRoom.Storage.Postgres;

internal sealed class PostgresBatchStore(PostgresDatabase database) : IBatchStore
{
    private const string Columns = "batch.id, author, manifest, slots, next_part, bytes, position";

    public Task CheckAsync(CancellationToken cancellationToken) => database.CheckAsync(cancellationToken);

    public Task<UploadStart> BeginAsync(UploadRequest request, CancellationToken cancellationToken)
    {
        BatchRules.CheckRequest(request);
        return database.WriteAsync(session => BeginAsync(session, request), cancellationToken);
    }

    public Task<UploadProgress?> FindAsync(Guid room, Guid batch, CancellationToken cancellationToken) => database.FirstAsync(
        "SELECT position, next_part, bytes, author FROM batch JOIN room ON room.id = batch.room WHERE room.uuid = $1 AND batch.uuid = $2",
        static row => new UploadProgress(row.IsDBNull(0) ? null : row.GetInt64(0), (int)row.GetInt64(1), row.GetInt64(2), row.GetString(3)),
        [room, batch],
        cancellationToken);

    public Task<int?> AppendPartsAsync(
        Guid room, Guid batch, int firstPart, IReadOnlyList<ReadOnlyMemory<byte>> parts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        BatchRules.CheckParts(parts);
        return database.WriteAsync<int?>(
            async session =>
            {
                // The row is taken until the end: a second writer of the same parts waits, and then does not fit.
                var upload = await session.FirstAsync(
                    "SELECT batch.id, slots, next_part, position IS NOT NULL FROM batch JOIN room ON room.id = batch.room WHERE room.uuid = $1 AND batch.uuid = $2 FOR NO KEY UPDATE OF batch",
                    static row => new StoredUpload(row.GetInt64(0), string.Empty, [], (int)row.GetInt64(1), (int)row.GetInt64(2), 0, row.GetBoolean(3) ? 0 : null),
                    room,
                    batch);
                if (upload is null || !BatchRules.Fits(upload, firstPart, parts.Count))
                {
                    return null;
                }

                await CopyAsync(session, upload.Id, firstPart, parts);
                await session.ExecuteAsync(
                    "UPDATE batch SET next_part = $2, bytes = bytes + $3, touched = $4 WHERE id = $1",
                    upload.Id,
                    (long)firstPart + parts.Count,
                    parts.Sum(static part => (long)part.Length),
                    now.ToUnixTimeSeconds());
                return firstPart + parts.Count;
            },
            cancellationToken);
    }

    public Task<BatchCommit> CommitAsync(Guid room, Guid batch, long expectedSize, CancellationToken cancellationToken) => database.WriteAsync(
        async session =>
        {
            if (await FindAsync(session, room, batch, " FOR NO KEY UPDATE OF batch") is not { } upload)
            {
                return new BatchCommit.NoUpload();
            }

            if (upload.Index is { } index)
            {
                return new BatchCommit.Committed(new AppendedLeaf(index, Existed: true));
            }

            if (upload.NextPart != 2 * upload.Slots)
            {
                return new BatchCommit.Incomplete(upload.NextPart);
            }

            var found = await PostgresLog.LockRoomAsync(session, room) ?? throw PostgresLog.NoRoom();
            switch (await PostgresLog.AppendAsync(session, found, expectedSize, [upload.Manifest]))
            {
                case LogAppend.Appended appended:
                    await session.ExecuteAsync("UPDATE batch SET position = $2 WHERE id = $1", upload.Id, appended.Leaves[0].Index);
                    return new BatchCommit.Committed(appended.Leaves[0]);
                case LogAppend.SizeMoved moved:
                    return (BatchCommit)new BatchCommit.SizeMoved(moved.Size);
                default:
                    return new BatchCommit.NoUpload();
            }
        },
        cancellationToken);

    public Task<IReadOnlyList<StoredPart>?> ReadPartsAsync(
        Guid room, Guid batch, int fromPart, int maximumBytes, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fromPart);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumBytes, 1);
        return database.ReadAsync<IReadOnlyList<StoredPart>?>(
            async session =>
            {
                var id = await session.FirstAsync(
                    "SELECT batch.id FROM batch JOIN room ON room.id = batch.room WHERE room.uuid = $1 AND batch.uuid = $2 AND position IS NOT NULL",
                    static row => (long?)row.GetInt64(0),
                    room,
                    batch);
                if (id is null)
                {
                    return null;
                }

                var parts = new List<StoredPart>();
                var bytes = 0L;
                while (true)
                {
                    var portion = await session.AllAsync(
                        "SELECT number, ciphertext FROM part WHERE batch = $1 AND number >= $2 ORDER BY number LIMIT $3",
                        static row => new StoredPart((int)row.GetInt64(0), row.IsDBNull(1) ? null : (ReadOnlyMemory<byte>?)row.GetBlob(1)),
                        id,
                        (long)fromPart,
                        (long)Portion);
                    foreach (var part in portion)
                    {
                        parts.Add(part);
                        bytes += part.Ciphertext?.Length ?? 0;
                        if (bytes >= maximumBytes)
                        {
                            return parts;
                        }
                    }

                    if (portion.Count < Portion)
                    {
                        return parts;
                    }

                    fromPart = parts[^1].Part + 1;
                }
            },
            cancellationToken);
    }

    public async Task<int> EraseAsync(Guid room, IReadOnlyList<ErasedSlot> slots, long through, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(slots);
        var erased = await database.WriteAsync(
            async session =>
            {
                var found = await PostgresLog.GetRoomAsync(session, room);
                var deleted = await session.ExecuteAsync(
                    """
                    UPDATE part SET ciphertext = NULL FROM batch, unnest($2::uuid[], $3::bigint[]) AS gone (uuid, slot)
                    WHERE batch.room = $1 AND batch.uuid = gone.uuid AND batch.position IS NOT NULL
                    AND part.batch = batch.id AND part.number IN (2 * gone.slot, 2 * gone.slot + 1) AND part.ciphertext IS NOT NULL
                    """,
                    found.Id,
                    slots.Select(static slot => slot.Batch).ToArray(),
                    slots.Select(static slot => (long)slot.Slot).ToArray());
                await session.ExecuteAsync("UPDATE room SET erased_through = greatest(erased_through, $2) WHERE id = $1", found.Id, through);
                return deleted;
            },
            cancellationToken);
        await VacuumAsync(erased, cancellationToken);
        return erased;
    }

    public async Task<int> EraseBatchesAsync(Guid room, IReadOnlyList<Guid> batches, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        var erased = await database.WriteAsync(
            async session => await session.ExecuteAsync(
                """
                UPDATE part SET ciphertext = NULL FROM batch
                WHERE batch.room = $1 AND batch.uuid = ANY($2) AND batch.position IS NOT NULL AND part.batch = batch.id AND part.ciphertext IS NOT NULL
                """,
                (await PostgresLog.GetRoomAsync(session, room)).Id,
                batches.ToArray()),
            cancellationToken);
        await VacuumAsync(erased, cancellationToken);
        return erased;
    }

    public async Task<long> FindErasedThroughAsync(Guid room, CancellationToken cancellationToken) => await database.FirstAsync(
        "SELECT erased_through FROM room WHERE uuid = $1", static row => row.GetInt64(0), [room], cancellationToken);

    public Task<int> CollectAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.ExecuteAsync(
            "DELETE FROM batch WHERE id IN (SELECT id FROM batch WHERE position IS NULL AND touched < $1 FOR UPDATE SKIP LOCKED)", before.ToUnixTimeSeconds()),
        cancellationToken);

    public Task<UploadUsage> GetUsageAsync(Guid room, string author, string window, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await PostgresLog.FindRoomAsync(session, room) is { } found ? await UsageAsync(session, found, author, window) : default, cancellationToken);

    private const int Portion = 512;

    /// <summary>The row versions that an erasure leaves behind are made free for reuse now, not when the server gets to it.</summary>
    private async Task VacuumAsync(int erased, CancellationToken cancellationToken)
    {
        if (erased > 0)
        {
            await database.ExecuteAsync("VACUUM part", cancellationToken);
        }
    }

    private static async Task CopyAsync(PostgresSession session, long batch, int firstPart, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        await using var import = await session.Connection.BeginBinaryImportAsync("COPY part (batch, number, ciphertext) FROM STDIN (FORMAT BINARY)");
        for (var i = 0; i < parts.Count; i++)
        {
            await import.StartRowAsync();
            await import.WriteAsync(batch, NpgsqlDbType.Bigint);
            await import.WriteAsync((long)firstPart + i, NpgsqlDbType.Bigint);
            await import.WriteAsync(parts[i], NpgsqlDbType.Bytea);
        }

        await import.CompleteAsync();
    }

    private static async Task<UploadStart> BeginAsync(PostgresSession session, UploadRequest request)
    {
        // One after the other in a room: quotas are counted over other rows than the one written.
        if (await PostgresLog.FindRoomAsync(session, request.Room) is not { } room)
        {
            return new UploadStart.NoRoom();
        }

        await session.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended($1, $2))", session.Connection.Database + "/" + "begin", room.Id);
        if (await FindAsync(session, request.Room, request.Batch) is { } known)
        {
            var answer = BatchRules.TakeUp(known, request);
            if (answer is UploadStart.Open)
            {
                await session.ExecuteAsync("UPDATE batch SET touched = $2 WHERE id = $1", known.Id, request.Now.ToUnixTimeSeconds());
            }

            return answer;
        }

        var open = await session.FirstAsync(
            "SELECT count(*) FROM batch WHERE room = $1 AND author = $2 AND position IS NULL", static row => row.GetInt64(0), room.Id, request.Author);
        if (BatchRules.Refuse(
            request, await UsageAsync(session, room, request.Author, request.Window), await RoomBytesAsync(session, room, request), open) is { } refusal)
        {
            return refusal;
        }

        await session.ExecuteAsync(
            """
            INSERT INTO batch (room, uuid, author, manifest, slots, quota_window, charge, next_part, bytes, touched)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8)
            """,
            room.Id,
            request.Batch,
            request.Author,
            Values.Blob(request.Manifest),
            (long)request.Slots,
            request.Window,
            request.Charge,
            request.Now.ToUnixTimeSeconds());
        return new UploadStart.Open(0, 0);
    }

    private static Task<UploadUsage> UsageAsync(PostgresSession session, PostgresLog.Room room, string author, string window) => session.FirstAsync(
        "SELECT coalesce(sum(charge), 0)::bigint, coalesce(sum(bytes), 0)::bigint FROM batch WHERE room = $1 AND author = $2 AND quota_window = $3",
        static row => new UploadUsage(row.GetInt64(0), row.GetInt64(1)),
        room.Id,
        author,
        window);

    private static Task<long> RoomBytesAsync(PostgresSession session, PostgresLog.Room room, UploadRequest request) => request.MostBytesOfRoom == long.MaxValue
        ? Task.FromResult(0L)
        : session.FirstAsync(
            "SELECT coalesce(sum(bytes), 0)::bigint FROM batch WHERE room = $1 AND quota_window = $2", static row => row.GetInt64(0), room.Id, request.Window);

    private static Task<StoredUpload?> FindAsync(PostgresSession session, Guid room, Guid batch, string lockClause = "") => session.FirstAsync(
        $"SELECT {Columns} FROM batch JOIN room ON room.id = batch.room WHERE room.uuid = $1 AND batch.uuid = $2{lockClause}",
        static row => new StoredUpload(
            row.GetInt64(0),
            row.GetString(1),
            row.GetBlob(2),
            (int)row.GetInt64(3),
            (int)row.GetInt64(4),
            row.GetInt64(5),
            row.IsDBNull(6) ? null : row.GetInt64(6)),
        room,
        batch);
}
