using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Emergencies;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Overrides;
using CleanRoom.Matching.Records;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Whom an emergency reaches, whatever two people sign (DATA.md §4.1 and §4.3, N4).</summary>
public sealed class EmergencyTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");
    private static readonly MemberId Children = MemberId.Parse("children");
    private static readonly MemberId Consul = MemberId.Parse("consul");
    private static readonly Warning Danger = new("Present", "Now", "THA", "TH-50");

    private readonly RoomState _state = OutboxTests.MakeState(ShippedQueries.All, more: draft =>
    {
        foreach (var (agency, kind) in ((MemberId, string)[])[(Children, RecipientKinds.ChildProtection), (Consul, RecipientKinds.ConsularOrigin)])
        {
            draft.Put(new AgencyMember(agency, agency.Value, SigningKey.Generate().PublicKey, kind, ["THA"], ["trafficking"], OutboxTests.Terms(), new AgencyQuota(1, 1), 30));
        }

        draft.SetEmergencies(new EmergencyTerms(1, [Children, Consul, Police]));
    });

    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 100);
    private readonly EmergencyDesk _desk = new(new OverrideBook());
    private readonly Outbox _outbox;
    private long _index;

    public EmergencyTests() => _outbox = new Outbox(_state.Room);

    public static TheoryData<string, string> Refusals => new()
    {
        { "a record of another contributor", "UnknownRecord" },
        { "a record that is withdrawn", "UnknownRecord" },
        { "a record past its time", "UnknownRecord" },
        { "a decoy", "UnknownRecord" },
        { "nobody agreed", nameof(ReasonCode.NoAgencyConsent) },
        { "agreed once, ended since", nameof(ReasonCode.NoAgencyConsent) },
        { "agreed once, withdrawn since", nameof(ReasonCode.NoAgencyConsent) },
        { "agreed towards another agency", nameof(ReasonCode.NoAuthorisedAgency) },
        { "agreed, with this agency left out", nameof(ReasonCode.NoAuthorisedAgency) },
        { "no law enforcement", nameof(ReasonCode.NoLawEnforcement) },
        { "no consulate", nameof(ReasonCode.NoAuthorisedAgency) },
        { "a child's, to the police", nameof(ReasonCode.Child) },
        { "marked as a child's, to the police", nameof(ReasonCode.Child) },
        { "somebody whom the charter does not name for it", "RecipientNotAllowed" },
        { "an approval that is over", "ApprovalExpired" },
        { "a recipient who gets no messages", "RecipientAway" },
    };

    [Theory, MemberData(nameof(Refusals))]
    public void Work_WhatNobodyMayBeWarnedOf_ReachesNobody_AndItsContributorIsToldWhy(string what, string reason)
    {
        var record = RecordOf("A");
        var (to, owner, time, reached) = (Police, Alpha, Start, new List<MemberId> { Alpha, Bravo, Children, Consul, Police, Prosecutor });
        switch (what)
        {
            case "a record of another contributor":
                owner = Bravo;
                break;
            case "a record past its time":
                record.Retention = new Retention { DeleteByDay = Day(Start) };
                break;
            case "a decoy":
                record.Decoy = true;
                break;
            case "nobody agreed":
                record.Consents.Clear();
                break;
            case "agreed once, ended since":
                time = Start.AddMonths(2);
                break;
            case "agreed towards another agency":
                record.Consents[0].NamedRecipients.Clear();
                record.Consents[0].NamedRecipients.Add(Prosecutor.Value);
                break;
            case "agreed, with this agency left out":
                record.Consents[0].ExcludedRecipients.Add(Police.Value);
                break;
            case "no law enforcement":
                record.Handling.Caveats.Add("NO_LE");
                break;
            case "no consulate":
                record.Handling.Caveats.Add("NO_CONSULAR");
                to = Consul;
                break;
            case "a child's, to the police":
                record.Persons[0].MajorityNow = "Minor";
                break;
            case "marked as a child's, to the police":
                record.Handling.Caveats.Add("CHILD");
                break;
            case "somebody whom the charter does not name for it":
                to = Prosecutor;
                break;
            case "an approval that is over":
                time = Start.AddMonths(6);
                record.Consents[0].ExpiresDay = 1 << 20;
                break;
            case "a recipient who gets no messages":
                _ = reached.Remove(Police);
                break;
        }

        OutboxTests.Put(_shelf, _state.Room, owner, 1, record, mostDecoys: 1);
        var id = IdOf(record);
        if (what == "a record that is withdrawn")
        {
            _shelf.Withdraw(1, 0);
        }
        else if (what == "agreed once, withdrawn since")
        {
            Assert.True(_shelf.Change(Alpha, new RoomAct.ConsentChange(id, "C5_LE_NONIDENT", false, null, "", [], [])));
        }

        var emergency = Hear(id, to);
        var (messages, answered) = _desk.Work(_state, _shelf, new RoomTime(time, time), reached, 7);
        var answer = Assert.IsType<RoomMessage.EmergencyAnswer>(Assert.Single(Assert.Single(messages, pair => pair.Key == Alpha).Value));
        Assert.Equal((emergency, EmergencyState.Refused, reason), (answer.Id, answer.State, answer.Reason));
        Assert.Single(messages);
        Assert.Equal([emergency], answered);
    }

    [Theory]
    [InlineData("an adult's, to the police", "police", false)]
    [InlineData("an adult's, to child protection", "children", false)]
    [InlineData("a child's, to child protection", "children", true)]
    public void Work_AWarning_SaysNothingButItsCodesAndWhomToCall(string what, string to, bool child)
    {
        var record = RecordOf("A");
        record.Persons[0].MajorityNow = child ? "Minor" : "Adult";
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, record);
        var emergency = Hear(IdOf(record), MemberId.Parse(to));
        var messages = Work(Start);
        var told = Assert.IsType<RoomMessage.Emergency>(Assert.Single(messages[MemberId.Parse(to)]));
        Assert.Equal((emergency, Danger, child, new Desk(Alpha, "desk")), (told.Id, told.What, told.Child, told.From));
        Assert.Equal(["NO_IMMIGRATION"], told.Handling);
        Assert.True(told.IsUrgent, what);
        Assert.Equal((EmergencyState.Sent, "A"), (Answer(messages).State, Answer(messages).Own));
        Assert.Equal(2, messages.Count);

        // It stands in a message of the room's one size, and reads as it was written.
        foreach (var (member, message) in messages.SelectMany(pair => pair.Value.Select(message => (pair.Key, message))))
        {
            var place = new MessagePlace(_state.Room, member, 1, 1, Simulated: true);
            Assert.True(RoomMessage.TryParse(message.ToBytes(place), place, out var again));
            Assert.Equal(message.ToBytes(place), again.ToBytes(place));
            Assert.InRange(message.ToBytes(place).Length, 1, MessageSeal.Capacity(2048));
        }
    }

    [Fact]
    public void Work_AConsentJustGiven_CountsAtOnce()
    {
        var record = RecordOf("A");
        record.Consents.Clear();
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, record);
        Assert.True(_shelf.Change(Alpha, new RoomAct.ConsentChange(IdOf(record), "C5_LE_NONIDENT", true, Start.AddYears(1), "2026-1", [Police.Value], [])));
        _ = Hear(IdOf(record), Police);
        Assert.Single(Work(Start)[Police]);
    }

    [Fact]
    public void Work_BeyondTheQuota_WaitsForAnotherEpochAndIsRefusedThere_UntilTheNextMonth()
    {
        var record = RecordOf("A", ends: Start.AddYears(1));
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, record);
        var first = Hear(IdOf(record), Police);
        var second = Hear(IdOf(record), Police);
        Assert.Equal([first], Work(Start)[Police].Cast<RoomMessage.Emergency>().Select(item => item.Id));
        Assert.Empty(Work(Start));
        _desk.Pass(_state, _shelf, _outbox, new RoomTime(Start, Start));
        var refused = Assert.Single(Letters(Alpha).OfType<RoomMessage.EmergencyAnswer>());
        Assert.Equal((second, EmergencyState.Refused, "QuotaUsed"), (refused.Id, refused.State, refused.Reason));
        Assert.Empty(Letters(Police));

        var third = Hear(IdOf(record), Police);
        Assert.Equal([third], Work(Start.AddMonths(1))[Police].Cast<RoomMessage.Emergency>().Select(item => item.Id));
    }

    /// <summary>A question that is refused costs as much as one that is not: nobody tries who may be warned, and each ends an epoch.</summary>
    [Fact]
    public void Work_ARefusal_CountsAgainstTheQuota()
    {
        var record = RecordOf("A");
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, record);
        _ = Hear(Guid.NewGuid(), Police);
        Assert.Equal(EmergencyState.Refused, Answer(Work(Start)).State);
        _ = Hear(IdOf(record), Police);
        Assert.Empty(Work(Start));
    }

    [Theory]
    [InlineData("the record is withdrawn")]
    [InlineData("the consent is withdrawn")]
    [InlineData("the consent is over")]
    [InlineData("its time is over")]
    public void Pass_WhatMayBeKnownNoMore_IsTakenBackOnce(string what)
    {
        var record = RecordOf("A");
        record.Retention = new Retention { DeleteByDay = Day(Start.AddMonths(2)) };
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, record);
        var emergency = Hear(IdOf(record), Police);
        Assert.Single(Work(Start)[Police]);
        _desk.Pass(_state, _shelf, _outbox, new RoomTime(Start, Start));
        Assert.Empty(Letters(Police));
        var time = Start;
        switch (what)
        {
            case "the record is withdrawn":
                _shelf.Withdraw(1, 0);
                break;
            case "the consent is withdrawn":
                Assert.True(_shelf.Change(Alpha, new RoomAct.ConsentChange(IdOf(record), "C5_LE_NONIDENT", false, null, "", [], [])));
                break;
            case "the consent is over":
                time = Start.AddMonths(1);
                break;
            default:
                time = Start.AddMonths(2);
                _shelf.TakeOverdue(time);
                break;
        }

        _desk.Pass(_state, _shelf, _outbox, new RoomTime(time, time));
        Assert.Equal(emergency, Assert.IsType<RoomMessage.Withdrawn>(Assert.Single(Letters(Police))).Id);
        Assert.Equal(EmergencyState.Withdrawn, Assert.Single(Letters(Alpha).OfType<RoomMessage.EmergencyAnswer>()).State);
        _desk.Pass(_state, _shelf, _outbox, new RoomTime(time, time));
        Assert.Empty(Letters(Police));
    }

    [Fact]
    public void PutBack_WhatMayNotHaveCome_IsSentAgain_AndCostsNothing()
    {
        var record = RecordOf("A");
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, record);
        var emergency = Hear(IdOf(record), Police);
        var before = Bytes(Work(Start)[Police]);
        _desk.PutBack(Police, _outbox);
        Assert.Equal(before, Bytes(Work(Start)[Police]));
        _desk.PutBack(Alpha, _outbox);
        Assert.Equal(emergency, Assert.Single(Letters(Alpha).OfType<RoomMessage.EmergencyAnswer>()).Id);

        // If it was withdrawn meanwhile, it is not sent again.
        _desk.PutBack(Police, _outbox);
        _ = Work(Start);
        _desk.PutBack(Police, _outbox);
        _shelf.Withdraw(1, 0);
        var messages = Work(Start);
        Assert.False(messages.ContainsKey(Police));
    }

    [Fact]
    public void Work_WithoutEnoughSlots_AnswersTheOldestAndKeepsTheRest()
    {
        var state = OutboxTests.MakeState(ShippedQueries.All, more: draft => draft.SetEmergencies(new EmergencyTerms(5, [Police])));
        var record = RecordOf("A");
        OutboxTests.Put(_shelf, state.Room, Alpha, 1, record);
        var ids = Enumerable.Range(0, 3).Select(_ => Hear(IdOf(record), Police)).ToList();
        var time = new RoomTime(Start, Start);
        Assert.Equal(ids[..2], _desk.Work(state, _shelf, time, [Alpha, Police], 2).Answered);
        Assert.Equal(ids[2..], _desk.Work(state, _shelf, time, [Alpha, Police], 2).Answered);
    }

    private static CaseRecord RecordOf(string reference, DateTimeOffset? ends = null)
    {
        var record = OutboxTests.Suspect(reference, "+66 81 234 5678", "", [Police.Value, Children.Value, Consul.Value], ends ?? Start.AddMonths(1));
        record.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
        _ = record.Consents.Remove(record.Consents.First(consent => consent.Purpose == "C2_BLIND_MATCH"));
        return record;
    }

    private static Guid IdOf(CaseRecord record) => new(record.RecordId.Span, bigEndian: true);

    private static int Day(DateTimeOffset time) => (int)(time - DateTimeOffset.UnixEpoch).TotalDays;

    private EntryId Hear(Guid record, MemberId to)
    {
        var id = EntryId.From(Guid.NewGuid());
        _index++;
        _desk.Hear(
            new LoggedAct(new ActEntry(_state.Room, id, Alpha, ActKind.Emergency, null, 1, new byte[256]), _index, Digest.Of([1]), KeyId.OfSpki([1]), "p1", PersonRoles.Releaser, _index),
            new RoomAct.Emergency(record, to, Danger));
        return id;
    }

    private IReadOnlyDictionary<MemberId, IReadOnlyList<RoomMessage>> Work(DateTimeOffset time) =>
        _desk.Work(_state, _shelf, new RoomTime(time, time), [Alpha, Bravo, Children, Consul, Police, Prosecutor], 7).Messages;

    private static RoomMessage.EmergencyAnswer Answer(IReadOnlyDictionary<MemberId, IReadOnlyList<RoomMessage>> messages) =>
        Assert.IsType<RoomMessage.EmergencyAnswer>(Assert.Single(messages[Alpha]));

    private byte[] Bytes(IReadOnlyList<RoomMessage> messages) => Assert.Single(messages).ToBytes(new MessagePlace(_state.Room, Police, 1, 1, Simulated: true));

    private IReadOnlyList<RoomMessage> Letters(MemberId member)
    {
        using var keys = OutboxTests.KeysOf(Alpha, Bravo);
        return _outbox.Take(member, 7, _state, _shelf, keys, Start);
    }
}
