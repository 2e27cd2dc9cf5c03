using System.ComponentModel.DataAnnotations;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
using CleanRoom.Storage;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace CleanRoom.Services;

/// <summary>Where a service keeps what it must not lose: SQLite in its data folder, or PostgreSQL.</summary>
internal sealed class StoreOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Store";

    /// <summary>
    /// Connection to PostgreSQL 15 or newer, as keywords and values: <c>Host=db;Database=cleanroom;Username=ingestion;Passfile=/run/secrets/pgpass</c>. Defaults to none:
    /// SQLite in the data folder.
    /// </summary>
    public string? Postgres { get; set; }

    /// <summary>First part of the names of the schemas. Brokers of several owners in one database need different ones. Defaults to cleanroom.</summary>
    [RegularExpression("[a-z][a-z0-9_]{0,31}")]
    public string Schema { get; set; } = "cleanroom";

    /// <summary>Most connections to PostgreSQL. Defaults to 32.</summary>
    [Range(2, 1_000)]
    public int MaximumConnections { get; set; } = 32;

    /// <summary>Make the tables and carry them forward at the start; otherwise <c>cleanroom-admin store migrate</c> must have. Defaults to true.</summary>
    public bool Migrate { get; set; } = true;
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class StoreOptionsValidator : IValidateOptions<StoreOptions>;

/// <summary>Opens a service's store with the driver that the options choose.</summary>
internal static class ServiceStore
{
    public static T Open<T>(IServiceProvider services, Func<SqliteOptions, T> sqlite, Func<PostgresOptions, T> postgres)
    {
        var options = services.GetRequiredService<IOptions<StoreOptions>>().Value;
        try
        {
            return string.IsNullOrWhiteSpace(options.Postgres)
                ? sqlite(new SqliteOptions { Folder = services.GetRequiredService<DataFolder>().Path })
                : postgres(new PostgresOptions
                {
                    ConnectionString = options.Postgres,
                    Schema = options.Schema,
                    MaximumConnections = options.MaximumConnections,
                    Migrate = options.Migrate,
                });
        }
        catch (StorageException exception)
        {
            // What can go wrong becomes the one line with which the service ends.
            var code = exception.Problem switch
            {
                StorageProblem.LibraryMissing => ExitCode.LibraryMissing,
                StorageProblem.NotWritable => ExitCode.FolderNotWritable,
                StorageProblem.Unreachable => ExitCode.DependencyUnavailable,
                _ => ExitCode.FileError,
            };
            throw new StartupException(code, exception.Message, exception);
        }
    }
}
