using System.Globalization;
using CleanRoom.Storage.Transfer;
using Npgsql;
using NpgsqlTypes;

namespace CleanRoom.Storage.Postgres;

/// <summary>Rows of a PostgreSQL store, for moving them: COPY both ways.</summary>
internal sealed class PostgresRows : IStoreRows
{
    private readonly PostgresDatabase _database;

    public PostgresRows(StoreKind kind, PostgresOptions options)
    {
        var schema = kind switch
        {
            StoreKind.Ingestion => PostgresIngestionStore.Schema,
            StoreKind.Notification => PostgresSlotStore.Schema,
            _ => PostgresBrokerStore.Schema,
        };

        // Whole tables take their time.
        _database = PostgresDatabase.Open(options with { StatementTimeout = TimeSpan.FromHours(6) }, schema);
        Version = schema.Version;
    }

    public long FoundVersion => _database.FoundVersion;

    public int Version { get; }

    public Task ReadAsync(StoreKind kind, Guid? room, Action<StoreTable, object?[]> row, CancellationToken cancellationToken) => _database.ReadAsync(
        async session =>
        {
            foreach (var table in StoreTable.Of(kind))
            {
                // The UUID's own text has no character to escape.
                var where = room is { } id ? $" WHERE {string.Format(CultureInfo.InvariantCulture, table.OfRoom, $"'{id:D}'")}" : "";
                await ReadAsync(
                    session,
                    $"SELECT {Names(table)} FROM {table.Name}{where} ORDER BY {Order(table)}",
                    [.. table.Columns.Select(static column => column.Kind)],
                    values => row(table, values),
                    cancellationToken);
            }

            return 0;
        },
        cancellationToken);

    public Task<IReadOnlyList<object?[]>> AskAsync(string sql, IReadOnlyList<ColumnKind> kinds, CancellationToken cancellationToken) => _database.ReadAsync<IReadOnlyList<object?[]>>(
        async session =>
        {
            var rows = new List<object?[]>();
            await ReadAsync(session, sql, kinds, rows.Add, cancellationToken);
            return rows;
        },
        cancellationToken);

    public async Task<long> WriteAsync(IEnumerable<(StoreTable Table, IEnumerable<object?[]> Rows)> tables, CancellationToken cancellationToken)
    {
        try
        {
            return await _database.WriteAsync(session => WriteAsync(session, tables), cancellationToken);
        }
        catch (StorageException exception)
            when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ForeignKeyViolation })
        {
            throw TransferRules.Taken(exception);
        }
    }

    public void Dispose() => _database.Dispose();

    private static async Task<long> WriteAsync(PostgresSession session, IEnumerable<(StoreTable Table, IEnumerable<object?[]> Rows)> tables)
    {
        var written = 0L;
        var (rooms, batches) = (0L, 0L);
        foreach (var (table, rows) in tables)
        {
            // Nobody gives numbers meanwhile.
            await session.ExecuteAsync($"LOCK TABLE {table.Name} IN SHARE ROW EXCLUSIVE MODE");
            if (table.Columns[0] is { Name: "id" } id)
            {
                var highest = await session.FirstAsync($"SELECT coalesce(max(id), 0) FROM {table.Name}", static row => row.GetInt64(0));
                (rooms, batches) = id.Kind == ColumnKind.RoomNumber ? (highest, batches) : (rooms, highest);
            }

            await using (var import = await session.Connection.BeginBinaryImportAsync($"COPY {table.Name} ({Names(table)}) FROM STDIN (FORMAT BINARY)"))
            {
                foreach (var row in rows)
                {
                    TransferRules.Shift(table, row, rooms, batches);
                    await import.StartRowAsync();
                    for (var i = 0; i < row.Length; i++)
                    {
                        await WriteAsync(import, table.Columns[i], row[i]);
                    }

                    written++;
                }

                await import.CompleteAsync();
            }

            if (table.Columns[0].Name == "id")
            {
                await session.ExecuteAsync($"SELECT setval(pg_get_serial_sequence('{table.Name}', 'id'), greatest((SELECT max(id) FROM {table.Name}), 1))");
            }
        }

        return written;
    }

    private static string Names(StoreTable table) => string.Join(", ", table.Columns.Select(static column => column.Name));

    /// <summary>By bytes, whatever language the database sorts in: two exports of the same rows are the same.</summary>
    private static string Order(StoreTable table) => table.Order.Replace("recipient", "recipient COLLATE \"C\"", StringComparison.Ordinal);

    private static async Task ReadAsync(PostgresSession session, string sql, IReadOnlyList<ColumnKind> kinds, Action<object?[]> row, CancellationToken cancellationToken)
    {
        await using var export = await session.Connection.BeginBinaryExportAsync($"COPY ({sql}) TO STDOUT (FORMAT BINARY)", cancellationToken);
        while (await export.StartRowAsync(cancellationToken) != -1)
        {
            var values = new object?[kinds.Count];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = await ReadAsync(export, kinds[i], cancellationToken);
            }

            row(values);
        }
    }

    private static async ValueTask<object?> ReadAsync(NpgsqlBinaryExporter export, ColumnKind kind, CancellationToken cancellationToken)
    {
        if (export.IsNull)
        {
            await export.SkipAsync(cancellationToken);
            return null;
        }

        return kind switch
        {
            ColumnKind.Text => await export.ReadAsync<string>(NpgsqlDbType.Text, cancellationToken),
            ColumnKind.Bytes => await export.ReadAsync<byte[]>(NpgsqlDbType.Bytea, cancellationToken),
            ColumnKind.Id => await export.ReadAsync<Guid>(NpgsqlDbType.Uuid, cancellationToken),
            ColumnKind.Small => (long)await export.ReadAsync<int>(NpgsqlDbType.Integer, cancellationToken),
            _ => await export.ReadAsync<long>(NpgsqlDbType.Bigint, cancellationToken),
        };
    }

    private static Task WriteAsync(NpgsqlBinaryImporter import, StoreColumn column, object? value) => value is null
        ? import.WriteNullAsync()
        : column.Kind switch
        {
            ColumnKind.Text => import.WriteAsync((string)value, NpgsqlDbType.Text),
            ColumnKind.Bytes => import.WriteAsync((byte[])value, NpgsqlDbType.Bytea),
            ColumnKind.Id => import.WriteAsync((Guid)value, NpgsqlDbType.Uuid),
            ColumnKind.Small => import.WriteAsync(checked((int)(long)value), NpgsqlDbType.Integer),
            _ => import.WriteAsync((long)value, NpgsqlDbType.Bigint),
        };
}
