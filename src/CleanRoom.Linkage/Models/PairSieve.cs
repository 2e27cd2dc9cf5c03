using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Models;

/// <summary>
/// What pairs cannot exceed: eight fields are bounded at once, without a branch and without a look at the values. Pairs that may reach the
/// floor go on to <see cref="PairScorer"/>; the bound only spares work and never changes what is found. Allocates nothing; thread-safe.
/// </summary>
internal sealed class PairSieve
{
    private const int Lanes = LaneBounds.Count;
    private const int Ahead = 16;

    // Sums in another order than the scorer's may fall a little short of its.
    private const float Slack = 0.01f;

    private readonly LinkTable _table;
    private readonly int _stride;
    private readonly int _lanes;
    private readonly float _least;
    private readonly PairScorer _scorer;
    private readonly int _fields;
    private readonly LaneBounds[] _bounds;
    private readonly (int First, int Second, float Most)[] _swaps;

    // For each half where the lane of the field stands that a lane's is mixed up with, and the pairs that stand in one half.
    private readonly Vector256<int>[] _partners;
    private readonly uint _sameHalf;

    public PairSieve(LinkTable table, PairScorer scorer, float floor)
    {
        _table = table;
        _stride = table.Stride;
        _lanes = table.Lanes;
        _scorer = scorer;
        _fields = table.Fields.Count;
        _least = floor - Slack - scorer.Prior;
        _bounds = new LaneBounds[_lanes / Lanes];
        _partners = new Vector256<int>[_bounds.Length];
        _swaps = [.. Enumerable.Range(0, _fields).Where(f => table.SwapOf[f] >= 0).Select(f => (f, table.SwapOf[f], scorer.MostCrossed(f)))];
        for (var half = 0; half < _bounds.Length; half++)
        {
            var here = Enumerable.Range(half * Lanes, Lanes).ToArray();
            _bounds[half] = new LaneBounds(
                [.. here.Select(f => f < _fields ? table.Fields[f].Kind : (FieldKind?)null)], [.. here.Select(f => f < _fields ? scorer.LevelWeights(f).ToArray() : [])]);
            var partners = Enumerable.Range(0, Lanes).ToArray();
            for (var s = 0; s < _swaps.Length; s++)
            {
                var (f, g, _) = _swaps[s];
                if (f / Lanes == half && g / Lanes == half)
                {
                    (partners[f % Lanes], partners[g % Lanes]) = (g % Lanes, f % Lanes);
                    _sameHalf |= 1u << s;
                }
            }
            _partners[half] = Vector256.Create(partners);
        }
    }

    /// <summary>Leaves of a record's candidates those that may reach the floor with it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="candidates">Its candidates; those that remain stand first afterwards.</param>
    /// <returns>How many remain.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Sieve(int record, Span<int> candidates)
    {
        var all = _table.Rows;
        ref var rows = ref MemoryMarshal.GetArrayDataReference(all);
        ref var row = ref Unsafe.Add(ref rows, record * (nint)_stride);
        var first = Half(ref row, 0);
        var second = _lanes > Lanes ? Half(ref row, 1) : default;
        for (var k = 0; k < Math.Min(Ahead, candidates.Length); k++)
        {
            Fetch(all, candidates[k]);
        }
        var left = 0;
        for (var k = 0; k < candidates.Length; k++)
        {
            if (k + Ahead < candidates.Length)
            {
                Fetch(all, candidates[k + Ahead]);
            }
            var other = candidates[k];
            ref var b = ref Unsafe.Add(ref rows, other * (nint)_stride);
            var parts = Parts(_bounds[0], in first, ref b);
            var parts2 = _lanes > Lanes ? Parts(_bounds[1], in second, ref Unsafe.Add(ref b, Lanes)) : Vector256<float>.Zero;
            var sum = Vector256.Sum(parts + parts2);
            candidates[left] = other;
            left += sum >= _least || (_swaps.Length > 0 && BySwaps(in first, in second, ref b, parts, parts2, sum)) ? 1 : 0;
        }
        return left;
    }

