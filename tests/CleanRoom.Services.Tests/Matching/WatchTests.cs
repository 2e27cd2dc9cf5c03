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
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>What an agency is answered that looks for a subject of its own (ARCHITECTURE §6, THREATS T7): what it may know, or the one negative.</summary>
public sealed class WatchTests : IDisposable
{
    private const int Most = 7;
    private const string Number = "+66 81 234 5678";

    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Charlie = MemberId.Parse("charlie");
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");
    private static readonly RoomTime Time = new(Start, Start);
    private static readonly EntryId Watch = EntryId.From(Guid.Parse("11111111-2222-4333-8444-555555555555"));

    private readonly KeyRing _keys = OutboxTests.KeysOf(Alpha, Bravo, Charlie);

    /// <summary>The two queries of these tests: a search and a watch by everything that may be asked for, for the police alone.</summary>
    internal static QueryDefinition[] Asked { get; } =
    [
        new("Q18", "1.0.0", QueryDefinition.AskedLinkTypes, MatchStrength.Strong, 2, null, false, new AgencyTell(["police_ahtu"], JurisdictionRule.Any))
        {
            Kind = QueryKind.Search,
            Asking = new AskingTerms(["criminal-investigation"], null, ["investigation-of-traffickers"], AskingTerms.KnownRoles),
        },
        new("Q19", "1.0.0", QueryDefinition.AskedLinkTypes, MatchStrength.Strong, 2, null, false, new AgencyTell(["police_ahtu"], JurisdictionRule.Any))
        {
            Kind = QueryKind.Watch,
            Asking = new AskingTerms(["criminal-investigation"], RoomDuration.Days(90), ["investigation-of-traffickers"], AskingTerms.KnownRoles),
        },
    ];

    public static TheoryData<string> Negatives =>
    [
        "nobody has it", "one contributor alone", "one contributor twice", "the other has not agreed", "the other has agreed towards another agency", "agreed once, ended since",
        "one is a victim's", "both are victims'", "one is a relative's", "nobody knows whose one is", "one says no law enforcement", "one may be shared only after a look", "the numbers were in use years apart",
        "one is a suspect's and a victim's", "only another number joins them, and nobody knows whose", "the other one is not evaluated yet", "said to be wrong", "over the quota", "another agency's query", "no such query", "another version", "no mandate of it", "another legal basis", "another purpose",
        "a search with an end", "a number without its country", "a name of many", "withdrawn before its answer",
    ];

    [Fact]
    public void Search_ThatTwoContributorsLetThisAgencyKnow_IsAnsweredByANoticeAndOnlyToIt()
    {
        var room = new Small(this);
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        room.Put(Charlie, Suspect("C", "+66 81 876 5432"));
        room.Evaluate();
        room.Ask(Search());

        var notice = Assert.IsType<RoomMessage.Notice>(Assert.Single(room.Take(Police)));
        Assert.Equal(Watch, notice.Watch);
        Assert.Equal("SamePhone", notice.Link);
        Assert.Equal([Alpha, Bravo], notice.Ask.Select(desk => desk.Member));
        Assert.Equal(("2", (DateTimeOffset?)null), (notice.Sources, notice.AnswerBy));
        Assert.All((MemberId[])[Alpha, Bravo, Charlie, Prosecutor], member => Assert.Empty(room.Take(member)));
        Assert.Empty(room.Take(Police, evaluated: true));
        Assert.Equal(ToldAs.Notice, room.Outbox.ToldTo(Police, notice.Match)!.Value.As);
        Assert.Null(room.Outbox.ToldTo(Prosecutor, notice.Match));
        var place = new MessagePlace(room.State.Room, Police, 1, 1, Simulated: true);
        Assert.True(RoomMessage.TryParse(notice.ToBytes(place), place, out var again));
        Assert.Equal(notice.ToBytes(place), again.ToBytes(place));
    }

