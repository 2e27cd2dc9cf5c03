using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests.Acts;

public sealed class ActTests
{
    private static readonly string Match = StrictBase64.EncodeUrl(new byte[16]);

    [Fact]
    public void Seal_EveryKindOfAct_OpensWithTheAuthorsKeyAlone()
    {
        using var room = new TestRoom().Opened();
        using var stranger = HpkePrivateKey.Generate();
        foreach (var act in All())
        {
            var entry = Seal(room, act, new byte[32]);
            Assert.True(ActSeal.TryOpen(entry, room.A.Record, out var opened));
            Assert.Equal(act.ToBytes(), opened.ToBytes());
            Assert.False(ActSeal.TryOpen(entry, stranger, out _));
            Assert.False(ActSeal.TryOpen(entry with { Author = room.B.Id }, room.A.Record, out _));
            Assert.False(ActSeal.TryOpen(entry with { Id = TestRoom.NewId() }, room.A.Record, out _));
            Assert.False(ActSeal.TryOpen(entry with { About = TestRoom.NewId() }, room.A.Record, out _));
        }
    }

    [Fact]
    public void Says_AnyOtherActOrSeed_IsFalse()
    {
        using var room = new TestRoom().Opened();
        var key = room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!;
        var decision = new RoomAct.DisclosureDecision(["vehicles"], "NotNecessary");
        var entry = Seal(room, decision, new byte[32]);
        Assert.True(ActSeal.Says(entry, decision, key, new byte[32]));
        Assert.False(ActSeal.Says(entry, decision with { Fields = ["vehicles", "victims.names"] }, key, new byte[32]));
        Assert.False(ActSeal.Says(entry, decision, key, [.. Enumerable.Repeat((byte)1, 32)]));
    }

