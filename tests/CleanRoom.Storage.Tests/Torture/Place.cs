using System.Globalization;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Storage.Transfer;

namespace CleanRoom.Storage.Tests.Torture;

/// <summary>Where a campaign's stores are; handed to its processes as one argument.</summary>
/// <param name="Folder">For SQLite.</param>
/// <param name="Connection">For PostgreSQL.</param>
/// <param name="Pages">Largest SQLite database, to let it run full.</param>
internal sealed record Place(string? Folder, string? Connection, int? Pages = null)
{
    private const string Sqlite = "sqlite";
    private const string Postgres = "postgres";
    private const string Schema = "torture";

    private SqliteOptions File => new() { Folder = Folder!, MaximumPages = Pages, BusyTimeout = TimeSpan.FromSeconds(30) };

    private PostgresOptions Server => new() { ConnectionString = Connection!, Schema = Schema, MaximumConnections = 8, LockTimeout = TimeSpan.FromSeconds(30) };

    public static Place Parse(string text) => text.Split('|') switch
    {
        [Sqlite, var folder, var pages] => new Place(folder, null, pages.Length == 0 ? null : int.Parse(pages, CultureInfo.InvariantCulture)),
        [Postgres, var connection, _] => new Place(null, connection),
        _ => throw new FormatException("Not a place."),
    };

    public IIngestionStore OpenIngestion() => Connection is null ? SqliteIngestionStore.Open(File) : PostgresIngestionStore.Open(Server);

    public ISlotStore OpenSlots() => Connection is null ? SqliteSlotStore.Open(File) : PostgresSlotStore.Open(Server);

    public StoreMover OpenMover(StoreKind kind) => Connection is null ? StoreMover.Open(kind, File) : StoreMover.Open(kind, Server);

    public override string ToString() => Connection is null
        ? string.Create(CultureInfo.InvariantCulture, $"{Sqlite}|{Folder}|{Pages}")
        : $"{Postgres}|{Connection}|";
}
