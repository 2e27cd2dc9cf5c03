using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;
using CleanRoom.Linkage;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Disclosures;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Which facts follow a notice without a request (DATA.md §4.3, N2b), and whatever is tried, which do not.</summary>
public sealed class OfferTests : IDisposable
{
    private const string Shared = "+66 81 234 5678";
    private const int Most = 7;

    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Charlie = MemberId.Parse("charlie");
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");
    private static readonly string[] Number = ["suspects.identifiers"];

    private readonly Dictionary<MemberId, SigningKey> _organisations = [];
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 100);
    private readonly KeyRing _keys = OutboxTests.KeysOf(Alpha, Bravo, Charlie);
    private readonly DisclosureDesk _desk = new();
    private readonly Dictionary<MemberId, CaseRecord> _records = [];
    private readonly RoomState _state;
    private readonly Outbox _outbox;
    private IReadOnlyList<EntryId> _disclosed = [];
    private IReadOnlyList<EntryId> _automatic = [];
    private long _index;
    private long _batch;

    public OfferTests()
    {
        _state = OutboxTests.MakeState(ShippedQueries.All.Select(query => query.Id switch
        {
            "Q3" => query.WithFacts(FactsRule.Offered),
            "Q6" => query.WithFacts(FactsRule.Automatic),
            _ => query,
        }), keys: _organisations);
        _outbox = new Outbox(_state.Room);
    }

    [Fact]
    public void Facts_LeaveWhenEverybodyWhoseTheyAreHasGiven_AndAreWhatAgreesAlone()
    {
        _ = Match();
        var offers = Offered();
        Assert.Equal(("A", Police, "SamePhone", Start.AddDays(1).AddDays(30)), (offers[Alpha].Own, offers[Alpha].Agency, offers[Alpha].Link, offers[Alpha].Due));
        Assert.Equal(["exploitation.types", "suspects.identifiers"], offers[Alpha].Fields);
        Assert.NotEqual(offers[Alpha].Match, offers[Bravo].Match);
        var first = Give(Alpha, offers[Alpha], fields: ["exploitation.types", "suspects.identifiers"], desk: true);
        Assert.Empty(Epoch(2)[Police]);
        Assert.Empty(_disclosed);
        var second = Give(Bravo, offers[Bravo]);
        var told = Epoch(3)[Police].Cast<RoomMessage.NoticeFacts>().ToDictionary(item => item.Id);
        Assert.Equal([first, second], told.Keys.OrderBy(id => id == first ? 0 : 1));
        Assert.Equal(_disclosed.Order(ById), told.Keys.Order(ById));
        Assert.Empty(_automatic);
        Assert.Equal([("exploitation.types", "ForcedLabour"), ("suspects.identifiers", "Phone, " + Shared)], told[first].Facts.Select(fact => (fact.Field, fact.Text)));
        Assert.Equal([("suspects.identifiers", "Phone, " + Shared)], told[second].Facts.Select(fact => (fact.Field, fact.Text)));
        Assert.Equal(new Desk(Alpha, "desk"), told[first].From);
        Assert.Null(told[second].From);
        Assert.Equal(("2", 1, 1, Start.AddDays(3).AddDays(180), Start.AddDays(3).AddDays(30)), (told[second].Sources, told[second].Part, told[second].Parts, told[second].Expires, told[second].OutcomeDue));
        Assert.Equal(["NO_IMMIGRATION"], told[first].Handling);

        // It stands in a message of the room's one size, and says nothing of the rest of the two records.
        foreach (var facts in told.Values)
        {
            var place = new MessagePlace(_state.Room, Police, 1L << 53, 1L << 53, Simulated: true);
            var bytes = facts.ToBytes(place);
            Assert.True(RoomMessage.TryParse(bytes, place, out var again));
            Assert.Equal(bytes, again.ToBytes(place));
            var text = System.Text.Encoding.UTF8.GetString(bytes);
            Assert.All(["111 1111", "222 2222", "Mariam", "333 3333", "1990", "KHM", "2HGES", "3FAHP", "Home Street"], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }

        Assert.Empty(Epoch(4)[Police]);
        Assert.Empty(_disclosed);
    }

    /// <summary>Each row is an attack or a change of mind between the offer and the epoch in which the facts would leave.</summary>
    [Theory]
    [InlineData("nobody gives")]
    [InlineData("one of two gives")]
    [InlineData("one gives for both")]
    [InlineData("a stranger gives by the other's reference")]
    [InlineData("to another agency")]
    [InlineData("by the reference of another match")]
    [InlineData("a field that the offer does not name")]
    [InlineData("after its time")]
    [InlineData("one withdraws its consent after it has signed")]
    [InlineData("one withdraws its consent after both have signed")]
    [InlineData("one's consent is over by its date")]
    [InlineData("one withdraws its record after it has signed")]
    [InlineData("somebody says that it is wrong")]
    [InlineData("NO_LE is added")]
    public void Facts_OfWhichOneIsMissing_DoNotLeave(string what)
    {
        var story = Match(ends: what == "one's consent is over by its date" ? Start.AddDays(3) : null);
        var offers = Offered();
        var day = 2;
        if (what is not "nobody gives" and not "after its time" and not "to another agency" and not "by the reference of another match" and not "a field that the offer does not name")
        {
            _ = Give(Alpha, offers[Alpha]);
        }

        switch (what)
        {
            case "one gives for both":
                _ = Give(Alpha, offers[Alpha]);
                _ = Give(Alpha, offers[Bravo]);
                break;
            case "a stranger gives by the other's reference":
                _ = Give(Charlie, offers[Bravo]);
                break;
            case "to another agency":
                _ = Give(Alpha, offers[Alpha] with { Agency = Prosecutor });
                _ = Give(Bravo, offers[Bravo] with { Agency = Prosecutor });
                break;
            case "by the reference of another match":
                _ = Give(Alpha, offers[Alpha] with { Match = StrictBase64.EncodeUrl(new byte[MatchReference.Size]) });
                _ = Give(Bravo, offers[Bravo] with { Match = StrictBase64.EncodeUrl(new byte[MatchReference.Size]) });
                break;
            case "a field that the offer does not name":
                _ = Give(Alpha, offers[Alpha], ["suspects.identifiers", "vehicles"]);
                _ = Give(Bravo, offers[Bravo], ["vehicles"]);
                break;
            case "after its time":
                day = 31;
                _ = Give(Alpha, offers[Alpha]);
                _ = Give(Bravo, offers[Bravo]);
                break;
            case "one withdraws its consent after it has signed":
                Refuse(Alpha);
                _ = Give(Bravo, offers[Bravo]);
                break;
            case "one withdraws its consent after both have signed":
                _ = Give(Bravo, offers[Bravo]);
                Refuse(Bravo);
                break;
            case "one's consent is over by its date":
                Assert.DoesNotContain(Epoch(day)[Police], IsFacts);
                day = 3;
                _ = Give(Bravo, offers[Bravo]);
                break;
            case "one withdraws its record after it has signed":
                _shelf.Withdraw(1, 0);
                _ = Give(Bravo, offers[Bravo]);
                break;
            case "somebody says that it is wrong":
                _outbox.Forget(story);
                _ = Give(Bravo, offers[Bravo]);
                break;
            case "NO_LE is added":
                var again = _records[Bravo].Clone();
                again.Handling.Caveats.Add("NO_LE");
                OutboxTests.Put(_shelf, _state.Room, Bravo, ++_batch, again, version: 2);
                _ = Give(Bravo, offers[Bravo]);
                break;
        }

        for (; day < 36; day++)
        {
            Assert.DoesNotContain(Epoch(day)[Police], IsFacts);
            Assert.Empty(_disclosed);
        }

        // What came too late stays without effect.
        _ = Give(Alpha, offers[Alpha]);
        _ = Give(Bravo, offers[Bravo]);
        Assert.DoesNotContain(Epoch(36)[Police], IsFacts);
    }

    /// <summary>An offer tells of a match: nobody is asked who may not know of it, or whose query or charter does not say so.</summary>
    [Theory]
    [InlineData("both agree", true)]
    [InlineData("the other agrees to pointers only", true)]
    [InlineData("the other does not let it know", false)]
    [InlineData("the query does not offer facts", false)]
    [InlineData("the charter in force does not any more", false)]
    public void Offers_GoToWhoMayKnowOfTheMatch(string what, bool offered)
    {
        var story = Match(
            second: what switch { "the other agrees to pointers only" => "C3_TELL_NGO", "the other does not let it know" => null, _ => "C5_LE_NONIDENT" },
            query: what == "the query does not offer facts" ? query => query.WithFacts(FactsRule.OnRelease) : null);
        if (what == "the charter in force does not any more")
        {
            Amend(query => query.WithFacts(FactsRule.OnRelease));
        }

        Assert.Single(Epoch(0)[Police].OfType<RoomMessage.Notice>());
        var told = Epoch(1);
        Assert.Equal(offered, told[Alpha].OfType<RoomMessage.Offer>().Any());
        Assert.Equal(what == "both agree", told[Bravo].OfType<RoomMessage.Offer>().Any());
        Assert.NotNull(story);
        if (what == "the other agrees to pointers only")
        {
            _ = Give(Alpha, told[Alpha].OfType<RoomMessage.Offer>().Single());
            Assert.Equal("single source", Assert.Single(Epoch(2)[Police].OfType<RoomMessage.NoticeFacts>()).Sources);
        }
    }

    [Theory]
    [InlineData("its consent is withdrawn")]
    [InlineData("the other's consent is withdrawn")]
    [InlineData("its record is withdrawn")]
    [InlineData("the other's record is withdrawn")]
    [InlineData("the match is wrong")]
    public void Facts_ThatMayBeKnownNoMore_AreTakenBackFromBothOnce(string what)
    {
        var story = Match();
        var offers = Offered();
        var ids = (EntryId[])[Give(Alpha, offers[Alpha]), Give(Bravo, offers[Bravo])];
        Assert.Equal(2, Epoch(2)[Police].Count(IsFacts));
        switch (what)
        {
            case "its consent is withdrawn":
                Refuse(Alpha);
                break;
            case "the other's consent is withdrawn":
                Refuse(Bravo);
                break;
            case "its record is withdrawn":
                _shelf.Withdraw(1, 0);
                break;
            case "the other's record is withdrawn":
                _shelf.Withdraw(2, 0);
                break;
            default:
                _outbox.Forget(story);
                break;
        }

        var gone = Epoch(3)[Police].OfType<RoomMessage.Withdrawn>().Where(item => item.Id is not null).Select(item => item.Id!.Value);
        Assert.Equal(ids.Order(ById), gone.Order(ById));
        Assert.Empty(Epoch(4)[Police]);
    }

    /// <summary>They have left for the log, not yet for the agency, whose slots were full.</summary>
    [Fact]
    public void Facts_ThatStillWaitForASlot_AreDroppedWithTheConsent()
    {
        _ = Match();
        var offers = Offered();
        _ = Give(Alpha, offers[Alpha]);
        _ = Give(Bravo, offers[Bravo]);
        Work(2);
        Assert.Equal(2, _disclosed.Count);
        Refuse(Bravo);
        Assert.DoesNotContain(Epoch(3)[Police], IsFacts);
        Assert.DoesNotContain(Epoch(4)[Police], IsFacts);
    }

    /// <summary>Of each kind of match what made it, and nothing else of the kind that the record holds.</summary>
    [Theory]
    [InlineData(LinkType.SamePersonSuspect, "", "suspects.identifiers: Phone, +66 81 234 5678")]
    [InlineData(LinkType.SamePhone, "+66812345678", "suspects.identifiers: Phone, +66 81 234 5678")]
    [InlineData(LinkType.SameAddress, "Blue Factory, Samut Sakhon", "exploitation.sites: Blue Factory, Samut Sakhon, THA")]
    [InlineData(LinkType.SameVehicle, "1HGCM82633A004352", "vehicles: Car, 1HGCM82633A004352")]
    [InlineData(LinkType.SameVessel, "Chok Dee 9", "vessels: Chok Dee 9, THA")]
    [InlineData(LinkType.SameOrganisation, "Golden Hands Co", "organisations: Golden Hands Co, THA")]
    [InlineData(LinkType.SamePhone, "", "")]
    public void CutShared_OfEachKindOfMatch_IsWhatMadeIt(LinkType type, string display, string expected)
    {
        foreach (var owner in (MemberId[])[Alpha, Bravo])
        {
            var record = OutboxTests.Suspect(owner.Value, Shared, "", [], Start.AddYears(1));
            record.Persons[1].Identifiers.Add(new Identifier { Kind = "Phone", Raw = owner == Alpha ? "+66 81 356 7412" : "+66 82 946 1037", HolderRole = "Suspect", HolderPersonKey = "s1" });
            record.Persons[0].Identifiers.Add(new Identifier { Kind = "Phone", Raw = Shared, HolderRole = "Victim", HolderPersonKey = "v1" });
            record.Events.Add(new Event { Type = "Exploitation", Place = new Place { Country = "THA", Locality = "Samut Sakhon", Name = "Blue Factory", Raw = "Blue Factory, Samut Sakhon" } });
            record.Events.Add(new Event { Type = "Exploitation", Place = new Place { Country = "THA", Locality = "Trat", Raw = "Pier 4, Trat" } });
            record.Events.Add(new Event { Type = "Exploitation", Place = new Place { Country = "THA", Name = "Home", Raw = "Blue Factory, Samut Sakhon", Protected = true } });
            record.Vehicles.Add(new Vehicle { VehicleKey = "c1", Raw = "x", Type = "Car", Vin = "1HGCM82633A004352", HolderRole = "Suspect" });
            record.Vehicles.Add(new Vehicle { VehicleKey = "c2", Raw = "x", Type = "Van", Vin = "1HGCM82633A004352", HolderRole = "Family" });
            record.Vehicles.Add(new Vehicle { VehicleKey = "c3", Raw = "x", Type = "Car", Vin = "2HGES16575H591234", HolderRole = "Suspect" });
            record.Vessels.Add(new Vessel { VesselKey = "b1", Name = "Chok Dee 9", Flag = "THA" });
            record.Vessels.Add(new Vessel { VesselKey = "b2", Name = "Sea Star", Flag = "THA" });
            record.Organisations.Add(new Organisation { OrganisationKey = "o1", Names = { "Golden Hands Co" }, Country = "THA" });
            record.Organisations.Add(new Organisation { OrganisationKey = "o2", Names = { "Silver Feet Co" }, Country = "THA" });
            OutboxTests.Put(_shelf, _state.Room, owner, ++_batch, record);
        }

        var held = _shelf.New.Select(handle => _shelf.Find(handle)!).OrderBy(record => record.Contributor).ToList();
        var story = new PairStory(
            new Link(type, Side(held[0]), Side(held[1]), LinkStrength.Exact, LinkEvidence.None, LinkCautions.None, 16), held[0], held[1], _state.Charter!.Queries[1], CleanRoom.Charter.Consent.LinkDoubt.None);
        foreach (var owner in (MemberId[])[Alpha, Bravo])
        {
            Assert.Equal(expected, string.Join("; ", FieldCutter.CutShared(story, owner, OfferedFacts.All).Select(fact => $"{fact.Field}: {fact.Text}")));
        }

        LinkSide Side(HeldRecord record) => new(record.Handle, "Suspect", "s1", "THA", null, display);
    }

    [Fact]
    public void AnOutcome_IsOwedForFacts_AndTheContributorHearsIt()
    {
        _ = Match();
        var offers = Offered();
        var first = Give(Alpha, offers[Alpha]);
        var second = Give(Bravo, offers[Bravo]);
        Assert.Equal(2, Epoch(2)[Police].Count(IsFacts));
        Assert.Empty(Epoch(31)[Police]);
        Assert.False(_desk.Book.OwesOutcome(Police));
        Assert.Equal(2, Epoch(32)[Police].OfType<RoomMessage.Status>().Count(status => status.State == CleanRoom.Charter.Disclosure.DisclosureState.OutcomeOverdue));
        Assert.True(_desk.Book.OwesOutcome(Police));
        foreach (var id in (EntryId[])[first, second])
        {
            Hear(Police, ActKind.Outcome, new RoomAct.DisclosureOutcome("EnquiryOpened"), id);
        }

        var told = Epoch(33);
        Assert.False(_desk.Book.OwesOutcome(Police));
        Assert.Equal((first, "A", "EnquiryOpened"), told[Alpha].OfType<RoomMessage.Outcome>().Select(item => (item.Id, item.Own, item.Code)).Single());
        Assert.Equal(second, told[Bravo].OfType<RoomMessage.Outcome>().Single().Id);
    }

    [Fact]
    public void FactsThatTheLogDoesNotBind_AreSentAgainUnderTheSameName()
    {
        _ = Match();
        var offers = Offered();
        _ = Give(Alpha, offers[Alpha]);
        _ = Give(Bravo, offers[Bravo]);
        var sent = Epoch(2)[Police];
        Assert.Equal(2, sent.Count(IsFacts));
        _outbox.PutBack(Police);
        Assert.Equal(Bytes(sent), Bytes(Epoch(3)[Police]));
        Assert.Empty(_disclosed);
    }

    /// <summary>Sites, vehicles and vessels of who agrees to it (C5) at two contributors of long standing; everything else needs two people at each.</summary>
    [Theory]
    [InlineData("two who agree, after 91 days", true)]
    [InlineData("after 90 days", false)]
    [InlineData("one agrees to identified release only", false)]
    [InlineData("one agrees to pointers only", false)]
    [InlineData("the charter in force only offers", false)]
    public void Facts_WithoutASignature_NeedTheCharterTwoWhoAgreeAndTime(string what, bool follows)
    {
        _ = Epoch(-91 + (what == "after 90 days" ? 1 : 0));
        _ = Match("Q6", second: what switch { "one agrees to identified release only" => "C6_LE_IDENT", "one agrees to pointers only" => "C3_TELL_NGO", _ => "C5_LE_NONIDENT" });
        if (what == "the charter in force only offers")
        {
            Amend(query => query.Id == "Q6" ? query.WithFacts(FactsRule.Offered) : query);
        }

        Assert.Single(Epoch(-1)[Police].OfType<RoomMessage.Notice>());
        var told = Epoch(0);
        var facts = told[Police].OfType<RoomMessage.NoticeFacts>().ToList();
        Assert.Equal(follows ? 2 : 0, facts.Count);
        Assert.All(facts, item => Assert.Null(item.From));
        Assert.All(facts.SelectMany(item => item.Facts), fact => Assert.Equal(("vehicles", "Car, 1HGCM82633A004352"), (fact.Field, fact.Text)));
        Assert.Equal(facts.Select(item => item.Id).Order(ById), _automatic);
        Assert.Empty(_disclosed);
        foreach (var member in what == "one agrees to pointers only" ? new[] { Alpha } : [Alpha, Bravo])
        {
            // Who gave is told, whether or not somebody had to sign.
            Assert.Equal(follows, Assert.Single(told[member].OfType<RoomMessage.Offer>()).Given);
        }

        if (follows)
        {
            Refuse(Bravo);
            Assert.Equal(2, Epoch(1)[Police].OfType<RoomMessage.Withdrawn>().Count(item => item.Id is not null));
        }
    }

    /// <summary>What nobody has asked for must not delay what somebody waits for.</summary>
    [Fact]
    public void AnOffer_WithoutASlot_WaitsBehindAllNews()
    {
        _ = Match();
        Assert.Single(_outbox.Take(Police, Most, _state, _shelf, _keys, Start));
        Work(1);
        Assert.Equal(["N1"], _outbox.Take(Alpha, 1, _state, _shelf, _keys, Start.AddDays(1)).Select(message => message.Kind));
        Assert.Equal(["offer"], _outbox.Take(Alpha, 1, _state, _shelf, _keys, Start.AddDays(1)).Select(message => message.Kind));
        Assert.Empty(_outbox.Take(Alpha, 1, _state, _shelf, _keys, Start.AddDays(1)));
    }

    public void Dispose()
    {
        _keys.Dispose();
        foreach (var key in _organisations.Values)
        {
            key.Dispose();
        }
    }

    private static IComparer<EntryId> ById { get; } = Comparer<EntryId>.Create((one, other) => string.CompareOrdinal(one.ToString(), other.ToString()));

    private static bool IsFacts(RoomMessage message) => message is RoomMessage.NoticeFacts;

    private byte[] Bytes(IEnumerable<RoomMessage> messages) => [.. messages.SelectMany(message => message.ToBytes(new MessagePlace(_state.Room, Police, 1, 1, Simulated: true)))];

    /// <summary>Two suspects' records that share a number or a car, and much that they do not share.</summary>
    private PairStory Match(string id = "Q3", string? second = "C5_LE_NONIDENT", DateTimeOffset? ends = null, Func<QueryDefinition, QueryDefinition>? query = null)
    {
        Put(Alpha, "A", id == "Q3" ? Shared : "+66 81 000 0001", "+66 81 111 1111", Start.AddYears(1), "C5_LE_NONIDENT", id == "Q6");
        Put(Bravo, "B", id == "Q3" ? Shared : "+66 81 000 0002", "+66 81 222 2222", ends ?? Start.AddYears(1), second, id == "Q6");
        var links = _shelf.Index.FindLinks(_shelf.New, (_, _) => true, TestContext.Current.CancellationToken).Links;
        var story = StandingQueries.Run(_state.Charter!, _shelf, links).Single(item => item.Query.Id == id);
        story = query is null ? story : story with { Query = query(story.Query) };
        _outbox.Add(story, story.Decide(_state, Start));
        _shelf.MarkEvaluated();
        return story;
    }

    private void Put(MemberId owner, string reference, string phone, string other, DateTimeOffset ends, string? tells, bool shares)
    {
        var record = OutboxTests.Suspect(reference, phone, "", [Police.Value], ends, tells);
        if (tells == "C6_LE_IDENT")
        {
            record.Consents[^1].NamedRecipients.Add(Police.Value);
            record.Consents.Add(new Consent { Purpose = "C3_TELL_NGO", State = "Granted", ObtainedDay = 1, ExpiresDay = 1 << 20 });
        }

        record.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
        record.Persons[0].Names.Add(new PersonName { Full = "Mariam Okonkwo" });
        record.Persons[0].Birth = new PartialDate { Edtf = "1990-05-01" };
        record.Persons[0].Citizenship.Add("KHM");
        record.Persons[0].Identifiers.Add(new Identifier { Kind = "Phone", Raw = "+66 81 333 3333", HolderRole = "Victim", HolderPersonKey = "v1" });
        record.Persons[1].Identifiers.Add(new Identifier { Kind = "Phone", Raw = other, HolderRole = "Suspect", HolderPersonKey = "s1" });
        record.Exploitation.Add(new Exploitation { Types_ = { "ForcedLabour" } });
        record.Events.Add(new Event { Type = "Exploitation", Place = new Place { Country = "THA", Locality = "Samut Sakhon", Raw = "Samut Sakhon" } });
        record.Events.Add(new Event { Type = "Shelter", Place = new Place { Country = "THA", Address = "Home Street 1", Raw = "Home Street 1", Protected = true } });
        record.Vehicles.Add(new Vehicle { VehicleKey = "c1", Raw = "x", Type = "Car", Vin = shares ? "1HGCM82633A004352" : owner == Alpha ? "2HGES16575H591234" : "", HolderRole = "Suspect" });
        record.Vehicles.Add(new Vehicle { VehicleKey = "c2", Raw = "x", Type = "Car", Vin = owner == Alpha ? "3FAHP0HA7AR123456" : "", HolderRole = "Suspect" });
        _records[owner] = record;
        OutboxTests.Put(_shelf, _state.Room, owner, ++_batch, record);
    }

    /// <summary>The agency is told of the match, and with the next epoch each contributor what it may give.</summary>
    private Dictionary<MemberId, RoomMessage.Offer> Offered()
    {
        Assert.Single(Epoch(0)[Police].OfType<RoomMessage.Notice>());
        var told = Epoch(1);
        Assert.Empty(told[Police]);
        return new[] { Alpha, Bravo }.ToDictionary(member => member, member => Assert.Single(told[member].OfType<RoomMessage.Offer>()));
    }

    private Dictionary<MemberId, IReadOnlyList<RoomMessage>> Epoch(int day)
    {
        var time = Start.AddDays(day);
        _shelf.TakeOverdue(time);
        Work(day);
        return new[] { Alpha, Bravo, Charlie, Police, Prosecutor }.ToDictionary(
            member => member, member => _outbox.Take(member, Most, _state, _shelf, _keys, time, _desk.Book.OwesOutcome(member)));
    }

    private void Work(int day)
    {
        var time = new RoomTime(Start.AddDays(day), Start.AddDays(day));
        _outbox.Uses.Close(_state, time);
        (_disclosed, _automatic) = _desk.Work(_state, _shelf, _outbox, _keys, time, [Alpha, Bravo, Charlie, Police, Prosecutor]);
    }

    private EntryId Give(MemberId author, RoomMessage.Offer offer, string[]? fields = null, bool desk = false) =>
        Hear(author, ActKind.Facts, new RoomAct.OfferedRelease(offer.Match, offer.Agency, fields ?? Number, desk));

    private EntryId Hear(MemberId author, ActKind kind, RoomAct act, EntryId? about = null)
    {
        var id = EntryId.From(Guid.NewGuid());
        _index++;
        _desk.Hear(new LoggedAct(new ActEntry(_state.Room, id, author, kind, about, 1, new byte[256]), _index, Digest.Of([1]), KeyId.OfSpki([1]), "p1", PersonRoles.Releaser, _index), act);
        return id;
    }

    private void Refuse(MemberId owner) => Assert.True(_shelf.Change(
        owner, new RoomAct.ConsentChange(new Guid(_records[owner].RecordId.Span, bigEndian: true), "C5_LE_NONIDENT", false, null, "", [], [])));

    /// <summary>The next version of the charter, signed by all.</summary>
    private void Amend(Func<QueryDefinition, QueryDefinition> change)
    {
        var draft = CharterDraft.After(_state.Charter!).SetQueries(_state.Charter!.Queries.Select(query => query.Agencies is null ? query : change(query)));
        Assert.True(draft.TryBuild(out var charter, out var errors), string.Join('\n', errors));
        var signed = _organisations.Aggregate(SignedCharter.Begin(charter), (all, owner) => all.Approve(owner.Value, owner.Key));
        Assert.True(_state.Apply(_state.Size, new CharterEntry(_state.Room, EntryId.From(Guid.NewGuid()), Alpha, signed).Sign(_organisations[Alpha])).IsAccepted);
    }
}
