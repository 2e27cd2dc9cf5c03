namespace CleanRoom.Charter.Consent;

/// <summary>
/// Decides, for one link, who may know of it: DATA.md §4.1 as a pure function. Only a grant in force allows; every rule can but narrow.
/// </summary>
public static class ConsentEngine
{
    private const string ImmigrationEnforcement = "immigration_enforcement";
    private const string ConsularAuthority = "consular_origin";

    private static readonly string[] ReviewCaveats = ["LIVE_OPERATION", "SMALL_COMMUNITY", "STAFF_IMPLICATED", "OFFICIAL_IMPLICATED", "SOURCE_PROTECTION", "NO_AUTO_NOTIFY"];

    /// <summary>Says whether two records may be compared at all: both have C2 in force (or its stand-in), and neither excludes the other's contributor.</summary>
    /// <param name="first">One record with what its contributor has said.</param>
    /// <param name="second">The other.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public static bool AreComparable(LinkSide first, LinkSide second, DateTimeOffset now) =>
        first.Record.Contributor != second.Record.Contributor
        && MayBeCompared(first, second.Record.Contributor, now)
        && MayBeCompared(second, first.Record.Contributor, now);

    /// <summary>Says whether a record may be compared with those of another contributor.</summary>
    /// <param name="side">The record with what its contributor has said.</param>
    /// <param name="other">The other contributor.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public static bool MayBeCompared(LinkSide side, MemberId other, DateTimeOffset now) => Allows(side, ConsentPurpose.BlindMatch, other, now);

    /// <summary>Decides what may be told of a link.</summary>
    /// <param name="pair">The link.</param>
    /// <param name="rule">What the approved query allows.</param>
    /// <param name="agencies">The room's agencies.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public static ConsentDecision Decide(PairFacts pair, TellingRule rule, IReadOnlyList<Agency> agencies, DateTimeOffset now)
    {
        var reasons = new SortedSet<ReasonCode>();
        if (!AreComparable(pair.First, pair.Second, now))
        {
            _ = reasons.Add(ReasonCode.NotComparable);
            return new ConsentDecision(false, Telling.Nothing, Telling.Nothing, [], [], false, [.. reasons]);
        }

        if (rule.Kind != TellingKind.Usual)
        {
            return rule.Kind == TellingKind.Tracing ? DecideTracing(pair, rule, now, reasons) : DecideDeconfliction(pair, rule, now, reasons);
        }

        var firstMayKnow = MayKnow(pair.First, pair.Second, pair.Holder, rule, now, reasons);
        var secondMayKnow = MayKnow(pair.Second, pair.First, pair.Holder, rule, now, reasons);
        var child = pair.Holder == FactHolder.Victim && (ConcernsChild(pair.First) || ConcernsChild(pair.Second));
        if (child)
        {
            _ = reasons.Add(ReasonCode.Child);
        }
        if (pair.Doubt != LinkDoubt.None)
        {
            _ = reasons.Add(ReasonCode.Doubt);
        }
        foreach (var side in (LinkSide[])[pair.First, pair.Second])
        {
            if (ReviewCaveats.Any(side.Record.Caveats.Contains))
            {
                _ = reasons.Add(ReasonCode.CaveatReview);
            }
        }
        if (reasons.Overlaps([ReasonCode.Child, ReasonCode.Doubt, ReasonCode.CaveatReview]))
        {
            return new ConsentDecision(
                true,
                Review(pair.First, pair.Second, firstMayKnow, reasons),
                Review(pair.Second, pair.First, secondMayKnow, reasons),
                [],
                [],
                child,
                [.. reasons]);
        }

        return new ConsentDecision(
            true,
            Pointer(firstMayKnow, secondMayKnow),
            Pointer(secondMayKnow, firstMayKnow),
            Releases(pair.First, pair, rule, agencies, now, reasons),
            Releases(pair.Second, pair, rule, agencies, now, reasons),
            false,
            [.. reasons]);
    }

