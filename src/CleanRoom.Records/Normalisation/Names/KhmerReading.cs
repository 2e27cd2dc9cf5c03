using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Khmer by its two consonant series; a vowel sign sounds by the series of its consonant.</summary>
internal static class KhmerReading
{
    // U+1780..U+17A2. Lower case: first (a) series, upper case marks the second (o) series.
    private static readonly string[] Consonants =
    [
        "k", "kh", "K", "KH", "NG", "ch", "chh", "CH", "CHH", "NH", "d", "th", "D", "TH", "n", "t", "th", "T", "TH", "N",
        "b", "ph", "P", "PH", "M", "Y", "R", "L", "V", "sh", "s", "s", "h", "l", "_",
    ];

    public static void Append(ReadOnlySpan<char> text, StringBuilder result)
    {
        var i = 0;
        var afterVowel = false;
        while (i < text.Length)
        {
            var c = text[i];
            if (c is < '\u1780' or > '\u17D3')
            {
                if (c < '\u0080')
                {
                    _ = result.Append(c);
                }
                afterVowel = false;
                i++;
                continue;
            }
            if (c is >= '\u17A3' and <= '\u17B3')
            {
                _ = result.Append(Independent(c));
                afterVowel = true;
                i++;
                continue;
            }
            if (c > '\u17A2')
            {
                i++;
                continue;
            }
            i = ReadSyllable(text, i, result, ref afterVowel);
        }
    }

    private static int ReadSyllable(ReadOnlySpan<char> text, int i, StringBuilder result, ref bool afterVowel)
    {
        var start = result.Length;
        var sound = Consonants[text[i] - 0x1780];
        var second = char.IsAsciiLetterUpper(sound[0]);
        i++;
        // A consonant under the sign of silence (toandakhiat), with whatever hangs on it.
        var look = i;
        while (look < text.Length && text[look] is '\u17D2' or (>= '\u17B6' and <= '\u17D1'))
        {
            if (text[look] == '\u17CD')
            {
                return look + 1;
            }
            look += text[look] == '\u17D2' ? 2 : 1;
        }
        // A base consonant without sign after a vowel closes the syllable.
        var next = i < text.Length ? text[i] : '\0';
        var bare = next is '\0' or (>= '\u1780' and <= '\u17B3') or < '\u1780' or > '\u17D3' or '\u17CB';
        if (bare && afterVowel)
        {
            _ = result.Append(Final(sound));
            afterVowel = false;
            return next == '\u17CB' ? i + 1 : i;
        }
        if (afterVowel && next == '\u17D2' && i + 2 >= text.Length)
        {
            // A final with a silent foot: only the first sounds.
            _ = result.Append(Final(sound));
            afterVowel = false;
            return text.Length;
        }
        // The sign muusikatoan on bo makes po.
        Append(result, sound == "b" && i < text.Length && text[i] == '\u17C9' ? "p" : sound);
        while (i + 1 < text.Length && text[i] == '\u17D2' && text[i + 1] is >= '\u1780' and <= '\u17A2')
        {
            var foot = Consonants[text[i + 1] - 0x1780];
            if (!afterVowel || !EndsWith(result, start, foot))
            {
                Append(result, foot);
            }
            // Only a strong foot moves the series.
            second = foot is "NG" or "NH" or "N" or "M" or "Y" or "R" or "L" or "V" ? second : char.IsAsciiLetterUpper(foot[0]);
            i += 2;
        }
        while (i < text.Length && text[i] is '\u17C9' or '\u17CA')
        {
            second = text[i] == '\u17CA';
            i++;
        }
        var vowel = "";
        while (i < text.Length && text[i] is >= '\u17B6' and <= '\u17D1')
        {
            // Before a final ng the nasal sign only colours the vowel.
            var nasal = text[i] == '\u17C6' && vowel.Length > 0 && i + 1 < text.Length && text[i + 1] == '\u1784';
            vowel += nasal ? "" : Sign(text[i], second, vowel);
            i++;
        }
        if (vowel.Length == 0)
        {
            var end = i >= text.Length;
            vowel = end && afterVowel ? "" : second ? "o" : "a";
        }
        _ = result.Append(vowel);
        afterVowel = vowel.Length > 0 && vowel[^1] is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';
        return i;
    }

    private static bool EndsWith(StringBuilder result, int start, string foot)
    {
        var lower = foot.ToLowerInvariant();
        return result.Length - start >= lower.Length && result.ToString(result.Length - lower.Length, lower.Length) == lower;
    }

    private static void Append(StringBuilder result, string sound)
    {
        if (sound != "_")
        {
            _ = result.Append(sound.ToLowerInvariant());
        }
    }

    private static string Final(string sound) => sound.ToLowerInvariant() switch
    {
        "kh" => "k",
        "chh" => "ch",
        "th" or "d" => "t",
        "b" or "ph" => "p",
        "nh" => "nh",
        "y" => "y",
        "r" => "r",
        "v" => "v",
        "_" => "",
        var other => other,
    };

    private static string Independent(char c) => c switch
    {
        '\u17A3' or '\u17A4' => "a",
        '\u17A5' or '\u17A6' => "i",
        '\u17A7' or '\u17A8' or '\u17A9' => "u",
        '\u17AA' => "ov",
        '\u17AB' => "rue",
        '\u17AC' => "rue",
        '\u17AD' or '\u17AE' => "lue",
        '\u17AF' or '\u17B0' => "e",
        _ => "o",
    };

    private static string Sign(char c, bool second, string before) => c switch
    {
        '\u17B6' => second ? "ea" : "a",
        '\u17B7' => "i",
        '\u17B8' => second ? "i" : "ey",
        '\u17B9' => second ? "eu" : "oe",
        '\u17BA' => "eu",
        '\u17BB' => second ? "u" : "o",
        '\u17BC' => second ? "u" : "ou",
        '\u17BD' => "uo",
        '\u17BE' => second ? "eu" : "aeu",
        '\u17BF' => "oea",
        '\u17C0' => "ie",
        '\u17C1' => "e",
        '\u17C2' => second ? "e" : "ae",
        '\u17C3' => second ? "ey" : "ai",
        '\u17C4' => second ? "o" : "ao",
        '\u17C5' => second ? "ov" : "au",
        '\u17C6' => before.Length > 0 ? "m" : second ? "um" : "am",
        '\u17C7' => before.Length > 0 ? "h" : second ? "eah" : "ah",
        '\u17C8' => second ? "eak" : "ak",
        '\u17D0' => second ? "ea" : "a",
        _ => "",
    };
}
