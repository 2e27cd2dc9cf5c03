using CleanRoom.Storage;
using CleanRoom.Storage.Leases;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Admin.Commands;

/// <summary>Which store a command works on: SQLite in a service's data folder, or PostgreSQL.</summary>
internal sealed class StorePlace
{
    /// <summary>Names of the options.</summary>
    public static readonly string[] Names = ["--data", "--postgres", "--schema"];

    private const string LeaseFile = "lease.db";

    private StorePlace(string? folder, string? postgres, string schema) => (Folder, Postgres, Schema) = (folder, postgres, schema);

    /// <summary>The data folder, where the store is SQLite.</summary>
    public string? Folder { get; }

    private string? Postgres { get; }

    private string Schema { get; }

    /// <summary>Tells what is wrong with the options of a place; <see langword="null"/> for nothing.</summary>
    public static string? Problem(Options options) =>
        options["--data"] is null == options["--postgres"] is null ? "Name the store with --data DIR or with --postgres CONNECTION, one of them."
        : options["--schema"] is not null && options["--postgres"] is null ? "--schema goes with --postgres."
        : null;

    /// <summary>The place that options name which have no <see cref="Problem"/>.</summary>
    public static StorePlace Of(Options options) => new(options["--data"], options["--postgres"], options["--schema"] ?? "cleanroom");

    /// <summary>Reads a kind of store; <see langword="null"/> if it is none.</summary>
    public static StoreKind? Kind(string? name) => name switch
    {
        "ingestion" => StoreKind.Ingestion,
        "notification" => StoreKind.Notification,
        "broker" => StoreKind.Broker,
        _ => null,
    };

    /// <summary>Opens a store, makes it if it is missing, and carries it forward.</summary>
    public StoreMover Open(StoreKind kind) => Folder is not null
        ? StoreMover.Open(kind, new SqliteOptions { Folder = Folder })
        : StoreMover.Open(kind, new PostgresOptions { ConnectionString = Postgres!, Schema = Schema });

    /// <summary>Opens a store that is there: a mistyped name must not make an empty one that then looks healthy.</summary>
    public StoreMover OpenExisting(StoreKind kind)
    {
        Require(StoreMover.FileOf(kind));
        return Folder is not null
            ? StoreMover.Open(kind, new SqliteOptions { Folder = Folder })
            : StoreMover.Open(kind, new PostgresOptions { ConnectionString = Postgres!, Schema = Schema, Migrate = false, MaximumConnections = 2 });
    }

    /// <summary>Opens leases, and makes their table if it is missing.</summary>
    /// <param name="patience">How long one question may take; <see langword="null"/> for the drivers' own.</param>
    public ILeaseStore OpenLeases(TimeSpan? patience = null)
    {
        if (Folder is not null)
        {
            return SqliteLeaseStore.Open(new SqliteOptions { Folder = Folder });
        }

        var options = new PostgresOptions { ConnectionString = Postgres!, Schema = Schema, MaximumConnections = 2 };
        return PostgresLeaseStore.Open(patience is { } limit ? options with { LockTimeout = limit, StatementTimeout = limit } : options);
    }

    /// <summary>Opens leases that are there.</summary>
    public ILeaseStore OpenExistingLeases()
    {
        Require(LeaseFile);
        return Folder is not null
            ? OpenLeases()
            : PostgresLeaseStore.Open(new PostgresOptions { ConnectionString = Postgres!, Schema = Schema, Migrate = false, MaximumConnections = 2 });
    }

    private void Require(string file)
    {
        if (Folder is not null && !File.Exists(Path.Combine(Folder, file)))
        {
            throw new StorageException(StorageProblem.Damaged, $"There is no {file} in {Folder}: name the data folder of a service that has run, or --postgres.");
        }
    }
}
