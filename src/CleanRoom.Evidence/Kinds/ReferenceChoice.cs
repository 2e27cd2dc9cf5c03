namespace CleanRoom.Evidence.Kinds;

/// <summary>Finds the enclave of a policy whose reference values approve evidence. Values of different enclaves are never mixed.</summary>
internal static class ReferenceChoice
{
    /// <summary>Gives the first reference that approves everything, or none and the objections of the one that was probably meant.</summary>
    public static (Reference? Approving, Comparison Comparison) Of(IEvidenceKind kind, ExaminedEvidence evidence, AppraisalPolicy policy)
    {
        var references = policy.ReferencesOf(kind.Name);
        if (references.IsEmpty)
        {
            var finding = policy.IsIncomplete(kind.Name)
                ? new Finding(RejectionReason.PolicyIncomplete, "enclaves", "reference values that are not understood", "complete reference values")
                : new Finding(RejectionReason.KindNotInPolicy, "enclaves", $"no enclave of kind {kind.Name}", "one that lists its reference values");
            return (null, new Comparison([finding], []));
        }

        Comparison? closest = null;
        foreach (var reference in references)
        {
            var comparison = evidence.Compare(reference);
            if (comparison.Objections.IsEmpty)
            {
                return (reference, comparison);
            }

            // The reference that knows the measurement is the one that was meant.
            if (closest is null || comparison.Objections.All(objection => objection.Reason != RejectionReason.MeasurementNotApproved))
            {
                closest = comparison;
            }
        }

        return (null, closest!);
    }
}
