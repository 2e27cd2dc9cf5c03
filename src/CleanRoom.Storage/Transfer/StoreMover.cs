using CleanRoom.Cryptography;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;

namespace CleanRoom.Storage.Transfer;

/// <summary>Carries whole stores, or one room of them, from driver to driver, and checks them.</summary>
public sealed class StoreMover : IDisposable
{
    private readonly IStoreRows _rows;
    private readonly StoreKind _kind;

    private StoreMover(StoreKind kind, Func<IStoreRows> open) => (_kind, _rows) = (kind, open());

    /// <summary>Version of the tables before they were opened; 0 if there were none.</summary>
    public long FoundVersion => _rows.FoundVersion;

    /// <summary>Version of the tables now.</summary>
    public int Version => _rows.Version;

    /// <summary>Opens a store of SQLite, makes it if it is missing, and carries it forward.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static StoreMover Open(StoreKind kind, SqliteOptions options) => new(kind, () => new SqliteRows(kind, options));

    /// <summary>Opens a store of PostgreSQL, makes it if it is missing, and carries it forward.</summary>
    /// <exception cref="StorageException">It cannot be used.</exception>
    public static StoreMover Open(StoreKind kind, PostgresOptions options) => new(kind, () => new PostgresRows(kind, options));

    /// <summary>Writes one state of the store into a stream, while it is in use.</summary>
    /// <param name="target">Gets the bytes; see docs/operators.md for the format.</param>
    /// <param name="room">Only this room; <see langword="null"/> for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Rows written.</returns>
    public Task<long> ExportAsync(Stream target, Guid? room, CancellationToken cancellationToken) =>
        StoreDump.WriteAsync(_rows, _kind, room, target, cancellationToken);

    /// <summary>Adds what <see cref="ExportAsync"/> wrote, all or nothing.</summary>
    /// <returns>Rows added.</returns>
    /// <exception cref="StorageException">The file is damaged or of another kind or version, or the store has a room of it.</exception>
    public Task<long> ImportAsync(Stream source, CancellationToken cancellationToken) =>
        _rows.WriteAsync(StoreDump.Read(source, _kind, _rows.Version), cancellationToken);

    /// <summary>Goes through every row and tells what does not fit together.</summary>
    /// <param name="partsOf">Gives the digests of the parts that a manifest names, or <see langword="null"/> if it cannot be read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<StoreFindings> VerifyAsync(Func<ReadOnlyMemory<byte>, IReadOnlyList<Digest>?> partsOf, CancellationToken cancellationToken)
    {
        var check = new StoreCheck(_kind, partsOf);
        await _rows.ReadAsync(_kind, null, check.Take, cancellationToken);
        return check.Finish();
    }

    /// <summary>Goes through every row of a file that <see cref="ExportAsync"/> wrote, without a store, and tells what does not fit together.</summary>
    /// <param name="kind">The store's kind.</param>
    /// <param name="source">The file.</param>
    /// <param name="partsOf">As in <see cref="VerifyAsync"/>.</param>
    /// <param name="known">What members know to be cosigned; only an ingestion store can hold it.</param>
    /// <exception cref="StorageException">The file is damaged or of another kind or version.</exception>
    public static StoreFindings VerifyFile(
        StoreKind kind, Stream source, Func<ReadOnlyMemory<byte>, IReadOnlyList<Digest>?> partsOf, IReadOnlyCollection<KnownCheckpoint> known)
    {
        var check = new StoreCheck(kind, partsOf, known);
        try
        {
            foreach (var (table, rows) in StoreDump.Read(source, kind, SqliteRows.SchemaOf(kind).Version))
            {
                foreach (var row in rows)
                {
                    check.Take(table, row);
                }
            }
        }
        catch (Exception exception) when (exception is KeyNotFoundException or ArgumentException)
        {
            // A row that names a room or batch which is not there, or one twice: no store writes that.
            throw new StorageException(StorageProblem.Damaged, "The file contradicts itself: no store wrote it.", exception);
        }

        return check.Finish();
    }

    /// <summary>Name of the SQLite file of a kind of store, in a service's data folder.</summary>
    public static string FileOf(StoreKind kind) => SqliteRows.FileOf(kind);

    /// <summary>The logs of an ingestion store.</summary>
    public Task<IReadOnlyList<LogFigures>> LogsAsync(CancellationToken cancellationToken) => StoreSurvey.LogsAsync(Of(StoreKind.Ingestion), cancellationToken);

    /// <summary>What contributors uploaded into an ingestion store.</summary>
    public Task<IReadOnlyList<UploadFigures>> UploadsAsync(CancellationToken cancellationToken) => StoreSurvey.UploadsAsync(Of(StoreKind.Ingestion), cancellationToken);

    /// <summary>The recipients of a notification store.</summary>
    public Task<IReadOnlyList<SlotFigures>> SlotsAsync(CancellationToken cancellationToken) => StoreSurvey.SlotsAsync(Of(StoreKind.Notification), cancellationToken);

    /// <summary>The rooms of a broker's store.</summary>
    public Task<IReadOnlyList<BrokerFigures>> BrokersAsync(CancellationToken cancellationToken) => StoreSurvey.BrokersAsync(Of(StoreKind.Broker), cancellationToken);

    /// <summary>Closes the store.</summary>
    public void Dispose() => _rows.Dispose();

    private IStoreRows Of(StoreKind kind) => _kind == kind ? _rows : throw new InvalidOperationException($"The store is of the kind {_kind}, not {kind}.");
}

/// <summary>What a check has found.</summary>
/// <param name="Rows">Looked at.</param>
/// <param name="Problems">One line each, at most 1,000; ids and positions, never content.</param>
public sealed record StoreFindings(long Rows, IReadOnlyList<string> Problems);

/// <summary>A checkpoint that somebody knows to be cosigned, from a member's own verification.</summary>
/// <param name="Room">The room.</param>
/// <param name="Size">Entries under it, at least 1.</param>
/// <param name="Root">Root of the tree over them.</param>
public sealed record KnownCheckpoint(Guid Room, long Size, Digest Root);
