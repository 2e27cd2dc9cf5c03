using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Models;

/// <summary>
/// Weighs pairs by a model. Equal and missing values are told by number alone; what is left is compared in the order of what it can
/// still change, and a pair that cannot reach the floor any more is left. Allocates nothing; thread-safe.
/// </summary>
internal sealed class PairScorer
{
    private readonly LinkTable _table;
    private readonly int _stride;
    private readonly int _fields;
    private readonly FieldComparer[] _comparers;
    private readonly FieldKind[] _kinds;
    private readonly float[][] _levels;
    private readonly float[][] _exact;

    // What an agreement weighs on a value that came after the frequencies were counted, and how many values have their weight.
    private readonly float[] _unseen;
    private readonly int[] _known;
    private readonly float[] _mostInexact;
    private readonly float[] _mostCrossed;
    private readonly int[] _order;
    private readonly int[] _swaps;
    private readonly bool _anySwap;
    private readonly float _prior;
    private readonly uint _all;

    // For each set of fields the most that they add without being equal.
    private readonly float[] _pendingMost;

    public PairScorer(LinkTable table, LinkModel model, TermWeights terms)
    {
        _table = table;
        _stride = table.Rows.Stride;
        _fields = table.Fields.Count;
        _comparers = table.Comparers;
        _kinds = [.. table.Fields.Select(f => f.Kind)];
        _swaps = table.SwapOf;
        _anySwap = Array.Exists(_swaps, s => s >= 0);
        _prior = (float)model.PriorWeight;
        _levels = new float[_fields][];
        _unseen = new float[_fields];
        _known = new int[_fields];
        _exact = new float[_fields][];
        _mostInexact = new float[_fields];
        _mostCrossed = new float[_fields];
        for (var f = 0; f < _fields; f++)
        {
            var kind = table.Fields[f].Kind;
            var scale = Levels.Of(kind);
            _levels[f] = [.. Enumerable.Range(0, scale.Names.Count).Select(l => (float)model.Weight(f, l))];
            _mostInexact[f] = Enumerable.Range(0, scale.Exact).Where(l => !Levels.IsCrossed(kind, l)).Max(l => _levels[f][l]);
            _mostCrossed[f] = Enumerable.Range(0, scale.Exact).Where(l => Levels.IsCrossed(kind, l)).Select(l => _levels[f][l]).DefaultIfEmpty(0).Max();
            _unseen[f] = (float)Math.Log2(model.Fields[f].Match[scale.Exact] / terms.ChanceOfUnseen(f));
            _exact[f] = new float[table.Values[f].Count];
            _known[f] = _exact[f].Length;
            for (var v = 1; v < _exact[f].Length; v++)
            {
                _exact[f][v] = terms.Counts[f][v] > 0
                    ? (float)Math.Log2(model.Fields[f].Match[scale.Exact] / terms.ChanceOf(f, v, model.Fields[f].OwnCopies))
                    : _levels[f][scale.Exact];
            }
        }
        _all = (1u << _fields) - 1;
        _pendingMost = new float[1 << _fields];
        for (uint mask = 1; mask <= _all; mask++)
        {
            _pendingMost[mask] = _pendingMost[mask & (mask - 1)] + _mostInexact[BitOperations.TrailingZeroCount(mask)];
        }
        // First what costs least for what it can decide.
        _order = [.. Enumerable.Range(0, _fields).OrderBy(f => Cost(table.Fields[f].Kind)).ThenBy(f => _levels[f][0]).ThenBy(f => f)];
    }

    /// <summary>The weight that an exact agreement on a value has, term frequency included.</summary>
    public float ExactWeight(int field, int value) => _exact[field][value];

    /// <summary>Gives weights to values that the table took up since.</summary>
    public void Extend()
    {
        for (var f = 0; f < _fields; f++)
        {
            var count = _table.Values[f].Count;
            if (_known[f] < count)
            {
                Ranges.Grow(ref _exact[f], count);
                _exact[f].AsSpan(_known[f], count - _known[f]).Fill(_unseen[f]);
                _known[f] = count;
            }
        }
    }

    /// <summary>The prior, in bits.</summary>
    public float Prior => _prior;

    /// <summary>The weights of a field's levels, term frequency left out.</summary>
    public ReadOnlySpan<float> LevelWeights(int field) => _levels[field];

    /// <summary>The most that a field weighs with its values in another's place.</summary>
    public float MostCrossed(int field) => _mostCrossed[field];

    /// <summary>Asks the memory for what agreements on a record's values weigh.</summary>
    public void FetchWeights(int record)
    {
        ref var row = ref Unsafe.Add(ref _table.Rows.First, record * (nint)_stride);
        for (var f = 0; f < _fields; f++)
        {
            Memory.Fetch(_exact[f], Unsafe.Add(ref row, f));
        }
    }

