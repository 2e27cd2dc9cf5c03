using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Sqlite;

internal sealed class SqliteBatchStore(SqliteDatabase database) : IBatchStore
{
    public Task CheckAsync(CancellationToken cancellationToken) => database.CheckAsync(cancellationToken);

    public Task<UploadStart> BeginAsync(UploadRequest request, CancellationToken cancellationToken)
    {
        BatchRules.CheckRequest(request);
        return database.WriteAsync(session => Begin(session, request), cancellationToken);
    }

    public Task<UploadProgress?> FindAsync(Guid room, Guid batch, CancellationToken cancellationToken) => database.ReadAsync(
        session => Find(session, room, batch) is { } upload ? new UploadProgress(upload.Index, upload.NextPart, upload.Bytes, upload.Author) : null,
        cancellationToken);

    public Task<int?> AppendPartsAsync(
        Guid room, Guid batch, int firstPart, IReadOnlyList<ReadOnlyMemory<byte>> parts, DateTimeOffset now, CancellationToken cancellationToken)
    {
        BatchRules.CheckParts(parts);
        return database.WriteAsync<int?>(
            session =>
            {
                if (Find(session, room, batch) is not { } upload || !BatchRules.Fits(upload, firstPart, parts.Count))
                {
                    return null;
                }

                for (var i = 0; i < parts.Count; i++)
                {
                    session.Execute("INSERT INTO part (batch, number, ciphertext) VALUES ($0, $1, $2)", upload.Id, (long)firstPart + i, Values.Blob(parts[i]));
                }

                session.Execute(
                    "UPDATE batch SET next_part = $1, bytes = bytes + $2, touched = $3 WHERE id = $0",
                    upload.Id,
                    (long)firstPart + parts.Count,
                    parts.Sum(static part => (long)part.Length),
                    now.ToUnixTimeSeconds());
                return firstPart + parts.Count;
            },
            cancellationToken);
    }

    public Task<BatchCommit> CommitAsync(Guid room, Guid batch, long expectedSize, CancellationToken cancellationToken) => database.WriteAsync(
        session =>
        {
            if (Find(session, room, batch) is not { } upload)
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

            switch (SqliteLog.Append(session, SqliteLog.GetRoom(session, room), expectedSize, [upload.Manifest]))
            {
                case LogAppend.Appended appended:
                    session.Execute("UPDATE batch SET position = $1 WHERE id = $0", upload.Id, appended.Leaves[0].Index);
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
            session =>
            {
                if (Find(session, room, batch) is not { Index: not null } upload)
                {
                    return null;
                }

                var bytes = 0L;
                return session.All(
                    "SELECT number, ciphertext FROM part WHERE batch = $0 AND number >= $1 ORDER BY number",
                    static row => new StoredPart(row.GetInt32(0), row.IsDBNull(1) ? null : (ReadOnlyMemory<byte>?)row.GetBlob(1)),
                    part => (bytes += part.Ciphertext?.Length ?? 0) < maximumBytes,
                    upload.Id,
                    (long)fromPart);
            },
            cancellationToken);
    }

    public async Task<int> EraseAsync(Guid room, IReadOnlyList<ErasedSlot> slots, long through, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(slots);
        var erased = await database.WriteAsync(
            session =>
            {
                var found = SqliteLog.GetRoom(session, room);
                var deleted = 0;
                foreach (var slot in slots)
                {
                    deleted += session.Execute(
                        """
                        UPDATE part SET ciphertext = NULL WHERE ciphertext IS NOT NULL AND number IN ($2, $2 + 1)
                        AND batch = (SELECT id FROM batch WHERE room = $0 AND uuid = $1 AND position IS NOT NULL)
                        """,
                        found.Id,
                        Values.Text(slot.Batch),
                        2L * slot.Slot);
                }

                session.Execute("UPDATE room SET erased_through = max(erased_through, $1) WHERE id = $0", found.Id, through);
                return deleted;
            },
            cancellationToken);
        if (erased > 0)
        {
            await database.FlushAsync(cancellationToken);
        }

        return erased;
    }

    public async Task<int> EraseBatchesAsync(Guid room, IReadOnlyList<Guid> batches, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batches);
        var erased = await database.WriteAsync(
            session =>
            {
                var found = SqliteLog.GetRoom(session, room);
                return batches.Sum(batch => session.Execute(
                    """
                    UPDATE part SET ciphertext = NULL WHERE ciphertext IS NOT NULL
                    AND batch = (SELECT id FROM batch WHERE room = $0 AND uuid = $1 AND position IS NOT NULL)
                    """,
                    found.Id,
                    Values.Text(batch)));
            },
            cancellationToken);
        if (erased > 0)
        {
            await database.FlushAsync(cancellationToken);
        }

        return erased;
    }

