using CleanRoom.Cryptography;
using CleanRoom.Storage.Slots;

namespace CleanRoom.Storage.Tests.Contracts;

/// <summary>What every driver's <see cref="ISlotStore"/> must do.</summary>
public abstract class SlotStoreContract
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid OtherRoom = Guid.Parse("6f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract ISlotStore Store { get; }

    [Fact]
    public async Task Put_SameFramesAgain_StoresThemOnce()
    {
        Assert.Equal(new SlotPut.Stored(2, 0), await Store.PutAsync(Room, [Frame("alpha", 1), Frame("alpha", 2)], Token));
        Assert.Equal(new SlotPut.Stored(1, 2), await Store.PutAsync(Room, [Frame("alpha", 2), Frame("alpha", 3), Frame("alpha", 3)], Token));
        Assert.Equal([1, 2, 3], (await Store.ReadAsync(Room, "alpha", 0, 10, Token)).Select(frame => frame.Number));
    }

    [Fact]
    public async Task Put_OtherCiphertextUnderANumber_StoresNothingOfTheCall()
    {
        await Store.PutAsync(Room, [Frame("alpha", 1)], Token);
        var other = Frame("alpha", 1) with { Ciphertext = Bytes.Of("other", 100) };
        Assert.Equal(new SlotPut.Conflict("alpha", 1), await Store.PutAsync(Room, [Frame("alpha", 2), other], Token));
        Assert.Equal(new SlotPut.Conflict("beta", 1), await Store.PutAsync(Room, [Frame("beta", 1), other with { Recipient = "beta" }], Token));
        var stored = Assert.Single(await Store.ReadAsync(Room, "alpha", 0, 10, Token));
        Assert.Equal(Frame("alpha", 1).Ciphertext.ToArray(), stored.Ciphertext.ToArray());
        Assert.Empty(await Store.ReadAsync(Room, "beta", 0, 10, Token));
    }

    [Fact]
    public async Task Read_AfterANumber_GivesWholeFramesOfThisRecipientAndRoom()
    {
        await Store.PutAsync(Room, [Frame("alpha", 1), Frame("alpha", 2), Frame("alpha", 3), Frame("beta", 2)], Token);
        await Store.PutAsync(OtherRoom, [Frame("alpha", 9)], Token);
        var frame = Assert.Single(await Store.ReadAsync(Room, "alpha", 1, 1, Token));
        var expected = Frame("alpha", 2);
        Assert.Equal(("alpha", 2, expected.Header), (frame.Recipient, frame.Number, frame.Header));
        Assert.Equal(expected.Ciphertext.ToArray(), frame.Ciphertext.ToArray());
        Assert.Equal(expected.Path, frame.Path);
        Assert.Empty(await Store.ReadAsync(Room, "alpha", 3, 10, Token));
    }

    [Fact]
    public async Task Acknowledge_NeverGoesBackNorBeyondWhatIsStored()
    {
        Assert.Equal(0, await Store.AcknowledgeAsync(Room, "alpha", 5, Token));
        await Store.PutAsync(Room, [Frame("alpha", 1), Frame("alpha", 2), Frame("alpha", 3)], Token);
        Assert.Equal(2, await Store.AcknowledgeAsync(Room, "alpha", 2, Token));
        Assert.Equal(2, await Store.AcknowledgeAsync(Room, "alpha", 1, Token));
        Assert.Equal(3, await Store.AcknowledgeAsync(Room, "alpha", 99, Token));
        Assert.Equal(3, await Store.FindAcknowledgedAsync(Room, "alpha", Token));
        Assert.Equal(0, await Store.FindAcknowledgedAsync(OtherRoom, "alpha", Token));
    }

    [Fact]
    public async Task Wait_ForANewFrame_WakesWhenItIsStored()
    {
        await Store.PutAsync(Room, [Frame("alpha", 1)], Token);
        await Store.WaitAsync(Room, "alpha", 0, Token);
        var waiters = Enumerable.Range(0, 5).Select(_ => Store.WaitAsync(Room, "alpha", 1, Token)).ToArray();
        await Store.PutAsync(Room, [Frame("beta", 2)], Token);
        Assert.DoesNotContain(waiters, waiter => waiter.IsCompleted);
        await Store.PutAsync(Room, [Frame("alpha", 2)], Token);
        await Task.WhenAll(waiters).WaitAsync(TimeSpan.FromSeconds(60), Token);
    }

    [Fact]
    public async Task Wait_Cancelled_Ends()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = Store.WaitAsync(Room, "alpha", 0, source.Token);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private static SlotFrame Frame(string recipient, long number) => new(
        recipient, number, $"header {recipient} {number}", Bytes.Of($"{recipient} {number}", 4177), [Digest.Of([1]), Digest.Of([(byte)number])]);
}
