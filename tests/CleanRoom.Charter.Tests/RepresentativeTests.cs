using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>Who speaks for survivors or workers: no version without its signature, its seat is its own to give up, and every query says what it may do.</summary>
public sealed class RepresentativeTests
{
    [Fact]
    public void Check_VersionWithoutTheSignatureOfARepresentative_DoesNotTakeOver()
    {
        using var seat = new TestMember("s-council");
        using var room = new TestRoom(seat);
        var without = TestRoom.Approved(room.Genesis, room.Contributors);
        Assert.Equal((CharterRefusal.ApprovalsMissing, seat.Id), (without.Check(null).Refusal, Assert.Single(without.Check(null).Missing)));
        Assert.False(without.With(seat.Id, CharterDecision.Sign(room.A.Organisation, room.Genesis, seat.Id, Decision.Approve)).Check(null).TakesOver);
        Assert.True(without.Approve(seat.Organisation, seat.Id).Check(null).TakesOver);

        // Also one that only removes a contributor.
        using var fourth = new TestMember("f-contributor");
        var four = TestRoom.Build(CharterDraft.After(room.Genesis).Put(fourth.AsContributor()));
        var three = CharterDraft.After(four);
        _ = three.Remove(fourth.Id);
        Assert.Equal([seat.Id], TestRoom.Approved(TestRoom.Build(three), room.Contributors).Check(four).Missing);
    }

    [Fact]
    public void Check_VersionThatTakesTheSeatFromItsHolder_NeedsTheHoldersOwnKey()
    {
        using var seat = new TestMember("s-council");
        using var puppet = new TestMember("s-council");
        using var room = new TestRoom(seat);
        var gone = CharterDraft.After(room.Genesis);
        _ = gone.Remove(seat.Id);
        foreach (var draft in (CharterDraft[])
        [
            gone,
            CharterDraft.After(room.Genesis).Put(Seat(puppet)),
            CharterDraft.After(room.Genesis).Put(puppet.AsContributor()),
            CharterDraft.After(room.Genesis).Put(puppet.AsAgency()),
            CharterDraft.After(room.Genesis).Put(puppet.AsSteward()),
        ])
        {
            var version = TestRoom.Build(draft);
            var others = TestRoom.Approved(version, room.Contributors);
            Assert.False(others.Check(room.Genesis).TakesOver);
            var forged = others.With(seat.Id, CharterDecision.Sign(puppet.Organisation, version, seat.Id, Decision.Approve)).Check(room.Genesis);
            Assert.Equal((CharterRefusal.ApprovalsMissing, seat.Id), (forged.Refusal, Assert.Single(forged.Invalid)));
            Assert.True(others.With(seat.Id, CharterDecision.Sign(seat.Organisation, version, seat.Id, Decision.Approve)).Check(room.Genesis).TakesOver);
        }
    }

    [Fact]
    public void Apply_VetoOfARepresentative_KeepsTheVersionOutAndNobodyElseMayGiveIt()
    {
        using var seat = new TestMember("s-council");
        using var room = new TestRoom(seat);
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(room.Genesis, [.. room.Contributors, seat])), room.Steward.Organisation);
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).SetTitle("Second (fictional)"));
        room.Refuse(IgnoredReason.UnknownSigner, new VetoEntry(room.Room, TestRoom.NewId(), seat.Id, next.Hash, 2), room.A.Organisation);
        room.Refuse(IgnoredReason.NotAllowed, new VetoEntry(room.Room, TestRoom.NewId(), room.Steward.Id, next.Hash, 2), room.Steward.Organisation);
        room.Accept(new VetoEntry(room.Room, TestRoom.NewId(), seat.Id, next.Hash, 2), seat.Organisation);
        var outcome = room.Append(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(next, [.. room.Contributors, seat])), room.Steward.Organisation);
        Assert.Equal((CharterRefusal.Vetoed, seat.Id), (outcome.Verdict!.Refusal, Assert.Single(outcome.Verdict.VetoedBy)));
    }

    [Fact]
    public void Charter_WithARepresentative_IsReadStrictlyAndSaysWhatEachQueryMayDo()
    {
        using var seat = new TestMember("s-council");
        using var room = new TestRoom(seat);
        Assert.Equal("survivors", Assert.Single(room.Genesis.Representatives).SpeaksFor);
        Assert.All(room.Genesis.Queries, query => Assert.NotEmpty(query.Impact!));
        var at = room.Genesis.Members.ToList().FindIndex(member => member.Id == seat.Id);
        foreach (var (path, change) in (List<(string, Action<JsonNode>)>)
        [
            ($"members[{at}].speaksFor", json => json["members"]![at]!["speaksFor"] = "victims"),
            ($"members[{at}].speaksFor", json => json["members"]![at]!.AsObject().Remove("speaksFor")),
            ($"members[{at}].broker", json => json["members"]![at]!["broker"] = new JsonObject()),
            ("queries[2].impact", json => json["queries"]![2]!.AsObject().Remove("impact")),
            ("queries[2].impact", json => json["queries"]![2]!["impact"] = ""),
            ("queries[2].impact", json => json["queries"]![2]!["impact"] = null),
            ("queries[2].impact", json => json["queries"]![2]!["impact"] = "a\nb"),
            ("queries[2].impact", json => json["queries"]![2]!["impact"] = new string('x', 401)),
        ])
        {
            var json = JsonNode.Parse(room.Genesis.CanonicalBytes.Span)!;
            change(json);
            Assert.False(RoomCharter.TryParse(CanonicalJson.Canonicalize(json), out _, out var errors), path);
            Assert.Contains(errors, error => error.Path == path);
        }

        // A room of before, without a seat, need not say it.
        using var before = new TestRoom();
        var silent = JsonNode.Parse(before.Genesis.CanonicalBytes.Span)!;
        foreach (var query in silent["queries"]!.AsArray())
        {
            _ = query!.AsObject().Remove("impact");
        }

        Assert.True(RoomCharter.TryParse(CanonicalJson.Canonicalize(silent), out var parsed, out _));
        Assert.All(parsed!.Queries, query => Assert.False(query.ToJson().ContainsKey("impact")));
    }

    [Fact]
    public void Describe_SeatAndImpact_AreInWords()
    {
        using var seat = new TestMember("s-council");
        using var room = new TestRoom();
        var q1 = room.Genesis.Queries[0] with { Impact = "Somebody may be found who hides." };
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).Put(Seat(seat)).SetQueries([q1, .. room.Genesis.Queries.Skip(1)]));
        var lines = CharterDiff.Describe(room.Genesis, next);
        Assert.Contains("query Q1 may do this to the people concerned: Somebody may be found who hides.", lines);
        Assert.Contains(lines, line => line.Contains("it speaks for survivors, and no version takes over without its signature", StringComparison.Ordinal));
        Assert.Contains(CharterDiff.Describe(next, room.Genesis), line => line.EndsWith("is removed: it spoke for survivors", StringComparison.Ordinal));
    }

    private static RepresentativeMember Seat(TestMember member) => new(member.Id, $"{member.Id} (fictional)", member.Organisation.PublicKey, "survivors");
}
