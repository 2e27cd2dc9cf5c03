namespace CleanRoom.Storage.Sqlite;

/// <summary>Where and how the SQLite stores keep their files.</summary>
public sealed record SqliteOptions
{
    /// <summary>Data folder; made (for this user only) if it does not exist.</summary>
    public required string Folder { get; init; }

    /// <summary>How long a write waits for another process. Defaults to 10 seconds.</summary>
    public TimeSpan BusyTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest database in pages of 4 KiB; <see langword="null"/> for as large as the disk. Defaults to null.</summary>
    public int? MaximumPages { get; init; }
}
