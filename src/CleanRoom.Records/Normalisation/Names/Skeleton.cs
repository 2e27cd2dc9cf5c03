namespace CleanRoom.Records.Normalisation.Names;

/// <summary>
/// Consonant skeletons (LINKAGE.md 6.2): what is left of a Latin reading when vowels go and sounds that writing systems mix up fall
/// together. Used as blocking key and as a comparison level of its own across scripts.
/// </summary>
public static class Skeleton
{
    /// <summary>
    /// The fine skeleton: vowels, w and y dropped, doubles collapsed, q/k/c/x, z/s/dh, t/th, gh/g, ph/f, j/dj/zh, v and sh/s joined;
    /// h only counts at the start. A reading without consonants gives its first letter.
    /// </summary>
    public static string Fine(ReadOnlySpan<char> latin) => Make(latin, coarse: false);

    /// <summary>
    /// The coarse skeleton for scripts that lose more: b/v/p/f, k/g/j/ch/h, l/r, s/z/ts/sh, t/d fall together as well, and n before a consonant
    /// stays. Only good together with another agreement.
    /// </summary>
    public static string Coarse(ReadOnlySpan<char> latin) => Make(latin, coarse: true);

    private static string Make(ReadOnlySpan<char> latin, bool coarse)
    {
        Span<char> result = latin.Length <= 128 ? stackalloc char[128] : new char[latin.Length];
        var length = 0;
        var previous = '\0';
        for (var i = 0; i < latin.Length; i++)
        {
            var c = latin[i];
            var next = i + 1 < latin.Length ? latin[i + 1] : '\0';
            if (c is 'a' or 'e' or 'i' or 'o' or 'u' or 'w' or 'y' or '\'')
            {
                previous = '\0';
                continue;
            }
            char sound;
            switch (c)
            {
                case 'h':
                    sound = i == 0 ? 'h' : '\0';
                    break;
                case 'q' or 'k' or 'x':
                    sound = 'k';
                    i += next is 'h' ? 1 : 0;
                    break;
                case 'c':
                    sound = next is 'h' or 'z' ? 'c' : next is 'e' or 'i' or 'y' ? 's' : 'k';
                    i += next is 'h' or 'z' or 'k' ? 1 : 0;
                    break;
                case 'g':
                    sound = 'g';
                    i += next is 'h' ? 1 : 0;
                    break;
                case 'p':
                    sound = next == 'h' ? 'f' : 'p';
                    i += next is 'h' ? 1 : 0;
                    break;
                case 't':
                    if (next is 's' or 'z')
                    {
                        sound = 's';
                        i++;
                    }
                    else if (next == 'c' && i + 2 < latin.Length && latin[i + 2] == 'h')
                    {
                        sound = 'c';
                        i += 2;
                    }
                    else
                    {
                        sound = 't';
                        i += next is 'h' ? 1 : 0;
                    }
                    break;
                case 's':
                    sound = 's';
                    if (next == 'h')
                    {
                        i++;
                    }
                    else if (next == 'c' && i + 2 < latin.Length && latin[i + 2] == 'h')
                    {
                        i += 2;
                    }
                    break;
                case 'z':
                    sound = next == 'h' ? 'j' : 's';
                    i += next is 'h' ? 1 : 0;
                    break;
                case 'd':
                    if (next == 'h')
                    {
                        sound = coarse ? 'd' : 's';
                        i++;
                    }
                    else if (next is 'j' or 'z')
                    {
                        sound = 'j';
                        i++;
                        i += next == 'z' && i + 1 < latin.Length && latin[i + 1] == 'h' ? 1 : 0;
                    }
                    else
                    {
                        sound = 'd';
                    }
                    break;
                default:
                    sound = c;
                    break;
            }
            if (sound == '\0')
            {
                // An h inside: it parts doubles no more than it sounds.
                continue;
            }
            sound = coarse ? Merge(sound) : sound;
            if (sound != previous)
            {
                result[length++] = sound;
            }
            previous = sound;
        }
        return length > 0 ? new string(result[..length]) : latin.Length > 0 ? latin[..1].ToString() : "";
    }

    private static char Merge(char sound) => sound switch
    {
        'b' or 'v' or 'p' or 'f' => 'b',
        'g' or 'j' or 'c' or 'h' or 'k' => 'k',
        'r' => 'l',
        'd' => 't',
        _ => sound,
    };
}
