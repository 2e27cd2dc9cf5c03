namespace CleanRoom.Evidence;

/// <summary>The verdict on evidence: trusted with what it claims, or rejected with a reason. There is no third state and no default.</summary>
public abstract record Appraisal
{
    private Appraisal()
    {
    }

    /// <summary>Every check passed.</summary>
    /// <param name="Claims">What the evidence shows.</param>
    public sealed record Trusted(EvidenceClaims Claims) : Appraisal;

    /// <summary>A check failed.</summary>
    /// <param name="Reason">The first one that did.</param>
    public sealed record Rejected(RejectionReason Reason) : Appraisal;
}
