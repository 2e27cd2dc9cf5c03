using System.Text;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Records.Import;

/// <summary>
/// Tells the encoding of a table. Byte order marks and UTF-8 prove themselves; the national code pages of old spreadsheets do not, so one is
/// taken only if the header, read in it, has more known words than in any other.
/// </summary>
internal static class TextEncodings
{
    public const string Remedy = "The file is not UTF-8 or UTF-16 text; save it as \"CSV UTF-8\" and try again.";

    // Western, Central European, Cyrillic, Greek, Turkish, Hebrew, Arabic, Baltic, Vietnamese; Thai; simplified and traditional Chinese, Japanese, Korean.
    private static readonly int[] CodePages = [1252, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258, 874, 936, 950, 932, 949];

    private const int ClearWin = 4;

    public static Encoding Detect(ReadOnlySpan<byte> sample, bool complete)
    {
        if (sample.StartsWith("PK\u0003\u0004"u8))
        {
            throw new ImportException("This is a workbook or an archive, not a text table; save the sheet as \"CSV UTF-8\" and import that.");
        }
        if (sample.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true);
        }
        if (sample.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            return new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true);
        }
        var zeros = sample[..Math.Min(sample.Length, 4096)];
        int even = 0, odd = 0;
        for (var i = 0; i < zeros.Length; i++)
        {
            if (zeros[i] == 0)
            {
                _ = (i & 1) == 0 ? even++ : odd++;
            }
        }
        if (even + odd > zeros.Length / 5)
        {
            if (odd > even * 10)
            {
                return new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true);
            }
            if (even > odd * 10)
            {
                return new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true);
            }
        }
        if (even + odd > 0)
        {
            throw new ImportException("The file is binary, not a text table; save it as \"CSV UTF-8\" and try again.");
        }
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);
        return TryDecode(utf8, sample, complete) is not null ? utf8 : CodePage(sample) ?? utf8;
    }

    /// <summary>Decodes a sample, or gives null if its bytes are none of this encoding.</summary>
    public static string? TryDecode(Encoding encoding, ReadOnlySpan<byte> sample, bool complete)
    {
        try
        {
            var chars = new char[encoding.GetMaxCharCount(sample.Length)];
            var count = encoding.GetDecoder().GetChars(sample, chars, flush: complete);
            return new string(chars, 0, count).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static Encoding? CodePage(ReadOnlySpan<byte> sample)
    {
        Encoding? best = null;
        var (bestScore, second, bestSigns, western) = (0, 0, 0, 0);
        var bestHeader = "";
        var spelled = false;
        foreach (var number in CodePages)
        {
            var encoding = Get(number);
            if (TryDecode(encoding, sample, complete: false) is not { } text)
            {
                continue;
            }
            var (score, header, accented) = Score(text);
            // A code page that writes the same header in the same letters is no rival, and better if fewer signs stand inside the words of the rows: "Wa³êsa" is no name.
            var signs = SignsInWords(text);
            western = number == 1252 ? score : western;
            if (score > bestScore || (score == bestScore && header == bestHeader && signs < bestSigns))
            {
                second = header == bestHeader ? second : bestScore;
                (best, bestScore, bestHeader, spelled, bestSigns) = (encoding, score, header, accented, signs);
            }
            else if (header != bestHeader)
            {
                second = Math.Max(second, score);
            }
        }
        if (bestScore < 12 || bestScore <= second)
        {
            return null;
        }
        if (IsWestern(sample) && bestScore < western + ClearWin)
        {
            // A syllable more that another code page happens to spell ("nº" as "nŗ") is no proof against bytes that look Western.
            return WholeOrRefused(Get(1252), sample);
        }
        // A header in plain letters says nothing about the alphabet of the rows.
        return spelled ? WholeOrRefused(best!, sample) : IsWestern(sample) ? WholeOrRefused(Get(1252), sample) : null;
    }

    /// <summary>In a Latin code page no two letters in a row happen to spell a letter of UTF-8: where some do, two lists were pasted together.</summary>
    private static Encoding WholeOrRefused(Encoding encoding, ReadOnlySpan<byte> sample)
    {
        for (var i = 1; i + 1 < sample.Length && encoding.CodePage is 1250 or 1252 or 1254 or 1257; i++)
        {
            if (sample[i] is >= 0xC3 and <= 0xC9 && sample[i + 1] is >= 0x80 and <= 0xBF && sample[i - 1] < 0x80 && (i + 2 == sample.Length || sample[i + 2] < 0x80))
            {
                throw new ImportException("The file mixes UTF-8 with another encoding, as when two lists are pasted together; open it, check its letters, and save it as \"CSV UTF-8\".");
            }
        }
        return encoding;
    }

    private static Encoding Get(int codePage) =>
        CodePagesEncodingProvider.Instance.GetEncoding(codePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback)!;

    /// <summary>
    /// True if the bytes over 127 are accented letters of Western Europe inside words of plain ones. Other alphabets would stand in runs, and
    /// other Latin code pages would put signs among the letters.
    /// </summary>
    private static bool IsWestern(ReadOnlySpan<byte> sample)
    {
        int all = 0, wrong = 0;
        for (var i = 0; i < sample.Length; i++)
        {
            if (sample[i] < 128)
            {
                continue;
            }
            all++;
            var letter = sample[i] is >= 0xC0 and not 0xD7 and not 0xF7;
            // Two accents side by side occur ("Ibáñez"), three do not.
            var alone = (i < 1 || sample[i - 1] < 128) || (i + 1 >= sample.Length || sample[i + 1] < 128);
            var between = i > 0 && i + 1 < sample.Length && char.IsAsciiLetter((char)sample[i - 1]) && char.IsAsciiLetter((char)sample[i + 1]);
            wrong += (letter && !alone) || (!letter && between && sample[i] is not (0x91 or 0x92 or 0x96)) ? 1 : 0;
        }
        return all > 0 && wrong * 20 <= all;
    }

    /// <summary>Signs over 127 with a letter behind them, and another before them if they are such as open a word or a number.</summary>
    private static int SignsInWords(string text)
    {
        var signs = 0;
        for (var i = 0; i + 1 < text.Length; i++)
        {
            var opens = text[i] is '¿' or '¡' or '‘' or '“' or '„' or '«' or '‹' or '‚' or '§' or '†' or '–' or '—' or '•' or '·';
            signs += text[i] > 127 && !char.IsLetter(text[i]) && !char.IsWhiteSpace(text[i]) && text[i] != '’' && char.GetUnicodeCategory(text[i]) != System.Globalization.UnicodeCategory.NonSpacingMark
                && char.IsLetter(text[i + 1]) && (!opens || (i > 0 && char.IsLetter(text[i - 1]))) ? 1 : 0;
        }
        return signs;
    }

    /// <summary>How many letters of the best of the first lines stand in known header words, and that line.</summary>
    private static (int Score, string Header, bool Accented) Score(string text)
    {
        var best = (0, "", false);
        foreach (var line in text.Split('\n').Take(25))
        {
            if (line.Length > 8_000)
            {
                continue;
            }
            var score = 0;
            foreach (var cell in line.Split([',', ';', '\t', '|']))
            {
                var header = cell.Trim().Trim('"', '\r');
                // A Chinese or Korean sign says as much as a syllable.
                var syllables = Text.ScriptOf(header) is "Hani" or "Hang" or "Jpan";
                score += header.Length is > 0 and <= 120 ? HeaderMatcher.KnownLetters(header) * (syllables ? 3 : 1) : 0;
            }
            if (score > best.Item1)
            {
                best = (score, Text.FoldWords(line), line.Any(c => c > 127 && char.IsLetter(c)));
            }
        }
        return best;
    }
}
