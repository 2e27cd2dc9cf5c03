namespace CleanRoom.Charter;

/// <summary>Kinds of recipients: code list consentRecipientClass.</summary>
public static class RecipientKinds
{
    /// <summary>Cannot be a recipient, whatever anybody consents to.</summary>
    public const string ImmigrationEnforcement = "immigration_enforcement";

    /// <summary>Authorities of the country of origin.</summary>
    public const string ConsularOrigin = "consular_origin";

    /// <summary>Where children's cases go.</summary>
    public const string ChildProtection = "child_protection";

    /// <summary>Every code of the list.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        ChildProtection, "business", ConsularOrigin, "family", ImmigrationEnforcement, "iom", "labour_inspectorate", "other_organizations",
        "others", "police_ahtu", "police_other", "prosecutor", "researcher", "unhcr",
    ];

    internal static string Remedy { get; } = $"write one of {string.Join(", ", All.Where(MayBeMember))}";

    /// <summary>Whether this kind may be an agency of a room. Business and researchers get aggregates only, families nothing by themselves.</summary>
    public static bool MayBeMember(string kind) =>
        All.Contains(kind, StringComparer.Ordinal) && kind is not (ImmigrationEnforcement or "business" or "researcher" or "family");

    /// <summary>Whether the caveat NO_LE keeps facts from this kind.</summary>
    public static bool IsLawEnforcement(string kind) => kind is "police_ahtu" or "police_other" or "prosecutor" or "labour_inspectorate" or ImmigrationEnforcement;
}
