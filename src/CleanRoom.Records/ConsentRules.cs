using CleanRoom.Records.V1;

namespace CleanRoom.Records;

/// <summary>When a consent is in force. No entry = not asked = refused; for several victims the strictest counts.</summary>
public static class ConsentRules
{
    /// <summary>True if the purpose is granted and unexpired on <paramref name="day"/> for every person that the record's entries name.</summary>
    public static bool IsLive(CaseRecord record, string purpose, DateOnly day)
    {
        ArgumentNullException.ThrowIfNull(record);
        var number = DayNumbers.FromDate(day);
        var latest = record.Consents.Where(c => c.Purpose == purpose).GroupBy(c => c.PersonKey).Select(g => g.Last()).ToList();
        return latest.Count > 0 && latest.TrueForAll(c => c.State is "Granted" or "Substituted" && number >= c.ObtainedDay && (c.ExpiresDay == 0 || number < c.ExpiresDay));
    }

    /// <summary>Gives the live purposes as short codes (C1, C2, ...), in order.</summary>
    public static IReadOnlyList<string> LivePurposes(CaseRecord record, DateOnly day) =>
        [.. record.Consents.Select(c => c.Purpose).Distinct().Where(p => IsLive(record, p, day)).Select(p => p.Split('_')[0]).Order(StringComparer.Ordinal)];
}
