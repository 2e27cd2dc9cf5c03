using System.Text.Json.Nodes;
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
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>The queries with a rule of their own on who is told what (DATA.md §4.2, Q11 and Q14 to Q16): samples/queries, records in, messages out.</summary>
public sealed class OwnRuleTests : IDisposable
{
    private const string Number = "+66 81 234 5678";

    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Charlie = MemberId.Parse("charlie");
    private static readonly MemberId Police = MemberId.Parse("police");

    private readonly Dictionary<MemberId, SigningKey> _organisations = [];
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 100);
    private readonly KeyRing _keys = OutboxTests.KeysOf(Alpha, Bravo, Charlie);
    private readonly RoomState _state;
    private readonly Outbox _outbox;
    private int _index;

    public OwnRuleTests()
    {
        _state = OutboxTests.MakeState(Samples("Q1?-*.json"), keys: _organisations);
        _outbox = new Outbox(_state.Room);
    }

    [Fact]
    public void Q11_AsksWhoHoldsThePerson_AndNobodyElse_WithNothingOfTheSearch()
    {
        Put(Alpha, Missing("S-1"));
        Put(Bravo, Found("F-1", "C2_BLIND_MATCH", "C3_TELL_NGO", "C5_LE_NONIDENT", "C7_TRACING"));
        Run();
        Assert.Empty(News(Alpha));
        Assert.Empty(News(Charlie));
        Assert.Empty(News(Police));
        var question = Assert.IsType<RoomMessage.Review>(Assert.Single(News(Bravo)));
        Assert.Equal(("SamePersonMissing", MatchStrength.Probable, "F-1", false, Start.AddDays(60)), (question.Link, question.Strength, question.Own, question.ChildProtection, question.Due));
        Assert.Empty(question.Evidence);
        Assert.Equal(["Tracing"], question.Reasons);
    }

    [Fact]
    public void Q11_AfterTheHoldersAnswer_WhoLooksIsToldWhomToCall_AndNothingElse()
    {
        Put(Alpha, Missing("S-1"));
        Put(Bravo, Found("F-1", caveats: ["NO_LE", "SMALL_COMMUNITY"]));
        var story = Run().Single(item => item.Query.Id == "Q11");
        Assert.Empty(News(Alpha));
        Assert.Single(News(Bravo));
        _outbox.Release(story, Bravo);
        var pointer = Assert.IsType<RoomMessage.MatchPointer>(Assert.Single(News(Alpha)));
        Assert.Equal(("SamePersonMissing", MatchStrength.Probable, "S-1", "", false), (pointer.Link, pointer.Strength, pointer.Own, pointer.Quarter, pointer.Known));
        Assert.Equal(Bravo, pointer.Counterpart!.Member);
        Assert.Empty(pointer.Caveats);
        Assert.Empty(News(Bravo));
    }

    [Fact]
    public void Q11_ReleasedByWhoLooks_OpensNothing()
    {
        Put(Alpha, Missing("S-1"));
        Put(Bravo, Found("F-1"));
        var story = Run().Single(item => item.Query.Id == "Q11");
        _outbox.Release(story, Alpha);
        Assert.Empty(News(Alpha));
        Assert.IsType<RoomMessage.Review>(Assert.Single(News(Bravo)));
    }

    [Theory]
    [InlineData("no consent to be traced")]
    [InlineData("consent towards another organisation")]
    [InlineData("consent that leaves this one out")]
    [InlineData("consent that has ended")]
    [InlineData("the search is a live operation")]
    [InlineData("staff may be involved")]
    [InlineData("no birth date")]
    [InlineData("no origin")]
    [InlineData("nobody is listed")]
    public void Q11_WithoutConsentOrEvidence_NobodyHears(string what)
    {
        var (one, other) = (Missing("S-1"), Found("F-1", "C2_BLIND_MATCH", "C3_TELL_NGO", "C7_TRACING"));
        var tracing = other.Consents.Single(consent => consent.Purpose == "C7_TRACING");
        var owner = Alpha;
        switch (what)
        {
            case "no consent to be traced":
                _ = other.Consents.Remove(tracing);
                break;
            case "consent towards another organisation":
                tracing.NamedRecipients.Add("charlie");
                break;
            case "consent that leaves this one out":
                tracing.ExcludedRecipients.Add("alpha");
                break;
            case "consent that has ended":
                tracing.ExpiresDay = (int)(Start - DateTimeOffset.UnixEpoch).TotalDays;
                break;
            case "the search is a live operation":
                one.Handling.Caveats.Add("LIVE_OPERATION");
                break;
            case "staff may be involved":
                other.Handling.Caveats.Add("STAFF_IMPLICATED");
                break;
            case "no birth date":
                one.Persons[0].Birth = null;
                break;
            case "no origin":
                (one.Persons[0].HomeArea, other.Persons[0].HomeArea) = (null, null);
                break;
            default:
                owner = Charlie;
                break;
        }

        Put(owner, one);
        Put(Bravo, other);
        foreach (var story in Run())
        {
            _outbox.Release(story, Bravo);
        }

        Assert.All((MemberId[])[Alpha, Bravo, Charlie, Police], member => Assert.Empty(News(member)));
    }

    [Fact]
    public void Q11_AChild_GoesToChildProtection_AndWhoLooksHearsNothing()
    {
        var found = Found("F-1");
        found.Persons[0].MajorityNow = "Minor";
        Put(Alpha, Missing("S-1"));
        Put(Bravo, found);
        var story = Run().Single(item => item.Query.Id == "Q11");
        var question = Assert.IsType<RoomMessage.Review>(Assert.Single(News(Bravo)));
        Assert.True(question.ChildProtection);
        Assert.Equal(["Child", "Tracing"], question.Reasons);
        _outbox.Release(story, Bravo);
        Assert.Empty(News(Alpha));
    }

    [Fact]
    public void Q11_ConsentTakenBack_TakesBackTheQuestionAndTheAnswer()
    {
        Put(Alpha, Missing("S-1"));
        var record = Put(Bravo, Found("F-1"));
        var story = Run().Single(item => item.Query.Id == "Q11");
        Assert.Single(News(Bravo));
        _outbox.Release(story, Bravo);
        Assert.Single(News(Alpha));
        Assert.True(_shelf.Change(Bravo, new RoomAct.ConsentChange(record, "C7_TRACING", false, null, "", [], [])));
        Assert.IsType<RoomMessage.Withdrawn>(Assert.Single(News(Bravo)));
        Assert.IsType<RoomMessage.Withdrawn>(Assert.Single(News(Alpha)));
    }

    [Fact]
    public void Q11_TheCharterHasNone_ASearchMeetsNobody()
    {
        var state = OutboxTests.MakeState(ShippedQueries.All, keys: []);
        Put(Alpha, Missing("S-1"));
        Put(Bravo, Found("F-1", "C2_BLIND_MATCH", "C3_TELL_NGO", "C7_TRACING"));
        Assert.Empty(StandingQueries.Run(state.Charter!, _shelf, Links()));
    }

    [Theory]
    [InlineData("suspect")]
    [InlineData("site")]
    [InlineData("case number")]
    public void Q14_WhoMeetsALiveOperation_IsToldWhomToCall_AndNothingOfIt(string what)
    {
        Authorise(Bravo);
        Put(Alpha, Met("A-1", what));
        Put(Bravo, Live("OP-1", what));
        Run();
        var pointer = Assert.IsType<RoomMessage.MatchPointer>(Assert.Single(News(Alpha)));
        Assert.Equal(("LiveOperation", MatchStrength.Strong, "A-1", "", false), (pointer.Link, pointer.Strength, pointer.Own, pointer.Quarter, pointer.Known));
        Assert.Equal(Bravo, pointer.Counterpart!.Member);
        Assert.Empty(pointer.Caveats);
        Assert.All(News(Bravo), message => Assert.NotEqual("LiveOperation", (message as RoomMessage.MatchPointer)?.Link ?? (message as RoomMessage.Review)?.Link));
        Assert.Empty(News(Police));
    }

    [Theory]
    [InlineData("not live")]
    [InlineData("not listed")]
    [InlineData("not authorised")]
    [InlineData("source to protect")]
    [InlineData("an official may be involved")]
    [InlineData("a victim's number")]
    [InlineData("alias alone")]
    public void Q14_WhatTheRuleDoesNotCover_IsNotTold(string what)
    {
        var (one, other) = (Met("A-1", "suspect"), Live("OP-1", "suspect"));
        var owner = Alpha;
        switch (what)
        {
            case "not live":
                other.Handling.Caveats.Clear();
                break;
            case "not listed":
                owner = Charlie;
                break;
            case "source to protect":
                other.Handling.Caveats.Add("SOURCE_PROTECTION");
                break;
            case "an official may be involved":
                one.Handling.Caveats.Add("OFFICIAL_IMPLICATED");
                break;
            case "a victim's number":
                (one, other) = (Met("A-1", "case number"), Live("OP-1", "case number"));
                one.Case.ExternalNumbers[0].HolderRole = "Victim";
                break;
            case "alias alone":
                foreach (var suspect in (Person[])[one.Persons[1], other.Persons[0]])
                {
                    suspect.Identifiers.Clear();
                    suspect.Names[0].Type = "Alias";
                }

                break;
            default:
                break;
        }

        if (what != "not authorised")
        {
            Authorise(Bravo);
        }

        Put(owner, one);
        Put(Bravo, other);
        Run();
        Assert.All((MemberId[])[Alpha, Bravo, Charlie], member => Assert.DoesNotContain(News(member), message => message is RoomMessage.MatchPointer { Link: "LiveOperation" } or RoomMessage.Review { Link: "LiveOperation" }));
    }

    [Fact]
    public void Q14_Guesses_AreRationed()
    {
        Authorise(Bravo);
        for (var i = 0; i < 8; i++)
        {
            var (one, other) = (Met($"A-{i}", "case number"), Live($"OP-{i}", "case number"));
            one.Case.ExternalNumbers[0].Value = other.Case.ExternalNumbers[0].Value = $"CASE-10{i}";
            Put(Alpha, one);
            Put(Bravo, other);
        }

        Run();
        Assert.Equal(_state.Charter!.Quotas.OneWayPointersPerQuarter, News(Alpha, 50).Count);
        Assert.Empty(News(Alpha, 50));
    }

    [Fact]
    public void Q15_TellsTheNamedContributorAlone()
    {
        Put(Alpha, Accused("D-1"));
        Put(Bravo, Victim("V-1", "C2_BLIND_MATCH", "C3_TELL_NGO", "C5_LE_NONIDENT", "C6_LE_IDENT"));
        var told = TheirOwn(Run(), "Q15");
        var pointer = Assert.IsType<RoomMessage.MatchPointer>(Assert.Single(told[Alpha]));
        Assert.Equal(("VictimAsOffender", "D-1", Bravo), (pointer.Link, pointer.Own, pointer.Counterpart!.Member));
        Assert.Empty(told[Bravo]);
        Assert.Empty(News(Police));
    }

    [Theory]
    [InlineData("no consent")]
    [InlineData("victims both")]
    [InlineData("accused both")]
    [InlineData("the named one holds neither")]
    public void Q15_WithoutConsentOrTheTwoRoles_TellsNobody(string what)
    {
        var (one, other) = (Accused("D-1"), Victim("V-1", "C2_BLIND_MATCH", "C3_TELL_NGO"));
        switch (what)
        {
            case "no consent":
                other = Victim("V-1", "C2_BLIND_MATCH", "C5_LE_NONIDENT", "C6_LE_IDENT");
                break;
            case "victims both":
                one.Persons[0].Role = "PotentialVictim";
                break;
            case "accused both":
                other.Persons[0].Role = "VictimOffender";
                break;
            default:
                break;
        }

        Put(what == "the named one holds neither" ? Charlie : Alpha, one);
        Put(Bravo, other);
        Assert.All(TheirOwn(Run(), "Q15"), member => Assert.Empty(member.Value));
    }

    [Theory]
    [InlineData(0, 91, 1)]
    [InlineData(0, 30, 0)]
    [InlineData(0, 400, 4)]
    public void Q16_TellsBothHowManyQuartersLieBetween(int exit, int start, int quarters)
    {
        Put(Alpha, Out("A-1", Day(20454 + exit)));
        Put(Bravo, Again("B-1", Day(20454 + start)));
        var told = TheirOwn(Run(), "Q16");
        Assert.Equal([quarters, quarters], ((MemberId[])[Alpha, Bravo]).Select(member => Assert.IsType<RoomMessage.MatchPointer>(Assert.Single(told[member])).QuartersBetween!.Value));
        Assert.All(Others(), pointer => Assert.Null(pointer.QuartersBetween));

        IEnumerable<RoomMessage.MatchPointer> Others() => ((MemberId[])[Alpha, Bravo]).SelectMany(member => told[member].OfType<RoomMessage.MatchPointer>()).Where(pointer => pointer.Link != "ReTrafficking");
    }

    [Theory]
    [InlineData("earlier")]
    [InlineData("a year alone is known")]
    [InlineData("in the record of the exit")]
    [InlineData("no exit")]
    [InlineData("no consent")]
    public void Q16_WithoutALaterExploitationOrConsent_IsNotTold(string what)
    {
        var (one, other) = (Out("A-1", Day(20454)), Again("B-1", Day(20600)));
        switch (what)
        {
            case "earlier":
                other.Exploitation[0].Start = Day(20400);
                break;
            case "a year alone is known":
                other.Exploitation[0].Start = new PartialDate { EarliestDay = 20454, LatestDay = 20818, Precision = "Year" };
                break;
            case "in the record of the exit":
                one.Exploitation[0].Start = other.Exploitation[0].Start;
                other.Exploitation.Clear();
                break;
            case "no exit":
                one.Exploitation[0].ExitOn = null;
                break;
            default:
                (one, other) = (Out("A-1", Day(20454), "C2_BLIND_MATCH"), Again("B-1", Day(20600), "C2_BLIND_MATCH"));
                break;
        }

        Put(Alpha, one);
        Put(Bravo, other);
        Assert.All(TheirOwn(Run(), "Q16"), member => Assert.Empty(member.Value));
    }

    public void Dispose()
    {
        _keys.Dispose();
        foreach (var key in _organisations.Values)
        {
            key.Dispose();
        }
    }

    /// <summary>The shipped queries, and the samples as a charter takes them; alpha gives legal aid.</summary>
    /// <param name="files">Which of samples/queries.</param>
    internal static IReadOnlyList<QueryDefinition> Samples(string files)
    {
        var draft = CharterDraft.After(OutboxTests.MakeState(ShippedQueries.All).Charter!);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository(), "samples", "queries"), files).Order(StringComparer.Ordinal))
        {
            var query = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            if (query["tell"]![0]!["only"] is not null)
            {
                query["tell"]![0]!["only"] = new JsonArray("alpha");
            }

            draft.PutQuery(query);
        }

        Assert.True(draft.TryBuild(out var charter, out var errors), string.Join('\n', errors));
        return charter.Queries;
    }

    private static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
        {
            folder = folder.Parent!;
        }

        return folder.FullName;
    }

    private IReadOnlyList<CleanRoom.Linkage.Link> Links() => _shelf.Index.FindLinks(
        _shelf.New, (a, b) => PairStory.AreComparable(_state, _shelf.Find(a)!, _shelf.Find(b)!, Start), TestContext.Current.CancellationToken).Links;

    private List<PairStory> Run()
    {
        var stories = StandingQueries.Run(_state.Charter!, _shelf, Links()).ToList();
        foreach (var story in stories)
        {
            _outbox.Add(story, story.Decide(_state, Start));
        }

        return stories;
    }

    private List<RoomMessage> News(MemberId member, int most = 7) => [.. _outbox.Take(member, most, _state, _shelf, _keys, Start).Where(message => message is not RoomMessage.Ending)];

    /// <summary>What each member is told because of one query; read from what it is told at all, as it goes over the wire.</summary>
    private Dictionary<MemberId, List<RoomMessage>> TheirOwn(List<PairStory> stories, string query)
    {
        var link = _state.Charter!.Queries.Single(item => item.Id == query).LinkTypes[0];
        Assert.All(stories, story => Assert.Contains(story.Link.Type.ToString(), story.Query.LinkTypes));
        return ((MemberId[])[Alpha, Bravo, Charlie, Police]).ToDictionary(member => member, member => News(member).ConvertAll(message => Again(member, message))
            .FindAll(message => ((message as RoomMessage.MatchPointer)?.Link ?? (message as RoomMessage.Review)?.Link ?? (message as RoomMessage.Notice)?.Link) == link));
    }

    private RoomMessage Again(MemberId member, RoomMessage message)
    {
        var place = new MessagePlace(_state.Room, member, 1, 1, Simulated: true);
        Assert.True(RoomMessage.TryParse(message.ToBytes(place), place, out var again));
        return again;
    }

    /// <summary>A record without a victim stands on what its contributor authorises.</summary>
    private void Authorise(MemberId member)
    {
        using var approver = SigningKey.Generate();
        Assert.True(_state.Apply(_state.Size, new PersonEntry(
            _state.Room, EntryId.From(Guid.NewGuid()), member, Revoke: false, "p2", approver.PublicKey, PersonRoles.Approver).Sign(_organisations[member])).IsAccepted);
        Assert.True(_state.Apply(_state.Size, new ListingEntry(_state.Room, EntryId.From(Guid.NewGuid()), member, [Alpha], [], ["C2_BLIND_MATCH", "C3_TELL_NGO"]).Sign(approver)).IsAccepted);
    }

    private Guid Put(MemberId owner, CaseRecord record)
    {
        var id = Guid.NewGuid();
        record.RecordId = ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
        OutboxTests.Put(_shelf, _state.Room, owner, ++_index, record);
        return id;
    }

    internal static CaseRecord Missing(string reference)
    {
        var record = Of(reference, "MissingPerson", ["C2_BLIND_MATCH", "C3_TELL_NGO", "C7_TRACING"], []);
        record.Persons[0].Identifiers.Add(Phone("Victim"));
        return record;
    }

    internal static CaseRecord Found(string reference, params string[] purposes) => Found(reference, [], purposes);

    private static CaseRecord Found(string reference, string[] caveats, params string[] purposes)
    {
        var record = Of(reference, "Victim", purposes.Length == 0 ? ["C2_BLIND_MATCH", "C7_TRACING"] : purposes, caveats);
        record.Persons[0].Identifiers.Add(Phone("Victim"));
        return record;
    }

    internal static CaseRecord Victim(string reference, params string[] purposes) => Of(reference, "Victim", purposes, []);

    internal static CaseRecord Accused(string reference) => Of(reference, "VictimOffender", ["C2_BLIND_MATCH", "C3_TELL_NGO"], []);

    internal static CaseRecord Out(string reference, PartialDate exit, params string[] purposes)
    {
        var record = Victim(reference, purposes.Length == 0 ? ["C2_BLIND_MATCH", "C3_TELL_NGO"] : purposes);
        record.Exploitation.Add(new Exploitation { ExitOn = exit });
        return record;
    }

    internal static CaseRecord Again(string reference, PartialDate start, params string[] purposes)
    {
        var record = Victim(reference, purposes.Length == 0 ? ["C2_BLIND_MATCH", "C3_TELL_NGO"] : purposes);
        record.Exploitation.Add(new Exploitation { Start = start });
        return record;
    }

    internal static CaseRecord Met(string reference, string what)
    {
        var record = new CaseRecord { ContributorRecordRef = reference, Handling = new Handling(), Persons = { new Person { PersonKey = "v1", Role = "Victim", MajorityNow = "Adult" } } };
        Agree(record, ["C2_BLIND_MATCH", "C3_TELL_NGO"]);
        return With(record, what);
    }

    internal static CaseRecord Live(string reference, string what) =>
        With(new CaseRecord { ContributorRecordRef = reference, Handling = new Handling { Tlp = "TLP:RED", Caveats = { "LIVE_OPERATION" } } }, what);

    private static CaseRecord With(CaseRecord record, string what)
    {
        switch (what)
        {
            case "suspect":
                record.Persons.Add(new Person { PersonKey = "s1", Role = "Suspect", Names = { new PersonName { Full = "Somchai Sommut" } }, Identifiers = { Phone("Suspect", "s1") } });
                break;
            case "site":
                record.Events.Add(new Event
                {
                    Type = "Exploitation",
                    Place = new Place { Name = "Sommut Seafood Shed", Address = "77/3 Sethakit Road", Locality = "Samut Sakhon", Country = "THA", HolderRole = "Organisation", Raw = "Sommut Seafood Shed, 77/3 Sethakit Road, Samut Sakhon" },
                });
                break;
            default:
                record.Case = new Case { ExternalNumbers = { new Identifier { Kind = "AgencyCaseNo", Raw = "CASE-100", Value = "CASE-100", Issuer = "police" } } };
                break;
        }

        return record;
    }

    private static CaseRecord Of(string reference, string role, string[] purposes, string[] caveats)
    {
        var record = new CaseRecord
        {
            ContributorRecordRef = reference,
            Handling = new Handling { Caveats = { caveats } },
            Persons =
            {
                new Person
                {
                    PersonKey = "v1", Role = role, MajorityNow = "Adult", Names = { new PersonName { Full = "Sreyneang Sok" } }, Birth = Day(9000), HomeArea = new Place { Locality = "Prey Veng" },
                },
            },
        };
        Agree(record, purposes);
        return record;
    }

    private static void Agree(CaseRecord record, string[] purposes) =>
        record.Consents.Add(purposes.Select(purpose => new Consent { Purpose = purpose, State = "Granted", ObtainedDay = 1, ExpiresDay = (int)(Start.AddYears(1) - DateTimeOffset.UnixEpoch).TotalDays }));

    private static Identifier Phone(string role, string holder = "v1") => new() { Kind = "Phone", Raw = Number, HolderRole = role, HolderPersonKey = holder };

    internal static PartialDate Day(int day) => new() { EarliestDay = day, LatestDay = day, Precision = "Day" };
}
