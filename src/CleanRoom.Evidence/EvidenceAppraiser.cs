using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence;

/// <summary>Appraises evidence: bytes to fields (Abi), signature to a pinned root (Verify), values against the charter (Validate), in this order.</summary>
public static class EvidenceAppraiser
{
    /// <summary>Judges raw evidence. Never throws on what the bytes contain.</summary>
    /// <param name="evidence">The envelope's JSON.</param>
    /// <param name="binding">What the report data must be.</param>
    /// <param name="policy">The charter's reference values and floors.</param>
    /// <param name="context">Time and collateral.</param>
    public static Appraisal Appraise(ReadOnlySpan<byte> evidence, ReportBinding binding, AppraisalPolicy policy, AppraisalContext context)
    {
        ArgumentNullException.ThrowIfNull(binding);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(context);
        if (!EvidenceEnvelope.TryParse(evidence, out var envelope))
        {
            return new Appraisal.Rejected(RejectionReason.EnvelopeMalformed, "evidence", "not an envelope", "canonical JSON with kind and parts");
        }

        if (EvidenceKinds.Find(envelope.Kind) is not { } kind)
        {
            return new Appraisal.Rejected(RejectionReason.KindUnknown, "kind", envelope.Kind, string.Join(", ", EvidenceKinds.Supported));
        }

        // First of all, and in every build: nothing that is simulated counts in a room that is not, nor the reverse.
        if (kind.Simulated != policy.Simulated)
        {
            return new Appraisal.Rejected(
                RejectionReason.SimulatedNotAllowed, "kind", envelope.Kind, policy.Simulated ? "simulated evidence in this simulated room" : "evidence of real hardware");
        }

        var examination = kind.Examine(envelope.Parts, context);
        if (!examination.IsSound)
        {
            return new Appraisal.Rejected(examination.Problems);
        }

        if (!examination.Evidence.IsBoundTo(binding))
        {
            return new Appraisal.Rejected(RejectionReason.ReportDataMismatch, "report data", "another binding", "this nonce, both keys of the instance, this charter");
        }

        var forbidden = examination.Evidence.Forbidden();
        return forbidden.IsEmpty ? Compare(kind, examination.Evidence, policy) : new Appraisal.Rejected(forbidden);
    }

    private static Appraisal Compare(IEvidenceKind kind, ExaminedEvidence evidence, AppraisalPolicy policy)
    {
        var (reference, comparison) = ReferenceChoice.Of(kind, evidence, policy);
        return reference is null
            ? new Appraisal.Rejected(comparison.Objections)
            : new Appraisal.Trusted(new EvidenceClaims(kind.Name, kind.Simulated, reference.Name, evidence.Measurement, evidence.ToClaims(), comparison.Notices));
    }
}
