using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>How far two tokens agree, from nothing to the same letters.</summary>
public enum TokenAgreement
{
    /// <summary>Nothing to speak of.</summary>
    None,

    /// <summary>One is the other's first letter.</summary>
    Initial,

    /// <summary>Equal consonants, read through a script that loses sounds or with like vowels.</summary>
    Skeleton,

    /// <summary>Jaro–Winkler at least .88.</summary>
    Near,

    /// <summary>A short form, pet name or the same given name of another language; told of persons' names only, by <see cref="NameComparer"/>.</summary>
    Variant,

    /// <summary>Jaro–Winkler at least .92.</summary>
    Close,

    /// <summary>The same reading but for spelling.</summary>
    Sound,

    /// <summary>The same letters.</summary>
    Exact,
}

/// <summary>Compares name tokens across scripts (levels of LINKAGE.md 6.3).</summary>
public static class TokenComparer
{
    /// <summary>Gives the best level over all readings.</summary>
    public static TokenAgreement Compare(NameToken first, NameToken second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (string.Equals(first.Text, second.Text, StringComparison.Ordinal))
        {
            return TokenAgreement.Exact;
        }
        if (first.Kind == NameTokenKind.Initial || second.Kind == NameTokenKind.Initial)
        {
            return first.Readings[0][0] == second.Readings[0][0] ? TokenAgreement.Initial : TokenAgreement.None;
        }
        var sameScript = first.Script == second.Script;
        var lossy = !sameScript && (first.Lossy || second.Lossy);

        // No rule asks for less. With several readings the shortest of those that came closer and closer counts, so all are looked at.
        var least = first.Readings.Length == 1 && second.Readings.Length == 1 ? lossy ? 0.5 : 0.75 : 0;
        var best = 0.0;
        var shortest = int.MaxValue;
        for (var i = 0; i < first.Readings.Length; i++)
        {
            for (var j = 0; j < second.Readings.Length; j++)
            {
                var (a, b) = (first.Readings[i], second.Readings[j]);
                // An early bound: without a common first sound and with very different lengths nothing here can agree.
                if (a.Length > (2 * b.Length) + 2 || b.Length > (2 * a.Length) + 2 || !JaroWinkler.MayReach(a.Length, first.Letters[i], b.Length, second.Letters[j], least))
                {
                    continue;
                }
                var similarity = JaroWinkler.Similarity(a, b);
                if (similarity > best)
                {
                    best = similarity;
                    shortest = Math.Min(a.Length, b.Length);
                }
            }
        }
        if (best == 1 || SoundsMeet(first, second))
        {
            return TokenAgreement.Sound;
        }
        // One edit in three letters is another name.
        if (shortest >= 4)
        {
            if (best >= 0.92)
            {
                return TokenAgreement.Close;
            }
            if (best >= 0.88)
            {
                return TokenAgreement.Near;
            }
        }
        // Within one script a vowel makes another name of a short one: Hung and Hang, Mina and Mona.
        if (best >= (lossy ? 0.5 : 0.75) && (!sameScript || shortest >= 5) && SkeletonsMeet(first, second, lossy ? 2 : 3))
        {
            return TokenAgreement.Skeleton;
        }
        return lossy && best >= 0.7 && first.Coarse.Length >= 2 && string.Equals(first.Coarse, second.Coarse, StringComparison.Ordinal)
            ? TokenAgreement.Skeleton
            : TokenAgreement.None;
    }

    private static bool SoundsMeet(NameToken first, NameToken second)
    {
        foreach (var a in first.AllSounds)
        {
            foreach (var b in second.AllSounds)
            {
                if (string.Equals(a, b, StringComparison.Ordinal))
                {
                    return true;
                }
            }
        }
        return false;
    }

    private static bool SkeletonsMeet(NameToken first, NameToken second, int minLength)
    {
        foreach (var a in first.Skeletons)
        {
            foreach (var b in second.Skeletons)
            {
                if (a.Length >= minLength && string.Equals(a, b, StringComparison.Ordinal))
                {
                    return true;
                }
            }
        }
        return false;
    }
}
