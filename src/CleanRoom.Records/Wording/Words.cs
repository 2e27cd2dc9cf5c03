using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;

namespace CleanRoom.Records.Wording;

/// <summary>
/// Sentences for people in one language, out of a text file that an assembly carries. English is complete; what another language lacks is said in English. Each file says
/// whether a speaker has reviewed it.
/// </summary>
public sealed class Words
{
    private const string English = "en";
    private const string ReviewLine = "reviewed by a speaker:";

    private readonly FrozenDictionary<string, string> _own;
    private readonly FrozenDictionary<string, string> _english;

    private Words(string language, string review, FrozenDictionary<string, string> own, FrozenDictionary<string, string> english)
    {
        (Language, Review, _own, _english) = (language, review, own, english);
    }

    /// <summary>Languages that ship, English first; ISO 639-1.</summary>
    public static IReadOnlyList<string> Languages { get; } = [English, "fr", "es", "pt", "th", "vi", "ar", "ru"];

    /// <summary>Words of the quality report in English.</summary>
    public static Words Default { get; } = Of(English);

    /// <summary>The language, ISO 639-1.</summary>
    public string Language { get; }

    /// <summary>What the file says of its review by a speaker: "no", or who did it.</summary>
    public string Review { get; }

    /// <summary>Whether the language is written from right to left.</summary>
    public bool IsRightToLeft => Language == "ar";

    /// <summary>Keys that the language has of its own.</summary>
    public IEnumerable<string> Keys => _own.Keys;

    /// <summary>Gives a sentence by its key.</summary>
    /// <exception cref="KeyNotFoundException">English has no such key either: a fault of the caller.</exception>
    public string this[string key] => Find(key) ?? throw new KeyNotFoundException($"There is no sentence '{key}'.");

    /// <summary>Gives the words of the quality report.</summary>
    /// <param name="language">One of <see cref="Languages"/>; anything else is English.</param>
    public static Words Of(string language) => Load(typeof(Words).Assembly, language);

    /// <summary>Gives the words that an assembly carries as resources <c>words/LANGUAGE.txt</c>.</summary>
    /// <param name="assembly">The assembly; it must carry English.</param>
    /// <param name="language">One of <see cref="Languages"/>; anything else is English.</param>
    /// <exception cref="FormatException">A file is not what this class writes about: a line without "=", a key twice, or no line about its review.</exception>
    public static Words Load(Assembly assembly, string language)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        var (_, english) = Read(assembly, English);
        var known = Languages.Contains(language, StringComparer.Ordinal) ? language : English;
        var (review, own) = Read(assembly, known);
        return new Words(known, review, own, english);
    }

    /// <summary>Gives the language of a locale's name such as <c>fr_CA.UTF-8</c>; English if none of ours.</summary>
    public static string LanguageOf(string? locale)
    {
        var name = (locale ?? "").Split('_', '-', '.', '@')[0];
        return Languages.FirstOrDefault(l => l.Equals(name, StringComparison.OrdinalIgnoreCase)) ?? English;
    }

    /// <summary>Gives a sentence, or null if there is none.</summary>
    public string? Find(string key) => _own.GetValueOrDefault(key) ?? _english.GetValueOrDefault(key);

    /// <summary>Gives the sentence that this language has of its own; else, and always in English, what the caller would say.</summary>
    public string Say(string key, string otherwise) => Language != English && _own.TryGetValue(key, out var sentence) ? sentence : otherwise;

    /// <summary>Gives a sentence with {0}, {1} ... filled in.</summary>
    public string Format(string key, params object?[] values) => string.Format(CultureInfo.InvariantCulture, this[key], values);

    private static (string Review, FrozenDictionary<string, string> Words) Read(Assembly assembly, string language)
    {
        using var stream = assembly.GetManifestResourceStream($"words/{language}.txt") ?? throw new InvalidOperationException($"{assembly.GetName().Name} carries no words/{language}.txt.");
        using var reader = new StreamReader(stream);
        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        string? review = null;
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith(ReviewLine, StringComparison.Ordinal))
            {
                review = line[ReviewLine.Length..].Trim();
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                var at = line.IndexOf(" = ", StringComparison.Ordinal);
                if (at < 1 || !words.TryAdd(line[..at].Trim(), line[(at + 3)..].Trim()))
                {
                    throw new FormatException($"words/{language}.txt: \"{line}\" is no \"KEY = sentence\", or its key stands there twice.");
                }
            }
        }
        return (review ?? throw new FormatException($"words/{language}.txt does not say whether a speaker has reviewed it."), words.ToFrozenDictionary(StringComparer.Ordinal));
    }
}
