using CleanRoom.Charter.Consent;

namespace CleanRoom.Charter.Disclosure;

/// <summary>What may be asked for. Homes, shelters, migration status, narratives and everything else is in no field and never leaves.</summary>
public static class DisclosureFields
{
    /// <summary>Fields, with the purpose that the person whose testimony it is must have granted to the agency.</summary>
    public static IReadOnlyDictionary<string, ConsentPurpose> All { get; } = new SortedDictionary<string, ConsentPurpose>(StringComparer.Ordinal)
    {
        ["exploitation.sites"] = ConsentPurpose.LeNonIdentifying,
        ["exploitation.types"] = ConsentPurpose.LeNonIdentifying,
        ["organisations"] = ConsentPurpose.LeNonIdentifying,
        ["suspects.identifiers"] = ConsentPurpose.LeNonIdentifying,
        ["suspects.names"] = ConsentPurpose.LeNonIdentifying,
        ["vehicles"] = ConsentPurpose.LeNonIdentifying,
        ["vessels"] = ConsentPurpose.LeNonIdentifying,
        ["victims.birth"] = ConsentPurpose.LeIdentifying,
        ["victims.citizenship"] = ConsentPurpose.LeIdentifying,
        ["victims.identifiers"] = ConsentPurpose.LeIdentifying,
        ["victims.names"] = ConsentPurpose.LeIdentifying,
    };

    /// <summary>Why a contributor grants less than was asked.</summary>
    public static IReadOnlyList<string> Refusals { get; } =
        ["ConsentMissing", "LegalBasisInsufficient", "NotNecessary", "OtherChannel", "PersonRefuses", "RiskToPerson", "SourceProtection"];

    /// <summary>Code list feedbackOutcome.</summary>
    public static IReadOnlyList<string> Outcomes { get; } =
    [
        "ArrestOrCharge", "AssetsRestrained", "EnquiryOpened", "Harm", "MergedWithInvestigation", "NoFurtherAction", "NotRelevant", "Received", "SiteInspected",
        "VictimsLocated", "WrongMatch",
    ];

    internal static string Remedy { get; } = $"write some of {string.Join(", ", All.Keys)}, sorted";
}
