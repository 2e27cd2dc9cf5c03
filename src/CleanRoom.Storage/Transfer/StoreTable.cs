namespace CleanRoom.Storage.Transfer;

/// <summary>Which store.</summary>
public enum StoreKind
{
    /// <summary>Logs and batches.</summary>
    Ingestion,

    /// <summary>Message slots.</summary>
    Notification,

    /// <summary>A broker's memory.</summary>
    Broker,
}

/// <summary>What a column holds; the same in all drivers.</summary>
internal enum ColumnKind
{
    /// <summary>64 bits.</summary>
    Number,

    /// <summary>32 bits where the driver tells them apart.</summary>
    Small,

    /// <summary>Text.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>A UUID.</summary>
    Id,

    /// <summary>A number that the store gave to a room; another store may have given it to another room.</summary>
    RoomNumber,

    /// <summary>A number that the store gave to a batch.</summary>
    BatchNumber,
}

/// <summary>A column.</summary>
internal sealed record StoreColumn(string Name, ColumnKind Kind, bool Nullable = false);

/// <summary>A table as it is moved from store to store.</summary>
/// <param name="Name">The same in all drivers.</param>
/// <param name="Columns">All of them.</param>
/// <param name="Order">Columns that sort it.</param>
/// <param name="OfRoom">Condition for the rows of one room; {0} stands for the room's UUID.</param>
internal sealed record StoreTable(string Name, IReadOnlyList<StoreColumn> Columns, string Order, string OfRoom)
{
    private const string NumberOfRoom = "(SELECT id FROM room WHERE uuid = {0})";

    /// <summary>The tables of a kind, those that others refer to first.</summary>
    public static IReadOnlyList<StoreTable> Of(StoreKind kind) => kind switch
    {
        StoreKind.Ingestion => Ingestion,
        StoreKind.Notification => Notification,
        _ => Broker,
    };

    private static IReadOnlyList<StoreTable> Ingestion { get; } =
    [
        new(
            "room",
            [
                new("id", ColumnKind.RoomNumber), new("uuid", ColumnKind.Id), new("size", ColumnKind.Number), new("genesis", ColumnKind.Bytes),
                new("cosigned_size", ColumnKind.Number), new("cosigned_root", ColumnKind.Bytes, true), new("cosigned_note", ColumnKind.Text, true),
                new("erased_through", ColumnKind.Number),
            ],
            "id",
            "uuid = {0}"),
        new(
            "entry",
            [new("room", ColumnKind.RoomNumber), new("position", ColumnKind.Number), new("hash", ColumnKind.Bytes), new("leaf", ColumnKind.Bytes)],
            "room, position",
            "room = " + NumberOfRoom),
        new(
            "node",
            [new("room", ColumnKind.RoomNumber), new("level", ColumnKind.Small), new("position", ColumnKind.Number), new("hash", ColumnKind.Bytes)],
            "room, level, position",
            "room = " + NumberOfRoom),
        new(
            "batch",
            [
                new("id", ColumnKind.BatchNumber), new("room", ColumnKind.RoomNumber), new("uuid", ColumnKind.Id), new("author", ColumnKind.Text),
                new("manifest", ColumnKind.Bytes), new("slots", ColumnKind.Number), new("quota_window", ColumnKind.Text), new("charge", ColumnKind.Number),
                new("next_part", ColumnKind.Number), new("bytes", ColumnKind.Number), new("touched", ColumnKind.Number), new("position", ColumnKind.Number, true),
            ],
            "id",
            "room = " + NumberOfRoom),
        new(
            "part",
            [new("batch", ColumnKind.BatchNumber), new("number", ColumnKind.Number), new("ciphertext", ColumnKind.Bytes, true)],
            "batch, number",
            $"batch IN (SELECT id FROM batch WHERE room = {NumberOfRoom})"),
    ];

    private static IReadOnlyList<StoreTable> Notification { get; } =
    [
        new(
            "frame",
            [
                new("room", ColumnKind.Id), new("recipient", ColumnKind.Text), new("number", ColumnKind.Number), new("header", ColumnKind.Text),
                new("ciphertext", ColumnKind.Bytes), new("path", ColumnKind.Bytes),
            ],
            "room, recipient, number",
            "room = {0}"),
        new(
            "acknowledged",
            [new("room", ColumnKind.Id), new("recipient", ColumnKind.Text), new("through", ColumnKind.Number)],
            "room, recipient",
            "room = {0}"),
    ];

    private static IReadOnlyList<StoreTable> Broker { get; } =
    [
        new(
            "room",
            [
                new("uuid", ColumnKind.Id), new("row_version", ColumnKind.Number), new("genesis", ColumnKind.Bytes), new("signed_charter", ColumnKind.Bytes),
                new("sealed_secret", ColumnKind.Bytes), new("frozen", ColumnKind.Number), new("cosigned_size", ColumnKind.Number),
                new("cosigned_root", ColumnKind.Bytes, true), new("cosigned_time", ColumnKind.Number, true), new("generation", ColumnKind.Number),
                new("instance", ColumnKind.Bytes, true), new("lease_ends", ColumnKind.Number, true),
            ],
            "uuid",
            "uuid = {0}"),
        new(
            "record_key",
            [new("room", ColumnKind.Id), new("period", ColumnKind.Number), new("public_key", ColumnKind.Bytes), new("sealed_key", ColumnKind.Bytes)],
            "room, period",
            "room = {0}"),
        new(
            "nonce",
            [new("room", ColumnKind.Id), new("nonce", ColumnKind.Bytes), new("expires", ColumnKind.Number), new("used", ColumnKind.Number)],
            "room, nonce",
            "room = {0}"),
        new(
            "release",
            [
                new("room", ColumnKind.Id), new("result", ColumnKind.Bytes), new("generation", ColumnKind.Number), new("leaf", ColumnKind.Bytes),
                new("lease_ends", ColumnKind.Number),
            ],
            "room, result",
            "room = {0}"),
    ];
}

/// <summary>A driver's side of moving rows. Values are long, string, byte[], Guid or <see langword="null"/>.</summary>
internal interface IStoreRows : IDisposable
{
    /// <summary>Version of the tables before they were opened; 0 if they were made.</summary>
    long FoundVersion { get; }

    /// <summary>Version of the tables now.</summary>
    int Version { get; }

    /// <summary>Reads all tables in one state of the database.</summary>
    /// <param name="kind">Which tables.</param>
    /// <param name="room">Only this room's rows; <see langword="null"/> for all.</param>
    /// <param name="row">Gets each row, table by table.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task ReadAsync(StoreKind kind, Guid? room, Action<StoreTable, object?[]> row, CancellationToken cancellationToken);

    /// <summary>Asks a question in words that both drivers understand.</summary>
    /// <param name="sql">One of this assembly's own, without values.</param>
    /// <param name="kinds">What its columns hold.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task<IReadOnlyList<object?[]>> AskAsync(string sql, IReadOnlyList<ColumnKind> kinds, CancellationToken cancellationToken);

    /// <summary>Adds rows, all or none. Numbers that the store gives are moved out of the way of those it has.</summary>
    /// <returns>Rows written.</returns>
    Task<long> WriteAsync(IEnumerable<(StoreTable Table, IEnumerable<object?[]> Rows)> tables, CancellationToken cancellationToken);
}
