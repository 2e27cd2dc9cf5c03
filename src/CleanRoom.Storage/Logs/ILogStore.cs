using CleanRoom.Cryptography;

namespace CleanRoom.Storage.Logs;

/// <summary>
/// The logs of rooms: one RFC 6962 tree each. Durable: what a method has answered survives a crash of process and machine; a call
/// that was cut off has happened wholly or not at all. Indexes of a room have no gap and an entry never changes or goes. Writers race
/// on <c>expectedSize</c>: the first wins, the others are told the new size. Safe for concurrent use.
/// </summary>
public interface ILogStore : IStore
{
    /// <summary>Makes a room with its leaf 0. The first genesis of a room id wins for ever; the same bytes again change nothing.</summary>
    Task<RoomCreation> CreateRoomAsync(Guid room, ReadOnlyMemory<byte> genesis, CancellationToken cancellationToken);

    /// <summary>Gives the ids of all rooms.</summary>
    Task<IReadOnlyList<Guid>> ListRoomsAsync(CancellationToken cancellationToken);

    /// <summary>Gives the head of a room's log, or <see langword="null"/> if there is no such room.</summary>
    Task<LogHead?> FindHeadAsync(Guid room, CancellationToken cancellationToken);

    /// <summary>
    /// Appends leaves in order, all or none. A leaf whose bytes are in the log already (or twice in this call) is not appended again:
    /// its index is answered. If all are known, <paramref name="expectedSize"/> does not matter.
    /// </summary>
    /// <param name="room">An existing room.</param>
    /// <param name="expectedSize">Size of the log on which the caller has decided.</param>
    /// <param name="leaves">1 to 10,000, each 1 byte to 256 KiB.</param>
    /// <param name="cancellationToken">Before the write begins; not after.</param>
    Task<LogAppend> AppendAsync(Guid room, long expectedSize, IReadOnlyList<ReadOnlyMemory<byte>> leaves, CancellationToken cancellationToken);

    /// <summary>Gives the index of an entry, or <see langword="null"/> if the room does not have it.</summary>
    Task<long?> FindIndexAsync(Guid room, Digest leafHash, CancellationToken cancellationToken);

    /// <summary>Reads entries in order, from <paramref name="from"/> up to but not including <paramref name="until"/>.</summary>
    /// <param name="room">The room.</param>
    /// <param name="from">First index.</param>
    /// <param name="until">End; larger than the log is fine.</param>
    /// <param name="maximumBytes">A page ends with the entry that reaches this many bytes of leaves, so that it has at least one entry.</param>
    /// <param name="cancellationToken">Ends the read.</param>
    Task<IReadOnlyList<StoredEntry>> ReadAsync(Guid room, long from, long until, int maximumBytes, CancellationToken cancellationToken);

    /// <summary>Gives the root of the room's first <paramref name="size"/> leaves (1 to its size).</summary>
    Task<Digest> GetRootAsync(Guid room, long size, CancellationToken cancellationToken);

    /// <summary>Gives the audit path of a leaf in the tree of the first <paramref name="size"/> leaves (RFC 6962 section 2.1.1).</summary>
    Task<IReadOnlyList<Digest>> GetInclusionAsync(Guid room, long index, long size, CancellationToken cancellationToken);

    /// <summary>Gives the proof that the tree of <paramref name="newSize"/> leaves extends that of <paramref name="oldSize"/> (RFC 6962 section 2.1.2).</summary>
    Task<IReadOnlyList<Digest>> GetConsistencyAsync(Guid room, long oldSize, long newSize, CancellationToken cancellationToken);

    /// <summary>Gives the last cosigned checkpoint, or <see langword="null"/> if there is none yet.</summary>
    Task<StoredCheckpoint?> FindCosignedAsync(Guid room, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a cosigned checkpoint. The larger size wins, of equal sizes the later call. One that is smaller than what is kept, or
    /// whose root is not the log's, is not kept.
    /// </summary>
    /// <returns><see langword="true"/> if it is kept and durable.</returns>
    Task<bool> TrySaveCosignedAsync(Guid room, StoredCheckpoint checkpoint, CancellationToken cancellationToken);
}

/// <summary>Head of a log that nobody has signed yet.</summary>
/// <param name="Size">Leaves, at least 1.</param>
/// <param name="Root">Merkle tree hash over them.</param>
/// <param name="Genesis">Leaf hash of leaf 0.</param>
/// <param name="CosignedSize">Leaves under the last cosigned checkpoint; 0 if there is none.</param>
public sealed record LogHead(long Size, Digest Root, Digest Genesis, long CosignedSize);

/// <summary>An entry as stored.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Hash">RFC 6962 leaf hash.</param>
/// <param name="Leaf">The bytes.</param>
public sealed record StoredEntry(long Index, Digest Hash, ReadOnlyMemory<byte> Leaf);

/// <summary>A cosigned checkpoint as stored.</summary>
/// <param name="Size">Leaves.</param>
/// <param name="Root">Merkle tree hash.</param>
/// <param name="Note">Signed-note text.</param>
public sealed record StoredCheckpoint(long Size, Digest Root, string Note);

/// <summary>Where a leaf stands.</summary>
/// <param name="Index">From 0.</param>
/// <param name="Existed">It was in the log before this call.</param>
public readonly record struct AppendedLeaf(long Index, bool Existed);

/// <summary>Answer to making a room.</summary>
public abstract record RoomCreation
{
    private RoomCreation()
    {
    }

    /// <summary>The room has this genesis.</summary>
    /// <param name="Existed">It had it before this call.</param>
    public sealed record Created(bool Existed) : RoomCreation;

    /// <summary>The room exists with another genesis.</summary>
    public sealed record OtherGenesis : RoomCreation;
}

/// <summary>Answer to an append.</summary>
public abstract record LogAppend
{
    private LogAppend()
    {
    }

    /// <summary>All leaves are in the log.</summary>
    /// <param name="Leaves">In the order of the call.</param>
    public sealed record Appended(IReadOnlyList<AppendedLeaf> Leaves) : LogAppend;

    /// <summary>Another writer came first; nothing was appended.</summary>
    /// <param name="Size">The log's size now.</param>
    public sealed record SizeMoved(long Size) : LogAppend;

    /// <summary>There is no such room.</summary>
    public sealed record NoRoom : LogAppend;
}
