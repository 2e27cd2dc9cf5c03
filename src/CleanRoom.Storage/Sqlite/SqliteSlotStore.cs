using CleanRoom.Storage.Slots;

namespace CleanRoom.Storage.Sqlite;

/// <summary>Message slots in the file <c>notification.db</c>.</summary>
public sealed class SqliteSlotStore : ISlotStore, IDisposable
{
    internal static readonly SqliteSchema Schema = new(
        "notification",
        """
        CREATE TABLE frame (
          room TEXT NOT NULL, recipient TEXT NOT NULL, number INTEGER NOT NULL, header TEXT NOT NULL, ciphertext BLOB NOT NULL, path BLOB NOT NULL,
          UNIQUE (room, recipient, number)) STRICT;
        CREATE TABLE acknowledged (
          room TEXT NOT NULL, recipient TEXT NOT NULL, through INTEGER NOT NULL, PRIMARY KEY (room, recipient)) STRICT, WITHOUT ROWID;
        """);

    private readonly SqliteDatabase _database;
    private readonly SlotSignals _signals = new();

    private SqliteSlotStore(SqliteDatabase database) => _database = database;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static SqliteSlotStore Open(SqliteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(SqliteDatabase.Open(options, "notification.db", Schema));
    }

    public Task CheckAsync(CancellationToken cancellationToken) => _database.CheckAsync(cancellationToken);

    public async Task<SlotPut> PutAsync(Guid room, IReadOnlyList<SlotFrame> frames, CancellationToken cancellationToken)
    {
        SlotRules.CheckFrames(frames);
        var put = await _database.WriteAsync(session => Put(session, room, frames), cancellationToken);
        if (put is SlotPut.Stored { Added: > 0 })
        {
            _signals.Wake(room, frames);
        }

        return put;
    }

    public Task<IReadOnlyList<SlotFrame>> ReadAsync(Guid room, string recipient, long after, int maximumCount, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<SlotFrame>>(
            session => session.All(
                """
                SELECT number, header, ciphertext, path FROM frame
                WHERE room = $0 AND recipient = $1 AND number > $2 ORDER BY number LIMIT $3
                """,
                row => new SlotFrame(recipient, row.GetInt64(0), row.GetString(1), row.GetBlob(2), row.GetDigests(3)),
                null,
                Values.Text(room),
                recipient,
                after,
                (long)maximumCount),
            cancellationToken);

    public Task<long> AcknowledgeAsync(Guid room, string recipient, long through, CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            session.Execute(
                """
                INSERT INTO acknowledged (room, recipient, through)
                VALUES ($0, $1, min($2, coalesce((SELECT max(number) FROM frame WHERE room = $0 AND recipient = $1), 0)))
                ON CONFLICT (room, recipient) DO UPDATE SET through = max(through, excluded.through)
                """,
                Values.Text(room),
                recipient,
                Math.Max(through, 0));
            return Acknowledged(session, room, recipient);
        },
        cancellationToken);

    public Task<long> FindAcknowledgedAsync(Guid room, string recipient, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => Acknowledged(session, room, recipient), cancellationToken);

    public Task WaitAsync(Guid room, string recipient, long after, CancellationToken cancellationToken) => _signals.WaitAsync(
        room,
        recipient,
        async () => after < await _database.ReadAsync(
            session => session.First(
                "SELECT coalesce(max(number), 0) FROM frame WHERE room = $0 AND recipient = $1",
                static row => row.GetInt64(0),
                Values.Text(room),
                recipient),
            cancellationToken),
        cancellationToken);

    /// <summary>Closes the file after the write under way.</summary>
    public void Dispose() => _database.Dispose();

    private static SlotPut Put(SqliteSession session, Guid room, IReadOnlyList<SlotFrame> frames)
    {
        var known = new Dictionary<(string, long), byte[]>();
        foreach (var frame in frames)
        {
            if (session.First(
                "SELECT ciphertext FROM frame WHERE room = $0 AND recipient = $1 AND number = $2",
                static row => row.GetBlob(0),
                Values.Text(room),
                frame.Recipient,
                frame.Number) is { } ciphertext)
            {
                known[(frame.Recipient, frame.Number)] = ciphertext;
            }
        }

        if (SlotRules.Sort(frames, known, out var added) is { } conflict)
        {
            return conflict;
        }

        foreach (var frame in added)
        {
            session.Execute(
                "INSERT INTO frame (room, recipient, number, header, ciphertext, path) VALUES ($0, $1, $2, $3, $4, $5)",
                Values.Text(room),
                frame.Recipient,
                frame.Number,
                frame.Header,
                Values.Blob(frame.Ciphertext),
                Values.Blob(frame.Path));
        }

        return new SlotPut.Stored(added.Count, frames.Count - added.Count);
    }

    private static long Acknowledged(SqliteSession session, Guid room, string recipient) => session.First(
        "SELECT through FROM acknowledged WHERE room = $0 AND recipient = $1", static row => row.GetInt64(0), Values.Text(room), recipient);
}
