using CleanRoom.Cryptography;

namespace CleanRoom.Storage.Brokers;

/// <summary>
/// What one owner's verifier, key broker and witness remembers. Durable before a method returns. A room's record is changed by
/// compare-and-swap on its row version: the first writer wins, the others read again and decide again. Safe for concurrent use.
/// </summary>
public interface IBrokerStore : IStore
{
    /// <summary>Gives the record of a room, or <see langword="null"/> if the room was not joined here.</summary>
    Task<BrokerRoom?> FindAsync(Guid room, CancellationToken cancellationToken);

    /// <summary>Gives the ids of all rooms joined here.</summary>
    Task<IReadOnlyList<Guid>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Joins a room. Of two callers the first wins.</summary>
    /// <param name="record"><see cref="BrokerRoom.RowVersion"/> must be 0; it becomes 1.</param>
    /// <param name="cancellationToken">Before the write begins; not after.</param>
    /// <returns><see langword="false"/> if the room has a record.</returns>
    Task<bool> TryCreateAsync(BrokerRoom record, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces a room's record if its row version still is that of <paramref name="record"/>; the stored one becomes one higher.
    /// Genesis never changes; size, time and generation never go back, size but for what a recovery gives up.
    /// </summary>
    /// <exception cref="ArgumentException">The record would take genesis, size, time or generation back.</exception>
    Task<bool> TryReplaceAsync(BrokerRoom record, CancellationToken cancellationToken);

    /// <summary>Keeps a nonce that may be used once until it expires.</summary>
    /// <param name="room">The room.</param>
    /// <param name="nonce">16 to 64 bytes.</param>
    /// <param name="expires">Its end.</param>
    /// <param name="now">Nonces that have expired are dropped first.</param>
    /// <param name="maximumOutstanding">Most unused nonces of the room, this one included.</param>
    /// <param name="cancellationToken">Before the write begins; not after.</param>
    /// <returns><see langword="false"/> if there are too many, or the nonce is known.</returns>
    Task<bool> TryAddNonceAsync(
        Guid room, ReadOnlyMemory<byte> nonce, DateTimeOffset expires, DateTimeOffset now, int maximumOutstanding, CancellationToken cancellationToken);

    /// <summary>Uses up a nonce. Of any number of callers, before and after a crash, at most one gets <see langword="true"/>.</summary>
    /// <returns><see langword="false"/> if it is unknown, used or expired.</returns>
    Task<bool> TryUseNonceAsync(Guid room, ReadOnlyMemory<byte> nonce, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Gives the release that was made for an attestation result, or <see langword="null"/>.</summary>
    Task<BrokerRelease?> FindReleaseAsync(Guid room, Digest result, CancellationToken cancellationToken);

    /// <summary>Keeps a release before its entry is appended to the log, so that a repeated call appends the same bytes. The first wins.</summary>
    /// <returns>The release that is kept.</returns>
    Task<BrokerRelease> AddReleaseAsync(BrokerRelease release, CancellationToken cancellationToken);
}

/// <summary>What a broker remembers of a room.</summary>
public sealed record BrokerRoom
{
    public required Guid Room { get; init; }

    /// <summary>Counts the changes; 0 for a record that is not stored.</summary>
    public long RowVersion { get; init; }

    /// <summary>Leaf hash of the pinned genesis entry, or the digest by which the joining charter pins it; never changes.</summary>
    public required Digest Genesis { get; init; }

    /// <summary>The newest signed charter that the owner accepted, canonical JSON.</summary>
    public required ReadOnlyMemory<byte> SignedCharter { get; init; }

    /// <summary>Record keys, encrypted by the caller; one a period.</summary>
    public required IReadOnlyList<SealedRecordKey> RecordKeys { get; init; }

    /// <summary>Room secret, encrypted by the caller.</summary>
    public required ReadOnlyMemory<byte> SealedRoomSecret { get; init; }

    /// <summary>The owner has stopped all releases.</summary>
    public bool Frozen { get; init; }

    /// <summary>Leaves under the last checkpoint that this witness cosigned; 0 for none.</summary>
    public long CosignedSize { get; init; }

    /// <summary>Root of that checkpoint; <see langword="null"/> for none.</summary>
    public Digest? CosignedRoot { get; init; }

    /// <summary>The checkpoint that a recovery gives up: from it alone the size may go back, in the write that says so. Never stored; <see langword="null"/> for none.</summary>
    public (long Size, Digest Root)? GivenUp { get; init; }

    /// <summary>Time on the last cosignature given, whole seconds; <see langword="null"/> for none. Never goes back.</summary>
    public DateTimeOffset? CosignedTime { get; init; }

    /// <summary>Highest instance generation that got keys; 0 for none.</summary>
    public long Generation { get; init; }

    /// <summary>Signing key of the instance that got keys under that generation: no other one of the same generation does; <see langword="null"/> for none.</summary>
    public KeyId? Instance { get; init; }

    /// <summary>End of its lease in room time, whole seconds; <see langword="null"/> if none runs.</summary>
    public DateTimeOffset? LeaseEnds { get; init; }
}

/// <summary>A record key as a broker keeps it.</summary>
/// <param name="Period">From 1.</param>
/// <param name="PublicKey">DER SubjectPublicKeyInfo.</param>
/// <param name="SealedPrivateKey">Encrypted by the caller.</param>
public sealed record SealedRecordKey(int Period, ReadOnlyMemory<byte> PublicKey, ReadOnlyMemory<byte> SealedPrivateKey);

/// <summary>A key release that a broker has decided on.</summary>
/// <param name="Room">The room.</param>
/// <param name="Result">SHA-256 of the attestation result.</param>
/// <param name="Generation">Of the instance.</param>
/// <param name="Leaf">The release entry.</param>
/// <param name="LeaseEnds">In room time, whole seconds.</param>
public sealed record BrokerRelease(Guid Room, Digest Result, long Generation, ReadOnlyMemory<byte> Leaf, DateTimeOffset LeaseEnds);
