using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
using CleanRoom.Storage;
using CleanRoom.Storage.Sqlite;

namespace CleanRoom.Ingestion;

/// <summary>Opens the database; what can go wrong becomes the one line with which the service ends.</summary>
internal static class StoreSetup
{
    public static SqliteIngestionStore Open(DataFolder folder)
    {
        try
        {
            return SqliteIngestionStore.Open(new SqliteOptions { Folder = folder.Path });
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
}
