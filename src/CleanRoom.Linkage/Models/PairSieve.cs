using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Models;

/// <summary>
/// What pairs cannot exceed: eight candidates of a record are bounded at once, field by field, without a look at the values. Pairs that may
/// reach the floor go on to <see cref="PairScorer"/>; the bound only spares work and never changes what is found. Allocates nothing; thread-safe.
/// </summary>
internal sealed class PairSieve
{
    private const int Lanes = FieldBounds.Count;
    private const int MaxColumns = (3 * FieldSpec.MaxFields) + Lanes;

    // Sums in another order than the scorer's may fall a little short of its.
    private const float Slack = 0.01f;

    private readonly TableRows _rows;
    private readonly float _least;
    private readonly PairScorer _scorer;
    private readonly int _fields;
    private readonly FieldBounds[] _bounds;
    private readonly (int First, int Second, float Most)[] _swaps;

    public PairSieve(LinkTable table, PairScorer scorer, float floor)
    {
        _rows = table.Rows;
        _scorer = scorer;
        _fields = table.Fields.Count;
        _least = floor - Slack - scorer.Prior;
        _bounds = [.. table.Fields.Select((field, f) => new FieldBounds(field.Kind, scorer.LevelWeights(f)))];
        _swaps = [.. Enumerable.Range(0, _fields).Where(f => table.SwapOf[f] >= 0).Select(f => (f, table.SwapOf[f], scorer.MostCrossed(f)))];
    }

    /// <summary>Leaves of a record's candidates those that may reach the floor with it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="candidates">Its candidates; those that remain stand first afterwards, in the same order.</param>
    /// <returns>How many remain.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public int Sieve(int record, Span<int> candidates)
    {
        Span<Vector256<int>> columns = stackalloc Vector256<int>[MaxColumns];
        Span<Vector256<float>> parts = stackalloc Vector256<float>[FieldSpec.MaxFields];
        Span<float> weights = stackalloc float[FieldSpec.MaxFields];
        Span<int> others = stackalloc int[Lanes];
        ref var row = ref Unsafe.Add(ref _rows.First, record * (nint)_rows.Stride);
        for (var f = 0; f < _fields; f++)
        {
            var value = Unsafe.Add(ref row, f);
            weights[f] = value == 0 ? 0 : _scorer.ExactWeight(f, value);
            parts[f] = Vector256<float>.Zero;
        }
        var left = 0;
        for (var from = 0; from < candidates.Length; from += Lanes)
        {
            var count = Math.Min(Lanes, candidates.Length - from);
            for (var k = 0; k < Lanes; k++)
            {
                others[k] = candidates[from + (k < count ? k : 0)];
            }
            Turn(others, columns);
            var sum = Vector256<float>.Zero;
            for (var f = 0; f < _fields; f++)
            {
                var value = Unsafe.Add(ref row, f);
                if (value == 0)
                {
                    continue;
                }
                var values = columns[f];
                var most = _bounds[f].Most(
                    (uint)Unsafe.Add(ref row, _fields + f), (uint)Unsafe.Add(ref row, (2 * _fields) + f), in Unsafe.As<Vector256<int>, Vector256<uint>>(ref columns[_fields + f]),
                    in Unsafe.As<Vector256<int>, Vector256<uint>>(ref columns[(2 * _fields) + f]));
                var weight = Vector256.ConditionalSelect(Vector256.Equals(values, Vector256.Create(value)).AsSingle(), Vector256.Create(weights[f]), most);
                parts[f] = Vector256.AndNot(weight, Vector256.Equals(values, Vector256<int>.Zero).AsSingle());
                sum += parts[f];
            }
            var may = Vector256.GreaterThanOrEqual(sum, Vector256.Create(_least)).ExtractMostSignificantBits();
            var all = (1u << count) - 1;
            if (_swaps.Length > 0 && (may & all) != all)
            {
                may |= BySwaps(ref row, columns, parts, sum);
            }
            for (var bits = may & all; bits != 0; bits &= bits - 1)
            {
                candidates[left++] = others[BitOperations.TrailingZeroCount(bits)];
            }
        }
        return left;
    }

