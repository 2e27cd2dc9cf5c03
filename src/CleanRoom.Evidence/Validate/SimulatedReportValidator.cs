using System.Collections.Immutable;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Validate;

/// <summary>Holds a verified simulated report against the charter.</summary>
internal static class SimulatedReportValidator
{
    public static Appraisal Validate(SimulatedReport report, ReportBinding binding, AppraisalPolicy policy)
    {
        if (!binding.Matches(report.ReportData))
        {
            return new Appraisal.Rejected(RejectionReason.ReportDataMismatch);
        }

        // No charter can allow it.
        if (report.Debug)
        {
            return new Appraisal.Rejected(RejectionReason.DebugEnabled);
        }

        if (policy.SimulatedReferences.IsEmpty)
        {
            return new Appraisal.Rejected(policy.IsIncomplete(EvidenceKinds.Simulated) ? RejectionReason.PolicyIncomplete : RejectionReason.KindNotInPolicy);
        }

        // Values of different enclaves are never mixed: one reference must approve all of them.
        var reason = RejectionReason.MeasurementNotApproved;
        foreach (var reference in policy.SimulatedReferences)
        {
            if (!reference.Measurements.Contains(report.Measurement))
            {
                continue;
            }

            var objection = Compare(report, reference);
            if (objection is null)
            {
                return new Appraisal.Trusted(new EvidenceClaims(
                    EvidenceKinds.Simulated, simulated: true, reference.Name, report.Measurement, report.Vmpl, report.Tcb));
            }

            reason = objection.Value;
        }

        return new Appraisal.Rejected(reason);
    }

    private static RejectionReason? Compare(SimulatedReport report, SimulatedReference reference)
    {
        if (!reference.Vmpls.Contains(report.Vmpl))
        {
            return RejectionReason.VmplNotApproved;
        }

        if (!ContainsHostData(reference.HostData, report.HostData))
        {
            return RejectionReason.HostDataNotApproved;
        }

        return report.Tcb.Meets(reference.Floor) ? null : RejectionReason.TcbBelowFloor;
    }

    private static bool ContainsHostData(ImmutableArray<byte[]> approved, ReadOnlySpan<byte> hostData)
    {
        foreach (var value in approved)
        {
            if (hostData.SequenceEqual(value))
            {
                return true;
            }
        }

        return false;
    }
}
