using CleanRoom.Storage.Slots;

namespace CleanRoom.Storage.Postgres;

/// <summary>Message slots. Puts of any process wake those who wait in this one at once (LISTEN/NOTIFY).</summary>
public sealed class PostgresSlotStore : ISlotStore, IDisposable
{
    internal static readonly PostgresSchema Schema = new(
        "notification",
        """
        CREATE TABLE frame (
          room uuid NOT NULL, recipient text NOT NULL, number bigint NOT NULL, header text NOT NULL, ciphertext bytea NOT NULL, path bytea NOT NULL,
          PRIMARY KEY (room, recipient, number));
        ALTER TABLE frame ALTER COLUMN ciphertext SET STORAGE EXTERNAL;
        CREATE TABLE acknowledged (room uuid NOT NULL, recipient text NOT NULL, through bigint NOT NULL, PRIMARY KEY (room, recipient));
        """);

    private readonly PostgresDatabase _database;
    private readonly SlotSignals _signals = new();
    private readonly PostgresListener _listener;

    private PostgresSlotStore(PostgresDatabase database)
    {
        _database = database;
        _listener = new PostgresListener(database, database.Schema, Hear, _signals.WakeAll);
    }

    /// <summary>Connects, and makes the tables or carries them forward.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static PostgresSlotStore Open(PostgresOptions options) => new(PostgresDatabase.Open(options, Schema));

    public Task CheckAsync(CancellationToken cancellationToken) => _database.CheckAsync(cancellationToken);

    public async Task<SlotPut> PutAsync(Guid room, IReadOnlyList<SlotFrame> frames, CancellationToken cancellationToken)
    {
        SlotRules.CheckFrames(frames);
        var put = await _database.WriteAsync(session => PutAsync(session, room, frames), cancellationToken);
        if (put is SlotPut.Stored { Added: > 0 })
        {
            // Also without the server's help, should its signal be late.
            _signals.Wake(room, frames);
        }

        return put;
    }

    public Task<IReadOnlyList<SlotFrame>> ReadAsync(Guid room, string recipient, long after, int maximumCount, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<SlotFrame>>(
            async session => await session.AllAsync(
                """
                SELECT number, header, ciphertext, path FROM frame
                WHERE room = $1 AND recipient = $2 AND number > $3 ORDER BY number LIMIT $4
                """,
                row => new SlotFrame(recipient, row.GetInt64(0), row.GetString(1), row.GetBlob(2), row.GetDigests(3)),
                room,
                recipient,
                after,
                (long)maximumCount),
            cancellationToken);

    public Task<long> AcknowledgeAsync(Guid room, string recipient, long through, CancellationToken cancellationToken) => _database.WriteAsync(
        session => session.FirstAsync(
            """
            INSERT INTO acknowledged (room, recipient, through)
            VALUES ($1, $2, least($3, coalesce((SELECT max(number) FROM frame WHERE room = $1 AND recipient = $2), 0)))
            ON CONFLICT (room, recipient) DO UPDATE SET through = greatest(acknowledged.through, excluded.through)
            RETURNING through
            """,
            static row => row.GetInt64(0),
            room,
            recipient,
            Math.Max(through, 0)),
        cancellationToken);

    public async Task<long> FindAcknowledgedAsync(Guid room, string recipient, CancellationToken cancellationToken) => await _database.FirstAsync(
        "SELECT through FROM acknowledged WHERE room = $1 AND recipient = $2", static row => row.GetInt64(0), [room, recipient], cancellationToken);

    public Task WaitAsync(Guid room, string recipient, long after, CancellationToken cancellationToken) => _signals.WaitAsync(
        room,
        recipient,
        async () => after < await _database.FirstAsync(
            "SELECT coalesce(max(number), 0) FROM frame WHERE room = $1 AND recipient = $2",
            static row => row.GetInt64(0),
            [room, recipient],
            cancellationToken),
        cancellationToken);

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        _database.Dispose();
    }

    private async Task<SlotPut> PutAsync(PostgresSession session, Guid room, IReadOnlyList<SlotFrame> frames)
    {
        // Puts of one room follow each other, so that nothing comes between the look and the writing.
        await session.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", $"{_database.Schema}/put/{room:D}");
        var known = (await session.AllAsync(
            """
            SELECT recipient, number, ciphertext FROM frame JOIN unnest($2::text[], $3::bigint[]) AS wanted (recipient, number) USING (recipient, number)
            WHERE room = $1
            """,
            static row => (Key: (row.GetString(0), row.GetInt64(1)), Ciphertext: row.GetBlob(2)),
            room,
            frames.Select(static frame => frame.Recipient).ToArray(),
            frames.Select(static frame => frame.Number).ToArray()))
            .DistinctBy(static item => item.Key).ToDictionary(static item => item.Key, static item => item.Ciphertext);
        if (SlotRules.Sort(frames, known, out var added) is { } conflict)
        {
            return conflict;
        }

        if (added.Count > 0)
        {
            await session.ExecuteAsync(
                """
                INSERT INTO frame (room, recipient, number, header, ciphertext, path)
                SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[])
                """,
                room,
                added.Select(static frame => frame.Recipient).ToArray(),
                added.Select(static frame => frame.Number).ToArray(),
                added.Select(static frame => frame.Header).ToArray(),
                added.Select(static frame => Values.Blob(frame.Ciphertext)).ToArray(),
                added.Select(static frame => Values.Blob(frame.Path)).ToArray());
            await session.ExecuteAsync(
                "SELECT pg_notify($1, name) FROM unnest($2::text[]) AS name",
                _database.Schema,
                added.Select(static frame => frame.Recipient).Distinct().Select(recipient => $"{room:D}/{recipient}").ToArray());
        }

        return new SlotPut.Stored(added.Count, frames.Count - added.Count);
    }

    private void Hear(string payload)
    {
        const int IdLength = 36;
        if (payload.Length > IdLength && Guid.TryParseExact(payload.AsSpan(0, IdLength), "D", out var room))
        {
            _signals.Wake(room, payload[(IdLength + 1)..]);
        }
    }
}
