using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Linkage;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Records;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>What the enclave holds, record by record.</summary>
public sealed class ShelfTests
{
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly DateTimeOffset May = new(2026, 5, 31, 23, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset June = new(2026, 6, 1, 1, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<MemberId, int> TwoAMonth = new() { [Alpha] = 2 };

    [Fact]
    public void Admit_MoreThanAMonthsQuota_LetsTheOldestInAndTheRestNextMonth()
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        for (var slot = 4; slot >= 0; slot--)
        {
            Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(slot, Guid.NewGuid()))!, limited: true));
        }

        Assert.Empty(shelf.New);
        shelf.Admit(TwoAMonth, May);
        Assert.Equal([Handle(0), Handle(1)], shelf.New.Order());
        shelf.Admit(TwoAMonth, May.AddMinutes(30));
        Assert.Equal(2, shelf.New.Count);
        shelf.Admit(TwoAMonth, June);
        Assert.Equal([Handle(0), Handle(1), Handle(2), Handle(3)], shelf.New.Order());
        Assert.Equal(4, shelf.Index.Count);
    }

    [Fact]
    public void Prepare_RecordsThatAllowTheSame_HoldOneAnswerUntilOneOfThemGoes()
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        RecordConsent Put(int slot, int expires)
        {
            var opened = Slot(slot, Guid.NewGuid());
            var consent = new Consent { Purpose = "C4_CONTACT_ME", State = "Granted", ExpiresDay = expires, NoticeVersion = "1" };
            opened.Identity!.Consents.Add(consent);
            var item = shelf.Prepare(Batch(), 7, opened)!;
            Assert.True(shelf.Put(item));
            return item.Record.Consent;
        }

        var first = Put(0, 30_000);
        Assert.NotEmpty(first.Grants);
        Assert.Same(first, Put(1, 30_000));
        Assert.NotSame(first, Put(2, 30_001));
        shelf.Withdraw(7, 2);
        Assert.NotSame(first, Put(3, 30_000));
    }

    [Fact]
    public void Admit_InTheMonthOfALoss_LetsNobodyInWhoIsLimited()
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(0, Guid.NewGuid()))!, limited: true));
        shelf.Admit(TwoAMonth, May, May.AddMinutes(-5));
        shelf.Admit(TwoAMonth, May, June);
        Assert.Empty(shelf.New);
        shelf.Admit(TwoAMonth, June, May);
        Assert.Equal([Handle(0)], shelf.New.Order());
    }

    [Fact]
    public void Admit_QuotaLiftedByANewCharter_LetsAllIn()
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        for (var slot = 0; slot < 5; slot++)
        {
            Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(slot, Guid.NewGuid()))!, limited: true));
        }

        shelf.Admit(new Dictionary<MemberId, int>(), May);
        Assert.Equal(5, shelf.New.Count);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Admit_WithdrawnRecord_HasUsedItsPartBeforeAndAfterItsCiphertextIsGone(bool replay)
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        if (replay)
        {
            shelf.CountWithdrawn(Alpha, 7, 0);
        }
        else
        {
            Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(0, Guid.NewGuid()))!, limited: true));
            shelf.Withdraw(7, 0);
        }

        Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(1, Guid.NewGuid()))!, limited: true));
        Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(2, Guid.NewGuid()))!, limited: true));
        shelf.Admit(TwoAMonth, May);
        Assert.Equal([Handle(1)], shelf.New.Order());
    }

    [Fact]
    public void Put_SameVersionAgainOrAnothersRecordOrALowerVersion_IsRefused()
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        var id = Guid.NewGuid();
        Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(0, id, version: 2))!));
        Assert.False(shelf.Put(shelf.Prepare(Batch(), 7, Slot(1, id, version: 2))!));
        Assert.False(shelf.Put(shelf.Prepare(Batch(), 7, Slot(2, id, version: 1))!));
        Assert.False(shelf.Put(shelf.Prepare(Batch(), 7, Slot(3, Guid.NewGuid(), owner: "bravo"))!));
        Assert.Equal([Handle(0)], shelf.New.Order());

        // A next version takes the place; withdrawn, its number does not return.
        Assert.True(shelf.Put(shelf.Prepare(Batch(), 8, Slot(0, id, version: 3))!));
        Assert.Null(shelf.Find(Handle(0)));
        shelf.Withdraw(8, 0);
        Assert.False(shelf.Put(shelf.Prepare(Batch(), 9, Slot(0, id, version: 3))!));
        Assert.Empty(shelf.New);
        Assert.Equal(0, shelf.Index.Count);
    }

    [Fact]
    public void TakeOverdue_ByTheRecordsOwnDayOrTheBatchs_TakesItOffTheIndex()
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        var own = Slot(0, Guid.NewGuid());
        own.Identity!.Retention = new Retention { DeleteByDay = (int)(May - DateTimeOffset.UnixEpoch).TotalDays };
        Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, own)!));
        Assert.True(shelf.Put(shelf.Prepare(Batch(deleteBy: June), 7, Slot(1, Guid.NewGuid()))!));
        Assert.True(shelf.Put(shelf.Prepare(Batch(), 7, Slot(2, Guid.NewGuid()))!));
        shelf.TakeOverdue(May);
        Assert.Equal([Handle(1), Handle(2)], shelf.New.Order());
        shelf.TakeOverdue(June);
        Assert.Equal([Handle(2)], shelf.New.Order());
        Assert.Equal(1, shelf.Index.Count);
    }

    private static RecordHandle Handle(int slot) => new((7L << 11) | (long)slot);

    private static BatchEntry Batch(DateTimeOffset? deleteBy = null) => new(
        RoomId.From(Guid.NewGuid()), EntryId.From(Guid.NewGuid()), Alpha, BatchId.From(Guid.NewGuid()), Digest.Of([1]), new LogPosition(1, Digest.Of([2])), Digest.Of([3]),
        deleteBy ?? June.AddYears(1), new byte[Hpke.EncSize], KeyId.OfSpki([4]), 1, [.. Enumerable.Repeat(Digest.Of([5]), 128)], null, 64);

    private static OpenedSlot Slot(int slot, Guid id, uint version = 1, string owner = "alpha")
    {
        var record = EnclaveRoom.RecordOf(new Row($"r{slot}", $"r{slot}@example.org"));
        record.ContributorId = owner;
        record.RecordId = ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
        record.RecordVersion = version;
        return new OpenedSlot(slot, record, null);
    }
}
