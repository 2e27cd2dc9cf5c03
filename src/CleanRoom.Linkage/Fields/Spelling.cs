namespace CleanRoom.Linkage.Fields;

/// <summary>Spellings that stand for one another all over a language: ä and ae, Straße and Str.</summary>
internal static class Spelling
{
    /// <summary>Reads ae, oe and ue as what is left of ä, ö and ü when the marks are gone: Juergen and Jürgen become one.</summary>
    public static string WithoutUmlauts(string text)
    {
        for (var i = 0; i + 1 < text.Length; i++)
        {
            if (text[i + 1] == 'e' && text[i] is 'a' or 'o' or 'u' && (i == 0 || text[i - 1] is not ('q' or 'a' or 'e')))
            {
                return Rewritten(text, i);
            }
        }
        return text;
    }

    /// <summary>The same for a word of an address, and a street's kind in its short form.</summary>
    public static string OfPlaceWord(string word)
    {
        var plain = WithoutUmlauts(word);
        foreach (var (full, brief) in (ReadOnlySpan<(string, string)>)[("strasse", "str"), ("street", "st"), ("road", "rd"), ("avenue", "ave"), ("platz", "pl")])
        {
            if (plain.EndsWith(full, StringComparison.Ordinal) && (full is "strasse" or "platz" || plain.Length == full.Length))
            {
                return string.Concat(plain.AsSpan(0, plain.Length - full.Length), brief);
            }
        }
        return plain;
    }

    private static string Rewritten(string text, int from)
    {
        var result = new System.Text.StringBuilder(text.Length).Append(text, 0, from);
        for (var i = from; i < text.Length; i++)
        {
            _ = result.Append(text[i]);
            if (i + 1 < text.Length && text[i + 1] == 'e' && text[i] is 'a' or 'o' or 'u' && (i == 0 || text[i - 1] is not ('q' or 'a' or 'e')))
            {
                i++;
            }
        }
        return result.ToString();
    }
}
