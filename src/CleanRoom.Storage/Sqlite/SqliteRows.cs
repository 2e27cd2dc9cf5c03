using System.Globalization;
using CleanRoom.Storage.Transfer;
using Microsoft.Data.Sqlite;

namespace CleanRoom.Storage.Sqlite;

/// <summary>Rows of a SQLite store, for moving them.</summary>
internal sealed class SqliteRows : IStoreRows
{
    private const int ConstraintFailed = 19;
    private readonly SqliteDatabase _database;

    public SqliteRows(StoreKind kind, SqliteOptions options)
    {
        var schema = SchemaOf(kind);
        _database = SqliteDatabase.Open(options, FileOf(kind), schema);
        Version = schema.Version;
    }

    public static string FileOf(StoreKind kind) => kind switch
    {
        StoreKind.Ingestion => "ingestion.db",
        StoreKind.Notification => "notification.db",
        _ => "broker.db",
    };

    public static SqliteSchema SchemaOf(StoreKind kind) => kind switch
    {
        StoreKind.Ingestion => SqliteIngestionStore.Schema,
        StoreKind.Notification => SqliteSlotStore.Schema,
        _ => SqliteBrokerStore.Schema,
    };

    public long FoundVersion => _database.FoundVersion;

    public int Version { get; }

    public Task ReadAsync(StoreKind kind, Guid? room, Action<StoreTable, object?[]> row, CancellationToken cancellationToken) => _database.ReadAsync(
        session =>
        {
            foreach (var table in StoreTable.Of(kind))
            {
                var kinds = Kinds(table);
                var where = room is null ? "" : $" WHERE {string.Format(CultureInfo.InvariantCulture, table.OfRoom, "$0")}";
                object?[] values = room is { } id ? [Values.Text(id)] : [];
                session.Each(
                    $"SELECT {Names(table)} FROM {table.Name}{where} ORDER BY {table.Order}",
                    reader =>
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        row(table, Read(reader, kinds));
                    },
                    values);
            }

            return 0;
        },
        cancellationToken);

    public Task<IReadOnlyList<object?[]>> AskAsync(string sql, IReadOnlyList<ColumnKind> kinds, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<object?[]>>(session => session.All(sql, reader => Read(reader, kinds)), cancellationToken);

    public async Task<long> WriteAsync(IEnumerable<(StoreTable Table, IEnumerable<object?[]> Rows)> tables, CancellationToken cancellationToken)
    {
        try
        {
            return await _database.WriteAsync(session => Write(session, tables), cancellationToken);
        }
        catch (StorageException exception) when (exception.InnerException is SqliteException { SqliteErrorCode: ConstraintFailed })
        {
            throw TransferRules.Taken(exception);
        }
    }

    public void Dispose() => _database.Dispose();

    private static long Write(SqliteSession session, IEnumerable<(StoreTable Table, IEnumerable<object?[]> Rows)> tables)
    {
        var written = 0L;
        var (rooms, batches) = (0L, 0L);
        foreach (var (table, rows) in tables)
        {
            switch (table.Columns[0])
            {
                case { Name: "id", Kind: ColumnKind.RoomNumber }:
                    rooms = session.First("SELECT coalesce(max(id), 0) FROM room", static row => row.GetInt64(0));
                    break;
                case { Name: "id", Kind: ColumnKind.BatchNumber }:
                    batches = session.First("SELECT coalesce(max(id), 0) FROM batch", static row => row.GetInt64(0));
                    break;
                default:
                    break;
            }

            var insert = $"INSERT INTO {table.Name} ({Names(table)}) VALUES ({string.Join(", ", table.Columns.Select(static (_, i) => string.Create(CultureInfo.InvariantCulture, $"${i}")))})";
            foreach (var row in rows)
            {
                TransferRules.Shift(table, row, rooms, batches);
                session.Execute(insert, [.. row.Select(static value => value is Guid id ? Values.Text(id) : value)]);
                written++;
            }
        }

        return written;
    }

    private static string Names(StoreTable table) => string.Join(", ", table.Columns.Select(static column => column.Name));

    private static ColumnKind[] Kinds(StoreTable table) => [.. table.Columns.Select(static column => column.Kind)];

    private static object?[] Read(SqliteDataReader reader, IReadOnlyList<ColumnKind> kinds)
    {
        var values = new object?[kinds.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = reader.IsDBNull(i) ? null : kinds[i] switch
            {
                ColumnKind.Text => reader.GetString(i),
                ColumnKind.Bytes => reader.GetBlob(i),
                ColumnKind.Id => reader.GetId(i),
                _ => reader.GetInt64(i),
            };
        }

        return values;
    }
}
