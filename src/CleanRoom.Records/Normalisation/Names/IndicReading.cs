using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// The scripts of South Asia that share the ISCII layout: one table over the offset in the block. The inherent vowel is dropped at
/// the end of a word, and between consonants where Hindi drops it.
/// </summary>
internal static class IndicReading
{
    // Offsets 0x05..0x14: independent vowels.
    private static readonly string?[] Vowels = ["a", "a", "i", "i", "u", "u", "ri", "li", "e", "e", "e", "ai", "o", "o", "o", "au"];

    // Offsets 0x15..0x39: consonants.
    private static readonly string?[] Consonants =
    [
        "k", "kh", "g", "gh", "ng", "ch", "chh", "j", "jh", "n", "t", "th", "d", "dh", "n", "t", "th", "d", "dh", "n", "n",
        "p", "ph", "b", "bh", "m", "y", "r", "r", "l", "l", "zh", "v", "sh", "sh", "s", "h",
    ];

    // Offsets 0x3E..0x4C: vowel signs.
    private static readonly string?[] Signs = ["a", "i", "i", "u", "u", "ri", "ri", "e", "e", "e", "ai", "o", "o", "o", "au"];

    // Offsets 0x58..0x5F: consonants with a dot, mostly of Persian words.
    private static readonly string?[] Dotted = ["q", "kh", "gh", "z", "r", "rh", "f", "y"];

    public static void Append(ReadOnlySpan<char> text, StringBuilder result, NameScript script)
    {
        var inherent = script == NameScript.Beng ? "o" : "a";
        var start = result.Length;
        var pending = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c < '\u0080')
            {
                _ = result.Append(c);
                pending = false;
                continue;
            }
            var offset = c & 0x7F;
            if (script == NameScript.Sinh)
            {
                offset = SinhalaOffset(c);
            }
            if (offset is >= 0x15 and <= 0x39)
            {
                if (pending)
                {
                    FlushInherent(text, i, result, start, inherent, script);
                }
                var sound = Consonants[offset - 0x15]!;
                if (i + 1 < text.Length && (text[i + 1] & 0x7F) == 0x3C && script != NameScript.Sinh)
                {
                    // Bengali and Assamese ya with its dot is a y; without, a j.
                    sound = c == '\u09AF' ? "y" : Special(c, WithNukta(sound));
                    i++;
                }
                else
                {
                    sound = Special(c, sound);
                }
                _ = result.Append(sound);
                pending = true;
            }
            else if (offset is >= 0x58 and <= 0x5F && script is not (NameScript.Telu or NameScript.Knda or NameScript.Mlym))
            {
                if (pending)
                {
                    FlushInherent(text, i, result, start, inherent, script);
                }
                _ = result.Append(Dotted[offset - 0x58]);
                pending = true;
            }
            else if (offset is >= 0x3E and <= 0x4C)
            {
                _ = result.Append(Signs[offset - 0x3E]);
                pending = false;
            }
            else if (offset == 0x4D)
            {
                pending = false;
            }
            else if (offset is >= 0x05 and <= 0x14)
            {
                if (pending)
                {
                    _ = result.Append(inherent);
                }
                _ = result.Append(Vowels[offset - 0x05]);
                pending = false;
            }
            else if (offset is 0x01 or 0x02)
            {
                if (pending)
                {
                    _ = result.Append(inherent);
                }
                _ = result.Append(offset == 2 && script != NameScript.Beng ? "n" : offset == 2 ? "ng" : "n");
                pending = false;
            }
            else if (offset == 0x03)
            {
                if (pending)
                {
                    _ = result.Append(inherent);
                }
                _ = result.Append('h');
                pending = false;
            }
            else if (c == 'ৎ')
            {
                _ = result.Append('t');
                pending = false;
            }
        }
        // At the end the inherent vowel is silent, but for Southern scripts and one-letter words.
        if (pending && (script is NameScript.Taml or NameScript.Telu or NameScript.Knda or NameScript.Mlym or NameScript.Sinh || CountVowels(result, start) == 0))
        {
            if (script != NameScript.Taml)
            {
                _ = result.Append(inherent);
            }
        }
    }

    // Hindi and its neighbours drop the inherent vowel between a vowelled syllable and a consonant that has a vowel of its own.
    private static void FlushInherent(ReadOnlySpan<char> text, int next, StringBuilder result, int start, string inherent, NameScript script)
    {
        var dropped = script is NameScript.Deva or NameScript.Guru or NameScript.Gujr
            && CountVowels(result, start) > 0
            && !EndsWithCluster(result, start)
            && next + 1 < text.Length
            && (text[next + 1] & 0x7F) is (>= 0x3E and <= 0x4C);
        if (!dropped)
        {
            _ = result.Append(inherent);
        }
    }

    private static bool EndsWithCluster(StringBuilder result, int start) =>
        result.Length - start >= 2 && !IsVowel(result[^1]) && !IsVowel(result[^2]) && result[^1] != 'h';

    private static int CountVowels(StringBuilder result, int start)
    {
        var count = 0;
        for (var i = start; i < result.Length; i++)
        {
            count += IsVowel(result[i]) ? 1 : 0;
        }
        return count;
    }

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u';

    private static string WithNukta(string sound) => sound switch
    {
        "k" => "q",
        "j" => "z",
        "ph" => "f",
        "d" or "dh" => "r",
        "y" => "y",
        _ => sound,
    };

    // Bengali ya sounds j, pha f; its ra and the Assamese letters lie outside the common layout.
    private static string Special(char c, string sound) => c switch
    {
        'য' => "j",
        'ফ' => "f",
        'শ' or 'ষ' => "sh",
        'জ' => "j",
        _ => sound,
    };

    private static int SinhalaOffset(char c)
    {
        ReadOnlySpan<char> order = "කඛගඝඞචඡජඣඤටඨඩඪණතථදධන\0පඵබභමයර\0ල\0\0වශෂසහ";
        var at = order.IndexOf(c);
        if (at >= 0)
        {
            return 0x15 + at;
        }
        return c switch
        {
            'ං' => 0x02,
            'ඃ' => 0x03,
            'අ' or 'ඇ' or 'ඈ' => 0x05,
            'ආ' => 0x06,
            'ඉ' or 'ඊ' => 0x07,
            'උ' or 'ඌ' => 0x09,
            'එ' or 'ඒ' => 0x0E,
            'ඔ' or 'ඕ' => 0x12,
            'ළ' => 0x32,
            'ඹ' => 0x2C,
            'ඳ' => 0x26,
            '්' => 0x4D,
            'ා' or 'ැ' or 'ෑ' => 0x3E,
            'ි' or 'ී' => 0x3F,
            'ු' or 'ූ' => 0x41,
            'ෙ' or 'ේ' => 0x46,
            'ො' or 'ෝ' => 0x4A,
            _ => 0x70,
        };
    }
}
