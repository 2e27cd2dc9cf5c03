using System.Numerics;
using System.Runtime.CompilerServices;

namespace CleanRoom.Linkage.Fields;

/// <summary>
/// 32 bits of a value that stand beside the record itself: enough to say of most pairs that have nothing in common that they have nothing
/// in common, without a look at the values. 0 = nothing can be said.
/// </summary>
/// <remarks>
/// Texts: 20 classes of letters (bits 0–19; letters that sound alike share one), length up to 31 (20–24), a hash (25–29 of the sound of a
/// name, 25–30 one bit for each word of a text), whether a name has short forms (30), and bit 31, so that a digest is never 0. Codes: digits once and twice (0–19), letters anywhere
/// among them, length (20–24), a hash of the first three (25–30); telephone numbers likewise, with the last seven. Dates: year (0–13), month (14–20), day (21–27). A detail holds more for the same values.
/// </remarks>
internal static class Digest
{
    private const uint Set = 1u << 31;
    private const uint Bag = 0xF_FFFF;
    private const uint ShortForms = 1u << 30;

    // a b c d e f g h i j k l m n o p q r s t u v w x y z
    private static ReadOnlySpan<byte> Classes => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2, 10, 11, 12, 13, 14, 2, 15, 16, 17, 18, 19, 19, 2, 8, 16];

    public static uint OfName(string text, ulong sound, bool hasShortForms) =>
        OfLetters(text) is var bits and not 0 ? bits | ((uint)(sound & 0x1F) << 25) | (hasShortForms ? ShortForms : 0) : 0;

    public static uint OfText(string text)
    {
        if (OfLetters(text) is not (var bits and not 0))
        {
            return 0;
        }
        foreach (var word in text.Split(' '))
        {
            bits |= 1u << (25 + (int)(Hash.Of(word) % 6));
        }
        return bits;
    }

    /// <summary>Of a code, confusables folded, and the part of it whose equality has a level of its own: its beginning as it stands, or the end of a telephone number.</summary>
    public static uint OfCode(ReadOnlySpan<char> text, ReadOnlySpan<char> part)
    {
        if (text.Length is 0 or > 31)
        {
            return 0;
        }
        var bits = Set | ((uint)text.Length << 20);
        foreach (var c in text)
        {
            if (c is < '0' or > '9')
            {
                bits |= 1u << (c % 20);
                continue;
            }
            var once = 1u << (c - '0');
            bits |= (bits & once) == 0 ? once : once << 10;
        }
        return text.Length < 4 ? bits : bits | ((uint)(Hash.Of(part) & 0x3F) << 25);
    }

    /// <summary>One bit for each two neighbours of a text, the ends included: an edit changes three at most.</summary>
    public static uint Neighbours(ReadOnlySpan<char> text)
    {
        var bits = 0u;
        var last = '\0';
        foreach (var c in text)
        {
            bits |= 1u << (int)(Hash.Mix(((ulong)last << 16) | c) & 31);
            last = c;
        }
        return bits | (1u << (int)(Hash.Mix((ulong)last << 16) & 31));
    }

    /// <summary>The first two letters (bits 0–9), more of the sound (10–21) and one bit for each group of short forms (22–31).</summary>
    public static uint DetailOfName(string text, ulong sound, ReadOnlySpan<int> groups)
    {
        var bits = Begin(text) | ((uint)((sound >> 8) & 0xFFF) << 10);
        foreach (var group in groups)
        {
            bits |= 1u << (22 + (int)(Hash.Mix((ulong)group) % 10));
        }
        return bits;
    }

    /// <summary>The first two letters (bits 0–9) and one bit for each word (10–31).</summary>
    public static uint DetailOfText(string text, ReadOnlySpan<ulong> words)
    {
        var bits = Begin(text);
        foreach (var word in words)
        {
            bits |= 1u << (10 + (int)((word >> 20) % 22));
        }
        return bits;
    }

    /// <summary>Eight digits, the first on top.</summary>
    public static uint DetailOfDate(string digits)
    {
        var bits = 0u;
        foreach (var c in digits)
        {
            bits = (bits << 4) | (uint)(c - '0');
        }
        return bits;
    }

    private static uint Begin(string text) => Letter(text[0]) | (text.Length > 1 ? Letter(text[1]) << 5 : 0);

    private static uint Letter(char c) => c is >= 'a' and <= 'z' ? (uint)(c - 'a' + 1) : 27 + ((uint)c % 5);

    public static uint OfDate(int year, int month, int day) => month == 0 || day == 0 ? 0 : Set | (uint)year | ((uint)month << 14) | ((uint)day << 21);

    /// <summary>True if two names are certainly at level <see cref="Levels.Different"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool NamesDiffer(uint x, uint y) =>
        x != 0 && y != 0 && (x & y & ShortForms) == 0 && ((x ^ y) & (0x1Fu << 25)) != 0 && Similar(x, y) < NamePartComparer.LooseFrom
        && !(Length(x) == Length(y) && BitOperations.PopCount((x ^ y) & Bag) <= 2);

    /// <summary>The same for texts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TextsDiffer(uint x, uint y) => x != 0 && y != 0 && (x & y & (0x3Fu << 25)) == 0 && Similar(x, y) < TextComparer.LooseFrom;

    /// <summary>The same for codes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CodesDiffer(uint x, uint y)
    {
        if (x == 0 || y == 0)
        {
            return false;
        }
        var shortest = Math.Min(Length(x), Length(y));
        if (shortest >= 4 && ((x ^ y) & (0x3Fu << 25)) == 0)
        {
            return false;
        }
        var edits = Math.Max(Math.Abs(Length(x) - Length(y)), Math.Max(BitOperations.PopCount(x & ~y & Bag), BitOperations.PopCount(y & ~x & Bag)));
        return edits > (shortest >= 6 ? 2 : 1);
    }

    /// <summary>True if two dates differ in day, month and year, and the years by more than ten.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool DatesDiffer(uint x, uint y)
    {
        var differs = x ^ y;
        return x != 0 && y != 0 && (differs & (0x7Fu << 14)) != 0 && (differs & (0x7Fu << 21)) != 0 && Math.Abs((int)(x & 0x3FFF) - (int)(y & 0x3FFF)) > 10;
    }

    private static int Length(uint digest) => (int)((digest >> 20) & 0x1F);

    // What Jaro–Winkler cannot exceed, by the letters alone.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Similar(uint x, uint y)
    {
        int la = Length(x), lb = Length(y);
        var matches = Math.Min(la - BitOperations.PopCount(x & ~y & Bag), lb - BitOperations.PopCount(y & ~x & Bag));
        if (matches <= 0)
        {
            return 0;
        }
        var jaro = ((matches / (float)la) + (matches / (float)lb) + 1) / 3;
        return jaro + (Math.Min(4, matches) * 0.1f * (1 - jaro)) + 1e-5f;
    }

    private static uint OfLetters(string text)
    {
        if (text.Length is < 2 or > 31)
        {
            return 0;
        }
        var bits = Set | ((uint)text.Length << 20);
        foreach (var c in text)
        {
            if (c is >= 'a' and <= 'z')
            {
                bits |= 1u << Classes[c - 'a'];
            }
            else if (c > '\u00FF')
            {
                return 0;
            }
        }
        return bits;
    }
}
