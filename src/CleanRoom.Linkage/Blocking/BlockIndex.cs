using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>All blocks of a table, and for each record the blocks it stands in.</summary>
internal sealed class BlockIndex
{
    private readonly int[] _members;
    private readonly int[] _starts;
    private readonly int[] _recordStarts;
    private readonly int[] _recordBlocks;

    private BlockIndex(int[] members, int[] starts, int[] recordStarts, int[] recordBlocks, IReadOnlyList<(string Name, long Pairs, long Cut)> families)
    {
        _members = members;
        _starts = starts;
        _recordStarts = recordStarts;
        _recordBlocks = recordBlocks;
        Families = families;
    }

    /// <summary>Families with the pairs in their blocks (a pair may be in several) and the blocks over their cap.</summary>
    public IReadOnlyList<(string Name, long Pairs, long Cut)> Families { get; }

    public ReadOnlySpan<int> BlocksOf(int record) => _recordBlocks.AsSpan(_recordStarts[record], _recordStarts[record + 1] - _recordStarts[record]);

    /// <summary>Records of a block, ascending.</summary>
    public ReadOnlySpan<int> Members(int block) => _members.AsSpan(_starts[block], _starts[block + 1] - _starts[block]);

    public static BlockIndex Build(LinkTable table, IReadOnlyList<KeyFamily> families, IReadOnlyList<KeyAtom> atoms, int threads, CancellationToken cancellationToken)
    {
        var telling = atoms.OrderBy(a => a.Company).ToArray();
        var builder = new BlockBuilder(table, telling);
        var found = new BlockBuilder.Found[families.Count];
        var lists = new System.Collections.Concurrent.ConcurrentBag<(KeyList, KeyList)>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        _ = Parallel.For(0, families.Count, parallel, f =>
        {
            var mine = lists.TryTake(out var taken) ? taken : (new KeyList(), new KeyList());
            found[f] = builder.Run(families[f], mine.Item1, mine.Item2);
            lists.Add(mine);
        });
        var blocks = found.Sum(b => b.Ends.Count);
        var entries = found.Sum(b => (long)b.Members.Count);
        var members = new int[entries];
        var starts = new int[blocks + 1];
        var recordStarts = new int[table.Count + 1];
        int at = 0, block = 0;
        var report = new List<(string, long, long)>();
        for (var f = 0; f < found.Length; f++)
        {
            long pairs = 0;
            found[f].Members.CopyTo(members, at);
            var last = 0;
            foreach (var end in found[f].Ends)
            {
                starts[block++] = at + last;
                pairs += (long)(end - last) * (end - last - 1) / 2;
                last = end;
            }
            at += found[f].Members.Count;
            report.Add((families[f].Name, pairs, found[f].Cut));
            found[f] = null!;
        }
        starts[block] = at;
        foreach (var record in members)
        {
            recordStarts[record + 1]++;
        }
        for (var i = 0; i < table.Count; i++)
        {
            recordStarts[i + 1] += recordStarts[i];
        }
        var fill = recordStarts.AsSpan(0, table.Count).ToArray();
        var recordBlocks = new int[entries];
        for (var b = 0; b < blocks; b++)
        {
            for (var i = starts[b]; i < starts[b + 1]; i++)
            {
                recordBlocks[fill[members[i]]++] = b;
            }
        }
        return new BlockIndex(members, starts, recordStarts, recordBlocks, report);
    }
}
