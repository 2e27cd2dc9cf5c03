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

    /// <summary>Reads "C1 C2 C3 (guardian)": codes first, then nothing but who gave them.</summary>
    private static ConsentReading? CodesOfGuardian(string cell)
    {
        var match = CodesInFront().Match(cell);
        if (!match.Success || Codes(match.Groups[1].Value) is not { } codes)
        {
            return null;
        }
        var rest = Text.FoldWords(cell[match.Length..]);
        return Phrases.Value.Any(p => p.Meaning == "guardian" && p.Phrase == rest) ? codes with { Guardian = true } : null;
    }

    /// <summary>Reads free text.</summary>
    public static ConsentReading Read(string cell)
    {
        if (Codes(cell) is { } codes)
        {
            return codes;
        }
        if (CodesOfGuardian(cell) is { } substituted)
        {
            return substituted;
        }
        var granted = new HashSet<string>(StringComparer.Ordinal);
        var refused = new HashSet<string>(StringComparer.Ordinal);
        foreach (var clause in ClausePattern().Split(cell))
        {
            ReadClause(Meanings(WithoutParticles(Text.FoldWords(clause))), granted, refused);
        }
        bool all = granted.Contains("all"), police = granted.Contains("police"), anon = granted.Contains("anon"), stats = granted.Contains("stats");
        bool ngo = granted.Contains("ngo"), guardian = granted.Contains("guardian");
        if (!granted.Contains("grant") && !all && !(stats && refused.Count == 0))
        {
            // A bare "no" is an answer. What refuses one recipient says nothing of the others.
            return granted.Count == 0 && refused.Count > 0 && !refused.Any(IsObject) && !refused.Contains("guardian")
                ? new ConsentReading([], false, "")
                : new ConsentReading([], false, refused.Count > 0 ? "It says what is refused, not what is granted." : "Its words are not known.");
        }
        // Refusing anything while granting "all" leaves open what is left: ask. So does one object on both sides.
        if ((all && refused.Count > 0) || (police && !anon && refused.Contains("police")) || ((police || ngo || guardian) && refused.Contains("ngo")))
        {
            return new ConsentReading([], false, "It grants and refuses the same, or everything but something.");
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

    /// <summary>
    /// A clause with a word of refusal grants nothing, with one exception: it first grants something to somebody, and then refuses
    /// another, by a word that stands before what it refuses ("ok NGO no police").
    /// </summary>
    private static void ReadClause(List<string> meanings, HashSet<string> granted, HashSet<string> refused)
    {
        // "Only NGOs" answers the question of the column; only the police would still be told through others, so that is asked.
        if (meanings.Contains("only") && meanings.Contains("ngo") && !meanings.Contains("police") && !meanings.Contains("all"))
        {
            meanings.Insert(0, "grant");
        }
        var at = meanings.IndexOf("not");
        if (at < 0 && !meanings.Contains("notafter"))
        {
            granted.UnionWith(meanings);
            return;
        }
        var before = at < 0 ? [] : meanings.Take(at).ToArray();
        var behind = at < 0 ? [] : meanings.Skip(at + 1).ToArray();
        var parts = !meanings.Contains("notafter") && before.Contains("grant") && before.Any(IsObject)
            && behind.Any(IsObject) && !behind.Contains("grant") && !behind.Contains("not");
        if (parts)
        {
            granted.UnionWith(before);
        }
        refused.UnionWith(parts ? behind : meanings);
        _ = refused.Add("not");
    }

    private static bool IsObject(string meaning) => meaning is "ngo" or "police" or "all" or "anon" or "stats";

    /// <summary>Korean writes its particles at the end of the word.</summary>
    private static string WithoutParticles(string words)
    {
        if (!words.Any(c => c is >= '\uAC00' and <= '\uD7A3'))
        {
            return words;
        }
        var parts = words.Split(' ');
        for (var i = 0; i < parts.Length; i++)
        {
            foreach (var particle in (string[])["에게는", "에게도", "에게", "에는", "에도", "에서", "으로", "로", "에", "은", "는", "이", "가", "을", "를", "만", "도", "와", "과"])
            {
                if (parts[i].Length >= particle.Length + 2 && parts[i].EndsWith(particle, StringComparison.Ordinal))
                {
                    parts[i] = parts[i][..^particle.Length];
                    break;
                }
            }
        }
        return string.Join(' ', parts);
    }

    /// <summary>What the phrases of a clause mean, in reading order; longer phrases first, no letter read twice.</summary>
    private static List<string> Meanings(string words)
    {
        var found = new List<(int At, string Meaning)>();
        var taken = new bool[words.Length];
        foreach (var (phrase, meaning) in Phrases.Value)
        {
            for (var at = Text.FindPhrase(words, phrase); at >= 0; at = Text.FindPhrase(words, phrase, at + 1))
            {
                if (!taken.AsSpan(at, phrase.Length).Contains(true))
                {
                    taken.AsSpan(at, phrase.Length).Fill(true);
                    found.Add((at, meaning));
                }
            }
        }
        return [.. found.OrderBy(f => f.At).Select(f => f.Meaning)];
    }

    [GeneratedRegex(@"^[Cc]?([0-9])(?:_[A-Z_]+)?$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"^\s*((?:[Cc][0-9][\s;,|/+]*)+)", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex CodesInFront();

    [GeneratedRegex(@"[,;.!?()/\n،؛。，；、၊။፣፤።।]|\b(?:but|mais|pero|aber|но|лишь|nhưng)\b|แต่|ແຕ່|ប៉ុន្តែ|但|لكن|ولی|اما|ဒါပေမယ့်", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex ClausePattern();
}
