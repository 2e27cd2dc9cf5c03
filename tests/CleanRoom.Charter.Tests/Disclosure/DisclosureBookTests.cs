using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests.Disclosure;

public sealed class DisclosureBookTests
{
    private static readonly string[] Purposes = ["trafficking-investigation"];
    private static readonly MemberId Owner = MemberId.Parse("a-contributor");
    private static readonly DateTimeOffset Start = TestRoom.Start;

    [Fact]
    public void Request_GrantedInPart_LeavesOnceAndEndsWithItsOutcome()
    {
        using var room = new TestRoom();
        var (book, agency, id) = (new DisclosureBook(), room.Agency.AsAgency(), TestRoom.NewId());
        Assert.Equal(DisclosureState.UnderReview, book.Ask(id, agency, Asked(), Purposes, true, At(0)).State);
        Assert.Null(book.Decide(id, MemberId.Parse("b-contributor"), new RoomAct.DisclosureDecision(["vehicles"], null)));
        Assert.Null(book.Decide(id, Owner, new RoomAct.DisclosureDecision(["vehicles", "victims.names"], null)));
        var granted = book.Decide(id, Owner, new RoomAct.DisclosureDecision(["vehicles"], "NotNecessary"))!;
        Assert.Equal((DisclosureState.PartlyGranted, "NotNecessary"), (granted.State, granted.Reason));
        Assert.Null(book.Decide(id, Owner, new RoomAct.DisclosureDecision(["suspects.names", "vehicles"], null)));
        Assert.Equal(DisclosureState.Disclosed, book.Disclose(id, Start.AddDays(30)).State);
        Assert.Throws<InvalidOperationException>(() => book.Disclose(id, Start.AddDays(30)));
        Assert.Null(book.Report(id, MemberId.Parse("other-agency"), new RoomAct.DisclosureOutcome("Received")));
        Assert.Equal(DisclosureState.OutcomeFiled, book.Report(id, agency.Id, new RoomAct.DisclosureOutcome("SiteInspected"))!.State);
    }

    [Fact]
    public void Silence_EscalatesThenCloses_AndNeverGrants()
    {
        using var room = new TestRoom();
        var (book, id) = (new DisclosureBook(), TestRoom.NewId());
        _ = book.Ask(id, room.Agency.AsAgency(), Asked(), Purposes, true, At(0));
        Assert.Empty(book.Pass(At(9)));
        Assert.Equal(DisclosureState.Escalated, Assert.Single(book.Pass(At(10))).State);
        Assert.Empty(book.Pass(At(19)));
        Assert.Equal(DisclosureState.TimedOut, Assert.Single(book.Pass(At(20))).State);
        Assert.Null(book.Decide(id, Owner, new RoomAct.DisclosureDecision(["vehicles"], null)));
    }

    [Fact]
    public void Outcome_NotReportedInTime_StopsNewRequestsUntilItIs()
    {
        using var room = new TestRoom();
        var (book, agency, id) = (new DisclosureBook(), room.Agency.AsAgency(), TestRoom.NewId());
        _ = book.Ask(id, agency, Asked(), Purposes, true, At(0));
        _ = book.Decide(id, Owner, new RoomAct.DisclosureDecision(["suspects.names", "vehicles"], null));
        _ = book.Disclose(id, At(30).Opening);
        Assert.False(book.OwesOutcome(agency.Id));
        Assert.Equal(DisclosureState.OutcomeOverdue, Assert.Single(book.Pass(At(31))).State);
        Assert.True(book.OwesOutcome(agency.Id));
        Assert.Equal("OutcomeOverdue", book.Ask(TestRoom.NewId(), agency, Asked(40), Purposes, true, At(31)).Reason);
        _ = book.Report(id, agency.Id, new RoomAct.DisclosureOutcome("NotRelevant"));
        Assert.Null(book.Ask(TestRoom.NewId(), agency, Asked(40), Purposes, true, At(31)).Reason);
    }

    [Fact]
    public void Ask_InTheMonthOfALoss_HasNoQuotaLeft()
    {
        using var room = new TestRoom();
        var book = new DisclosureBook();
        var loss = At(0).Opening;
        Assert.Equal("QuotaUsed", book.Ask(TestRoom.NewId(), room.Agency.AsAgency(), Asked(), Purposes, true, At(0), loss).Reason);
        Assert.Equal("QuotaUsed", book.Ask(TestRoom.NewId(), room.Agency.AsAgency(), Asked(), Purposes, true, At(1), loss).Reason);
        Assert.Null(book.Ask(TestRoom.NewId(), room.Agency.AsAgency(), Asked(40), Purposes, true, At(31), loss).Reason);
    }

    [Theory]
    [InlineData("prosecution-of-victims", true, 10, "PurposeNotAllowed")]
    [InlineData("trafficking-investigation", false, 10, "UnknownMatch")]
    [InlineData("trafficking-investigation", true, 0, "DueOutOfRange")]
    [InlineData("trafficking-investigation", true, 91, "DueOutOfRange")]
    public void Ask_AgainstARule_IsRefusedWithItsReasonAndCounts(string purpose, bool noticed, int due, string reason)
    {
        using var room = new TestRoom();
        var book = new DisclosureBook();
        var item = book.Ask(TestRoom.NewId(), room.Agency.AsAgency(), Asked(due) with { Purpose = purpose }, Purposes, noticed, At(0));
        Assert.Equal((DisclosureState.Refused, reason), (item.State, item.Reason));
        for (var i = 1; i < 5; i++)
        {
            Assert.Null(book.Ask(TestRoom.NewId(), room.Agency.AsAgency(), Asked(), Purposes, true, At(0)).Reason);
        }

        // Five a month: the refused one has counted.
        Assert.Equal("QuotaUsed", book.Ask(TestRoom.NewId(), room.Agency.AsAgency(), Asked(), Purposes, true, At(0)).Reason);
        Assert.Null(book.Ask(TestRoom.NewId(), room.Agency.AsAgency(), Asked(40), Purposes, true, At(31)).Reason);
    }

    [Fact]
    public void Recall_AtAnyTime_EndsItAndSaysWhetherFieldsHadLeft()
    {
        using var room = new TestRoom();
        var (book, agency) = (new DisclosureBook(), room.Agency.AsAgency());
        var (open, granted, left) = (TestRoom.NewId(), TestRoom.NewId(), TestRoom.NewId());
        foreach (var id in (EntryId[])[open, granted, left])
        {
            _ = book.Ask(id, agency, Asked(), Purposes, true, At(0));
        }

        foreach (var id in (EntryId[])[granted, left])
        {
            _ = book.Decide(id, Owner, new RoomAct.DisclosureDecision(["vehicles"], "NotNecessary"));
        }

        _ = book.Disclose(left, At(30).Opening);
        Assert.Equal((false, false, true), (book.Recall(open), book.Recall(granted), book.Recall(left)));
        Assert.All(book.Cases, item => Assert.Equal((DisclosureState.Recalled, 0), (item.State, item.Granted.Count)));
        Assert.Null(book.Recall(left));
        Assert.Null(book.Decide(open, Owner, new RoomAct.DisclosureDecision(["vehicles"], "NotNecessary")));
        Assert.Throws<InvalidOperationException>(() => book.Disclose(granted, At(30).Opening));
    }

    private static RoomTime At(int day) => new(Start.AddDays(day), Start.AddDays(day));

    private static RoomAct.DisclosureRequest Asked(int due = 10) =>
        new(StrictBase64.EncodeUrl(new byte[16]), Owner, "Art. 1", "trafficking-investigation", "77/2026", ["suspects.names", "vehicles"], Start.AddDays(due));
}
