using CleanRoom.Storage.Leases;

namespace CleanRoom.Storage.Postgres;

/// <summary>Leases in a table, for processes of any machine.</summary>
public sealed class PostgresLeaseStore : ILeaseStore
{
    internal static readonly PostgresSchema Schema = new(
        "lease",
        "CREATE TABLE lease (name text PRIMARY KEY, holder uuid NOT NULL, term bigint NOT NULL, ends timestamptz NOT NULL)");

    private readonly PostgresDatabase _database;

    private PostgresLeaseStore(PostgresDatabase database) => _database = database;

    /// <summary>Connects, and makes the table.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static PostgresLeaseStore Open(PostgresOptions options) => new(PostgresDatabase.Open(options, Schema));

    public Task CheckAsync(CancellationToken cancellationToken) => _database.CheckAsync(cancellationToken);

    public Task<Lease> TryTakeAsync(string name, Guid holder, TimeSpan duration, CancellationToken cancellationToken)
    {
        LeaseRules.Check(name, duration);
        return _database.WriteAsync(
            async session =>
            {
                // clock_timestamp, not now(): a transaction that waited for the row must not reckon with the time at which it began.
                await session.ExecuteAsync(
                    """
                    INSERT INTO lease (name, holder, term, ends) VALUES ($1, $2, 1, clock_timestamp() + $3)
                    ON CONFLICT (name) DO UPDATE SET term = lease.term + (lease.holder <> $2)::int, holder = $2, ends = clock_timestamp() + $3
                    WHERE lease.holder = $2 OR lease.ends <= clock_timestamp()
                    """,
                    name,
                    holder,
                    duration);
                return await session.FirstAsync(
                    "SELECT holder, term, ends - clock_timestamp() FROM lease WHERE name = $1",
                    row => new Lease(row.GetGuid(0) == holder, row.GetInt64(1), row.GetFieldValue<TimeSpan>(2)),
                    name);
            },
            cancellationToken);
    }

    public Task<bool> GiveUpAsync(string name, Guid holder, CancellationToken cancellationToken) => _database.WriteAsync(
        async session => await session.ExecuteAsync("UPDATE lease SET ends = clock_timestamp() WHERE name = $1 AND holder = $2", name, holder) == 1, cancellationToken);

    public Task<IReadOnlyList<NamedLease>> ListAsync(CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<NamedLease>>(
        static async session => await session.AllAsync(
            "SELECT name, term, ends - clock_timestamp() FROM lease ORDER BY name COLLATE \"C\"",
            static row => new NamedLease(row.GetString(0), row.GetInt64(1), row.GetFieldValue<TimeSpan>(2))),
        cancellationToken);

    /// <summary>Closes the connections.</summary>
    public void Dispose() => _database.Dispose();
}
