using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace CleanRoom.Storage.Sqlite;

/// <summary>
/// One database file: a single writer and as many readers as ask. Write-ahead log with synchronous=FULL: a commit is on the disk
/// when it returns. Deleted content is overwritten (secure_delete).
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const int IdleReaders = 8;

    /// <summary>Most writes that share a transaction.</summary>
    private const int WritesTogether = 16;

    /// <summary>Pages (of 4 KiB) after which the write-ahead log is moved into the file: less often than by itself, since every time it is flushed twice.</summary>
    private const int CheckpointPages = 4096;

    /// <summary>KiB of pages that the writer holds: a transaction of some uploads is not written out before it ends, to be read back.</summary>
    private const int WriterCache = 16 * 1024;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly LinkedList<PendingWrite> _pending = [];
    private readonly ConcurrentBag<SqliteSession> _readers = [];
    private readonly SqliteOptions _options;
    private readonly string _path;
    private SqliteSession? _writer;
    private bool _disposed;

    private SqliteDatabase(SqliteOptions options, string path)
    {
        _options = options;
        _path = path;
    }

    /// <summary>Version of the tables before they were opened; 0 if they were made.</summary>
    public long FoundVersion { get; private set; }

    /// <summary>Opens or makes the file and brings its tables up to date.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static SqliteDatabase Open(SqliteOptions options, string fileName, SqliteSchema schema)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Folder);
        SqliteLibrary.Load();
        var path = Path.Combine(options.Folder, fileName);
        try
        {
            MakeFile(options.Folder, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SqliteErrors.NotWritable(path, exception);
        }

        var database = new SqliteDatabase(options, path);
        try
        {
            database._writer = database.ConnectWriter();
            database.FoundVersion = schema.Apply(database._writer, path);
            return database;
        }
        catch (SqliteException exception)
        {
            database.Dispose();
            throw SqliteErrors.Map(exception, path);
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs work in a write transaction: all of it, and on the disk when this returns; or, on an exception, nothing of it. Those who wait together for the one
    /// before them share the next transaction and its wait for the disk; if the work of one fails, each runs in a transaction of its own. Work may therefore
    /// run twice: it must change nothing but the database.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        var write = new PendingWrite<T>(work);
        lock (_pending)
        {
            _pending.AddLast(write);
        }

        try
        {
            await _writing.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_pending)
            {
                if (_pending.Remove(write))
                {
                    throw;
                }
            }

            // Another's transaction has taken it along already.
            return await write.Result;
        }

        try
        {
            while (!write.Result.IsCompleted)
            {
                // The driver has no asynchronous I/O: the wait for the disk is taken off the caller's thread.
                await Task.Run(() => WriteAll(TakePending()), CancellationToken.None);
            }
        }
        finally
        {
            _writing.Release();
        }

        return await write.Result;
    }

    /// <summary>Runs work in one read transaction: it sees one state of the database.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) => Task.Run(() => Read(work), cancellationToken);

    /// <summary>See <see cref="IStore.CheckAsync"/>.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) => WriteAsync(static _ => 0, cancellationToken);

    /// <summary>Moves everything into the main file and empties the write-ahead log, so that what was deleted is nowhere.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await Task.Run(() => Guarded(() => Writer.First("PRAGMA wal_checkpoint(TRUNCATE)", static row => row.GetInt64(0))), CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        // A write under way ends first: closing its connection would be a crash of our own making.
        _writing.Wait();
        _disposed = true;
        _writer?.Dispose();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        _writing.Dispose();
    }

    private SqliteSession Writer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _writer ??= ConnectWriter();
        }
    }

    private List<PendingWrite> TakePending()
    {
        lock (_pending)
        {
            var taken = _pending.Take(WritesTogether).ToList();
            taken.ForEach(write => _pending.Remove(write));
            return taken;
        }
    }

    private void WriteAll(List<PendingWrite> writes)
    {
        if (writes.Count > 1)
        {
            try
            {
                if (TryWrite(writes))
                {
                    return;
                }
            }
            catch (Exception exception)
            {
                // The transaction could not begin or its commit failed: so it is told to all, as to one alone.
                writes.ForEach(write => write.Fail(exception));
                return;
            }
        }

        foreach (var write in writes)
        {
            try
            {
                _ = Write(writer => write.Run(writer));
                write.Complete();
            }
            catch (Exception exception)
            {
                // Whatever it was: who waits must hear of it.
                write.Fail(exception);
            }
        }
    }

    /// <summary>Runs all in one transaction.</summary>
    /// <returns>False if one of them failed: nothing of any is kept.</returns>
    private bool TryWrite(List<PendingWrite> writes)
    {
        var failed = false;
        try
        {
            _ = Write(writer =>
            {
                foreach (var write in writes)
                {
                    try
                    {
                        _ = write.Run(writer);
                    }
                    catch
                    {
                        failed = true;
                        throw;
                    }
                }

                return 0;
            });
        }
        catch (Exception) when (failed)
        {
            return false;
        }

        writes.ForEach(write => write.Complete());
        return true;
    }

    private T Write<T>(Func<SqliteSession, T> work) => Guarded(() =>
    {
        var writer = Writer;
        writer.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = work(writer);
            writer.Execute("COMMIT");
            return result;
        }
        catch
        {
            // SQLite rolls back by itself on some errors; a connection in doubt is replaced by a new one.
            _writer = null;
            writer.Dispose();
            throw;
        }
    });

    private T Read<T>(Func<SqliteSession, T> work) => Guarded(() =>
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var reader = _readers.TryTake(out var idle) ? idle : Connect();
        try
        {
            reader.Execute("BEGIN");
            var result = work(reader);
            reader.Execute("COMMIT");
            if (_readers.Count < IdleReaders && !_disposed)
            {
                _readers.Add(reader);
            }
            else
            {
                reader.Dispose();
            }

            return result;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    });

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Map(exception, _path);
        }
    }

    private SqliteSession ConnectWriter()
    {
        var session = Connect();
        try
        {
            session.Execute($"PRAGMA cache_size=-{WriterCache}");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    private SqliteSession Connect()
    {
        var session = new SqliteSession(new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            Mode = SqliteOpenMode.ReadWrite,
            Pooling = false,
            DefaultTimeout = (int)Math.Ceiling(_options.BusyTimeout.TotalSeconds),
        }.ToString());
        try
        {
            session.Execute($"PRAGMA busy_timeout={(long)_options.BusyTimeout.TotalMilliseconds}");
            session.Execute("PRAGMA journal_mode=WAL");
            session.Execute("PRAGMA synchronous=FULL");
            session.Execute($"PRAGMA wal_autocheckpoint={CheckpointPages}");
            session.Execute("PRAGMA foreign_keys=ON");
            session.Execute("PRAGMA secure_delete=ON");
            session.Execute("PRAGMA trusted_schema=OFF");
            if (_options.MaximumPages is { } pages)
            {
                session.Execute($"PRAGMA max_page_count={pages}");
            }

            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Makes folder and file so that nobody else may read them; SQLite gives its companion files the same mode.</summary>
    private static void MakeFile(string folder, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("The services run on Linux.");
        }

        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!File.Exists(path))
        {
            using var created = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
    }
}
