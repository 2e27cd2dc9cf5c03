using System.Globalization;
using System.Text.RegularExpressions;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Normalisation;

/// <summary>Which number comes first in dates such as 03/04/2021.</summary>
public enum DateOrder
{
    /// <summary>No row of the column says it.</summary>
    Unknown,

    /// <summary>Day first.</summary>
    DayFirst,

    /// <summary>Month first.</summary>
    MonthFirst,

    /// <summary>Dates in words stand month first; no date in figures proves it.</summary>
    LikelyMonthFirst,
}

/// <summary>Dates known in part, in several calendars, and ages (DATA.md 1.1 rule 6).</summary>
public static partial class Dates
{
    // "calendar number | words"; the calendar "any" is the one that the year tells.
    private static readonly Lazy<IReadOnlyList<(string Word, string Calendar, int Month)>> Months = new(() =>
        [.. TableFile.Lines("normalisation/months.txt").SelectMany(l => l.Skip(1).Select(w => (Word: Text.FoldWords(w), Calendar: l[0].Split(' ')[0], Month: int.Parse(l[0].Split(' ')[1], CultureInfo.InvariantCulture))))
            .OrderByDescending(w => w.Word.Length).ThenBy(w => w.Word, StringComparer.Ordinal)]);

    private static readonly string[] AgeWords =
        ["age", "aged", "yrs", "yr", "years", "year old", "y o", "yo", "ans", "anos", "edad", "jahre", "лет", "год", "года", "возраст", "سنة", "سنوات", "عمر", "العمر", "عمرها", "عمره", "عام", "عاما", "อายุ", "ปี", "ขวบ", "tuoi", "ឆ្នាំ", "អាយុ", "ອາຍຸ", "ປີ", "နှစ်", "အသက်", "tahun", "років", "роки", "рік", "gulang", "taong gulang", "taon", "سن", "ساله", "سال", "ዓመት", "godina", "lat", "yas", "yasinda", "বছর", "वर्ष", "साल", "岁", "歲", "세", "歳"];

    /// <summary>Reads a date or, where <paramref name="agesAllowed"/>, an age; null if the cell holds neither.</summary>
    /// <param name="cell">The cell.</param>
    /// <param name="order">Which of two small numbers is the day.</param>
    /// <param name="countries">Countries that the record points to: they tell the calendars apart.</param>
    /// <param name="agesAllowed">True for birth columns.</param>
    /// <param name="reference">When the person was seen: an age is counted from there.</param>
    /// <param name="today">No date read lies after this day.</param>
    public static PartialDate? Read(string cell, DateOrder order, IReadOnlyList<string> countries, bool agesAllowed, PartialDate? reference, DateOnly today)
    {
        var text = Text.AsciiDigits(cell).Trim();
        if (text.Length is 0 or > 64)
        {
            return null;
        }
        var approximate = text.StartsWith('~') || text.Contains('?', StringComparison.Ordinal) || CirPattern().IsMatch(text);
        var date = Range(text, order, countries, today)
            ?? (agesAllowed ? Age(text, reference, today) : null)
            ?? Single(text, order, countries, today);
        if (date is null)
        {
            return null;
        }
        date.Raw = Text.Clean(cell, 64);
        date.Approximate |= approximate;
        if (date.Approximate && date.Precision is "Day" or "Month" or "Year" && date.Approximate)
        {
            date.Edtf += text.Contains('?', StringComparison.Ordinal) ? "?" : "~";
        }
        return date;
    }

    /// <summary>Tells which order one cell proves: one number above 12, the other not.</summary>
    public static DateOrder OrderOf(string cell)
    {
        var match = ThreePartPattern().Match(Text.AsciiDigits(cell).Trim());
        if (!match.Success || match.Groups[1].Length > 2)
        {
            return DateOrder.Unknown;
        }
        var first = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
        var second = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        return first > 12 && second is >= 1 and <= 12 ? DateOrder.DayFirst : second > 12 && first is >= 1 and <= 12 ? DateOrder.MonthFirst : DateOrder.Unknown;
    }

