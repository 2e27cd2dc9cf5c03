using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Storage.Postgres;

/// <summary>A broker's memory.</summary>
public sealed class PostgresBrokerStore : IBrokerStore, IDisposable
{
    internal static readonly PostgresSchema Schema = new(
        "broker",
        """
        CREATE TABLE room (
          uuid uuid PRIMARY KEY, row_version bigint NOT NULL, genesis bytea NOT NULL, signed_charter bytea NOT NULL, sealed_secret bytea NOT NULL,
          frozen bigint NOT NULL, cosigned_size bigint NOT NULL, cosigned_root bytea, cosigned_time bigint,
          generation bigint NOT NULL, instance bytea, lease_ends bigint);
        CREATE TABLE record_key (
          room uuid NOT NULL REFERENCES room, period bigint NOT NULL, public_key bytea NOT NULL, sealed_key bytea NOT NULL, PRIMARY KEY (room, period));
        CREATE TABLE nonce (
          room uuid NOT NULL, nonce bytea NOT NULL, expires bigint NOT NULL, used bigint NOT NULL DEFAULT 0, PRIMARY KEY (room, nonce));
        CREATE INDEX nonce_by_end ON nonce (expires);
        CREATE TABLE release (
          room uuid NOT NULL REFERENCES room, result bytea NOT NULL, generation bigint NOT NULL, leaf bytea NOT NULL, lease_ends bigint NOT NULL,
          PRIMARY KEY (room, result));
        """);

    private readonly PostgresDatabase _database;

    private PostgresBrokerStore(PostgresDatabase database) => _database = database;

    /// <summary>Connects, and makes the tables or carries them forward.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static PostgresBrokerStore Open(PostgresOptions options) => new(PostgresDatabase.Open(options, Schema));

    public Task CheckAsync(CancellationToken cancellationToken) => _database.CheckAsync(cancellationToken);

    public Task<BrokerRoom?> FindAsync(Guid room, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => FindAsync(session, room), cancellationToken);

    public Task<IReadOnlyList<Guid>> ListAsync(CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<Guid>>(
        static async session => await session.AllAsync("SELECT uuid FROM room ORDER BY uuid", static row => row.GetGuid(0)), cancellationToken);

    public Task<bool> TryCreateAsync(BrokerRoom record, CancellationToken cancellationToken)
    {
        BrokerRules.CheckNew(record);
        return _database.WriteAsync(
            async session =>
            {
                if (await session.ExecuteAsync(
                    """
                    INSERT INTO room (uuid, row_version, genesis, signed_charter, sealed_secret, frozen, cosigned_size, cosigned_root, cosigned_time,
                    generation, instance, lease_ends)
                    VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING
                    """,
                    [record.Room, Values.Blob(record.Genesis), .. BrokerRows.Changing(record)]) == 0)
                {
                    return false;
                }

                await ReplaceKeysAsync(session, record);
                return true;
            },
            cancellationToken);
    }

    public Task<bool> TryReplaceAsync(BrokerRoom record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        return _database.WriteAsync(
            async session =>
            {
                // The row is taken before it is compared: of two writers the second sees what the first left.
                if (await session.FirstAsync("SELECT 1 FROM room WHERE uuid = $1 FOR NO KEY UPDATE", static row => row.GetInt32(0), record.Room) == 0
                    || await FindAsync(session, record.Room) is not { } stored || stored.RowVersion != record.RowVersion)
                {
                    return false;
                }

                BrokerRules.CheckSuccessor(stored, record);
                await session.ExecuteAsync(
                    """
                    UPDATE room SET row_version = row_version + 1, signed_charter = $2, sealed_secret = $3, frozen = $4,
                    cosigned_size = $5, cosigned_root = $6, cosigned_time = $7, generation = $8, instance = $9, lease_ends = $10 WHERE uuid = $1
                    """,
                    [record.Room, .. BrokerRows.Changing(record)]);
                if (!BrokerRules.SameKeys(record.RecordKeys, stored.RecordKeys))
                {
                    await ReplaceKeysAsync(session, record);
                }

                return true;
            },
            cancellationToken);
    }

    public Task<bool> TryAddNonceAsync(
        Guid room, ReadOnlyMemory<byte> nonce, DateTimeOffset expires, DateTimeOffset now, int maximumOutstanding, CancellationToken cancellationToken)
    {
        BrokerRules.CheckNonce(nonce);
        return _database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", $"{_database.Schema}/nonce/{room:D}");
                await session.ExecuteAsync("DELETE FROM nonce WHERE expires <= $1", now.ToUnixTimeMilliseconds());
                return await session.FirstAsync("SELECT count(*) FROM nonce WHERE room = $1 AND used = 0", static row => row.GetInt64(0), room) < maximumOutstanding
                    && await session.ExecuteAsync(
                        "INSERT INTO nonce (room, nonce, expires) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        room,
                        Values.Blob(nonce),
                        expires.ToUnixTimeMilliseconds()) == 1;
            },
            cancellationToken);
    }

    public Task<bool> TryUseNonceAsync(Guid room, ReadOnlyMemory<byte> nonce, DateTimeOffset now, CancellationToken cancellationToken) => _database.WriteAsync(
        async session => await session.ExecuteAsync(
            "UPDATE nonce SET used = 1 WHERE room = $1 AND nonce = $2 AND used = 0 AND expires > $3",
            room,
            Values.Blob(nonce),
            now.ToUnixTimeMilliseconds()) == 1,
        cancellationToken);

    public Task<BrokerRelease?> FindReleaseAsync(Guid room, Digest result, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => FindReleaseAsync(session, room, result), cancellationToken);

    public Task<BrokerRelease> AddReleaseAsync(BrokerRelease release, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(release);
        return _database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    "INSERT INTO release (room, result, generation, leaf, lease_ends) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                    release.Room,
                    Values.Blob(release.Result),
                    release.Generation,
                    Values.Blob(release.Leaf),
                    release.LeaseEnds.ToUnixTimeSeconds());
                return await FindReleaseAsync(session, release.Room, release.Result) ?? throw new InvalidOperationException("The release is not there.");
            },
            cancellationToken);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _database.Dispose();

    private static async Task<BrokerRoom?> FindAsync(PostgresSession session, Guid room)
    {
        var keys = await session.AllAsync(
            "SELECT period, public_key, sealed_key FROM record_key WHERE room = $1 ORDER BY period",
            BrokerRows.ReadKey,
            room);
        return await session.FirstAsync(
            $"SELECT {BrokerRows.Columns} FROM room WHERE uuid = $1",
            row => BrokerRows.Read(row, room, keys),
            room);
    }

    private static Task<BrokerRelease?> FindReleaseAsync(PostgresSession session, Guid room, Digest result) => session.FirstAsync(
        "SELECT generation, leaf, lease_ends FROM release WHERE room = $1 AND result = $2",
        row => BrokerRows.ReadRelease(row, room, result),
        room,
        Values.Blob(result));

    private static async Task ReplaceKeysAsync(PostgresSession session, BrokerRoom record)
    {
        await session.ExecuteAsync("DELETE FROM record_key WHERE room = $1", record.Room);
        foreach (var key in record.RecordKeys)
        {
            await session.ExecuteAsync(
                "INSERT INTO record_key (room, period, public_key, sealed_key) VALUES ($1, $2, $3, $4)",
                record.Room,
                (long)key.Period,
                Values.Blob(key.PublicKey),
                Values.Blob(key.SealedPrivateKey));
        }
    }
}
