using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>What a person is told of her own record, and that nothing of anybody else's is in it.</summary>
public sealed class RecordSheetTests
{
    private static readonly RoomId Room = RoomId.From(RandomUuid.New());
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly BatchId First = BatchId.From(Guid.NewGuid());
    private static readonly BatchId Second = BatchId.From(Guid.NewGuid());
    private static readonly EntryId Asked = NewId();
    private static readonly EntryId AskedOther = NewId();

    [Fact]
    public void Of_ARecordsLife_IsToldInOrderAndInWords()
    {
        var sheet = Sheet(withdrawn: true);
        Assert.Equal(
            [
                "Sealed into the room by us. Nobody but the room's attested program can open it.",
                "A corrected version sealed into the room by us.",
                "We were told that it agrees with a record of another organisation (bravo) (the same telephone number), and whom to ask. We were told nothing that is in the other record.",
                "police asked for names of suspects, vehicles, for the purpose referral. Two people of ours must agree before anything is given.",
                "Facts that two people of ours had granted, and that the consent covered, were given to police.",
                "police reported what became of it: EnquiryOpened.",
                "A match that we were told of was taken back: we are to forget it.",
                "A version of it withdrawn by us, for ever: its sealed copy is deleted.",
            ],
            sheet.Done.Select(line => line.Text));
        Assert.Equal(sheet.Done.Select(line => line.At).Order(), sheet.Done.Select(line => line.At));
        Assert.StartsWith("Withdrawn for ever", sheet.Now, StringComparison.Ordinal);
        Assert.Equal("In the room, until 2027-06-01 at the latest.", Sheet(withdrawn: false).Now);
    }

    [Fact]
    public void Of_OtherRecordsAndEntriesWithoutEffect_LeavesThemOut()
    {
        var text = string.Join('\n', Sheet(withdrawn: false).Done.Select(line => line.Text));
        Assert.DoesNotContain("charlie", text, StringComparison.Ordinal);
        Assert.DoesNotContain("court", text, StringComparison.Ordinal);
        Assert.DoesNotContain("name of the person", text, StringComparison.Ordinal);
        Assert.DoesNotContain("77/2026", text, StringComparison.Ordinal);
        Assert.Equal(8, Sheet(withdrawn: false).Done.Count);
    }

    [Fact]
    public void Of_EveryFieldAndLink_HasWords()
    {
        RoomMessage[] messages =
        [
            .. DisclosureFields.All.Keys.Where(field => field.Contains('.', StringComparison.Ordinal)).Select(field => new RoomMessage.Request(NewId(), Police, "A-1", "law", "referral", "1", [field], Day(20), false)),
            .. QueryDefinition.KnownLinkTypes.Select(link => Pointer("m1", "A-1", link, Bravo)),
        ];
        var text = string.Join('\n', RecordSheet.Of(Record(false), Alpha, [], [.. messages.Select(message => At(3, message))], [], Day(30)).Done.Select(line => line.Text));
        Assert.All(DisclosureFields.All.Keys.Where(field => field.Contains('.', StringComparison.Ordinal)).Concat(QueryDefinition.KnownLinkTypes), code => Assert.DoesNotContain(code, text, StringComparison.Ordinal));
    }

    [Fact]
    public void Of_ActsOfOurs_TellsThoseOfThisRecordAndMarksWhatWouldEndanger()
    {
        var record = Record(false);
        var (open, hidden, others) = (NewId(), NewId(), NewId());
        IReadOnlyList<SignedAct> acts =
        [
            Signed(3, NewId(), Consent(record.RecordId, "C5_LE_NONIDENT", granted: true)),
            Signed(4, NewId(), Consent(Guid.NewGuid(), "C6_LE_IDENT", granted: true)),
            Signed(5, NewId(), Consent(record.RecordId, "C3_TELL_NGO", granted: false)),
            Signed(6, open, Override(record.RecordId, "LegalDuty", "Informed")),
            Signed(7, hidden, Override(record.RecordId, "VitalInterest", "WouldEndanger")),
            Signed(8, others, Override(Guid.NewGuid(), "LegalDuty", "Informed")),
            Signed(9, NewId(), new RoomAct.OverrideEnd(others)),
            Signed(10, NewId(), new RoomAct.OverrideEnd(hidden)),
            new SignedAct(11, NewId(), null),
        ];
        var sheet = RecordSheet.Of(record, Alpha, [.. acts.Select(act => Line((int)act.CountsAt, new TombstoneEntry(Room, NewId(), Alpha, [])))], [], acts, Day(30));
        Assert.Equal(
            [
                (Day(3), "We wrote down, as agreed with the person: telling an agency facts that do not say who she is, until 2026-12-21, to bravo alone, not to police.", false),
                (Day(5), "We wrote down that the person takes back her consent to telling another helping organisation that there is a match.", false),
                (Day(6), "Two people of ours allowed telling an agency who she is without consent, for a legal duty, towards police alone and until 2026-12-26. Whatever was given then stands here too.", false),
                (Day(7), "Two people of ours allowed telling an agency who she is without consent, for a danger to somebody's life, towards police alone and until 2026-12-26. Whatever was given then stands here too.", true),
                (Day(10), "What was allowed without consent towards police was ended.", true),
            ],
            sheet.Done.Select(line => (line.At!.Value, line.Text, line.WouldEndanger)));
        Assert.Equal(1, sheet.NotKept);

        SignedAct Signed(long at, EntryId id, RoomAct act) => new(at, id, act);
        RoomAct Consent(Guid of, string purpose, bool granted) =>
            new RoomAct.ConsentChange(of, purpose, granted, granted ? Day(20) : null, granted ? "notice-1" : "", granted ? ["bravo"] : [], granted ? ["police"] : []);
        RoomAct Override(Guid of, string basis, string subject) => new RoomAct.Override(of, Police, "C6_LE_IDENT", basis, subject, Day(25));
    }

