using System.Security.Cryptography;

namespace CleanRoom.Cryptography;

/// <summary>Ids of records, entries, batches and rooms: random, or as good as that for whoever does not know what they are made of; never of anything that can be guessed.</summary>
public static class RandomUuid
{
    /// <summary>A new UUID of version 4 (RFC 9562 section 5.4), its 122 free bits from the system's secure generator.</summary>
    public static Guid New()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return Of(bytes);
    }

    /// <summary>A UUID of version 4 whose 122 free bits are given: for an id that has to be the same after a restart, made of a digest over something that nobody else knows.</summary>
    /// <param name="random">16 bytes that nobody can tell from random ones.</param>
    /// <exception cref="ArgumentException">They are not 16.</exception>
    public static Guid Of(ReadOnlySpan<byte> random)
    {
        if (random.Length != 16)
        {
            throw new ArgumentException("A UUID has 16 bytes.", nameof(random));
        }

        Span<byte> bytes = stackalloc byte[16];
        random.CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
