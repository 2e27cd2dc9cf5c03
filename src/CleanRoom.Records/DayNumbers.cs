using System.Globalization;

namespace CleanRoom.Records;

/// <summary>Days since 1970-01-01 (proleptic Gregorian), the unit of every date in a case record.</summary>
public static class DayNumbers
{
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>Gives the day number of a date.</summary>
    public static int FromDate(DateOnly date) => date.DayNumber - Epoch;

    /// <summary>Gives the date of a day number, clamped to years 1 to 9999.</summary>
    public static DateOnly ToDate(int day) =>
        DateOnly.FromDayNumber((int)Math.Clamp(day + (long)Epoch, 0L, DateOnly.MaxValue.DayNumber));

    /// <summary>Gives four digits.</summary>
    internal static string Year(int year) => year.ToString("0000", CultureInfo.InvariantCulture);
}
