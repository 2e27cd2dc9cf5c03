using System.Collections.Immutable;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>Approved values of TPM registers, by number. Registers that are not mentioned are not part of the identity.</summary>
/// <param name="Values">By register number.</param>
internal sealed record PcrReference(ImmutableSortedDictionary<int, ValueSet> Values)
{
    private const int Registers = 24;

    /// <summary>None.</summary>
    public static PcrReference None { get; } = new(ImmutableSortedDictionary<int, ValueSet>.Empty);

    /// <summary>Reads the object <c>pcr</c>: register number to approved values; at least one register.</summary>
    public static PcrReference Read(ReferenceReader reader, int size)
    {
        var inner = reader.Object("pcr");
        var values = ImmutableSortedDictionary.CreateBuilder<int, ValueSet>();
        for (var number = 0; number < Registers; number++)
        {
            if (inner?.Has($"{number}") == true)
            {
                values[number] = inner.Hex($"{number}", size, absent: null);
            }
        }

        if (values.Count == 0)
        {
            _ = reader.Fail("pcr", "must list values for at least one register");
        }

        reader.Take(inner);
        return new PcrReference(values.ToImmutable());
    }

    /// <summary>Holds registers against it.</summary>
    public void Apply(IReadOnlyDictionary<int, byte[]> registers, ComparisonBuilder comparison)
    {
        foreach (var (number, approved) in Values)
        {
            if (registers.TryGetValue(number, out var value))
            {
                comparison.RequireListed(approved, value, RejectionReason.RuntimeMeasurementNotApproved, $"PCR{number}");
            }
            else
            {
                comparison.Require(false, RejectionReason.QuoteSelection, $"PCR{number}", "not quoted", "quoted");
            }
        }
    }
}
