using System.Security.Cryptography;

namespace CleanRoom.Records.Import;

/// <summary>Record ids: random version 4 UUIDs, never derived from data.</summary>
public static class RecordIds
{
    /// <summary>Gives a new id from the system's secure generator.</summary>
    public static Guid Random()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
