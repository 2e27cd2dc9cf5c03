using CleanRoom.Storage.Leases;

namespace CleanRoom.Storage.Sqlite;

/// <summary>Leases in the file <c>lease.db</c>, for the processes of one machine.</summary>
public sealed class SqliteLeaseStore : ILeaseStore
{
    // SQLite's julianday has a grain of a tenth of a millisecond.
    private const string Now = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

    private static readonly SqliteSchema Schema = new(
        "lease",
        "CREATE TABLE lease (name TEXT NOT NULL PRIMARY KEY, holder TEXT NOT NULL, term INTEGER NOT NULL, ends INTEGER NOT NULL) STRICT, WITHOUT ROWID");

    private readonly SqliteDatabase _database;

    private SqliteLeaseStore(SqliteDatabase database) => _database = database;

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static SqliteLeaseStore Open(SqliteOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(SqliteDatabase.Open(options, "lease.db", Schema));
    }

    public Task CheckAsync(CancellationToken cancellationToken) => _database.CheckAsync(cancellationToken);

    public Task<Lease> TryTakeAsync(string name, Guid holder, TimeSpan duration, CancellationToken cancellationToken)
    {
        LeaseRules.Check(name, duration);
        return _database.WriteAsync(
            session =>
            {
                session.Execute(
                    $"""
                    INSERT INTO lease (name, holder, term, ends) VALUES ($0, $1, 1, {Now} + $2)
                    ON CONFLICT (name) DO UPDATE SET term = term + (holder <> $1), holder = $1, ends = excluded.ends WHERE holder = $1 OR ends <= {Now}
                    """,
                    name,
                    Values.Text(holder),
                    (long)duration.TotalMilliseconds);
                return session.First(
                    $"SELECT holder, term, ends - {Now} FROM lease WHERE name = $0",
                    row => new Lease(row.GetId(0) == holder, row.GetInt64(1), TimeSpan.FromMilliseconds(row.GetInt64(2))),
                    name);
            },
            cancellationToken);
    }

    public Task<bool> GiveUpAsync(string name, Guid holder, CancellationToken cancellationToken) => _database.WriteAsync(
        session => session.Execute("UPDATE lease SET ends = 0 WHERE name = $0 AND holder = $1", name, Values.Text(holder)) == 1, cancellationToken);

    public Task<IReadOnlyList<NamedLease>> ListAsync(CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<NamedLease>>(
        static session => session.All(
            $"SELECT name, term, ends - {Now} FROM lease ORDER BY name",
            static row => new NamedLease(row.GetString(0), row.GetInt64(1), TimeSpan.FromMilliseconds(row.GetInt64(2)))),
        cancellationToken);

    /// <summary>Closes the file after the write under way.</summary>
    public void Dispose() => _database.Dispose();
}