    /// <summary>
    /// Says whether a field of one record may be disclosed to an agency that asked, once the contributor's people have decided: DATA.md §4.1, "LE identified".
    /// Non-identifying facts need C5 or C6 towards this agency, what identifies a person C6; a child's identity never goes this way.
    /// </summary>
    /// <param name="side">The record with what its contributor has said.</param>
    /// <param name="agency">Who asked.</param>
    /// <param name="identifying">The field identifies the person whose testimony it is.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    /// <returns>The rule that forbids it; null if it may be disclosed.</returns>
    public static ReasonCode? WhyNotDisclosed(LinkSide side, Agency agency, bool identifying, DateTimeOffset now)
    {
        if (side.Record.Caveats.Contains("NO_LE"))
        {
            return ReasonCode.NoLawEnforcement;
        }

        if (identifying && ConcernsChild(side))
        {
            return ReasonCode.Child;
        }

        if (agency.Kind == ImmigrationEnforcement || (agency.Kind == ConsularAuthority && side.Record.Caveats.Contains("NO_CONSULAR")))
        {
            return ReasonCode.NoAuthorisedAgency;
        }

        // It stands in for consent that is not there. Whom the person has left out stays out, and so does what a caveat keeps back.
        if (!side.Record.Excludes(agency.Id) && side.Record.Overrides.Any(item => item.Recipient == agency.Id && now < item.Until && (item.Identifying || !identifying)))
        {
            return null;
        }

        var grants = InForce(side, ConsentPurpose.LeIdentifying, now).ToList();
        if (!identifying)
        {
            grants.AddRange(InForce(side, ConsentPurpose.LeNonIdentifying, now));
        }

        return grants.Count == 0 ? ReasonCode.NoAgencyConsent
            : MayTell(side, agency, grants) ? null
            : ReasonCode.NoAuthorisedAgency;
    }

    /// <summary>Whether facts of a record may follow a notice to an agency without anybody's signature (N2b, <c>auto</c>): its persons agree to facts that do not identify (C5), towards this agency; C6 alone is not enough.</summary>
    /// <param name="side">The record with what its contributor has said.</param>
    /// <param name="agency">Who was told.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public static bool AgreesToFacts(LinkSide side, Agency agency, DateTimeOffset now) =>
        WhyNotDisclosed(side, agency, identifying: false, now) is null && MayTell(side, agency, [.. InForce(side, ConsentPurpose.LeNonIdentifying, now)]);

    /// <summary>
    /// Says whether an agency may be warned of an emergency about a record (N4), once two people of its contributor have signed: presence and place at admin1 are told as facts that do not identify.
    /// A child's goes to child protection only.
    /// </summary>
    /// <param name="side">The record with what its contributor has said.</param>
    /// <param name="agency">Who is to be warned.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    /// <returns>The rule that forbids it; null if it may be told.</returns>
    public static ReasonCode? WhyNotWarned(LinkSide side, Agency agency, DateTimeOffset now) =>
        ConcernsChild(side) && agency.Kind != RecipientKinds.ChildProtection ? ReasonCode.Child : WhyNotDisclosed(side, agency, identifying: false, now);

