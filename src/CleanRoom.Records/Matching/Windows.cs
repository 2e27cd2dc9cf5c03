using CleanRoom.Records.V1;

namespace CleanRoom.Records.Matching;

/// <summary>Calendar windows: two dates in one window are never further apart than it is long, whatever else is there. Who stands near an edge is missed, and nobody moves an edge.</summary>
internal static class Windows
{
    /// <summary>The window in which a date surely lies.</summary>
    /// <param name="date">The date; none or a vague one lies in none.</param>
    /// <param name="months">Its length, a part of a year.</param>
    /// <returns>Its number since the year 0; null if the date may lie in two.</returns>
    public static int? Of(PartialDate? date, int months) =>
        date is { Approximate: false, SwappedDayMonthPossible: false, Precision: not ("" or "Unknown" or "DefaultFirstJanuary") } && date.LatestDay >= date.EarliestDay
            && Number(date.EarliestDay, months) is var window && window == Number(date.LatestDay, months)
                ? window
                : null;

    private static int Number(int day, int months) => DayNumbers.ToDate(day) is var date ? ((date.Year * 12) + date.Month - 1) / months : 0;
}
