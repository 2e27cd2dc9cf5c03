namespace CleanRoom.Records.Matching;

/// <summary>What kind of thing a fact is about; one kind gives one match type.</summary>
public enum MatchFactKind
{
    /// <summary>Telephone number (SamePhone).</summary>
    Phone,

    /// <summary>Identity or travel document (SameDocument).</summary>
    Document,

    /// <summary>E-mail address (SameEmail).</summary>
    Email,

    /// <summary>Messenger or social-media handle (SameHandle).</summary>
    Handle,

    /// <summary>Bank, mobile-money or crypto account (SameAccount).</summary>
    Account,

    /// <summary>Vehicle (SameVehicle).</summary>
    Vehicle,

    /// <summary>Vessel (SameVessel).</summary>
    Vessel,

    /// <summary>Organisation (SameOrganisation).</summary>
    Organisation,

    /// <summary>Site of exploitation (SameAddress).</summary>
    Site,

    /// <summary>Another organisation's case number.</summary>
    CaseNumber,
}

/// <summary>How much an equal key says. A pair has the weaker of its two sides' strengths.</summary>
public enum KeyStrength
{
    /// <summary>Weak: truncated, without jurisdiction, folded or second-choice reading. Never notified alone.</summary>
    Possible = 1,

    /// <summary>Likely: a name with its country or port, a site's name.</summary>
    Probable = 2,

    /// <summary>A normalised strong identifier.</summary>
    Exact = 3,
}

/// <summary>A normalised key. Two facts of the same kind meet where the values are equal (ordinal).</summary>
/// <param name="Value">Kind prefix, jurisdiction and number, for example <c>phone:+84...</c>.</param>
/// <param name="Strength">What an equal key says at most.</param>
public readonly record struct MatchKey(string Value, KeyStrength Strength);

/// <summary>A period in days since 1970-01-01, both ends included.</summary>
public readonly record struct DayInterval(int First, int Last)
{
    /// <summary>True if the two periods share a day, or lie at most <paramref name="slackDays"/> apart.</summary>
    public bool Overlaps(DayInterval other, int slackDays = 0) =>
        First <= (long)other.Last + slackDays && other.First <= (long)Last + slackDays;
}

/// <summary>One thing in a record that can be met again in another record.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="HolderRole">Whose it is (code list identifierHolderRole). Never ServiceProvider: such facts are not made.</param>
/// <param name="HolderKey">Person or organisation key inside the record, or empty.</param>
/// <param name="Keys">Normalised keys, at least one, strongest first.</param>
/// <param name="Display">The normalised form to show to a person.</param>
/// <param name="Raw">As typed.</param>
/// <param name="Valid">When it was known to belong to the holder; null = not known.</param>
/// <param name="Jurisdiction">Country (alpha-3), or empty.</param>
/// <param name="Authenticity">Documents: code list documentAuthenticity, else empty.</param>
public sealed record MatchFact(
    MatchFactKind Kind,
    string HolderRole,
    string HolderKey,
    IReadOnlyList<MatchKey> Keys,
    string Display,
    string Raw,
    DayInterval? Valid,
    string Jurisdiction,
    string Authenticity)
{
    /// <summary>Gives the strength at which two facts meet, or null if they do not.</summary>
    public static KeyStrength? Meet(MatchFact first, MatchFact second)
    {
        if (first.Kind != second.Kind)
        {
            return null;
        }
        KeyStrength? best = null;
        foreach (var key in first.Keys)
        {
            foreach (var other in second.Keys)
            {
                if (!string.Equals(key.Value, other.Value, StringComparison.Ordinal))
                {
                    continue;
                }
                var strength = key.Strength < other.Strength ? key.Strength : other.Strength;
                if (best is null || strength > best)
                {
                    best = strength;
                }
            }
        }
        return best;
    }
}
