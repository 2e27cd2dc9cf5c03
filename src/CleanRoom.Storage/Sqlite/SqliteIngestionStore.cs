using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Sqlite;

/// <summary>Logs and batches in one file, <c>ingestion.db</c>, because a batch and its leaf are committed together.</summary>
public sealed class SqliteIngestionStore : IIngestionStore
{
    internal static readonly SqliteSchema Schema = new(
        "ingestion",
        """
        CREATE TABLE room (
          id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, genesis BLOB NOT NULL,
          cosigned_size INTEGER NOT NULL DEFAULT 0, cosigned_root BLOB, cosigned_note TEXT, erased_through INTEGER NOT NULL DEFAULT 0) STRICT;
        CREATE TABLE entry (
          room INTEGER NOT NULL REFERENCES room, position INTEGER NOT NULL, hash BLOB NOT NULL, leaf BLOB NOT NULL,
          UNIQUE (room, position), UNIQUE (room, hash)) STRICT;
        CREATE TABLE node (
          room INTEGER NOT NULL REFERENCES room, level INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL,
          PRIMARY KEY (room, level, position)) STRICT, WITHOUT ROWID;
        CREATE TABLE batch (
          id INTEGER PRIMARY KEY, room INTEGER NOT NULL REFERENCES room, uuid TEXT NOT NULL, author TEXT NOT NULL, manifest BLOB NOT NULL,
          slots INTEGER NOT NULL, quota_window TEXT NOT NULL, charge INTEGER NOT NULL,
          next_part INTEGER NOT NULL, bytes INTEGER NOT NULL, touched INTEGER NOT NULL, position INTEGER,
          UNIQUE (room, uuid)) STRICT;
        CREATE INDEX batch_by_author ON batch (room, author, quota_window);
        CREATE INDEX batch_open ON batch (touched) WHERE position IS NULL;
        CREATE TABLE part (
          batch INTEGER NOT NULL REFERENCES batch ON DELETE CASCADE, number INTEGER NOT NULL, ciphertext BLOB, UNIQUE (batch, number)) STRICT;
        """,
        // What a contributor and a room have used is asked at each upload: answered from here, it reads no row, whose manifest of up to 180 KB would have to be walked over.
        """
        CREATE INDEX batch_usage ON batch (room, quota_window, author, charge, bytes);
        DROP INDEX batch_by_author;
        CREATE INDEX batch_open_by_author ON batch (room, author, position) WHERE position IS NULL;
        """);

    private readonly SqliteDatabase _database;

    private SqliteIngestionStore(SqliteDatabase database)
    {
        _database = database;
        Logs = new SqliteLogStore(database);
        Batches = new SqliteBatchStore(database);
    }

    public ILogStore Logs { get; }

    public IBatchStore Batches { get; }

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static SqliteIngestionStore Open(SqliteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(SqliteDatabase.Open(options, "ingestion.db", Schema));
    }

    /// <summary>Closes the file after the write under way.</summary>
    public void Dispose() => _database.Dispose();
}
