using System.Runtime.InteropServices;

namespace CleanRoom.Linkage.Models;

/// <summary>
/// Counts of level vectors, so that training costs the same for any number of pairs (Enamorado, Fifield and Imai 2019). Four bits for each
/// of 14 fields; above them, in half bits, what term frequencies add.
/// </summary>
internal sealed class Patterns
{
    private const int TermShift = 56;
    private const ulong LevelMask = (1UL << TermShift) - 1;

    private readonly Dictionary<ulong, long> _counts = [];

    public void Add(ulong vector, double termWeight)
    {
        var term = (ulong)Math.Clamp((int)Math.Round(2 * termWeight) + 128, 0, 255);
        CollectionsMarshal.GetValueRefOrAddDefault(_counts, vector | (term << TermShift), out _)++;
    }

    public void Add(Patterns others)
    {
        foreach (var (key, count) in others._counts)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, key, out _) += count;
        }
    }

    /// <summary>The patterns in an order that depends on nothing else.</summary>
    public (ulong[] Vectors, double[] Terms, double[] Counts) Sorted()
    {
        var keys = _counts.Keys.ToArray();
        Array.Sort(keys);
        return ([.. keys.Select(k => k & LevelMask)], [.. keys.Select(k => ((double)(k >> TermShift) - 128) / 2)], [.. keys.Select(k => (double)_counts[k])]);
    }
}
