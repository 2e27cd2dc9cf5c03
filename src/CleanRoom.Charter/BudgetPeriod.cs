using System.Globalization;

namespace CleanRoom.Charter;

/// <summary>The month or quarter of room time whose quota something is counted against.</summary>
public static class BudgetPeriod
{
    /// <summary>The month, <c>2026-12</c>.</summary>
    public static string MonthOf(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM", CultureInfo.InvariantCulture);

    /// <summary>The quarter, <c>2026-Q4</c>.</summary>
    public static string QuarterOf(DateTimeOffset time) => string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime.Year:0000}-Q{((time.UtcDateTime.Month - 1) / 3) + 1}");

    /// <summary>The quarter before that of a time.</summary>
    public static string QuarterBefore(DateTimeOffset time) =>
        QuarterOf(new DateTimeOffset(time.UtcDateTime.Year, (((time.UtcDateTime.Month - 1) / 3) * 3) + 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(-1));

    /// <summary>Whether a text is a quarter as <see cref="QuarterOf"/> writes it.</summary>
    public static bool IsQuarter(string text) =>
        text is [var a, var b, var c, var d, '-', 'Q', >= '1' and <= '4'] && char.IsAsciiDigit(a) && char.IsAsciiDigit(b) && char.IsAsciiDigit(c) && char.IsAsciiDigit(d);

    /// <summary>Whether the quota of a time's month counts as used up.</summary>
    /// <param name="time">Room time.</param>
    /// <param name="spentUntil">Nobody knows what was used until then, in entries that are lost (<see cref="Log.RoomState.SpentUntil"/>); null if nothing is lost.</param>
    public static bool IsMonthSpent(DateTimeOffset time, DateTimeOffset? spentUntil) => spentUntil is { } until && string.CompareOrdinal(MonthOf(time), MonthOf(until)) <= 0;

    /// <summary>The same for the quarter.</summary>
    public static bool IsQuarterSpent(DateTimeOffset time, DateTimeOffset? spentUntil) => spentUntil is { } until && string.CompareOrdinal(QuarterOf(time), QuarterOf(until)) <= 0;
}
