namespace CleanRoom.Storage;

/// <summary>Why a store could not do its work.</summary>
public enum StorageProblem
{
    /// <summary>Anything else; the inner exception tells.</summary>
    Unknown,

    /// <summary>The database library is not installed.</summary>
    LibraryMissing,

    /// <summary>The data folder or file cannot be created, opened or written.</summary>
    NotWritable,

    /// <summary>No space is left.</summary>
    Full,

    /// <summary>The database was written by a newer version of the program.</summary>
    NewerThanProgram,

    /// <summary>The file is not a database of this kind, or is damaged.</summary>
    Damaged,

    /// <summary>Another process holds the database for longer than the busy timeout.</summary>
    Busy,

    /// <summary>
    /// The database server does not answer, or the connection was lost. Whether a write under way has happened is then not known: repeating the call settles it,
    /// because every write answers what it did before.
    /// </summary>
    Unreachable,

    /// <summary>The database server is set up so that it could lose what it acknowledged.</summary>
    NotDurable,

    /// <summary>The database is older than this program and may not be carried forward by it.</summary>
    OlderThanProgram,
}

/// <summary>
/// A store could not do its work. Nothing of the failed call is kept (but see <see cref="StorageProblem.Unreachable"/>): it may be tried again. <see cref="Exception.Message"/> is one
/// line with the remedy and holds no data.
/// </summary>
public sealed class StorageException : Exception
{
    public StorageException()
    {
    }

    public StorageException(string message)
        : base(message)
    {
    }

    public StorageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public StorageException(StorageProblem problem, string message, Exception? innerException = null)
        : base(message, innerException) => Problem = problem;

    /// <summary>Machine-readable cause.</summary>
    public StorageProblem Problem { get; }
}
