using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Overrides;
using CleanRoom.Matching.Records;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>What an override of missing consent opens, and what it never does (DATA.md §4.1).</summary>
public sealed class OverrideTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");

    private readonly RoomState _state = OutboxTests.MakeState(ShippedQueries.All, more: draft => draft.SetOverrides(new OverrideTerms(["LegalDuty"], RoomDuration.Days(7), [Police])));
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 100);
    private readonly OverrideBook _book = new();
    private readonly CaseRecord _record;

    public OverrideTests()
    {
        _record = OutboxTests.Suspect("A", "+66 81 234 5678", "", [], Start.AddYears(1), tells: null);
        _record.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
    }

    public static TheoryData<string, string?> Cases => new()
    {
        { "as it should be", null },
        { "what identifies, by a wider purpose", null },
        { "what identifies, by the narrower purpose", nameof(ReasonCode.NoAgencyConsent) },
        { "not signed by a second person", nameof(ReasonCode.NoAgencyConsent) },
        { "towards another agency", nameof(ReasonCode.NoAgencyConsent) },
        { "an agency that the charter does not name", nameof(ReasonCode.NoAgencyConsent) },
        { "a basis that the charter does not know", nameof(ReasonCode.NoAgencyConsent) },
        { "a record of another contributor", nameof(ReasonCode.NoAgencyConsent) },
        { "another record of the same contributor", nameof(ReasonCode.NoAgencyConsent) },
        { "over by its own end", nameof(ReasonCode.NoAgencyConsent) },
        { "over by the charter's longest", nameof(ReasonCode.NoAgencyConsent) },
        { "ended by its contributor", nameof(ReasonCode.NoAgencyConsent) },
        { "ended by another contributor", null },
        { "the person has left this agency out", nameof(ReasonCode.NoAgencyConsent) },
        { "no law enforcement", nameof(ReasonCode.NoLawEnforcement) },
        { "what identifies a child", nameof(ReasonCode.Child) },
    };

    [Theory, MemberData(nameof(Cases))]
    public void On_AnOverride_StandsInForMissingConsentAlone(string what, string? reason)
    {
        var (author, about, to, asker, purpose, basis, until, now, identifying) =
            (Alpha, IdOf(_record), Police, Police, "C5_LE_NONIDENT", "LegalDuty", Start.AddDays(5), Start, false);
        switch (what)
        {
            case "what identifies, by a wider purpose":
                (purpose, identifying) = ("C6_LE_IDENT", true);
                break;
            case "what identifies, by the narrower purpose":
                identifying = true;
                break;
            case "towards another agency":
                asker = Prosecutor;
                break;
            case "an agency that the charter does not name":
                (to, asker) = (Prosecutor, Prosecutor);
                break;
            case "a basis that the charter does not know":
                basis = "VitalInterest";
                break;
            case "a record of another contributor":
                author = Bravo;
                break;
            case "another record of the same contributor":
                var other = _record.Clone();
                other.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
                OutboxTests.Put(_shelf, _state.Room, Alpha, 2, other);
                about = IdOf(other);
                break;
            case "over by its own end":
                now = Start.AddDays(5);
                break;
            case "over by the charter's longest":
                (until, now) = (Start.AddDays(60), Start.AddDays(7));
                break;
            case "the person has left this agency out":
                _record.Consents[0].ExcludedRecipients.Add(Police.Value);
                break;
            case "no law enforcement":
                _record.Handling.Caveats.Add("NO_LE");
                break;
            case "what identifies a child":
                _record.Persons[0].MajorityNow = "Minor";
                (purpose, identifying) = ("C6_LE_IDENT", true);
                break;
        }

        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, _record);
        if (what != "not signed by a second person")
        {
            var id = Hear(author, new RoomAct.Override(about, to, purpose, basis, "Informed", until));
            if (what.StartsWith("ended by", StringComparison.Ordinal))
            {
                _book.Lift(id, what == "ended by its contributor" ? Alpha : Bravo);
            }
        }

        Settle(Start);
        Settle(now);
        Assert.Equal(reason, WhyNot(asker, identifying, now)?.ToString());
    }

    /// <summary>Pointers, notices and watches are told by what persons have agreed to, whatever is overridden.</summary>
    [Fact]
    public void Decide_WhatIsToldAutomatically_NeverRestsOnAnOverride()
    {
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, _record);
        _ = Hear(Alpha, new RoomAct.Override(IdOf(_record), Police, "C6_LE_IDENT", "LegalDuty", "Informed", Start.AddDays(5)));
        Settle(Start);
        var held = _shelf.Find(Alpha, IdOf(_record))!;
        Assert.Empty(PairStory.SideOf(_state, held, null).Record.Overrides);
        var side = _book.On(PairStory.SideOf(_state, held, null), held.Name, _state.Charter!);
        Assert.Single(side.Record.Overrides);

        // Even if the engine were given one, what it decides by itself does not look at it.
        var other = new LinkSide(new RecordConsent(Bravo, [new Grant(ConsentPurpose.BlindMatch, Start.AddYears(1))], new HashSet<string>(), false, true), StandingAuthorisation.None, new HashSet<string>());
        var decision = ConsentEngine.Decide(
            new PairFacts(side, other, FactHolder.Other, LinkDoubt.None), new TellingRule(Pointers: true, new HashSet<string> { "police_ahtu" }, AnyJurisdiction: true), PairStory.AgenciesOf(_state.Charter!), Start);
        Assert.Empty(decision.FirstReleases);
        Assert.Equal((Telling.Nothing, Telling.Nothing), (decision.TellFirst, decision.TellSecond));
    }

    [Fact]
    public void Settle_ARecordThatIsWithdrawn_EndsItsOverrideForGood()
    {
        OutboxTests.Put(_shelf, _state.Room, Alpha, 1, _record);
        _ = Hear(Alpha, new RoomAct.Override(IdOf(_record), Police, "C5_LE_NONIDENT", "LegalDuty", "WouldEndanger", Start.AddDays(5)));
        Settle(Start);
        Assert.Null(WhyNot(Police, false, Start));
        _shelf.Withdraw(1, 0);
        Settle(Start);
        var again = _record.Clone();
        again.RecordVersion = 2;
        OutboxTests.Put(_shelf, _state.Room, Alpha, 2, again, version: 2);
        Settle(Start);
        Assert.Equal(ReasonCode.NoAgencyConsent, WhyNot(Police, false, Start));
    }

    private static Guid IdOf(CaseRecord record) => new(record.RecordId.Span, bigEndian: true);

    private EntryId Hear(MemberId author, RoomAct.Override act)
    {
        var id = EntryId.From(Guid.NewGuid());
        _book.Hear(
            new LoggedAct(new ActEntry(_state.Room, id, author, ActKind.Override, null, 1, new byte[256]), 1, Digest.Of([1]), KeyId.OfSpki([1]), "p1", PersonRoles.Releaser, 2), act, _shelf);
        return id;
    }

    private void Settle(DateTimeOffset time) => _book.Settle(_state, _shelf, new RoomTime(time, time));

    private ReasonCode? WhyNot(MemberId asker, bool identifying, DateTimeOffset now)
    {
        var held = _shelf.Find(Alpha, IdOf(_record))!;
        return ConsentEngine.WhyNotDisclosed(
            _book.On(PairStory.SideOf(_state, held, null), held.Name, _state.Charter!), PairStory.AgenciesOf(_state.Charter!).First(agency => agency.Id == asker), identifying, now);
    }
}
