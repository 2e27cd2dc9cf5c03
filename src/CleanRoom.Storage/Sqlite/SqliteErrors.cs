using Microsoft.Data.Sqlite;

namespace CleanRoom.Storage.Sqlite;

/// <summary>Turns the driver's errors into <see cref="StorageException"/>: one line with the remedy, no SQL, no data.</summary>
internal static class SqliteErrors
{
    // Primary result codes, https://www.sqlite.org/rescode.html
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    public static StorageException Map(SqliteException exception, string path) => exception.SqliteErrorCode switch
    {
        Busy or Locked => new(StorageProblem.Busy, $"{path} is held by another process: stop that process, or try again.", exception),
        ReadOnly or CannotOpen => NotWritable(path, exception),
        Full => new(StorageProblem.Full, $"No space is left to write {path}: free some space and try again; nothing that was acknowledged is lost.", exception),
        Corrupt or NotADatabase => new(StorageProblem.Damaged, $"{path} is not a database of this program or is damaged: restore it from a backup.", exception),
        _ => new(StorageProblem.Unknown, $"{path} cannot be used (SQLite error {exception.SqliteExtendedErrorCode}).", exception),
    };

    public static StorageException NotWritable(string path, Exception exception) =>
        new(StorageProblem.NotWritable, $"{path} cannot be written: give the user that runs this program write access to its folder.", exception);
}
