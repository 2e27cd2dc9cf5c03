using System.Numerics;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Which letters a Latin reading has, as bits: a quick way to see that two readings cannot be alike. Letters whose codes are alike in five bits count as one.</summary>
public static class LetterSet
{
    /// <summary>Letters that stand in a sound key (<see cref="Sounds"/>) exactly if they stand in the reading, voiced or not.</summary>
    private static readonly uint Kept = Of("almn");

    /// <summary>The letters of a reading.</summary>
    public static uint Of(ReadOnlySpan<char> reading)
    {
        var letters = 0u;
        foreach (var c in reading)
        {
            letters |= 1u << (c & 31);
        }
        return letters;
    }

    /// <summary>How many letters one set has that the other lacks: as many letters of the reading, at least, have no partner.</summary>
    public static int Lacking(uint letters, uint other) => BitOperations.PopCount(letters & ~other);

    /// <summary>Whether two readings may have one sound key; false only if they have not.</summary>
    public static bool SoundsMayMeet(uint first, uint second) => ((first ^ second) & Kept) == 0;
}
