using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>Gives each record's candidates once. Not thread-safe: one for each thread.</summary>
internal sealed class CandidateFinder(LinkTable table, BlockIndex blocks)
{
    private readonly int[] _seen = new int[table.Count];
    private int[] _found = new int[256];

    /// <summary>Later records that share a block with <paramref name="record"/> and may pair with it, in no order; valid until the next call.</summary>
    public ReadOnlySpan<int> After(int record)
    {
        var count = 0;
        var mark = record + 1;
        foreach (var block in blocks.BlocksOf(record))
        {
            var members = blocks.Members(block);
            for (var k = members.Length - 1; k >= 0 && members[k] > record; k--)
            {
                var other = members[k];
                if (_seen[other] == mark)
                {
                    continue;
                }
                _seen[other] = mark;
                if (!table.MayPair(record, other))
                {
                    continue;
                }
                if (count == _found.Length)
                {
                    Array.Resize(ref _found, count * 2);
                }
                _found[count++] = other;
            }
        }
        return _found.AsSpan(0, count);
    }
}
