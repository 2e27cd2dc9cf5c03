using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Storage.Sqlite;

/// <summary>A broker's memory in the file <c>broker.db</c>.</summary>
public sealed class SqliteBrokerStore : IBrokerStore, IDisposable
{
    internal static readonly SqliteSchema Schema = new(
        "broker",
        """
        CREATE TABLE room (
          uuid TEXT NOT NULL PRIMARY KEY, row_version INTEGER NOT NULL, genesis BLOB NOT NULL, signed_charter BLOB NOT NULL, sealed_secret BLOB NOT NULL,
          frozen INTEGER NOT NULL, cosigned_size INTEGER NOT NULL, cosigned_root BLOB, cosigned_time INTEGER,
          generation INTEGER NOT NULL, instance BLOB, lease_ends INTEGER) STRICT;
        CREATE TABLE record_key (
          room TEXT NOT NULL REFERENCES room, period INTEGER NOT NULL, public_key BLOB NOT NULL, sealed_key BLOB NOT NULL, UNIQUE (room, period)) STRICT;
        CREATE TABLE nonce (
          room TEXT NOT NULL, nonce BLOB NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (room, nonce)) STRICT, WITHOUT ROWID;
        CREATE TABLE release (
          room TEXT NOT NULL REFERENCES room, result BLOB NOT NULL, generation INTEGER NOT NULL, leaf BLOB NOT NULL, lease_ends INTEGER NOT NULL,
          UNIQUE (room, result)) STRICT;
        """);

    private readonly SqliteDatabase _database;

    private SqliteBrokerStore(SqliteDatabase database) => _database = database;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static SqliteBrokerStore Open(SqliteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(SqliteDatabase.Open(options, "broker.db", Schema));
    }

    public Task CheckAsync(CancellationToken cancellationToken) => _database.CheckAsync(cancellationToken);

    public Task<BrokerRoom?> FindAsync(Guid room, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => Find(session, room), cancellationToken);

    public Task<IReadOnlyList<Guid>> ListAsync(CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<Guid>>(
        static session => session.All("SELECT uuid FROM room ORDER BY uuid", static row => row.GetId(0)), cancellationToken);

    public Task<bool> TryCreateAsync(BrokerRoom record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        BrokerRules.CheckNew(record);
        return _database.WriteAsync(
            session =>
            {
                if (session.Execute(
                    """
                    INSERT INTO room (uuid, row_version, genesis, signed_charter, sealed_secret, frozen, cosigned_size, cosigned_root, cosigned_time,
                    generation, instance, lease_ends)
                    VALUES ($0, 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING
                    """,
                    [Values.Text(record.Room), Values.Blob(record.Genesis), .. BrokerRows.Changing(record)]) == 0)
                {
                    return false;
                }

                ReplaceKeys(session, record);
                return true;
            },
            cancellationToken);
    }

    public Task<bool> TryReplaceAsync(BrokerRoom record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        return _database.WriteAsync(
            session =>
            {
                if (Find(session, record.Room) is not { } stored || stored.RowVersion != record.RowVersion)
                {
                    return false;
                }

                BrokerRules.CheckSuccessor(stored, record);
                session.Execute(
                    """
                    UPDATE room SET row_version = row_version + 1, signed_charter = $1, sealed_secret = $2, frozen = $3,
                    cosigned_size = $4, cosigned_root = $5, cosigned_time = $6, generation = $7, instance = $8, lease_ends = $9 WHERE uuid = $0
                    """,
                    [Values.Text(record.Room), .. BrokerRows.Changing(record)]);
                if (!BrokerRules.SameKeys(record.RecordKeys, stored.RecordKeys))
                {
                    ReplaceKeys(session, record);
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
            session =>
            {
                session.Execute("DELETE FROM nonce WHERE expires <= $0", now.ToUnixTimeMilliseconds());
                return session.First("SELECT count(*) FROM nonce WHERE room = $0 AND used = 0", static row => row.GetInt64(0), Values.Text(room)) < maximumOutstanding
                    && session.Execute(
                        "INSERT INTO nonce (room, nonce, expires) VALUES ($0, $1, $2) ON CONFLICT DO NOTHING",
                        Values.Text(room),
                        Values.Blob(nonce),
                        expires.ToUnixTimeMilliseconds()) == 1;
            },
            cancellationToken);
    }

    public Task<bool> TryUseNonceAsync(Guid room, ReadOnlyMemory<byte> nonce, DateTimeOffset now, CancellationToken cancellationToken) => _database.WriteAsync(
        session => session.Execute(
            "UPDATE nonce SET used = 1 WHERE room = $0 AND nonce = $1 AND used = 0 AND expires > $2",
            Values.Text(room),
            Values.Blob(nonce),
            now.ToUnixTimeMilliseconds()) == 1,
        cancellationToken);

    public Task<BrokerRelease?> FindReleaseAsync(Guid room, Digest result, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => FindRelease(session, room, result), cancellationToken);

    public Task<BrokerRelease> AddReleaseAsync(BrokerRelease release, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(release);
        return _database.WriteAsync(
            session =>
            {
                session.Execute(
                    "INSERT INTO release (room, result, generation, leaf, lease_ends) VALUES ($0, $1, $2, $3, $4) ON CONFLICT DO NOTHING",
                    Values.Text(release.Room),
                    Values.Blob(release.Result),
                    release.Generation,
                    Values.Blob(release.Leaf),
                    release.LeaseEnds.ToUnixTimeSeconds());
                return FindRelease(session, release.Room, release.Result) ?? throw new InvalidOperationException("The release is not there.");
            },
            cancellationToken);
    }

    /// <summary>Closes the file after the write under way.</summary>
    public void Dispose() => _database.Dispose();

    private static BrokerRoom? Find(SqliteSession session, Guid room)
    {
        var keys = session.All(
            "SELECT period, public_key, sealed_key FROM record_key WHERE room = $0 ORDER BY period",
            BrokerRows.ReadKey,
            null,
            Values.Text(room));
        return session.First(
            $"SELECT {BrokerRows.Columns} FROM room WHERE uuid = $0",
            row => BrokerRows.Read(row, room, keys),
            Values.Text(room));
    }

    private static BrokerRelease? FindRelease(SqliteSession session, Guid room, Digest result) => session.First(
        "SELECT generation, leaf, lease_ends FROM release WHERE room = $0 AND result = $1",
        row => BrokerRows.ReadRelease(row, room, result),
        Values.Text(room),
        Values.Blob(result));

    private static void ReplaceKeys(SqliteSession session, BrokerRoom record)
    {
        session.Execute("DELETE FROM record_key WHERE room = $0", Values.Text(record.Room));
        foreach (var key in record.RecordKeys)
        {
            session.Execute(
                "INSERT INTO record_key (room, period, public_key, sealed_key) VALUES ($0, $1, $2, $3)",
                Values.Text(record.Room),
                (long)key.Period,
                Values.Blob(key.PublicKey),
                Values.Blob(key.SealedPrivateKey));
        }
    }
}
