namespace CleanRoom.Linkage.Cases;

/// <summary>Kinds of things that two cases may share. What is one kind speaks once.</summary>
public enum CaseEntity
{
    /// <summary>A person: victim, suspect or missing.</summary>
    Person,

    /// <summary>A telephone number, mailbox or handle.</summary>
    Contact,

    /// <summary>An identity or travel document.</summary>
    Document,

    /// <summary>An account or wallet.</summary>
    Account,

    /// <summary>A vehicle.</summary>
    Vehicle,

    /// <summary>A vessel.</summary>
    Vessel,

    /// <summary>A site of exploitation.</summary>
    Site,

    /// <summary>An organisation.</summary>
    Organisation,

    /// <summary>A case number of a third organisation.</summary>
    CaseNumber,
}

/// <summary>One line of the sum: what one shared thing says for one case.</summary>
/// <param name="Entity">Its kind.</param>
/// <param name="Type">The link it comes of.</param>
/// <param name="Strength">How sure that link is.</param>
/// <param name="Bits">What a thing of this kind and strength weighs, shared by these two records alone.</param>
/// <param name="Company">Bits that many other records with it take away; 0 or less.</param>
/// <param name="Dependence">Bits that are taken away because the link is in doubt, or because another line told of the same kind or the same fact; 0 or less.</param>
/// <param name="Independent">It counts as a kind of its own for the minimum evidence.</param>
public sealed record CasePart(CaseEntity Entity, LinkType Type, LinkStrength Strength, double Bits, double Company, double Dependence, bool Independent)
{
    /// <summary>What is left of the bits.</summary>
    public double Weight => Bits + Company + Dependence;
}

/// <summary>How sure two records tell of one case, and why: prior and parts add up to the total.</summary>
/// <param name="First">The record with the smaller handle.</param>
/// <param name="Second">The other one.</param>
/// <param name="Strength">How sure, by total and minimum evidence.</param>
/// <param name="Prior">Bits before any evidence.</param>
/// <param name="Parts">The evidence, what weighs most first. Holds no value of a record.</param>
/// <param name="Total">Prior and all parts, in bits; 0 is even odds.</param>
public sealed record CaseLink(RecordHandle First, RecordHandle Second, LinkStrength Strength, double Prior, IReadOnlyList<CasePart> Parts, double Total);
