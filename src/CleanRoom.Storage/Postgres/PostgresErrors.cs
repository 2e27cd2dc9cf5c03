using Npgsql;

namespace CleanRoom.Storage.Postgres;

/// <summary>Turns the driver's errors into <see cref="StorageException"/>: one line with the remedy, no SQL, no data, no password.</summary>
internal static class PostgresErrors
{
    public static StorageException Map(NpgsqlException exception, string place) => exception is PostgresException answer
        ? Map(answer, place)
        : new(StorageProblem.Unreachable, $"{place} does not answer: check that the server runs and that its address is right, then try again.", exception);

    public static StorageException TimedOut(Exception exception, string place) =>
        new(StorageProblem.Unreachable, $"{place} did not answer in time: check its load and its connections, then try again.", exception);

    /// <summary>Tells whether a transaction that failed so may simply be run again.</summary>
    public static bool IsTransient(PostgresException exception) =>
        exception.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected;

    private static StorageException Map(PostgresException answer, string place) => answer.SqlState switch
    {
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected =>
            new(StorageProblem.Busy, $"{place} is busy with another write: try again.", answer),
        PostgresErrorCodes.DiskFull or PostgresErrorCodes.OutOfMemory or PostgresErrorCodes.ConfigurationLimitExceeded =>
            new(StorageProblem.Full, $"No space is left on the server of {place}: free some space and try again; nothing that was acknowledged is lost.", answer),
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            new(StorageProblem.NotWritable, $"{place} is a standby or read-only: name the primary.", answer),
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            or PostgresErrorCodes.InvalidCatalogName =>
            new(StorageProblem.NotWritable, $"{place} refuses this user or does not have the database: check user, password and rights (SQLSTATE {answer.SqlState}).", answer),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted =>
            new(StorageProblem.Damaged, $"{place} is damaged: restore it from a backup.", answer),
        PostgresErrorCodes.TooManyConnections =>
            new(StorageProblem.Busy, $"{place} takes no more connections: raise max_connections, or lower Store:MaximumConnections.", answer),
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow =>
            new(StorageProblem.Unreachable, $"{place} is starting or stopping: try again.", answer),
        _ => new(StorageProblem.Unknown, $"{place} cannot be used (SQLSTATE {answer.SqlState}).", answer),
    };
}
