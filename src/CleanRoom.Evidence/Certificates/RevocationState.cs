using System.Collections.Immutable;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Certificates;

/// <summary>What is known about revocations by one authority.</summary>
/// <param name="Field">Name of the list, for people.</param>
/// <param name="NextUpdate">When the list at hand is due to be replaced; null if there is none that verifies.</param>
internal sealed record RevocationState(string Field, DateTimeOffset? NextUpdate)
{
    /// <summary>Finds the newest list that an authority signed, and says which of its certificates it lists.</summary>
    /// <param name="field">Name of the list, for people.</param>
    /// <param name="authority">Whose list.</param>
    /// <param name="issued">Certificates by that authority.</param>
    /// <param name="lists">Lists at hand.</param>
    /// <param name="time">The time of appraisal: a list from the future does not count.</param>
    /// <param name="memory">A list older than one that was seen before does not count.</param>
    /// <param name="revoked">Those that stand on the list; also on one that is late.</param>
    public static RevocationState Of(
        string field, Certificate authority, IEnumerable<Certificate> issued, ImmutableArray<RevocationList> lists, DateTimeOffset time, CollateralMemory memory,
        out ImmutableArray<Certificate> revoked)
    {
        var newest = lists.Where(list => list.ThisUpdate <= time && list.IsIssuedBy(authority)).MaxBy(list => list.ThisUpdate);
        revoked = newest is null ? [] : [.. issued.Where(newest.Lists)];

        // What an old list says is true; that nothing else was revoked since, it does not say.
        return new RevocationState(field, newest is null || newest.ThisUpdate < memory.LeastUpdate(authority) ? null : newest.NextUpdate);
    }
}
