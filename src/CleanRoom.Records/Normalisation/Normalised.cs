using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>What a normaliser makes of one value.</summary>
/// <param name="Keys">Match keys, strongest first; never empty.</param>
/// <param name="Display">The normalised form for people.</param>
/// <param name="Country">Issuing or numbering country (alpha-3), or empty.</param>
/// <param name="Possible">The length and shape fit.</param>
/// <param name="Valid">A stricter rule holds too (a check digit, an explicit country).</param>
public sealed record Normalised(IReadOnlyList<MatchKey> Keys, string Display, string Country, bool Possible, bool Valid)
{
    /// <summary>The result of a check digit, or null where there is none.</summary>
    public bool? ChecksumOk { get; init; }

    /// <summary>A shortened value.</summary>
    public bool Truncated { get; init; }
}
