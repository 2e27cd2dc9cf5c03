using System.Diagnostics;
using System.Security.Cryptography;
using CleanRoom.Storage.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace CleanRoom.Benchmarks;

/// <summary>A store without a service: what the disk and the database allow.</summary>
internal interface IRawStore : IAsyncDisposable
{
    /// <summary>How it writes.</summary>
    string What { get; }

    /// <summary>Writes batches of parts as long as those of the benchmark, each batch one durable transaction.</summary>
    /// <returns>Records (two parts each) a second.</returns>
    Task<double> WriteAsync(int writers, int batches, int parts);
}

/// <summary>Parts as the benchmark's records give them.</summary>
internal static class RawParts
{
    private const int Size = 1024 + 16;

    public static byte[][] Make(int count) => [.. Enumerable.Range(0, count).Select(_ => RandomNumberGenerator.GetBytes(Size))];
}

/// <summary>One prepared INSERT a part, the same table and the same settings as the service's.</summary>
internal sealed class RawSqlite : IRawStore
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-bench-raw-");
    private readonly SqliteSession _session;
    private long _batch;

    public RawSqlite()
    {
        SqliteLibrary.Load();
        _session = new SqliteSession($"Data Source={Path.Combine(_folder.FullName, "raw.db")};Pooling=False");
        _session.Execute("PRAGMA journal_mode=WAL");
        _session.Execute("PRAGMA synchronous=FULL");
        _session.Execute("CREATE TABLE part (batch INTEGER NOT NULL, number INTEGER NOT NULL, ciphertext BLOB, UNIQUE (batch, number)) STRICT");
    }

    public string What => "plain INSERTs, one transaction a batch";

    public Task<double> WriteAsync(int writers, int batches, int parts)
    {
        var made = RawParts.Make(parts);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < writers * batches; i++, _batch++)
        {
            _session.Execute("BEGIN IMMEDIATE");
            for (var part = 0; part < made.Length; part++)
            {
                _session.Execute("INSERT INTO part (batch, number, ciphertext) VALUES ($0, $1, $2)", _batch, (long)part, made[part]);
            }

            _session.Execute("COMMIT");
        }

        return Task.FromResult((long)writers * batches * parts / 2 / watch.Elapsed.TotalSeconds);
    }

    public ValueTask DisposeAsync()
    {
        _session.Dispose();
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

/// <summary>Binary COPY on as many connections as there are uploaders, into the same table as the service's.</summary>
internal sealed class RawPostgres(string connection) : IRawStore
{
    private readonly NpgsqlDataSource _source = NpgsqlDataSource.Create(connection);
    private long _batch;

    public string What => "binary COPY, one transaction a batch";

    public async Task<double> WriteAsync(int writers, int batches, int parts)
    {
        await using (var command = _source.CreateCommand(
            "CREATE TABLE IF NOT EXISTS raw (batch bigint NOT NULL, number bigint NOT NULL, ciphertext bytea, PRIMARY KEY (batch, number)); ALTER TABLE raw ALTER ciphertext SET STORAGE EXTERNAL"))
        {
            await command.ExecuteNonQueryAsync();
        }

        var made = RawParts.Make(parts);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(() => WriteAsync(made, batches))));
        return (long)writers * batches * parts / 2 / watch.Elapsed.TotalSeconds;
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task WriteAsync(byte[][] parts, int batches)
    {
        await using var connection = await _source.OpenConnectionAsync();
        for (var i = 0; i < batches; i++)
        {
            var batch = Interlocked.Increment(ref _batch);
            await using var import = await connection.BeginBinaryImportAsync("COPY raw (batch, number, ciphertext) FROM STDIN (FORMAT BINARY)");
            for (var part = 0; part < parts.Length; part++)
            {
                await import.StartRowAsync();
                await import.WriteAsync(batch, NpgsqlDbType.Bigint);
                await import.WriteAsync((long)part, NpgsqlDbType.Bigint);
                await import.WriteAsync(parts[part], NpgsqlDbType.Bytea);
            }

            await import.CompleteAsync();
        }
    }
}