    // Values in each other's place may add what is missing.
    private uint BySwaps(ref int row, Span<Vector256<int>> columns, Span<Vector256<float>> parts, Vector256<float> sum)
    {
        var least = Vector256.Create(_least);
        var most = sum;
        foreach (var swap in _swaps)
        {
            most += Gain(swap, parts);
        }
        if (!Vector256.GreaterThanOrEqualAny(most, least))
        {
            return 0;
        }
        foreach (var swap in _swaps)
        {
            sum += (Good(ref row, columns, swap.First, swap.Second) & Good(ref row, columns, swap.Second, swap.First)).AsSingle() & Gain(swap, parts);
        }
        return Vector256.GreaterThanOrEqual(sum, least).ExtractMostSignificantBits();
    }

    private Vector256<uint> Good(ref int row, Span<Vector256<int>> columns, int field, int other) => _bounds[field].MayBeGood(
        (uint)Unsafe.Add(ref row, _fields + field), (uint)Unsafe.Add(ref row, (2 * _fields) + field), columns[_fields + other].AsUInt32(), columns[(2 * _fields) + other].AsUInt32());

    private static Vector256<float> Gain((int First, int Second, float Most) swap, Span<Vector256<float>> parts) =>
        Vector256.Max(Vector256<float>.Zero, Vector256.Create(swap.Most) - parts[swap.First] - parts[swap.Second]);

    // Rows to columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Turn(ReadOnlySpan<int> records, Span<Vector256<int>> columns)
    {
        ref var rows = ref _rows.First;
        var stride = (nint)_rows.Stride;
        for (var c = 0; c < 3 * _fields; c += Lanes)
        {
            if (Avx2.IsSupported)
            {
                ref var at = ref Unsafe.Add(ref rows, c);
                Turn(
                    Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[0] * stride)), Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[1] * stride)),
                    Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[2] * stride)), Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[3] * stride)),
                    Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[4] * stride)), Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[5] * stride)),
                    Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[6] * stride)), Vector256.LoadUnsafe(ref Unsafe.Add(ref at, records[7] * stride)),
                    columns.Slice(c, Lanes));
                continue;
            }
            for (var k = 0; k < Lanes; k++)
            {
                ref var at = ref Unsafe.Add(ref rows, (records[k] * stride) + c);
                for (var i = 0; i < Lanes; i++)
                {
                    Unsafe.Add(ref Unsafe.As<Vector256<int>, int>(ref columns[c + i]), k) = Unsafe.Add(ref at, i);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn(
        Vector256<int> r0, Vector256<int> r1, Vector256<int> r2, Vector256<int> r3, Vector256<int> r4, Vector256<int> r5, Vector256<int> r6, Vector256<int> r7, Span<Vector256<int>> to)
    {
        var (t0, t1, t2, t3) = (Avx2.UnpackLow(r0, r1).AsInt64(), Avx2.UnpackHigh(r0, r1).AsInt64(), Avx2.UnpackLow(r2, r3).AsInt64(), Avx2.UnpackHigh(r2, r3).AsInt64());
        var (t4, t5, t6, t7) = (Avx2.UnpackLow(r4, r5).AsInt64(), Avx2.UnpackHigh(r4, r5).AsInt64(), Avx2.UnpackLow(r6, r7).AsInt64(), Avx2.UnpackHigh(r6, r7).AsInt64());
        Join(Avx2.UnpackLow(t0, t2), Avx2.UnpackLow(t4, t6), out to[0], out to[4]);
        Join(Avx2.UnpackHigh(t0, t2), Avx2.UnpackHigh(t4, t6), out to[1], out to[5]);
        Join(Avx2.UnpackLow(t1, t3), Avx2.UnpackLow(t5, t7), out to[2], out to[6]);
        Join(Avx2.UnpackHigh(t1, t3), Avx2.UnpackHigh(t5, t7), out to[3], out to[7]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Join(Vector256<long> lower, Vector256<long> upper, out Vector256<int> first, out Vector256<int> second)
    {
        first = Avx2.Permute2x128(lower, upper, 0x20).AsInt32();
        second = Avx2.Permute2x128(lower, upper, 0x31).AsInt32();
    }
}
