using CleanRoom.Records.Matching;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Normalisation;

/// <summary>Sites: country, locality and the words of name and address with building words brought together (DATA.md 1.4).</summary>
public static class Sites
{
    private static readonly Lazy<IReadOnlyList<(string Phrase, string Canonical)>> Synonyms = new(() =>
        [.. TableFile.Lines("normalisation/site_words.txt").SelectMany(l => l.Skip(1).Select(w => (Text.FoldWords(w), l[0])))
            .OrderByDescending(w => w.Item1.Length).ThenBy(w => w.Item1, StringComparer.Ordinal)]);

    /// <summary>The words of a site for comparison: synonyms brought together, filler and the locality itself dropped.</summary>
    public static IReadOnlyList<string> Tokens(string text)
    {
        var words = Text.FoldWords(text);
        foreach (var spelling in Gazetteer.FindIn(text).SelectMany(Gazetteer.Spellings).OrderByDescending(s => s.Length))
        {
            words = Replace(words, spelling, " ");
        }
        foreach (var (phrase, canonical) in Synonyms.Value)
        {
            words = Replace(words, phrase, canonical == "-" ? " " : $" {canonical} ");
        }
        return [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>The towns that an address names. A street or a house that is named after a town ("Hotel Paris, Marseille") is in another one, as a rule.</summary>
    public static IReadOnlyList<KnownPlace> Towns(string text)
    {
        var all = Gazetteer.FindIn(text);
        if (all.Count == 0)
        {
            return all;
        }
        var elsewhere = new List<KnownPlace>();
        var streets = false;
        var parts = text.Split([',', ';', '،', '、', '，', '\n', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < parts.Length; i++)
        {
            var part = parts[i];
            var words = Text.FoldWords(part);
            if (Synonyms.Value.Any(s => s.Canonical == "street" && s.Phrase.Length > 1 && Text.FindPhrase(words, s.Phrase) >= 0)
                || (i == 0 && parts.Length > 1 && IsNamedAfterTown(words, parts[1])))
            {
                streets = true;
                continue;
            }
            elsewhere.AddRange(Gazetteer.FindIn(part).Where(p => !elsewhere.Contains(p)));
        }
        // An address in one piece, as scripts without blanks write it, is read whole.
        return streets && text.AsSpan().IndexOfAny(",،、，") >= 0 ? elsewhere : all;
    }

    /// <summary>True for a word of a venue and the name of a town, and nothing else: the town is the venue's name, unless what follows is its province or country.</summary>
    private static bool IsNamedAfterTown(string words, string next) =>
        Countries.Find(next) is null && Synonyms.Value.Any(s => s.Canonical is not ("-" or "street" or "building") && words.StartsWith(s.Phrase + " ", StringComparison.Ordinal)
            && Gazetteer.Find(words[(s.Phrase.Length + 1)..]) is { } town && !Gazetteer.FindIn(next).Any(p => p.Country == town.Country && p.Admin1.Length > 0 && p.Admin1 == town.Admin1));

    /// <summary>Keys of a site: Probable at best, a spelling is no number.</summary>
    public static IReadOnlyList<MatchKey> Keys(Place place)
    {
        var text = place.Raw.Length > 0 ? place.Raw : $"{place.Name} {place.Address}";
        var tokens = Tokens(text);
        if (tokens.Count(t => t.Length > 1 && !t.All(char.IsAsciiDigit)) < 2)
        {
            return [];
        }
        var name = string.Join(' ', tokens.Order(StringComparer.Ordinal));
        var where = place.Locality.Length > 0 ? Text.FoldWords(place.Locality) : "?";
        return [new MatchKey($"site:{place.Country}:{where}:{name}", where == "?" ? KeyStrength.Possible : KeyStrength.Probable)];
    }

    private static string Replace(string words, string phrase, string by)
    {
        for (var at = Text.FindPhrase(words, phrase); at >= 0; at = Text.FindPhrase(words, phrase, at + by.Length))
        {
            words = words.Remove(at, phrase.Length).Insert(at, by);
        }
        return words;
    }
}
