using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// Reads a folded token of any script in Latin letters a-z, by tables, without ICU. Several readings where the rules fork: the first is
/// the usual one.
/// </summary>
public static class Romaniser
{
    /// <summary>The most readings that one token gets.</summary>
    public const int MaxReadings = 4;

    /// <summary>Gives 1 to <see cref="MaxReadings"/> different readings of a token that <see cref="Folding.Fold"/> made; none if nothing can be read.</summary>
    public static IReadOnlyList<string> Read(string folded)
    {
        ArgumentNullException.ThrowIfNull(folded);
        var script = NameScripts.Of(folded.AsSpan());
        var readings = new List<string>(MaxReadings);
        switch (script)
        {
            case NameScript.Latn or NameScript.Zyyy:
                Add(readings, folded);
                break;
            case NameScript.Cyrl:
                Add(readings, AlphabetTables.Cyrillic, folded);
                Add(readings, AlphabetTables.CyrillicVariant, folded);
                if (folded.Contains('ж', StringComparison.Ordinal))
                {
                    // Polish, Czech and southern Slavic spellings write it z with a mark, and the mark is lost.
                    Add(readings, Build(folded, AlphabetTables.Cyrillic.Append).Replace("zh", "z", StringComparison.Ordinal));
                }
                break;
            case NameScript.Grek:
                Add(readings, AlphabetTables.Greek, folded);
                Add(readings, AlphabetTables.GreekVariant, folded);
                break;
            case NameScript.Armn:
                Add(readings, AlphabetTables.Armenian, folded);
                Add(readings, AlphabetTables.ArmenianVariant, folded);
                break;
            case NameScript.Geor:
                Add(readings, AlphabetTables.Georgian, folded);
                break;
            case NameScript.Arab:
                Add(readings, AbjadVowels(AlphabetTables.Arabic, folded));
                Add(readings, AbjadVowels(AlphabetTables.ArabicVariant, folded));
                Add(readings, AlphabetTables.Arabic, folded);
                break;
            case NameScript.Hebr:
                Add(readings, AbjadVowels(AlphabetTables.Hebrew, folded));
                Add(readings, AbjadVowels(AlphabetTables.HebrewVariant, folded));
                Add(readings, AlphabetTables.Hebrew, folded);
                Add(readings, AlphabetTables.HebrewVariant, folded);
                break;
            case NameScript.Kana:
                Add(readings, Kana(folded));
                break;
            case NameScript.Hang:
                Add(readings, Build(folded, static (text, result) => HangulReading.Append(text, result, old: false)));
                Add(readings, Build(folded, static (text, result) => HangulReading.Append(text, result, old: true)));
                break;
            case NameScript.Hani:
                Add(readings, Build(folded, static (text, result) => HanReading.Append(text, result, japanese: false)));
                Add(readings, Build(folded, static (text, result) => HanReading.Append(text, result, japanese: true)));
                break;
            case NameScript.Thai or NameScript.Laoo:
                Add(readings, Build(folded, ThaiReading.Append));
                Add(readings, Build(folded, ThaiReading.AppendPopular));
                break;
            case NameScript.Khmr:
                Add(readings, Build(folded, KhmerReading.Append));
                break;
            case NameScript.Mymr:
                Add(readings, Build(folded, BurmeseReading.Append));
                if (folded.Contains('ရ', StringComparison.Ordinal))
                {
                    // Said as y, written as r in names of Pali and of places.
                    Add(readings, Build(folded, BurmeseReading.AppendWithR));
                }
                break;
            case NameScript.Ethi:
                Add(readings, Build(folded, EthiopicReading.Append));
                break;
            default:
                Add(readings, Build(folded, (text, result) => IndicReading.Append(text, result, script)));
                break;
        }
        return readings;
    }

    private static string Kana(string folded)
    {
        var hiragana = new StringBuilder(folded.Length);
        foreach (var c in folded)
        {
            _ = hiragana.Append(c is >= '\u30A1' and <= '\u30F6' ? (char)(c - 0x60) : c);
        }
        return Build(hiragana.ToString(), AlphabetTables.Kana.Append);
    }

    // Abjads write no short vowels: an a between two consonants is the best guess for an edit distance.
    private static string AbjadVowels(LetterTable table, string folded)
    {
        var plain = Build(folded, table.Append);
        var result = new StringBuilder(plain.Length * 2);
        var i = 0;
        var bare = 0;
        while (i < plain.Length)
        {
            var length = i + 1 < plain.Length && plain[i + 1] == 'h' && plain[i] is 's' or 'k' or 'g' or 'd' or 't' or 'c' or 'z' ? 2 : 1;
            var vowel = length == 1 && IsVowel(plain[i]);
            if (vowel)
            {
                bare = 0;
            }
            else
            {
                bare++;
                // Consonants after a consonant: open the cluster, but leave a final pair after a vowel alone.
                if (bare >= 2)
                {
                    _ = result.Append('a');
                    bare = 1;
                }
            }
            _ = result.Append(plain, i, length);
            i += length;
        }
        return result.ToString();
    }

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u';

    private delegate void Appender(ReadOnlySpan<char> text, StringBuilder result);

    private static string Build(string folded, Appender append)
    {
        var result = new StringBuilder(folded.Length * 2);
        append(folded, result);
        return result.ToString();
    }

    private static void Add(List<string> readings, LetterTable table, string folded) => Add(readings, Build(folded, table.Append));

    private static void Add(List<string> readings, string reading)
    {
        var letters = KeepLetters(reading);
        if (letters.Length > 0 && readings.Count < MaxReadings && !readings.Contains(letters))
        {
            readings.Add(letters);
        }
    }

    private static string KeepLetters(string reading)
    {
        var clean = true;
        foreach (var c in reading)
        {
            clean &= c is (>= 'a' and <= 'z') or (>= '0' and <= '9');
        }
        if (clean)
        {
            return reading;
        }
        var result = new StringBuilder(reading.Length);
        foreach (var c in reading)
        {
            if (c is (>= 'a' and <= 'z') or (>= '0' and <= '9'))
            {
                _ = result.Append(c);
            }
        }
        return result.ToString();
    }
}
