using System.Collections.Immutable;

namespace CleanRoom.Evidence.Verify;

/// <summary>
/// Roots, pinned by SHA-256 of their SubjectPublicKeyInfo. The certificates themselves travel with evidence or in collateral; one that is not
/// pinned here counts for nothing, whoever sends it.
/// </summary>
internal sealed record TrustAnchors
{
    /// <summary>The vendors' roots. There is no other set outside the project's own tests.</summary>
    public static TrustAnchors Vendors { get; } = new()
    {
        Amd = ImmutableDictionary.CreateRange(StringComparer.Ordinal, new Dictionary<string, string>
        {
            ["Milan"] = "9f056bee44377e29308cb5ffa895bdfb62d18881fa6bed8d6f075b0204089cb9",
            ["Genoa"] = "429a69c9422aa258ee4d8db5fcda9c6470ef15f8cd5a9cebd6cbc7d90b863831",
            ["Turin"] = "4f125410563a2ab9a50356f9243f6fe0b6f73de98603f53f90339c70e9d7ad08",
        }),
        Intel = "a0af031289f5d5d4132f9186068a7fc13628633ba235777472e29b6b6c67a49e",
    };

    /// <summary>AMD's ARK by generation.</summary>
    public required ImmutableDictionary<string, string> Amd { get; init; }

    /// <summary>Intel SGX Root CA.</summary>
    public required string Intel { get; init; }
}
