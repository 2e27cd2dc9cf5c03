using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CleanRoom.Linkage.Comparison;

/// <summary>
/// Up to 32 characters, one byte each, ready for comparison by vectors; with a bag of its characters that bounds from below how far two
/// texts are apart. Texts that hold other characters or are longer are compared as spans.
/// </summary>
public readonly struct PackedText
{
    /// <summary>The most characters.</summary>
    public const int MaxLength = 32;

    private PackedText(Vector256<byte> bytes, int length, ulong bag)
    {
        Bytes = bytes;
        Length = length;
        Bag = bag;
    }

    /// <summary>The characters, zeros behind them.</summary>
    public Vector256<byte> Bytes { get; }

    /// <summary>
    /// Which characters there are: a–z once (bits 0–25) and twice or more (26–51), digits once (52–61), others and repeated digits in the two
    /// bits on top. A bit that one text has and the other lacks is at least one character without a partner.
    /// </summary>
    public ulong Bag { get; }

    /// <summary>Number of characters, 0 to 32.</summary>
    public int Length { get; }

    /// <summary>True for a text that was packed; false for <see langword="default"/>, which stands for one that could not be.</summary>
    public bool IsPacked => Length > 0;

    /// <summary>The first eight characters, the first in the lowest byte.</summary>
    public ulong Begin => Bytes.AsUInt64().ToScalar();

    /// <summary>Packs a text of at most 32 characters from U+0001 to U+00FF; false for any other.</summary>
    public static bool TryPack(ReadOnlySpan<char> text, out PackedText packed)
    {
        packed = default;
        if (text.Length > MaxLength)
        {
            return false;
        }
        Span<byte> bytes = stackalloc byte[MaxLength];
        bytes.Clear();
        ulong bag = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '\0' or > '\u00FF')
            {
                return false;
            }
            bytes[i] = (byte)c;
            bag |= BagBit(c, bag);
        }
        packed = new PackedText(Vector256.Create<byte>(bytes), text.Length, bag);
        return true;
    }

    /// <summary>The least number of edits (insert, delete, substitute, swap of neighbours) that can part two texts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int LeastEdits(in PackedText first, in PackedText second)
    {
        var a = BitOperations.PopCount(first.Bag & ~second.Bag);
        var b = BitOperations.PopCount(second.Bag & ~first.Bag);
        var length = Math.Abs(first.Length - second.Length);
        return Math.Max(Math.Max(a, b), length);
    }

    /// <summary>A value that <see cref="JaroWinkler"/> cannot exceed for these two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double MostSimilar(in PackedText first, in PackedText second)
    {
        int la = first.Length, lb = second.Length;
        var matches = Math.Min(la - BitOperations.PopCount(first.Bag & ~second.Bag), lb - BitOperations.PopCount(second.Bag & ~first.Bag));
        if (matches <= 0)
        {
            return 0;
        }
        double m = matches;
        var jaro = ((m / la) + (m / lb) + 1) / 3;
        var differs = Vector256.Equals(first.Bytes, second.Bytes).ExtractMostSignificantBits() ^ 0xFu;
        var prefix = Math.Min(BitOperations.TrailingZeroCount(differs | 16u), Math.Min(la, lb));
        return jaro + (prefix * 0.1 * (1 - jaro));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte At(in Vector256<byte> bytes, int index) => Unsafe.Add(ref Unsafe.As<Vector256<byte>, byte>(ref Unsafe.AsRef(in bytes)), index);

    private static ulong BagBit(char c, ulong bag)
    {
        if (c is >= 'a' and <= 'z')
        {
            var once = 1UL << (c - 'a');
            return (bag & once) == 0 ? once : once << 26;
        }
        if (c is >= '0' and <= '9')
        {
            var once = 1UL << (52 + (c - '0'));
            return (bag & once) == 0 ? once : 1UL << 62;
        }
        return 1UL << 63;
    }
}
