using System.Runtime.Intrinsics;

namespace CleanRoom.Linkage.Comparison;

/// <summary>Levenshtein distance (1966): insertions, deletions and substitutions. 0 for equal texts, at most the longer length.</summary>
public static class Levenshtein
{
    private const int MaxLength = 64;

    /// <summary>Gives the number of edits. Texts are cut off at 64 units.</summary>
    public static int Between(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        first = first.Length > MaxLength ? first[..MaxLength] : first;
        second = second.Length > MaxLength ? second[..MaxLength] : second;
        Span<int> row = stackalloc int[MaxLength + 1];
        for (var j = 0; j <= second.Length; j++)
        {
            row[j] = j;
        }
        for (var i = 1; i <= first.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j - 1], above) + 1, diagonal + (first[i - 1] == second[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[second.Length];
    }

    /// <summary>The same number by the bits of one word (Myers 1999, "A fast bit-vector algorithm for approximate string matching").</summary>
    public static int Between(in PackedText first, in PackedText second)
    {
        int m = first.Length, n = second.Length;
        if (m == 0 || n == 0)
        {
            return m + n;
        }
        var pattern = first.Bytes;
        var text = second.Bytes;
        ulong vp = ~0UL, vn = 0;
        var last = 1UL << (m - 1);
        var edits = m;
        for (var j = 0; j < n; j++)
        {
            ulong equal = Vector256.Equals(pattern, Vector256.Create(PackedText.At(in text, j))).ExtractMostSignificantBits();
            var d0 = (((equal & vp) + vp) ^ vp) | equal | vn;
            var hp = vn | ~(d0 | vp);
            var hn = d0 & vp;
            edits += (hp & last) != 0 ? 1 : 0;
            edits -= (hn & last) != 0 ? 1 : 0;
            hp = (hp << 1) | 1;
            hn <<= 1;
            vp = hn | ~(d0 | hp);
            vn = hp & d0;
        }
        return edits;
    }
}
