namespace CleanRoom.Storage.Postgres;

/// <summary>Which PostgreSQL server (15 or newer) the stores use, and how.</summary>
public sealed record PostgresOptions
{
    /// <summary>
    /// Keywords and values as Npgsql reads them, for example <c>Host=db;Database=cleanroom;Username=ingestion;SSL Mode=VerifyFull</c>. The server must be reached
    /// directly or through a pooler of sessions: one that pools transactions breaks LISTEN and leases.
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>
    /// First part of the schemas' names: 1 to 32 of a–z, 0–9 and _, beginning with a letter. Each kind of store has a schema of its own, for example
    /// <c>cleanroom_ingestion</c>. Brokers of several owners on one server need different names. Defaults to cleanroom.
    /// </summary>
    public string Schema { get; init; } = "cleanroom";

    /// <summary>How long a write waits for another one. Defaults to 10 seconds.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one statement may take. Defaults to 60 seconds.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Most connections of one store. Defaults to 32.</summary>
    public int MaximumConnections { get; init; } = 32;

    /// <summary>Make and carry forward the tables when the store is opened. If not, <c>cleanroom-admin store migrate</c> does. Defaults to true.</summary>
    public bool Migrate { get; init; } = true;
}
