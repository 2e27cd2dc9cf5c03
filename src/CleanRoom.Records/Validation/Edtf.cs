using System.Globalization;
using System.Text.RegularExpressions;

namespace CleanRoom.Records.Validation;

/// <summary>
/// Dates of ISO 8601-2:2019 (EDTF) level 1, as far as a case record uses them: years, months, days, seasons 21 to 24, X for digits that are
/// not known, the qualifiers ? ~ %, and intervals with open or unknown ends. Years 0001 to 9999; no year before them, no letter Y.
/// </summary>
public static partial class Edtf
{
    /// <summary>Gives the first and the last day that a text may mean, in days since 1970-01-01; false if it is no such text.</summary>
    public static bool TryParse(string? text, out int earliest, out int latest)
    {
        (earliest, latest) = (0, 0);
        if (text is null || text.Length is 0 or > 64)
        {
            return false;
        }
        var parts = text.Split('/');
        if (parts.Length == 1)
        {
            return Single(text, out earliest, out latest);
        }
        if (parts.Length != 2 || (IsOpen(parts[0]) && IsOpen(parts[1])))
        {
            return false;
        }
        earliest = DayNumbers.FromDate(DateOnly.MinValue);
        latest = DayNumbers.FromDate(DateOnly.MaxValue);
        return (IsOpen(parts[0]) || Single(parts[0], out earliest, out _)) && (IsOpen(parts[1]) || Single(parts[1], out _, out latest)) && earliest <= latest;
    }

    private static bool IsOpen(string part) => part is "" or "..";

    private static bool Single(string text, out int earliest, out int latest)
    {
        (earliest, latest) = (0, 0);
        var match = DatePattern().Match(text);
        if (!match.Success)
        {
            return false;
        }
        var year = match.Groups[1].Value;
        var first = int.Parse(year.Replace('X', '0'), CultureInfo.InvariantCulture);
        var last = int.Parse(year.Replace('X', '9'), CultureInfo.InvariantCulture);
        if (last == 0 || (match.Groups[2].Success && year.Contains('X', StringComparison.Ordinal)))
        {
            return false;
        }
        first = Math.Max(1, first);
        var (month, day) = (match.Groups[2].Value, match.Groups[3].Value);
        if (month is "" or "XX")
        {
            if (day is not ("" or "XX"))
            {
                return false;
            }
            (earliest, latest) = (Day(first, 1, 1), Day(last, 12, 31));
            return true;
        }
        var m = int.Parse(month, CultureInfo.InvariantCulture);
        if (m is >= 21 and <= 24 && day.Length == 0)
        {
            // Spring to winter are not the same months everywhere: any day of the year, and for a winter of the next one too.
            (earliest, latest) = (Day(first, 1, 1), m == 24 && first < 9999 ? Day(first + 1, 3, 31) : Day(first, 12, 31));
            return true;
        }
        if (m is < 1 or > 12)
        {
            return false;
        }
        var length = DateTime.DaysInMonth(first, m);
        if (day is "" or "XX")
        {
            (earliest, latest) = (Day(first, m, 1), Day(first, m, length));
            return true;
        }
        var d = int.Parse(day, CultureInfo.InvariantCulture);
        if (d < 1 || d > length)
        {
            return false;
        }
        earliest = latest = Day(first, m, d);
        return true;
    }

    private static int Day(int year, int month, int day) => DayNumbers.FromDate(new DateOnly(year, month, day));

    [GeneratedRegex("^([0-9]{4}|[0-9]{3}X|[0-9]{2}XX)(?:-([0-9]{2}|XX)(?:-([0-9]{2}|XX))?)?[?~%]?$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex DatePattern();
}