    [Theory]
    [InlineData("account", "DE89370400440532013000", null, null)]
    [InlineData("email", "BOSS@example.org", null, null)]
    [InlineData("handle", "@Boss_Chai", null, "Telegram")]
    [InlineData("organisation", "GOLDEN HANDS MANPOWER", "NPL", null)]
    [InlineData("phone", "0066-81-2345678", null, null)]
    [InlineData("vehicle", "2A 1234", "KHM", null)]
    [InlineData("vessel", "9074729", null, null)]
    public void Search_OfEachKind_FindsWhatIsWrittenOtherwise(string kind, string value, string? country, string? platform)
    {
        var room = new Small(this);
        room.Put(Alpha, Everything("A"));
        room.Put(Bravo, Everything("B"));
        room.Put(Charlie, Suspect("C", "+66 81 876 5432"));
        room.Evaluate();
        var subject = new WatchSubject(kind, value, country, platform);
        room.Ask(Search() with { Subject = subject });
        Assert.Equal(subject.LinkType, Assert.IsType<RoomMessage.Notice>(Assert.Single(room.Take(Police))).Link);
    }

    [Theory, MemberData(nameof(Negatives))]
    public void Search_ThatMayNotBeAnswered_GetsTheOneNegative(string what)
    {
        var room = Negative(what);
        var answers = room.Take(Police);
        var negative = Assert.IsType<RoomMessage.NothingReleasable>(Assert.Single(answers));

        // The same bytes in the same slot whatever the reason, of the size that every message has.
        var place = new MessagePlace(room.State.Room, Police, 3, 1, Simulated: true);
        Assert.Equal(new RoomMessage.NothingReleasable(Watch).ToBytes(place), negative.ToBytes(place));
        using var inbox = HpkePrivateKey.Generate();
        using var secret = SecretBytes.Random(32);
        Assert.Equal(MessageSeal.SealedSize(2048), MessageSeal.Seal(negative, place, inbox.PublicKey, 2048, secret).Length);
        Assert.Empty(room.Take(Police, evaluated: true));
    }

    /// <summary>A room in which the same question gets the negative, each time for another reason.</summary>
    private Small Negative(string what)
    {
        var room = new Small(this);
        var asked = Search();
        var (one, other) = (Suspect("A"), Suspect("B"));
        var late = false;
        switch (what)
        {
            case "nobody has it":
                (one, other) = (Suspect("A", "+66 81 876 5432"), Suspect("B", "+66 81 876 5432"));
                break;
            case "one contributor alone":
                other = Suspect("B", "+66 81 876 5432");
                break;
            case "one contributor twice":
                other = Suspect("B", "+66 81 876 5432");
                room.Put(Alpha, Suspect("A2"));
                break;
            case "the other has not agreed":
                _ = other.Consents.Remove(other.Consents.Single(consent => consent.Purpose == "C5_LE_NONIDENT"));
                break;
            case "the other has agreed towards another agency":
                other = Suspect("B", named: ["prosecutor"]);
                break;
            case "agreed once, ended since":
                other = Suspect("B", ends: Start.AddDays(-1));
                break;
            case "one is a victim's":
                Identifier(other).HolderRole = "Victim";
                break;
            case "both are victims'":
                (Identifier(one).HolderRole, Identifier(other).HolderRole) = ("Victim", "Victim");
                break;
            case "one is a relative's":
                Identifier(other).HolderRole = "Family";
                break;
            case "nobody knows whose one is":
                Identifier(other).HolderRole = "Unknown";
                break;
            case "one says no law enforcement":
                other = Suspect("B", caveat: "NO_LE");
                break;
            case "one may be shared only after a look":
                other = Suspect("B", caveat: "SMALL_COMMUNITY");
                break;
            case "the numbers were in use years apart":
                (Identifier(one).ValidFrom, Identifier(other).ValidFrom) = (Day(15000), Day(18000));
                break;
            case "one is a suspect's and a victim's":
                other.Persons[0].Identifiers.Add(new Identifier { Kind = "Phone", Raw = Number, HolderRole = "Victim", HolderPersonKey = "v1" });
                break;
            case "only another number joins them, and nobody knows whose":
                (Identifier(one).ValidFrom, Identifier(other).ValidFrom) = (Day(15000), Day(18000));
                foreach (var record in (CaseRecord[])[one, other])
                {
                    record.Persons[1].Identifiers.Add(new Identifier { Kind = "Phone", Raw = "+66 81 876 5432", HolderRole = "Unknown", HolderPersonKey = "s1" });
                }

                break;
            case "the other one is not evaluated yet":
                late = true;
                break;
            case "over the quota":
                room = new Small(this, searches: 0);
                break;
            case "another agency's query":
                room = new Small(this, Asked[0] with { Agencies = new AgencyTell(["prosecutor"], JurisdictionRule.Any) });
                break;
            case "no such query":
                asked = asked with { Query = "Q98" };
                break;
            case "another version":
                asked = asked with { Version = "1.0.1" };
                break;
            case "no mandate of it":
                asked = asked with { Mandate = "taxes" };
                break;
            case "another legal basis":
                asked = asked with { LegalBasis = "curiosity" };
                break;
            case "another purpose":
                asked = asked with { Purpose = "prevention" };
                break;
            case "a search with an end":
                asked = asked with { Expires = Start.AddDays(1) };
                break;
            case "a number without its country":
                asked = asked with { Subject = new WatchSubject("phone", "81 234 5678") };
                break;
            case "a name of many":
                asked = asked with { Subject = new WatchSubject("handle", "hia chai", null, "Telegram") };
                break;
            default:
                Assert.Contains(what, (string[])["said to be wrong", "withdrawn before its answer"]);
                break;
        }

        room.Put(Alpha, one);
        if (!late)
        {
            room.Put(Bravo, other);
        }

        room.Evaluate();
        if (late)
        {
            room.Put(Bravo, other);
        }

        if (what == "said to be wrong")
        {
            room.Outbox.Forget(room.Stories().Single());
        }

        room.Ask(asked);
        if (what == "withdrawn before its answer")
        {
            room.Outbox.Watches.Withdraw(Watch, Police);
        }

        return room;
    }

