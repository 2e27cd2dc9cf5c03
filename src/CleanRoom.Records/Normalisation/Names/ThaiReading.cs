using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// Thai and Lao by rules after the Royal Thai General System. Syllables are not marked in writing, so bare consonants are paired by
/// a rule of thumb. Lao letters are read through the Thai ones: the blocks run in parallel.
/// </summary>
internal static class ThaiReading
{
    /// <summary>The way many people spell their own names: j, p and t where the general system writes ch, ph and th.</summary>
    public static void AppendPopular(ReadOnlySpan<char> text, StringBuilder result)
    {
        var system = new StringBuilder(text.Length);
        Append(text, system);
        var reading = system.Replace("ph", "p").Replace("th", "t").Replace("w", "v").ToString();
        // จ alone sounds j; ช and ฉ stay ch. Counted in order, for readings keep the order of the letters.
        var at = 0;
        foreach (var c in text)
        {
            if (c is not ('จ' or 'ຈ' or 'ช' or 'ฉ' or 'ຊ'))
            {
                continue;
            }
            var found = reading.IndexOf("ch", at, StringComparison.Ordinal);
            if (found < 0)
            {
                break;
            }
            if (c is 'จ' or 'ຈ')
            {
                reading = string.Concat(reading.AsSpan(0, found), "j", reading.AsSpan(found + 2));
                at = found + 1;
            }
            else
            {
                at = found + 2;
            }
        }
        _ = result.Append(reading);
    }

    public static void Append(ReadOnlySpan<char> text, StringBuilder result)
    {
        var letters = Normalise(text);
        var i = 0;
        var open = false;
        while (i < letters.Length)
        {
            var c = letters[i];
            if (c < '\u0080')
            {
                _ = result.Append(c);
                i++;
                open = false;
            }
            else if (c is 'เ' or 'แ' or 'โ' or 'ไ' or 'ใ')
            {
                i = ReadPreposed(letters, i, result, out open);
            }
            else if (IsConsonant(c))
            {
                i = ReadConsonant(letters, i, result, ref open);
            }
            else
            {
                // A vowel sign without its consonant, or a sign without sound.
                i = ReadVowelSigns(letters, i, result, out open);
            }
        }
    }

