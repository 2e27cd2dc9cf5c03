namespace CleanRoom.Charter.Consent;

/// <summary>What the owner of one side is told.</summary>
public enum Telling
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>A pointer (N1) that names the counterpart, whose owner gets one too.</summary>
    MutualPointer,

    /// <summary>A pointer (N1) whose counterpart is told nothing; rationed.</summary>
    OneWayPointer,

    /// <summary>A review item about its own record.</summary>
    Review,

    /// <summary>A review item for its safeguarding lead alone.</summary>
    SafeguardingReview,

    /// <summary>Nothing, until the other side has released; then a pointer.</summary>
    PointerOnRelease,
}

/// <summary>Why a decision is as it is; one code per rule of DATA.md §4.1.</summary>
public enum ReasonCode
{
    /// <summary>A side lacks C2 in force, or its stand-in.</summary>
    NotComparable,

    /// <summary>A side excludes the other's contributor.</summary>
    CounterpartExcluded,

    /// <summary>The two contributors do not list each other.</summary>
    NotListed,

    /// <summary>The other side's consent does not let this side know.</summary>
    NoConsentToTell,

    /// <summary>The query tells no contributors.</summary>
    QueryTellsNoContributors,

    /// <summary>The fact is a victim's own: never to an agency.</summary>
    VictimFact,

    /// <summary>Neither C5 nor C6 is in force.</summary>
    NoAgencyConsent,

    /// <summary>NO_LE.</summary>
    NoLawEnforcement,

    /// <summary>No agency of the right kind and jurisdiction is named in the consent or authorised by the contributor.</summary>
    NoAuthorisedAgency,

    /// <summary>A caveat asks for a person's decision first.</summary>
    CaveatReview,

    /// <summary>LIVE_OPERATION: its own holder only.</summary>
    LiveOperation,

    /// <summary>STAFF_IMPLICATED or OFFICIAL_IMPLICATED: the other side's safeguarding lead only.</summary>
    SafeguardingOnly,

    /// <summary>A child is concerned.</summary>
    Child,

    /// <summary>Linkage doubts the link.</summary>
    Doubt,

    /// <summary>Somebody looks for the person, who decides whether to be found.</summary>
    Tracing,

    /// <summary>The query tells other contributors only.</summary>
    NotNamedByQuery,
}

/// <summary>What the parties together are told of a link.</summary>
/// <param name="Comparable">False: the pair must not even be compared.</param>
/// <param name="TellFirst">What the owner of the first side is told.</param>
/// <param name="TellSecond">What the owner of the second side is told.</param>
/// <param name="FirstReleases">Agencies that may be told because of the first side's consent.</param>
/// <param name="SecondReleases">Agencies that may be told because of the second side's consent.</param>
/// <param name="ChildProtection">The child-protection channel applies.</param>
/// <param name="Reasons">Every rule that narrowed the decision, in order of code.</param>
public sealed record ConsentDecision(
    bool Comparable,
    Telling TellFirst,
    Telling TellSecond,
    IReadOnlyList<MemberId> FirstReleases,
    IReadOnlyList<MemberId> SecondReleases,
    bool ChildProtection,
    IReadOnlyList<ReasonCode> Reasons)
{
    /// <summary>A person has to look before anything else is told.</summary>
    public bool NeedsReview => ChildProtection || Reasons.Any(reason => reason is ReasonCode.CaveatReview or ReasonCode.LiveOperation
        or ReasonCode.SafeguardingOnly or ReasonCode.Child or ReasonCode.Doubt or ReasonCode.Tracing);

    /// <summary>The decision in words of code list disposition, joined with "+".</summary>
    public string Disposition
    {
        get
        {
            if (!Comparable)
            {
                return "SUPPRESSED";
            }
            if (NeedsReview)
            {
                return ChildProtection ? "CHILD_PROTECTION+HUMAN_REVIEW" : "HUMAN_REVIEW";
            }
            var pointer = (TellFirst, TellSecond) switch
            {
                (Telling.Nothing, Telling.Nothing) => null,
                (Telling.MutualPointer, Telling.MutualPointer) => "NGO_POINTER",
                _ => "NGO_POINTER_ONE_WAY",
            };
            var agency = FirstReleases.Count + SecondReleases.Count > 0 ? "LE_NONIDENT" : null;
            return (pointer, agency) switch
            {
                (null, null) => "AGGREGATE_ONLY",
                (null, _) => agency!,
                (_, null) => pointer,
                _ => pointer + "+" + agency,
            };
        }
    }
}
