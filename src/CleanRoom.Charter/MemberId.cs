using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Charter;

/// <summary>The name of a member within its room: <c>[a-z0-9][a-z0-9-]{0,62}</c>; "enclave" and "operator" are reserved (docs/protocol.md §1).</summary>
public sealed record MemberId : IComparable<MemberId>
{
    /// <summary>Longest id, in characters.</summary>
    public const int MaxLength = 63;

    /// <summary>The word that stands for the enclave as the author of an entry.</summary>
    internal const string Enclave = "enclave";

    /// <summary>The name under which the operator signs checkpoints.</summary>
    internal const string Operator = "operator";

    private MemberId(string value) => Value = value;

    /// <summary>The id.</summary>
    public string Value { get; }

    /// <summary>Reads an id.</summary>
    /// <returns><see langword="false"/> if it has another form or is a reserved word.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out MemberId? member)
    {
        member = IsValid(text) ? new MemberId(text) : null;
        return member is not null;
    }

    /// <summary>Reads an id.</summary>
    /// <exception cref="FormatException">It has another form or is a reserved word.</exception>
    public static MemberId Parse(string text) => TryParse(text, out var member)
        ? member
        : throw new FormatException("A member id must have 1 to 63 characters out of a-z, 0-9 and -, start with a letter or digit, and not be a reserved word.");

    /// <summary>Compares by ordinal value: the order in which protocol lists stand.</summary>
    public int CompareTo(MemberId? other) => string.CompareOrdinal(Value, other?.Value);

    /// <summary>Writes the id.</summary>
    public override string ToString() => Value;

    public static bool operator <(MemberId left, MemberId right) => left.CompareTo(right) < 0;

    public static bool operator >(MemberId left, MemberId right) => left.CompareTo(right) > 0;

    public static bool operator <=(MemberId left, MemberId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(MemberId left, MemberId right) => left.CompareTo(right) >= 0;

    private static bool IsValid([NotNullWhen(true)] string? text)
    {
        if (text is null || text.Length is 0 or > MaxLength || text[0] == '-' || text is Enclave or Operator)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
