using Npgsql;

namespace CleanRoom.Storage.Postgres;

/// <summary>One connection inside one transaction. For one caller at a time.</summary>
internal sealed class PostgresSession(NpgsqlConnection connection)
{
    /// <summary>For COPY.</summary>
    public NpgsqlConnection Connection => connection;

    /// <summary>Runs a statement and gives the number of rows that it changed. Values are bound to $1, $2, … in order.</summary>
    public async Task<int> ExecuteAsync(string sql, params object?[] values)
    {
        await using var command = Prepare(sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs a query for at most one row.</summary>
    public async Task<T?> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object?[] values)
    {
        await using var command = Prepare(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? read(reader) : default;
    }

    /// <summary>Runs a query for rows of which there are not too many.</summary>
    public async Task<List<T>> AllAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object?[] values)
    {
        await using var command = Prepare(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private NpgsqlCommand Prepare(string sql, object?[] values)
    {
#pragma warning disable CA2100 // Only constants of this assembly arrive here; every value is a parameter.
        var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
