using CleanRoom.Linkage.Models;

namespace CleanRoom.Linkage.Comparison;

/// <summary>How often each term occurs among the indexed entities; rare terms say more. Not thread-safe while it changes.</summary>
/// <param name="numbers">What is taken as seen before anything was counted.</param>
public sealed class TermFrequencies(TermNumbers numbers)
{
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Entities counted.</summary>
    public int Entities { get; private set; }

    /// <summary>Counts an entity's different terms, or takes them away again.</summary>
    public void Count(IEnumerable<string> terms, bool add)
    {
        ArgumentNullException.ThrowIfNull(terms);
        foreach (var term in terms)
        {
            var count = _counts.GetValueOrDefault(term) + (add ? 1 : -1);
            if (count > 0)
            {
                _counts[term] = count;
            }
            else
            {
                _ = _counts.Remove(term);
            }
        }
        Entities += add ? 1 : -1;
    }

    /// <summary>Gives the chance that a random entity has the term, smoothed; <see cref="TermNumbers.Rarest"/> to 1.</summary>
    public double Of(string term) =>
        Math.Clamp((_counts.GetValueOrDefault(term) + numbers.PriorCount) / (Entities + numbers.PriorEntities), numbers.Rarest, 1);
}
