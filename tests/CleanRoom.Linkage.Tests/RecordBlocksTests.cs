namespace CleanRoom.Linkage.Tests;

/// <summary>Blocks of an index that changes.</summary>
public sealed class RecordBlocksTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Blocks_ThatChange_HoldWhatALedgerHolds(int seed)
    {
        var random = new Random(seed);
        var blocks = new RecordBlocks();
        var ledger = new Dictionary<ulong, HashSet<int>>();
        for (var i = 0; i < 40_000; i++)
        {
            // More come than go, then more go than come.
            var (key, record) = ((ulong)random.Next(40), random.Next(100));
            var members = ledger.TryGetValue(key, out var known) ? known : ledger[key] = [];
            var adds = random.Next(100) < (i < 20_000 ? 70 : 20);
            if (adds && members.Add(record))
            {
                blocks.Add(key, record);
            }
            else if (!adds && members.Count > 0)
            {
                var gone = members.ElementAt(random.Next(members.Count));
                _ = members.Remove(gone);
                blocks.Remove(key, gone);
            }
            Check(blocks, key, members);
        }
        foreach (var (key, members) in ledger)
        {
            Check(blocks, key, members);
        }
        Assert.False(blocks.Contains(40));
        Assert.Equal(0, blocks.Of(40).Count);
    }

    private static void Check(RecordBlocks blocks, ulong key, HashSet<int> members)
    {
        var found = new List<int>();
        blocks.Gather(blocks.Of(key), found);
        Assert.Equal(members.Order(), found.Order());
        Assert.Equal(members.Count, blocks.Of(key).Count);
        Assert.Equal(members.Count > 0, blocks.Contains(key));
    }
}
