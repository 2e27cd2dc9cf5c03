using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Keys;

/// <summary>
/// Where an owner's secrets of a room are kept. What the store holds of them is a blob that only this custody understands. Everything that is given out is a copy that the caller disposes.
/// </summary>
internal interface IKeyCustody
{
    /// <summary>Name, as in settings and erasure statements.</summary>
    string Name { get; }

    /// <summary>Tells whether a kept blob is of this custody.</summary>
    bool Keeps(ReadOnlySpan<byte> blob);

    /// <summary>Makes the record key of a period.</summary>
    /// <exception cref="CustodyException">The custody cannot make it now.</exception>
    Task<SealedRecordKey> MakeRecordKeyAsync(RoomId room, int period, CancellationToken cancellationToken);

    /// <summary>Makes the room secret.</summary>
    /// <returns>The blob to keep.</returns>
    /// <exception cref="CustodyException">The custody cannot make it now.</exception>
    Task<byte[]> MakeRoomSecretAsync(RoomId room, CancellationToken cancellationToken);

    /// <summary>Begins to open secrets: for one release, then disposed.</summary>
    ICustodySession Open();

    /// <summary>Destroys a record key. Again is no error.</summary>
    /// <returns>What remains of it, to be printed on the statement.</returns>
    /// <exception cref="CustodyException">It could not be destroyed now.</exception>
    Task<Destruction> DestroyRecordKeyAsync(RoomId room, SealedRecordKey key, CancellationToken cancellationToken);

    /// <summary>Gives what a stand-in needs to open a record key too. Secret; the caller disposes it.</summary>
    /// <exception cref="CustodyException">It cannot be opened.</exception>
    SecretBytes HandOverRecordKey(RoomId room, SealedRecordKey key);

    /// <summary>The same for the room secret.</summary>
    /// <exception cref="CustodyException">It cannot be opened.</exception>
    SecretBytes HandOverRoomSecret(RoomId room, ReadOnlyMemory<byte> blob);

    /// <summary>Keeps a record key that another broker of the same owner handed over.</summary>
    /// <param name="room">The room.</param>
    /// <param name="period">Its period.</param>
    /// <param name="publicKey">DER SubjectPublicKeyInfo of its public half.</param>
    /// <param name="content">What <see cref="HandOverRecordKey"/> gave there.</param>
    /// <exception cref="CustodyException">It is not the private half of that key, or names another key.</exception>
    SealedRecordKey TakeOverRecordKey(RoomId room, int period, ReadOnlyMemory<byte> publicKey, ReadOnlySpan<byte> content);

    /// <summary>The same for the room secret.</summary>
    /// <returns>The blob to keep.</returns>
    /// <exception cref="CustodyException">It is none.</exception>
    byte[] TakeOverRoomSecret(RoomId room, ReadOnlySpan<byte> content);
}

/// <summary>Opens secrets of one custody. Not safe for concurrent use.</summary>
internal interface ICustodySession : IDisposable
{
    /// <summary>Opens a record key: 32 bytes, whose public half is the stored one.</summary>
    /// <exception cref="CustodyException">It cannot be opened.</exception>
    Task<SecretBytes> RecordKeyAsync(RoomId room, SealedRecordKey key, CancellationToken cancellationToken);

    /// <summary>Opens the room secret: 32 bytes.</summary>
    /// <exception cref="CustodyException">It cannot be opened.</exception>
    Task<SecretBytes> RoomSecretAsync(RoomId room, ReadOnlyMemory<byte> blob, CancellationToken cancellationToken);
}

/// <summary>What remains of a destroyed key.</summary>
/// <param name="Remains">One sentence: which copies still open what the key sealed, and until when.</param>
/// <param name="RecoverableUntil">Until then somebody may bring it back; null: nobody can, or only from the copies that <paramref name="Remains"/> names.</param>
internal sealed record Destruction(string Remains, DateTimeOffset? RecoverableUntil);

/// <summary>A secret cannot be made, opened or destroyed now. The message is one sentence with the remedy, without data.</summary>
internal sealed class CustodyException : Exception
{
    public CustodyException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
