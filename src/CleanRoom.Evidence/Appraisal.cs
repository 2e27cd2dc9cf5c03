using System.Collections.Immutable;

namespace CleanRoom.Evidence;

/// <summary>The verdict on evidence: trusted with what it claims, or rejected with reasons. There is no third state and no default.</summary>
public abstract record Appraisal
{
    private Appraisal()
    {
    }

    /// <summary>Every check passed.</summary>
    /// <param name="Claims">What the evidence shows.</param>
    public sealed record Trusted(EvidenceClaims Claims) : Appraisal;

    /// <summary>At least one check failed.</summary>
    public sealed record Rejected : Appraisal
    {
        internal Rejected(ImmutableArray<Finding> findings) => Findings = findings;

        internal Rejected(RejectionReason reason, string field, string found, string approved)
            : this([new Finding(reason, field, found, approved)])
        {
        }

        /// <summary>Every failed check, in the order of the checks; at least one.</summary>
        public ImmutableArray<Finding> Findings { get; }

        /// <summary>The first of them.</summary>
        public RejectionReason Reason => Findings[0].Reason;
    }
}