    private static string Normalise(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var raw in text)
        {
            switch (raw)
            {
                case 'ໜ':
                    _ = result.Append("หน");
                    continue;
                case 'ໝ':
                    _ = result.Append("หม");
                    continue;
                case 'ຽ':
                    _ = result.Append("ีย");
                    continue;
                case 'ຼ':
                    _ = result.Append('ล');
                    continue;
                case 'ົ':
                    _ = result.Append('ົ');
                    continue;
                default:
                    break;
            }
            var c = raw is >= '\u0E81' and <= '\u0EDF' ? (char)(raw - 0x80) : raw;
            if (c is '็' or '่' or '้' or '๊' or '๋' or 'ๆ' or 'ฯ' or 'ํ' && raw is not 'ໍ')
            {
                continue;
            }
            if (c == '์')
            {
                // The sign of silence takes its consonant (and that one's vowel) away.
                while (result.Length > 0 && !IsConsonant(result[^1]))
                {
                    result.Length--;
                }
                if (result.Length > 0)
                {
                    result.Length--;
                }
                continue;
            }
            if (c == 'ำ')
            {
                _ = result.Append("ัม");
                continue;
            }
            _ = result.Append(raw == 'ໍ' ? 'ํ' : c);
        }
        return result.ToString();
    }

    private static int ReadPreposed(string s, int i, StringBuilder result, out bool open)
    {
        var vowel = s[i++];
        open = true;
        if (i >= s.Length || !IsConsonant(s[i]))
        {
            _ = result.Append(vowel switch { 'เ' => "e", 'แ' => "ae", 'โ' => "o", _ => "ai" });
            return i;
        }
        i = AppendCluster(s, i, result, afterPreposed: true);
        if (vowel is 'ไ' or 'ใ')
        {
            _ = result.Append("ai");
            if (i < s.Length && s[i] == 'ย')
            {
                i++;
            }
            return i;
        }
        if (vowel is 'แ' or 'โ')
        {
            _ = result.Append(vowel == 'แ' ? "ae" : "o");
            return i < s.Length && s[i] == 'ะ' ? i + 1 : i;
        }
        // The family of เ.
        if (i + 1 < s.Length && s[i] == 'ี' && s[i + 1] == 'ย')
        {
            _ = result.Append("ia");
            return i + 2;
        }
        if (i + 1 < s.Length && s[i] is 'ื' or 'ຶ' && s[i + 1] == 'อ')
        {
            _ = result.Append("uea");
            return i + 2;
        }
        if (i < s.Length && s[i] == 'ิ')
        {
            _ = result.Append("oe");
            return i + 1;
        }
        if (i < s.Length && s[i] == 'า')
        {
            _ = result.Append("ao");
            return i + 1 < s.Length && s[i + 1] == 'ะ' ? i + 2 : i + 1;
        }
        if (i < s.Length && s[i] == 'ົ')
        {
            _ = result.Append("ao");
            return i + 1 < s.Length && s[i + 1] == 'า' ? i + 2 : i + 1;
        }
        if (i < s.Length && s[i] == 'ย' && (i + 1 >= s.Length || IsConsonant(s[i + 1]) || IsPreposed(s[i + 1])))
        {
            _ = result.Append("oei");
            open = false;
            return i + 1;
        }
        if (i < s.Length && s[i] == 'อ')
        {
            _ = result.Append("oe");
            return i + 1;
        }
        _ = result.Append('e');
        return i < s.Length && s[i] == 'ะ' ? i + 1 : i;
    }

    private static int ReadConsonant(string s, int i, StringBuilder result, ref bool open)
    {
        var hasVowel = i + 1 < s.Length && IsVowelSign(s, i + 1);
        if (hasVowel)
        {
            i = AppendCluster(s, i, result, afterPreposed: false);
            return ReadVowelSigns(s, i, result, out open);
        }
        // A cluster whose second letter bears the vowel: กรุง, ปลา.
        if (!open && IsTrueCluster(s, i) && i + 2 < s.Length && IsVowelSign(s, i + 2))
        {
            i = AppendCluster(s, i, result, afterPreposed: false);
            return ReadVowelSigns(s, i, result, out open);
        }
        if (open)
        {
            // After a vowel a bare consonant closes the syllable; a second one starts the next.
            if (s[i] == 'ห' && i + 1 < s.Length && IsConsonant(s[i + 1]))
            {
                open = false;
                return i;
            }
            _ = result.Append(Final(s[i]));
            open = false;
            return i + 1;
        }
        // Two bare consonants make a closed syllable with o; รร sounds a.
        var start = i;
        if (s[i] == 'ร' && i + 1 < s.Length && s[i + 1] == 'ร')
        {
            _ = result.Append(i + 2 < s.Length && IsConsonant(s[i + 2]) && !(i + 3 < s.Length && IsVowelSign(s, i + 3)) ? "a" : "an");
            open = true;
            return i + 2;
        }
        i = s[i] == 'ห' && IsSilentLeader(s, i) ? i + 1 : i;
        _ = result.Append(Initial(s[i]));
        i++;
        if (i + 1 < s.Length && s[i] == 'ร' && s[i + 1] == 'ร')
        {
            return i;
        }
        if (i < s.Length && IsConsonant(s[i]) && !(i + 1 < s.Length && IsVowelSign(s, i + 1)))
        {
            if (s[i] == 'ว' && i + 1 < s.Length && IsConsonant(s[i + 1]))
            {
                _ = result.Append("ua");
                open = true;
                return i + 1;
            }
            _ = result.Append(s[i] == 'ร' && i + 1 >= s.Length ? "on" : s[i] == 'อ' ? "o" : "o" + Final(s[i]));
            open = s[i] == 'อ';
            return i + 1;
        }
        _ = start;
        if (i < s.Length)
        {
            _ = result.Append('a');
        }
        open = i < s.Length && !IsPreposed(s[i]) && !IsConsonant(s[i]);
        return i;
    }

    private static int ReadVowelSigns(string s, int i, StringBuilder result, out bool open)
    {
        open = true;
        if (i >= s.Length)
        {
            return i;
        }
        switch (s[i])
        {
            case 'ั' when i + 1 < s.Length && s[i + 1] == 'ว':
                _ = result.Append("ua");
                return i + 2 < s.Length && s[i + 2] == 'ะ' ? i + 3 : i + 2;
            case 'ົ' when i + 1 < s.Length && s[i + 1] == 'ว':
                _ = result.Append("ua");
                return i + 2;
            case 'ົ':
                _ = result.Append('o');
                return i + 1;
            case 'ั' or 'ะ' or 'า':
                _ = result.Append('a');
                return i + 1;
            case 'ิ' or 'ี':
                _ = result.Append('i');
                return i + 1;
            case 'ึ' or 'ื':
                _ = result.Append("ue");
                return i + 1 < s.Length && s[i + 1] == 'อ' ? i + 2 : i + 1;
            case 'ุ' or 'ู':
                _ = result.Append('u');
                return i + 1;
            case 'อ' or 'ํ':
                _ = result.Append('o');
                return i + 1;
            case 'ฤ':
                _ = result.Append("ri");
                return i + 1;
            default:
                return i + 1;
        }
    }

    // Writes the lead of a syllable, one letter or a true cluster, and gives the position behind it.
    private static int AppendCluster(string s, int i, StringBuilder result, bool afterPreposed)
    {
        if (s[i] == 'ห' && i + 1 < s.Length && IsSilentLeader(s, i) && (afterPreposed || (i + 2 < s.Length && IsVowelSign(s, i + 2))))
        {
            i++;
        }
        _ = result.Append(Initial(s[i]));
        if (IsTrueCluster(s, i) && (afterPreposed ? i + 2 < s.Length : i + 2 < s.Length && IsVowelSign(s, i + 2)))
        {
            _ = result.Append(Initial(s[i + 1]));
            return i + 2;
        }
        return i + 1;
    }

    private static bool IsTrueCluster(string s, int i) =>
        i + 1 < s.Length && s[i + 1] is 'ร' or 'ล' or 'ว' && s[i] is 'ก' or 'ข' or 'ค' or 'ต' or 'ป' or 'ผ' or 'พ' or 'ส' or 'ศ' or 'ท' or 'บ' or 'ฟ' or 'ด';

    private static bool IsSilentLeader(string s, int i) =>
        i + 1 < s.Length && s[i + 1] is 'ง' or 'ญ' or 'น' or 'ม' or 'ย' or 'ร' or 'ล' or 'ว';

    private static bool IsPreposed(char c) => c is 'เ' or 'แ' or 'โ' or 'ไ' or 'ใ';

    private static bool IsConsonant(char c) => c is >= 'ก' and <= 'ฮ' and not 'ฤ' and not 'ฦ';

    private static bool IsVowelSign(string s, int i)
    {
        var c = s[i];
        if (c is 'ะ' or 'ั' or 'า' or 'ิ' or 'ี' or 'ึ' or 'ื' or 'ุ' or 'ู' or 'ົ' or 'ํ' or 'ฤ')
        {
            return true;
        }
        // อ between two consonants, or at the end, is a vowel.
        return c == 'อ' && i > 0 && IsConsonant(s[i - 1]) && (i + 1 >= s.Length || IsConsonant(s[i + 1]) || IsPreposed(s[i + 1]));
    }

    private static string Initial(char c) => c switch
    {
        'ก' => "k",
        'ข' or 'ฃ' or 'ค' or 'ฅ' or 'ฆ' => "kh",
        'ง' => "ng",
        'จ' or 'ฉ' or 'ช' or 'ฌ' => "ch",
        'ซ' or 'ศ' or 'ษ' or 'ส' => "s",
        'ญ' or 'ย' => "y",
        'ฎ' or 'ด' => "d",
        'ฏ' or 'ต' => "t",
        'ฐ' or 'ฑ' or 'ฒ' or 'ถ' or 'ท' or 'ธ' => "th",
        'ณ' or 'น' => "n",
        'บ' => "b",
        'ป' => "p",
        'ผ' or 'พ' or 'ภ' => "ph",
        'ฝ' or 'ฟ' => "f",
        'ม' => "m",
        'ร' => "r",
        'ล' or 'ฬ' => "l",
        'ว' => "w",
        'ห' or 'ฮ' => "h",
        _ => "",
    };

    private static string Final(char c) => c switch
    {
        'ก' or 'ข' or 'ค' or 'ฆ' => "k",
        'ง' => "ng",
        'จ' or 'ฉ' or 'ช' or 'ซ' or 'ฌ' or 'ฎ' or 'ฏ' or 'ฐ' or 'ฑ' or 'ฒ' or 'ด' or 'ต' or 'ถ' or 'ท' or 'ธ' or 'ศ' or 'ษ' or 'ส' => "t",
        'ญ' or 'ณ' or 'น' or 'ร' or 'ล' or 'ฬ' => "n",
        'บ' or 'ป' or 'ผ' or 'ฝ' or 'พ' or 'ฟ' or 'ภ' => "p",
        'ม' => "m",
        'ย' => "i",
        'ว' => "o",
        _ => "",
    };
}
