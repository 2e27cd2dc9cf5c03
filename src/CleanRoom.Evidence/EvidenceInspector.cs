using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace CleanRoom.Evidence;

/// <summary>What an inspection of evidence gave: everything but reference values was checked.</summary>
/// <param name="Kind">Evidence kind.</param>
/// <param name="Objections">Failed checks; empty if the evidence is sound.</param>
/// <param name="Notices">What a reader should know.</param>
/// <param name="Claims">What the evidence says; null if it does not parse.</param>
public sealed record Inspection(string Kind, ImmutableArray<Finding> Objections, ImmutableArray<Notice> Notices, JsonObject? Claims)
{
    /// <summary>Tells whether every check passed.</summary>
    public bool IsSound => Objections.IsEmpty;
}

/// <summary>Looks at evidence without a charter: for people who hold a file. It releases nothing, and says that identity was not appraised.</summary>
public static class EvidenceInspector
{
    /// <summary>Inspects evidence. Never throws on what the parts contain.</summary>
    /// <param name="envelope">Evidence of a kind that this build knows.</param>
    /// <param name="context">Time and collateral.</param>
    public static Inspection Inspect(EvidenceEnvelope envelope, AppraisalContext context)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(context);
        if (EvidenceKinds.Find(envelope.Kind) is not { } kind)
        {
            return new Inspection(
                envelope.Kind, [new Finding(RejectionReason.KindUnknown, "kind", envelope.Kind, string.Join(", ", EvidenceKinds.Supported))], [], null);
        }

        var examination = kind.Examine(envelope.Parts, context);
        if (examination.Evidence is not { } evidence)
        {
            return new Inspection(kind.Name, examination.Problems, [], null);
        }

        var comparison = evidence.Compare(kind.Strict);
        return new Inspection(
            kind.Name,
            [.. examination.Problems, .. evidence.Forbidden(), .. comparison.Objections],
            [.. comparison.Notices, new Notice(NoticeCode.IdentityNotAppraised, "Identity was not appraised: no policy was given.")],
            evidence.ToClaims());
    }
}
