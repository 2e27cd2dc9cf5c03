using CleanRoom.Records.Matching;

namespace CleanRoom.Linkage;

/// <summary>What two records have in common; the values of code list matchType that this engine finds.</summary>
public enum LinkType
{
    /// <summary>Same victim.</summary>
    SamePersonVictim,

    /// <summary>Same suspect.</summary>
    SamePersonSuspect,

    /// <summary>Same identity or travel document.</summary>
    SameDocument,

    /// <summary>Same telephone number.</summary>
    SamePhone,

    /// <summary>Same e-mail address.</summary>
    SameEmail,

    /// <summary>Same handle.</summary>
    SameHandle,

    /// <summary>Same account or wallet.</summary>
    SameAccount,

    /// <summary>Same vehicle.</summary>
    SameVehicle,

    /// <summary>Same vessel.</summary>
    SameVessel,

    /// <summary>Same site of exploitation.</summary>
    SameAddress,

    /// <summary>Same organisation.</summary>
    SameOrganisation,

    /// <summary>Same case number of a third organisation.</summary>
    SameCaseNumber,

    /// <summary>Somebody whom one record looks for, met in the other.</summary>
    SamePersonMissing,

    /// <summary>What one record shares with one of a live operation. Not found by the engine: a query makes it of other links.</summary>
    LiveOperation,

    /// <summary>The same victim, exploited again after an exit. Not found by the engine: a query makes it of other links.</summary>
    ReTrafficking,

    /// <summary>The same person, a victim in one record and a victim accused of an offence in the other. Not found by the engine: a query makes it of other links.</summary>
    VictimAsOffender,
}

/// <summary>Code list matchStrength, weakest first.</summary>
public enum LinkStrength
{
    /// <summary>Weak, never notified alone.</summary>
    Possible = 1,

    /// <summary>Likely, needs review.</summary>
    Probable = 2,

    /// <summary>Several independent attributes agree.</summary>
    Strong = 3,

    /// <summary>A normalised strong identifier is equal.</summary>
    Exact = 4,
}

/// <summary>Kinds of evidence that agree; no values.</summary>
[Flags]
public enum LinkEvidence
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Name in full, in any script and order.</summary>
    Name = 1,

    /// <summary>Alias or part of a name.</summary>
    Alias = 2,

    /// <summary>Birth date or birth period.</summary>
    Birth = 4,

    /// <summary>Citizenship.</summary>
    Citizenship = 8,

    /// <summary>Home area or birth place.</summary>
    HomeArea = 16,

    /// <summary>Town or site of exploitation.</summary>
    Place = 32,

    /// <summary>Telephone number.</summary>
    Phone = 64,

    /// <summary>Document number.</summary>
    Document = 128,

    /// <summary>E-mail address.</summary>
    Email = 256,

    /// <summary>Handle.</summary>
    Handle = 512,

    /// <summary>Account or wallet.</summary>
    Account = 1024,

    /// <summary>Organisation, licence or employer.</summary>
    Organisation = 2048,

    /// <summary>Role of a suspect.</summary>
    Role = 4096,

    /// <summary>Vehicle plate or vessel number.</summary>
    Registration = 8192,

    /// <summary>House or building number.</summary>
    HouseNumber = 16384,

    /// <summary>Case number of a third organisation.</summary>
    CaseNumber = 32768,
}

/// <summary>What speaks against telling anybody without a person's look.</summary>
[Flags]
public enum LinkCautions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The periods in which the number was known lie more than 24 months apart (DATA.md 1.1 rule 9): review only.</summary>
    PeriodsDisjoint = 1,

    /// <summary>One document number, but the holders' names or birth dates differ, or the document is not genuine (rule 8): review only.</summary>
    SharedDocumentDifferentPersons = 2,

    /// <summary>The holders on the two sides have different roles, one a victim, one not.</summary>
    HolderRolesDiffer = 4,

    /// <summary>Part of the evidence was read through a script that loses sounds.</summary>
    ReadAcrossScripts = 8,
}

/// <summary>Names a record in the index; chosen by the caller, unique, and stable over restarts (for example its position in the log).</summary>
public readonly record struct RecordHandle(long Value) : IComparable<RecordHandle>
{
    /// <summary>Names what is in no index; greater than every other.</summary>
    public static RecordHandle OfNoRecord { get; } = new(long.MaxValue);

    /// <inheritdoc/>
    public int CompareTo(RecordHandle other) => Value.CompareTo(other.Value);

    /// <summary>Order of handles.</summary>
    public static bool operator <(RecordHandle left, RecordHandle right) => left.Value < right.Value;

    /// <summary>Order of handles.</summary>
    public static bool operator >(RecordHandle left, RecordHandle right) => left.Value > right.Value;

    /// <summary>Order of handles.</summary>
    public static bool operator <=(RecordHandle left, RecordHandle right) => left.Value <= right.Value;

    /// <summary>Order of handles.</summary>
    public static bool operator >=(RecordHandle left, RecordHandle right) => left.Value >= right.Value;
}

/// <summary>One side of a link.</summary>
/// <param name="Record">The record.</param>
/// <param name="HolderRole">Whose the thing is (code list identifierHolderRole).</param>
/// <param name="HolderKey">Person or organisation key inside the record, or empty.</param>
/// <param name="Jurisdiction">Country (alpha-3) of the fact or of the events, or empty.</param>
/// <param name="Seen">When the fact was known, in days since 1970-01-01; null = not known.</param>
/// <param name="Display">The normalised fact as this side wrote it, for the notices that may carry it; empty for persons.</param>
public sealed record LinkSide(RecordHandle Record, string HolderRole, string HolderKey, string Jurisdiction, DayInterval? Seen, string Display);

/// <summary>Linkage evidence between two records. Says nothing of who may know: that is for the consent engine.</summary>
/// <param name="Type">What they share.</param>
/// <param name="First">The side with the smaller handle.</param>
/// <param name="Second">The other side.</param>
/// <param name="Strength">How sure.</param>
/// <param name="Evidence">Kinds of evidence that agree.</param>
/// <param name="Cautions">What calls for review.</param>
/// <param name="Weight">Total weight in bits, rounded to 1/16; comparable within one type only.</param>
public sealed record Link(
    LinkType Type, LinkSide First, LinkSide Second, LinkStrength Strength, LinkEvidence Evidence, LinkCautions Cautions, double Weight);