    /// <summary>Asks the memory for the values in which a pair differs.</summary>
    public void Fetch(int first, int second)
    {
        ref var rows = ref _table.Rows.First;
        ref var a = ref Unsafe.Add(ref rows, first * (nint)_stride);
        ref var b = ref Unsafe.Add(ref rows, second * (nint)_stride);
        var (equal, missing) = Compare(ref a, ref b);
        for (var bits = ~(equal | missing) & _all; bits != 0; bits &= bits - 1)
        {
            var f = BitOperations.TrailingZeroCount(bits);
            _comparers[f].Fetch(Unsafe.Add(ref a, f));
            _comparers[f].Fetch(Unsafe.Add(ref b, f));
        }
    }

    /// <summary>Weighs a pair; false if it stays below the floor.</summary>
    /// <param name="first">A record.</param>
    /// <param name="second">Another.</param>
    /// <param name="floor">The least weight of interest, in bits.</param>
    /// <param name="weight">Prior and all fields, in bits.</param>
    /// <param name="vector">Four bits a field: its level, or <see cref="LevelScale.Missing"/>.</param>
    public bool TryScore(int first, int second, float floor, out float weight, out ulong vector)
    {
        ref var rows = ref _table.Rows.First;
        ref var a = ref Unsafe.Add(ref rows, first * (nint)_stride);
        ref var b = ref Unsafe.Add(ref rows, second * (nint)_stride);
        var (equal, missing) = Compare(ref a, ref b);
        var pending = ~(equal | missing) & _all;
        var total = _prior + _pendingMost[pending];
        for (var bits = equal & ~missing; bits != 0; bits &= bits - 1)
        {
            var f = BitOperations.TrailingZeroCount(bits);
            total += _exact[f][Unsafe.Add(ref a, f)];
        }
        var crossing = _anySwap ? Crossing(equal & ~missing, pending) : 0;
        var crossingKnown = crossing == 0;
        weight = total + crossing;
        vector = 0;
        if (weight < floor || (total < floor && !MayCross(ref a, ref b, total, floor, ref crossing, ref crossingKnown)))
        {
            return false;
        }
        pending = Tell(ref Unsafe.Add(ref a, _fields), ref Unsafe.Add(ref b, _fields), pending, ref total);
        if (total < floor && !MayCross(ref a, ref b, total, floor, ref crossing, ref crossingKnown))
        {
            return false;
        }
        ulong levels = 0;
        for (var f = 0; f < _fields; f++)
        {
            levels |= Bit(missing, f) ? (ulong)LevelScale.Missing << (4 * f) : Bit(equal, f) ? (ulong)(_levels[f].Length - 1) << (4 * f) : 0;
        }
        foreach (var f in _order)
        {
            if ((pending & (1u << f)) == 0)
            {
                continue;
            }
            var level = _comparers[f].Compare(Unsafe.Add(ref a, f), Unsafe.Add(ref b, f));
            total += _levels[f][level] - _mostInexact[f];
            levels |= (ulong)level << (4 * f);
            if (total < floor && !MayCross(ref a, ref b, total, floor, ref crossing, ref crossingKnown))
            {
                return false;
            }
        }
        if (_anySwap)
        {
            Cross(ref a, ref b, ref total, ref levels);
        }
        weight = total;
        vector = levels;
        return total >= floor;
    }

    // Which fields are equal and which are empty on either side: eight in one comparison.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (uint Equal, uint Missing) Compare(ref int a, ref int b)
    {
        var (x, y) = (Vector256.LoadUnsafe(ref a), Vector256.LoadUnsafe(ref b));
        var equal = Vector256.Equals(x, y).ExtractMostSignificantBits();
        var missing = (Vector256.Equals(x, Vector256<int>.Zero) | Vector256.Equals(y, Vector256<int>.Zero)).ExtractMostSignificantBits();
        if (_fields > 8)
        {
            (x, y) = (Vector256.LoadUnsafe(ref a, 8), Vector256.LoadUnsafe(ref b, 8));
            equal |= Vector256.Equals(x, y).ExtractMostSignificantBits() << 8;
            missing |= (Vector256.Equals(x, Vector256<int>.Zero) | Vector256.Equals(y, Vector256<int>.Zero)).ExtractMostSignificantBits() << 8;
        }
        return (equal & _all, missing & _all);
    }

    // Fields that have nothing in common by their digests: most of them, at the cost of a few instructions and no look at the values.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Tell(ref int a, ref int b, uint pending, ref float total)
    {
        for (var bits = pending; bits != 0; bits &= bits - 1)
        {
            var f = BitOperations.TrailingZeroCount(bits);
            var (x, y) = ((uint)Unsafe.Add(ref a, f), (uint)Unsafe.Add(ref b, f));
            var differ = _kinds[f] switch
            {
                FieldKind.Given or FieldKind.Family => Digest.NamesDiffer(x, y),
                FieldKind.Text => Digest.TextsDiffer(x, y),
                FieldKind.Code => Digest.CodesDiffer(x, y),
                FieldKind.Date => Digest.DatesDiffer(x, y),
                FieldKind.Category or FieldKind.Country => true,
                _ => false,
            };
            if (differ)
            {
                total += _levels[f][Levels.Different] - _mostInexact[f];
                pending &= ~(1u << f);
            }
        }
        return pending;
    }

