namespace CleanRoom.Evidence.Collateral;

/// <summary>Where vendors publish collateral. The defaults are the documented services (AMD 57230; Intel's provisioning certification service API v4).</summary>
public sealed record CollateralSources
{
    /// <summary>AMD's key distribution service. Defaults to <c>https://kdsintf.amd.com/</c>.</summary>
    public Uri Amd { get; init; } = new("https://kdsintf.amd.com/");

    /// <summary>Intel's provisioning certification service. Defaults to <c>https://api.trustedservices.intel.com/</c>.</summary>
    public Uri Intel { get; init; } = new("https://api.trustedservices.intel.com/");

    /// <summary>Intel's root revocation list, as the root certificate names it. Defaults to <c>https://certificates.trustedservices.intel.com/IntelSGXRootCA.der</c>.</summary>
    public Uri IntelRootList { get; init; } = new("https://certificates.trustedservices.intel.com/IntelSGXRootCA.der");
}

/// <summary>What was fetched.</summary>
/// <param name="Pieces">What counts now; each verified against the pinned roots.</param>
/// <param name="Early">What Intel has published early.</param>
/// <param name="Problems">One sentence for each piece that could not be had.</param>
public sealed record FetchedCollateral(IReadOnlyList<ReadOnlyMemory<byte>> Pieces, IReadOnlyList<ReadOnlyMemory<byte>> Early, IReadOnlyList<string> Problems);
