namespace CleanRoom.Evidence;

/// <summary>
/// One failed check, explained: which field, what was found, what is approved. Made so that it can be shown to anyone: no chip id, platform
/// id, nonce or key stands in it.
/// </summary>
/// <param name="Reason">The stable code.</param>
/// <param name="Field">The field of the evidence or the piece of collateral, as the format's specification names it.</param>
/// <param name="Found">What it holds, in words or hexadecimal.</param>
/// <param name="Approved">What would have been accepted.</param>
public sealed record Finding(RejectionReason Reason, string Field, string Found, string Approved)
{
    /// <summary>What to do about it: one sentence.</summary>
    public string Remedy => RejectionAdvice.For(Reason);

    /// <summary>The finding as one sentence.</summary>
    public override string ToString() => $"{Field}: {Found}; accepted: {Approved}.";
}
