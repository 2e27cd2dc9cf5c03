using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>What a contributor is told each quarter of the use of its records (R16), and what it must not tell of anybody else's (R26).</summary>
public sealed class UseStatementTests : IDisposable
{
    private const int Most = 7;

    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Turn = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Charlie = MemberId.Parse("charlie");
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");
    private static readonly RoomMessage.UseStatement Nothing = new("2026-Q2", "0", "0", "0", "0", "0", "0", "0");

    private readonly Dictionary<MemberId, SigningKey> _organisations = [];
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 1000);
    private readonly KeyRing _keys = OutboxTests.KeysOf(Alpha, Bravo, Charlie);
    private RoomState _state;
    private Outbox _outbox;
    private int _index;

    public UseStatementTests()
    {
        _state = OutboxTests.MakeState([.. ShippedQueries.All, .. WatchTests.Asked], keys: _organisations);
        _outbox = new Outbox(_state.Room);
    }

    [Fact]
    public void AfterAQuarter_EachContributorIsToldOnceWhatWasDoneWithItsRecords_AndNoAgencyIs()
    {
        Begin(Start);
        _ = AddStory("+66 81 000 0001");
        _ = AddStory("+66 81 000 0002", first: "C3_TELL_NGO", second: null);
        Assert.Equal(["N1"], Kinds(Alpha, Start));
        Assert.Equal(["N1", "N1"], Kinds(Bravo, Start));
        Assert.Equal(["N2a"], Kinds(Police, Start));
        Begin(Turn.AddSeconds(-1));
        Assert.Empty(Kinds(Alpha, Turn.AddSeconds(-1)));
        Begin(Turn);
        Assert.Equal(Nothing with { Pointers = "1", OneWay = "1", Notices = "1" }, Told(Alpha, Turn));
        Assert.Equal(Nothing with { Pointers = "1", Notices = "1" }, Told(Bravo, Turn));
        Assert.Equal(Nothing, Told(Charlie, Turn));
        Assert.Empty(Kinds(Police, Turn));
        Begin(Turn.AddDays(1));
        Assert.Empty(Kinds(Alpha, Turn.AddDays(1)));
        Begin(Turn.AddMonths(3));
        Assert.Equal(Nothing with { Quarter = "2026-Q3" }, Told(Alpha, Turn.AddMonths(3)));
    }

    /// <summary>R26: three contributors; what two of them have with each other changes nothing for the third, and a number is a band.</summary>
    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "2")]
    [InlineData(3, "3-5")]
    [InlineData(5, "3-5")]
    [InlineData(6, "6-10")]
    [InlineData(11, "11+")]
    [InlineData(14, "11+")]
    public void WhatTwoHaveWithEachOther_IsInBandsAndNotInTheThirdOnesStatement(int stories, string band)
    {
        Begin(Start);
        for (var i = 0; i < stories; i++)
        {
            _ = AddStory($"+66 81 000 {1000 + i}");
        }

        foreach (var member in (MemberId[])[Alpha, Bravo, Police])
        {
            _ = _outbox.Take(member, 100, _state, _shelf, _keys, Start);
        }

        Begin(Turn);
        Assert.Equal(Nothing with { Pointers = band, Notices = band }, Told(Alpha, Turn));
        Assert.Equal(Nothing, Told(Charlie, Turn));
    }

    /// <summary>The attack: the other side has not agreed that this contributor knows of the match; a notice to an agency would tell it by a number.</summary>
    [Fact]
    public void ANoticeOfAMatchThatItMayNotKnowOf_IsNotCounted()
    {
        Begin(Start);
        _ = AddStory("+66 81 000 0001", first: "C5_LE_NONIDENT", second: null);
        Assert.Empty(Kinds(Alpha, Start));
        Assert.Equal(["N1"], Kinds(Bravo, Start));
        Assert.Equal(["N2a"], Kinds(Police, Start));
        Begin(Turn);
        Assert.Equal(Nothing with { OneWay = "1" }, Told(Alpha, Turn));
        Assert.Equal(Nothing, Told(Bravo, Turn));
    }

    [Fact]
    public void AnAgencysWatch_IsCountedForBothWhoseRecordsItWasTold()
    {
        Begin(Start);
        var ask = new RoomAct.WatchRequest("Q18", "1.0.0", new WatchSubject("phone", "+66 81 000 0001"), "trafficking", "criminal-investigation", "investigation-of-traffickers", "77/2026", null);
        _ = AddStory("+66 81 000 0001");
        _ = _outbox.Take(Police, Most, _state, _shelf, _keys, Start);
        _shelf.MarkEvaluated();
        _outbox.Watches.Ask(EntryId.From(Guid.NewGuid()), _state.Charter!.Agency(Police)!, ask, _state.Charter, new RoomTime(Start, Start));
        Assert.Equal(["N2a"], Kinds(Police, Start));
        _ = _outbox.Take(Alpha, Most, _state, _shelf, _keys, Start);
        _ = _outbox.Take(Bravo, Most, _state, _shelf, _keys, Start);
        Begin(Turn);
        Assert.Equal(Nothing with { Pointers = "1", Notices = "1", Answers = "1" }, Told(Alpha, Turn));
        Assert.Equal(Nothing with { Pointers = "1", Notices = "1", Answers = "1" }, Told(Bravo, Turn));
    }

    [Fact]
    public void RequestsDisclosuresAndWithdrawals_AreCountedOnceEach()
    {
        Begin(Start);
        var story = AddStory("+66 81 000 0001");
        foreach (var member in (MemberId[])[Alpha, Bravo, Police])
        {
            Assert.Single(Kinds(member, Start));
        }

        var request = EntryId.From(Guid.NewGuid());
        var asked = new RoomMessage.Request(request, Police, "A", "law", "investigation-of-traffickers", "77/2026", ["vehicles"], Start.AddDays(20), false);
        _outbox.Post(Alpha, asked, request);
        _outbox.Post(Alpha, asked with { Escalated = true }, request);
        for (var part = 1; part <= 2; part++)
        {
            _outbox.Post(Police, new RoomMessage.Disclosed(request, part, 2, new Desk(Alpha, "desk"), "investigation-of-traffickers", "77/2026", [new RoomMessage.Fact("vehicles", "van")], [], Start.AddDays(30)), request);
        }

        Assert.Equal(["request", "request"], Kinds(Alpha, Start));
        Assert.Equal(["N3", "N3"], Kinds(Police, Start));
        _outbox.Forget(story);
        _outbox.Post(Police, new RoomMessage.Withdrawn(null, request), request);
        Assert.Equal(["N6", "N6"], Kinds(Police, Start));
        Assert.Equal(["N6"], Kinds(Alpha, Start));
        Assert.Equal(["N6"], Kinds(Bravo, Start));
        Begin(Turn);
        Assert.Equal(Nothing with { Pointers = "1", Notices = "1", Requests = "1", Disclosures = "1", Withdrawals = "3-5" }, Told(Alpha, Turn));
        Assert.Equal(Nothing with { Pointers = "1", Notices = "1", Withdrawals = "2" }, Told(Bravo, Turn));
    }

    [Fact]
    public void WhatTheLogDoesNotBind_IsNotCounted_AndAStatementIsNotToldTwice()
    {
        Begin(Start);
        _ = AddStory("+66 81 000 0001");
        Assert.Equal(["N1"], Kinds(Bravo, Start));
        _outbox.PutBack(Bravo);
        Begin(Turn);
        // The pointer comes again, now in the next quarter.
        Assert.Equal(["N1", "use"], Kinds(Bravo, Turn));
        var told = _outbox.Take(Alpha, Most, _state, _shelf, _keys, Turn);
        Assert.Equal(["N1", "use"], told.Select(message => message.Kind));
        // What Bravo was not told is no use of Alpha's record.
        Assert.Equal(Nothing, told[1]);
        _outbox.PutBack(Alpha);
        Assert.Equal(["N1"], Kinds(Alpha, Turn));
        Begin(Turn.AddMonths(3));
        Assert.Equal(Nothing with { Quarter = "2026-Q3", Pointers = "1" }, Told(Alpha, Turn.AddMonths(3)));
    }

    [Fact]
    public void AStatementWithoutASlot_Waits_AndKeepsNoNewsWaiting()
    {
        Begin(Start);
        Begin(Turn);
        _ = AddStory("+66 81 000 0001");
        Assert.Equal(["N1"], _outbox.Take(Alpha, 1, _state, _shelf, _keys, Turn).Select(message => message.Kind));
        Assert.Equal(Nothing, Told(Alpha, Turn));
    }

    [Fact]
    public void AHostClockThatIsAhead_EndsNoQuarter()
    {
        Begin(Start);
        _outbox.Uses.Close(_state, new RoomTime(Start.AddDays(1), Turn.AddYears(1)));
        Assert.Empty(Kinds(Alpha, Start.AddDays(1)));
    }

    [Fact]
    public void AQuarterOfALoss_HasNoStatement_AndTheNextOneHas()
    {
        Begin(Start);
        OutboxTests.Lose(_state, _organisations, until: Start.AddDays(3));
        Begin(Turn);
        Assert.Empty(Kinds(Alpha, Turn));
        Begin(Turn.AddMonths(3));
        Assert.Equal(Nothing with { Quarter = "2026-Q3" }, Told(Alpha, Turn.AddMonths(3)));
    }

    /// <summary>A room whose charter is from before: its epochs come out as they did.</summary>
    [Fact]
    public void ACharterThatDoesNotHaveIt_GetsNone()
    {
        _state = OutboxTests.MakeState(ShippedQueries.All, keys: _organisations, more: draft => draft.Set(new EpochTerms(RoomDuration.Hours(24), 3, 20, 8, 4096)));
        _outbox = new Outbox(_state.Room);
        Begin(Start);
        Begin(Turn);
        Assert.Empty(Kinds(Alpha, Turn));
    }

    public void Dispose()
    {
        _keys.Dispose();
        foreach (var key in _organisations.Values)
        {
            key.Dispose();
        }
    }

    private void Begin(DateTimeOffset time) => _outbox.Uses.Close(_state, new RoomTime(time, time));

    private List<string> Kinds(MemberId member, DateTimeOffset now) => [.. _outbox.Take(member, Most, _state, _shelf, _keys, now).Select(message => message.Kind)];

    private RoomMessage.UseStatement Told(MemberId member, DateTimeOffset now)
    {
        var statement = Assert.IsType<RoomMessage.UseStatement>(Assert.Single(_outbox.Take(member, Most, _state, _shelf, _keys, now)));
        var place = new MessagePlace(_state.Room, member, 1L << 53, 1L << 53, Simulated: true);
        Assert.True(RoomMessage.TryParse(statement.ToBytes(place), place, out var again));
        Assert.Equal(statement, again);
        Assert.InRange(statement.ToBytes(place).Length, 1, MessageSeal.Capacity(2048));
        return statement;
    }

    /// <summary>Two suspects' records that share a number: what each side agrees to beside being compared.</summary>
    private PairStory AddStory(string phone, string? first = "C5_LE_NONIDENT", string? second = "C5_LE_NONIDENT")
    {
        Put(Alpha, first, phone);
        Put(Bravo, second, phone);
        var links = _shelf.Index.FindLinks(_shelf.New, (_, _) => true, TestContext.Current.CancellationToken).Links;
        var story = StandingQueries.Run(_state.Charter!, _shelf, links).Last(item => item.Query.Id == "Q3" && item.First.Read().Persons[1].Identifiers[0].Raw == phone);
        _outbox.Add(story, story.Decide(_state, Start));
        return story;
    }

    private void Put(MemberId owner, string? tells, string phone) =>
        OutboxTests.Put(_shelf, _state.Room, owner, ++_index, OutboxTests.Suspect(owner.Value, phone, "", ["police"], Start.AddYears(1), tells));
}
