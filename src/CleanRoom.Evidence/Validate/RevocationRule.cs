using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>How a charter treats revocation lists that are missing or late.</summary>
/// <param name="Required">False: a missing list is a notice. Only where no charter speaks, or where it says so itself.</param>
/// <param name="Grace">How long after its next update a list still counts.</param>
internal sealed record RevocationRule(bool Required, TimeSpan Grace)
{
    /// <summary>Most days of grace that a charter can give.</summary>
    public const int MaxGraceDays = 90;

    /// <summary>Needed, and current.</summary>
    public static RevocationRule Default { get; } = new(Required: true, TimeSpan.Zero);

    /// <summary>Where no charter speaks: what is there must be current, what is missing is said.</summary>
    public static RevocationRule Informal { get; } = new(Required: false, TimeSpan.Zero);

    /// <summary>Holds a list's state against the rule.</summary>
    public void Apply(RevocationState state, DateTimeOffset time, ComparisonBuilder comparison)
    {
        if (state.NextUpdate is not { } nextUpdate)
        {
            comparison.Require(!Required, RejectionReason.RevocationMissing, state.Field, "no list by this authority that verifies", "a current list");
            if (!Required)
            {
                comparison.Note(NoticeCode.RevocationNotChecked, $"{state.Field}: no list at hand, so nobody looked whether a certificate was revoked.");
            }

            return;
        }

        if (time <= nextUpdate)
        {
            return;
        }

        comparison.Require(
            time <= nextUpdate + Grace, RejectionReason.RevocationStale, state.Field, $"a list whose next update was due {nextUpdate:yyyy-MM-dd}",
            Grace == TimeSpan.Zero ? "a current list" : $"a list at most {Grace.Days} days late");
        if (time <= nextUpdate + Grace)
        {
            comparison.Note(NoticeCode.RevocationGrace, $"{state.Field}: the next update was due {nextUpdate:yyyy-MM-dd}; it still counts within {Grace.Days} days of grace.");
        }
    }
}
