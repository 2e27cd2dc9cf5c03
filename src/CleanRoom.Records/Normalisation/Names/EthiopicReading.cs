using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>Ethiopic: eight orders to each consonant row, U+1200 to U+135A.</summary>
internal static class EthiopicReading
{
    private static readonly string[] Rows =
    [
        "h", "l", "h", "m", "s", "r", "s", "sh", "k", "kw", "k", "kw", "b", "v", "t", "ch", "h", "hw", "n", "ny", "_", "k", "kw", "kh", "khw", "w", "_", "z",
        "zh", "y", "d", "d", "j", "g", "gw", "g", "t", "ch", "p", "ts", "ts", "f", "p",
    ];

    private static readonly string[] Vowels = ["e", "u", "i", "a", "e", "", "o", "wa"];

    public static void Append(ReadOnlySpan<char> text, StringBuilder result)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is < '\u1200' or > '\u1357')
            {
                if (c < '\u0080')
                {
                    _ = result.Append(c);
                }
                continue;
            }
            var row = (c - 0x1200) / 8;
            var order = (c - 0x1200) % 8;
            var consonant = Rows[row];
            var vowel = Vowels[order];
            if (order == 0 && consonant is ("h" or "_"))
            {
                vowel = "a";
            }
            if (order == 5 && (consonant == "_" || (i == 0 && text.Length > 1)))
            {
                vowel = "i";
            }
            if (order == 5 && i > 0 && i + 1 < text.Length && result.Length > 0 && result[^1] is not ('a' or 'e' or 'i' or 'o' or 'u') && consonant != "_")
            {
                vowel = "i";
            }
            _ = result.Append(consonant == "_" ? "" : consonant).Append(vowel);
        }
    }
}
