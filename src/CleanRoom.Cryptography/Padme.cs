using System.Buffers.Binary;
using System.Numerics;

namespace CleanRoom.Cryptography;

/// <summary>
/// Padding that hides sizes: Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
/// PETS 2019, §4) leaks O(log log n) bits of the length at ≤ 12 % overhead. Padded form: length of the data in 4 bytes, big-endian ‖ data ‖ zeros.
/// </summary>
public static class Padme
{
    /// <summary>The smallest padded size, in bytes.</summary>
    public const int MinimumSize = 1024;

    /// <summary>The longest data that is padded: 256 MiB less the length field.</summary>
    public const int MaxDataSize = (256 << 20) - LengthSize;

    private const int LengthSize = 4;

    /// <summary>Gives the Padmé length of <paramref name="length"/>: at least it, and with at most log-many values.</summary>
    /// <param name="length">0 to 2^62.</param>
    public static long PaddedLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, 1L << 62);
        if (length < 2)
        {
            return length;
        }

        // E = ⌊log2 L⌋, S = ⌊log2 E⌋ + 1: the last E − S bits are rounded up to zero.
        var exponent = BitOperations.Log2((ulong)length);
        var significant = BitOperations.Log2((uint)exponent) + 1;
        var mask = (1L << (exponent - significant)) - 1;
        return (length + mask) & ~mask;
    }

    /// <summary>Pads to the Padmé length, at least <see cref="MinimumSize"/>.</summary>
    public static byte[] Pad(ReadOnlySpan<byte> data) => PadToSize(data, SizeFor(data.Length));

    /// <summary>Takes the data out of what <see cref="Pad"/> made.</summary>
    /// <param name="padded">The padded form.</param>
    /// <param name="data">A view into <paramref name="padded"/>.</param>
    /// <returns><see langword="false"/> unless the size is the one for this length and all the rest is zero.</returns>
    public static bool TryUnpad(ReadOnlySpan<byte> padded, out ReadOnlySpan<byte> data)
    {
        if (TryRead(padded, out data) && padded.Length == SizeFor(data.Length))
        {
            return true;
        }

        data = default;
        return false;
    }

    /// <summary>Pads to a size that is the same for all messages of a kind.</summary>
    /// <param name="data">At most <paramref name="size"/> less 4 bytes.</param>
    /// <param name="size">Size of the padded form in bytes.</param>
    /// <exception cref="ArgumentException">The data does not fit.</exception>
    public static byte[] PadToSize(ReadOnlySpan<byte> data, int size)
    {
        if (data.Length > MaxDataSize || size - LengthSize < data.Length)
        {
            throw new ArgumentException("The data does not fit into the padded size.", nameof(data));
        }

        var padded = new byte[size];
        BinaryPrimitives.WriteUInt32BigEndian(padded, (uint)data.Length);
        data.CopyTo(padded.AsSpan(LengthSize));
        return padded;
    }

    /// <summary>Takes the data out of what <see cref="PadToSize"/> made for the same size.</summary>
    /// <param name="padded">The padded form.</param>
    /// <param name="size">The one size that is accepted.</param>
    /// <param name="data">A view into <paramref name="padded"/>.</param>
    /// <returns><see langword="false"/> unless it has that size and all that is not data is zero.</returns>
    public static bool TryUnpadFromSize(ReadOnlySpan<byte> padded, int size, out ReadOnlySpan<byte> data)
    {
        data = default;
        return padded.Length == size && TryRead(padded, out data);
    }

    private static int SizeFor(int dataLength)
    {
        if (dataLength > MaxDataSize)
        {
            throw new ArgumentException("The data is longer than 256 MiB less 4 bytes.", nameof(dataLength));
        }

        return Math.Max(MinimumSize, (int)PaddedLength(dataLength + LengthSize));
    }

    private static bool TryRead(ReadOnlySpan<byte> padded, out ReadOnlySpan<byte> data)
    {
        data = default;
        if (padded.Length < LengthSize)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(padded);
        if (length > MaxDataSize || length > (uint)(padded.Length - LengthSize))
        {
            return false;
        }

        var end = LengthSize + (int)length;
        if (padded[end..].ContainsAnyExcept((byte)0))
        {
            return false;
        }

        data = padded[LengthSize..end];
        return true;
    }
}
