using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence;

/// <summary>What an inspection of evidence gave.</summary>
/// <param name="Kind">Evidence kind.</param>
/// <param name="Enclave">Name of the enclave whose reference values it met; null without a policy, or if none was met.</param>
/// <param name="Objections">Failed checks; empty if the evidence is sound.</param>
/// <param name="Notices">What a reader should know.</param>
/// <param name="Claims">What the evidence says; null if it does not parse.</param>
public sealed record Inspection(string Kind, string? Enclave, ImmutableArray<Finding> Objections, ImmutableArray<Notice> Notices, JsonObject? Claims)
{
    /// <summary>Tells whether every check passed.</summary>
    public bool IsSound => Objections.IsEmpty;
}

/// <summary>
/// Looks at evidence outside a room: for people who hold a file. It releases nothing. Whether the report data bind a nonce and keys is not
/// known here, only that they bind something.
/// </summary>
public static class EvidenceInspector
{
    /// <summary>Inspects evidence: everything but reference values is checked. Never throws on what the parts contain.</summary>
    /// <param name="envelope">Evidence of a kind that this build knows.</param>
    /// <param name="context">Time and collateral.</param>
    public static Inspection Inspect(EvidenceEnvelope envelope, AppraisalContext context) => Inspect(envelope, context, null);

    /// <summary>Inspects evidence against reference values.</summary>
    /// <param name="envelope">Evidence of a kind that this build knows.</param>
    /// <param name="context">Time and collateral.</param>
    /// <param name="policy">Reference values and floors; null: identity is not appraised.</param>
    public static Inspection Inspect(EvidenceEnvelope envelope, AppraisalContext context, AppraisalPolicy? policy)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(context);
        if (EvidenceKinds.Find(envelope.Kind) is not { } kind)
        {
            return new Inspection(
                envelope.Kind, null, [new Finding(RejectionReason.KindUnknown, "kind", envelope.Kind, string.Join(", ", EvidenceKinds.Supported))], [], null);
        }

        var examination = kind.Examine(envelope.Parts, context);
        if (examination.Evidence is not { } evidence)
        {
            return new Inspection(kind.Name, null, examination.Problems, [], null);
        }

        var problems = examination.Problems.AddRange(evidence.Forbidden());
        if (kind.Simulated != (policy?.Simulated ?? false))
        {
            problems = problems.Insert(0, new Finding(
                RejectionReason.SimulatedNotAllowed, "kind", kind.Name, kind.Simulated ? "evidence of real hardware, or the policy of a simulated room" : "simulated evidence"));
        }

        if (policy is null)
        {
            var comparison = evidence.Compare(kind.Strict);
            return new Inspection(
                kind.Name, null, problems.AddRange(comparison.Objections),
                comparison.Notices.Add(new Notice(NoticeCode.IdentityNotAppraised, "Identity was not appraised: no policy was given.")), evidence.ToClaims());
        }

        var (reference, closest) = ReferenceChoice.Of(kind, evidence, policy);
        return new Inspection(kind.Name, reference?.Name, problems.AddRange(closest.Objections), closest.Notices, evidence.ToClaims());
    }
}