    [Fact]
    public void Of_EveryPurposeAndBasis_HasWords()
    {
        var record = Record(false);
        SignedAct[] acts =
        [
            .. ConsentPurposes.Codes.Keys.Select((code, index) => new SignedAct(index, NewId(), new RoomAct.ConsentChange(record.RecordId, code, false, null, "", [], []))),
            .. RoomAct.Override.KnownBases.Select((basis, index) => new SignedAct(20 + index, NewId(), new RoomAct.Override(record.RecordId, Police, "C6_LE_IDENT", basis, "Informed", Day(25)))),
        ];
        var text = string.Join('\n', RecordSheet.Of(record, Alpha, [], [], acts, Day(30)).Done.Select(line => line.Text));
        Assert.All(ConsentPurposes.Codes.Keys.Concat(RoomAct.Override.KnownBases), code => Assert.DoesNotContain(code, text, StringComparison.Ordinal));
    }

    private static RecordSheet Sheet(bool withdrawn) => RecordSheet.Of(
        Record(withdrawn),
        Alpha,
        [
            Line(1, Batch(First)),
            Line(1, Batch(BatchId.From(Guid.NewGuid()))),
            Line(2, Batch(Second)),
            Line(2, Batch(Second), EntryEffect.Ignored),
            Line(6, new TombstoneEntry(Room, NewId(), Alpha, [new RecordSlot(Second, 8)])),
            Line(6, Disclosing(Asked, AskedOther)),
            Line(9, new TombstoneEntry(Room, NewId(), Alpha, [new RecordSlot(First, 3)])),
        ],
        [
            At(4, Pointer("m1", "A-1", "SamePhone", Bravo)),
            At(4, Pointer("m2", "A-2", "SamePhone", MemberId.Parse("charlie"))),
            At(5, new RoomMessage.Request(Asked, Police, "A-1", "law", "referral", "77/2026", ["suspects.names", "vehicles"], Day(20), false)),
            At(5, new RoomMessage.Request(Asked, Police, "A-1", "law", "referral", "77/2026", ["suspects.names", "vehicles"], Day(20), true)),
            At(5, new RoomMessage.Request(AskedOther, MemberId.Parse("court"), "A-2", "law", "referral", "77/2026", ["victims.names"], Day(20), false)),
            At(7, new RoomMessage.Outcome(Asked, Police, "A-1", "EnquiryOpened")),
            At(7, new RoomMessage.Outcome(AskedOther, MemberId.Parse("court"), "A-2", "EnquiryOpened")),
            At(8, new RoomMessage.Withdrawn("m1", null)),
            At(8, new RoomMessage.Withdrawn("m2", null)),
        ],
        [],
        Day(30));

    private static LedgerRecord Record(bool withdrawn) => new("A-1", Guid.NewGuid(), 2, "digest", [new RecordSlot(First, 3), new RecordSlot(Second, 7)], withdrawn);

    private static RoomMessage.MatchPointer Pointer(string match, string own, string link, MemberId other) =>
        new(match, link, MatchStrength.Exact, own, new Desk(other, "desk"), "2026-Q1", [], false, Day(28));

    private static BatchEntry Batch(BatchId id) => new(
        Room, NewId(), Alpha, id, Digest.Of("charter"u8), new LogPosition(1, Digest.Of("root"u8)), Digest.Of("dataset"u8), new DateTimeOffset(2027, 6, 1, 0, 0, 0, TimeSpan.Zero),
        new byte[Hpke.EncSize], KeyId.OfSpki([1]), 1, [], null, 64);

    private static EpochEntry Disclosing(params EntryId[] requests) =>
        new(Room, NewId(), null!, 1, true, 1, [], Day(6)) { Disclosed = requests };

    private static LogLine Line(int day, Entry entry, EntryEffect effect = EntryEffect.Accepted) => new(day, entry.Type, Alpha.Value, effect, IgnoredReason.None, "") { Entry = entry, RoomTime = Day(day) };

    private static InboxMessage At(int day, RoomMessage content) => new(day, day, 1, Day(day), true, content);

    private static DateTimeOffset Day(int day) => new(2026, 12, 1 + (day % 30), 0, 0, 0, TimeSpan.Zero);

    private static EntryId NewId() => EntryId.From(RandomUuid.New());
}
