namespace CleanRoom.Records;

/// <summary>What all patterns over cells have in common.</summary>
internal static class Patterns
{
    /// <summary>Longest that one match may take, in milliseconds: far more than any needs, also on a starved machine, and an end for one that hangs.</summary>
    public const int Timeout = 10_000;
}
