using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence;

/// <summary>Appraises evidence: bytes to fields (Abi), signature to a pinned root (Verify), values against the charter (Validate), in this order.</summary>
public static class EvidenceAppraiser
{
    /// <summary>Judges raw evidence. Never throws on what the bytes contain.</summary>
    /// <param name="evidence">The envelope's JSON.</param>
    /// <param name="binding">What the report data must be.</param>
    /// <param name="policy">The charter's reference values and floors.</param>
    public static Appraisal Appraise(ReadOnlySpan<byte> evidence, ReportBinding binding, AppraisalPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ArgumentNullException.ThrowIfNull(policy);
        if (!EvidenceEnvelope.TryParse(evidence, out var envelope))
        {
            return new Appraisal.Rejected(RejectionReason.EnvelopeMalformed);
        }

        return envelope.Kind switch
        {
            EvidenceKinds.Simulated => AppraiseSimulated(envelope, binding, policy),
            _ => new Appraisal.Rejected(RejectionReason.KindUnknown),
        };
    }

    private static Appraisal AppraiseSimulated(EvidenceEnvelope envelope, ReportBinding binding, AppraisalPolicy policy)
    {
        // First of all, and in every build: nothing that is simulated counts in a room that is not.
        if (!policy.Simulated)
        {
            return new Appraisal.Rejected(RejectionReason.SimulatedNotAllowed);
        }

        if (envelope.Parts.Count != 1 || !envelope.Parts.TryGetValue(SimulatedReport.PartName, out var bytes))
        {
            return new Appraisal.Rejected(RejectionReason.EnvelopeMalformed);
        }

        if (!SimulatedReport.TryParse(bytes.Span, out var report, out var malformed))
        {
            return new Appraisal.Rejected(malformed.Value);
        }

        return SimulatedReportVerifier.Verify(report)
            ? SimulatedReportValidator.Validate(report, binding, policy)
            : new Appraisal.Rejected(RejectionReason.SignatureInvalid);
    }
}
