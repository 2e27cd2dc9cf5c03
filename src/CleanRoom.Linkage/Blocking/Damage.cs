using System.Numerics;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>
/// What may have happened to two records of one entity, as cases at random: fields empty, changed, or moved house with all that belongs to an address.
/// A family is worth what it adds to the cases that others find already: so few families find as much as many that repeat each other.
/// </summary>
internal sealed class Damage
{
    private const int Cases = 4096;
    private const double Changed = 0.35, Moved = 0.15;

    // A case found once counts one; found again, by families that fail together less often than is assumed, a third as much, and so on.
    private const double Again = 0.3;

    private readonly Dictionary<KeyAtom, ulong[]> _agree = [];
    private readonly double[] _open = new double[Cases];

    public Damage(LinkTable table, IReadOnlyList<KeyAtom> atoms)
    {
        Array.Fill(_open, 1);
        for (var a = 0; a < atoms.Count; a++)
        {
            var atom = atoms[a];
            var agree = new ulong[Cases / 64];
            var ofPlace = table.Fields[atom.Field].Kind is FieldKind.Text || (table.Fields[atom.Field].Kind == FieldKind.Code && atom.Company > KeyPlan.Telling);
            for (var c = 0; c < Cases; c++)
            {
                var field = 1000 + atom.Field;
                var changed = Chance(c, field) < Changed || (ofPlace && Chance(c, 0) < Moved);
                var there = Chance(c, 2000 + atom.Field) < atom.Filled * atom.Filled;
                if (there && (!changed || Chance(c, 3000 + a) < atom.Survives))
                {
                    agree[c / 64] |= 1UL << (c % 64);
                }
            }
            _agree[atom] = agree;
        }
    }

    /// <summary>What a family would add, 0 to 1.</summary>
    /// <param name="family">The family.</param>
    /// <param name="reach">How often a pair that shares a key of the family is in a block that is not too large.</param>
    public double Worth(KeyFamily family, double reach)
    {
        var sum = 0.0;
        for (var w = 0; w < Cases / 64; w++)
        {
            for (var bits = Found(family, w); bits != 0; bits &= bits - 1)
            {
                sum += _open[(w * 64) + BitOperations.TrailingZeroCount(bits)];
            }
        }
        return sum * reach / Cases;
    }

    /// <summary>Takes a family.</summary>
    public void Take(KeyFamily family, double reach)
    {
        for (var w = 0; w < Cases / 64; w++)
        {
            for (var bits = Found(family, w); bits != 0; bits &= bits - 1)
            {
                _open[(w * 64) + BitOperations.TrailingZeroCount(bits)] *= 1 - (reach * (1 - Again));
            }
        }
    }

    private ulong Found(KeyFamily family, int word)
    {
        var bits = ulong.MaxValue;
        foreach (var atom in family.Atoms)
        {
            bits &= _agree[atom][word];
        }
        return bits;
    }

    private static double Chance(int @case, int what) => (Hash.Mix(((ulong)@case << 32) | (uint)what) >> 11) / (double)(1UL << 53);
}
