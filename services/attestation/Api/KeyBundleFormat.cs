using CleanRoom.Protocol.Attestation.V1;
using Google.Protobuf;

namespace CleanRoom.Attestation.Api;

/// <summary>Writes the plaintext of a release (docs/protocol.md §5).</summary>
internal static class KeyBundleFormat
{
    /// <summary>Serializes without copies besides the result, which the caller zeroes.</summary>
    public static byte[] Write(IEnumerable<(int Period, byte[] Key)> recordKeys, byte[] roomSecret, DateTimeOffset leaseEnds)
    {
        var bundle = new KeyBundle { RoomSecret = UnsafeByteOperations.UnsafeWrap(roomSecret), LeaseEnds = leaseEnds.ToUnixTimeSeconds() };
        bundle.RecordKeys.AddRange(recordKeys.Select(key => new KeyBundle.Types.RecordKey
        {
            Period = (uint)key.Period,
            PrivateKey = UnsafeByteOperations.UnsafeWrap(key.Key),
        }));
        var bytes = new byte[bundle.CalculateSize()];
        bundle.WriteTo(bytes.AsSpan());
        return bytes;
    }
}
