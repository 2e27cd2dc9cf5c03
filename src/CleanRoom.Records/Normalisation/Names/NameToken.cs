using System.Collections.Immutable;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>What part a token plays in a name.</summary>
public enum NameTokenKind
{
    /// <summary>A name.</summary>
    Ordinary,

    /// <summary>A form of address or a middle name that half a country bears: says little, costs nothing when missing.</summary>
    Weak,

    /// <summary>One letter that stands for a name.</summary>
    Initial,
}

/// <summary>One token of a name, normalised once.</summary>
public sealed class NameToken
{
    /// <summary>The most characters kept of a token; the rest is cut off.</summary>
    public const int MaxLength = 40;

    internal NameToken(string text, NameScript script, NameTokenKind kind, IReadOnlyList<string> readings)
    {
        Text = text;
        Script = script;
        Kind = kind;
        Readings = [.. readings];
        Letters = [.. readings.Select(reading => LetterSet.Of(reading))];
        var first = readings.Count > 0 ? readings[0] : text;
        Sound = Sounds.Key(first);
        var skeletons = new List<string>(readings.Count);
        foreach (var reading in readings)
        {
            var skeleton = Skeleton.Fine(reading);
            if (!skeletons.Contains(skeleton))
            {
                skeletons.Add(skeleton);
            }
        }
        Skeletons = [.. skeletons];
        AllSounds = readings.Count <= 1 ? [Sound] : [.. readings.Select(r => Sounds.Key(r)).Distinct(StringComparer.Ordinal)];
        Coarse = Skeleton.Coarse(first);
        Lossy = NameScripts.IsLossy(script);
    }

    /// <summary>The folded token in its own script.</summary>
    public string Text { get; }

    /// <summary>Its script.</summary>
    public NameScript Script { get; }

    /// <summary>Its part in the name.</summary>
    public NameTokenKind Kind { get; }

    /// <summary>Readings in a-z0-9, the usual one first; at least one.</summary>
    public ImmutableArray<string> Readings { get; }

    /// <summary>For each reading the letters in it (<see cref="LetterSet"/>).</summary>
    public ImmutableArray<uint> Letters { get; }

    /// <summary>Spelling-free key of the first reading: the term that frequencies are counted of.</summary>
    public string Sound { get; }

    /// <summary>Spelling-free keys of all readings, without repeats.</summary>
    public ImmutableArray<string> AllSounds { get; }

    /// <summary>Fine skeletons of the readings, without repeats.</summary>
    public ImmutableArray<string> Skeletons { get; }

    /// <summary>Coarse skeleton of the first reading.</summary>
    public string Coarse { get; }

    /// <summary>True if the Latin reading loses sounds.</summary>
    public bool Lossy { get; }
}

/// <summary>One way to write a person's name: one script, honorifics dropped, order kept as written.</summary>
/// <param name="Tokens">1 to 8 tokens.</param>
/// <param name="Alias">True for nicknames and other names: they say less.</param>
public sealed record NameForm(IReadOnlyList<NameToken> Tokens, bool Alias)
{
    /// <summary>The most tokens kept of one name.</summary>
    public const int MaxTokens = 8;
}