    [Fact]
    public void Search_RecordsThatMayNotBeTold_DoNotCrowdOutThoseThatMay()
    {
        var room = new Small(this);
        for (var i = 0; i < 20; i++)
        {
            room.Put(Alpha, Suspect("A" + i, named: ["prosecutor"]));
        }

        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        room.Evaluate();
        room.Ask(Search());
        Assert.IsType<RoomMessage.Notice>(Assert.Single(room.Take(Police)));
    }

    /// <summary>T9: who accuses somebody by her own number finds no second witness in the record of who helps her.</summary>
    [Fact]
    public void Search_ForTheNumberOfSomebodyWhoIsHelped_AndAccusedByOneHostileRecord_GetsTheOneNegative()
    {
        var room = new Small(this);
        var helped = Suspect("A", "+66 81 876 5432");
        helped.Persons[0].Identifiers.Add(new Identifier { Kind = "Phone", Raw = Number, HolderRole = "Victim", HolderPersonKey = "v1" });
        room.Put(Alpha, helped);
        room.Put(Charlie, Suspect("C"));
        room.Put(Charlie, Suspect("C2"));
        room.Evaluate();
        room.Ask(Search());
        Assert.IsType<RoomMessage.NothingReleasable>(Assert.Single(room.Take(Police)));
    }

    [Fact]
    public void Search_BeyondTheQuota_IsNotLookedAtThoughItWouldFind_AndTheNextMonthIs()
    {
        var room = new Small(this, searches: 2);
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        room.Evaluate();
        var ids = Enumerable.Range(0, 4).Select(_ => EntryId.From(Guid.NewGuid())).ToList();
        // What breaks a rule counts too, and what is asked again under its own name does not count twice.
        room.Ask(Search() with { Query = "Q98" }, ids[0]);
        room.Ask(Search() with { Query = "Q98" }, ids[0]);
        room.Ask(Search(), ids[1]);
        room.Ask(Search(), ids[2]);
        room.Ask(Search(), ids[3], new RoomTime(Start.AddMonths(1), Start.AddMonths(1)));
        Assert.Equal(
            [(ids[0], false), (ids[1], true), (ids[2], false), (ids[3], true)],
            room.Take(Police).Select(message => message is RoomMessage.Notice notice ? (notice.Watch!.Value, true) : (((RoomMessage.NothingReleasable)message).Watch, false)));
    }

