using System.Globalization;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Normalisation;

/// <summary>
/// Dates of other calendars as intervals of days. Persian: the framework's PersianCalendar (the Iranian law of 1925, by observation of the
/// equinox). Islamic: Umm al-Qura from 1318 to 1500, else the tabular calendar; a day wider on both sides, as the month begins with
/// the moon that is seen. Ethiopic: Dershowitz and Reingold, Calendrical Calculations, chapter 4 (fixed-from-ethiopic). Bikram Sambat: the
/// months have 29 to 32 days as each year's almanac says (bikram_sambat.txt, 1970 to 2083); of later years the interval is wide enough for all.
/// </summary>
internal static class Calendars
{
    private static readonly PersianCalendar Persian = new();
    private static readonly UmAlQuraCalendar UmAlQura = new();
    private static readonly HijriCalendar Tabular = new() { HijriAdjustment = 0 };

    /// <summary>The Persian year of a day.</summary>
    public static int PersianYear(DateOnly day) => Persian.GetYear(day.ToDateTime(TimeOnly.MinValue));

    /// <summary>Gives the days of a year (month 0), a month (day 0) or a day; null if there is no such day.</summary>
    public static PartialDate? Read(string calendar, int year, int month, int day) => calendar switch
    {
        "persian" when year is >= 1200 and <= 1500 => Of(calendar, Persian, year, month, day, 0),
        "islamic" when year is >= 1318 and <= 1500 => Of(calendar, UmAlQura, year, month, day, 1),
        "islamic" when year is >= 1250 and < 1318 => Of(calendar, Tabular, year, month, day, 1),
        "ethiopic" when year is >= 1850 and <= 2100 && month <= 13 => Ethiopic(year, month, day),
        "nepali" or "nepali-bs" when year is >= 1970 and <= 2110 && month <= 12 => Nepali(year, month, day),
        _ => null,
    };

    private static PartialDate? Of(string name, Calendar calendar, int year, int month, int day, int slack)
    {
        if (month > 12 || (day > 0 && day > (slack > 0 ? 30 : calendar.GetDaysInMonth(year, month))))
        {
            return null;
        }
        int First(int m, int d) => DayNumbers.FromDate(DateOnly.FromDateTime(calendar.ToDateTime(year, m, 1, 0, 0, 0, 0))) + d - 1;
        var (from, to) = month == 0 ? (First(1, 1), First(12, calendar.GetDaysInMonth(year, 12)))
            : day == 0 ? (First(month, 1), First(month, calendar.GetDaysInMonth(year, month)))
            : (First(month, day), First(month, day));
        if (month == 1 && day == 1)
        {
            // The first day of the year is what registries write when they know the year only.
            return Interval(name, from - slack, First(12, calendar.GetDaysInMonth(year, 12)), "DefaultFirstJanuary");
        }
        return Interval(name, from - slack, to + slack, slack > 0 ? "Range" : month == 0 ? "Year" : day == 0 ? "Month" : "Day");
    }

    private static PartialDate? Ethiopic(int year, int month, int day)
    {
        // Days of the common era (0001-01-01 = 1) before the year 1 of the Incarnation.
        const int BeforeYearOne = 2795;
        var length = month < 13 ? 30 : year % 4 == 3 ? 6 : 5;
        if (day > length)
        {
            return null;
        }
        int Day(int y, int m, int d) => DayNumbers.FromDate(DateOnly.FromDayNumber(BeforeYearOne + (365 * (y - 1)) + (y / 4) + (30 * (m - 1)) + d - 1));
        return month == 0 ? Interval("ethiopic", Day(year, 1, 1), Day(year + 1, 1, 1) - 1, "Year")
            : day == 0 ? Interval("ethiopic", Day(year, month, 1), Day(year, month, length), "Month")
            : Interval("ethiopic", Day(year, month, day), Day(year, month, day), "Day");
    }

    private static PartialDate? Nepali(int year, int month, int day)
    {
        if (year - NepaliFirstYear is var at && at >= 0 && at < NepaliMonths.Value.Count)
        {
            var months = NepaliMonths.Value[at];
            if (month > 0 && day > months.Lengths[month - 1])
            {
                return null;
            }
            var begins = months.First + months.Lengths.Take(Math.Max(0, month - 1)).Sum();
            return month == 0 ? Interval("nepali-bs", begins, begins + months.Lengths.Sum() - 1, "Year")
                : day == 0 ? Interval("nepali-bs", begins, begins + months.Lengths[month - 1] - 1, "Month")
                : Interval("nepali-bs", begins + day - 1, begins + day - 1, "Day");
        }
        var first = DayNumbers.FromDate(new DateOnly(year - 57, 4, 14));
        if (month == 0)
        {
            return Interval("nepali-bs", first - 1, first + 366, "Range");
        }
        var start = first + (int)((month - 1) * 30.44) + (month is >= 4 and <= 7 ? 3 : 1);
        return day == 0 ? Interval("nepali-bs", start - 2, start + 33, "Range") : Interval("nepali-bs", start + day - 3, start + day + 1, "Range");
    }

    private const int NepaliFirstYear = 1970;

    /// <summary>First day and lengths of the months, year by year.</summary>
    private static readonly Lazy<IReadOnlyList<(int First, int[] Lengths)>> NepaliMonths = new(() =>
    {
        var years = new List<(int, int[])>();
        var first = DayNumbers.FromDate(new DateOnly(1913, 4, 13));
        foreach (var line in TableFile.Lines("normalisation/bikram_sambat.txt"))
        {
            int[] lengths = [.. line[1].Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
            years.Add((first, lengths));
            first += lengths.Sum();
        }
        return years;
    });

    private static PartialDate Interval(string calendar, int from, int to, string precision)
    {
        static string Iso(int day) => DayNumbers.ToDate(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return new PartialDate { Edtf = from == to ? Iso(from) : $"{Iso(from)}/{Iso(to)}", EarliestDay = from, LatestDay = to, Precision = precision, Calendar = calendar };
    }
}
