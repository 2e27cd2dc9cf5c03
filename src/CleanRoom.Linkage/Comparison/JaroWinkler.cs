using System.Numerics;
using System.Runtime.Intrinsics;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>Jaro–Winkler similarity (Winkler 1990): prefix scale 0.1 over at most four letters.</summary>
public static class JaroWinkler
{
    private const int MaxLength = 64;

    /// <summary>Gives 0 (nothing in common) to 1 (equal). Texts are cut off at 64 units; two empty texts give 0.</summary>
    public static double Similarity(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        first = first.Length > MaxLength ? first[..MaxLength] : first;
        second = second.Length > MaxLength ? second[..MaxLength] : second;
        if (first.IsEmpty || second.IsEmpty)
        {
            return 0;
        }
        if (first.SequenceEqual(second))
        {
            return 1;
        }
        var window = Math.Max(0, (Math.Max(first.Length, second.Length) / 2) - 1);
        ulong usedFirst = 0;
        ulong usedSecond = 0;
        var matches = 0;
        for (var i = 0; i < first.Length; i++)
        {
            var to = Math.Min(second.Length - 1, i + window);
            for (var j = Math.Max(0, i - window); j <= to; j++)
            {
                if ((usedSecond & (1UL << j)) == 0 && first[i] == second[j])
                {
                    usedFirst |= 1UL << i;
                    usedSecond |= 1UL << j;
                    matches++;
                    break;
                }
            }
        }
        if (matches == 0)
        {
            return 0;
        }
        var crossed = 0;
        var at = 0;
        for (var i = 0; i < first.Length; i++)
        {
            if ((usedFirst & (1UL << i)) == 0)
            {
                continue;
            }
            while ((usedSecond & (1UL << at)) == 0)
            {
                at++;
            }
            crossed += first[i] != second[at++] ? 1 : 0;
        }
        double m = matches;
        var jaro = ((m / first.Length) + (m / second.Length) + ((m - (crossed / 2)) / m)) / 3;
        var prefix = 0;
        while (prefix < 4 && prefix < first.Length && prefix < second.Length && first[prefix] == second[prefix])
        {
            prefix++;
        }
        return jaro + (prefix * 0.1 * (1 - jaro));
    }

    /// <summary>Whether the similarity is at least <paramref name="least"/>.</summary>
    /// <param name="first">A text.</param>
    /// <param name="second">The other one.</param>
    /// <param name="least">Above 0.</param>
    public static bool Reaches(ReadOnlySpan<char> first, ReadOnlySpan<char> second, double least) => MayReach(first, second, least) && Similarity(first, second) >= least;

    /// <summary>
    /// Tells most pairs apart by the letters that only one of them has, as if all others met, in order: false only if <see cref="Similarity(ReadOnlySpan{char}, ReadOnlySpan{char})"/> is
    /// less.
    /// </summary>
    /// <param name="lengthOfFirst">Letters of a text.</param>
    /// <param name="first">Its <see cref="LetterSet"/>.</param>
    /// <param name="lengthOfSecond">Letters of the other one.</param>
    /// <param name="second">Its set.</param>
    /// <param name="least">Above 0.</param>
    public static bool MayReach(int lengthOfFirst, uint first, int lengthOfSecond, uint second, double least) =>
        lengthOfFirst > MaxLength || lengthOfSecond > MaxLength
        || MayReach(Math.Min(lengthOfFirst - LetterSet.Lacking(first, second), lengthOfSecond - LetterSet.Lacking(second, first)), lengthOfFirst, lengthOfSecond, 4, least);

    /// <summary>The same by each single letter.</summary>
    private static bool MayReach(ReadOnlySpan<char> first, ReadOnlySpan<char> second, double least)
    {
        first = first.Length > MaxLength ? first[..MaxLength] : first;
        second = second.Length > MaxLength ? second[..MaxLength] : second;
        return MayReach(
            Math.Min(InCommon(first, LetterSet.Of(second)), InCommon(second, LetterSet.Of(first))), first.Length, second.Length, first[..Math.Min(4, first.Length)].CommonPrefixLength(second), least);
    }

    private static bool MayReach(int matches, int lengthOfFirst, int lengthOfSecond, int prefix, double least)
    {
        if (matches <= 0)
        {
            return least <= 0;
        }
        var jaro = (((double)matches / lengthOfFirst) + ((double)matches / lengthOfSecond) + 1) / 3;
        return jaro + (prefix * 0.1 * (1 - jaro)) >= least - 1e-9;
    }

    private static int InCommon(ReadOnlySpan<char> text, uint letters)
    {
        var count = 0;
        foreach (var c in text)
        {
            count += (int)(letters >> (c & 31)) & 1;
        }
        return count;
    }

    /// <summary>The same value as for the texts as spans, to the last bit: the matching of each letter is one vector comparison.</summary>
    public static double Similarity(in PackedText first, in PackedText second)
    {
        int la = first.Length, lb = second.Length;
        if (la == 0 || lb == 0)
        {
            return 0;
        }
        if (first.Bytes == second.Bytes)
        {
            return 1;
        }
        var window = Math.Max(0, (Math.Max(la, lb) / 2) - 1);
        var a = first.Bytes;
        var b = second.Bytes;
        uint usedFirst = 0;
        uint usedSecond = 0;
        for (var i = 0; i < la; i++)
        {
            var from = Math.Max(0, i - window);
            var to = Math.Min(lb - 1, i + window);
            if (from > to)
            {
                break;
            }
            var range = (uint)((2UL << to) - (1UL << from));
            var found = Vector256.Equals(b, Vector256.Create(PackedText.At(in a, i))).ExtractMostSignificantBits() & range & ~usedSecond;
            usedSecond |= found & (0 - found);
            usedFirst |= found != 0 ? 1u << i : 0;
        }
        if (usedFirst == 0)
        {
            return 0;
        }
        double m = BitOperations.PopCount(usedFirst);
        var crossed = 0;
        for (uint i = usedFirst, j = usedSecond; i != 0; i &= i - 1, j &= j - 1)
        {
            crossed += PackedText.At(in a, BitOperations.TrailingZeroCount(i)) != PackedText.At(in b, BitOperations.TrailingZeroCount(j)) ? 1 : 0;
        }
        var jaro = ((m / la) + (m / lb) + ((m - (crossed / 2)) / m)) / 3;
        var differs = Vector256.Equals(a, b).ExtractMostSignificantBits() ^ 0xFu;
        var prefix = Math.Min(BitOperations.TrailingZeroCount(differs | 16u), Math.Min(la, lb));
        return jaro + (prefix * 0.1 * (1 - jaro));
    }
}
