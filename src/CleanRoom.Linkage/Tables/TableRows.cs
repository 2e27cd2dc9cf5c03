using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CleanRoom.Linkage.Fields;

namespace CleanRoom.Linkage.Tables;

/// <summary>
/// Records as numbers, each in whole lines of the cache: for each field its value, then for each its digest, then for each its detail.
/// </summary>
internal sealed class TableRows
{
    /// <summary>Numbers in a line of the cache; as many can be read from any row's beginning.</summary>
    public const int Line = 16;

    private int[] _all;
    private int _origin;

    public TableRows(int fields, int records)
    {
        Fields = fields;
        Stride = ((3 * fields) + Line - 1) / Line * Line;
        _all = Allocate(records, out _origin);
    }

    public int Fields { get; }

    /// <summary>Numbers from one row to the next.</summary>
    public int Stride { get; }

    /// <summary>The first number of the first row.</summary>
    public ref int First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_all), _origin);
    }

    public Span<int> Row(int record) => _all.AsSpan(_origin + (record * Stride), Stride);

    public int Value(int record, int field) => _all[_origin + (record * Stride) + field];

    /// <summary>Makes room for so many rows, and for some more to come.</summary>
    public void Grow(int records)
    {
        var room = (_all.Length - Line) / Stride;
        if (room < records)
        {
            var (all, origin) = (_all, _origin);
            _all = Allocate(Math.Max(records, room + (room / 2)), out _origin);
            all.AsSpan(origin, room * Stride).CopyTo(_all.AsSpan(_origin));
        }
    }

    /// <summary>Asks the memory for a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fetch(int record)
    {
        var at = _origin + (record * (nint)Stride);
        for (var k = 0; k < Stride; k += Line)
        {
            Memory.Fetch(_all, at + k);
        }
    }

    // Pinned, so that rows begin where lines do for good.
    private unsafe int[] Allocate(int records, out int origin)
    {
        var all = GC.AllocateArray<int>(checked((records * Stride) + Line), pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(all));
        origin = (int)((64 - (address % 64)) % 64 / sizeof(int));
        return all;
    }
}
