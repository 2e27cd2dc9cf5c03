using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Tables;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
using CleanRoom.Records;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Records that a member has made up (T7): who touches one is told as of every other record, its owner is alarmed, and nobody else takes it for a person.</summary>
public sealed class DecoyTests : IDisposable
{
    private const int Most = 7;
    private const string Number = "+66 81 234 5678";

    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Turn = new(2026, 7, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Charlie = MemberId.Parse("charlie");
    private static readonly MemberId[] Owners = [Alpha, Bravo, Charlie];
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");

    private readonly Dictionary<MemberId, SigningKey> _organisations = [];
    private readonly KeyRing _keys = OutboxTests.KeysOf(Alpha, Bravo, Charlie);
    private readonly RoomState _state;

    public DecoyTests() => _state = OutboxTests.MakeState([.. ShippedQueries.All, .. WatchTests.Asked], keys: _organisations);

    /// <summary>The attack: a member that touches records of the pool compares all that it ever gets, hoping to know which were made up.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("SMALL_COMMUNITY")]
    [InlineData("LIVE_OPERATION")]
    public void WhoTouchesADecoy_GetsByteForByteWhatEveryOtherRecordGives_AndItsOwnerAnAlarm(string caveat)
    {
        var real = Touch(decoy: false, caveat);
        var decoy = Touch(decoy: true, caveat);

        Assert.Equal(real[Bravo], decoy[Bravo]);
        Assert.NotEmpty(decoy[Bravo]);
        Assert.All(decoy[Bravo], message => Assert.DoesNotContain("decoy", message, StringComparison.Ordinal));
        Assert.Equal(real[Charlie], decoy[Charlie]);
        // But for the mark, the owner reads what it would read of a real record.
        Assert.Equal(real[Alpha].Where(IsNoStatement), decoy[Alpha].Where(IsNoStatement).Select(message => message.Replace("\"decoy\":true,", "", StringComparison.Ordinal)));
        Assert.Single(decoy[Alpha], message => message.Contains("\"decoy\":true", StringComparison.Ordinal));
        Assert.DoesNotContain(real[Alpha], message => message.Contains("decoy", StringComparison.Ordinal));

        static bool IsNoStatement(string message) => !message.Contains("\"kind\":\"use\"", StringComparison.Ordinal);
    }

    [Fact]
    public void AnAlarm_NamesWhoTouchedIt_RingsAtOnce_AndGoesBeforeEverythingElse()
    {
        // By its reference it would be first of four one time in four.
        for (var turn = 0; turn < 12; turn++)
        {
            var room = new Small(this);
            for (var i = 0; i < 3; i++)
            {
                room.Put(Alpha, Suspect($"A{i}", $"+66 81 00{turn:00} 000{i}"));
                room.Put(Bravo, Suspect($"B{i}", $"+66 81 00{turn:00} 000{i}"));
            }

            room.Put(Alpha, Decoy("D"));
            room.Put(Bravo, Suspect("G"));
            room.Evaluate();
            var first = Assert.IsType<RoomMessage.MatchPointer>(room.Take(Alpha)[0]);
            Assert.True(first.Decoy);
            Assert.True(first.IsUrgent);
            Assert.Equal(("D", Bravo), (first.Own, first.Counterpart!.Member));
            Assert.All(room.Take(Bravo), message => Assert.False(message.IsUrgent));
        }
    }

    /// <summary>A decoy is no way to fish: what it tells its owner is what a record would, by consent, and the other side reads who it was.</summary>
    [Fact]
    public void ADecoyOfARealPerson_TellsItsOwnerNothingThatARecordWouldNot_AndNamesIt()
    {
        var room = new Small(this);
        room.Put(Alpha, Decoy("D"));
        room.Put(Bravo, Suspect("B", tells: null));
        room.Evaluate();
        Assert.Empty(room.Take(Alpha));
        var pointer = Assert.IsType<RoomMessage.MatchPointer>(Assert.Single(room.Take(Bravo)));
        Assert.Equal(Alpha, pointer.Counterpart!.Member);
    }

    [Fact]
    public void AnAgency_IsNeverToldOfADecoy_NeitherByAQueryNorByAWatchOrSearch()
    {
        var room = new Small(this);
        room.Put(Alpha, Decoy("D"));
        room.Put(Bravo, Suspect("B"));
        room.Evaluate();
        room.Ask();
        Assert.IsType<RoomMessage.NothingReleasable>(Assert.Single(room.Take(Police)));
        Assert.Empty(room.Take(Prosecutor));

        // The same with a real record is told both ways.
        var real = new Small(this);
        real.Put(Alpha, Suspect("A"));
        real.Put(Bravo, Suspect("B"));
        real.Evaluate();
        real.Ask();
        Assert.Equal(["N2a", "N2a"], real.Take(Police).Select(message => message.Kind));
    }

    [Fact]
    public void ARealPerson_IsNotAskedForSomebodyWhoWasMadeUp()
    {
        Assert.Equal([false, true], ((bool[])[true, false]).Select(decoy =>
        {
            var room = new Small(this);
            var searching = decoy ? Decoy("D") : Suspect("A");
            searching.Persons.Add(new CleanRoom.Records.V1.Person { PersonKey = "m1", Role = "MissingPerson" });
            room.Put(Alpha, searching);
            room.Put(Bravo, Suspect("B", tells: "C7_TRACING"));
            var story = room.Evaluate().First();
            Assert.Equal(decoy, story.IsDecoy);
            CleanRoom.Linkage.LinkSide Side(CleanRoom.Linkage.LinkSide side, HeldRecord record) => side with { HolderKey = record.Contributor == Alpha ? "m1" : "v1" };
            var missing = story.Link with { Type = CleanRoom.Linkage.LinkType.SamePersonMissing, First = Side(story.Link.First, story.First), Second = Side(story.Link.Second, story.Second) };
            var asked = (story with { Link = missing }).Decide(_state, Start);
            return asked.TellFirst != CleanRoom.Charter.Consent.Telling.Nothing || asked.TellSecond != CleanRoom.Charter.Consent.Telling.Nothing;
        }));
    }

    [Fact]
    public void ATable_CountsNoDecoy()
    {
        var table = new QueryDefinition("G1", "1.0.0", [], MatchStrength.Exact, 3, null, TellsContributors: true, null)
        {
            Kind = QueryKind.Aggregate,
            Table = new TableTerms(["country", "sector"], TablePeriod.Quarter, 11, 3, 70, 5),
        };
        var state = OutboxTests.MakeState([table]);
        Assert.Equal([0, 10], ((bool[])[true, false]).Select(decoys =>
        {
            var shelf = new RecordShelf(RoomModel.Shipped, 100);
            for (var i = 0; i < 12; i++)
            {
                var record = TableTests.Of("A_AgricultureForestryAndFishing");
                record.Decoy = decoys && i >= 10;
                OutboxTests.Put(shelf, state.Room, Owners[i % 3], i + 1, record, mostDecoys: 5);
            }

            var outbox = new Outbox(state.Room);
            shelf.MarkEvaluated();
            outbox.Tables.Close(state, shelf, new RoomTime(Start, Start), TestContext.Current.CancellationToken);
            var due = Start.AddMonths(4);
            outbox.Tables.Close(state, shelf, new RoomTime(due, due), TestContext.Current.CancellationToken);
            var rows = Assert.IsType<RoomMessage.TableRelease>(Assert.Single(outbox.Tables.Take(Alpha, Most))).Rows;
            return rows.Count == 0 ? 0 : rows[0].Count;
        }));
    }

    [Fact]
    public void TheStatementOfItsOwner_DoesNotCountIt_AndThatOfTheOtherSideIsAsOfARealOne()
    {
        foreach (var isDecoy in (bool[])[true, false])
        {
            var room = new Small(this);
            room.Outbox.Uses.Close(_state, new RoomTime(Start, Start));
            room.Put(Alpha, isDecoy ? Decoy("D", tells: "C3_TELL_NGO") : Suspect("D", tells: "C3_TELL_NGO"));
            room.Put(Bravo, Suspect("B", tells: "C3_TELL_NGO"));
            room.Evaluate();
            Assert.Single(room.Take(Alpha));
            Assert.Single(room.Take(Bravo));
            room.Outbox.Uses.Close(_state, new RoomTime(Turn, Turn));
            Assert.Equal(isDecoy ? "0" : "1", Assert.IsType<RoomMessage.UseStatement>(Assert.Single(room.Take(Alpha))).Pointers);
            Assert.Equal("1", Assert.IsType<RoomMessage.UseStatement>(Assert.Single(room.Take(Bravo))).Pointers);
        }
    }

    [Fact]
    public void TheFirstVersion_SaysForGood_AndMoreThanTheCharterAllowsAreNotHeld()
    {
        var shelf = new RecordShelf(RoomModel.Shipped, 100);
        var decoy = Decoy("D");
        Assert.False(OutboxTests.TryPut(shelf, _state.Room, Alpha, 1, decoy, mostDecoys: 0));
        decoy.RecordId = ByteString.Empty;
        Assert.True(OutboxTests.TryPut(shelf, _state.Room, Alpha, 2, decoy, mostDecoys: 1));
        Assert.False(OutboxTests.TryPut(shelf, _state.Room, Alpha, 3, Decoy("E"), mostDecoys: 1));
        Assert.True(OutboxTests.TryPut(shelf, _state.Room, Bravo, 4, Decoy("F"), mostDecoys: 1));

        // A later version without the mark does not make a person of it, nor one with the mark a decoy of a person.
        var plain = decoy.Clone();
        (plain.Decoy, plain.RecordVersion) = (false, 2);
        Assert.True(OutboxTests.TryPut(shelf, _state.Room, Alpha, 5, plain, mostDecoys: 1));
        var real = Suspect("A");
        Assert.True(OutboxTests.TryPut(shelf, _state.Room, Alpha, 6, real, mostDecoys: 1));
        var marked = real.Clone();
        (marked.Decoy, marked.RecordVersion) = (true, 2);
        Assert.True(OutboxTests.TryPut(shelf, _state.Room, Alpha, 7, marked, mostDecoys: 1));
        Assert.Equal([("D", true), ("A", false)], shelf.Of(Alpha).Select(record => (Outbox.RefOf(record), record.IsDecoy)));
        shelf.Withdraw(5, 0);
        Assert.True(OutboxTests.TryPut(shelf, _state.Room, Alpha, 8, Decoy("G"), mostDecoys: 1));
    }

    [Fact]
    public void TheMark_StandsInTheIdentityPartAlone_AndInNoRecordThatHasNone()
    {
        var parts = CaseRecordParts.Split(Decoy("D"));
        Assert.True(parts.Identity!.Decoy);
        Assert.False(parts.Analytic!.Decoy);
        Assert.True(parts.Join().Decoy);
        var plain = Suspect("D");
        Assert.Equal(2, CaseRecordParts.Split(Decoy("D")).Identity!.CalculateSize() - CaseRecordParts.Split(plain).Identity!.CalculateSize() - 1);
    }

    public void Dispose()
    {
        _keys.Dispose();
        foreach (var key in _organisations.Values)
        {
            key.Dispose();
        }
    }

    /// <summary>All that each member ever reads in three epochs and a turn of the quarter, where Alpha's record is a decoy or not.</summary>
    private Dictionary<MemberId, List<string>> Touch(bool decoy, string caveat)
    {
        var room = new Small(this);
        room.Outbox.Uses.Close(_state, new RoomTime(Start, Start));
        var record = decoy ? Decoy("D", caveat: caveat) : Suspect("D", caveat: caveat);
        record.RecordId = ByteString.CopyFrom(new byte[16]);
        var other = Suspect("G");
        other.RecordId = ByteString.CopyFrom([.. Enumerable.Repeat((byte)1, 16)]);
        room.Put(Alpha, record);
        room.Put(Bravo, other);
        room.Evaluate();
        var all = new Dictionary<MemberId, List<string>>();
        foreach (var time in (DateTimeOffset[])[Start, Start.AddDays(1), Turn])
        {
            room.Outbox.Uses.Close(_state, new RoomTime(time, time));
            foreach (var member in (MemberId[])[Alpha, Bravo, Charlie])
            {
                var place = new MessagePlace(_state.Room, member, 1, 1, Simulated: true);
                var read = room.Take(member, time).Select(message =>
                {
                    Assert.True(RoomMessage.TryParse(message.ToBytes(place), place, out var again));
                    Assert.Equal(message.ToBytes(place), again.ToBytes(place));
                    return System.Text.Encoding.UTF8.GetString(message.ToBytes(place));
                });
                all[member] = [.. all.GetValueOrDefault(member) ?? [], .. read];
            }
        }

        return all;
    }

    private static CaseRecord Decoy(string reference, string tells = "C5_LE_NONIDENT", string caveat = "")
    {
        var record = Suspect(reference, tells: tells, caveat: caveat);
        record.Decoy = true;
        return record;
    }

    private static CaseRecord Suspect(string reference, string phone = Number, string? tells = "C5_LE_NONIDENT", string caveat = "") =>
        OutboxTests.Suspect(reference, phone, caveat, ["police"], Start.AddYears(1), tells);

    private sealed class Small(DecoyTests test)
    {
        private readonly RecordShelf _shelf = new(RoomModel.Shipped, 100);
        private int _index;

        public Outbox Outbox { get; } = new(test._state.Room);

        public void Put(MemberId owner, CaseRecord record) => OutboxTests.Put(_shelf, test._state.Room, owner, ++_index, record, mostDecoys: 5);

        public List<PairStory> Evaluate()
        {
            var found = _shelf.Index.FindLinks(_shelf.New, (_, _) => true, TestContext.Current.CancellationToken);
            var stories = StandingQueries.Run(test._state.Charter!, _shelf, found.Links).ToList();
            stories.ForEach(story => Outbox.Add(story, story.Decide(test._state, Start)));
            _shelf.MarkEvaluated();
            return stories;
        }

        public void Ask() => Outbox.Watches.Ask(
            EntryId.From(Guid.NewGuid()), test._state.Charter!.Agency(Police)!,
            new RoomAct.WatchRequest("Q18", "1.0.0", new WatchSubject("phone", Number), "trafficking", "criminal-investigation", "investigation-of-traffickers", "77/2026", null),
            test._state.Charter, new RoomTime(Start, Start));

        public IReadOnlyList<RoomMessage> Take(MemberId member, DateTimeOffset? now = null) => Outbox.Take(member, Most, test._state, _shelf, test._keys, now ?? Start);
    }
}
