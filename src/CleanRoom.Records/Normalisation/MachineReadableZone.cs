using System.Globalization;
using System.Text;
using CleanRoom.Records.Lists;

namespace CleanRoom.Records.Normalisation;

/// <summary>
/// What stands in the machine-readable zone of a passport, card or visa (ICAO 9303 parts 3 to 7, eighth edition): TD1 (3 x 30), TD2 (2 x 36), TD3
/// (2 x 44), MRV-A (2 x 44), MRV-B (2 x 36). It is read on the contributor's machine and its lines are then dropped.
/// </summary>
/// <param name="Type">documentType: P, ID or V.</param>
/// <param name="Issuer">Issuing country (alpha-3), or empty if it is none of the list.</param>
/// <param name="Number">Document number.</param>
/// <param name="Nationality">Country (alpha-3), or empty.</param>
/// <param name="Family">Primary identifier, in capitals as it stands there.</param>
/// <param name="Given">Secondary identifier, or empty.</param>
/// <param name="Birth">Day of birth, or null if it is known in part only.</param>
/// <param name="Expires">Last day, or null.</param>
/// <param name="Sex">M, F or X.</param>
/// <param name="ChecksumOk">True if every check digit is right.</param>
public sealed record MachineReadableZone(
    string Type, string Issuer, string Number, string Nationality, string Family, string Given, DateOnly? Birth, DateOnly? Expires, string Sex, bool ChecksumOk)
{
    /// <summary>Reads the zone if a cell holds one and nothing else; lines may be parted by line breaks, blanks or semicolons.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="today">Tells 1926 from 2026 in a year of birth.</param>
    public static MachineReadableZone? TryRead(string cell, DateOnly today)
    {
        ArgumentNullException.ThrowIfNull(cell);
        if (cell.Length is < 72 or > 120 || cell.Count(c => c == '<') < 4)
        {
            return null;
        }
        var builder = new StringBuilder();
        foreach (var c in Text.AsciiDigits(cell))
        {
            if (char.IsAsciiLetterOrDigit(c) || c == '<')
            {
                _ = builder.Append(char.ToUpperInvariant(c));
            }
            else if (!char.IsWhiteSpace(c) && c is not ';' and not '|')
            {
                return null;
            }
        }
        var text = builder.ToString();
        return text.Length switch
        {
            90 => Card(text[..30], text[30..60], text[60..], today),
            72 => TwoLines(text[..36], text[36..], today),
            88 => TwoLines(text[..44], text[44..], today),
            _ => null,
        };
    }

    /// <summary>The check digit of ICAO 9303-3, 4.9: weights 7, 3, 1; letters count from 10, the filler 0; modulo 10.</summary>
    public static int CheckDigit(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var sum = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var value = char.IsAsciiDigit(text[i]) ? text[i] - '0' : char.IsAsciiLetterUpper(text[i]) ? text[i] - 'A' + 10 : 0;
            sum += value * (i % 3 == 0 ? 7 : i % 3 == 1 ? 3 : 1);
        }
        return sum % 10;
    }

    private static MachineReadableZone? Card(string first, string second, string third, DateOnly today)
    {
        if (first[0] is not ('I' or 'A' or 'C'))
        {
            return null;
        }
        var (number, numberOk) = Number9(first[5..14], first[14], first[15..]);
        var composite = first[5..] + second[..7] + second[8..15] + second[18..29];
        var isRight = numberOk && Fits(second[..6], second[6]) && Fits(second[8..14], second[14]) && Fits(composite, second[29]);
        return Make("ID", first[2..5], number, second[15..18], third, second[..6], second[8..14], second[7], isRight, today);
    }

    private static MachineReadableZone? TwoLines(string first, string second, DateOnly today)
    {
        var type = first[0] switch { 'P' when first.Length == 44 => "P", 'V' => "V", 'I' or 'A' or 'C' when first.Length == 36 => "ID", _ => "" };
        if (type.Length == 0)
        {
            return null;
        }
        var (number, numberOk) = type == "ID" ? Number9(second[..9], second[9], second[28..35]) : (second[..9].TrimEnd('<'), Fits(second[..9], second[9]));
        var isRight = numberOk && Fits(second[13..19], second[19]) && Fits(second[21..27], second[27]);
        if (type != "V")
        {
            // A passport's personal number has its own digit, which may be a filler if there is no such number.
            isRight &= type != "P" || Fits(second[28..42], second[42]) || (second[42] == '<' && second[28..42].All(c => c == '<'));
            isRight &= Fits(string.Concat(second.AsSpan(0, 10), second.AsSpan(13, 7), second.AsSpan(21, second.Length - 22)), second[^1]);
        }
        return Make(type, first[2..5], number, second[10..13], first[5..], second[13..19], second[21..27], second[20], isRight, today);
    }

    /// <summary>A number longer than nine characters goes on in the optional data, its check digit last (9303-5, 4.2.2).</summary>
    private static (string Number, bool IsRight) Number9(string number, char digit, string optional)
    {
        if (digit != '<')
        {
            return (number.TrimEnd('<'), Fits(number, digit));
        }
        var end = optional.IndexOf('<', StringComparison.Ordinal);
        var rest = end < 0 ? optional : optional[..end];
        return rest.Length < 2 ? (number.TrimEnd('<'), false) : (number + rest[..^1], Fits(number + rest[..^1], rest[^1]));
    }

    private static bool Fits(string text, char digit) => digit == '0' + CheckDigit(text);

    private static MachineReadableZone? Make(
        string type, string issuer, string number, string nationality, string names, string birth, string expires, char sex, bool isRight, DateOnly today)
    {
        if (number.Length < 3 || sex is not ('M' or 'F' or '<' or 'X'))
        {
            return null;
        }
        var parts = names.TrimEnd('<').Split("<<", 2);
        return new MachineReadableZone(
            type, Country(issuer), number, Country(nationality), parts[0].Replace('<', ' ').Trim(), parts.Length > 1 ? parts[1].Replace('<', ' ').Trim() : "",
            Day(birth, year => year > today.Year % 100 ? 1900 + year : 2000 + year), Day(expires, year => 2000 + year), sex is 'M' or 'F' ? sex.ToString() : "X", isRight);
    }

    private static string Country(string code)
    {
        var bare = code.TrimEnd('<');
        bare = bare == "D" ? "DEU" : bare;
        return CodeLists.Contains("country", bare) ? bare : "";
    }

    private static DateOnly? Day(string digits, Func<int, int> century) =>
        digits.All(char.IsAsciiDigit) && DateOnly.TryParseExact(century(int.Parse(digits[..2], CultureInfo.InvariantCulture)).ToString("0000", CultureInfo.InvariantCulture) + digits[2..], "yyyyMMdd",
            CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;
}
