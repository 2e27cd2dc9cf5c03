using System.Text.Json.Nodes;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Tables;

namespace CleanRoom.Charter.Groups;

/// <summary>What persons of a group have in common.</summary>
public enum GroupBy
{
    /// <summary>Q10: the way on which they were brought, and how they were recruited.</summary>
    Route,

    /// <summary>Q12: where and when they were exploited, by nobody knows whom.</summary>
    Place,

    /// <summary>Q13: how they were recruited, held and exploited, and between which countries.</summary>
    Pattern,
}

/// <summary>Groups of persons of several contributors who have something in common that identifies nobody (DATA.md §4.2, Q10, Q12 and Q13): told in bands and codes, on a calendar.</summary>
/// <param name="By">What they have in common.</param>
/// <param name="Period">How often groups are released.</param>
/// <param name="K">Least persons of a group, whichever contributor is left out.</param>
/// <param name="Contributors">Least contributors of a group.</param>
public sealed record GroupTerms(GroupBy By, TablePeriod Period, int K, int Contributors)
{
    internal const int LeastK = 5;
    internal const int LeastContributors = 2;

    /// <summary>The consent under which they are told, besides the one to be compared.</summary>
    public ConsentPurpose Needs => By switch
    {
        GroupBy.Route => ConsentPurpose.LeNonIdentifying,
        GroupBy.Place => ConsentPurpose.TellNgo,
        _ => ConsentPurpose.BlindMatch,
    };

    /// <summary>Whether agencies may be told.</summary>
    public bool MayReachAgencies => By == GroupBy.Route;

    /// <summary>
    /// Whether persons may be told of as a group. Without any one contributor there are still enough: so nobody's own records, true or made up, help to show a smaller group of others, and who takes its own away knows of no fewer.
    /// </summary>
    /// <param name="persons">Each once, with who holds a record that puts the person into the group.</param>
    public bool IsSafe(IReadOnlyCollection<IReadOnlyCollection<MemberId>> persons) =>
        persons.SelectMany(holders => holders).Distinct().Count() >= Contributors && LeastWithoutOne(persons) >= K;

    /// <summary>How many persons there are at least, whichever contributor is left out: what is told of their number, so that nobody's own records move it past what the others hold.</summary>
    /// <param name="persons">Each once, with who holds a record that puts the person into the group.</param>
    public static int LeastWithoutOne(IReadOnlyCollection<IReadOnlyCollection<MemberId>> persons)
    {
        ArgumentNullException.ThrowIfNull(persons);
        return persons.SelectMany(holders => holders).Distinct().Select(left => persons.Count(holders => holders.Any(holder => holder != left))).DefaultIfEmpty().Min();
    }

    internal JsonObject ToJson() => new()
    {
        ["by"] = By.ToString().ToLowerInvariant(),
        ["contributors"] = Contributors,
        ["k"] = K,
        ["period"] = Period.ToString().ToLowerInvariant(),
    };

    internal static GroupTerms? Read(JsonFields fields)
    {
        var by = fields.OneOf("by", [.. Enum.GetNames<GroupBy>().Select(name => name.ToLowerInvariant())]);
        var contributors = fields.Int("contributors", LeastContributors, 64);
        var k = fields.Int("k", LeastK, 10_000);
        var period = fields.OneOf("period", "quarter", "year");
        fields.End();
        return by is null || contributors is null || k is null || period is null
            ? null
            : new GroupTerms(Enum.Parse<GroupBy>(by, ignoreCase: true), Enum.Parse<TablePeriod>(period, ignoreCase: true), k.Value, contributors.Value);
    }
}
