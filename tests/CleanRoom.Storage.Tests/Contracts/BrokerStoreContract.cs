using CleanRoom.Cryptography;
using CleanRoom.Storage.Brokers;

namespace CleanRoom.Storage.Tests.Contracts;

/// <summary>What every driver's <see cref="IBrokerStore"/> must do.</summary>
public abstract class BrokerStoreContract
{
    private static readonly Guid Room = Guid.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    protected abstract IBrokerStore Store { get; }

    [Fact]
    public async Task Create_Twice_FirstRecordWins()
    {
        Assert.Null(await Store.FindAsync(Room, Token));
        Assert.True(await Store.TryCreateAsync(Record(), Token));
        Assert.False(await Store.TryCreateAsync(Record() with { Genesis = Digest.Of([9]) }, Token));
        await AssertStoredAsync(Record() with { RowVersion = 1 });
        Assert.Equal([Room], await Store.ListAsync(Token));
    }

    [Fact]
    public async Task Replace_AllFields_AreReadBack()
    {
        await Store.TryCreateAsync(Record(), Token);
        var changed = Record() with
        {
            RowVersion = 1,
            SignedCharter = Bytes.Of("charter 2", 500),
            SealedRoomSecret = Bytes.Of("secret 2", 60),
            RecordKeys = [.. Record().RecordKeys, new SealedRecordKey(2, Bytes.Of("public 2", 91), Bytes.Of("sealed 2", 60))],
            Frozen = true,
            CosignedSize = 7,
            CosignedRoot = Digest.Of([7]),
            CosignedTime = Now.AddHours(1),
            Generation = 3,
            Instance = KeyId.OfSpki([3]),
            LeaseEnds = Now,
        };
        Assert.True(await Store.TryReplaceAsync(changed, Token));
        await AssertStoredAsync(changed with { RowVersion = 2 });
    }

