using System.Collections.Immutable;

namespace CleanRoom.Evidence.Kinds;

/// <summary>Byte strings that a charter lists: one of them must be met exactly. Not secret.</summary>
internal sealed class ValueSet(ImmutableArray<byte[]> values)
{
    private const int Shown = 3;

    /// <summary>A set with the one value of all zeros.</summary>
    public static ValueSet Zero(int size) => new([new byte[size]]);

    public bool Contains(ReadOnlySpan<byte> value)
    {
        foreach (var approved in values)
        {
            if (value.SequenceEqual(approved))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The first values, for people.</summary>
    public override string ToString() =>
        string.Join(" or ", values.Take(Shown).Select(Convert.ToHexStringLower)) + (values.Length > Shown ? $" or {values.Length - Shown} more" : "");
}
