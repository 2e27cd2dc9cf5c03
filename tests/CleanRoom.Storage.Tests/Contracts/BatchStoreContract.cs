using CleanRoom.Cryptography;
using CleanRoom.Storage.Batches;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Storage.Tests.Contracts;

/// <summary>What every driver's <see cref="IBatchStore"/> must do.</summary>
public abstract class BatchStoreContract
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid Batch = Guid.Parse("11111111-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid OtherBatch = Guid.Parse("22222222-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract ILogStore Logs { get; }

    protected abstract IBatchStore Store { get; }

    [Fact]
    public async Task Upload_WholeBatch_PutsItsLeafInTheLogAtTheEndOnly()
    {
        await CreateRoomAsync();
        Assert.Equal(new UploadStart.Open(0, 0), await Store.BeginAsync(Request(), Token));
        Assert.Equal(1, await Store.AppendPartsAsync(Room, Batch, 0, [Part(0)], Now, Token));
        Assert.Equal(new UploadProgress(null, 1, 1000, "alpha"), await Store.FindAsync(Room, Batch, Token));
        Assert.Equal(new BatchCommit.Incomplete(1), await Store.CommitAsync(Room, Batch, 1, Token));
        Assert.Equal(4, await Store.AppendPartsAsync(Room, Batch, 1, [Part(1), Part(2), Part(3)], Now, Token));
        Assert.Null(await Store.ReadPartsAsync(Room, Batch, 0, 1 << 20, Token));
        Assert.Equal(new BatchCommit.SizeMoved(1), await Store.CommitAsync(Room, Batch, 0, Token));
        Assert.Equal(new BatchCommit.Committed(new AppendedLeaf(1, false)), await Store.CommitAsync(Room, Batch, 1, Token));
        Assert.Equal(new BatchCommit.Committed(new AppendedLeaf(1, true)), await Store.CommitAsync(Room, Batch, 1, Token));
        Assert.Equal(new UploadStart.Complete(1), await Store.BeginAsync(Request(), Token));
        Assert.Equal(1, await Logs.FindIndexAsync(Room, MerkleTree.LeafHash(Manifest(Batch)), Token));
    }

    [Fact]
    public async Task Begin_AfterACutOff_GoesOnAtTheNextPart()
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request(), Token);
        await Store.AppendPartsAsync(Room, Batch, 0, [Part(0), Part(1)], Now, Token);
        Assert.Equal(new UploadStart.Open(2, 2000), await Store.BeginAsync(Request(), Token));
    }

    [Fact]
    public async Task Begin_SameIdWithAnotherManifest_IsRefused()
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request(), Token);
        Assert.IsType<UploadStart.OtherManifest>(await Store.BeginAsync(Request() with { Manifest = new byte[] { 1 } }, Token));
        Assert.IsType<UploadStart.NoRoom>(await Store.BeginAsync(Request() with { Room = OtherBatch }, Token));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 5)]
    public async Task AppendParts_WithAGapOrTooMany_StoresNothing(int first, int count)
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request(), Token);
        Assert.Null(await Store.AppendPartsAsync(Room, Batch, first, [.. Enumerable.Range(0, count).Select(i => (ReadOnlyMemory<byte>)Part(i))], Now, Token));
        Assert.Equal(0, (await Store.FindAsync(Room, Batch, Token))!.NextPart);
        Assert.Null(await Store.AppendPartsAsync(Room, OtherBatch, 0, [Part(0)], Now, Token));
    }

    [Fact]
    public async Task AppendParts_ByTwoWritersAtOnce_StoresEachPartOnce()
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request(), Token);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.AppendPartsAsync(Room, Batch, 0, [Part(0)], Now, Token)));
        Assert.Equal(1, answers.Count(answer => answer == 1));
        Assert.Equal(7, answers.Count(answer => answer is null));
    }

    [Fact]
    public async Task ReadParts_InPages_GivesTheCiphertextsInOrder()
    {
        await CompleteAsync(Batch);
        var first = await Store.ReadPartsAsync(Room, Batch, 1, 1500, Token);
        Assert.Equal([1, 2], first!.Select(part => part.Part));
        Assert.All(first!, part => Assert.Equal(Part(part.Part), part.Ciphertext!.Value.ToArray()));
        Assert.Empty((await Store.ReadPartsAsync(Room, Batch, 4, 1500, Token))!);
    }

    [Fact]
    public async Task Erase_OneSlot_DeletesItsTwoPartsForGood()
    {
        await CompleteAsync(Batch);
        Assert.Equal(0, await Store.FindErasedThroughAsync(Room, Token));
        ErasedSlot[] slots = [new(Batch, 1), new(OtherBatch, 0), new(Batch, 99)];
        Assert.Equal(2, await Store.EraseAsync(Room, slots, 7, Token));
        Assert.Equal(0, await Store.EraseAsync(Room, slots, 5, Token));
        Assert.Equal(7, await Store.FindErasedThroughAsync(Room, Token));
        var parts = await Store.ReadPartsAsync(Room, Batch, 0, 1 << 20, Token);
        Assert.Equal([false, false, true, true], parts!.Select(part => part.Ciphertext is null));
    }

    [Fact]
    public async Task EraseBatches_CompleteOne_DeletesAllItsPartsAndNoOthers()
    {
        await CompleteAsync(Batch);
        await Store.BeginAsync(Request(OtherBatch), Token);
        await Store.AppendPartsAsync(Room, OtherBatch, 0, [Part(0)], Now, Token);
        Assert.Equal(4, await Store.EraseBatchesAsync(Room, [Batch, OtherBatch, Guid.NewGuid()], Token));
        Assert.Equal(0, await Store.EraseBatchesAsync(Room, [Batch, OtherBatch], Token));
        Assert.All((await Store.ReadPartsAsync(Room, Batch, 0, 1 << 20, Token))!, part => Assert.Null(part.Ciphertext));
        Assert.Equal(1, (await Store.FindAsync(Room, OtherBatch, Token))!.NextPart);
        Assert.Equal(0, await Store.FindErasedThroughAsync(Room, Token));
    }

    [Fact]
    public async Task CollectAbandoned_TakesOldOpenUploadsOnly()
    {
        await CompleteAsync(Batch);
        await Store.BeginAsync(Request(OtherBatch), Token);
        await Store.AppendPartsAsync(Room, OtherBatch, 0, [Part(0)], Now + TimeSpan.FromHours(1), Token);
        Assert.Equal(0, await Store.CollectAbandonedAsync(Now + TimeSpan.FromHours(1), Token));
        Assert.Equal(1, await Store.CollectAbandonedAsync(Now + TimeSpan.FromHours(2), Token));
        Assert.Null(await Store.FindAsync(Room, OtherBatch, Token));
        Assert.IsType<BatchCommit.NoUpload>(await Store.CommitAsync(Room, OtherBatch, 2, Token));
        Assert.Equal(1, (await Store.FindAsync(Room, Batch, Token))!.Index);
    }

    [Fact]
    public async Task Begin_BeyondQuota_IsRefusedUntilAnUploadIsCollected()
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request() with { Quota = 3 }, Token);
        Assert.Equal(new UploadStart.QuotaExceeded(2), await Store.BeginAsync(Request(OtherBatch) with { Quota = 3 }, Token));
        Assert.IsType<UploadStart.Open>(await Store.BeginAsync(Request(OtherBatch) with { Quota = 3, Author = "beta" }, Token));
        Assert.Equal(2, (await Store.GetUsageAsync(Room, "alpha", "2026-12", Token)).Records);
        Assert.Equal(default, await Store.GetUsageAsync(Room, "alpha", "2027-01", Token));
        await Store.CollectAbandonedAsync(Now + TimeSpan.FromDays(1), Token);
        Assert.Equal(0, (await Store.GetUsageAsync(Room, "alpha", "2026-12", Token)).Records);
    }

    [Fact]
    public async Task Begin_BeyondTheBytesOfTheWindow_IsRefusedForTheAuthorOrTheRoomAndWhatWasBegunGoesOn()
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request() with { MostBytes = 1, MostBytesOfRoom = 1 }, Token);
        await Store.AppendPartsAsync(Room, Batch, 0, [Part(0)], Now, Token);
        Assert.Equal(Part(0).Length, (await Store.GetUsageAsync(Room, "alpha", "2026-12", Token)).Bytes);
        Assert.IsType<UploadStart.Open>(await Store.BeginAsync(Request() with { MostBytes = 1, MostBytesOfRoom = 1 }, Token));
        Assert.Equal(new UploadStart.BytesUsedUp(ByRoom: false), await Store.BeginAsync(Request(OtherBatch) with { MostBytes = Part(0).Length, MostBytesOfRoom = 1 }, Token));
        Assert.Equal(new UploadStart.BytesUsedUp(ByRoom: true), await Store.BeginAsync(Request(OtherBatch) with { Author = "beta", MostBytes = 1, MostBytesOfRoom = Part(0).Length }, Token));
        Assert.IsType<UploadStart.Open>(await Store.BeginAsync(Request(OtherBatch) with { MostBytes = 1, MostBytesOfRoom = 1, Window = "2027-01" }, Token));
    }

    [Fact]
    public async Task Begin_WithTooManyOpen_IsRefused()
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request() with { OpenUploads = 1 }, Token);
        Assert.IsType<UploadStart.TooManyOpen>(await Store.BeginAsync(Request(OtherBatch) with { OpenUploads = 1 }, Token));
        Assert.IsType<UploadStart.Open>(await Store.BeginAsync(Request() with { OpenUploads = 1 }, Token));
    }

    [Fact]
    public async Task Begin_ByEightCallersAtOnce_NeverGoesBeyondTheQuota()
    {
        await CreateRoomAsync();
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => Store.BeginAsync(
            Request(Guid.Parse($"0000000{number}-2f0c-4d57-9a58-0f3b8f1f7f10")) with { Quota = 6 }, Token)));
        Assert.Equal(3, answers.Count(static answer => answer is UploadStart.Open));
        Assert.Equal(6, (await Store.GetUsageAsync(Room, "alpha", "2026-12", Token)).Records);
    }

    [Fact]
    public async Task Commit_OfTwoBatchesAtOnce_GivesEachAPlaceOfItsOwn()
    {
        await CreateRoomAsync();
        foreach (var batch in new[] { Batch, OtherBatch })
        {
            await Store.BeginAsync(Request(batch), Token);
            await Store.AppendPartsAsync(Room, batch, 0, [Part(0), Part(1), Part(2), Part(3)], Now, Token);
        }

        var places = await Task.WhenAll(new[] { Batch, OtherBatch, Batch, OtherBatch }.Select(async batch =>
        {
            var size = 1L;
            while (true)
            {
                switch (await Store.CommitAsync(Room, batch, size, Token))
                {
                    case BatchCommit.SizeMoved moved:
                        size = moved.Size;
                        continue;
                    case BatchCommit.Committed committed:
                        return committed.Leaf.Index;
                    default:
                        throw new InvalidOperationException();
                }
            }
        }));
        Assert.Equal((places[0], places[1]), (places[2], places[3]));
        Assert.Equal([1, 2], places.Distinct().Order());
    }

    private static byte[] Part(int number) => Bytes.Of($"part {number}", 1000);

    private static byte[] Manifest(Guid batch) => Bytes.Of($"manifest {batch}", 300);

    private static UploadRequest Request(Guid? batch = null) => new()
    {
        Room = Room,
        Batch = batch ?? Batch,
        Author = "alpha",
        Manifest = Manifest(batch ?? Batch),
        Slots = 2,
        Window = "2026-12",
        Charge = 2,
        Quota = 100,
        OpenUploads = 10,
        Now = Now,
    };

    private Task<RoomCreation> CreateRoomAsync() => Logs.CreateRoomAsync(Room, Bytes.Of("genesis", 100), Token);

    private async Task CompleteAsync(Guid batch)
    {
        await CreateRoomAsync();
        await Store.BeginAsync(Request(batch), Token);
        await Store.AppendPartsAsync(Room, batch, 0, [Part(0), Part(1), Part(2), Part(3)], Now, Token);
        Assert.IsType<BatchCommit.Committed>(await Store.CommitAsync(Room, batch, 1, Token));
    }
}