    [Fact]
    public void Search_TheQuota_RefillsByTheTimeForWhatRefills()
    {
        var room = new Small(this, searches: 1);
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        room.Evaluate();
        room.Ask(Search(), EntryId.From(Guid.NewGuid()));
        room.Ask(Search(), EntryId.From(Guid.NewGuid()), new RoomTime(Start.AddDays(29), Start.AddMonths(1)));
        Assert.Equal(["N2a", "nothing"], room.Take(Police).Select(message => message.Kind));
    }

    [Fact]
    public void Watch_IsAnsweredAtOnce_AndThenOnlyWhenTheQueriesHaveRunOverSomethingNew()
    {
        var room = new Small(this);
        room.Put(Alpha, Suspect("A"));
        room.Evaluate();
        room.Ask(StandingWatch());
        Assert.IsType<RoomMessage.NothingReleasable>(Assert.Single(room.Take(Police)));
        Assert.Empty(room.Take(Police, evaluated: true));
        room.Put(Bravo, Suspect("B"));
        Assert.Empty(room.Take(Police));
        room.Evaluate();
        var first = Assert.IsType<RoomMessage.Notice>(Assert.Single(room.Take(Police, evaluated: true)));
        Assert.Equal(Watch, first.Watch);
        Assert.Empty(room.Take(Police, evaluated: true));

        // A third contributor's record is news: paired with one that was told already.
        room.Put(Charlie, Suspect("C"));
        room.Evaluate();
        var second = Assert.IsType<RoomMessage.Notice>(Assert.Single(room.Take(Police, evaluated: true)));
        Assert.NotEqual(first.Match, second.Match);
        Assert.Contains(second.Ask, desk => desk.Member == Charlie);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Watch_WithdrawnOrOver_TellsNothingMore(bool withdrawn)
    {
        var room = new Small(this);
        room.Put(Alpha, Suspect("A"));
        room.Evaluate();
        room.Ask(StandingWatch());
        Assert.Single(room.Take(Police));
        room.Put(Bravo, Suspect("B"));
        room.Evaluate();
        room.Outbox.Watches.Withdraw(Watch, Prosecutor);
        if (withdrawn)
        {
            room.Outbox.Watches.Withdraw(Watch, Police);
        }

        Assert.Empty(room.Take(Police, evaluated: true, now: withdrawn ? Start : Start.AddDays(30)));
        Assert.Empty(room.Take(Police, evaluated: true));
    }

    [Fact]
    public void Watch_LongerThanTheQueryAllows_OrWithoutEnd_IsRefusedByTheOneNegative()
    {
        foreach (var expires in (DateTimeOffset?[])[null, Start, Start.AddDays(91)])
        {
            var room = new Small(this);
            room.Put(Alpha, Suspect("A"));
            room.Put(Bravo, Suspect("B"));
            room.Evaluate();
            room.Ask(StandingWatch() with { Expires = expires });
            Assert.IsType<RoomMessage.NothingReleasable>(Assert.Single(room.Take(Police)));
            Assert.Empty(room.Take(Police, evaluated: true));
        }
    }

    [Fact]
    public void Notice_OfAWatch_IsTakenBackWhenEitherSideNoLongerLetsTheAgencyKnow()
    {
        var room = new Small(this);
        var own = Suspect("B");
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, own);
        room.Evaluate();
        room.Ask(StandingWatch());
        var told = Assert.IsType<RoomMessage.Notice>(Assert.Single(room.Take(Police))).Match;
        Assert.Empty(room.Take(Police));
        var id = new Guid(own.RecordId.Span, bigEndian: true);
        Assert.True(room.Shelf.Change(Bravo, new RoomAct.ConsentChange(id, "C5_LE_NONIDENT", false, null, "", [], [])));
        Assert.Equal(told, Assert.IsType<RoomMessage.Withdrawn>(Assert.Single(room.Take(Police))).Match);
        Assert.Null(room.Outbox.ToldTo(Police, told));
        room.Shelf.WidenConsents();
        room.Evaluate();
        Assert.Empty(room.Take(Police, evaluated: true));

        // Agreed to anew: it counts when the standing queries have run over the record again.
        Assert.True(room.Shelf.Change(Bravo, new RoomAct.ConsentChange(id, "C5_LE_NONIDENT", true, Start.AddYears(1), "2026-2", ["police"], [])));
        room.Shelf.WidenConsents();
        Assert.Empty(room.Take(Police, evaluated: true));
        room.Evaluate();
        Assert.Equal(told, Assert.IsType<RoomMessage.Notice>(Assert.Single(room.Take(Police, evaluated: true))).Match);
        Assert.Empty(room.Take(Police, evaluated: true));
    }

