using System.Collections.Frozen;
using System.Text.Json;
using CleanRoom.Records.Lists;

namespace CleanRoom.Records.Normalisation;

/// <summary>Countries from codes, names in about fifty languages and nationality words.</summary>
public static class Countries
{
    private static readonly Lazy<Tables> Data = new(Load);

    /// <summary>Gives the alpha-3 (or ICAO) code of a cell that holds nothing but a country, or null.</summary>
    /// <remarks><c>00</c>, <c>-99</c> and unknown words give null: not known is no country.</remarks>
    public static string? Find(string cell)
    {
        var trimmed = cell.Trim().Trim('.', ';', ',');
        if (trimmed.Length is 0 or > 60)
        {
            return null;
        }
        var upper = trimmed.ToUpperInvariant();
        if (upper.Length == 2 && Data.Value.ByAlpha2.TryGetValue(upper, out var code))
        {
            return code;
        }
        if (upper.Length == 3 && CodeLists.Get("country").Find(upper) is { Code: not "XXX" } known)
        {
            return known.Code;
        }
        var folded = Text.FoldWords(trimmed);
        // "Country of ..." written in one word with the name.
        return ByName(folded.StartsWith("ประเทศ", StringComparison.Ordinal) ? folded["ประเทศ".Length..] : folded);
    }

    /// <summary>Looks a folded name up; nationality words also in their other gender or number.</summary>
    private static string? ByName(string folded)
    {
        if (Data.Value.ByName.TryGetValue(folded, out var code) || folded.Length < 5)
        {
            return code;
        }
        var stem = folded[..^1];
        return folded[^1] switch
        {
            'e' or 's' or 'n' => Data.Value.ByName.GetValueOrDefault(stem) ?? (folded.EndsWith("ne", StringComparison.Ordinal) ? Data.Value.ByName.GetValueOrDefault(folded[..^2]) : null),
            'a' => Data.Value.ByName.GetValueOrDefault(stem + "o") ?? Data.Value.ByName.GetValueOrDefault(stem),
            'o' => Data.Value.ByName.GetValueOrDefault(stem + "a"),
            _ => null,
        };
    }

    /// <summary>Gives the countries that a free text names, in order of appearance, each once. Two-letter codes count only in capitals.</summary>
    public static IReadOnlyList<string> FindIn(string text)
    {
        var found = new List<(int At, int Length, string Code)>();
        var words = Text.FoldWords(text);
        if (words.Length == 0)
        {
            return [];
        }
        foreach (var (start, length) in WordRuns(words))
        {
            if (Data.Value.ByName.TryGetValue(words.Substring(start, length), out var code) && IsWritten(text, words.AsSpan(start, length)))
            {
                found.Add((start, length, code));
            }
        }
        if (words.Any(Text.IsUnspaced))
        {
            foreach (var (name, code) in Data.Value.Unspaced)
            {
                var at = Text.FindPhrase(words, name);
                if (at >= 0 && IsPart(words, name))
                {
                    found.Add((at, name.Length, code));
                }
            }
        }
        var upperCodes = 0;
        var tokens = Text.AsciiDigits(text).Split([' ', ',', ';', '(', ')', '/', '-', '.'], StringSplitOptions.RemoveEmptyEntries);
        // In a text that is written in capitals throughout, "IN" and "NO" are words; a country's code stands last there.
        var shouted = tokens.Length > 2 && !text.Any(c => char.IsLower(c) || (c > 127 && char.IsLetter(c)));
        foreach (var token in shouted ? tokens[^1..] : tokens)
        {
            if (token.Length == 2 && token.All(char.IsAsciiLetterUpper) && Data.Value.ByAlpha2.TryGetValue(token, out var code2))
            {
                found.Add((10_000 + upperCodes++, 1, code2));
            }
            else if (token.Length == 3 && token.All(char.IsAsciiLetterUpper) && CodeLists.Get("country").Find(token) is { Code: not "XXX" } known)
            {
                found.Add((10_000 + upperCodes++, 1, known.Code));
            }
        }
        // A longer name swallows a shorter one inside it ("south africa" is not "africa").
        var result = new List<string>();
        foreach (var item in found.OrderBy(f => f.At).ThenByDescending(f => f.Length))
        {
            if (!found.Any(o => o.At <= item.At && o.At + o.Length >= item.At + item.Length && o.Length > item.Length) && !result.Contains(item.Code))
            {
                result.Add(item.Code);
            }
        }
        return result;
    }

    /// <summary>Gives the countries that a text names by their names; codes and nationality words do not count, they may be parts of other names.</summary>
    public static IReadOnlyList<string> FindNames(string text)
    {
        var words = Text.FoldWords(text);
        var found = new List<string>();
        foreach (var (start, length) in WordRuns(words))
        {
            var run = words.Substring(start, length);
            if (Data.Value.ByName.TryGetValue(run, out var code) && !Data.Value.Nationalities.Contains(run) && !found.Contains(code) && IsWritten(text, run))
            {
                found.Add(code);
            }
        }
        if (words.Any(Text.IsUnspaced))
        {
            found.AddRange(Data.Value.Unspaced.Where(u => !Data.Value.Nationalities.Contains(u.Name) && !found.Contains(u.Code) && IsPart(words, u.Name)).Select(u => u.Code).Distinct());
        }
        return found;
    }

