using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Batches;

/// <summary>
/// Sealed batches: uploads under way and complete ones. It shares its transactions with <see cref="ILogStore"/>. A part that was
/// acknowledged survives a crash; parts have no gap. A batch is complete in the same transaction that appends its leaf, so that it is
/// wholly in the log or not at all. Of two writers of one batch the first wins; the other's call answers that. Safe for concurrent use.
/// </summary>
public interface IBatchStore : IStore
{
    /// <summary>
    /// Begins an upload or takes up one that was cut off. What it takes from the author's quota is reserved until it is
    /// collected. The same batch id with another manifest is refused.
    /// </summary>
    Task<UploadStart> BeginAsync(UploadRequest request, CancellationToken cancellationToken);

    /// <summary>Tells how far a batch is, or <see langword="null"/> if it is unknown.</summary>
    Task<UploadProgress?> FindAsync(Guid room, Guid batch, CancellationToken cancellationToken);

    /// <summary>Stores the next parts, all or none.</summary>
    /// <param name="room">The room.</param>
    /// <param name="batch">A batch that was begun.</param>
    /// <param name="firstPart">Must be the next part.</param>
    /// <param name="parts">Ciphertexts in order, 1 byte to 1 MiB each.</param>
    /// <param name="now">For <see cref="CollectAbandonedAsync"/>.</param>
    /// <param name="cancellationToken">Before the write begins; not after.</param>
    /// <returns>The next part, or <see langword="null"/> if nothing was stored because the upload is not open at this part.</returns>
    Task<int?> AppendPartsAsync(
        Guid room, Guid batch, int firstPart, IReadOnlyList<ReadOnlyMemory<byte>> parts, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Appends the leaf of a batch of which all parts are stored. Repeating it answers the same index.</summary>
    Task<BatchCommit> CommitAsync(Guid room, Guid batch, long expectedSize, CancellationToken cancellationToken);

    /// <summary>Reads the ciphertexts of a complete batch in order.</summary>
    /// <param name="room">The room.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="fromPart">First part.</param>
    /// <param name="maximumBytes">A page ends with the part that reaches this many bytes, so that it has at least one part.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    /// <returns>Empty at the end; <see langword="null"/> if there is no such complete batch.</returns>
    Task<IReadOnlyList<StoredPart>?> ReadPartsAsync(Guid room, Guid batch, int fromPart, int maximumBytes, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the ciphertext of both parts of each slot and overwrites it on disk, then remembers that all tombstones below
    /// <paramref name="through"/> are done. Unknown slots are passed over. Idempotent.
    /// </summary>
    /// <returns>Parts deleted by this call.</returns>
    Task<int> EraseAsync(Guid room, IReadOnlyList<ErasedSlot> slots, long through, CancellationToken cancellationToken);

    /// <summary>Deletes all ciphertext of complete batches and overwrites it on disk. Unknown batches are passed over. Idempotent.</summary>
    /// <returns>Parts deleted by this call.</returns>
    Task<int> EraseBatchesAsync(Guid room, IReadOnlyList<Guid> batches, CancellationToken cancellationToken);

    /// <summary>Gives the log position below which all tombstones are done; 0 at first.</summary>
    Task<long> FindErasedThroughAsync(Guid room, CancellationToken cancellationToken);

    /// <summary>Deletes uploads that are not complete and have had no new part since <paramref name="before"/>.</summary>
    /// <returns>Uploads deleted.</returns>
    Task<int> CollectAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Gives what a member's complete and open uploads take in a window.</summary>
    Task<UploadUsage> GetUsageAsync(Guid room, string author, string window, CancellationToken cancellationToken);
}

/// <summary>What is needed to begin an upload.</summary>
public sealed record UploadRequest
{
    /// <summary>An existing room.</summary>
    public required Guid Room { get; init; }

    /// <summary>Made by the client; counts once in the room's life.</summary>
    public required Guid Batch { get; init; }

    /// <summary>The contributor's member id.</summary>
    public required string Author { get; init; }

    /// <summary>The signed manifest: the leaf that will stand in the log.</summary>
    public required ReadOnlyMemory<byte> Manifest { get; init; }

    /// <summary>Slots of the batch; it has twice as many parts.</summary>
    public required int Slots { get; init; }

    /// <summary>Names the quota's window, for example <c>2026-12</c>.</summary>
    public required string Window { get; init; }

    /// <summary>What it takes from the quota.</summary>
    public required long Charge { get; init; }

    /// <summary>Most that this author may take in the window, this batch included.</summary>
    public required long Quota { get; init; }

    /// <summary>Bytes after which this author may begin no more in the window. An upload that was begun goes on.</summary>
    public long MostBytes { get; init; } = long.MaxValue;

    /// <summary>The same for all authors of the room together.</summary>
    public long MostBytesOfRoom { get; init; } = long.MaxValue;

    /// <summary>Most uploads that this author may have open, this one included.</summary>
    public required int OpenUploads { get; init; }

    /// <summary>The time, for <see cref="IBatchStore.CollectAbandonedAsync"/>.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>What uploads take in a window.</summary>
/// <param name="Records">From the quota of records.</param>
/// <param name="Bytes">Stored, also if deleted since.</param>
public readonly record struct UploadUsage(long Records, long Bytes);

/// <summary>How far an upload is.</summary>
/// <param name="Index">Position in the log once it is complete.</param>
/// <param name="NextPart">Parts 0 to this − 1 are stored.</param>
/// <param name="Bytes">Bytes of these parts.</param>
/// <param name="Author">Member id of the contributor.</param>
public sealed record UploadProgress(long? Index, int NextPart, long Bytes, string Author);

/// <summary>A slot whose ciphertext goes: parts 2 × slot and 2 × slot + 1.</summary>
public readonly record struct ErasedSlot(Guid Batch, int Slot);

/// <summary>A part as stored.</summary>
/// <param name="Part">From 0.</param>
/// <param name="Ciphertext">The bytes, or <see langword="null"/> once deleted.</param>
public sealed record StoredPart(int Part, ReadOnlyMemory<byte>? Ciphertext);

/// <summary>Answer to beginning an upload.</summary>
public abstract record UploadStart
{
    private UploadStart()
    {
    }

    /// <summary>Parts are awaited.</summary>
    /// <param name="NextPart">The first that is missing.</param>
    /// <param name="Bytes">Bytes of the parts that are stored.</param>
    public sealed record Open(int NextPart, long Bytes) : UploadStart;

    /// <summary>The batch is in the log.</summary>
    /// <param name="Index">Its position.</param>
    public sealed record Complete(long Index) : UploadStart;

    /// <summary>The batch id is taken by another manifest.</summary>
    public sealed record OtherManifest : UploadStart;

    /// <summary>The author's quota is used up.</summary>
    /// <param name="Used">Taken in the window before this batch.</param>
    public sealed record QuotaExceeded(long Used) : UploadStart;

    /// <summary>The bytes of the window are used up.</summary>
    /// <param name="ByRoom">By all authors of the room together.</param>
    public sealed record BytesUsedUp(bool ByRoom) : UploadStart;

    /// <summary>The author has too many open uploads.</summary>
    public sealed record TooManyOpen : UploadStart;

    /// <summary>There is no such room.</summary>
    public sealed record NoRoom : UploadStart;
}

/// <summary>Answer to completing a batch.</summary>
public abstract record BatchCommit
{
    private BatchCommit()
    {
    }

    /// <summary>The batch is in the log.</summary>
    /// <param name="Leaf">Where.</param>
    public sealed record Committed(AppendedLeaf Leaf) : BatchCommit;

    /// <summary>Another writer came first; the batch is still open.</summary>
    /// <param name="Size">The log's size now.</param>
    public sealed record SizeMoved(long Size) : BatchCommit;

    /// <summary>Parts are missing.</summary>
    /// <param name="NextPart">The first that is missing.</param>
    public sealed record Incomplete(int NextPart) : BatchCommit;

    /// <summary>There is no such upload (it may have been collected).</summary>
    public sealed record NoUpload : BatchCommit;
}
