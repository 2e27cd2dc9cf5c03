using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Burmese, syllable by syllable, in the spelling that personal names usually take in Latin letters.</summary>
internal static class BurmeseReading
{
    // U+1000..U+1021.
    private static readonly string[] Consonants =
    [
        "k", "kh", "g", "g", "ng", "s", "s", "z", "z", "ny", "ny", "t", "t", "d", "d", "n", "t", "ht", "d", "d", "n",
        "p", "ph", "b", "b", "m", "y", "y", "l", "w", "th", "h", "l", "_",
    ];

    public static void AppendWithR(ReadOnlySpan<char> text, StringBuilder result) => Append(text, result, "r");

    public static void Append(ReadOnlySpan<char> text, StringBuilder result) => Append(text, result, "y");

    private static void Append(ReadOnlySpan<char> text, StringBuilder result, string r)
    {
        var i = 0;
        while (i < text.Length)
        {
            var c = text[i];
            if (c is >= '\u1000' and <= '\u1021' or '\u103F')
            {
                i = ReadSyllable(text, i, result, r);
            }
            else
            {
                _ = c switch
                {
                    < '\u0080' => result.Append(c),
                    '\u1023' or '\u1024' => result.Append('i'),
                    '\u1025' or '\u1026' => result.Append("oo"),
                    '\u1027' => result.Append("ay"),
                    '\u1029' or '\u102A' => result.Append("aw"),
                    _ => result,
                };
                i++;
            }
        }
    }

    private static int ReadSyllable(ReadOnlySpan<char> text, int i, StringBuilder result, string r)
    {
        var lead = text[i] == '\u103F' ? "th" : Consonants[text[i] - 0x1000];
        lead = text[i] == 'ရ' ? r : lead;
        i++;
        var medialY = false;
        var medialW = false;
        var medialH = false;
        while (i < text.Length && text[i] is >= '\u103B' and <= '\u103E')
        {
            medialY |= text[i] is '\u103B' or '\u103C';
            medialW |= text[i] == '\u103D';
            medialH |= text[i] == '\u103E';
            i++;
        }
        if (medialH && lead is not "l" and not "_")
        {
            _ = lead == "y" ? result.Append("sh") : result.Append('h').Append(lead);
        }
        else if (medialH && lead == "l")
        {
            _ = result.Append("hl");
        }
        else if (lead != "_")
        {
            _ = result.Append(lead);
        }
        if (medialY && lead is not "y")
        {
            _ = result.Append('y');
        }
        if (medialW)
        {
            _ = result.Append('w');
        }
        var vowel = "";
        while (i < text.Length && text[i] is (>= '\u102B' and <= '\u1032') or '\u1036' or '\u1037' or '\u1038')
        {
            vowel += text[i] switch
            {
                '\u102B' or '\u102C' => "a",
                '\u102D' => "i",
                '\u102E' => "i",
                '\u102F' => "u",
                '\u1030' => "u",
                '\u1031' => "e",
                '\u1032' => "ai",
                '\u1036' => "n",
                _ => "",
            };
            i++;
        }
        // Finals: a consonant under the killer sign, or stacked on the next.
        var final = '\0';
        if (i < text.Length && vowel is "ea" && text[i] == '\u103A')
        {
            i++;
        }
        else if (i + 1 < text.Length && text[i] is >= '\u1000' and <= '\u1021' && IsKilled(text, i, out var end))
        {
            final = text[i];
            i = end;
        }
        while (i < text.Length && text[i] is '\u1037' or '\u1038' or '\u103A')
        {
            i++;
        }
        _ = result.Append(Rhyme(vowel, final));
        return i;
    }

    private static bool IsKilled(ReadOnlySpan<char> text, int i, out int end)
    {
        end = i + 1;
        while (end < text.Length && text[end] is '\u1037' or '\u1038')
        {
            end++;
        }
        if (end < text.Length && text[end] is '\u103A' or '\u1039')
        {
            end++;
            return true;
        }
        return false;
    }

    private static string Rhyme(string vowel, char final)
    {
        var open = vowel switch
        {
            "" => "a",
            "ea" => "aw",
            "iu" => "o",
            "e" => "ay",
            "ai" => "e",
            "un" => "on",
            "in" => "ein",
            "n" => "an",
            _ => vowel,
        };
        return final switch
        {
            '\0' => open,
            'က' => vowel is "ea" ? "auk" : vowel is "iu" ? "aik" : "et",
            'င' => vowel is "ea" ? "aung" : vowel is "iu" ? "aing" : "in",
            'စ' => "it",
            'ည' or 'ဉ' => final == 'ဉ' ? "in" : "i",
            'တ' or 'ဋ' => vowel is "i" ? "eik" : vowel is "u" ? "ok" : "at",
            'ပ' or 'ဗ' => vowel is "i" ? "eik" : vowel is "u" ? "ok" : "at",
            'န' or 'ဏ' => vowel is "i" ? "ein" : vowel is "u" ? "on" : "an",
            'မ' => vowel is "i" ? "ein" : vowel is "u" ? "on" : "am",
            'ယ' => "e",
            'ဝ' => "aw",
            _ => open,
        };
    }
}