    [Theory]
    [InlineData("{\"fields\":[],\"schema\":\"cleanroom/act/v1\"}", ActKind.Decision, "reason")]
    [InlineData("{\"fields\":[\"vehicles\",\"suspects.names\"],\"schema\":\"cleanroom/act/v1\"}", ActKind.Decision, "fields")]
    [InlineData("{\"fields\":[\"homes\"],\"schema\":\"cleanroom/act/v1\"}", ActKind.Decision, "fields[0]")]
    [InlineData("{\"outcome\":\"Deported\",\"schema\":\"cleanroom/act/v1\"}", ActKind.Outcome, "outcome")]
    [InlineData("{\"extra\":1,\"outcome\":\"Received\",\"schema\":\"cleanroom/act/v1\"}", ActKind.Outcome, "extra")]
    [InlineData("{\"outcome\":\"Received\",\"schema\":\"cleanroom/act/v2\"}", ActKind.Outcome, "schema")]
    [InlineData("{\"case\":\"1\",\"legalBasis\":\"b\",\"mandate\":\"m\",\"purpose\":\"p\",\"query\":\"Q18\",\"schema\":\"cleanroom/act/v1\",\"subject\":{\"kind\":\"victim\",\"value\":\"x\"},\"version\":\"1.0.0\"}", ActKind.Watch, "subject.kind")]
    [InlineData("{\"case\":\"1\",\"legalBasis\":\"b\",\"mandate\":\"m\",\"purpose\":\"p\",\"query\":\"Q18\",\"schema\":\"cleanroom/act/v1\",\"subject\":{\"kind\":\"document\",\"value\":\"x\"},\"version\":\"1.0.0\"}", ActKind.Watch, "subject.kind")]
    [InlineData("{\"case\":\"1\",\"legalBasis\":\"b\",\"mandate\":\"m\",\"purpose\":\"p\",\"query\":\"Q18\",\"schema\":\"cleanroom/act/v1\",\"subject\":{\"country\":\"THA\",\"kind\":\"phone\",\"value\":\"x\"},\"version\":\"1.0.0\"}", ActKind.Watch, "subject.country")]
    [InlineData("{\"case\":\"1\",\"legalBasis\":\"b\",\"mandate\":\"m\",\"purpose\":\"p\",\"query\":\"Q18\",\"schema\":\"cleanroom/act/v1\",\"subject\":{\"kind\":\"vehicle\",\"value\":\"x\"},\"version\":\"1.0.0\"}", ActKind.Watch, "subject.country")]
    [InlineData("{\"case\":\"1\",\"legalBasis\":\"b\",\"mandate\":\"m\",\"purpose\":\"p\",\"query\":\"Q18\",\"schema\":\"cleanroom/act/v1\",\"subject\":{\"kind\":\"handle\",\"value\":\"x\"},\"version\":\"1.0.0\"}", ActKind.Watch, "subject.platform")]
    [InlineData("{\"case\":\"1\",\"legalBasis\":\"b\",\"mandate\":\"m\",\"purpose\":\"p\",\"query\":\"18\",\"schema\":\"cleanroom/act/v1\",\"subject\":{\"kind\":\"phone\",\"value\":\"x\"},\"version\":\"1.0.0\"}", ActKind.Watch, "query")]
    [InlineData("{\"case\":\"1\",\"expires\":\"2026\",\"legalBasis\":\"b\",\"mandate\":\"m\",\"purpose\":\"p\",\"query\":\"Q18\",\"schema\":\"cleanroom/act/v1\",\"subject\":{\"kind\":\"phone\",\"value\":\"x\"},\"version\":\"1.0.0\"}", ActKind.Watch, "expires")]
    [InlineData("{\"schema\":\"cleanroom/act/v1\",\"watch\":\"x\"}", ActKind.Unwatch, "watch")]
    [InlineData("{\"country\":\"THA\",\"presence\":\"Present\",\"recipient\":\"d\",\"record\":\"11111111-2222-4333-8444-555555555555\",\"schema\":\"cleanroom/act/v1\",\"text\":\"She is in room 4\",\"urgency\":\"Now\"}", ActKind.Emergency, "text")]
    [InlineData("{\"admin1\":\"Chiang Mai\",\"country\":\"THA\",\"presence\":\"Present\",\"recipient\":\"d\",\"record\":\"11111111-2222-4333-8444-555555555555\",\"schema\":\"cleanroom/act/v1\",\"urgency\":\"Now\"}", ActKind.Emergency, "admin1")]
    [InlineData("{\"country\":\"THA\",\"presence\":\"In room 4\",\"recipient\":\"d\",\"record\":\"11111111-2222-4333-8444-555555555555\",\"schema\":\"cleanroom/act/v1\",\"urgency\":\"Now\"}", ActKind.Emergency, "presence")]
    [InlineData("{\"country\":\"THA\",\"presence\":\"Present\",\"recipient\":\"d\",\"record\":\"11111111-2222-4333-8444-555555555555\",\"schema\":\"cleanroom/act/v1\",\"urgency\":\"Soon\"}", ActKind.Emergency, "urgency")]
    [InlineData("{ \"outcome\":\"Received\",\"schema\":\"cleanroom/act/v1\"}", ActKind.Outcome, "")]
    public void TryParse_OtherForm_IsRefusedWithItsPath(string json, ActKind kind, string path)
    {
        Assert.False(RoomAct.TryParse(System.Text.Encoding.UTF8.GetBytes(json), kind, out _, out var error));
        Assert.Equal(path, error.Path);
    }

    /// <summary>Who sees the log's sizes must not see what kind of thing is looked for, nor whether once or for long.</summary>
    [Fact]
    public void Seal_EveryWatchAndSearch_HasOneSize()
    {
        using var room = new TestRoom().Opened();
        var name = new string('ก', WatchSubject.MaxValue);
        var longest = Search with
        {
            Subject = new WatchSubject("handle", name, null, new string('q', 64)),
            CaseNumber = new string('ก', 64),
            LegalBasis = new string('b', 64),
            Purpose = new string('p', 64),
            Mandate = new string('m', 64),
            Query = "Q99",
            Version = "99999.99999.99999",
            Expires = TestRoom.Start,
        };
        RoomAct[] acts = [Search, Search with { Subject = new WatchSubject("phone", "1") }, Search with { Subject = new WatchSubject("vehicle", name, "THA"), Expires = TestRoom.Start }, longest];
        Assert.Single(acts.Select(act => Seal(room, act, new byte[32]).Sealed.Length).Distinct());
        Assert.False(RoomAct.TryParse((Search with { Subject = new WatchSubject("phone", name + "1") }).ToBytes(), ActKind.Watch, out _, out _));
    }

