using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Keys;

/// <summary>Custody by the broker itself: secrets encrypted under its master key, in its own store.</summary>
internal sealed class EmbeddedCustody(BrokerKeys keys) : IKeyCustody
{
    /// <summary>Name of this custody.</summary>
    public const string CustodyName = "embedded";

    private readonly RoomSecrets _secrets = new(keys);

    public string Name => CustodyName;

    // The first byte of what the master key encrypted is a version; other custodies mark their blobs with letters.
    public bool Keeps(ReadOnlySpan<byte> blob) => !blob.IsEmpty && blob[0] < (byte)' ';

    public Task<SealedRecordKey> MakeRecordKeyAsync(RoomId room, int period, CancellationToken cancellationToken) => Task.FromResult(_secrets.MakeRecordKey(room, period));

    public Task<byte[]> MakeRoomSecretAsync(RoomId room, CancellationToken cancellationToken) => Task.FromResult(_secrets.MakeRoomSecret(room));

    public ICustodySession Open() => new Session(_secrets);

    /// <summary>The store overwrites what it deletes; the statement names the copies that it cannot reach.</summary>
    public Task<Destruction> DestroyRecordKeyAsync(RoomId room, SealedRecordKey key, CancellationToken cancellationToken) => Task.FromResult(new Destruction(
        "Deleted from the broker's store; a copy of the store from before, together with the master key, still opens what it sealed until that copy is destroyed.", null));

    public SecretBytes HandOverRecordKey(RoomId room, SealedRecordKey key) => Keep(() => _secrets.OpenRecordKey(room, key));

    public SecretBytes HandOverRoomSecret(RoomId room, ReadOnlyMemory<byte> blob) => Keep(() => _secrets.OpenRoomSecret(room, blob.Span));

    public SealedRecordKey TakeOverRecordKey(RoomId room, int period, ReadOnlyMemory<byte> publicKey, ReadOnlySpan<byte> content) =>
        _secrets.KeepRecordKey(room, period, publicKey, content) ?? throw new CustodyException("A record key that was handed over is not the private half of the key that it is said to be.");

    public byte[] TakeOverRoomSecret(RoomId room, ReadOnlySpan<byte> content) =>
        _secrets.KeepRoomSecret(room, content) ?? throw new CustodyException("The room secret that was handed over does not have 32 bytes.");

    private static SecretBytes Keep(Func<byte[]> open)
    {
        byte[]? plain = null;
        try
        {
            plain = open();
            return new SecretBytes(plain);
        }
        catch (BrokerKeyException exception)
        {
            throw new CustodyException(exception.Message, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private sealed class Session(RoomSecrets secrets) : ICustodySession
    {
        public Task<SecretBytes> RecordKeyAsync(RoomId room, SealedRecordKey key, CancellationToken cancellationToken) => Task.FromResult(Keep(() => secrets.OpenRecordKey(room, key)));

        public Task<SecretBytes> RoomSecretAsync(RoomId room, ReadOnlyMemory<byte> blob, CancellationToken cancellationToken) => Task.FromResult(Keep(() => secrets.OpenRoomSecret(room, blob.Span)));

        public void Dispose()
        {
            // Holds nothing of its own.
        }
    }
}
