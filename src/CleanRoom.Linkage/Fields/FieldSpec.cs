namespace CleanRoom.Linkage.Fields;

/// <summary>One field of a configuration.</summary>
public sealed record FieldSpec
{
    /// <summary>The most fields that are compared: a level vector has four bits for each, and six for term frequencies.</summary>
    public const int MaxFields = 14;

    /// <summary>Its name, unique in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary>What it holds.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>Names of columns that hold it, in any case, without regard to blanks and signs; several columns of one file are several values of a name, else the first that is filled counts.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>The field with which people mix it up (given and family name, two address lines): of the same kind of value, and later in the list.</summary>
    public string? Swap { get; init; }

    /// <summary>True if the field takes no part when <see cref="FieldKind.Given"/> and <see cref="FieldKind.Family"/> are both there.</summary>
    public bool OnlyWithoutParts { get; init; }
}
