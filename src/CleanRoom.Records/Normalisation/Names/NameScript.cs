namespace CleanRoom.Records.Normalisation.Names;

/// <summary>A writing system, by its ISO 15924 code.</summary>
public enum NameScript
{
    /// <summary>No letter, or a script that has no table here.</summary>
    Zyyy,

    /// <summary>Latin.</summary>
    Latn,

    /// <summary>Cyrillic.</summary>
    Cyrl,

    /// <summary>Greek.</summary>
    Grek,

    /// <summary>Armenian.</summary>
    Armn,

    /// <summary>Georgian.</summary>
    Geor,

    /// <summary>Hangul.</summary>
    Hang,

    /// <summary>Arabic, also Persian and Urdu.</summary>
    Arab,

    /// <summary>Hebrew.</summary>
    Hebr,

    /// <summary>Devanagari.</summary>
    Deva,

    /// <summary>Bengali.</summary>
    Beng,

    /// <summary>Gurmukhi.</summary>
    Guru,

    /// <summary>Gujarati.</summary>
    Gujr,

    /// <summary>Oriya.</summary>
    Orya,

    /// <summary>Tamil.</summary>
    Taml,

    /// <summary>Telugu.</summary>
    Telu,

    /// <summary>Kannada.</summary>
    Knda,

    /// <summary>Malayalam.</summary>
    Mlym,

    /// <summary>Sinhala.</summary>
    Sinh,

    /// <summary>Thai.</summary>
    Thai,

    /// <summary>Lao.</summary>
    Laoo,

    /// <summary>Khmer.</summary>
    Khmr,

    /// <summary>Myanmar (Burmese).</summary>
    Mymr,

    /// <summary>Ethiopic.</summary>
    Ethi,

    /// <summary>Hiragana and Katakana.</summary>
    Kana,

    /// <summary>Han, simplified or traditional.</summary>
    Hani,
}

/// <summary>Finds the script of a letter or a token from code point ranges: the same everywhere, with or without ICU.</summary>
public static class NameScripts
{
    /// <summary>Gives the script of one UTF-16 unit; <see cref="NameScript.Zyyy"/> for digits, signs and scripts without a table.</summary>
    public static NameScript Of(char c) => c switch
    {
        < 'A' => NameScript.Zyyy,
        <= 'Z' or (>= 'a' and <= 'z') => NameScript.Latn,
        < '\u00C0' => c is '\u00AA' or '\u00BA' ? NameScript.Latn : NameScript.Zyyy,
        '\u00D7' or '\u00F7' => NameScript.Zyyy,
        <= '\u02AF' => NameScript.Latn,
        >= '\u0370' and <= '\u03FF' => NameScript.Grek,
        >= '\u0400' and <= '\u052F' => NameScript.Cyrl,
        >= '\u0531' and <= '\u0587' => NameScript.Armn,
        >= '\u0591' and <= '\u05F4' => NameScript.Hebr,
        >= '\u0600' and <= '\u077F' => NameScript.Arab,
        >= '\u08A0' and <= '\u08FF' => NameScript.Arab,
        >= '\u0900' and <= '\u097F' => NameScript.Deva,
        >= '\u0980' and <= '\u09FF' => NameScript.Beng,
        >= '\u0A00' and <= '\u0A7F' => NameScript.Guru,
        >= '\u0A80' and <= '\u0AFF' => NameScript.Gujr,
        >= '\u0B00' and <= '\u0B7F' => NameScript.Orya,
        >= '\u0B80' and <= '\u0BFF' => NameScript.Taml,
        >= '\u0C00' and <= '\u0C7F' => NameScript.Telu,
        >= '\u0C80' and <= '\u0CFF' => NameScript.Knda,
        >= '\u0D00' and <= '\u0D7F' => NameScript.Mlym,
        >= '\u0D80' and <= '\u0DFF' => NameScript.Sinh,
        >= '\u0E01' and <= '\u0E5B' => NameScript.Thai,
        >= '\u0E81' and <= '\u0EDF' => NameScript.Laoo,
        >= '\u1000' and <= '\u109F' => NameScript.Mymr,
        >= '\u10A0' and <= '\u10FF' => NameScript.Geor,
        >= '\u1100' and <= '\u11FF' => NameScript.Hang,
        >= '\u1200' and <= '\u139F' => NameScript.Ethi,
        >= '\u1780' and <= '\u17FF' => NameScript.Khmr,
        >= '\u1C90' and <= '\u1CBF' => NameScript.Geor,
        >= '\u1E00' and <= '\u1EFF' => NameScript.Latn,
        >= '\u1F00' and <= '\u1FFF' => NameScript.Grek,
        >= '\u3041' and <= '\u30FF' => NameScript.Kana,
        >= '\u3400' and <= '\u9FFF' => NameScript.Hani,
        >= '\uAC00' and <= '\uD7A3' => NameScript.Hang,
        >= '\uF900' and <= '\uFAFF' => NameScript.Hani,
        >= '\uFB50' and <= '\uFDFF' => NameScript.Arab,
        >= '\uFE70' and <= '\uFEFC' => NameScript.Arab,
        >= '\uFF21' and <= '\uFF3A' => NameScript.Latn,
        >= '\uFF41' and <= '\uFF5A' => NameScript.Latn,
        _ => NameScript.Zyyy,
    };

    /// <summary>Gives the script of the first letter of a token.</summary>
    public static NameScript Of(ReadOnlySpan<char> token)
    {
        foreach (var c in token)
        {
            var script = Of(c);
            if (script != NameScript.Zyyy)
            {
                return script;
            }
        }
        return NameScript.Zyyy;
    }

    /// <summary>True if a reading in Latin letters loses sounds, so that an equal reading says less than equal Latin letters.</summary>
    public static bool IsLossy(NameScript script) =>
        script is not (NameScript.Latn or NameScript.Cyrl or NameScript.Grek or NameScript.Armn or NameScript.Geor or NameScript.Zyyy);

    /// <summary>True if the script is written without blanks between the words of a name.</summary>
    public static bool IsUnspaced(NameScript script) =>
        script is NameScript.Thai or NameScript.Laoo or NameScript.Khmr or NameScript.Mymr or NameScript.Kana or NameScript.Hani or NameScript.Hang;
}
