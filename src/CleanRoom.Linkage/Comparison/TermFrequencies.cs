namespace CleanRoom.Linkage.Comparison;

/// <summary>How often each term occurs among the indexed entities; rare terms say more. Not thread-safe while it changes.</summary>
public sealed class TermFrequencies
{
    // As if this many entities with other terms had been seen before: keeps small indexes from calling everything common or unique.
    private const double PriorEntities = 400;
    private const double PriorCount = 0.4;

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

    /// <summary>Gives the chance that a random entity has the term, smoothed; 0.0002 to 1.</summary>
    public double Of(string term) =>
        Math.Clamp((_counts.GetValueOrDefault(term) + PriorCount) / (Entities + PriorEntities), 0.0002, 1);
}
