using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>Ids of records, entries, batches and rooms: random, never derived from data.</summary>
public static class RandomUuid
{
    /// <summary>A new UUID of version 4 (RFC 9562 section 5.4), its 122 free bits from the system's secure generator.</summary>
    public static Guid New()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
