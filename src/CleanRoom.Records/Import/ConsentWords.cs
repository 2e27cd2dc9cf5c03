using System.Text.RegularExpressions;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>What a consent cell grants.</summary>
/// <param name="Purposes">Full purpose codes.</param>
/// <param name="Guardian">True if a guardian gave it.</param>
/// <param name="Question">What the importer must ask, or empty.</param>
internal sealed record ConsentReading(IReadOnlyList<string> Purposes, bool Guardian, string Question);

/// <summary>Reads consent cells: purpose codes, or words in many languages. What only refuses grants nothing (DATA.md 4.1).</summary>
internal static partial class ConsentWords
{
    private static readonly Lazy<IReadOnlyList<(string Phrase, string Meaning)>> Phrases = new(() =>
        [.. TableFile.Lines("profiles/consent_words.txt").SelectMany(l => l.Skip(1).Select(w => (Text.FoldWords(w), l[0])))
            .OrderByDescending(p => p.Item1.Length).ThenBy(p => p.Item1, StringComparer.Ordinal)]);

    /// <summary>Reads "C1;C2", "1,2,3" and full codes; null if the cell is not made of codes.</summary>
    public static ConsentReading? Codes(string cell)
    {
        var purposes = new List<string>();
        foreach (var token in Text.AsciiDigits(cell).Split([';', ',', '|', ' ', '/', '+'], StringSplitOptions.RemoveEmptyEntries))
        {
            var match = CodePattern().Match(token);
            var code = match.Success ? CodeLists.Get("consentPurpose").Values.FirstOrDefault(v => v.Code.StartsWith("C" + match.Groups[1].Value + "_", StringComparison.Ordinal))?.Code : null;
            if (code is null || (token.Contains('_', StringComparison.Ordinal) && token != code))
            {
                return null;
            }
            purposes.Add(code);
        }
        return purposes.Count == 0 ? null : new ConsentReading([.. purposes.Distinct().Order(StringComparer.Ordinal)], false, "");
    }

    /// <summary>Reads free text.</summary>
    public static ConsentReading Read(string cell)
    {
        if (Codes(cell) is { } codes)
        {
            return codes;
        }
        bool granted = false, refused = false, all = false, ngo = false, police = false, anon = false, stats = false, guardian = false;
        foreach (var clause in ClausePattern().Split(cell))
        {
            var meanings = Meanings(Text.FoldWords(clause));
            if (meanings.Contains("not"))
            {
                refused = true;
                continue;
            }
            granted |= meanings.Contains("grant") || meanings.Contains("all");
            all |= meanings.Contains("all");
            ngo |= meanings.Contains("ngo");
            police |= meanings.Contains("police");
            anon |= meanings.Contains("anon");
            stats |= meanings.Contains("stats");
            guardian |= meanings.Contains("guardian");
        }
        if (!granted && !(stats && !refused))
        {
            return new ConsentReading([], false, refused ? "It says what is refused, not what is granted." : "Its words are not known.");
        }
        // Refusing anything while granting "all" leaves open what is left: ask.
        if (all && refused)
        {
            return new ConsentReading([], false, "It grants everything and refuses something.");
        }
        string[] purposes = (all, police, anon, ngo || guardian, stats) switch
        {
            (true, _, false, _, _) or (_, true, false, _, _) => ["C1_AGGREGATE", "C2_BLIND_MATCH", "C3_TELL_NGO", "C5_LE_NONIDENT", "C6_LE_IDENT"],
            (true, _, true, _, _) or (_, true, true, _, _) => ["C1_AGGREGATE", "C2_BLIND_MATCH", "C3_TELL_NGO", "C5_LE_NONIDENT"],
            (_, _, _, true, _) => ["C1_AGGREGATE", "C2_BLIND_MATCH", "C3_TELL_NGO"],
            (_, _, _, _, true) => ["C1_AGGREGATE"],
            _ => [],
        };
        return new ConsentReading(purposes, guardian, purposes.Length == 0 ? "It agrees without saying to whom." : "");
    }

    private static HashSet<string> Meanings(string words)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        var taken = new bool[words.Length];
        foreach (var (phrase, meaning) in Phrases.Value)
        {
            for (var at = Text.FindPhrase(words, phrase); at >= 0; at = Text.FindPhrase(words, phrase, at + 1))
            {
                if (!taken.AsSpan(at, phrase.Length).Contains(true))
                {
                    taken.AsSpan(at, phrase.Length).Fill(true);
                    found.Add(meaning);
                }
            }
        }
        return found;
    }

    [GeneratedRegex(@"^[Cc]?([0-9])(?:_[A-Z_]+)?$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"[,;.!?()/\n،؛。，；]|\b(?:but|mais|pero|aber|но|лишь|nhưng)\b|แต่|ប៉ុន្តែ|但|لكن", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex ClausePattern();
}