    /// <summary>
    /// Says whether a record's persons may stand in a group (Q10, Q12, Q13): what a person has to look at first, and a child's, is in none, for nobody looks at groups.
    /// </summary>
    /// <param name="side">The record with what its contributor has said.</param>
    /// <param name="needed">The purpose under which the group is told.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public static bool MayBeInGroup(LinkSide side, ConsentPurpose needed, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(side);
        return side.Record.HasVictimOrWitness && !ConcernsChild(side) && !ReviewCaveats.Any(side.Record.Caveats.Contains)
            && InForce(side, ConsentPurpose.BlindMatch, now).Any() && InForce(side, needed, now).Any();
    }

    /// <summary>Says whether a contributor may be told of a group in which a record is: its own, or one of a contributor with which it lists each other, whose person has agreed.</summary>
    /// <param name="side">The record with what its contributor has said.</param>
    /// <param name="told">The contributor.</param>
    /// <param name="standing">What that contributor has said.</param>
    /// <param name="needed">The purpose under which the group is told.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public static bool LetsGroupReach(LinkSide side, MemberId told, StandingAuthorisation standing, ConsentPurpose needed, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(side);
        ArgumentNullException.ThrowIfNull(standing);
        return side.Record.Contributor == told
            || (side.Standing.Contributors.Contains(told) && standing.Contributors.Contains(side.Record.Contributor)
                && Allows(side, needed, told, now, asOrganisation: needed == ConsentPurpose.LeNonIdentifying));
    }

    /// <summary>Says whether an agency may be told of a group in which a record is.</summary>
    /// <param name="side">The record with what its contributor has said.</param>
    /// <param name="agency">The agency.</param>
    /// <param name="now">Room time, the one for what expires.</param>
    public static bool LetsGroupReach(LinkSide side, Agency agency, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(side);
        ArgumentNullException.ThrowIfNull(agency);
        return agency.Kind != ImmigrationEnforcement && !side.Record.Caveats.Contains("NO_LE") && MayTell(side, agency, now);
    }

    /// <summary>Whether a record is about a child, by its victim's age or its caveat.</summary>
    public static bool IsAboutChild(RecordConsent record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.VictimIsChild || record.Caveats.Contains("CHILD");
    }

    /// <summary>
    /// Q11: the question goes to who holds the found person's record, if she agreed to be traced (C7). She decides; a child's case goes the way of child protection, and who
    /// looks for it hears nothing from the room.
    /// </summary>
    private static ConsentDecision DecideTracing(PairFacts pair, TellingRule rule, DateTimeOffset now, SortedSet<ReasonCode> reasons)
    {
        var (found, searching) = pair.First.IsSearching ? (pair.Second, pair.First) : (pair.First, pair.Second);
        _ = reasons.Add(ReasonCode.Tracing);
        var child = ConcernsChild(found) || ConcernsChild(searching);
        if (child)
        {
            _ = reasons.Add(ReasonCode.Child);
        }

        if (!rule.Pointers)
        {
            _ = reasons.Add(ReasonCode.QueryTellsNoContributors);
        }
        else if (searching.IsSearching == found.IsSearching || !List(found, searching))
        {
            _ = reasons.Add(ReasonCode.NotListed);
        }
        else if (!Allows(found, ConsentPurpose.Tracing, searching.Record.Contributor, now))
        {
            _ = reasons.Add(ReasonCode.NoConsentToTell);
        }
        else if (Either(pair, "LIVE_OPERATION"))
        {
            _ = reasons.Add(ReasonCode.LiveOperation);
        }
        else if (Either(pair, "STAFF_IMPLICATED", "OFFICIAL_IMPLICATED"))
        {
            _ = reasons.Add(ReasonCode.SafeguardingOnly);
        }
        else
        {
            var answer = child ? Telling.Nothing : Telling.PointerOnRelease;
            return pair.First.IsSearching
                ? new ConsentDecision(true, answer, Telling.Review, [], [], child, [.. reasons])
                : new ConsentDecision(true, Telling.Review, answer, [], [], child, [.. reasons]);
        }

        return new ConsentDecision(true, Telling.Nothing, Telling.Nothing, [], [], child, [.. reasons]);
    }

    /// <summary>Q14: LIVE_OPERATION keeps its record from everybody; this query alone lets who meets it know whom to call. What any other caveat keeps back stays back, and so does a victim's.</summary>
    private static ConsentDecision DecideDeconfliction(PairFacts pair, TellingRule rule, DateTimeOffset now, SortedSet<ReasonCode> reasons)
    {
        Telling Tell(LinkSide told, LinkSide live) =>
            live.Record.Caveats.Contains("LIVE_OPERATION") && MayKnow(told, live, FactHolder.Victim, rule, now, reasons) ? Telling.OneWayPointer : Telling.Nothing;
        if (pair.Holder == FactHolder.Victim)
        {
            _ = reasons.Add(ReasonCode.VictimFact);
        }
        else if (pair.Doubt != LinkDoubt.None)
        {
            _ = reasons.Add(ReasonCode.Doubt);
        }
        else if (Either(pair, [.. ReviewCaveats.Where(caveat => caveat != "LIVE_OPERATION")]))
        {
            _ = reasons.Add(ReasonCode.CaveatReview);
        }
        else
        {
            return new ConsentDecision(true, Tell(pair.First, pair.Second), Tell(pair.Second, pair.First), [], [], false, [.. reasons]);
        }

        return new ConsentDecision(true, Telling.Nothing, Telling.Nothing, [], [], false, [.. reasons]);
    }

    private static bool Either(PairFacts pair, params string[] caveats) => pair.First.Record.Caveats.Overlaps(caveats) || pair.Second.Record.Caveats.Overlaps(caveats);

    private static bool List(LinkSide one, LinkSide other) =>
        one.Standing.Contributors.Contains(other.Record.Contributor) && other.Standing.Contributors.Contains(one.Record.Contributor);

    private static Telling Pointer(bool mayKnow, bool otherMayKnow) =>
        !mayKnow ? Telling.Nothing : otherMayKnow ? Telling.MutualPointer : Telling.OneWayPointer;

    /// <summary>Whether the owner of <paramref name="told"/> may learn of the other record: mutual listing, and the other record's own consent.</summary>
    private static bool MayKnow(LinkSide told, LinkSide revealed, FactHolder holder, TellingRule rule, DateTimeOffset now, SortedSet<ReasonCode> reasons)
    {
        if (!rule.Pointers)
        {
            _ = reasons.Add(ReasonCode.QueryTellsNoContributors);
            return false;
        }
        var to = told.Record.Contributor;
        if (rule.Only.Count > 0 && !rule.Only.Contains(to))
        {
            _ = reasons.Add(ReasonCode.NotNamedByQuery);
            return false;
        }
        if (!List(told, revealed))
        {
            _ = reasons.Add(ReasonCode.NotListed);
            return false;
        }
        var consented = Allows(revealed, ConsentPurpose.TellNgo, to, now) || (holder == FactHolder.Other && Allows(revealed, ConsentPurpose.LeNonIdentifying, to, now, asOrganisation: true));
        if (!consented)
        {
            _ = reasons.Add(ReasonCode.NoConsentToTell);
        }
        return consented;
    }

    /// <summary>A side that may know gets an item about its own record, unless a caveat of either side keeps it from it.</summary>
    private static Telling Review(LinkSide told, LinkSide other, bool mayKnow, SortedSet<ReasonCode> reasons)
    {
        if (!mayKnow)
        {
            return Telling.Nothing;
        }
        if (other.Record.Caveats.Contains("LIVE_OPERATION"))
        {
            _ = reasons.Add(ReasonCode.LiveOperation);
            return Telling.Nothing;
        }
        if (told.Record.Caveats.Overlaps(["STAFF_IMPLICATED", "OFFICIAL_IMPLICATED"]))
        {
            _ = reasons.Add(ReasonCode.SafeguardingOnly);
            return Telling.Nothing;
        }
        if (other.Record.Caveats.Overlaps(["STAFF_IMPLICATED", "OFFICIAL_IMPLICATED"]))
        {
            _ = reasons.Add(ReasonCode.SafeguardingOnly);
            return Telling.SafeguardingReview;
        }
        return Telling.Review;
    }

    private static List<MemberId> Releases(
        LinkSide side, PairFacts pair, TellingRule rule, IReadOnlyList<Agency> agencies, DateTimeOffset now, SortedSet<ReasonCode> reasons)
    {
        if (pair.Holder == FactHolder.Victim)
        {
            _ = reasons.Add(ReasonCode.VictimFact);
            return [];
        }
        if (side.Record.Caveats.Contains("NO_LE"))
        {
            _ = reasons.Add(ReasonCode.NoLawEnforcement);
            return [];
        }
        if (!InForce(side, ConsentPurpose.LeNonIdentifying, now).Concat(InForce(side, ConsentPurpose.LeIdentifying, now)).Any())
        {
            _ = reasons.Add(ReasonCode.NoAgencyConsent);
            return [];
        }
        var told = agencies.Where(agency => MayTell(side, agency, now) && IsAddressed(agency, side, rule)).Select(agency => agency.Id).Order().ToList();
        if (told.Count == 0)
        {
            _ = reasons.Add(ReasonCode.NoAuthorisedAgency);
        }
        return told;
    }

    // By the place of the releasing side's own fact: where the other record lies is not this side's to tell.
    private static bool IsAddressed(Agency agency, LinkSide side, TellingRule rule) =>
        rule.AgencyKinds.Contains(agency.Kind)
        && agency.Kind != ImmigrationEnforcement
        && (rule.AnyJurisdiction || agency.Jurisdictions.Overlaps(side.Jurisdictions));

    private static bool MayTell(LinkSide side, Agency agency, DateTimeOffset now)
    {
        if (agency.Kind == ConsularAuthority && side.Record.Caveats.Contains("NO_CONSULAR"))
        {
            return false;
        }
        return MayTell(side, agency, [.. InForce(side, ConsentPurpose.LeNonIdentifying, now), .. InForce(side, ConsentPurpose.LeIdentifying, now)]);
    }

    private static bool MayTell(LinkSide side, Agency agency, List<Grant> grants) =>
        // An exclusion in any consent of the record counts, whatever the others name.
        !side.Record.Excludes(agency.Id)
            && grants.Any(grant =>
                (grant.NamedRecipients.Count == 0 ? side.Standing.Agencies.Contains(agency.Id) : grant.NamedRecipients.Contains(agency.Id.Value))
                && (grant.RecipientClasses.Count == 0 || grant.RecipientClasses.Contains(agency.Kind)));

    /// <summary>Whether a purpose is granted towards another contributor.</summary>
    private static bool Allows(LinkSide side, ConsentPurpose purpose, MemberId towards, DateTimeOffset now, bool asOrganisation = false)
    {
        var grants = InForce(side, purpose, now).ToList();
        if (side.Record.Excludes(towards))
        {
            return false;
        }
        // C5 names agencies; as a contributor's reason to learn of a suspect's number it is not narrowed by them.
        return grants.Any(grant => asOrganisation
            || ((grant.NamedRecipients.Count == 0 || grant.NamedRecipients.Contains(towards.Value))
                && (grant.RecipientClasses.Count == 0 || grant.RecipientClasses.Contains("other_organizations"))));
    }

    private static IEnumerable<Grant> InForce(LinkSide side, ConsentPurpose purpose, DateTimeOffset now)
    {
        var standsIn = !side.Record.HasVictimOrWitness && purpose is ConsentPurpose.BlindMatch or ConsentPurpose.TellNgo or ConsentPurpose.LeNonIdentifying;
        return standsIn && side.Standing.Purposes.HasFlag(purpose)
            ? [new Grant(purpose, DateTimeOffset.MaxValue)]
            : side.Record.Grants.Where(grant => grant.Purpose == purpose && now < grant.Expires);
    }

    private static bool ConcernsChild(LinkSide side) => IsAboutChild(side.Record);
}