    /// <summary>Latin names of up to three letters are words of other languages as well ("lao", "cad"): in a text they count in capitals only.</summary>
    private static bool IsWritten(string text, ReadOnlySpan<char> run)
    {
        var letters = 0;
        foreach (var c in run)
        {
            letters += c == ' ' ? 0 : c is >= 'a' and <= 'z' ? 1 : 4;
        }
        if (letters > 3)
        {
            return true;
        }
        if (run.Contains(' '))
        {
            // "S.A.S." holds an "A.S".
            return false;
        }
        var upper = run.ToString().ToUpperInvariant();
        return Text.FindPhrase(text.Replace('.', ' ').Replace(',', ' ').Replace('(', ' ').Replace(')', ' '), upper) >= 0;
    }

    /// <summary>A name of three signs and fewer may be a syllable of another word where no blanks are written.</summary>
    private static bool IsPart(string words, string name)
    {
        var at = Text.FindPhrase(words, name);
        return at >= 0 && (name.Length > 3 || Text.ScriptOf(name[0]) == "Hani" || ((at == 0 || words[at - 1] == ' ') && (at + name.Length == words.Length || words[at + name.Length] == ' ')));
    }

    /// <summary>Takes the names of countries out of folded words.</summary>
    internal static string WithoutNames(string words, IReadOnlyCollection<string> codes)
    {
        foreach (var (start, length) in WordRuns(words).OrderByDescending(r => r.Length).ThenBy(r => r.Start))
        {
            if (start + length <= words.Length && Data.Value.ByName.TryGetValue(words.Substring(start, length), out var code) && codes.Contains(code))
            {
                return WithoutNames(Text.FoldWords(words.Remove(start, length).Insert(start, " ")), codes);
            }
        }
        return words;
    }

    /// <summary>Gives the two-letter code of a country, or null.</summary>
    public static string? Alpha2(string code) => CodeLists.Get("country").Find(code)?.Alpha2;

    /// <summary>Runs of one to five words, as (start, length) in <paramref name="words"/>.</summary>
    internal static IEnumerable<(int Start, int Length)> WordRuns(string words, int most = 5)
    {
        var starts = new List<int> { 0 };
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == ' ')
            {
                starts.Add(i + 1);
            }
        }
        starts.Add(words.Length + 1);
        for (var first = 0; first < starts.Count - 1; first++)
        {
            for (var count = 1; count <= most && first + count < starts.Count; count++)
            {
                yield return (starts[first], starts[first + count] - 1 - starts[first]);
            }
        }
    }

    private static Tables Load()
    {
        var byAlpha2 = new Dictionary<string, string>(StringComparer.Ordinal);
        var byName = new Dictionary<string, string>(StringComparer.Ordinal);
        using (var stream = EmbeddedData.Open("normalisation/countries.json"))
        using (var document = JsonDocument.Parse(stream))
        {
            foreach (var country in document.RootElement.GetProperty("countries").EnumerateArray())
            {
                var code = country.GetProperty("code").GetString()!;
                byAlpha2[country.GetProperty("alpha2").GetString()!] = code;
                foreach (var name in country.GetProperty("names").EnumerateArray())
                {
                    var folded = Text.FoldWords(name.GetString()!);
                    if (folded.Length > 1)
                    {
                        byName.TryAdd(folded, code);
                    }
                }
            }
        }
        var nationalities = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in TableFile.Lines("normalisation/demonyms.txt"))
        {
            foreach (var word in line.Skip(1).Select(Text.FoldWords).Where(w => w.Length > 1))
            {
                if (byName.TryAdd(word, line[0]))
                {
                    _ = nationalities.Add(word);
                }
            }
        }
        byAlpha2["UK"] = "GBR";
        byAlpha2["EL"] = "GRC";
        var unspaced = byName.Where(p => p.Key.Length >= 3 && Text.IsUnspaced(p.Key[0]) || p.Key.Length >= 2 && Text.ScriptOf(p.Key[0]) == "Hani")
            .Select(p => (p.Key, p.Value)).OrderBy(p => p.Key, StringComparer.Ordinal).ToArray();
        return new Tables(byAlpha2.ToFrozenDictionary(StringComparer.Ordinal), byName.ToFrozenDictionary(StringComparer.Ordinal), nationalities.ToFrozenSet(StringComparer.Ordinal), unspaced);
    }

    private sealed record Tables(
        FrozenDictionary<string, string> ByAlpha2, FrozenDictionary<string, string> ByName, FrozenSet<string> Nationalities, IReadOnlyList<(string Name, string Code)> Unspaced);
}
