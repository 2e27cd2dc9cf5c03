namespace CleanRoom.Charter.Consent;

/// <summary>What a person may agree to: code list consentPurpose.</summary>
[Flags]
public enum ConsentPurpose
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>C0: casework of the own organisation; not enough to enter the room.</summary>
    Case = 1,

    /// <summary>C1: statistics that cannot identify.</summary>
    Aggregate = 2,

    /// <summary>C2: compare inside the enclave, tell the own organisation only.</summary>
    BlindMatch = 4,

    /// <summary>C3: tell another service organisation that a match exists and whom to call.</summary>
    TellNgo = 8,

    /// <summary>C4: contact me about a match.</summary>
    ContactMe = 16,

    /// <summary>C5: facts to a named agency without identifying me.</summary>
    LeNonIdentifying = 32,

    /// <summary>C6: my identity to a named agency.</summary>
    LeIdentifying = 64,

    /// <summary>C7: family tracing.</summary>
    Tracing = 128,

    /// <summary>C8: transfer of my file, outside the room.</summary>
    Referral = 256,

    /// <summary>C9: research beyond statistics.</summary>
    Research = 512,
}

/// <summary>The codes of <see cref="ConsentPurpose"/>.</summary>
public static class ConsentPurposes
{
    /// <summary>Purpose by its code.</summary>
    public static IReadOnlyDictionary<string, ConsentPurpose> Codes { get; } = new Dictionary<string, ConsentPurpose>(StringComparer.Ordinal)
    {
        ["C0_CASE"] = ConsentPurpose.Case,
        ["C1_AGGREGATE"] = ConsentPurpose.Aggregate,
        ["C2_BLIND_MATCH"] = ConsentPurpose.BlindMatch,
        ["C3_TELL_NGO"] = ConsentPurpose.TellNgo,
        ["C4_CONTACT_ME"] = ConsentPurpose.ContactMe,
        ["C5_LE_NONIDENT"] = ConsentPurpose.LeNonIdentifying,
        ["C6_LE_IDENT"] = ConsentPurpose.LeIdentifying,
        ["C7_TRACING"] = ConsentPurpose.Tracing,
        ["C8_REFERRAL"] = ConsentPurpose.Referral,
        ["C9_RESEARCH"] = ConsentPurpose.Research,
    };

    /// <summary>Adds up codes.</summary>
    /// <returns><see langword="false"/> if one is unknown.</returns>
    public static bool TryParse(IEnumerable<string> codes, out ConsentPurpose purposes)
    {
        purposes = ConsentPurpose.None;
        foreach (var code in codes)
        {
            if (!Codes.TryGetValue(code, out var purpose))
            {
                purposes = ConsentPurpose.None;
                return false;
            }

            purposes |= purpose;
        }

        return true;
    }
}
