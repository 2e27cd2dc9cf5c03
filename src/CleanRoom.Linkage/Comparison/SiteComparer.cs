using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>Compares sites, organisations and vessels by their words.</summary>
public static class SiteComparer
{
    private static readonly ReadAlike Alike = new(Least: 0.94, LeastLossy: 0.7, LeastConsonants: 3);

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
        var townA = first.Locality.Count > 0 ? first.Locality : first.Guessed;
        var townB = second.Locality.Count > 0 ? second.Locality : second.Guessed;
        var nameA = Without(first.Words, townB);
        var nameB = Without(second.Words, townA);
        NameToken[] wordsA = [.. nameA.Concat(first.Street)];
        NameToken[] wordsB = [.. nameB.Concat(second.Street)];
        var (shared, weight) = Shared(wordsA, wordsB, frequencies);
        if (shared == 0)
        {
            return none;
        }
        var towns = townA.Count == 0 || townB.Count == 0 ? 0 : Shared(townA, townB, frequencies).Count > 0 ? 1 : first.Locality.Count > 0 && second.Locality.Count > 0 ? -1 : 0;
        if (towns < 0)
        {
            return none;
        }
        // Two names on one street are two sites. Where one side marks no street, its words may be the street's.
        var names = Shared(nameA, nameB, frequencies).Count;
        var crossed = (first.Street.Count == 0 && Shared(nameA, second.Street, frequencies).Count > 0) || (second.Street.Count == 0 && Shared(nameB, first.Street, frequencies).Count > 0);
        if (nameA.Length > 0 && nameB.Length > 0 && names == 0 && !crossed)
        {
            return none;
        }
        var sameStreet = first.Street.Count > 0 && second.Street.Count > 0 ? Shared(first.Street, second.Street, frequencies).Count > 0 ? 1 : -1 : 0;
        var sameKind = first.Kinds.Any(k => k is not ("building" or "street") && second.Kinds.Contains(k));
        var least = Math.Min(wordsA.Length, wordsB.Length);
        var covered = shared * 2 >= least;
        var evidence = LinkEvidence.Place | (sameNumber ? LinkEvidence.HouseNumber : 0);
        if (sameStreet < 0 && (!sameNumber || Comparable(first.Street, second.Street)))
        {
            // A chain has one name on many streets. A street that was not recognised across scripts is no other street.
            return shared >= 2 && covered ? (LinkStrength.Possible, evidence, weight) : none;
        }
        if (shared >= 2 && covered && (sameNumber || sameKind))
        {
            return (LinkStrength.Strong, evidence, weight + (sameNumber ? 4 : 0));
        }
        if (shared >= 1 && covered && sameNumber && towns > 0 && (sameKind || (names > 0 && sameStreet >= 0)))
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
        var usedFirst = new bool[first.Count];
        var usedSecond = new bool[second.Count];
        var count = 0;
        var weight = 0.0;
        // The best agreement takes its words first, whatever the order they stand in.
        count += Aligned(first, usedFirst, second, usedSecond, TokenAgreement.Exact, TokenAgreement.Close, frequencies, ref weight);
        // One side writes together what the other writes apart; each word counts once.
        count += Joined(first, usedFirst, second, usedSecond, ref weight);
        count += Joined(second, usedSecond, first, usedFirst, ref weight);
        count += Aligned(first, usedFirst, second, usedSecond, TokenAgreement.Near, TokenAgreement.Skeleton, frequencies, ref weight);
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

    private static bool Comparable(IReadOnlyList<NameToken> first, IReadOnlyList<NameToken> second) =>
        first.Any(a => second.Any(b => a.Script == b.Script || (!a.Lossy && !b.Lossy)));

    private static int Aligned(
        IReadOnlyList<NameToken> first, bool[] usedFirst, IReadOnlyList<NameToken> second, bool[] usedSecond, TokenAgreement from, TokenAgreement to, TermFrequencies frequencies, ref double weight)
    {
        var count = 0;
        for (var level = from; level >= to; level--)
        {
            for (var i = 0; i < first.Count; i++)
            {
                for (var j = 0; j < second.Count && !usedFirst[i]; j++)
                {
                    if (usedSecond[j] || TokenComparer.Compare(first[i], second[j]) != level)
                    {
                        continue;
                    }
                    usedFirst[i] = usedSecond[j] = true;
                    count++;
                    weight -= Math.Log2(Math.Max(frequencies.Of(first[i].Sound), frequencies.Of(second[j].Sound))) * (level >= TokenAgreement.Close ? 1 : 0.6);
                }
            }
        }
        return count;
    }

    private static int Joined(IReadOnlyList<NameToken> apart, bool[] usedApart, IReadOnlyList<NameToken> whole, bool[] usedWhole, ref double weight)
    {
        var count = 0;
        for (var i = 0; i + 1 < apart.Count; i++)
        {
            var text = apart[i].Readings[0] + apart[i + 1].Readings[0];
            for (var j = 0; j < whole.Count && text.Length >= 5 && !usedApart[i] && !usedApart[i + 1]; j++)
            {
                if (usedWhole[j] || !whole[j].Readings.Any(reading => Alike.Meet(reading, text, whole[j].Lossy)))
                {
                    continue;
                }
                usedApart[i] = usedApart[i + 1] = usedWhole[j] = true;
                count += 2;
                weight += 8;
            }
        }
        return count;
    }

    private static NameToken[] Without(IReadOnlyList<NameToken> words, IReadOnlyList<NameToken> locality)
    {
        // "Sihanouk Ville" is the town of the other side's "Sihanoukville".
        var town = string.Concat(locality.Select(l => l.Readings[0]));
        return [.. words.Where(w => !locality.Any(l => TokenComparer.Compare(l, w) >= TokenAgreement.Near)
            && !(w.Readings[0].Length >= 4 && town.Contains(w.Readings[0], StringComparison.Ordinal)))];
    }
}
