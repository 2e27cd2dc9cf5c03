using System.Collections.Frozen;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Matching;

/// <summary>The way on which a record says that persons were brought (DATA.md §4.2, Q10).</summary>
/// <param name="Points">Country and ISO 3166-2 region in order, no two alike next to each other; three at least.</param>
/// <param name="HalfYear">When it ended: half-years since the year 0.</param>
/// <param name="Codes">How they were recruited, "list:code", each once.</param>
public sealed record CaseRoute(IReadOnlyList<(string Country, string Admin1)> Points, int HalfYear, IReadOnlyList<string> Codes);

/// <summary>Routes of records.</summary>
public static class Routes
{
    private const int LeastPoints = 3;
    private const int HalfYearMonths = 6;

    /// <summary>Where in a route an event stands, whatever its number: nobody is moved before she is recruited. Events of other kinds are no part of it.</summary>
    private static readonly FrozenDictionary<string, int> Stages = new Dictionary<string, int>(StringComparer.Ordinal)
    {
        ["Recruitment"] = 0,
        ["Departure"] = 1,
        ["Transit"] = 2,
        ["BorderCrossing"] = 2,
        ["TransferOrSale"] = 2,
        ["Exploitation"] = 2,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Gives a record's route.</summary>
    /// <returns>Null if fewer than three points are known by region, nothing says in which half-year it ended, or nothing says how the persons were recruited.</returns>
    public static CaseRoute? Of(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var events = record.Events.Where(item => Stages.ContainsKey(item.Type) && item.Place is { Protected: false }).OrderBy(item => Stages[item.Type]).ThenBy(item => item.Seq).ToList();
        var points = new List<(string Country, string Admin1)>();
        foreach (var point in events.Select(item => RegionOf(item.Place)).OfType<(string, string)>())
        {
            if (points.Count == 0 || points[^1] != point)
            {
                points.Add(point);
            }
        }

        if (points.Count < LeastPoints)
        {
            return null;
        }

        var ended = Windows.Of(events[^1].When ?? (record.Exploitation is [{ } only] ? only.Start : null), HalfYearMonths);
        var codes = record.Exploitation.SelectMany(item => (IEnumerable<string>)
        [
            .. Codes("recruitmentMethod", item.RecruitmentMethods, "recruitmentMethod"), .. Codes("platform", item.PlatformsRecruitment, "platformRecruitment"),
            .. Codes("platform", item.PlatformsExploitation, "platformExploitation"),
        ]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return ended is null || codes.Count == 0 ? null : new CaseRoute(points, ended.Value, codes);
    }

    /// <summary>A place's country and region, by its code or by names that the gazetteer knows; null if either is not known. Never a word of the record.</summary>
    internal static (string Country, string Admin1)? RegionOf(Place? place)
    {
        if (place is null || !CodeLists.Contains("country", place.Country))
        {
            return null;
        }

        var alpha2 = Countries.Alpha2(place.Country);
        var region = IsRegionOf(alpha2, place.Admin1) ? place.Admin1 : new[] { place.Admin1, place.Locality }.Select(name => name.Length == 0 ? null : Gazetteer.Find(name))
            .FirstOrDefault(known => known?.Country == place.Country && IsRegionOf(alpha2, known.Admin1))?.Admin1;
        return region is null ? null : (place.Country, region);
    }

    /// <summary>Codes of a shipped list, with what they say about; "other" is nothing in common.</summary>
    internal static IEnumerable<string> Codes(string list, IEnumerable<string> codes, string about) =>
        codes.Where(code => code is not ("Other" or "Unknown" or "NotSpecified") && CodeLists.Contains(list, code)).Select(code => $"{about}:{code}");

    private static bool IsRegionOf(string? alpha2, string text) =>
        alpha2 is not null && text.Length is >= 4 and <= 6 && text.StartsWith(alpha2 + "-", StringComparison.Ordinal) && text[3..].All(letter => char.IsAsciiLetterUpper(letter) || char.IsAsciiDigit(letter));
}