    [Fact]
    public void Apply_AWatch_IsAnAgencysAndNeedsTwoOfItsOfficers_ItsWithdrawalOne()
    {
        using var room = new TestRoom().Opened();
        using var first = room.Person(room.Agency, "o1", PersonRoles.Officer);
        using var second = room.Person(room.Agency, "o2", PersonRoles.Officer);
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.A, ActKind.Watch), releaser);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.A, ActKind.Unwatch), releaser);
        room.Refuse(IgnoredReason.WrongRole, room.Act(room.Agency, ActKind.Watch), room.Agency.Approver);
        var watch = room.Act(room.Agency, ActKind.Watch);
        room.Accept(watch, first);
        Assert.False(room.State.Act(watch.Id)!.Counts);
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.Agency, watch), first);
        room.Accept(room.Confirm(room.Agency, watch), second);
        Assert.True(room.State.Act(watch.Id)!.Counts);
        var withdrawal = room.Act(room.Agency, ActKind.Unwatch);
        room.Accept(withdrawal, first);
        Assert.True(room.State.Act(withdrawal.Id)!.Counts);
    }

    [Fact]
    public void Apply_ActRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var officer = room.Person(room.Agency, "o1", PersonRoles.Officer);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.A, ActKind.Request), releaser);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.Agency, ActKind.Consent), officer);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.Agency, ActKind.Decision, TestRoom.NewId()), officer);
        room.Refuse(IgnoredReason.WrongRole, room.Act(room.Agency, ActKind.Request), room.Agency.Approver);
        room.Refuse(IgnoredReason.UnknownSigner, room.Act(room.Agency, ActKind.Request), releaser);
        room.Refuse(IgnoredReason.WrongRecordKey, room.Act(room.Agency, ActKind.Request) with { Period = 2 }, officer);
        room.Refuse(IgnoredReason.NotApproved, room.Act(room.A, ActKind.Decision, TestRoom.NewId()), releaser);
        room.Accept(room.Act(room.A, ActKind.Consent), room.A.Uploader);
        room.Accept(room.Act(room.A, ActKind.Answer), releaser);
        room.Accept(room.Act(room.Agency, ActKind.Answer), officer);
    }

    [Fact]
    public void Apply_SecondSignature_MustBeAnotherLivePersonsWithTheRole()
    {
        using var room = new TestRoom().Opened();
        using var first = room.Person(room.Agency, "o1", PersonRoles.Officer);
        using var sameAgain = room.Person(room.Agency, "o1", PersonRoles.Officer);
        using var second = room.Person(room.Agency, "o2", PersonRoles.Officer);
        using var other = room.Person(room.A, "o2", PersonRoles.Officer);
        var request = room.Act(room.Agency, ActKind.Request);
        room.Refuse(IgnoredReason.UnknownAct, room.Confirm(room.Agency, request), second);
        room.Accept(request, first);
        Assert.False(room.State.Act(request.Id)!.Counts);
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.Agency, request), first);
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.Agency, request), sameAgain);
        room.Refuse(IgnoredReason.WrongRole, room.Confirm(room.Agency, request), room.Agency.Approver);
        room.Refuse(IgnoredReason.UnknownAct, room.Confirm(room.A, request), other);
        room.Accept(room.Confirm(room.Agency, request), second);
        Assert.True(room.State.Act(request.Id)!.Counts);
        room.Refuse(IgnoredReason.UnknownAct, room.Confirm(room.Agency, request), second);

        var late = room.Act(room.Agency, ActKind.Request);
        room.Accept(late, first);
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.Agency.Id, true, "o1", first.PublicKey, PersonRoles.None), room.Agency.Organisation);
        room.Refuse(IgnoredReason.Revoked, room.Confirm(room.Agency, late), second);
    }

    [Fact]
    public void Apply_EpochThatDisclosesWithoutEveryApproval_IsIgnored()
    {
        using var room = new TestRoom().Running();
        using var o1 = room.Person(room.Agency, "o1", PersonRoles.Officer);
        using var o2 = room.Person(room.Agency, "o2", PersonRoles.Officer);
        using var r1 = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var r2 = room.Person(room.A, "r2", PersonRoles.Releaser);
        var request = room.Act(room.Agency, ActKind.Request);
        void Refused() => room.Refuse(IgnoredReason.NotApproved, room.EpochOf(1, room.Cosigned()) with { Disclosed = [request.Id] }, room.Instance);

        Refused();
        room.Accept(request, o1);
        Refused();
        room.Accept(room.Confirm(room.Agency, request), o2);
        Refused();
        var decision = room.Act(room.A, ActKind.Decision, request.Id);
        room.Accept(decision, r1);
        Refused();
        room.Accept(room.Confirm(room.A, decision), r2);
        room.Accept(room.EpochOf(1, room.Cosigned()) with { Disclosed = [request.Id] }, room.Instance);
        room.Refuse(IgnoredReason.NotApproved, room.EpochOf(2, room.Cosigned(), first: 5) with { Disclosed = [request.Id] }, room.Instance);
    }

    private static ActEntry Seal(TestRoom room, RoomAct act, ReadOnlySpan<byte> seed) => ActSeal.Seal(
        act, room.Room, TestRoom.NewId(), room.A.Id, ActRules.IsAboutRequest(act.Kind) ? TestRoom.NewId() : null, room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!, seed);

    private static IEnumerable<RoomAct> All() =>
    [
        new RoomAct.ConsentChange(Guid.NewGuid(), "C3_TELL_NGO", false, null, "", [], []),
        new RoomAct.ConsentChange(Guid.NewGuid(), "C5_LE_NONIDENT", true, TestRoom.Start.AddYears(1), "2026-1", ["police"], ["other"]),
        new RoomAct.MatchAnswer(Match, MatchVerdict.Wrong),
        new RoomAct.DisclosureRequest(Match, MemberId.Parse("a-contributor"), "Art. 1", "trafficking-investigation", "77/2026", ["suspects.names", "vehicles"], TestRoom.Start.AddDays(5)),
        new RoomAct.DisclosureDecision(["vehicles"], "NotNecessary"),
        new RoomAct.DisclosureDecision([], "RiskToPerson"),
        new RoomAct.DisclosureOutcome("EnquiryOpened"),
        Search,
        Search with { Query = "Q19", Subject = new WatchSubject("vehicle", "1กข 1234 กรุงเทพมหานคร", "THA"), Expires = TestRoom.Start.AddDays(5) },
        Search with { Subject = new WatchSubject("handle", "@boss", null, "Telegram") },
        new RoomAct.WatchWithdrawal(TestRoom.NewId()),
        new RoomAct.Override(Guid.NewGuid(), MemberId.Parse("d-agency"), "C6_LE_IDENT", "LegalDuty", "Informed", TestRoom.Start.AddDays(5)),
        new RoomAct.OverrideEnd(TestRoom.NewId()),
        new RoomAct.OfferedRelease(Match, MemberId.Parse("d-agency"), ["exploitation.types", "suspects.identifiers"], true),
        new RoomAct.Emergency(Guid.NewGuid(), MemberId.Parse("d-agency"), new Warning("Present", "Now", "THA", "TH-50")),
        new RoomAct.Emergency(Guid.NewGuid(), MemberId.Parse("d-agency"), new Warning("LastSeen", "WithinADay", "THA", null)),
    ];

    private static RoomAct.WatchRequest Search { get; } =
        new("Q18", "1.0.0", new WatchSubject("phone", "+66 81 234 5678"), "trafficking", "criminal-investigation", "investigation-of-traffickers", "77/2026", null);
}
