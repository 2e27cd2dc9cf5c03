using System.Data;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace CleanRoom.Storage.Postgres;

/// <summary>
/// One schema of a PostgreSQL database. A commit is in the server's write-ahead log on the disk when it returns (synchronous_commit=on), and
/// nobody sees it before; a server that is set up otherwise is refused.
/// </summary>
internal sealed partial class PostgresDatabase : IDisposable
{
    private const int OldestServer = 150_000;
    private const int Attempts = 5;
    private readonly NpgsqlDataSource _source;

    private PostgresDatabase(NpgsqlConnectionStringBuilder settings, string schema)
    {
        _source = NpgsqlDataSource.Create(settings);
        Schema = schema;
        Place = $"PostgreSQL {settings.Host}, database {settings.Database}, schema {schema}";
    }

    /// <summary>Name of the schema.</summary>
    public string Schema { get; }

    /// <summary>Server, database and schema, for messages; no password.</summary>
    public string Place { get; }

    /// <summary>Version of the tables before they were opened; 0 if they were made.</summary>
    public long FoundVersion { get; private set; }

    /// <summary>Connects, checks the server and brings the tables up to date.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static PostgresDatabase Open(PostgresOptions options, PostgresSchema schema)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!SchemaName().IsMatch(options.Schema))
        {
            throw new StorageException(
                StorageProblem.NotWritable, "The schema's name must have 1 to 32 of a-z, 0-9 and _, beginning with a letter: change Store:Schema.");
        }

        var name = $"{options.Schema}_{schema.Kind}";
        var database = new PostgresDatabase(Settings(options, name), name);
        try
        {
            database.Start(schema, options.Migrate);
            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs work in one write transaction. It is committed and durable when this returns; on an exception nothing of it is kept, unless the connection was
    /// lost: then it may have happened.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<PostgresSession, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await GuardedAsync(async () =>
                {
                    await using var connection = await _source.OpenConnectionAsync(cancellationToken);
                    await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, CancellationToken.None);
                    var result = await work(new PostgresSession(connection));
                    await transaction.CommitAsync(CancellationToken.None);
                    return result;
                });
            }
            catch (StorageException failure) when (attempt < Attempts && failure.InnerException is PostgresException answer && PostgresErrors.IsTransient(answer))
            {
                // The server chose this transaction to give way; it has undone it.
            }
        }
    }

    /// <summary>Runs work in one read transaction: it sees one state of the database.</summary>
    public Task<T> ReadAsync<T>(Func<PostgresSession, Task<T>> work, CancellationToken cancellationToken) => GuardedAsync(async () =>
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        return await work(new PostgresSession(connection));
    });

    /// <summary>Runs one query by itself: one statement sees one state.</summary>
    public Task<T?> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> read, object?[] values, CancellationToken cancellationToken) => GuardedAsync(async () =>
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        return await new PostgresSession(connection).FirstAsync(sql, read, values);
    });

    /// <summary>Runs a statement outside of a transaction.</summary>
    public Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken) => GuardedAsync(async () =>
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        return await new PostgresSession(connection).ExecuteAsync(sql);
    });

    /// <summary>See <see cref="IStore.CheckAsync"/>.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        WriteAsync(static session => session.ExecuteAsync("UPDATE schema_version SET version = version"), cancellationToken);

    /// <summary>A connection of its own, for those who listen or hold a lease.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) => await _source.OpenConnectionAsync(cancellationToken);

    public void Dispose() => _source.Dispose();

    private static NpgsqlConnectionStringBuilder Settings(PostgresOptions options, string schema)
    {
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException)
        {
            // Its text may quote the password.
            throw new StorageException(
                StorageProblem.NotWritable, "The connection to PostgreSQL cannot be read: write Host=…;Database=…;Username=… into Store:Postgres.");
        }

        settings.ApplicationName ??= schema;
        settings.MaxPoolSize = options.MaximumConnections;
        settings.MaxAutoPrepare = 64;
        settings.AutoPrepareMinUsages = 2;
        settings.IncludeErrorDetail = false;
        settings.CommandTimeout = (int)Math.Ceiling(options.StatementTimeout.TotalSeconds) + 5;
        settings.KeepAlive = 30;
        settings.SearchPath = schema;

        // The last word is ours: what the store promises hangs on the first.
        settings.Options = string.Create(
            CultureInfo.InvariantCulture,
            $"{settings.Options} -c synchronous_commit=on -c lock_timeout={(long)options.LockTimeout.TotalMilliseconds} -c statement_timeout={(long)options.StatementTimeout.TotalMilliseconds} -c idle_in_transaction_session_timeout=60000").Trim();
        return settings;
    }

    private static void CheckServer(NpgsqlConnection connection, string place)
    {
        using var command = new NpgsqlCommand(
            "SELECT current_setting('server_version_num')::int, current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')",
            connection);
        using var reader = command.ExecuteReader();
        reader.Read();
        CheckSettings(reader.GetInt32(0), [reader.GetString(1), reader.GetString(2), reader.GetString(3)], place);
    }

    /// <exception cref="StorageException">Such a server may not keep what it acknowledges.</exception>
    internal static void CheckSettings(int version, IReadOnlyList<string> switches, string place)
    {
        if (version < OldestServer)
        {
            throw new StorageException(StorageProblem.NotDurable, $"{place}: the server is older than PostgreSQL 15: install a newer one.");
        }

        if (switches.Any(static state => state != "on"))
        {
            throw new StorageException(
                StorageProblem.NotDurable, $"{place}: the server could lose what it acknowledges: set fsync, full_page_writes and synchronous_commit to on.");
        }
    }

    private void Start(PostgresSchema schema, bool migrate)
    {
        try
        {
            using var connection = _source.OpenConnection();
            CheckServer(connection, Place);
            FoundVersion = schema.Apply(connection, Schema, migrate, Place);
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Map(exception, Place);
        }
        catch (TimeoutException exception)
        {
            throw PostgresErrors.TimedOut(exception, Place);
        }
    }

    private async Task<T> GuardedAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (NpgsqlException exception)
        {
            throw PostgresErrors.Map(exception, Place);
        }
        catch (TimeoutException exception)
        {
            throw PostgresErrors.TimedOut(exception, Place);
        }
    }

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,31}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SchemaName();
}
