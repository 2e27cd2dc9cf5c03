using CleanRoom.Storage.Leases;

namespace CleanRoom.Storage.Tests.Contracts;

/// <summary>What every driver's <see cref="ILeaseStore"/> must do.</summary>
public abstract class LeaseStoreContract
{
    private static readonly Guid One = Guid.Parse("11111111-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly Guid Two = Guid.Parse("22222222-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract ILeaseStore Store { get; }

    [Fact]
    public async Task Take_WhileAnotherHolds_IsRefusedAndSaysForHowLong()
    {
        var first = await Store.TryTakeAsync("room", One, Long, Token);
        Assert.Equal((true, 1), (first.Held, first.Term));
        var second = await Store.TryTakeAsync("room", Two, Long, Token);
        Assert.Equal((false, 1), (second.Held, second.Term));
        Assert.InRange(second.Remaining, TimeSpan.FromMinutes(9), Long);
        Assert.True((await Store.TryTakeAsync("other room", Two, Long, Token)).Held);
    }

    [Fact]
    public async Task Take_OnesOwn_ProlongsItInTheSameTerm()
    {
        await Store.TryTakeAsync("room", One, Short, Token);
        var again = await Store.TryTakeAsync("room", One, Long, Token);
        Assert.Equal((true, 1), (again.Held, again.Term));
        Assert.True(again.Remaining > Short);
    }

    [Fact]
    public async Task Take_AfterItsEnd_IsAnothersAndTheFirstFindsOut()
    {
        await Store.TryTakeAsync("room", One, Short, Token);
        var second = await Store.TryTakeAsync("room", Two, Long, Token);
        while (!second.Held)
        {
            await Task.Delay(20, Token);
            second = await Store.TryTakeAsync("room", Two, Long, Token);
        }

        Assert.Equal(2, second.Term);
        Assert.False((await Store.TryTakeAsync("room", One, Long, Token)).Held);
        Assert.False(await Store.GiveUpAsync("room", One, Token));
        Assert.True((await Store.TryTakeAsync("room", Two, Long, Token)).Held);
    }

    [Fact]
    public async Task GiveUp_OnesOwn_LetsTheNextTakeItAtOnce()
    {
        await Store.TryTakeAsync("room", One, Long, Token);
        Assert.True(await Store.GiveUpAsync("room", One, Token));
        var next = await Store.TryTakeAsync("room", Two, Long, Token);
        Assert.Equal((true, 2), (next.Held, next.Term));
    }

    [Fact]
    public async Task List_HeldAndGivenUp_TellsNamesTermsAndWhatIsLeft()
    {
        await Store.TryTakeAsync("b", One, Long, Token);
        await Store.TryTakeAsync("a", One, Long, Token);
        await Store.GiveUpAsync("a", One, Token);
        var leases = await Store.ListAsync(Token);
        Assert.Equal([("a", 1), ("b", 1)], leases.Select(static lease => (lease.Name, lease.Term)));
        Assert.True(leases[0].Remaining <= TimeSpan.Zero);
        Assert.InRange(leases[1].Remaining, TimeSpan.FromMinutes(9), Long);
    }

    [Fact]
    public async Task Take_BySixteenAtOnce_IsOnes()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 16).Select(number => Store.TryTakeAsync("room", new Guid(number, 0, 0, new byte[8]), Long, Token)));
        Assert.Single(answers, static answer => answer.Held);
        Assert.All(answers, static answer => Assert.Equal(1, answer.Term));
    }

    [Fact]
    public async Task Take_WithoutNameOrWithoutEnd_IsAWrongCall()
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.TryTakeAsync("", One, Long, Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.TryTakeAsync("room", One, TimeSpan.FromHours(2), Token));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Store.TryTakeAsync("room", One, TimeSpan.Zero, Token));
    }
}