    [Fact]
    public async Task Replace_ByManyAtOnce_OneWins()
    {
        await Store.TryCreateAsync(Record(), Token);
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(
            size => Store.TryReplaceAsync(Record() with { RowVersion = 1, CosignedSize = size, CosignedRoot = Digest.Of([(byte)size]) }, Token)));
        Assert.Single(answers, true);
        Assert.Equal(Array.IndexOf(answers, true) + 1, (await Store.FindAsync(Room, Token))!.CosignedSize);
    }

    [Fact]
    public async Task Replace_TakingSomethingBack_IsAWrongCall()
    {
        await Store.TryCreateAsync(Record() with { CosignedSize = 5, CosignedRoot = Digest.Of([5]), CosignedTime = Now, Generation = 2 }, Token);
        var stored = (await Store.FindAsync(Room, Token))!;
        await Assert.ThrowsAsync<ArgumentException>(() => Store.TryReplaceAsync(stored with { CosignedSize = 4 }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.TryReplaceAsync(stored with { CosignedSize = 4, GivenUp = (6, Digest.Of([5])) }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.TryReplaceAsync(stored with { CosignedSize = 4, GivenUp = (5, Digest.Of([6])) }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.TryReplaceAsync(stored with { CosignedTime = Now.AddSeconds(-1) }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.TryReplaceAsync(stored with { CosignedTime = null }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.TryReplaceAsync(stored with { Generation = 1 }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.TryReplaceAsync(stored with { Genesis = Digest.Of([8]) }, Token));
        Assert.True(await Store.TryReplaceAsync(stored, Token));
        Assert.False(await Store.TryReplaceAsync(stored, Token));
        var next = (await Store.FindAsync(Room, Token))!;
        Assert.True(await Store.TryReplaceAsync(next with { CosignedSize = 4, CosignedRoot = Digest.Of([4]), GivenUp = (5, Digest.Of([5])) }, Token));
        var shorter = (await Store.FindAsync(Room, Token))!;
        Assert.Equal((4, null), (shorter.CosignedSize, shorter.GivenUp));
    }

    [Fact]
    public async Task Nonce_IsUsedOnce()
    {
        var nonce = Bytes.Of("nonce", 32);
        Assert.False(await Store.TryUseNonceAsync(Room, nonce, Now, Token));
        Assert.True(await Store.TryAddNonceAsync(Room, nonce, Now.AddMinutes(5), Now, 10, Token));
        Assert.False(await Store.TryAddNonceAsync(Room, nonce, Now.AddMinutes(5), Now, 10, Token));
        Assert.False(await Store.TryUseNonceAsync(Guid.Empty, nonce, Now, Token));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.TryUseNonceAsync(Room, nonce, Now, Token)));
        Assert.Single(answers, true);
        Assert.False(await Store.TryAddNonceAsync(Room, nonce, Now.AddMinutes(5), Now, 10, Token));
    }

    [Fact]
    public async Task Nonce_Expired_IsRefused()
    {
        var nonce = Bytes.Of("nonce", 32);
        await Store.TryAddNonceAsync(Room, nonce, Now.AddMinutes(5), Now, 10, Token);
        Assert.False(await Store.TryUseNonceAsync(Room, nonce, Now.AddMinutes(5), Token));
        Assert.True(await Store.TryUseNonceAsync(Room, nonce, Now.AddMinutes(5).AddMilliseconds(-1), Token));
    }

    [Fact]
    public async Task Nonces_TooMany_AreRefusedUntilSomeExpire()
    {
        Assert.True(await Store.TryAddNonceAsync(Room, Bytes.Of("1", 32), Now.AddMinutes(5), Now, 2, Token));
        Assert.True(await Store.TryAddNonceAsync(Room, Bytes.Of("2", 32), Now.AddMinutes(5), Now, 2, Token));
        Assert.False(await Store.TryAddNonceAsync(Room, Bytes.Of("3", 32), Now.AddMinutes(5), Now, 2, Token));
        Assert.True(await Store.TryAddNonceAsync(Room, Bytes.Of("3", 32), Now.AddMinutes(10), Now.AddMinutes(5), 2, Token));
    }

    [Fact]
    public async Task Release_ForOneResult_FirstIsKept()
    {
        await Store.TryCreateAsync(Record(), Token);
        var result = Digest.Of([1]);
        Assert.Null(await Store.FindReleaseAsync(Room, result, Token));
        var first = await Store.AddReleaseAsync(new BrokerRelease(Room, result, 1, Bytes.Of("leaf 1", 200), Now), Token);
        var second = await Store.AddReleaseAsync(new BrokerRelease(Room, result, 2, Bytes.Of("leaf 2", 200), Now.AddDays(1)), Token);
        Assert.Equal(Bytes.Of("leaf 1", 200), first.Leaf.ToArray());
        Assert.Equal((1, Now), (second.Generation, second.LeaseEnds));
        Assert.Equal(Bytes.Of("leaf 1", 200), (await Store.FindReleaseAsync(Room, result, Token))!.Leaf.ToArray());
    }

    private static BrokerRoom Record() => new()
    {
        Room = Room,
        Genesis = Digest.Of([0]),
        SignedCharter = Bytes.Of("charter", 500),
        SealedRoomSecret = Bytes.Of("secret", 60),
        RecordKeys = [new SealedRecordKey(1, Bytes.Of("public", 91), Bytes.Of("sealed", 60))],
    };

    private async Task AssertStoredAsync(BrokerRoom expected)
    {
        var stored = (await Store.FindAsync(Room, Token))!;
        Assert.Equal(
            (expected.RowVersion, expected.Genesis, expected.Frozen, expected.CosignedSize, expected.CosignedRoot, expected.CosignedTime, expected.Generation,
                expected.Instance, expected.LeaseEnds),
            (stored.RowVersion, stored.Genesis, stored.Frozen, stored.CosignedSize, stored.CosignedRoot, stored.CosignedTime, stored.Generation,
                stored.Instance, stored.LeaseEnds));
        Assert.Equal(expected.SignedCharter.ToArray(), stored.SignedCharter.ToArray());
        Assert.Equal(expected.SealedRoomSecret.ToArray(), stored.SealedRoomSecret.ToArray());
        Assert.Equal(expected.RecordKeys.Count, stored.RecordKeys.Count);
        Assert.All(expected.RecordKeys.Zip(stored.RecordKeys), pair =>
        {
            Assert.Equal(pair.First.Period, pair.Second.Period);
            Assert.Equal(pair.First.PublicKey.ToArray(), pair.Second.PublicKey.ToArray());
            Assert.Equal(pair.First.SealedPrivateKey.ToArray(), pair.Second.SealedPrivateKey.ToArray());
        });
    }
}
