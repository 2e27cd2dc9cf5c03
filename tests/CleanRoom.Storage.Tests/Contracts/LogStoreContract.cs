using CleanRoom.Cryptography;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Tests.Contracts;

/// <summary>What every driver's <see cref="ILogStore"/> must do.</summary>
public abstract class LogStoreContract
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid OtherRoom = Guid.Parse("6f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract ILogStore Store { get; }

    [Fact]
    public async Task CreateRoom_Twice_FirstGenesisWins()
    {
        Assert.Equal(new RoomCreation.Created(false), await Store.CreateRoomAsync(Room, Leaf(0), Token));
        Assert.Equal(new RoomCreation.Created(true), await Store.CreateRoomAsync(Room, Leaf(0), Token));
        Assert.IsType<RoomCreation.OtherGenesis>(await Store.CreateRoomAsync(Room, Leaf(1), Token));
        Assert.Equal(new LogHead(1, Hash(0), Hash(0), 0), await Store.FindHeadAsync(Room, Token));
        Assert.Equal([Room], await Store.ListRoomsAsync(Token));
    }

    [Fact]
    public async Task UnknownRoom_AnyQuestion_IsAnsweredAsUnknown()
    {
        Assert.Null(await Store.FindHeadAsync(Room, Token));
        Assert.Null(await Store.FindCosignedAsync(Room, Token));
        Assert.Null(await Store.FindIndexAsync(Room, Hash(0), Token));
        Assert.IsType<LogAppend.NoRoom>(await Store.AppendAsync(Room, 0, [Leaf(1)], Token));
    }

    [Fact]
    public async Task Append_ManyLeaves_GivesRootOfRfc6962AtEverySize()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        var frontier = new MerkleFrontier();
        frontier.Append(Hash(0));
        var roots = new List<Digest> { frontier.Root };
        for (var i = 1; i < 70; i++)
        {
            Assert.Equal(i, await AppendAsync(Room, i, i));
            frontier.Append(Hash(i));
            roots.Add(frontier.Root);
            Assert.Equal(frontier.Root, (await Store.FindHeadAsync(Room, Token))!.Root);
        }

        for (var size = 1; size <= roots.Count; size++)
        {
            Assert.Equal(roots[size - 1], await Store.GetRootAsync(Room, size, Token));
        }
    }

    [Fact]
    public async Task Proofs_OfAllPairsOfSizes_Verify()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await Store.AppendAsync(Room, 1, [.. Enumerable.Range(1, 20).Select(i => (ReadOnlyMemory<byte>)Leaf(i))], Token);
        for (var size = 1; size <= 21; size++)
        {
            var root = await Store.GetRootAsync(Room, size, Token);
            for (var other = 1; other <= size; other++)
            {
                var inclusion = await Store.GetInclusionAsync(Room, other - 1, size, Token);
                Assert.True(MerkleProof.VerifyInclusion(Hash(other - 1), other - 1, size, inclusion, root));
                Assert.False(MerkleProof.VerifyInclusion(Hash(other), other - 1, size, inclusion, root));
                var consistency = await Store.GetConsistencyAsync(Room, other, size, Token);
                Assert.True(MerkleProof.VerifyConsistency(other, await Store.GetRootAsync(Room, other, Token), size, root, consistency));
            }
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.GetRootAsync(Room, 22, Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Store.GetInclusionAsync(Room, 0, 22, Token));
    }

    [Fact]
    public async Task Append_SameBytesAgain_AnswersTheFirstIndexAtAnyExpectedSize()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await AppendAsync(Room, 1, 1);
        await AppendAsync(Room, 2, 2);
        var again = Assert.IsType<LogAppend.Appended>(await Store.AppendAsync(Room, 1, [Leaf(1)], Token));
        Assert.Equal([new AppendedLeaf(1, Existed: true)], again.Leaves);
        var twice = Assert.IsType<LogAppend.Appended>(await Store.AppendAsync(Room, 3, [Leaf(3), Leaf(0), Leaf(3)], Token));
        Assert.Equal([new AppendedLeaf(3, false), new AppendedLeaf(0, true), new AppendedLeaf(3, true)], twice.Leaves);
        Assert.Equal(4, (await Store.FindHeadAsync(Room, Token))!.Size);
        Assert.Equal(3, await Store.FindIndexAsync(Room, Hash(3), Token));
    }

    [Fact]
    public async Task Append_OnAnOldSize_AppendsNothing()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await AppendAsync(Room, 1, 1);
        Assert.Equal(new LogAppend.SizeMoved(2), await Store.AppendAsync(Room, 1, [Leaf(2), Leaf(3)], Token));
        Assert.Equal(2, (await Store.FindHeadAsync(Room, Token))!.Size);
        Assert.Null(await Store.FindIndexAsync(Room, Hash(2), Token));
    }

    [Fact]
    public async Task Append_ByEightWritersAtOnce_LosesAndDoublesNothing()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 10; i++)
            {
                var leaf = Leaf(1000 + (writer * 10) + i);
                var size = (await Store.FindHeadAsync(Room, Token))!.Size;
                while (await Store.AppendAsync(Room, size, [leaf], Token) is LogAppend.SizeMoved moved)
                {
                    size = moved.Size;
                }
            }
        }));
        var entries = await Store.ReadAsync(Room, 0, 1000, 1 << 20, Token);
        Assert.Equal(Enumerable.Range(0, 81).Select(i => (long)i), entries.Select(entry => entry.Index));
        Assert.Equal(81, entries.Select(entry => entry.Hash).Distinct().Count());
    }

    [Fact]
    public async Task Read_WhileFourWritersAppend_SeesALogThatOnlyGrowsAndHasNoGap()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var seen = new List<Digest>();
            var frontier = new MerkleFrontier();
            while (true)
            {
                var last = done.IsCancellationRequested;
                var head = (await Store.FindHeadAsync(Room, Token))!;
                var entries = await Store.ReadAsync(Room, 0, long.MaxValue, int.MaxValue, Token);
                Assert.True(entries.Count >= head.Size, $"{entries.Count} entries after a head of {head.Size}");
                Assert.True(entries.Count >= seen.Count, $"{entries.Count} entries after {seen.Count}");
                for (var i = 0; i < entries.Count; i++)
                {
                    Assert.Equal(i, entries[i].Index);
                    if (i < seen.Count)
                    {
                        Assert.Equal(seen[i], entries[i].Hash);
                        continue;
                    }

                    seen.Add(entries[i].Hash);
                    frontier.Append(entries[i].Hash);
                    if (frontier.Size == head.Size)
                    {
                        Assert.Equal(head.Root, frontier.Root);
                    }
                }

                if (last)
                {
                    return seen.Count;
                }
            }
        })).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
            {
                var size = (await Store.FindHeadAsync(Room, Token))!.Size;
                while (await Store.AppendAsync(Room, size, [Leaf(5000 + (writer * 100) + i), Leaf(7000 + (writer * 100) + i)], Token) is LogAppend.SizeMoved moved)
                {
                    size = moved.Size;
                }
            }
        })));
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(readers), count => Assert.Equal(201, count));
    }

    [Fact]
    public async Task Read_InPages_GivesEveryEntryOnce()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await Store.AppendAsync(Room, 1, [.. Enumerable.Range(1, 9).Select(i => (ReadOnlyMemory<byte>)Leaf(i))], Token);
        var first = await Store.ReadAsync(Room, 2, 9, 250, Token);
        Assert.Equal([2, 3, 4], first.Select(entry => entry.Index));
        Assert.All(first, entry => Assert.Equal(Leaf((int)entry.Index), entry.Leaf.ToArray()));
        Assert.All(first, entry => Assert.Equal(Hash((int)entry.Index), entry.Hash));
        Assert.Equal([5, 6, 7, 8], (await Store.ReadAsync(Room, 5, 9, 1 << 20, Token)).Select(entry => entry.Index));
        Assert.Equal([9], (await Store.ReadAsync(Room, 9, 100, 1, Token)).Select(entry => entry.Index));
        Assert.Empty(await Store.ReadAsync(Room, 10, 100, 1, Token));
    }

    [Fact]
    public async Task Rooms_WithTheSameLeaves_AreKeptApart()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await Store.CreateRoomAsync(OtherRoom, Leaf(0), Token);
        await AppendAsync(Room, 1, 1);
        Assert.Equal(1, (await Store.FindHeadAsync(OtherRoom, Token))!.Size);
        Assert.Null(await Store.FindIndexAsync(OtherRoom, Hash(1), Token));
        Assert.Equal(1, await AppendAsync(OtherRoom, 1, 1));
    }

    [Fact]
    public async Task Cosigned_NeverGoesBackAndNeverHasAnotherRoot()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await Store.AppendAsync(Room, 1, [Leaf(1), Leaf(2)], Token);
        var two = new StoredCheckpoint(2, await Store.GetRootAsync(Room, 2, Token), "two");
        var three = new StoredCheckpoint(3, await Store.GetRootAsync(Room, 3, Token), "three");
        Assert.False(await Store.TrySaveCosignedAsync(Room, two with { Root = three.Root }, Token));
        Assert.False(await Store.TrySaveCosignedAsync(Room, three with { Size = 4 }, Token));
        Assert.Null(await Store.FindCosignedAsync(Room, Token));
        Assert.True(await Store.TrySaveCosignedAsync(Room, three, Token));
        Assert.False(await Store.TrySaveCosignedAsync(Room, two, Token));
        Assert.True(await Store.TrySaveCosignedAsync(Room, three with { Note = "again" }, Token));
        Assert.Equal("again", (await Store.FindCosignedAsync(Room, Token))!.Note);
        Assert.Equal(3, (await Store.FindHeadAsync(Room, Token))!.CosignedSize);
    }

    [Fact]
    public async Task Append_EmptyOrHugeLeaf_IsAWrongCall()
    {
        await Store.CreateRoomAsync(Room, Leaf(0), Token);
        await Assert.ThrowsAsync<ArgumentException>(() => Store.AppendAsync(Room, 1, [Array.Empty<byte>()], Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.AppendAsync(Room, 1, [new byte[(256 << 10) + 1]], Token));
        await Store.AppendAsync(Room, 1, [new byte[256 << 10]], Token);
    }

    private static byte[] Leaf(int number) => Bytes.Of($"leaf {number}", 100);

    private static Digest Hash(int number) => MerkleTree.LeafHash(Leaf(number));

    private async Task<long> AppendAsync(Guid room, long size, int number) =>
        Assert.IsType<LogAppend.Appended>(await Store.AppendAsync(room, size, [Leaf(number)], Token)).Leaves.Single().Index;
}
