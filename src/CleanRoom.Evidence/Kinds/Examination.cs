using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence.Kinds;

/// <summary>What the examination of evidence showed, before any charter is asked.</summary>
/// <param name="Evidence">The evidence, or null if it does not parse.</param>
/// <param name="Problems">Failed checks that no charter can allow: format, signatures, chain, dates.</param>
internal sealed record Examination(ExaminedEvidence? Evidence, ImmutableArray<Finding> Problems)
{
    public Examination(Finding malformed)
        : this(null, [malformed])
    {
    }

    /// <summary>Tells whether the evidence parsed and every check of it passed.</summary>
    [MemberNotNullWhen(true, nameof(Evidence))]
    public bool IsSound => Evidence is not null && Problems.IsEmpty;

    /// <summary>An envelope with other parts than its kind has.</summary>
    public static Examination WrongParts(string expected) =>
        new(new Finding(RejectionReason.EnvelopeMalformed, "parts", "other parts than this kind has", expected));
}

/// <summary>Evidence whose bytes were read, with what a policy decides on.</summary>
internal abstract class ExaminedEvidence
{
    /// <summary>Measurement of the running code.</summary>
    public abstract LaunchMeasurement Measurement { get; }

    /// <summary>What the evidence says, for people and for policies on claims; without ids of machines.</summary>
    public abstract System.Text.Json.Nodes.JsonObject ToClaims();

    /// <summary>Tells whether the evidence binds this nonce, these keys and this charter.</summary>
    public abstract bool IsBoundTo(ReportBinding binding);

    /// <summary>Failed checks that no charter can allow, of evidence whose signatures hold.</summary>
    public abstract ImmutableArray<Finding> Forbidden();

    /// <summary>Failed checks against one enclave's reference values, and what else is worth saying.</summary>
    public abstract Comparison Compare(Reference reference);
}

/// <summary>What a comparison with reference values gave.</summary>
/// <param name="Objections">Why the reference values do not approve it; empty if they do.</param>
/// <param name="Notices">What a reader should know.</param>
internal sealed record Comparison(ImmutableArray<Finding> Objections, ImmutableArray<Notice> Notices);
