namespace CleanRoom.Charter.Queries;

/// <summary>Which facts may follow a notice without a request (N2b, DATA.md §4.3): of each kind of match those that its question is about, and nothing that identifies a person who is helped.</summary>
public static class OfferedFacts
{
    /// <summary>Codes of what may follow, by code of the list matchType; a kind that is not here has nothing. Each is one that needs no more than C5.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> ByLinkType { get; } = new SortedDictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        ["SameAccount"] = ["suspects.identifiers"],
        ["SameAddress"] = ["exploitation.sites", "exploitation.types"],
        ["SameDocument"] = ["suspects.identifiers"],
        ["SameEmail"] = ["exploitation.types", "suspects.identifiers"],
        ["SameHandle"] = ["exploitation.types", "suspects.identifiers"],
        ["SameOrganisation"] = ["organisations"],
        ["SamePersonSuspect"] = ["exploitation.types", "suspects.identifiers"],
        ["SamePhone"] = ["exploitation.types", "suspects.identifiers"],
        ["SameVehicle"] = ["vehicles"],
        ["SameVessel"] = ["vessels"],
    };

    /// <summary>All codes that may follow, sorted.</summary>
    public static IReadOnlyList<string> All { get; } = [.. ByLinkType.Values.SelectMany(codes => codes).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The kinds of match whose facts may follow without anybody's signature: sites, vehicles, vessels (Q5 to Q7).</summary>
    public static IReadOnlyList<string> AutomaticLinkTypes { get; } = ["SameAddress", "SameVehicle", "SameVessel"];

    /// <summary>How long a contributor must have been in the room before facts of its records follow without its people's signatures.</summary>
    public static TimeSpan AutomaticAfter { get; } = TimeSpan.FromDays(90);

    /// <summary>How long an offer is open. Silence gives nothing.</summary>
    public static TimeSpan OfferLife { get; } = TimeSpan.FromDays(30);

    /// <summary>How long facts may be kept.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromDays(180);

    /// <summary>The words that stand in charters.</summary>
    internal static IReadOnlyDictionary<string, FactsRule> Rules { get; } = new Dictionary<string, FactsRule>(StringComparer.Ordinal)
    {
        ["on-release"] = FactsRule.OnRelease,
        ["offered"] = FactsRule.Offered,
        ["auto"] = FactsRule.Automatic,
    };

    /// <summary>Reads the word of a rule.</summary>
    public static bool TryParse(string word, out FactsRule rule) => Rules.TryGetValue(word, out rule);

    /// <summary>The word of a rule.</summary>
    public static string WordOf(FactsRule rule) => Rules.First(item => item.Value == rule).Key;
}
