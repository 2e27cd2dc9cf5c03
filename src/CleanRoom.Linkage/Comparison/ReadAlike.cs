using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Comparison;

/// <summary>When two Latin readings of a whole text are the same but for spelling: by sound, by their letters, or by their consonants where a script loses sounds.</summary>
/// <param name="Least">Jaro–Winkler from which letters alone are enough.</param>
/// <param name="LeastLossy">Jaro–Winkler from which equal consonants are enough.</param>
/// <param name="LeastConsonants">How many consonants that takes.</param>
/// <param name="Unvoiced">Whether a first sound may be voiced or not (<see cref="Sounds.Meet"/>).</param>
internal readonly record struct ReadAlike(double Least, double LeastLossy, int LeastConsonants, bool Unvoiced = false)
{
    /// <summary>Compares two readings.</summary>
    /// <param name="first">A reading.</param>
    /// <param name="second">The other one.</param>
    /// <param name="lossy">Whether one of them was read from a script that loses sounds.</param>
    public bool Meet(ReadOnlySpan<char> first, ReadOnlySpan<char> second, bool lossy) =>
        Sounds.Meet(first, second, Unvoiced) || JaroWinkler.Reaches(first, second, Least) || (lossy && JaroWinkler.Reaches(first, second, LeastLossy) && ConsonantsMeet(first, second));

    /// <summary>Whether two readings may meet; false only if they do not.</summary>
    /// <param name="lengthOfFirst">Letters of a reading.</param>
    /// <param name="first">Its <see cref="LetterSet"/>.</param>
    /// <param name="lengthOfSecond">Letters of the other one.</param>
    /// <param name="second">Its set.</param>
    /// <param name="lossy">Whether one of them was read from a script that loses sounds.</param>
    public bool MayMeet(int lengthOfFirst, uint first, int lengthOfSecond, uint second, bool lossy) =>
        LetterSet.SoundsMayMeet(first, second) || JaroWinkler.MayReach(lengthOfFirst, first, lengthOfSecond, second, lossy ? LeastLossy : Least);

    private bool ConsonantsMeet(ReadOnlySpan<char> first, ReadOnlySpan<char> second)
    {
        var skeleton = Skeleton.Fine(first);
        return skeleton.Length >= LeastConsonants && Skeleton.Fine(second) == skeleton;
    }
}
