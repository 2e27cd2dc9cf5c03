namespace CleanRoom.Charter.Consent;

/// <summary>One purpose that the person whose testimony a record is has granted, and to whom (DATA.md §4.1, code list consentPurpose).</summary>
/// <param name="Purpose">One purpose.</param>
/// <param name="Expires">First moment at which it is no longer in force.</param>
/// <param name="RecipientClasses">Kinds of recipients it is limited to (code list consentRecipientClass); empty = not limited by kind.</param>
/// <param name="NamedRecipients">Recipients it names; empty = none named.</param>
/// <param name="ExcludedRecipients">Recipients it excludes; exclusion beats inclusion.</param>
public sealed record Grant(
    ConsentPurpose Purpose,
    DateTimeOffset Expires,
    IReadOnlyCollection<string> RecipientClasses,
    IReadOnlyCollection<string> NamedRecipients,
    IReadOnlyCollection<string> ExcludedRecipients)
{
    /// <summary>A grant without limits on its recipients.</summary>
    public Grant(ConsentPurpose purpose, DateTimeOffset expires)
        : this(purpose, expires, [], [], [])
    {
    }
}

/// <summary>What one record allows: the input of the consent engine. Only grants are listed; everything else is refused.</summary>
/// <param name="Contributor">Whose record it is.</param>
/// <param name="Grants">Purposes granted and not withdrawn, by or for the persons whose testimony the record is.</param>
/// <param name="Caveats">Code list handlingCaveat.</param>
/// <param name="VictimIsChild">The victim is a minor now.</param>
/// <param name="HasVictimOrWitness">False if the record is about nobody who could consent: then the standing authorisation stands in for C2, C3 and C5.</param>
public sealed record RecordConsent(
    MemberId Contributor,
    IReadOnlyList<Grant> Grants,
    IReadOnlySet<string> Caveats,
    bool VictimIsChild,
    bool HasVictimOrWitness)
{
    /// <summary>Recipients that any consent of the record has ever excluded: a withdrawal or an expiry never lets one in again.</summary>
    public IReadOnlySet<string> Excluded { get; init; } = new HashSet<string>();

    /// <summary>What its contributor's people override, where people decide; automatic telling is never given any.</summary>
    public IReadOnlyList<ConsentOverride> Overrides { get; init; } = [];

    internal bool Excludes(MemberId member) => Excluded.Contains(member.Value) || Grants.Any(grant => grant.ExcludedRecipients.Contains(member.Value));
}

/// <summary>Consent that is not there is overridden, for one record.</summary>
/// <param name="Recipient">Towards this agency alone.</param>
/// <param name="Identifying">Also for what identifies the person.</param>
/// <param name="Until">From then on it counts no more.</param>
public sealed record ConsentOverride(MemberId Recipient, bool Identifying, DateTimeOffset Until);

/// <summary>What a contributor has said in its newest listing entry; a member that has none lists and authorises nobody.</summary>
/// <param name="Contributors">Contributors who may learn of its records.</param>
/// <param name="Agencies">Agencies that it authorises in general.</param>
/// <param name="Purposes">Purposes of its standing authorisation.</param>
public sealed record StandingAuthorisation(
    IReadOnlySet<MemberId> Contributors,
    IReadOnlySet<MemberId> Agencies,
    ConsentPurpose Purposes)
{
    /// <summary>Lists nobody.</summary>
    public static StandingAuthorisation None { get; } = new(new HashSet<MemberId>(), new HashSet<MemberId>(), ConsentPurpose.None);
}

/// <summary>An agency that a query may tell.</summary>
/// <param name="Id">Member id.</param>
/// <param name="Kind">Code list consentRecipientClass.</param>
/// <param name="Jurisdictions">Countries, alpha-3.</param>
public sealed record Agency(MemberId Id, string Kind, IReadOnlySet<string> Jurisdictions);
