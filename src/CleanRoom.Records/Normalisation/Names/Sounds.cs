namespace CleanRoom.Records.Normalisation.Names;

/// <summary>A key that most spellings of one Latin reading share: Aly and Ali, Theeda and Thida, Gulnara and Gülnara.</summary>
public static class Sounds
{
    /// <summary>Gives the key; vowels stay, so it says far more than a skeleton.</summary>
    public static string Key(ReadOnlySpan<char> latin)
    {
        Span<char> key = latin.Length <= 128 ? stackalloc char[128] : new char[latin.Length];
        return new string(key[..Write(latin, key)]);
    }

    /// <summary>Writes the key and gives its length. A key is never longer than what it is made of.</summary>
    /// <param name="latin">A reading.</param>
    /// <param name="key">At least as long as it.</param>
    public static int Write(ReadOnlySpan<char> latin, Span<char> key)
    {
        var result = new Letters(key);
        for (var i = 0; i < latin.Length; i++)
        {
            var c = latin[i];
            var next = i + 1 < latin.Length ? latin[i + 1] : '\0';
            if (next == 'h' && c is 'k' or 'g' or 't' or 'd' or 'b' or 'j')
            {
                result.Add(c);
                i++;
                continue;
            }
            switch (c)
            {
                case 'p' when next == 'h':
                    result.Add('f');
                    i++;
                    break;
                case 's' when next == 'h':
                    result.Add('s');
                    i++;
                    break;
                case 'c' when next == 'h':
                    result.Add('c');
                    i++;
                    break;
                case 'c' when next == 'z':
                    // Polish: Szewczenko and Shevchenko.
                    result.Add('c');
                    i++;
                    break;
                case 'r' when next == 'z' && i > 0 && latin[i - 1] is 'p' or 'k' or 't':
                    // Polish: Przykład is said and written Pshiklad elsewhere.
                    result.Add('s');
                    i++;
                    break;
                case 'c' when next == 'k':
                    result.Add('k');
                    i++;
                    break;
                case 'e' when next == 'e':
                    result.Add('i');
                    i++;
                    break;
                case 'e' when next == 'o' && i + 2 < latin.Length && latin[i + 2] == 'n':
                    // Korean: Seong and Sung, Yeon and Yun.
                    result.Add('u');
                    i++;
                    break;
                case 'o' when next is 'o' or 'u':
                    result.Add('u');
                    i++;
                    break;
                case 'c' or 'q' or 'x':
                    result.Add('k');
                    break;
                case 'y':
                    result.Add('i');
                    break;
                case 'w':
                    result.Add('v');
                    break;
                case 'z':
                    result.Add('s');
                    break;
                case 'h' when i > 0 && (next == '\0' || !IsVowel(next)):
                    break;
                default:
                    result.Add(c);
                    break;
            }
        }
        return result.Count;
    }

    /// <summary>Whether two readings have one key.</summary>
    /// <param name="first">A reading.</param>
    /// <param name="second">The other one.</param>
    /// <param name="unvoiced">Let first sounds that systems voice or not (Kim and Gim, Jung and Chung, Park and Bak) be the same.</param>
    public static bool Meet(ReadOnlySpan<char> first, ReadOnlySpan<char> second, bool unvoiced = false)
    {
        // What a key begins with stands in the first three letters; most pairs differ there.
        Span<char> begin = stackalloc char[3];
        var a = Write(first[..Math.Min(3, first.Length)], begin) == 0 ? '\0' : unvoiced ? Unvoiced(begin[0]) : begin[0];
        var b = Write(second[..Math.Min(3, second.Length)], begin) == 0 ? '\0' : unvoiced ? Unvoiced(begin[0]) : begin[0];
        if (a != b)
        {
            return false;
        }

        Span<char> keyOfFirst = first.Length <= 128 ? stackalloc char[128] : new char[first.Length];
        Span<char> keyOfSecond = second.Length <= 128 ? stackalloc char[128] : new char[second.Length];
        keyOfFirst = keyOfFirst[..Write(first, keyOfFirst)];
        keyOfSecond = keyOfSecond[..Write(second, keyOfSecond)];
        return keyOfFirst.Length == keyOfSecond.Length && (keyOfFirst.IsEmpty || keyOfFirst[1..].SequenceEqual(keyOfSecond[1..]));
    }

    private static char Unvoiced(char c) => c switch
    {
        'g' => 'k',
        'd' => 't',
        'b' => 'p',
        'j' => 'c',
        _ => c,
    };

    private static bool IsVowel(char c) => c is 'a' or 'e' or 'i' or 'o' or 'u' or 'y';

    /// <summary>What is written so far; a letter is not written twice in a row.</summary>
    private ref struct Letters(Span<char> key)
    {
        private readonly Span<char> _key = key;

        public int Count { get; private set; }

        public void Add(char c)
        {
            if (Count == 0 || _key[Count - 1] != c)
            {
                _key[Count++] = c;
            }
        }
    }
}
