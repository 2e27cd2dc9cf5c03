using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace CleanRoom.Records.Normalisation;

/// <summary>Text folding from our own tables and the runtime's built-in character data: the same bytes with and without ICU.</summary>
public static class Text
{
    /// <summary>Base letters of precomposed Latin letters; pairs of "base: letters".</summary>
    private const string LatinTable =
        "a:àáâãäåāăąǎǟǻạảấầẩẫậắằẳẵặ b:ḃƀ c:çćĉċčƈ d:ďđḋḍḏɗ e:èéêëēĕėęěẹẻẽếềểễệ f:ḟƒ g:ĝğġģǧǥ h:ĥħḥḫ i:ìíîïĩīĭįıịỉǐ j:ĵ k:ķǩƙḳ " +
        "l:ĺļľŀłḷ m:ṁṃ n:ñńņňŉŋṅṇ o:òóôõöøōŏőơọỏốồổỗộớờởỡợǒ p:ṗ q:ʠ r:ŕŗřṙṛ s:śŝşšșṡṣ t:ţťŧțṫṭ u:ùúûüũūŭůűųưụủứừửữựǔ " +
        "v:ṽ w:ŵẁẃẅ x:ẋ y:ýÿŷỳỵỷỹ z:źżžẑẓ";

    private static readonly FrozenDictionary<char, char> Latin = LoadLatin();