    private void Fetch(int[] rows, int record)
    {
        var row = record * (nint)_stride;
        Memory.Fetch(rows, row);
        Memory.Fetch(rows, row + _lanes);
        Memory.Fetch(rows, row + (2 * _lanes));
    }

    private HalfRow Half(ref int row, int half)
    {
        Span<float> weights = stackalloc float[Lanes];
        for (var lane = 0; lane < Lanes; lane++)
        {
            var f = (half * Lanes) + lane;
            weights[lane] = f < _fields ? _scorer.ExactWeight(f, Unsafe.Add(ref row, f)) : 0;
        }
        ref var at = ref Unsafe.Add(ref row, half * Lanes);
        var values = Vector256.LoadUnsafe(ref at);
        return new HalfRow(
            values, Vector256.Equals(values, Vector256<int>.Zero), Vector256.LoadUnsafe(ref at, (nuint)_lanes).AsUInt32(), Vector256.LoadUnsafe(ref at, (nuint)(2 * _lanes)).AsUInt32(),
            Vector256.Create<float>(weights));
    }

    // The most that each field weighs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Parts(LaneBounds bounds, in HalfRow a, ref int b)
    {
        var values = Vector256.LoadUnsafe(ref b);
        var equal = Vector256.Equals(a.Values, values).AsSingle();
        var missing = (a.Empty | Vector256.Equals(values, Vector256<int>.Zero)).AsSingle();
        var most = bounds.Most(a.Digests, a.Details, Vector256.LoadUnsafe(ref b, (nuint)_lanes).AsUInt32(), Vector256.LoadUnsafe(ref b, (nuint)(2 * _lanes)).AsUInt32());
        return Vector256.AndNot(Vector256.ConditionalSelect(equal, a.Weights, most), missing);
    }

    // Values in each other's place may add what is missing.
    private bool BySwaps(in HalfRow first, in HalfRow second, ref int b, Vector256<float> parts, Vector256<float> parts2, float sum)
    {
        var most = sum;
        foreach (var swap in _swaps)
        {
            most += Gain(swap, parts, parts2);
        }
        if (most < _least)
        {
            return false;
        }
        var good = Good(0, in first, ref b) | (_lanes > Lanes ? Good(1, in second, ref Unsafe.Add(ref b, Lanes)) << Lanes : 0);
        for (var s = 0; s < _swaps.Length; s++)
        {
            var (f, g, _) = _swaps[s];
            sum += (_sameHalf & (1u << s)) == 0 || ((good >> f) & (good >> g) & 1) != 0 ? Gain(_swaps[s], parts, parts2) : 0;
        }
        return sum >= _least;
    }

    private uint Good(int half, in HalfRow a, ref int b)
    {
        var partners = _partners[half];
        return _bounds[half].MayBeGood(
            a.Digests, a.Details, Vector256.Shuffle(Vector256.LoadUnsafe(ref b, (nuint)_lanes), partners).AsUInt32(), Vector256.Shuffle(Vector256.LoadUnsafe(ref b, (nuint)(2 * _lanes)), partners).AsUInt32());
    }

    private static float Gain((int First, int Second, float Most) swap, Vector256<float> parts, Vector256<float> parts2) =>
        Math.Max(0, swap.Most - Weight(parts, parts2, swap.First) - Weight(parts, parts2, swap.Second));

    private static float Weight(Vector256<float> parts, Vector256<float> parts2, int field) => field < Lanes ? parts.GetElement(field) : parts2.GetElement(field - Lanes);

    /// <summary>Eight fields of a record, and what an agreement on their values weighs.</summary>
    private readonly record struct HalfRow(Vector256<int> Values, Vector256<int> Empty, Vector256<uint> Digests, Vector256<uint> Details, Vector256<float> Weights);
}
