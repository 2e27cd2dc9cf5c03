using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
using CleanRoom.Records.V1;
using Google.Protobuf;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Whose turn it is to be told, and when: next recipients of the charter, what cannot wait, consents that end.</summary>
public sealed class OutboxTests : IDisposable
{
    private const int Most = 7;

    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");
    private static readonly RoomDuration Week = RoomDuration.Days(7);

    private readonly Dictionary<MemberId, SigningKey> _organisations = [];
    private readonly RoomState _state;
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 100);
    private readonly KeyRing _keys = KeysOf(Alpha, Bravo, MemberId.Parse("charlie"));
    private readonly Outbox _outbox;

    public OutboxTests()
    {
        _state = MakeState(
            ShippedQueries.All.Select(query => query.Id == "Q3"
                ? query with { Agencies = new AgencyTell(["police_ahtu"], JurisdictionRule.Any, new AgencyNext(["prosecutor"], Week)) }
                : query),
            keys: _organisations);
        _outbox = new Outbox(_state.Room);
    }

    /// <summary>Keys of owners, in force for ever: what is derived from them is the same in every test.</summary>
    internal static KeyRing KeysOf(params MemberId[] owners)
    {
        var keys = new KeyRing();
        foreach (var owner in owners)
        {
            keys.Add(owner, new MemberKeys(Digest.Of(System.Text.Encoding.ASCII.GetBytes(owner.Value)).Span, new Dictionary<int, HpkePrivateKey>(), DateTimeOffset.MaxValue));
        }

        return keys;
    }

    [Fact]
    public void Take_TheFirstStaysSilent_TellsTheNextInTheCharterWhenItsTimeIsOver()
    {
        _ = AddStory();
        Assert.Empty(NoticesOf(Prosecutor, Start));
        var notice = Assert.Single(NoticesOf(Police, Start));
        Assert.Equal(Start.AddDays(7), notice.AnswerBy);
        Assert.Empty(NoticesOf(Prosecutor, Start.AddDays(7).AddSeconds(-1)));
        var next = Assert.Single(NoticesOf(Prosecutor, Start.AddDays(7)));
        Assert.Null(next.AnswerBy);
        Assert.NotEqual(notice.Match, next.Match);
        Assert.Empty(NoticesOf(Prosecutor, Start.AddDays(8)));
        Assert.Empty(NoticesOf(Police, Start.AddDays(8)));
    }

    [Fact]
    public void Take_TheFirstWasToldLater_HasItsWholeTime()
    {
        _ = AddStory();
        Assert.Empty(NoticesOf(Prosecutor, Start));
        Assert.Single(NoticesOf(Police, Start.AddDays(5)));
        Assert.Empty(NoticesOf(Prosecutor, Start.AddDays(11)));
        Assert.Single(NoticesOf(Prosecutor, Start.AddDays(12)));
    }

    [Fact]
    public void Take_TheFirstHasTakenItUp_NeverTellsTheNext()
    {
        var story = AddStory();
        Assert.Empty(NoticesOf(Prosecutor, Start));
        Assert.Single(NoticesOf(Police, Start));
        _outbox.TakeUp(story);
        Assert.Empty(NoticesOf(Prosecutor, Start.AddDays(30)));
    }

    [Fact]
    public void Take_NobodyIsFirst_TellsTheNextAtOnce()
    {
        _ = AddStory(named: ["prosecutor"]);
        Assert.Empty(NoticesOf(Police, Start));
        Assert.Single(NoticesOf(Prosecutor, Start));
    }

    [Fact]
    public void Take_InTheQuarterOfALoss_TellsNobodyOneWay()
    {
        _ = AddStory(oneWay: true);
        Lose(until: Start.AddDays(3));
        Assert.Empty(PointersOf(Bravo, Start.AddDays(4)));
        Assert.Empty(PointersOf(Bravo, Start.AddDays(29)));
        Assert.Single(PointersOf(Bravo, Start.AddDays(30)));
        Assert.Empty(PointersOf(Alpha, Start.AddDays(30)));
    }

    [Fact]
    public void Take_WithoutALoss_TellsOneWayAtOnce()
    {
        _ = AddStory(oneWay: true);
        Assert.Single(PointersOf(Bravo, Start.AddDays(4)));
        Assert.Empty(PointersOf(Alpha, Start.AddDays(4)));
    }

    [Fact]
    public void Take_ALifeIsAtRisk_TellsAllAtOnceAndBeforeEverythingElse()
    {
        _ = AddStory(phone: "+66 81 000 0001");
        _ = AddStory(phone: "+66 81 000 0002", caveat: "RISK_TO_LIFE");
        _ = AddStory(phone: "+66 81 000 0003");
        Assert.Contains("RISK_TO_LIFE", Assert.Single(NoticesOf(Prosecutor, Start)).Handling);
        var told = NoticesOf(Police, Start);
        Assert.Equal([true, false, false], told.Select(notice => notice.Handling.Contains("RISK_TO_LIFE")));
    }

    [Fact]
    public void Take_ConsentRunsOutWhileTheFirstHasItsTime_TellsTheNextNothing()
    {
        _ = AddStory(ends: Start.AddDays(3));
        Assert.Empty(NoticesOf(Prosecutor, Start));
        Assert.Single(NoticesOf(Police, Start));
        Assert.Empty(NoticesOf(Prosecutor, Start.AddDays(7)));
    }

    [Fact]
    public void Take_ConsentsThatEnd_WarnsTheirOwnerTwiceAndNobodyElse()
    {
        Put(Alpha, 1, Suspect("A-1", "+66 81 000 0001", "", ["police"], Start.AddDays(70)));
        Put(Alpha, 2, Suspect("A-2", "+66 81 000 0002", "", ["police"], Start.AddDays(40)));
        Put(Bravo, 3, Suspect("B-1", "+66 81 000 0003", "", ["police"], Start.AddDays(400)));
        Assert.Equal([("A-2", Start.AddDays(40))], EndingsOf(Alpha, Start));
        Assert.Empty(EndingsOf(Alpha, Start));
        Assert.Equal([("A-1", Start.AddDays(70))], EndingsOf(Alpha, Start.AddDays(11)));
        Assert.Equal([("A-2", Start.AddDays(40))], EndingsOf(Alpha, Start.AddDays(27)));
        Assert.Equal([("A-1", Start.AddDays(70))], EndingsOf(Alpha, Start.AddDays(60)));
        Assert.Empty(EndingsOf(Alpha, Start.AddDays(69)));
        Assert.Empty(EndingsOf(Bravo, Start));
        Assert.Empty(EndingsOf(Police, Start));
    }

    [Fact]
    public void Take_MoreConsentsEndThanFit_TellsTheSoonestFirstAndTheRestWithTheNextEpochsAlsoAfterAPutBack()
    {
        for (var i = 0; i < 90; i++)
        {
            Put(Alpha, i + 1, Suspect($"A-{i:00}-{new string('x', 400)}", $"+66 81 000 {1000 + i}", "", ["police"], Start.AddDays(20 + (i % 30))));
        }

        var first = EndingsOf(Alpha, Start);
        Assert.Equal(first.Order(Comparer<(string Own, DateTimeOffset Ends)>.Create((a, b) => a.Ends.CompareTo(b.Ends))), first);
        _outbox.PutBack(Alpha);
        Assert.Equal(first, EndingsOf(Alpha, Start));
        var all = new List<(string, DateTimeOffset)>(first);
        while (EndingsOf(Alpha, Start) is { Count: > 0 } more)
        {
            all.AddRange(more);
        }

        Assert.True(first.Count < 90);
        Assert.Equal(90, all.Distinct().Count());
        Assert.Equal(90, all.Count);
    }

    public void Dispose()
    {
        _keys.Dispose();
        foreach (var key in _organisations.Values)
        {
            key.Dispose();
        }
    }

    private List<RoomMessage.MatchPointer> PointersOf(MemberId member, DateTimeOffset now) =>
        [.. _outbox.Take(member, Most, _state, _shelf, _keys, now).OfType<RoomMessage.MatchPointer>()];

    private void Lose(DateTimeOffset until) => Lose(_state, _organisations, until);

    /// <summary>Entries behind the last one are lost, and all contributors have signed.</summary>
    internal static void Lose(RoomState state, Dictionary<MemberId, SigningKey> organisations, DateTimeOffset until)
    {
        var charter = state.Charter!;
        var statement = RecoveryStatement.Create(
            state.Room, 1, charter.Hash, charter.Witnesses.Keys.Select(name => new WitnessPosition(MemberId.Parse(name), new LogPosition(state.Size + 1, Digest.Of([9])))),
            new LogPosition(state.Size, state.Root), until, "Lost.");
        var signed = organisations.Aggregate(SignedRecovery.Begin(statement), (all, owner) => all.Sign(owner.Value, owner.Key));
        Assert.True(state.Apply(state.Size, new RecoveryEntry(state.Room, EntryId.From(Guid.NewGuid()), Alpha, [], signed).Sign(organisations[Alpha])).IsAccepted);
    }

    private List<RoomMessage.Notice> NoticesOf(MemberId agency, DateTimeOffset now) => [.. _outbox.Take(agency, Most, _state, _shelf, _keys, now).OfType<RoomMessage.Notice>()];

    private List<(string Own, DateTimeOffset Ends)> EndingsOf(MemberId member, DateTimeOffset now)
    {
        var messages = _outbox.Take(member, Most, _state, _shelf, _keys, now).OfType<RoomMessage.Ending>().ToList();
        var place = new MessagePlace(_state.Room, member, 1, 1, Simulated: true);
        Assert.All(messages, message =>
        {
            Assert.True(RoomMessage.TryParse(message.ToBytes(place), place, out var again));
            Assert.Equal(message.ToBytes(place), again.ToBytes(place));
            Assert.InRange(message.ToBytes(place).Length, 1, MessageSeal.Capacity(_state.Charter!.Epochs.MessageBytes));
        });
        return [.. messages.SelectMany(message => message.Records).Select(record => (record.Own, record.Ends))];
    }

    /// <summary>Two suspects' records that share a number, with consent towards both agencies.</summary>
    private PairStory AddStory(string phone = "+66 81 234 5678", string caveat = "", string[]? named = null, DateTimeOffset? ends = null, bool oneWay = false)
    {
        var handles = _shelf.New.Count;
        Put(Alpha, handles + 1, Suspect("A", phone, caveat, named ?? ["police", "prosecutor"], ends ?? Start.AddYears(1), oneWay ? "C3_TELL_NGO" : "C5_LE_NONIDENT"));
        Put(Bravo, handles + 2, Suspect("B", phone, "", named ?? ["police", "prosecutor"], ends ?? Start.AddYears(1), oneWay ? null : "C5_LE_NONIDENT"));
        var links = _shelf.Index.FindLinks(_shelf.New, (_, _) => true, TestContext.Current.CancellationToken).Links;
        var story = StandingQueries.Run(_state.Charter!, _shelf, links).Last(item => item.Query.Id == "Q3" && item.First.Read().Persons[1].Identifiers[0].Raw == phone);
        _outbox.Add(story, story.Decide(_state, Start));
        return story;
    }

    internal static CaseRecord Suspect(string reference, string phone, string caveat, string[] named, DateTimeOffset ends, string? tells = "C5_LE_NONIDENT")
    {
        var record = new CaseRecord
        {
            ContributorRecordRef = reference,
            Handling = new Handling { Caveats = { caveat.Length > 0 ? [caveat] : Array.Empty<string>() } },
            Persons =
            {
                new Person { PersonKey = "v1", Role = "Victim", MajorityNow = "Adult" },
                new Person { PersonKey = "s1", Role = "Suspect", Identifiers = { new Identifier { Kind = "Phone", Raw = phone, HolderRole = "Suspect", HolderPersonKey = "s1" } } },
            },
        };
        foreach (var purpose in (string[])["C2_BLIND_MATCH", .. tells is null ? Array.Empty<string>() : [tells]])
        {
            record.Consents.Add(new Consent
            {
                Purpose = purpose,
                State = "Granted",
                ObtainedDay = 1,
                ExpiresDay = (int)(ends - DateTimeOffset.UnixEpoch).TotalDays,
                NamedRecipients = { purpose == "C5_LE_NONIDENT" ? named : [] },
            });
        }

        return record;
    }

    private void Put(MemberId owner, long index, CaseRecord record) => Put(_shelf, _state.Room, owner, index, record);

    internal static void Put(RecordShelf shelf, RoomId room, MemberId owner, long index, CaseRecord record, uint version = 1, int mostDecoys = 0)
    {
        record.RecordVersion = version;
        Assert.True(TryPut(shelf, room, owner, index, record, mostDecoys));
    }

    internal static bool TryPut(RecordShelf shelf, RoomId room, MemberId owner, long index, CaseRecord record, int mostDecoys)
    {
        record.ContributorId = owner.Value;
        record.RecordId = record.RecordId.IsEmpty ? ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true)) : record.RecordId;
        record.RecordVersion = Math.Max(record.RecordVersion, 1);
        var manifest = new BatchEntry(
            room, EntryId.From(Guid.NewGuid()), owner, BatchId.From(Guid.NewGuid()), Digest.Of([1]), new LogPosition(1, Digest.Of([2])), Digest.Of([3]),
            DateTimeOffset.MaxValue, new byte[Hpke.EncSize], KeyId.OfSpki([4]), 1, [.. Enumerable.Repeat(Digest.Of([5]), 128)], null, 64);
        return shelf.Put(shelf.Prepare(manifest, index, new OpenedSlot(0, record, null))!, limited: false, mostDecoys);
    }

    /// <summary>A room of three contributors and two agencies with these queries; where the keys are asked for, two of the contributors list each other.</summary>
    internal static RoomState MakeState(IEnumerable<QueryDefinition> queries, int searchesPerMonth = 1, Dictionary<MemberId, SigningKey>? keys = null, Action<CharterDraft>? more = null)
    {
        var service = new ServiceTerms(new Uri("https://127.0.0.1:2"), KeyId.OfSpki([2]));
        using var operatorKey = SigningKey.Generate();
        var draft = CharterDraft.Create(RoomId.From(Guid.NewGuid()), "Turns", simulated: true, Start.AddDays(-1), Start.AddYears(1))
            .Set(new OperatorTerms(operatorKey.PublicKey, service, service, service))
            .SetEnclaves(EnclaveTerms.ForSimulation("tests", new string('a', 96)))
            .SetLinkageModel(RoomModel.Shipped.Digest)
            .SetNeedsSecond()
            .SetQueries(queries);
        var organisations = keys ?? [];
        foreach (var owner in (MemberId[])[Alpha, Bravo, MemberId.Parse("charlie")])
        {
            organisations[owner] = SigningKey.Generate();
            draft.Put(new ContributorMember(owner, owner.Value, organisations[owner].PublicKey, Terms(), "desk", Start.AddMonths(6)));
        }

        foreach (var (agency, kind) in ((MemberId, string)[])[(Police, "police_ahtu"), (Prosecutor, "prosecutor")])
        {
            draft.Put(new AgencyMember(agency, agency.Value, SigningKey.Generate().PublicKey, kind, ["THA"], ["trafficking"], Terms(), new AgencyQuota(searchesPerMonth, 1), 30));
        }

        more?.Invoke(draft);
        Assert.True(draft.TryBuild(out var charter, out var errors), string.Join('\n', errors));
        var signed = organisations.Aggregate(SignedCharter.Begin(charter), (all, owner) => all.Approve(owner.Value, owner.Key));
        var state = RoomState.Open(charter.Room);
        Assert.True(state.Apply(0, new CharterEntry(charter.Room, EntryId.From(Guid.NewGuid()), Alpha, signed).Sign(organisations[Alpha])).IsAccepted);
        foreach (var (owner, other) in keys is null ? [] : ((MemberId, MemberId)[])[(Alpha, Bravo), (Bravo, Alpha)])
        {
            using var approver = SigningKey.Generate();
            Assert.True(state.Apply(state.Size, new PersonEntry(
                charter.Room, EntryId.From(Guid.NewGuid()), owner, Revoke: false, "p1", approver.PublicKey, PersonRoles.Approver).Sign(organisations[owner])).IsAccepted);
            Assert.True(state.Apply(state.Size, new ListingEntry(charter.Room, EntryId.From(Guid.NewGuid()), owner, [other], [], []).Sign(approver)).IsAccepted);
        }

        return state;

    }

    internal static BrokerTerms Terms() => new(new Uri("https://127.0.0.1:3"), KeyId.OfSpki([3]), SigningKey.Generate().PublicKey, SigningKey.Generate().PublicKey);
}