    /// <summary>Decimal digits of every script become ASCII digits; full-width forms become ASCII; everything else stays.</summary>
    public static string AsciiDigits(string text)
    {
        var changed = false;
        foreach (var c in text)
        {
            if (c > 127 && (char.IsDigit(c) || IsFullWidth(c) || c is '\u3000' or '\u00A0' or '\u202F'))
            {
                changed = true;
                break;
            }
        }
        if (!changed)
        {
            return text;
        }
        var builder = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            var digit = c > 127 && char.IsDigit(c) ? CharUnicodeInfo.GetDecimalDigitValue(c) : -1;
            builder.Append(digit >= 0 ? (char)('0' + digit)
                : IsFullWidth(c) ? (char)(c - 0xFEE0)
                : c is '\u3000' or '\u00A0' or '\u202F' ? ' '
                : c);
        }
        return builder.ToString();
    }

    /// <summary>Folds for comparison: ASCII digits, lower case, Latin and Arabic marks removed, invisible characters removed.</summary>
    /// <remarks>Marks of Indic and South-East Asian scripts are vowels and stay.</remarks>
    public static string Fold(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var original in AsciiDigits(text))
        {
            var c = Lower(original);
            if (c is >= '\u0300' and <= '\u036F' or >= '\u064B' and <= '\u0652' or '\u0640' or '\u0670' || IsInvisible(c))
            {
                continue;
            }
            if (c < 128)
            {
                builder.Append(c);
            }
            else if (Latin.TryGetValue(c, out var plain))
            {
                builder.Append(plain);
            }
            else
            {
                _ = c switch
                {
                    'ß' => builder.Append("ss"),
                    'æ' => builder.Append("ae"),
                    'œ' => builder.Append("oe"),
                    'þ' => builder.Append("th"),
                    'ð' => builder.Append('d'),
                    'ё' => builder.Append('е'),
                    'й' => builder.Append('и'),
                    'ά' or 'ὰ' => builder.Append('α'),
                    'έ' or 'ὲ' => builder.Append('ε'),
                    'ή' or 'ὴ' => builder.Append('η'),
                    'ί' or 'ϊ' or 'ΐ' or 'ὶ' => builder.Append('ι'),
                    'ό' or 'ὸ' => builder.Append('ο'),
                    'ύ' or 'ϋ' or 'ΰ' or 'ὺ' => builder.Append('υ'),
                    'ώ' or 'ὼ' => builder.Append('ω'),
                    'ς' => builder.Append('σ'),
                    'أ' or 'إ' or 'آ' or 'ٱ' => builder.Append('ا'),
                    'ى' or 'ی' => builder.Append('ي'),
                    'ک' => builder.Append('ك'),
                    'ة' => builder.Append('ه'),
                    '’' or '‘' or 'ʻ' or 'ʼ' or '`' or '´' => builder.Append('\''),
                    '“' or '”' or '„' or '«' or '»' => builder.Append('"'),
                    '–' or '—' or '‐' or '‑' or '−' => builder.Append('-'),
                    _ => builder.Append(c),
                };
            }
        }
        return builder.ToString();
    }

    /// <summary>Folds and reduces everything but letters, digits and vowel signs to single blanks.</summary>
    public static string FoldWords(string text)
    {
        var folded = Fold(text);
        var builder = new StringBuilder(folded.Length);
        foreach (var c in folded)
        {
            if (IsWordChar(c))
            {
                builder.Append(c);
            }
            else if (c != '\'' && builder.Length > 0 && builder[^1] != ' ')
            {
                builder.Append(' ');
            }
        }
        return builder.ToString().Trim();
    }

    /// <summary>Cleans a cell for keeping: invisible and control characters out, blanks collapsed, cut at <paramref name="maxLength"/>.</summary>
    public static string Clean(string text, int maxLength = 400)
    {
        var builder = new StringBuilder(Math.Min(text.Length, maxLength));
        for (var i = 0; i < text.Length && builder.Length < maxLength; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                if (builder.Length + 2 > maxLength)
                {
                    break;
                }
                builder.Append(c).Append(text[++i]);
            }
            else if (char.IsSurrogate(c))
            {
                // Half a character is none.
                continue;
            }
            else if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                if (builder.Length > 0 && builder[^1] != ' ')
                {
                    builder.Append(' ');
                }
            }
            else if (!IsInvisible(c))
            {
                builder.Append(c);
            }
        }
        return builder.ToString().Trim();
    }

    /// <summary>Keeps ASCII letters and digits, upper-case; digits of all scripts become ASCII, other letters are kept as they are.</summary>
    public static string Alphanumeric(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var c in AsciiDigits(text))
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                builder.Append(char.ToUpperInvariant(c));
            }
            else if (c > 127 && IsWordChar(c))
            {
                builder.Append(Upper(c));
            }
        }
        return builder.ToString();
    }

    /// <summary>True if a word has letters of two of the alphabets that look alike: Latin, Cyrillic, Greek (UTS 39, section 5, "mixed-script").</summary>
    public static bool MixesAlphabets(string text)
    {
        var seen = "";
        foreach (var c in text)
        {
            if (!char.IsLetter(c))
            {
                seen = "";
            }
            else if (ScriptOf(c) is "Latn" or "Cyrl" or "Grek" && ScriptOf(c) is var script)
            {
                if (seen.Length > 0 && seen != script)
                {
                    return true;
                }
                seen = script;
            }
        }
        return false;
    }

    /// <summary>Keeps only the digits, as ASCII.</summary>
    public static string Digits(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var c in AsciiDigits(text))
        {
            if (char.IsAsciiDigit(c))
            {
                builder.Append(c);
            }
        }
        return builder.ToString();
    }

    /// <summary>Gives the ISO 15924 code of the script that most letters are in, or empty.</summary>
    public static string ScriptOf(string text)
    {
        var best = "";
        var bestCount = 0;
        Dictionary<string, int>? counts = null;
        foreach (var c in text)
        {
            var script = ScriptOf(c);
            if (script.Length == 0)
            {
                continue;
            }
            if (counts is null && (bestCount == 0 || script == best))
            {
                // Nearly every word is in one script.
                (best, bestCount) = (script, bestCount + 1);
                continue;
            }
            counts ??= new Dictionary<string, int>(StringComparer.Ordinal) { [best] = bestCount };
            var count = counts[script] = counts.GetValueOrDefault(script) + 1;
            if (count > bestCount)
            {
                (best, bestCount) = (script, count);
            }
        }
        return best;
    }

    /// <summary>Gives the script of one character, or empty for digits, blanks and punctuation.</summary>
    public static string ScriptOf(char c) => c switch
    {
        >= 'A' and <= 'Z' or >= 'a' and <= 'z' or >= '\u00C0' and <= '\u024F' or >= '\u1E00' and <= '\u1EFF' => "Latn",
        >= '\u0370' and <= '\u03FF' or >= '\u1F00' and <= '\u1FFF' => "Grek",
        >= '\u0400' and <= '\u052F' => "Cyrl",
        >= '\u0530' and <= '\u058F' => "Armn",
        >= '\u0590' and <= '\u05FF' => "Hebr",
        >= '\u0600' and <= '\u06FF' or >= '\u0750' and <= '\u077F' or >= '\uFB50' and <= '\uFDFF' or >= '\uFE70' and <= '\uFEFC' => "Arab",
        >= '\u0900' and <= '\u097F' => "Deva",
        >= '\u0980' and <= '\u09FF' => "Beng",
        >= '\u0A00' and <= '\u0A7F' => "Guru",
        >= '\u0B80' and <= '\u0BFF' => "Taml",
        >= '\u0C00' and <= '\u0C7F' => "Telu",
        >= '\u0D80' and <= '\u0DFF' => "Sinh",
        >= '\u0E00' and <= '\u0E7F' => "Thai",
        >= '\u0E80' and <= '\u0EFF' => "Laoo",
        >= '\u1000' and <= '\u109F' => "Mymr",
        >= '\u10A0' and <= '\u10FF' => "Geor",
        >= '\u1100' and <= '\u11FF' or >= '\uAC00' and <= '\uD7AF' => "Hang",
        >= '\u1200' and <= '\u137F' => "Ethi",
        >= '\u1780' and <= '\u17FF' => "Khmr",
        >= '\u3040' and <= '\u30FF' => "Jpan",
        >= '\u3400' and <= '\u9FFF' => "Hani",
        _ => "",
    };

    /// <summary>True for scripts that write no blanks between words.</summary>
    internal static bool IsUnspaced(char c) => ScriptOf(c) is "Thai" or "Laoo" or "Khmr" or "Mymr" or "Hani" or "Jpan";

    /// <summary>True if <paramref name="phrase"/> stands in <paramref name="words"/> as whole words (anywhere for unspaced scripts).</summary>
    /// <remarks>Both must come from <see cref="FoldWords"/>.</remarks>
    internal static int FindPhrase(string words, string phrase, int start = 0)
    {
        for (var at = start; at <= words.Length - phrase.Length;)
        {
            at = words.IndexOf(phrase, at, StringComparison.Ordinal);
            if (at < 0)
            {
                return -1;
            }
            var end = at + phrase.Length;
            var startsWord = at == 0 || words[at - 1] == ' ' || IsUnspaced(phrase[0]) || IsUnspaced(words[at - 1]);
            var endsWord = end == words.Length || words[end] == ' ' || IsUnspaced(phrase[^1]) || IsUnspaced(words[end]);
            if (startsWord && endsWord)
            {
                return at;
            }
            at++;
        }
        return -1;
    }

    internal static bool IsWordChar(char c) =>
        char.IsLetterOrDigit(c) || char.IsSurrogate(c)
        || (c > 127 && CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);

    private static bool IsFullWidth(char c) => c is >= '\uFF01' and <= '\uFF5E';

    private static bool IsInvisible(char c) =>
        c is '\u200B' or '\u200C' or '\u200D' or '\u200E' or '\u200F' or '\u2060' or '\uFEFF' or '\u00AD' or >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069';

    // U+0130 is the one letter whose invariant lower case differs between ICU and the built-in data.
    private static char Lower(char c) => c == '\u0130' ? 'i' : char.ToLowerInvariant(c);

    private static char Upper(char c) => c is '\u0131' or '\u017F' ? c : char.ToUpperInvariant(c);

    private static FrozenDictionary<char, char> LoadLatin()
    {
        var map = new Dictionary<char, char>();
        foreach (var group in LatinTable.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var letter in group.AsSpan(2))
            {
                map[letter] = group[0];
            }
        }
        return map.ToFrozenDictionary();
    }
}
