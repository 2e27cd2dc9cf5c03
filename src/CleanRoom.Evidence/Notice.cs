namespace CleanRoom.Evidence;

/// <summary>Something that a reader should know and that is no reason to refuse.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Text">One sentence.</param>
public sealed record Notice(NoticeCode Code, string Text);

/// <summary>Codes of notices, stable for ever. 0 is not one.</summary>
public enum NoticeCode
{
    /// <summary>Zero bytes follow the evidence; they say nothing.</summary>
    ZeroPadding = 1,

    /// <summary>Whether a certificate was revoked could not be looked up, and no policy asks for it.</summary>
    RevocationNotChecked = 2,

    /// <summary>A revocation list is stale, within the grace that the policy gives.</summary>
    RevocationGrace = 3,

    /// <summary>The platform's TCB status is accepted but calls for configuration or software hardening.</summary>
    TcbStatus = 4,

    /// <summary>The vendor's newest TCB data would not accept this platform any more.</summary>
    TcbRecoveryAhead = 5,

    /// <summary>Identity was not appraised: no policy was given.</summary>
    IdentityNotAppraised = 6,

    /// <summary>Collateral is stale, within the grace that the policy gives.</summary>
    CollateralGrace = 7,
}
