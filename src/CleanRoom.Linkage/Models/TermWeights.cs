using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Models;

/// <summary>How often each value stands in a table, and what an agreement on it says over and above the average.</summary>
internal sealed class TermWeights
{
    // Records with other values that a table is taken to be a part of.
    private const int Assumed = 200;

    private TermWeights(int[][] counts, int[] filled)
    {
        Counts = counts;
        Filled = filled;
    }

    /// <summary>For each field the records that have a value.</summary>
    public int[][] Counts { get; }

    /// <summary>For each field the records that have any.</summary>
    public int[] Filled { get; }

    public static TermWeights Count(LinkTable table)
    {
        var counts = table.Values.Select(v => new int[v.Count]).ToArray();
        var filled = new int[counts.Length];
        _ = Parallel.For(0, counts.Length, f =>
        {
            var mine = counts[f];
            for (var i = 0; i < table.Count; i++)
            {
                mine[table.Value(i, f)]++;
            }
            filled[f] = table.Count - mine[0];
            mine[0] = 0;
        });
        return new TermWeights(counts, filled);
    }

    /// <summary>
    /// The chance that a record of another entity has a value, given that one has it: its other holders without the entity's own copies.
    /// One more is added, so that no value is impossible, and a few hundred others are assumed, so that in a small table not every value is frequent.
    /// </summary>
    public double ChanceOf(int field, int value, double ownCopies) => ChanceOfCount(field, Counts[field][value], ownCopies);

    /// <summary>The same for a value that the table does not hold.</summary>
    public double ChanceOfUnseen(int field) => 1.0 / (Filled[field] + Assumed);

    /// <summary>The chance that two records of different entities agree exactly. Summed from rare values to frequent ones, so that it does not hang on the order in which values were met.</summary>
    public double ChanceOfAgreement(int field, double ownCopies)
    {
        if (Filled[field] == 0)
        {
            return 0.5;
        }
        var counts = Counts[field];
        var valuesOf = new int[counts.Max() + 1];
        foreach (var count in counts)
        {
            valuesOf[count]++;
        }
        double sum = 0;
        for (var count = 1; count < valuesOf.Length; count++)
        {
            sum += (double)valuesOf[count] * count / Filled[field] * ChanceOfCount(field, count, ownCopies);
        }
        return sum;
    }

    private double ChanceOfCount(int field, int count, double ownCopies) => (Math.Max(0, count - 1 - ownCopies) + 1) / (Filled[field] + Assumed);
}
