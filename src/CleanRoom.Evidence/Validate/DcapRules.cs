using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Validate;

/// <summary>What a charter says about Intel's platforms, the same for TDX and SGX.</summary>
internal sealed record DcapRules
{
    private const string UpToDate = "UpToDate";

    /// <summary>Where no charter speaks: statuses that call for care are accepted with a notice, those of unpatched platforms are not.</summary>
    public static DcapRules Strict { get; } = new()
    {
        Statuses = [UpToDate, "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded"],
        Revocation = RevocationRule.Informal,
    };

    /// <summary>Accepted statuses.</summary>
    public ImmutableArray<string> Statuses { get; init; } = [UpToDate];

    /// <summary>Least tcbEvaluationDataNumber of the collateral.</summary>
    public int EvaluationNumber { get; init; }

    /// <summary>What holds for revocation lists.</summary>
    public RevocationRule Revocation { get; init; } = RevocationRule.Default;

    /// <summary>How long after its next update TCB info or identity still counts.</summary>
    public TimeSpan CollateralGrace { get; init; }

    /// <summary>Reads <c>tcbStatus</c>, <c>revocation</c> and <c>collateral</c> of a reference and <c>tcbEvaluationDataNumber</c> of the floors.</summary>
    public static DcapRules Read(ReferenceReader reference, ReferenceReader floors)
    {
        var revocation = reference.Object("revocation");
        var collateral = reference.Object("collateral");
        var rules = new DcapRules
        {
            Statuses = reference.Words("tcbStatus", word => TcbStatuses.TryParse(word, out var status) && !status.HasFlag(TcbStatus.Revoked), TcbStatuses.Vocabulary, UpToDate),
            EvaluationNumber = floors.Integer("tcbEvaluationDataNumber", 0, int.MaxValue, absent: null),
            Revocation = SnpReference.ReadRevocation(revocation),
            CollateralGrace = TimeSpan.FromDays(collateral?.Integer("graceDays", 0, RevocationRule.MaxGraceDays, 0) ?? 0),
        };
        reference.Take(revocation);
        reference.Take(collateral);
        return rules;
    }

    /// <summary>Holds a platform against the rules.</summary>
    public void Apply(DcapPlatform platform, ComparisonBuilder comparison)
    {
        if (platform is { Tcb: { } tcb, Collateral: { } collateral })
        {
            var status = TcbStatuses.Name(tcb.Status);
            comparison.Require(Statuses.Contains(status), RejectionReason.TcbStatusNotApproved, "TCB status", WithAdvisories(status, tcb), string.Join(" or ", Statuses));
            if (Statuses.Contains(status) && tcb.Status != TcbStatus.UpToDate)
            {
                comparison.Note(NoticeCode.TcbStatus, $"The platform's TCB status is {WithAdvisories(status, tcb)}.");
            }

            comparison.Require(
                collateral.Info.EvaluationNumber >= EvaluationNumber, RejectionReason.CollateralMismatch, "tcbEvaluationDataNumber", $"{collateral.Info.EvaluationNumber}",
                $"at least {EvaluationNumber}");
            Current("TCB info", collateral.Info.IssueDate, collateral.Info.NextUpdate, platform.Time, comparison);
            Current("QE identity", collateral.Identity.IssueDate, collateral.Identity.NextUpdate, platform.Time, comparison);
        }

        if (platform.Early is { } early && !(early.Status is { } coming && Statuses.Contains(TcbStatuses.Name(coming))))
        {
            comparison.Note(
                NoticeCode.TcbRecoveryAhead,
                $"Intel has published evaluation {early.EvaluationNumber} early: with it the platform's status is {(early.Status is { } status ? TcbStatuses.Name(status) : "below every level")}, which will be refused; update the platform before it becomes the standard.");
        }

        foreach (var revocation in platform.Revocations)
        {
            Revocation.Apply(revocation, platform.Time, comparison);
        }
    }

    /// <summary>Intel's verdict as a claim.</summary>
    public static JsonObject? ToClaim(DcapPlatform platform)
    {
        if (platform is not { Tcb: { } tcb, Collateral: { } collateral })
        {
            return null;
        }

        var claim = Verdict(tcb.Status, null, tcb.Advisories);
        claim["evaluationDataNumber"] = collateral.Info.EvaluationNumber;
        claim["platform"] = Verdict(tcb.Platform.Status, tcb.Platform.Date, tcb.Platform.Advisories);
        claim["quotingEnclave"] = Verdict(tcb.QuotingEnclave.Status, tcb.QuotingEnclave.Date, tcb.QuotingEnclave.Advisories);
        if (tcb.Module is { } module)
        {
            claim["module"] = Verdict(module.Status, module.Date, module.Advisories);
        }

        return claim;
    }

    private static JsonObject Verdict(TcbStatus status, DateTimeOffset? date, ImmutableSortedSet<string> advisories)
    {
        var verdict = new JsonObject { ["advisories"] = new JsonArray([.. advisories.Select(id => (JsonNode)id)]) };
        if (date is { } day)
        {
            verdict["date"] = day.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        }

        verdict["status"] = TcbStatuses.Name(status);
        return verdict;
    }

    private static string WithAdvisories(string status, TcbEvaluation tcb) => tcb.Advisories.IsEmpty ? status : $"{status} ({string.Join(", ", tcb.Advisories)})";

    private void Current(string field, DateTimeOffset issued, DateTimeOffset nextUpdate, DateTimeOffset time, ComparisonBuilder comparison)
    {
        var counts = time >= issued && time <= nextUpdate + CollateralGrace;
        comparison.Require(counts, RejectionReason.CollateralExpired, field, $"issued {issued:yyyy-MM-dd}, next update due {nextUpdate:yyyy-MM-dd}", $"current at {time:yyyy-MM-dd}");
        if (counts && time > nextUpdate)
        {
            comparison.Note(NoticeCode.CollateralGrace, $"{field}: the next update was due {nextUpdate:yyyy-MM-dd}; it still counts within {CollateralGrace.Days} days of grace.");
        }
    }
}
