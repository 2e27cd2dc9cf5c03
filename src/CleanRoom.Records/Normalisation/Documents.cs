using System.Text.RegularExpressions;
using CleanRoom.Records.Matching;

namespace CleanRoom.Records.Normalisation;

/// <summary>A document number taken out of a cell.</summary>
/// <param name="Number">The number with its own punctuation.</param>
/// <param name="Type">documentType if the text or the column says so, else empty.</param>
/// <param name="Issuer">Issuing country if the text says so, else empty.</param>
/// <param name="Authenticity">documentAuthenticity if the text says so, else empty.</param>
public sealed record DocumentText(string Number, string Type, string Issuer, string Authenticity);

/// <summary>Identity and travel documents: type family, issuer and number (DATA.md 1.1 rules 7 and 8, 1.4).</summary>
public static partial class Documents
{
    private static readonly Lazy<IReadOnlyList<(string Phrase, string Type, string Issuer)>> TypeWords = new(() =>
        [.. TableFile.Lines("normalisation/document_words.txt")
            .SelectMany(l => l.Skip(2).Select(w => (Text.FoldWords(w), l[0], l[1])))
            .OrderByDescending(w => w.Item1.Length).ThenBy(w => w.Item1, StringComparer.Ordinal)]);

    private static readonly string[] FalseWords =
        ["false", "fake", "forged", "counterfeit", "faux", "fausse", "falso", "falsa", "gia", "ปลอม", "фальшивый", "поддельный", "مزور", "假", "palsu", "sahte"];

    /// <summary>Takes type words, issuer and remarks off a cell and leaves the number; null if no number is there.</summary>
    public static DocumentText? Read(string cell)
    {
        var text = Text.AsciiDigits(cell);
        var remark = RemarkPattern().Match(text);
        var authenticity = "";
        if (remark.Success)
        {
            var words = Text.FoldWords(remark.Value);
            authenticity = FalseWords.Any(w => Text.FindPhrase(words, w) >= 0) ? "Counterfeit" : "";
            text = text.Remove(remark.Index, remark.Length);
        }
        var folded = Text.FoldWords(text);
        var type = "";
        var issuer = "";
        foreach (var (phrase, phraseType, phraseIssuer) in TypeWords.Value)
        {
            if (Text.FindPhrase(folded, phrase) < 0)
            {
                continue;
            }
            (type, issuer) = (phraseType, phraseIssuer == "-" ? "" : phraseIssuer);
            text = RemoveWords(text, phrase);
            break;
        }
        var tokens = text.Split([' ', '\t', ':', '#', ','], StringSplitOptions.RemoveEmptyEntries).ToList();
        for (var i = tokens.Count - 1; i >= 0 && tokens.Count > 1; i--)
        {
            var bare = tokens[i].Trim('(', ')', '.');
            if (bare.Any(char.IsAsciiDigit))
            {
                continue;
            }
            // "C 7654321 FRA": a country stands last or alone; a single letter before the digits belongs to the number.
            if (bare.Length >= 2 && Countries.Find(bare) is { } country && (i == tokens.Count - 1 || bare.Length == 3))
            {
                issuer = issuer.Length == 0 ? country : issuer;
                tokens.RemoveAt(i);
            }
            else if (bare.Length > 3 || Text.ScriptOf(bare) is not "Latn")
            {
                tokens.RemoveAt(i);
            }
        }
        var number = string.Join(' ', tokens).Trim();
        var core = Text.Alphanumeric(number);
        return core.Length is >= 5 and <= 24 && core.Any(char.IsAsciiDigit) ? new DocumentText(number, type, issuer, authenticity) : null;
    }

    /// <summary>Normalises a number.</summary>
    /// <param name="number">The number, with or without punctuation.</param>
    /// <param name="type">documentType, or empty if neither column nor text says it.</param>
    /// <param name="issuer">Issuing country as written, or empty.</param>
    /// <param name="nationalities">Countries of citizenship or origin: who issues a document if nothing is written.</param>
    public static Normalised? Normalise(string number, string type, string issuer, IReadOnlyList<string> nationalities)
    {
        var core = Text.Alphanumeric(number);
        if (core.Length is < 5 or > 24 || !core.Any(char.IsAsciiDigit) || IsPlaceholder(core))
        {
            return null;
        }
        var issuers = issuer.Length > 0 ? [issuer] : nationalities.Count > 0 ? nationalities.Take(3).ToArray() : (string[])[""];
        var digitsOnly = core.All(char.IsAsciiDigit);
        var families = Families(type, digitsOnly);
        // Bare digits of which neither type nor issuer is written could be any card of any office (rule 7).
        var strength = issuers[0].Length == 0 || (digitsOnly && type.Length == 0 && issuer.Length == 0) ? KeyStrength.Possible : KeyStrength.Exact;
        var keys = new List<MatchKey>();
        foreach (var country in issuers)
        {
            keys.AddRange(families.Select(f => new MatchKey($"doc:{f}:{country}:{core}", strength)));
        }
        var foldedCore = FoldConfusables(core);
        foreach (var country in issuers.Where(c => c.Length > 0))
        {
            keys.AddRange(families.Select(f => new MatchKey($"doc:{f}:{country}:~{foldedCore}", KeyStrength.Possible)));
        }
        if (!digitsOnly)
        {
            keys.Add(new MatchKey($"doc:?:{core}", KeyStrength.Possible));
        }
        return new Normalised(keys, issuers[0].Length > 0 ? $"{issuers[0]} {core}" : core, issuers[0], true, strength == KeyStrength.Exact);
    }

    /// <summary>Passports, identity cards and unnamed documents with letters share a family: their series tell them apart.</summary>
    private static string[] Families(string type, bool digitsOnly) => type switch
    {
        "P" or "TD" => digitsOnly ? ["P"] : ["A"],
        "ID" or "CI" => digitsOnly ? ["ID"] : ["A"],
        "" => digitsOnly ? ["P", "ID"] : ["A"],
        _ => [type],
    };

    /// <summary>12345678 and 0000000, also behind letters that are all the same.</summary>
    private static bool IsPlaceholder(string core)
    {
        var letters = core.AsSpan(0, core.Length - core.AsSpan().TrimStart("ABCDEFGHIJKLMNOPQRSTUVWXYZ").Length);
        var digits = core.AsSpan(letters.Length);
        var allDigits = digits.IndexOfAnyExceptInRange('0', '9') < 0;
        return allDigits && ((letters.IsEmpty && Placeholders.IsNumber(digits)) || digits.IndexOfAnyExcept('0') < 0);
    }

    /// <summary>O and 0, I and 1 look alike in handwriting: a second key, never the first.</summary>
    internal static string FoldConfusables(string core) => core.Replace('O', '0').Replace('I', '1');

    private static string RemoveWords(string text, string phrase)
    {
        foreach (var word in phrase.Split(' '))
        {
            foreach (var token in TokenPattern().Matches(text).Select(m => m.Value).Distinct().ToArray())
            {
                if (Text.FoldWords(token) == word)
                {
                    text = Regex.Replace(text, $@"(?<!\w){Regex.Escape(token)}(?!\w)\.?", " ", RegexOptions.CultureInvariant, TimeSpan.FromMilliseconds(Patterns.Timeout));
                }
            }
        }
        return text;
    }

    [GeneratedRegex(@"\([^)]*\)", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex RemarkPattern();

    [GeneratedRegex(@"\w+", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex TokenPattern();
}