    /// <summary>True if a cell names a year that is past in the Islamic calendar and not yet come in the Persian: its file counts by the moon.</summary>
    internal static bool IsIslamicOnly(string cell, DateOnly today) =>
        YearsPattern().Matches(Text.AsciiDigits(cell)).Any(m => int.Parse(m.Value, CultureInfo.InvariantCulture) is var year && year > Calendars.PersianYear(today) && year <= 1500);

    /// <summary>What a date in words says of the order in which its writer would put figures: "March 5, 2020" or "5 March 2020".</summary>
    internal static DateOrder OrderOfWords(string cell)
    {
        var match = WordsPattern().Match(Text.AsciiDigits(cell).Trim());
        return !match.Success ? DateOrder.Unknown : match.Groups[1].Success ? DateOrder.LikelyMonthFirst : DateOrder.DayFirst;
    }

    /// <summary>A date of one day.</summary>
    public static PartialDate Day(DateOnly day, string calendar = "gregory") => Interval(day, day, day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), "Day", calendar);

    private static PartialDate? Range(string text, DateOrder order, IReadOnlyList<string> countries, DateOnly today)
    {
        var match = IsoRangePattern().Match(text);
        if (!match.Success)
        {
            return null;
        }
        var from = Single(match.Groups[1].Value, order, countries, today);
        var to = Single(match.Groups[2].Value, order, countries, today);
        return from is null || to is null || to.LatestDay < from.EarliestDay
            ? null
            : new PartialDate { Edtf = $"{from.Edtf}/{to.Edtf}", EarliestDay = from.EarliestDay, LatestDay = to.LatestDay, Precision = "Range", Calendar = from.Calendar };
    }

    private static PartialDate? Age(string text, PartialDate? reference, DateOnly today)
    {
        var decade = DecadePattern().Match(text);
        if (decade.Success)
        {
            var low = int.Parse(decade.Groups[1].Value, CultureInfo.InvariantCulture);
            return FromAge(low, low + 9, Reference("", reference, today));
        }
        var match = AgePattern().Match(text);
        if (!match.Success)
        {
            return null;
        }
        var age = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
        var words = Text.FoldWords(match.Groups[1].Value + " " + match.Groups[3].Value);
        var marked = words.Length > 0 && AgeWords.Any(w => Text.FindPhrase(words, w) >= 0);
        if (age is < 0 or > 110 || (words.Length > 0 && !marked))
        {
            return null;
        }
        var about = match.Groups[1].Value.Contains('~', StringComparison.Ordinal) || match.Groups[3].Value.Contains('?', StringComparison.Ordinal) ? 2 : 0;
        var date = FromAge(Math.Max(0, age - about), age + about, Reference(match.Groups[4].Value, reference, today));
        date.Approximate = about > 0;
        return date;
    }

    /// <summary>The days on which the age was true: a year written beside it, else the day the person was seen, else any time up to today.</summary>
    private static (DateOnly First, DateOnly Last) Reference(string year, PartialDate? seen, DateOnly today)
    {
        if (year.Length == 4 && Gregorian(int.Parse(year, CultureInfo.InvariantCulture), [], today) is var (_, known) && known > 0)
        {
            var first = new DateOnly(known, 1, 1);
            var last = new DateOnly(known, 12, 31);
            if (seen is not null && seen.EarliestDay <= DayNumbers.FromDate(last) && seen.LatestDay >= DayNumbers.FromDate(first))
            {
                return (Max(first, DayNumbers.ToDate(seen.EarliestDay)), Min(last, DayNumbers.ToDate(seen.LatestDay)));
            }
            return (first, last);
        }
        return seen is not null ? (DayNumbers.ToDate(seen.EarliestDay), DayNumbers.ToDate(seen.LatestDay)) : (today.AddYears(-10), today);
    }

    private static PartialDate FromAge(int low, int high, (DateOnly First, DateOnly Last) at)
    {
        var earliest = at.First.AddYears(-(high + 1)).AddDays(1);
        var latest = at.Last.AddYears(-low);
        return Interval(earliest, latest, $"{Iso(earliest)}/{Iso(latest)}", "AgeDerived", "gregory");
    }

    private static PartialDate? Single(string text, DateOrder order, IReadOnlyList<string> countries, DateOnly today)
    {
        var marked = CalendarMarks.FirstOrDefault(m => text.Contains(m.Mark, StringComparison.OrdinalIgnoreCase));
        if (marked.Calendar is not null && YearsPattern().Match(text) is { Success: true } written)
        {
            // A mark counts only where the year can be one of that calendar.
            var number = int.Parse(written.Value, CultureInfo.InvariantCulture);
            if (marked.Calendar == "ethiopic" ? number is >= 1850 and <= 2100 : number is >= 1250 and <= 1500)
            {
                countries = [.. countries, marked.Country];
            }
        }
        var compact = CompactPattern().Match(text);
        if (compact.Success)
        {
            return Build(Int(compact, 1), Int(compact, 2), Int(compact, 3), countries, today);
        }
        var match = HanPattern().Match(HanNumbers().Replace(text, m => HanNumber(m.Value)));
        if (match.Success)
        {
            return Build(Int(match, 1), match.Groups[2].Success ? Int(match, 2) : 0, match.Groups[3].Success ? Int(match, 3) : 0, countries, today);
        }
        match = ThreePartPattern().Match(text);
        // One digit is a day behind a year, and no year behind a day.
        if (match.Success && (match.Groups[1].Length == 4 || match.Groups[3].Length > 1))
        {
            var (a, b, c) = (Int(match, 1), Int(match, 2), Int(match, 3));
            if (match.Groups[1].Length == 4)
            {
                return Build(a, b, c, countries, today);
            }
            var year = match.Groups[3].Length == 2 ? TwoDigitYear(c, today) : c;
            if (a > 12 || order == DateOrder.DayFirst)
            {
                return Build(year, b, a, countries, today);
            }
            if (b > 12 || order == DateOrder.MonthFirst)
            {
                return Build(year, a, b, countries, today);
            }
            if (order == DateOrder.LikelyMonthFirst)
            {
                (a, b) = (b, a);
            }
            var date = Build(year, b, a, countries, today);
            if (date is not null && a != b && Build(year, a, b, countries, today) is { } other)
            {
                date.SwappedDayMonthPossible = true;
                date.HasAlternative = true;
                date.AlternativeDay = other.EarliestDay;
            }
            return date;
        }
        match = TwoPartPattern().Match(text);
        if (match.Success)
        {
            return match.Groups[1].Length == 4 ? Build(Int(match, 1), Int(match, 2), 0, countries, today)
                : match.Groups[2].Length == 4 ? Build(Int(match, 2), Int(match, 1), 0, countries, today)
                : null;
        }
        match = YearPattern().Match(text);
        if (match.Success)
        {
            // "janvier 2024": the word beside the year may be its month.
            return (text.Any(char.IsLetter) ? Named(text, countries, today) : null) ?? Build(Int(match, 1), 0, 0, countries, today);
        }
        return Named(text, countries, today);
    }

    /// <summary>"一九九五" and "十二" in figures; a run of four signs or more is read sign by sign.</summary>
    private static string HanNumber(string signs)
    {
        const string Digits = "〇一二三四五六七八九";
        int Digit(char sign) => sign is '零' or '○' ? 0 : Digits.IndexOf(sign, StringComparison.Ordinal);
        var ten = signs.IndexOf('十', StringComparison.Ordinal);
        if (ten < 0)
        {
            return string.Concat(signs.Select(s => (char)('0' + Digit(s))));
        }
        var tens = ten == 0 ? 1 : Digit(signs[ten - 1]);
        var ones = ten == signs.Length - 1 ? 0 : Digit(signs[ten + 1]);
        return ((10 * tens) + ones).ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Dates with the month as a word: "2 Nov 1993", "Oct 5 1992", "5 mai 2020".</summary>
    private static PartialDate? Named(string text, IReadOnlyList<string> countries, DateOnly today)
    {
        var words = Text.FoldWords(text);
        foreach (var (word, calendar, month) in Months.Value)
        {
            var at = Text.FindPhrase(words, word);
            if (at < 0)
            {
                continue;
            }
            var numbers = NumberPattern().Matches(words.Remove(at, word.Length)).Select(m => int.Parse(m.Value, CultureInfo.InvariantCulture)).ToArray();
            var year = numbers.FirstOrDefault(n => n > 1000);
            var day = numbers.FirstOrDefault(n => n is >= 1 and <= 31);
            if (year == 0)
            {
                return null;
            }
            day = numbers.Length > 1 ? day : 0;
            return calendar == "any" || (calendar == "persian" && year >= 1600) ? Build(year, month, day, countries, today) : Calendars.Read(calendar, year, month, day);
        }
        var monthNumber = MonthWordPattern().Match(Text.Fold(text));
        return monthNumber.Success ? Build(Int(monthNumber, 2), Int(monthNumber, 1), 0, countries, today) : null;
    }

    private static PartialDate? Build(int year, int month, int day, IReadOnlyList<string> countries, DateOnly today)
    {
        var (calendar, western) = Gregorian(year, countries, today);
        if (western == 0 || month is < 0 or > 13 || day is < 0 or > 32)
        {
            return null;
        }
        if (calendar is not "gregory" and not "buddhist")
        {
            return Calendars.Read(calendar, year, month, day);
        }
        if (month > 12)
        {
            return null;
        }
        if (month == 0)
        {
            return Interval(new DateOnly(western, 1, 1), new DateOnly(western, 12, 31), DayNumbers.Year(western), "Year", calendar);
        }
        var last = DateTime.DaysInMonth(western, month);
        if (day == 0)
        {
            return Interval(new DateOnly(western, month, 1), new DateOnly(western, month, last), $"{DayNumbers.Year(western)}-{Two(month)}", "Month", calendar);
        }
        if (day > last)
        {
            return null;
        }
        var date = Day(new DateOnly(western, month, day), calendar);
        if (month == 1 && day == 1)
        {
            // 1 January is what registries write when they know the year only.
            date.Precision = "DefaultFirstJanuary";
            date.LatestDay = DayNumbers.FromDate(new DateOnly(western, 12, 31));
        }
        return date;
    }

    /// <summary>Calendar and western year; year 0 if the number is no year.</summary>
    private static (string Calendar, int Year) Gregorian(int year, IReadOnlyList<string> countries, DateOnly today)
    {
        if (year is >= 2400 and <= 2700)
        {
            return ("buddhist", year - 543);
        }
        if (year is >= 2030 and <= 2100 && (countries.Contains("NPL") || year > today.Year + 10))
        {
            return countries.Contains("NPL") ? ("nepali-bs", year - 57) : ("", 0);
        }
        if (year is >= 1250 and <= 1500)
        {
            // Both calendars of the Hijra are in use at the same time; the solar one runs about forty years behind.
            var solar = countries.LastOrDefault(c => c is "persian" or "islamic") is { } said ? said == "persian" : countries.Contains("IRN") || countries.Contains("AFG");
            return solar && year <= Calendars.PersianYear(today) ? ("persian", year + 621) : ("islamic", year);
        }
        if (countries.Contains("ethiopic") && year is >= 1850 and <= 2100)
        {
            return ("ethiopic", year + 8);
        }
        return year is >= 1600 and <= 2100 ? ("gregory", year) : ("", 0);
    }

    /// <summary>Signs of an era beside a year. The last column is what tells the calendar apart in <see cref="Gregorian"/>.</summary>
    private static readonly (string Mark, string Calendar, string Country)[] CalendarMarks =
    [
        ("هـ.ش", "persian", "persian"), ("ه.ش", "persian", "persian"), ("ه. ش", "persian", "persian"), ("هجری شمسی", "persian", "persian"), ("خورشیدی", "persian", "persian"),
        ("هـ", "islamic", "islamic"), ("ه.ق", "islamic", "islamic"), ("هجري", "islamic", "islamic"), ("هجری قمری", "islamic", "islamic"), (" AH", "islamic", "islamic"), ("A.H.", "islamic", "islamic"),
        ("ዓ.ም", "ethiopic", "ethiopic"), ("ዓ/ም", "ethiopic", "ethiopic"), ("ዓም", "ethiopic", "ethiopic"), ("E.C", "ethiopic", "ethiopic"), (" EC", "ethiopic", "ethiopic"),
    ];

    private static int TwoDigitYear(int year, DateOnly today) => year + (year > today.Year % 100 ? 1900 : 2000);

    private static PartialDate Interval(DateOnly first, DateOnly last, string edtf, string precision, string calendar) => new()
    {
        Edtf = edtf,
        EarliestDay = DayNumbers.FromDate(first),
        LatestDay = DayNumbers.FromDate(last),
        Precision = precision,
        Calendar = calendar,
    };

    private static string Iso(DateOnly date) => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Two(int number) => number.ToString("00", CultureInfo.InvariantCulture);

    private static int Int(Match match, int group) => int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    private static DateOnly Max(DateOnly a, DateOnly b) => a > b ? a : b;

    private static DateOnly Min(DateOnly a, DateOnly b) => a < b ? a : b;

    [GeneratedRegex(@"^([0-9]{4}(?:-[0-9]{1,2}){0,2})\s*(?:/|\.\.|–|to)\s*([0-9]{4}(?:-[0-9]{1,2}){0,2})$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex IsoRangePattern();

    [GeneratedRegex(@"^([1-9]0)\s*'?s$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex DecadePattern();

    [GeneratedRegex(@"^([^0-9]*)([0-9]{1,3})([^0-9(]*)(?:\(?\s*([0-9]{4})\s*\)?)?\s*$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex AgePattern();

    [GeneratedRegex(@"^(1[6-9][0-9]{2}|20[0-9]{2}|2[45][0-9]{2})([0-9]{2})([0-9]{2})$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex CompactPattern();

    [GeneratedRegex(@"^\D{0,6}?([0-9]{4})\s*[年년]\s*(?:([0-9]{1,2})\s*[月월]\s*(?:([0-9]{1,2})\s*[日号號일])?)?\D{0,6}$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex HanPattern();

    [GeneratedRegex("[〇零○一二三四五六七八九]{4}(?=年)|[一二三]?十[一二三四五六七八九]?(?=[月日号號])|[一二三四五六七八九](?=[月日号號])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex HanNumbers();

    [GeneratedRegex(@"^\D{0,12}?([0-9]{1,4})\s*[-/.]\s*([0-9]{1,2})\s*[-/.]\s*([0-9]{1,4})(?:[T ][0-9:.Z+]*)?[^0-9]{0,14}$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex ThreePartPattern();

    [GeneratedRegex(@"^\D{0,12}?([0-9]{1,4})\s*[-/.]\s*([0-9]{1,4})\??$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex TwoPartPattern();

    [GeneratedRegex(@"^[^0-9/]{0,14}([0-9]{4})[^0-9/]{0,6}$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex YearPattern();

    [GeneratedRegex("(?<![0-9])[0-9]{4}(?![0-9])", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex YearsPattern();

    [GeneratedRegex(@"^(?:(\p{L}[\p{L}\p{M}]{2,11}\.?\s+[0-9]{1,2}\s*,\s*[0-9]{4})|[0-9]{1,2}\s+\p{L}[\p{L}\p{M}]{2,11}\.?\s+[0-9]{4})$", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex WordsPattern();

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"(?:thang|เดือน|ខែ|ເດືອນ|月|month|mes|mois)\s*([0-9]{1,2})\D{1,10}([0-9]{4})", RegexOptions.CultureInvariant, Patterns.Timeout)]
    private static partial Regex MonthWordPattern();

    [GeneratedRegex(@"\b(?:about|approx|circa|ca|c\.|environ|aprox|около|примерно|khoảng|ประมาณ|حوالي)\b", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, Patterns.Timeout)]
    private static partial Regex CirPattern();
}