    [Fact]
    public void AWatchOrSearch_ThatNobodyAsks_TellsNobodyAnything()
    {
        var room = new Small(this, state: OutboxTests.MakeState(Asked));
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        Assert.Empty(room.Stories());
        room.Evaluate();
        Assert.All((MemberId[])[Alpha, Bravo, Charlie, Police, Prosecutor], member => Assert.Empty(room.Take(member, evaluated: true)));
    }

    [Fact]
    public void Notice_ThatAStandingQueryToldToo_IsTakenBackOnceAndOnlyWhenNeitherWayIsLeft()
    {
        var room = new Small(this);
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        var story = room.Stories().Single();
        room.Outbox.Add(story, story.Decide(room.State, Start));
        room.Evaluate();
        room.Ask(Search());
        var told = room.Take(Police).Cast<RoomMessage.Notice>().ToList();
        Assert.Equal([null, Watch], told.Select(notice => notice.Watch));
        Assert.Equal(told[0].Match, told[1].Match);
        room.Outbox.Forget(story);
        Assert.Equal(told[0].Match, Assert.IsType<RoomMessage.Withdrawn>(Assert.Single(room.Take(Police))).Match);
    }

    [Fact]
    public void PutBack_AnswersTheSameAgain_AndCountsNothingTwice()
    {
        var room = new Small(this, searches: 3);
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        room.Evaluate();
        room.Ask(StandingWatch());
        room.Ask(Search() with { Subject = new WatchSubject("phone", "+66 81 876 5432") }, EntryId.From(Guid.NewGuid()));
        var first = room.Bytes(Police);
        Assert.Equal(2, first.Count);
        room.Outbox.PutBack(Police);
        Assert.Equal(first, room.Bytes(Police));
        Assert.Empty(room.Take(Police, evaluated: true));
    }

    [Fact]
    public void Answers_ThatDoNotFit_WaitInTheLogsOrder_AndNoneWhileAnOutcomeIsOwed()
    {
        var room = new Small(this, searches: 10);
        room.Put(Alpha, Suspect("A"));
        room.Put(Bravo, Suspect("B"));
        room.Put(Charlie, Suspect("C"));
        room.Evaluate();
        var ids = Enumerable.Range(0, 3).Select(_ => EntryId.From(Guid.NewGuid())).ToList();
        room.Ask(Search(), ids[0]);
        room.Ask(Search() with { Subject = new WatchSubject("phone", "+66 81 876 5432") }, ids[1]);
        room.Ask(Search(), ids[2]);
        Assert.Empty(room.Outbox.Take(Police, Most, room.State, room.Shelf, _keys, Start, paused: true, evaluated: true));
        var answers = new List<(EntryId, string)>();
        for (var epoch = 0; epoch < 8; epoch++)
        {
            answers.AddRange(room.Take(Police, most: 1).Select(message => message is RoomMessage.Notice notice ? (notice.Watch!.Value, notice.Kind) : (((RoomMessage.NothingReleasable)message).Watch, message.Kind)));
        }

        Assert.Equal([(ids[0], "N2a"), (ids[0], "N2a"), (ids[1], "nothing"), (ids[2], "N2a"), (ids[2], "N2a")], answers);
    }

