using System.Security.Cryptography;
using CleanRoom.Attestation.Keys;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using Google.Protobuf;

namespace CleanRoom.Attestation.Api;

/// <summary>Writes the plaintext of a release (docs/protocol.md §5).</summary>
internal static class KeyBundleFormat
{
    /// <summary>Serializes; the caller zeroes the result, every other copy is zeroed here.</summary>
    public static byte[] Write(OpenedKeys keys, DateTimeOffset leaseEnds)
    {
        var copies = new List<byte[]>();
        try
        {
            var bundle = new KeyBundle { RoomSecret = Wrap(keys.RoomSecret!), LeaseEnds = leaseEnds.ToUnixTimeSeconds() };
            bundle.RecordKeys.AddRange(keys.RecordKeys.Select(key => new KeyBundle.Types.RecordKey { Period = (uint)key.Period, PrivateKey = Wrap(key.Key) }));
            var bytes = new byte[bundle.CalculateSize()];
            bundle.WriteTo(bytes.AsSpan());
            return bytes;
        }
        finally
        {
            copies.ForEach(static copy => CryptographicOperations.ZeroMemory(copy));
        }

        ByteString Wrap(SecretBytes secret)
        {
            using var loan = secret.Borrow();
            var copy = loan.Span.ToArray();
            copies.Add(copy);
            return UnsafeByteOperations.UnsafeWrap(copy);
        }
    }
}
