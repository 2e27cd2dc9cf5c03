using System.Text;

namespace CleanRoom.Records.Normalisation.Names;

/// <summary>A key that most spellings of one Latin reading share: Aly and Ali, Theeda and Thida, Gulnara and Gülnara.</summary>
public static class Sounds
{
    /// <summary>Gives the key; vowels stay, so it says far more than a skeleton.</summary>
    public static string Key(ReadOnlySpan<char> latin)
    {
        var result = new StringBuilder(latin.Length);
        for (var i = 0; i < latin.Length; i++)
        {
            var c = latin[i];
            var next = i + 1 < latin.Length ? latin[i + 1] : '\0';
            if (next == 'h' && c is 'k' or 'g' or 't' or 'd' or 'b' or 'j')
            {
                Add(result, c);
                i++;
                continue;
            }
            switch (c)
            {
                case 'p' when next == 'h':
                    Add(result, 'f');
                    i++;
                    break;
                case 's' when next == 'h':
                    Add(result, 's');
                    i++;
                    break;
                case 'c' when next == 'h':
                    Add(result, 'c');
                    i++;
                    break;
                case 'c' when next == 'z':
                    // Polish: Szewczenko and Shevchenko.
                    Add(result, 'c');
                    i++;
                    break;
                case 'r' when next == 'z' && i > 0 && latin[i - 1] is 'p' or 'k' or 't':
                    // Polish: Przykład is said and written Pshiklad elsewhere.
                    Add(result, 's');
                    i++;
                    break;
                case 'c' when next == 'k':
                    Add(result, 'k');
                    i++;
                    break;
                case 'e' when next == 'e':
                    Add(result, 'i');
                    i++;
                    break;
                case 'e' when next == 'o' && i + 2 < latin.Length && latin[i + 2] == 'n':
                    // Korean: Seong and Sung, Yeon and Yun.
                    Add(result, 'u');
                    i++;
                    break;
                case 'o' when next is 'o' or 'u':
                    Add(result, 'u');
                    i++;
                    break;
                case 'c' or 'q' or 'x':
                    Add(result, 'k');
                    break;
                case 'y':
                    Add(result, 'i');
                    break;
                case 'w':
                    Add(result, 'v');
                    break;
                case 'z':
                    Add(result, 's');
                    break;
                case 'h' when i > 0 && (next == '\0' || !IsVowel(next)):
                    break;
                default:
                    Add(result, c);
                    break;
            }
        }
        return result.ToString();
    }

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';

    private static void Add(StringBuilder result, char c)
    {
        if (result.Length == 0 || result[^1] != c)
        {
            _ = result.Append(c);
        }
    }
}
