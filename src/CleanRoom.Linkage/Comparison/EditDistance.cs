using System.Runtime.Intrinsics;

namespace CleanRoom.Linkage.Comparison;

/// <summary>Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, no letter edited twice.</summary>
public static class EditDistance
{
    private const int MaxLength = 64;

    /// <summary>Gives the number of edits. Texts are cut off at 64 units.</summary>
    public static int Between(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        first = first.Length > MaxLength ? first[..MaxLength] : first;
        second = second.Length > MaxLength ? second[..MaxLength] : second;
        Span<int> before = stackalloc int[MaxLength + 1];
        Span<int> last = stackalloc int[MaxLength + 1];
        Span<int> row = stackalloc int[MaxLength + 1];
        for (var j = 0; j <= second.Length; j++)
        {
            last[j] = j;
        }
        for (var i = 1; i <= first.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= second.Length; j++)
            {
                var cost = first[i - 1] == second[j - 1] ? 0 : 1;
                var best = Math.Min(Math.Min(row[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                {
                    best = Math.Min(best, before[j - 2] + 1);
                }
                row[j] = best;
            }
            var spare = before;
            before = last;
            last = row;
            row = spare;
        }
        return last[second.Length];
    }

    /// <summary>The same number, one column of the table a step in the bits of one word (Hyyrö 2003, "A bit-vector algorithm for computing Levenshtein and Damerau edit distances").</summary>
    public static int Between(in PackedText first, in PackedText second)
    {
        int m = first.Length, n = second.Length;
        if (m == 0 || n == 0)
        {
            return m + n;
        }
        var pattern = first.Bytes;
        var text = second.Bytes;
        ulong vp = ~0UL, vn = 0, d0 = 0, before = 0;
        var last = 1UL << (m - 1);
        var edits = m;
        for (var j = 0; j < n; j++)
        {
            ulong equal = Vector256.Equals(pattern, Vector256.Create(PackedText.At(in text, j))).ExtractMostSignificantBits();
            var swapped = ((~d0 & equal) << 1) & before;
            d0 = (((equal & vp) + vp) ^ vp) | equal | vn | swapped;
            var hp = vn | ~(d0 | vp);
            var hn = d0 & vp;
            edits += (hp & last) != 0 ? 1 : 0;
            edits -= (hn & last) != 0 ? 1 : 0;
            hp = (hp << 1) | 1;
            hn <<= 1;
            vp = hn | ~(d0 | hp);
            vn = hp & d0;
            before = equal;
        }
        return edits;
    }
}