    // What fields in each other's place could still add.
    private float Crossing(uint exact, uint pending)
    {
        var sum = 0f;
        for (var f = 0; f < _fields; f++)
        {
            var g = _swaps[f];
            if (g >= 0 && !Bit(exact, f) && !Bit(exact, g))
            {
                sum += Math.Max(0, _mostCrossed[f] - Math.Min(0, (Bit(pending, f) ? _mostInexact[f] : 0) + (Bit(pending, g) ? _mostInexact[g] : 0)));
            }
        }
        return sum;
    }

    // A pair that falls below the floor is looked at once more closely: are any fields in each other's place at all?
    private bool MayCross(ref int a, ref int b, float total, float floor, ref float crossing, ref bool known)
    {
        if (known || total + crossing < floor)
        {
            return total + crossing >= floor;
        }
        known = true;
        crossing = 0;
        for (var f = 0; f < _fields; f++)
        {
            var g = _swaps[f];
            if (g >= 0 && MayBeCrossed(ref a, ref b, f, g) && MayBeCrossed(ref a, ref b, g, f))
            {
                crossing += Math.Max(0, _mostCrossed[f] - Math.Min(0, _levels[f][0] + _levels[g][0]));
            }
        }
        return total + crossing >= floor;
    }

    private void Cross(ref int a, ref int b, ref float total, ref ulong levels)
    {
        for (var f = 0; f < _fields; f++)
        {
            var g = _swaps[f];
            if (g < 0)
            {
                continue;
            }
            var (straightF, straightG) = (Level(levels, f), Level(levels, g));
            if (IsGood(f, straightF) || IsGood(g, straightG))
            {
                continue;
            }
            var (af, ag, bf, bg) = (Unsafe.Add(ref a, f), Unsafe.Add(ref a, g), Unsafe.Add(ref b, f), Unsafe.Add(ref b, g));
            var left = Crossed(f, af, bg);
            var right = Crossed(f, ag, bf);
            if (!(left || right) || (!left && af != 0 && bg != 0) || (!right && ag != 0 && bf != 0))
            {
                continue;
            }
            var level = (left && right, _table.Fields[f].Kind) switch
            {
                (true, FieldKind.Text) => Levels.TextCrossed,
                (false, FieldKind.Text) => Levels.TextHalfCrossed,
                (_, FieldKind.Code) => Levels.CodeCrossed,
                (true, _) => Levels.NameCrossed,
                _ => Levels.NameHalfCrossed,
            };
            var before = Weight(f, straightF, af) + Weight(g, straightG, ag);
            if (_levels[f][level] <= before)
            {
                continue;
            }
            total += _levels[f][level] - before;
            levels = (levels & ~(0xFUL << (4 * f)) & ~(0xFUL << (4 * g))) | ((ulong)level << (4 * f)) | ((ulong)LevelScale.Missing << (4 * g));
        }
    }

    // False only if both values are there and differ.
    private bool MayBeCrossed(ref int a, ref int b, int f, int g)
    {
        var (x, y) = (Unsafe.Add(ref a, f), Unsafe.Add(ref b, g));
        if (x == 0 || y == 0)
        {
            return true;
        }
        var (left, right) = ((uint)Unsafe.Add(ref a, _fields + f), (uint)Unsafe.Add(ref b, _fields + g));
        var differ = _kinds[f] switch
        {
            FieldKind.Given or FieldKind.Family => Digest.NamesDiffer(left, right),
            FieldKind.Text => Digest.TextsDiffer(left, right),
            _ => x != y,
        };
        return !differ && Crossed(f, x, y);
    }

    private bool Crossed(int f, int x, int y) =>
        x != 0 && y != 0 && (x == y || IsGood(f, _comparers[f].Compare(x, y)));

    private bool IsGood(int f, int level) => level != LevelScale.Missing && _table.Fields[f].Kind switch
    {
        FieldKind.Given or FieldKind.Family => level >= Levels.NameNear && level != Levels.NamePart,
        FieldKind.Text => level >= Levels.TextNear,
        _ => level == _levels[f].Length - 1,
    };

    private float Weight(int f, int level, int value) =>
        level == LevelScale.Missing ? 0 : level == _levels[f].Length - 1 ? _exact[f][value] : _levels[f][level];

    private static bool Bit(uint bits, int f) => (bits & (1u << f)) != 0;

    private static int Level(ulong levels, int f) => (int)((levels >> (4 * f)) & 0xF);

    private static int Cost(FieldKind kind) => kind switch
    {
        FieldKind.Category or FieldKind.Country or FieldKind.Number => 0,
        FieldKind.Date or FieldKind.Code => 1,
        FieldKind.Given or FieldKind.Family or FieldKind.Phone => 2,
        FieldKind.Text or FieldKind.Email => 3,
        _ => 4,
    };
}