    [Fact]
    public void Corroboration_OfThreeContributors_IsNotMetByTwo()
    {
        var three = Asked[0] with { MinimumContributors = 3 };
        foreach (var (held, kind) in new[] { (false, "nothing"), (true, "N2a") })
        {
            var room = new Small(this, three);
            room.Put(Alpha, Suspect("A"));
            room.Put(Bravo, Suspect("B"));
            room.Put(Charlie, Suspect("C", held ? Number : "+66 81 876 5432"));
            room.Evaluate();
            room.Ask(Search());
            Assert.Equal(kind, room.Take(Police)[0].Kind);
        }
    }

    /// <summary>T7: whoever asks, right or wrong, changes nothing of what anybody else is told, and nothing of what standing queries tell the agency that asks, however full its slots are.</summary>
    [Theory]
    [InlineData(1, 7)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    public void Guesses_ChangeNoSlotOfAnybodyElse(int seed, int most)
    {
        // One room both times: references, and so the order of equals, depend on its id.
        var state = OutboxTests.MakeState(
            [
                .. Asked, ShippedQueries.All.Single(query => query.Id == "Q3") with
                {
                    Agencies = new AgencyTell(["police_ahtu"], JurisdictionRule.Any, new AgencyNext(["prosecutor"], RoomDuration.Days(2))),
                },
            ],
            1000);
        var with = Run(new Small(this, state: state), seed, most, guesses: 30, out var answered);
        var without = Run(new Small(this, state: state), seed, most, guesses: 0, out _);
        Assert.All((MemberId[])[Alpha, Bravo, Police, Prosecutor], member => Assert.Contains(with, item => item.Member == member));
        Assert.True(most < Most || answered.Distinct().Count() == 2, string.Join(' ', answered));
        Assert.Equal(without, with);
    }

    /// <summary>A few epochs; gives all that was told but the answers to the agency's own guesses.</summary>
    private static List<(MemberId Member, string Message)> Run(Small room, int seed, int most, int guesses, out List<string> answered)
    {
        var random = new Random(seed);
        var told = new List<(MemberId, string)>();
        answered = [];
        for (var epoch = 0; epoch < 6; epoch++)
        {
            for (var i = 0; i < 6; i++)
            {
                var record = Suspect($"R{epoch}-{i}", $"+66 81 234 56{random.Next(4):00}", named: ["police", "prosecutor"], ends: Start.AddDays(50));
                record.RecordId = ByteString.CopyFrom(new Guid(seed, (short)epoch, (short)i, new byte[8]).ToByteArray(bigEndian: true));
                room.Put(((MemberId[])[Alpha, Bravo, Charlie])[i % 3], record);
            }

            foreach (var story in room.Stories())
            {
                room.Outbox.Add(story, story.Decide(room.State, Start));
            }

            room.Evaluate();
            for (var i = 0; i < guesses; i++)
            {
                var subject = new WatchSubject("phone", $"+66 81 234 56{i % 8:00}");
                room.Ask(i % 2 == 0 ? Search() with { Subject = subject } : StandingWatch() with { Subject = subject }, EntryId.From(Guid.NewGuid()));
            }

            foreach (var member in (MemberId[])[Alpha, Bravo, Charlie, Police, Prosecutor])
            {
                var place = new MessagePlace(room.State.Room, member, 1, 1, Simulated: true);
                foreach (var message in room.Take(member, evaluated: true, now: Start.AddDays(epoch), most: most))
                {
                    if (message is RoomMessage.NothingReleasable or RoomMessage.Notice { Watch: not null })
                    {
                        answered.Add(message.Kind);
                    }
                    else
                    {
                        told.Add((member, System.Text.Encoding.UTF8.GetString(message.ToBytes(place))));
                    }
                }
            }
        }

        return told;
    }

    public void Dispose() => _keys.Dispose();

    private static RoomAct.WatchRequest Search() =>
        new("Q18", "1.0.0", new WatchSubject("phone", Number), "trafficking", "criminal-investigation", "investigation-of-traffickers", "77/2026", null);

    private static RoomAct.WatchRequest StandingWatch() => Search() with { Query = "Q19", Expires = Start.AddDays(30) };

    private static CaseRecord Suspect(string reference, string phone = Number, string caveat = "", string[]? named = null, DateTimeOffset? ends = null) =>
        OutboxTests.Suspect(reference, phone, caveat, named ?? ["police"], ends ?? Start.AddYears(1));

    private static Identifier Identifier(CaseRecord record) => record.Persons[1].Identifiers[0];

    private static PartialDate Day(int day) => new() { EarliestDay = day, LatestDay = day, Precision = "Day" };

    private static CaseRecord Everything(string reference)
    {
        var record = Suspect(reference);
        var suspect = record.Persons[1];
        suspect.Identifiers.Add(new Identifier { Kind = "BankAccount", Raw = "DE89 3704 0044 0532 0130 00", HolderRole = "Suspect", HolderPersonKey = "s1" });
        suspect.Identifiers.Add(new Identifier { Kind = "Email", Raw = "boss@example.org", HolderRole = "Suspect", HolderPersonKey = "s1" });
        suspect.Identifiers.Add(new Identifier { Kind = "Handle", Raw = "boss_chai", Platform = "Telegram", PlatformUserId = "boss_chai", HolderRole = "Suspect", HolderPersonKey = "s1" });
        record.Vehicles.Add(new Vehicle { VehicleKey = "c1", Raw = "2A-1234", Plate = "2A-1234", PlateCountry = "KHM", HolderRole = "Suspect" });
        record.Vessels.Add(new Vessel { VesselKey = "b1", Raw = "Chai Navee 8", Name = "Chai Navee 8", Imo = "9074729", HolderRole = "Organisation" });
        record.Organisations.Add(new Organisation { OrganisationKey = "o1", Names = { "Golden Hands Manpower Co., Ltd." }, Roles = { "RecruitmentAgency" }, Country = "NPL" });
        return record;
    }

    /// <summary>What of the enclave a question meets, without services.</summary>
    private sealed class Small(WatchTests tests, QueryDefinition? first = null, int searches = 1, RoomState? state = null)
    {
        private long _records;

        public RoomState State { get; } = state ?? OutboxTests.MakeState([first ?? Asked[0], Asked[1], ShippedQueries.All.Single(query => query.Id == "Q3")], searches);

        public RecordShelf Shelf { get; } = new(RoomModel.Shipped, 1000);

        public Outbox Outbox => field ??= new Outbox(State.Room);

        public void Put(MemberId owner, CaseRecord record) => OutboxTests.Put(Shelf, State.Room, owner, ++_records, record);

        public void Evaluate() => Shelf.MarkEvaluated();

        /// <summary>What the standing query finds of what is new, or of everything if nothing is.</summary>
        public List<PairStory> Stories() =>
        [
            .. StandingQueries.Run(
                State.Charter!, Shelf,
                Shelf.Index.FindLinks(Shelf.New.Count > 0 ? Shelf.New : [.. Shelf.Of(Alpha).Select(record => record.Handle)], (a, b) => Shelf.Find(a)!.Contributor != Shelf.Find(b)!.Contributor, TestContext.Current.CancellationToken).Links),
        ];

        public void Ask(RoomAct.WatchRequest asked, EntryId? id = null, RoomTime? time = null) =>
            Outbox.Watches.Ask(id ?? Watch, State.Charter!.Agency(Police)!, asked, State.Charter, time ?? Time);

        public IReadOnlyList<RoomMessage> Take(MemberId member, bool evaluated = false, DateTimeOffset? now = null, int most = Most) =>
            Outbox.Take(member, most, State, Shelf, tests._keys, now ?? Start, evaluated: evaluated);

        public List<byte[]> Bytes(MemberId member) =>
            [.. Take(member).Select(message => message.ToBytes(new MessagePlace(State.Room, member, 1, 1, Simulated: true)))];
    }
}
