using System.Globalization;

namespace CleanRoom.Storage.Sqlite;

/// <summary>Tables of one kind of database, as steps that were released: a step never changes, a new version adds one.</summary>
/// <param name="kind">Written into the file, so that one kind is not opened as another.</param>
/// <param name="steps">SQL that brings version i to i + 1.</param>
internal sealed class SqliteSchema(string kind, params string[] steps)
{
    /// <summary>The newest version.</summary>
    public int Version => steps.Length;

    /// <summary>The tables as an earlier program knew them.</summary>
    public SqliteSchema At(int version) => new(kind, steps[..version]);

    /// <returns>The version found.</returns>
    /// <exception cref="StorageException">The file is of another kind or newer than this program.</exception>
    public long Apply(SqliteSession session, string path)
    {
        // The write lock first: of two processes that start together one makes the tables, the other finds them.
        session.Execute("BEGIN IMMEDIATE");
        session.Execute("CREATE TABLE IF NOT EXISTS schema_version (kind TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL) STRICT");
        var found = session.First("SELECT kind, version FROM schema_version", static row => (Kind: row.GetString(0), Version: row.GetInt64(1)));
        if (found.Kind is not null && found.Kind != kind)
        {
            throw new StorageException(StorageProblem.Damaged, $"{path} is a database for {found.Kind}, not for {kind}: name another data folder.");
        }

        if (found.Version > steps.Length)
        {
            throw new StorageException(
                StorageProblem.NewerThanProgram,
                string.Create(CultureInfo.InvariantCulture, $"{path} has version {found.Version} and this program knows {steps.Length}: install the newer program."));
        }

        for (var version = found.Version; version < steps.Length; version++)
        {
            session.Execute(steps[version]);
        }

        session.Execute("INSERT INTO schema_version (kind, version) VALUES ($0, $1) ON CONFLICT (kind) DO UPDATE SET version = $1", kind, (long)steps.Length);
        session.Execute("COMMIT");
        return found.Version;
    }
}
