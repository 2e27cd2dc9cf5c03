using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>Compares sites, organisations and vessels by their words.</summary>
public static class SiteComparer
{
    /// <summary>Gives the strength and weight at which two sites agree; no strength if they do not.</summary>
    public static (LinkStrength? Strength, LinkEvidence Evidence, double Weight) Compare(SiteForm first, SiteForm second, TermFrequencies frequencies)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(frequencies);
        var none = ((LinkStrength?)null, LinkEvidence.None, 0.0);
        if (first.Household || second.Household || (first.Country.Length > 0 && second.Country.Length > 0 && first.Country != second.Country))
        {
            return none;
        }
        var bothNumbers = first.Numbers.Count > 0 && second.Numbers.Count > 0;
        var sameNumber = first.Numbers.Overlaps(second.Numbers);
        if (bothNumbers && !sameNumber)
        {
            return none;
        }
        // A town's name may stand among the other side's site words.
        var wordsA = Without(first.Words, second.Locality);
        var wordsB = Without(second.Words, first.Locality);
        var (shared, weight) = Shared(wordsA, wordsB, frequencies);
        if (shared == 0)
        {
            return none;
        }
        var towns = first.Locality.Count == 0 || second.Locality.Count == 0 ? 0 : Shared(first.Locality, second.Locality, frequencies).Count > 0 ? 1 : -1;
        if (towns < 0)
        {
            return none;
        }
        var sameKind = first.Kinds.Any(k => k is not ("building" or "street") && second.Kinds.Contains(k));
        var least = Math.Min(wordsA.Length, wordsB.Length);
        var covered = shared * 2 >= least;
        var evidence = LinkEvidence.Place | (sameNumber ? LinkEvidence.HouseNumber : 0);
        if (shared >= 2 && covered && (sameNumber || sameKind))
        {
            return (LinkStrength.Strong, evidence, weight + (sameNumber ? 4 : 0));
        }
        if (shared >= 1 && covered && sameNumber && sameKind && towns > 0)
        {
            return (LinkStrength.Probable, evidence, weight + 4);
        }
        return shared >= 2 && covered ? (LinkStrength.Possible, evidence, weight) : none;
    }

    /// <summary>Counts the words that both have, and their weight in bits; words that one side writes together count as written apart.</summary>
    public static (int Count, double Weight) Shared(IReadOnlyList<NameToken> first, IReadOnlyList<NameToken> second, TermFrequencies frequencies)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(frequencies);
        var used = new HashSet<int>();
        var count = 0;
        var weight = 0.0;
        foreach (var a in first)
        {
            for (var j = 0; j < second.Count; j++)
            {
                var level = used.Contains(j) ? TokenAgreement.None : TokenComparer.Compare(a, second[j]);
                if (level is TokenAgreement.None or TokenAgreement.Initial)
                {
                    continue;
                }
                _ = used.Add(j);
                count++;
                weight -= Math.Log2(Math.Max(frequencies.Of(a.Sound), frequencies.Of(second[j].Sound))) * (level >= TokenAgreement.Close ? 1 : 0.6);
                break;
            }
        }
        // One side writes together what the other writes apart.
        for (var pass = 0; pass < 2; pass++)
        {
            var (apart, whole) = pass == 0 ? (first, second) : (second, first);
            for (var i = 0; i + 1 < apart.Count; i++)
            {
                var text = apart[i].Readings[0] + apart[i + 1].Readings[0];
                for (var j = 0; j < whole.Count && text.Length >= 5; j++)
                {
                    if ((pass == 0 && used.Contains(j)) || !whole[j].Readings.Any(r => Sounds.Key(r) == Sounds.Key(text) || JaroWinkler.Similarity(r, text) >= 0.94))
                    {
                        continue;
                    }
                    _ = pass == 0 && used.Add(j);
                    count += 2;
                    weight += 8;
                    break;
                }
            }
        }
        if (count == 0)
        {
            var joinedA = string.Concat(first.Select(w => w.Readings[0]));
            var joinedB = string.Concat(second.Select(w => w.Readings[0]));
            if (joinedA.Length >= 6 && joinedB.Length >= 6 && JaroWinkler.Similarity(joinedA, joinedB) >= 0.92)
            {
                return (Math.Min(first.Count, second.Count), 8);
            }
        }
        return (count, weight);
    }

    private static NameToken[] Without(IReadOnlyList<NameToken> words, IReadOnlyList<NameToken> locality)
    {
        // "Sihanouk Ville" is the town of the other side's "Sihanoukville".
        var town = string.Concat(locality.Select(l => l.Readings[0]));
        return [.. words.Where(w => !locality.Any(l => TokenComparer.Compare(l, w) >= TokenAgreement.Near)
            && !(w.Readings[0].Length >= 4 && town.Contains(w.Readings[0], StringComparison.Ordinal)))];
    }
}
