using System.Globalization;
using CleanRoom.Linkage.Models;
using CleanRoom.Records;
using CleanRoom.Records.Matching;

namespace CleanRoom.Linkage.Comparison;

/// <summary>How two birth dates agree.</summary>
public enum BirthAgreement
{
    /// <summary>Not known on one side.</summary>
    Unknown,

    /// <summary>No day in common and no slip of the pen explains it: two persons.</summary>
    Disjoint,

    /// <summary>A swap of day and month, or one digit, apart.</summary>
    Slip,

    /// <summary>Less than a year apart.</summary>
    Near,

    /// <summary>The periods overlap, at least one known to the year or worse.</summary>
    Compatible,

    /// <summary>The same month, known to the month.</summary>
    SameMonth,

    /// <summary>The same day.</summary>
    SameDay,
}

/// <summary>A birth date as a period.</summary>
/// <param name="Days">First and last possible day.</param>
/// <param name="IsDefault">True for 1 January and other placeholders: the year alone counts.</param>
/// <param name="Alternative">The other reading when day and month may be swapped, or null.</param>
public sealed record BirthPeriod(DayInterval Days, bool IsDefault, int? Alternative)
{
    /// <summary>Length in days.</summary>
    public int Length => Days.Last - Days.First + 1;
}

/// <summary>Compares birth periods (LINKAGE.md 6.4) with a model's weights in bits.</summary>
public static class BirthComparer
{
    /// <summary>Gives the level and its weight; unknown weighs nothing.</summary>
    public static (BirthAgreement Agreement, double Weight) Compare(BirthPeriod? first, BirthPeriod? second, BirthNumbers numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        if (first is null || second is null)
        {
            return (BirthAgreement.Unknown, 0);
        }
        if (first.Days.Overlaps(second.Days))
        {
            // u = chance that the periods of two strangers overlap.
            var u = Math.Min(1, (first.Length + second.Length - 1) / (numbers.Years * 365));
            var weight = Math.Min(numbers.Most, Math.Log2(numbers.Overlap / u));
            var longest = Math.Max(first.Length, second.Length);
            var level = longest == 1 ? BirthAgreement.SameDay : longest <= 31 ? BirthAgreement.SameMonth : BirthAgreement.Compatible;
            return (level, weight);
        }
        if (AlternativeMeets(first, second) || AlternativeMeets(second, first))
        {
            return (BirthAgreement.Slip, numbers.OtherReading);
        }
        if (first.Length == 1 && second.Length == 1)
        {
            var a = DayNumbers.ToDate(first.Days.First);
            var b = DayNumbers.ToDate(second.Days.First);
            if (a.Year == b.Year && a.Month == b.Day && a.Day == b.Month)
            {
                return (BirthAgreement.Slip, numbers.Swapped);
            }
            Span<char> textA = stackalloc char[8];
            Span<char> textB = stackalloc char[8];
            _ = a.TryFormat(textA, out _, "yyyyMMdd", CultureInfo.InvariantCulture) && b.TryFormat(textB, out _, "yyyyMMdd", CultureInfo.InvariantCulture);
            if (EditDistance.Between(textA, textB) == 1)
            {
                return (BirthAgreement.Slip, numbers.Digit);
            }
        }
        else if (first.Length <= 366 && second.Length <= 366)
        {
            // Years typed with one wrong digit.
            Span<char> a = stackalloc char[4];
            Span<char> b = stackalloc char[4];
            _ = DayNumbers.ToDate(first.Days.First).Year.TryFormat(a, out _, "0000", CultureInfo.InvariantCulture)
                && DayNumbers.ToDate(second.Days.First).Year.TryFormat(b, out _, "0000", CultureInfo.InvariantCulture);
            if (EditDistance.Between(a, b) == 1 && !a[..3].SequenceEqual(b[..3]))
            {
                return (BirthAgreement.Slip, numbers.YearDigit);
            }
        }
        var gap = Math.Max(second.Days.First - (long)first.Days.Last, first.Days.First - (long)second.Days.Last);
        return gap <= 366 ? (BirthAgreement.Near, numbers.Near) : (BirthAgreement.Disjoint, gap <= 3660 ? numbers.Decade : numbers.Disjoint);
    }

    private static bool AlternativeMeets(BirthPeriod first, BirthPeriod second) =>
        first.Alternative is { } day && second.Days.First <= day && day <= second.Days.Last;
}
