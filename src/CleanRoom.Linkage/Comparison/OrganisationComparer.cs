namespace CleanRoom.Linkage.Comparison;

/// <summary>Compares organisations by name, trade and country (DATA.md 1.4: licence and country, else name and country).</summary>
public static class OrganisationComparer
{
    /// <summary>A name whose words weigh less is one of many.</summary>
    private const double RareName = 5;

    /// <summary>Gives the strength at which two organisations agree by name; null if they do not. Equal numbers are not looked at here.</summary>
    public static (LinkStrength? Strength, double Weight) Compare(OrganisationForm first, OrganisationForm second, TermFrequencies frequencies)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var sameCountry = Meet(first.Countries, second.Countries);
        if (first.Countries.Count > 0 && second.Countries.Count > 0 && !sameCountry)
        {
            return (null, 0);
        }
        // Two licences of one country that differ: two firms, however alike their names.
        if (first.Numbers.Count > 0 && second.Numbers.Count > 0 && !Meet(first.Numbers, second.Numbers))
        {
            return (null, 0);
        }
        if (first.Words.Count == 0 || second.Words.Count == 0)
        {
            return (null, 0);
        }
        var (shared, weight) = SiteComparer.Shared(first.Words, second.Words, frequencies);
        var all = shared >= first.Words.Count && shared >= second.Words.Count;
        if (!all)
        {
            var some = shared >= 2 && (shared >= first.Words.Count || shared >= second.Words.Count);
            return some ? (LinkStrength.Possible, weight) : (null, 0);
        }
        var trades = first.Trades.Intersect(second.Trades, StringComparer.Ordinal).Count();
        if (trades == 0 && (first.Trades.Count > 0 || second.Trades.Count > 0))
        {
            // Two trades are two firms; where one says none, the name alone is not enough.
            return (LinkStrength.Possible, weight);
        }
        if (weight < RareName && shared < 2)
        {
            return (LinkStrength.Possible, weight);
        }
        return (sameCountry ? LinkStrength.Strong : LinkStrength.Probable, weight + (2 * trades));
    }
    // Few on either side.
    private static bool Meet(IReadOnlyList<string> first, IReadOnlyList<string> second)
    {
        for (var i = 0; i < first.Count; i++)
        {
            for (var j = 0; j < second.Count; j++)
            {
                if (string.Equals(first[i], second[j], StringComparison.Ordinal))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
