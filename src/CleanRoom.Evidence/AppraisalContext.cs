using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence;

/// <summary>With what evidence is appraised besides a policy: the time, and what the vendors publish.</summary>
public sealed class AppraisalContext
{
    /// <summary>Makes a context.</summary>
    /// <param name="time">The time of appraisal, from a source that the evidence's sender cannot set.</param>
    /// <param name="collateral">Certificates and revocation lists at hand.</param>
    public AppraisalContext(DateTimeOffset time, CollateralSet collateral)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        Time = time;
        Collateral = collateral;
    }

    /// <summary>No time and no collateral: only simulated evidence, which has no certificates, can be trusted with it.</summary>
    public static AppraisalContext SimulatedOnly { get; } = new(DateTimeOffset.MinValue, CollateralSet.Empty);

    /// <summary>The time of appraisal.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>What the vendors publish.</summary>
    public CollateralSet Collateral { get; }

    /// <summary>What Intel has published early: it decides nothing and warns of what comes. Defaults to nothing.</summary>
    public CollateralSet Early { get; init; } = CollateralSet.Empty;

    /// <summary>The newest collateral that was seen before: older does not count. Defaults to nothing.</summary>
    public CollateralMemory Memory { get; init; } = CollateralMemory.Empty;

    /// <summary>The vendors' pinned roots; the project's own tests put a synthetic root in their place.</summary>
    internal TrustAnchors Anchors { get; init; } = TrustAnchors.Vendors;
}
