using System.Globalization;
using CleanRoom.Records;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.Normalisation.Names;

namespace CleanRoom.Linkage.Fields;

/// <summary>Brings the text of a cell into the one form in which it is compared; empty if it says nothing.</summary>
internal static class ValueReader
{
    /// <summary>The most characters of a cell that are read.</summary>
    public const int MaxCell = 400;

    /// <summary>Between several values of one field.</summary>
    public const char Separator = '|';

    // A year in two digits and an age need a day to count from; a fixed one, so that the same file always reads the same.
    private static readonly DateOnly Today = new(2030, 1, 1);

    public static string Read(FieldKind kind, string cell, DateOrder order)
    {
        var text = cell.Length > MaxCell ? cell[..MaxCell] : cell;
        if (string.IsNullOrWhiteSpace(text))
        {
            return "";
        }
        return kind switch
        {
            FieldKind.Given or FieldKind.Family => NamePart(text),
            FieldKind.Name => Names(text),
            FieldKind.Date => Date(text.Trim(), order),
            FieldKind.Code => Code(text),
            FieldKind.Phone => Phone(text),
            FieldKind.Email => Email(text),
            FieldKind.Text => Words(text),
            FieldKind.Category => Category(text),
            FieldKind.Country => Countries.Find(text) ?? Category(text),
            FieldKind.Number => Number(text),
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
    }

    private static string NamePart(string text) => IsPlainWord(text) ? text : Placeholders.IsUnknownName(text) ? "" : Join(NameParser.WordTexts(text));

    private static string Words(string text) => Placeholders.IsUnknown(text) ? "" : Join([.. NameParser.WordTexts(text).Select(Spelling.OfPlaceWord)]);

    // Whole names keep their signs until they are parsed: brackets, slashes and commas part forms of a name.
    private static string Names(string text)
    {
        var values = text.Split([Separator, ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(v => !Placeholders.IsUnknownName(v)).Select(v => Text.Clean(v, NameParser.MaxLength).ToLowerInvariant())
            .Distinct(StringComparer.Ordinal).Take(12);
        return string.Join(Separator, values);
    }

    private static bool IsPlainWord(string text)
    {
        foreach (var c in text)
        {
            if (c is < 'a' or > 'z')
            {
                return false;
            }
        }
        return text.Length > 8;
    }

    private static string Join(IReadOnlyList<string> words)
    {
        var text = string.Join(' ', words);
        return text.Length > NameParser.MaxLength ? text[..NameParser.MaxLength] : text;
    }

    /// <summary>Eight digits, year first; zeros for what is not known. A date that no calendar has stays as typed: it may be one digit off.</summary>
    private static string Date(string text, DateOrder order)
    {
        if (text.Length == 10 && text[4] == '-' && text[7] == '-' && Digits(text.AsSpan(0, 4)) && Digits(text.AsSpan(5, 2)) && Digits(text.AsSpan(8, 2)))
        {
            return Known(string.Concat(text.AsSpan(0, 4), text.AsSpan(5, 2), text.AsSpan(8, 2)));
        }
        if (text.Length == 8 && Digits(text))
        {
            var year = int.Parse(text.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
            var last = int.Parse(text.AsSpan(4, 4), NumberStyles.None, CultureInfo.InvariantCulture);
            return year is < 1300 or > 2699 && last is >= 1500 and <= 2100 && year % 100 <= 12 && year / 100 <= 31
                ? Known(string.Concat(text.AsSpan(4, 4), text.AsSpan(2, 2), text.AsSpan(0, 2)))
                : Known(text);
        }
        if (text.Length == 4 && Digits(text))
        {
            return Known(text + "0000");
        }
        if (Dates.Read(text, order, [], agesAllowed: false, null, Today) is not { } date)
        {
            return "";
        }
        var first = DayNumbers.ToDate(date.EarliestDay);
        var end = DayNumbers.ToDate(date.LatestDay);
        var known = date.Precision switch
        {
            "Day" or "DefaultFirstJanuary" => 3,
            "Month" => 2,
            _ when date.LatestDay - date.EarliestDay <= 4 => 3,
            _ when date.LatestDay - date.EarliestDay <= 40 && first.Month == end.Month => 2,
            _ => 1,
        };
        return Known($"{first.Year:0000}{(known > 1 ? first.Month : 0):00}{(known > 2 ? first.Day : 0):00}");
    }

    private static string Known(string digits) => digits is "00000000" or "99999999" or "19000101" or "11111111" ? "" : digits;

    private static bool Digits(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c is < '0' or > '9')
            {
                return false;
            }
        }
        return true;
    }

    private static string Code(string text)
    {
        // Digits alone are no word for "not known", and stay as they are.
        var plain = Digits(text);
        if (!plain && Placeholders.IsUnknown(text))
        {
            return "";
        }
        var code = plain ? text : Text.Alphanumeric(text).ToLowerInvariant();
        return code.Length == 0 || code.AsSpan().Trim('0').IsEmpty || (code.Length >= 7 && Digits(code) && Placeholders.IsNumber(code)) ? "" : code;
    }

    private static string Phone(string text)
    {
        var digits = Text.Digits(text).TrimStart('0');
        return digits.Length < 5 || Placeholders.IsNumber(digits) ? "" : digits.Length > 20 ? digits[..20] : digits;
    }

    private static string Email(string text)
    {
        var mail = Text.Fold(text).Trim().ToLowerInvariant();
        var at = mail.IndexOf('@', StringComparison.Ordinal);
        return Placeholders.IsUnknown(text) || (at > 0 && Placeholders.IsMailbox(mail[..at])) ? "" : mail.Length > 120 ? mail[..120] : mail;
    }

    private static string Category(string text)
    {
        var word = Text.FoldWords(text);
        return Placeholders.IsUnknown(text) ? "" : word switch
        {
            "m" or "male" or "man" or "masculine" or "mannlich" or "männlich" or "homme" or "masculin" or "hombre" or "masculino" or "herr" or "mr" or "мужской" or "муж" or "ذكر" => "male",
            "f" or "female" or "woman" or "feminine" or "weiblich" or "w" or "femme" or "feminin" or "féminin" or "mujer" or "femenino" or "frau" or "mrs" or "ms" or "женский" or "жен" or "أنثى" => "female",
            _ => word.Length > 80 ? word[..80] : word,
        };
    }

    private static string Number(string text)
    {
        var digits = Text.Digits(text).TrimStart('0');
        return digits.Length is 0 or > 9 ? "" : digits;
    }
}
