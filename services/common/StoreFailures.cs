using CleanRoom.Hosting;
using CleanRoom.Hosting.Calls;
using CleanRoom.Hosting.Startup;
using CleanRoom.Storage;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Transport;

namespace CleanRoom.Services;

/// <summary>
/// What the services that keep a store have in common; compiled into each of them, because hosting knows no store and a store no calls. Callers are told that the
/// store failed, the log which problem it was; paths and causes stay here.
/// </summary>
internal sealed partial class StoreFailures(ILogger<StoreFailures> logger) : IErrorMapping
{
    public CleanRoomException? Find(Exception exception)
    {
        if (exception is not StorageException failure)
        {
            return null;
        }

        StoreFailed(logger, failure.Problem.ToString());
        return new CleanRoomException(
            ErrorReason.StorageFailed, "The store cannot be used now; nothing was changed.", null, "Try again; if it lasts, tell the operator.", failure);
    }

    /// <summary>Opens a store in the data folder; what can go wrong becomes the one line with which the service ends.</summary>
    public static T Open<T>(DataFolder folder, Func<SqliteOptions, T> open)
    {
        try
        {
            return open(new SqliteOptions { Folder = folder.Path });
        }
        catch (StorageException exception)
        {
            var code = exception.Problem switch
            {
                StorageProblem.LibraryMissing => ExitCode.LibraryMissing,
                StorageProblem.NotWritable => ExitCode.FolderNotWritable,
                _ => ExitCode.FileError,
            };
            throw new StartupException(code, exception.Message, exception);
        }
    }

    [LoggerMessage(10, LogLevel.Error, "The store does not work: {Problem}")]
    private static partial void StoreFailed(ILogger logger, string problem);
}
