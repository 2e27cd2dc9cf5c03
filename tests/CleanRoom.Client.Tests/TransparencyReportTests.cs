using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Client.Logs;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>What a report says of a log, and what it must not say.</summary>
public sealed class TransparencyReportTests
{
    private static readonly RoomId Room = RoomId.From(RandomUuid.New());
    private static readonly MemberId Alpha = MemberId.Parse("alpha");

    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "2")]
    [InlineData(3, "3-5")]
    [InlineData(5, "3-5")]
    [InlineData(6, "6-10")]
    [InlineData(10, "6-10")]
    [InlineData(11, "11+")]
    [InlineData(5000, "11+")]
    public void Of_RecordsWithdrawn_AreGivenInBands(int records, string band)
    {
        var slots = Enumerable.Range(0, records).Select(slot => new RecordSlot(BatchId.From(Guid.NewGuid()), slot)).ToList();
        var quarter = Assert.Single(TransparencyReport.Of(Findings((new TombstoneEntry(Room, NewId(), Alpha, slots), EntryEffect.Accepted, At(2026, 12)))));
        Assert.Equal(new ReportedCount("records withdrawn", band), Assert.Single(quarter.Counts));
    }

    [Fact]
    public void Of_EntriesOfTwoQuarters_CountsWhatTookEffectAndNamesNobody()
    {
        var quarters = TransparencyReport.Of(Findings(
            (new FreezeEntry(Room, NewId(), Alpha, true), EntryEffect.Accepted, At(2026, 12)),
            (new FreezeEntry(Room, NewId(), Alpha, false), EntryEffect.Accepted, At(2026, 12)),
            (new FreezeEntry(Room, NewId(), Alpha, true), EntryEffect.Ignored, At(2026, 12)),
            (null, EntryEffect.Unseen, At(2026, 12)),
            (new FreezeEntry(Room, NewId(), Alpha, true), EntryEffect.Accepted, At(2027, 1))));

        Assert.Equal(["2026-Q4", "2027-Q1"], quarters.Select(quarter => quarter.Name));
        Assert.Equal(
            [new ReportedCount("freezes", "1"), new ReportedCount(TransparencyReport.WithoutEffect, "1"), new ReportedCount(TransparencyReport.Unseen, "1")], quarters[0].Counts);
        Assert.Equal([new ReportedCount("freezes", "1")], quarters[1].Counts);
    }

    [Fact]
    public void Of_Recovery_IsCounted()
    {
        var witness = new WitnessPosition(Alpha, new LogPosition(9, Digest.Of("lost"u8)));
        var statement = RecoveryStatement.Create(Room, 1, Digest.Of("charter"u8), [witness], new LogPosition(5, Digest.Of("left"u8)), At(2026, 12), "The disk was lost.");
        var quarter = Assert.Single(TransparencyReport.Of(Findings((new RecoveryEntry(Room, NewId(), Alpha, [], SignedRecovery.Begin(statement)), EntryEffect.Accepted, At(2026, 12)))));
        Assert.Equal([new ReportedCount("recoveries after a loss", "1")], quarter.Counts);
    }

    private static EntryId NewId() => EntryId.From(RandomUuid.New());

    private static DateTimeOffset At(int year, int month) => new(year, month, 1, 0, 0, 0, TimeSpan.Zero);

    private static LogFindings Findings(params (Entry? Entry, EntryEffect Effect, DateTimeOffset At)[] entries) => new(
        Room, Simulated: true, null, CharterStatus.None, null, 1,
        [.. entries.Select((item, i) => new LogLine(i, item.Entry?.Type, item.Entry?.Author?.Value, item.Effect, IgnoredReason.None, "") { Entry = item.Entry, RoomTime = item.At })], [], 0, 0, null);
}
