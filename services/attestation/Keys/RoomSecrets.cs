using System.Security.Cryptography;
using System.Text;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Attestation.Keys;

/// <summary>Makes and opens what a broker keeps for its owner in one room: record keys and the room secret. Embedded custody: encrypted under the master key.</summary>
internal sealed class RoomSecrets(BrokerKeys keys)
{
    private const int RoomSecretSize = 32;

    /// <summary>Makes the record key of a period.</summary>
    public SealedRecordKey MakeRecordKey(RoomId room, int period)
    {
        using var key = HpkePrivateKey.Generate();
        var scalar = new byte[HpkePrivateKey.Size];
        try
        {
            key.Export(scalar);
            return new SealedRecordKey(period, key.PublicKey.ToSpki(), keys.Master.Encrypt(scalar, RecordKeyName(room, period)));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    /// <summary>Makes the room secret, encrypted.</summary>
    public byte[] MakeRoomSecret(RoomId room)
    {
        using var secret = SecretBytes.Random(RoomSecretSize);
        using var bytes = secret.Borrow();
        return keys.Master.Encrypt(bytes.Span, RoomSecretName(room));
    }

    /// <summary>Keeps a record key that was made elsewhere; null if the scalar is none or is not the private half of that key.</summary>
    public SealedRecordKey? KeepRecordKey(RoomId room, int period, ReadOnlyMemory<byte> publicKey, ReadOnlySpan<byte> scalar)
    {
        if (scalar.Length != HpkePrivateKey.Size || !HpkePublicKey.TryFromSpki(publicKey.Span, out var expected))
        {
            return null;
        }

        try
        {
            using var key = HpkePrivateKey.Import(scalar);
            return key.PublicKey.Equals(expected) ? new SealedRecordKey(period, key.PublicKey.ToSpki(), keys.Master.Encrypt(scalar, RecordKeyName(room, period))) : null;
        }
        catch (Exception exception) when (exception is ArgumentException or CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Keeps a room secret that was made elsewhere; null if it does not have 32 bytes.</summary>
    public byte[]? KeepRoomSecret(RoomId room, ReadOnlySpan<byte> secret) => secret.Length == RoomSecretSize ? keys.Master.Encrypt(secret, RoomSecretName(room)) : null;

    /// <summary>Opens a record key: 32 bytes, which the caller zeroes.</summary>
    /// <exception cref="BrokerKeyException">It does not open.</exception>
    public byte[] OpenRecordKey(RoomId room, SealedRecordKey key) => Open(key.SealedPrivateKey.Span, RecordKeyName(room, key.Period));

    /// <summary>Opens the room secret: 32 bytes, which the caller zeroes.</summary>
    /// <exception cref="BrokerKeyException">It does not open.</exception>
    public byte[] OpenRoomSecret(RoomId room, ReadOnlySpan<byte> sealedSecret) => Open(sealedSecret, RoomSecretName(room));

    private byte[] Open(ReadOnlySpan<byte> blob, byte[] name) => keys.Master.TryDecrypt(blob, name, out var plain)
        ? plain
        : throw new BrokerKeyException("A key of the room does not open under this master key: restore the data folder and the master key from one backup.");

    private static byte[] RecordKeyName(RoomId room, int period) =>
        Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"record-key {room} {period}"));

    private static byte[] RoomSecretName(RoomId room) => Encoding.ASCII.GetBytes($"room-secret {room}");
}