    public Task<long> FindErasedThroughAsync(Guid room, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.First("SELECT erased_through FROM room WHERE uuid = $0", static row => row.GetInt64(0), Values.Text(room)), cancellationToken);

    public Task<int> CollectAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        session => session.Execute("DELETE FROM batch WHERE position IS NULL AND touched < $0", before.ToUnixTimeSeconds()), cancellationToken);

    public Task<UploadUsage> GetUsageAsync(Guid room, string author, string window, CancellationToken cancellationToken) => database.ReadAsync(
        session => SqliteLog.FindRoom(session, room) is { } found ? Usage(session, found, author, window) : default, cancellationToken);

    private static UploadStart Begin(SqliteSession session, UploadRequest request)
    {
        if (SqliteLog.FindRoom(session, request.Room) is not { } room)
        {
            return new UploadStart.NoRoom();
        }

        if (Find(session, request.Room, request.Batch) is { } known)
        {
            var answer = BatchRules.TakeUp(known, request);
            if (answer is UploadStart.Open)
            {
                session.Execute("UPDATE batch SET touched = $1 WHERE id = $0", known.Id, request.Now.ToUnixTimeSeconds());
            }

            return answer;
        }

        var open = session.First(
            "SELECT count(*) FROM batch WHERE room = $0 AND author = $1 AND position IS NULL", static row => row.GetInt64(0), room.Id, request.Author);
        if (BatchRules.Refuse(request, Usage(session, room, request.Author, request.Window), RoomBytes(session, room, request), open) is { } refusal)
        {
            return refusal;
        }

        session.Execute(
            """
            INSERT INTO batch (room, uuid, author, manifest, slots, quota_window, charge, next_part, bytes, touched)
            VALUES ($0, $1, $2, $3, $4, $5, $6, 0, 0, $7)
            """,
            room.Id,
            Values.Text(request.Batch),
            request.Author,
            Values.Blob(request.Manifest),
            (long)request.Slots,
            request.Window,
            request.Charge,
            request.Now.ToUnixTimeSeconds());
        return new UploadStart.Open(0, 0);
    }

    private static UploadUsage Usage(SqliteSession session, SqliteLog.Room room, string author, string window) => session.First(
        "SELECT coalesce(sum(charge), 0), coalesce(sum(bytes), 0) FROM batch WHERE room = $0 AND author = $1 AND quota_window = $2",
        static row => new UploadUsage(row.GetInt64(0), row.GetInt64(1)),
        room.Id,
        author,
        window);

    private static long RoomBytes(SqliteSession session, SqliteLog.Room room, UploadRequest request) => request.MostBytesOfRoom == long.MaxValue ? 0 : session.First(
        "SELECT coalesce(sum(bytes), 0) FROM batch WHERE room = $0 AND quota_window = $1", static row => row.GetInt64(0), room.Id, request.Window);

    private static StoredUpload? Find(SqliteSession session, Guid room, Guid batch) => session.First(
        """
        SELECT batch.id, author, manifest, slots, next_part, bytes, position
        FROM batch JOIN room ON room.id = batch.room WHERE room.uuid = $0 AND batch.uuid = $1
        """,
        static row => new StoredUpload(
            row.GetInt64(0), row.GetString(1), row.GetBlob(2), row.GetInt32(3), row.GetInt32(4), row.GetInt64(5), row.IsDBNull(6) ? null : row.GetInt64(6)),
        Values.Text(room),
        Values.Text(batch));
}
