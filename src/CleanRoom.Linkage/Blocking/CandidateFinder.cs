using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>Gives each record's candidates once. Not thread-safe: one for each thread.</summary>
internal sealed class CandidateFinder(LinkTable table, BlockIndex blocks)
{
    private const int Least = 2048;

    // The candidates of this record, by hash; the upper half of a slot says for which call it was written.
    private ulong[] _slots = new ulong[Least];
    private int[] _found = new int[Least / 2];
    private int[] _before = new int[Least / 2];
    private ulong _call;

    /// <summary>Later records that share a block with <paramref name="record"/> and may pair with it, in no order; valid until the call after the next, so that the memory has brought their rows by the time they are read.</summary>
    public Span<int> After(int record)
    {
        blocks.Fetch(Math.Min(record + 1, table.Count - 1));
        (_found, _before) = (_before, _found);
        _call += 1UL << 32;
        var count = 0;
        foreach (var place in blocks.PlacesAfter(record))
        {
            var member = 0;
            for (var k = place; member >= 0; k++)
            {
                member = blocks.Member(k);
                var other = member & BlockIndex.RecordMask;
                if (IsNew(other) && table.MayPair(record, other))
                {
                    if (count == _found.Length)
                    {
                        Grow(count);
                    }
                    table.Rows.Fetch(other);
                    _found[count++] = other;
                }
            }
        }
        return _found.AsSpan(0, count);
    }

    private bool IsNew(int other)
    {
        var mine = _call | (uint)other;
        var slots = _slots;
        for (var at = (uint)other * 0x9E37_79B1u; ; at += 1u << 16)
        {
            ref var slot = ref slots[(int)((at >> 16) & (uint)(slots.Length - 1))];
            if (slot == mine)
            {
                return false;
            }
            if ((slot & 0xFFFF_FFFF_0000_0000) != _call)
            {
                slot = mine;
                return true;
            }
        }
    }

    // At most half of the slots are taken.
    private void Grow(int count)
    {
        Array.Resize(ref _found, count * 2);
        if (_slots.Length >= count * 4)
        {
            return;
        }
        _slots = new ulong[_slots.Length * 2];
        for (var k = 0; k < count; k++)
        {
            _ = IsNew(_found[k]);
        }
    }
}
