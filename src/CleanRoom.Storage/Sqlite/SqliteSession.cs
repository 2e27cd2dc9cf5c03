using Microsoft.Data.Sqlite;

namespace CleanRoom.Storage.Sqlite;

/// <summary>One connection with its prepared statements. For one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private readonly SqliteConnection _connection;

    // Keyed by the text of the statement; the texts are constants of this assembly, so the number is small.
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public SqliteSession(string connectionString)
    {
        _connection = new SqliteConnection(connectionString);
        try
        {
            _connection.Open();
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <summary>Runs a statement and gives the number of rows that it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Prepare(sql, values).ExecuteNonQuery();

    /// <summary>Runs a query for at most one row.</summary>
    public T? First<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var reader = Prepare(sql, values).ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    /// <summary>Runs a query; the reader is asked row by row until it says stop.</summary>
    public List<T> All<T>(string sql, Func<SqliteDataReader, T> read, Func<T, bool>? goOn = null, params ReadOnlySpan<object?> values)
    {
        using var reader = Prepare(sql, values).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            var row = read(reader);
            rows.Add(row);
            if (goOn is not null && !goOn(row))
            {
                break;
            }
        }

        return rows;
    }

    /// <summary>Runs a query and hands over each row.</summary>
    public void Each(string sql, Action<SqliteDataReader> take, params ReadOnlySpan<object?> values)
    {
        using var reader = Prepare(sql, values).ExecuteReader();
        while (reader.Read())
        {
            take(reader);
        }
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    /// <summary>Values are bound to $0, $1, … in order.</summary>
    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // Only constants of this assembly arrive here; every value is a parameter.
            command.CommandText = sql;
#pragma warning restore CA2100
            for (var i = 0; i < values.Length; i++)
            {
                command.Parameters.Add(new SqliteParameter($"${i}", null));
            }

            _commands.Add(sql, command);
        }

        for (var i = 0; i < values.Length; i++)
        {
            // The type is set anew each time: a parameter that was null once would otherwise stay text.
            var parameter = command.Parameters[i];
            parameter.ResetSqliteType();
            parameter.Value = values[i] ?? DBNull.Value;
        }

        return command;
    }
}
