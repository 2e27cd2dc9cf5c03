using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests.Acts;

/// <summary>Facts that follow a notice, in the log and in the charter: two releasers, or a rule that all have signed.</summary>
public sealed class FactsActTests
{
    private static readonly string Match = StrictBase64.EncodeUrl(new byte[MatchReference.Size]);

    [Fact]
    public void Apply_Facts_NeedTheCharterAndTwoReleasers_AndLeaveOnce()
    {
        using var room = new TestRoom().Running();
        using var first = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var second = room.Person(room.A, "r2", PersonRoles.Releaser);
        using var lead = room.Person(room.A, "s1", PersonRoles.Safeguarding);
        using var officer = room.Person(room.Agency, "o1", PersonRoles.Officer);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.A, ActKind.Facts), first);
        using var instance = Amend(room, FactsRule.Offered);

        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.Agency, ActKind.Facts), officer);
        room.Refuse(IgnoredReason.WrongRole, room.Act(room.A, ActKind.Facts), lead);
        var act = room.Act(room.A, ActKind.Facts);
        void Refused() => room.Refuse(IgnoredReason.NotApproved, room.EpochOf(1, room.Cosigned()) with { Disclosed = [act.Id] }, room.Instance);

        Refused();
        room.Accept(act, first);
        Refused();
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.A, act), first);
        room.Refuse(IgnoredReason.WrongRole, room.Confirm(room.A, act), lead);
        room.Refuse(IgnoredReason.NotApproved, room.Act(room.Agency, ActKind.Outcome, act.Id), officer);
        room.Accept(room.Confirm(room.A, act), second);
        room.Accept(room.EpochOf(1, room.Cosigned()) with { Disclosed = [act.Id] }, room.Instance);
        Assert.True(room.State.IsDisclosed(act.Id));
        room.Refuse(IgnoredReason.NotApproved, room.EpochOf(2, room.Cosigned(), first: 5) with { Disclosed = [act.Id] }, room.Instance);

        // What became of it may be said; nobody decides on what nobody has asked.
        room.Refuse(IgnoredReason.NotApproved, room.Act(room.A, ActKind.Decision, act.Id), first);
        room.Accept(room.Act(room.Agency, ActKind.Outcome, act.Id), officer);
    }

    [Fact]
    public void Apply_FactsWithoutASignature_NeedTheCharterAndANameOfTheirOwn()
    {
        using var room = new TestRoom().Running();
        using var officer = room.Person(room.Agency, "o1", PersonRoles.Officer);
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        var id = TestRoom.NewId();
        room.Refuse(IgnoredReason.NotApproved, room.EpochOf(1, room.Cosigned()) with { Automatic = [id] }, room.Instance);
        using var instance = Amend(room, FactsRule.Offered);
        room.Refuse(IgnoredReason.NotApproved, room.EpochOf(1, room.Cosigned()) with { Automatic = [id] }, room.Instance);
        using var next = Amend(room, FactsRule.Automatic);
        var act = room.Act(room.A, ActKind.Facts);
        room.Accept(act, releaser);
        room.Refuse(IgnoredReason.NotApproved, room.EpochOf(1, room.Cosigned()) with { Automatic = [act.Id] }, room.Instance);
        room.Refuse(IgnoredReason.NotApproved, room.Act(room.Agency, ActKind.Outcome, id), officer);
        room.Accept(room.EpochOf(1, room.Cosigned()) with { Automatic = [id] }, room.Instance);
        Assert.True(room.State.IsDisclosed(id));
        room.Refuse(IgnoredReason.NotApproved, room.EpochOf(2, room.Cosigned(), first: 5) with { Automatic = [id] }, room.Instance);
        room.Refuse(IgnoredReason.NotApproved, room.EpochOf(2, room.Cosigned(), first: 5) with { Disclosed = [id] }, room.Instance);
        room.Accept(room.Act(room.Agency, ActKind.Outcome, id), officer);
        room.Refuse(IgnoredReason.NotApproved, room.Act(room.A, ActKind.Decision, id), releaser);
    }

    /// <summary>What identifies a person who is helped cannot be written, by nobody and for nobody.</summary>
    [Theory]
    [InlineData("""["suspects.identifiers"]""", true)]
    [InlineData("""["exploitation.sites","exploitation.types","organisations","suspects.identifiers","vehicles","vessels"]""", true)]
    [InlineData("""["victims.names"]""", false)]
    [InlineData("""["suspects.identifiers","victims.identifiers"]""", false)]
    [InlineData("""["victims.birth"]""", false)]
    [InlineData("""["victims.citizenship"]""", false)]
    [InlineData("""["suspects.names"]""", false)]
    [InlineData("""["persons.homeArea"]""", false)]
    [InlineData("""["vehicles","organisations"]""", false)]
    [InlineData("[]", false)]
    public void TryParse_Facts_HoldNothingThatIdentifiesWhoIsHelped(string fields, bool good)
    {
        var json = JsonNode.Parse(new RoomAct.OfferedRelease(Match, MemberId.Parse("d-agency"), ["vehicles"], false).ToBytes())!.AsObject();
        json["fields"] = JsonNode.Parse(fields);
        Assert.Equal(good, RoomAct.TryParse(CanonicalJson.Canonicalize(json), ActKind.Facts, out _, out _));
        Assert.All(OfferedFacts.All, field => Assert.Equal(ConsentPurpose.LeNonIdentifying, DisclosureFields.All[field]));

        var place = new MessagePlace(RoomId.From(Guid.NewGuid()), MemberId.Parse("d-agency"), 1, 1, true);
        var message = JsonNode.Parse(new RoomMessage.NoticeFacts(
            TestRoom.NewId(), Match, "SamePhone", 1, 1, "2", null, "2 D C", [], [], TestRoom.Start, TestRoom.Start).ToBytes(place))!.AsObject();
        message["facts"] = new JsonArray([.. JsonNode.Parse(fields)!.AsArray().Select(field => new JsonObject { ["field"] = field!.GetValue<string>(), ["text"] = "x" })]);
        Assert.Equal(good || fields is "[]" or """["vehicles","organisations"]""", RoomMessage.TryParse(CanonicalJson.Canonicalize(message), place, out _));
    }

    /// <summary>Who sees the log's sizes must not see to whom and what.</summary>
    [Fact]
    public void Seal_AllFacts_HaveOneSize()
    {
        using var room = new TestRoom().Opened();
        RoomAct[] acts =
        [
            .. from link in OfferedFacts.ByLinkType.Values
               from agency in (string[])["d", new string('d', 63)]
               from desk in (bool[])[true, false]
               select new RoomAct.OfferedRelease(Match, MemberId.Parse(agency), link, desk),
        ];
        Assert.Single(acts.Select(act => ActSeal.Seal(act, room.Room, TestRoom.NewId(), room.A.Id, null, room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!, new byte[32]).Sealed.Length).Distinct());
    }

    [Theory]
    [InlineData("Q3", "offered", true)]
    [InlineData("Q3", "auto", false)]
    [InlineData("Q5", "auto", true)]
    [InlineData("Q6", "auto", true)]
    [InlineData("Q7", "auto", true)]
    [InlineData("Q8", "auto", false)]
    [InlineData("Q8", "offered", true)]
    [InlineData("Q8", "later", false)]
    [InlineData("Q18", "offered", false)]
    [InlineData("Q18", "auto", false)]
    public void Charter_SaysHowFactsFollow_AndNotForEveryQuestion(string id, string word, bool good)
    {
        using var room = new TestRoom();
        var search = new QueryDefinition("Q18", "1.0.0", ["SameVehicle"], MatchStrength.Exact, 2, null, false, new AgencyTell(["police_ahtu"], JurisdictionRule.Any))
        {
            Kind = QueryKind.Search,
            Asking = new AskingTerms(["criminal-investigation"], null, [room.Genesis.Purposes.Allowed[0]], ["Suspect"]),
        };
        var json = JsonNode.Parse(TestRoom.Build(CharterDraft.After(room.Genesis).SetQueries([.. room.Genesis.Queries, search])).CanonicalBytes.Span)!.AsObject();
        var query = json["queries"]!.AsArray().Single(item => item!["id"]!.GetValue<string>() == id)!;
        query["tell"]!.AsArray()[^1]!["facts"] = word;
        Assert.Equal(good, RoomCharter.TryParse(CanonicalJson.Canonicalize(json), out var charter, out var errors));
        if (!good)
        {
            Assert.Contains(errors, error => error.Path.EndsWith("tell", StringComparison.Ordinal) || error.Path.EndsWith("facts", StringComparison.Ordinal));
            return;
        }

        Assert.Equal(CanonicalJson.Canonicalize(json), charter!.CanonicalBytes.ToArray());
        var words = Assert.Single(CharterDiff.Describe(room.Genesis, charter), line => line.StartsWith($"query {id} means: after a notice", StringComparison.Ordinal));
        Assert.Equal(word == "auto", words.Contains("WITHOUT anybody's signature", StringComparison.Ordinal));
    }

    /// <summary>A person of a victim is nobody's to offer.</summary>
    [Fact]
    public void Charter_OffersNothingOfVictims()
    {
        using var room = new TestRoom();
        Assert.DoesNotContain("SamePersonVictim", OfferedFacts.ByLinkType.Keys);
        var query = room.Genesis.Queries.Single(item => item.Id == "Q1") with { Agencies = new AgencyTell(["police_ahtu"], JurisdictionRule.Any) { Facts = FactsRule.Offered } };
        Assert.False(CharterDraft.After(room.Genesis).PutQuery(query).TryBuild(out _, out var errors));
        Assert.Contains(errors, error => error.Path.EndsWith("tell", StringComparison.Ordinal));
    }

    /// <summary>The next version of the charter, and an instance under it.</summary>
    private static SigningKey Amend(TestRoom room, FactsRule rule)
    {
        var next = TestRoom.Build(CharterDraft.After(room.State.Charter!).PutQuery(room.State.Charter!.Queries.Single(query => query.Id == "Q6").WithFacts(rule)));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(next, room.Contributors)), room.Steward.Organisation);
        var instance = room.NextInstance();
        var generation = room.State.LastGeneration + 1;
        room.Accept(room.InstanceOf(generation, instance), instance);
        foreach (var member in room.WithBroker)
        {
            room.Accept(room.ReleaseOf(member, generation), member.Verifier);
        }

        return instance;
    }
}
