using CleanRoom.Linkage.Fields;
using CleanRoom.Linkage.Tables;

namespace CleanRoom.Linkage.Blocking;

/// <summary>All blocks of a table, and for each record where in them it stands.</summary>
internal sealed class BlockIndex
{
    /// <summary>What of a member is its record; the bit above marks the last of a block.</summary>
    public const int RecordMask = int.MaxValue;

    private const int Last = int.MinValue;

    private readonly int[] _members;
    private readonly int[] _recordStarts;
    private readonly int[] _places;

    private BlockIndex(int[] members, int[] recordStarts, int[] places, IReadOnlyList<(string Name, long Pairs, long Cut)> families)
    {
        _members = members;
        _recordStarts = recordStarts;
        _places = places;
        Families = families;
    }

    /// <summary>Families with the pairs in their blocks (a pair may be in several) and the blocks over their cap.</summary>
    public IReadOnlyList<(string Name, long Pairs, long Cut)> Families { get; }

    /// <summary>For each block of a record in which later ones stand, the place of the next.</summary>
    public ReadOnlySpan<int> PlacesAfter(int record) => _places.AsSpan(_recordStarts[record], _recordStarts[record + 1] - _recordStarts[record]);

    /// <summary>The record at a place, in a block in ascending order; negative if it is the last.</summary>
    public int Member(int place) => _members[place];

    /// <summary>Asks the memory for the blocks of a record.</summary>
    public void Fetch(int record)
    {
        foreach (var place in PlacesAfter(record))
        {
            Memory.Fetch(_members, place);
        }
    }

    public static BlockIndex Build(LinkTable table, IReadOnlyList<KeyFamily> families, IReadOnlyList<KeyAtom> atoms, int threads, CancellationToken cancellationToken)
    {
        var telling = atoms.OrderBy(a => a.Company).ToArray();
        var builder = new BlockBuilder(table, telling);
        var found = new BlockBuilder.Found[families.Count];
        var lists = new System.Collections.Concurrent.ConcurrentBag<(KeyList, KeyList)>();
        Ranges.Each(Enumerable.Range(0, families.Count), f =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            var mine = lists.TryTake(out var taken) ? taken : (new KeyList(), new KeyList());
            found[f] = builder.Run(families[f], mine.Item1, mine.Item2);
            lists.Add(mine);
        }, threads);
        var members = new int[found.Sum(b => (long)b.Members.Count)];
        var report = new List<(string, long, long)>();
        var at = 0;
        for (var f = 0; f < found.Length; f++)
        {
            found[f].Members.CopyTo(members, at);
            at += found[f].Members.Count;
            report.Add((families[f].Name, found[f].Pairs, found[f].Cut));
            found[f] = null!;
        }
        var (starts, places) = Places(members, table.Count, threads);
        return new BlockIndex(members, starts, places, report);
    }

    // Each thread takes the records of one range, so that what it writes stays in its cache.
    private static (int[] Starts, int[] Places) Places(int[] members, int records, int threads)
    {
        var starts = new int[records + 1];
        void Each(Action<int, int> range) =>
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, t => range((int)((long)records * t / threads), (int)((long)records * (t + 1) / threads)));
        Each((from, end) =>
        {
            foreach (var member in members)
            {
                if (member >= from && member < end)
                {
                    starts[member + 1]++;
                }
            }
        });
        for (var i = 0; i < records; i++)
        {
            starts[i + 1] += starts[i];
        }
        var places = new int[starts[records]];
        var fill = starts.AsSpan(0, records).ToArray();
        Each((from, end) =>
        {
            for (var k = 0; k < members.Length; k++)
            {
                var member = members[k];
                if (member >= from && member < end)
                {
                    places[fill[member]++] = k + 1;
                }
            }
        });
        return (starts, places);
    }

    /// <summary>Marks the last record of a block.</summary>
    public static int AsLast(int record) => record | Last;
}
