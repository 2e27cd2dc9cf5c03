namespace CleanRoom.Charter.Consent;

/// <summary>Whose facts a link joins; the consent needed depends on it.</summary>
public enum FactHolder
{
    /// <summary>A victim's or witness's person, phone, document, e-mail: told to contributors only, never to an agency.</summary>
    Victim,

    /// <summary>A suspect's, organisation's, vehicle's, vessel's, account's or site's.</summary>
    Other,
}

/// <summary>Why linkage itself wants a person to look first.</summary>
[Flags]
public enum LinkDoubt
{
    /// <summary>No doubt.</summary>
    None = 0,

    /// <summary>The periods in which both sides used the number do not overlap.</summary>
    PeriodsDisjoint = 1,

    /// <summary>One document, different persons.</summary>
    DifferentPersons = 2,

    /// <summary>Weaker than the query's least strength, but worth a look.</summary>
    Weak = 4,
}

/// <summary>One side of a link, as the consent engine sees it.</summary>
/// <param name="Record">What the record allows.</param>
/// <param name="Standing">What its contributor lists and authorises.</param>
/// <param name="Jurisdictions">Countries (alpha-3) where this record's shared fact lies; decides which agencies are told because of it.</param>
public sealed record LinkSide(RecordConsent Record, StandingAuthorisation Standing, IReadOnlySet<string> Jurisdictions)
{
    /// <summary>The record is of somebody who looks for the person, not of who has met her.</summary>
    public bool IsSearching { get; init; }
}

/// <summary>A link between the records of two contributors.</summary>
/// <param name="First">One side.</param>
/// <param name="Second">The other side.</param>
/// <param name="Holder">Whose facts agree; if the two sides differ, <see cref="FactHolder.Victim"/>.</param>
/// <param name="Doubt">Why a person should look first.</param>
public sealed record PairFacts(LinkSide First, LinkSide Second, FactHolder Holder, LinkDoubt Doubt);

/// <summary>What the charter's query allows to be told.</summary>
/// <param name="Pointers">Contributors may be told (N1).</param>
/// <param name="AgencyKinds">Kinds of agency that may be told (N2a); empty = none.</param>
/// <param name="AnyJurisdiction">Agencies are told wherever the fact lies, instead of those of its jurisdiction.</param>
public sealed record TellingRule(bool Pointers, IReadOnlySet<string> AgencyKinds, bool AnyJurisdiction)
{
    /// <summary>Which rules of DATA.md §4.2 hold.</summary>
    public TellingKind Kind { get; init; }

    /// <summary>The contributors that alone may be told; empty for no such limit.</summary>
    public IReadOnlySet<MemberId> Only { get; init; } = new HashSet<MemberId>();
}

/// <summary>Which rules decide who is told.</summary>
public enum TellingKind
{
    /// <summary>Those of DATA.md §4.1.</summary>
    Usual,

    /// <summary>Q11: the found person is asked by who holds her record; nobody else is told before that.</summary>
    Tracing,

    /// <summary>Q14: who meets a live operation is told whom to call, and nothing else; whose operation it is is told nothing.</summary>
    Deconfliction,
}
