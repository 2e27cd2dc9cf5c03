using System.Text.Json.Nodes;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>Who may learn of a contributor's records, where the charter asks for two people: nobody opens alone, everybody closes alone.</summary>
public sealed class ListingTests
{
    [Fact]
    public void Apply_ListingThatWidens_CountsOnlyWithAnotherLivePersonOfTheMember()
    {
        using var room = Opened();
        var alone = room.Listing(room.A, [room.C]);
        room.Accept(alone, room.A.Approver);
        Assert.Null(room.State.ListingOf(room.A.Id));
        Assert.Equal("p1", room.State.WaitingListingOf(room.A.Id)!.Person);

        using var second = room.Person(room.A, "p9", PersonRoles.Approver);
        using var sameName = room.Person(room.A, "p1", PersonRoles.Approver);
        room.Refuse(IgnoredReason.SamePerson, Confirm(room, room.A), room.A.Approver);
        room.Refuse(IgnoredReason.SamePerson, Confirm(room, room.A), sameName);
        room.Refuse(IgnoredReason.WrongRole, Confirm(room, room.A), room.A.Uploader);
        room.Refuse(IgnoredReason.UnknownSigner, Confirm(room, room.A), room.B.Approver);
        room.Refuse(IgnoredReason.UnknownAct, Confirm(room, room.A) with { Author = room.B.Id }, room.B.Approver);
        Assert.Null(room.State.ListingOf(room.A.Id));

        room.Accept(Confirm(room, room.A), second);
        Assert.Equal([room.C.Id], room.State.ListingOf(room.A.Id)!.Contributors);
        Assert.Null(room.State.WaitingListingOf(room.A.Id));
        Assert.False(room.State.MayTell(room.A.Id, room.C.Id));
        List(room, room.C, room.A);
        Assert.True(room.State.MayTell(room.A.Id, room.C.Id));
        room.Refuse(IgnoredReason.UnknownAct, Confirm(room, room.A), second);
    }

    [Fact]
    public void Apply_RevokedPerson_NeitherListsNorConfirms()
    {
        using var room = Opened();
        using var second = room.Person(room.A, "p9", PersonRoles.Approver);
        using var third = room.Person(room.A, "p8", PersonRoles.Approver);
        room.Accept(room.Listing(room.A, [room.C]), third);
        Revoke(room, second, "p9");
        room.Refuse(IgnoredReason.Revoked, Confirm(room, room.A), second);
        Revoke(room, third, "p8");
        room.Refuse(IgnoredReason.Revoked, Confirm(room, room.A), room.A.Approver);
        Assert.Null(room.State.ListingOf(room.A.Id));
    }

    [Fact]
    public void Apply_ListingThatNarrows_CountsAtOnceAndWhatItWidensWaits()
    {
        using var room = Opened();
        List(room, room.A, room.B, room.C);
        room.Accept(room.Listing(room.A, [room.C]), room.A.Approver);
        Assert.Equal([room.C.Id], room.State.ListingOf(room.A.Id)!.Contributors);
        Assert.Null(room.State.WaitingListingOf(room.A.Id));

        // Takes C away and adds B: the first counts, the second waits. The agency stays; of the purposes none is left.
        room.Accept(room.Listing(room.A, [room.B]) with { Purposes = [] }, room.A.Approver);
        var known = room.State.ListingOf(room.A.Id)!;
        Assert.Empty(known.Contributors);
        Assert.Equal([room.Agency.Id], known.Agencies);
        Assert.Equal(ConsentPurpose.None, known.Purposes);
        ConfirmAs(room, room.A);
        Assert.Equal([room.B.Id], room.State.ListingOf(room.A.Id)!.Contributors);

        // Each of the three things widens by itself.
        room.Accept(room.Listing(room.A, []) with { Agencies = [], Purposes = [] }, room.A.Approver);
        Assert.Null(room.State.WaitingListingOf(room.A.Id));
        var none = room.Listing(room.A, []) with { Agencies = [], Purposes = [] };
        foreach (var wider in (ListingEntry[])[none with { Contributors = [room.B.Id] }, none with { Agencies = [room.Agency.Id] }, none with { Purposes = ["C5_LE_NONIDENT"] }])
        {
            room.Accept(wider with { Id = TestRoom.NewId() }, room.A.Approver);
            Assert.NotNull(room.State.WaitingListingOf(room.A.Id));
            Assert.True(room.State.ListingOf(room.A.Id)!.IsWithin(null));
        }
    }

    [Fact]
    public void Apply_LaterListing_TakesThePlaceOfTheOneThatWaits()
    {
        using var room = Opened();
        using var second = room.Person(room.A, "p9", PersonRoles.Approver);
        room.Accept(room.Listing(room.A, [room.B, room.C]), room.A.Approver);
        var before = Confirm(room, room.A);

        // Whoever closes ends what waits: it does not come back by a late signature.
        room.Accept(room.Listing(room.A, []) with { Agencies = [], Purposes = [] }, second);
        room.Refuse(IgnoredReason.UnknownAct, before, second);
        Assert.Empty(room.State.ListingOf(room.A.Id)!.Contributors);
    }

    [Fact]
    public void Apply_VersionWithoutAMemberThatWaitsToBeListed_EndsTheListing()
    {
        using var room = Opened();
        using var fourth = new TestMember("f-contributor");
        var next = TestRoom.Build(CharterDraft.After(room.State.Charter!).Put(fourth.AsContributor()));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(next, [.. room.Contributors, fourth])), room.Steward.Organisation);
        room.Accept(room.Listing(room.A, [fourth]), room.A.Approver);
        var without = CharterDraft.After(next);
        _ = without.Remove(fourth.Id);
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(TestRoom.Build(without), room.Contributors)), room.Steward.Organisation);
        Assert.Null(room.State.WaitingListingOf(room.A.Id));
    }

    [Fact]
    public void Charter_NeedsSecond_IsInNewOnesAndMayOnlySayWhatThereIs()
    {
        using var room = new TestRoom(twoPeople: true);
        Assert.Equal(["listing"], room.Genesis.NeedsSecond);
        Assert.Equal(room.Genesis.CanonicalBytes.ToArray(), CharterDraft.TryParse(room.Genesis.CanonicalBytes.Span, out var again) ? again.ToBytes() : []);
        var made = JsonNode.Parse(CharterDraft.Create(room.Room, "New", simulated: true, TestRoom.Start, TestRoom.Start.AddDays(1)).ToBytes())!;
        Assert.Equal("""["listing"]""", made["needsSecond"]!.ToJsonString());
        foreach (var wrong in (string[])["[]", "[\"listing\",\"listing\"]", "[\"upload\"]", "true", "null"])
        {
            var json = JsonNode.Parse(room.Genesis.CanonicalBytes.Span)!.AsObject();
            json["needsSecond"] = JsonNode.Parse(wrong);
            Assert.False(RoomCharter.TryParse(CanonicalJson.Canonicalize(json), out _, out var errors), wrong);
            Assert.All(errors, error => Assert.StartsWith("needsSecond", error.Path, StringComparison.Ordinal));
        }

        var one = TestRoom.Build(CharterDraft.After(room.Genesis).SetNeedsSecond());
        Assert.Empty(one.NeedsSecond);
        Assert.Equal(["entries that need a second person to widen: listing becomes none"], CharterDiff.Describe(room.Genesis, one));
    }

    /// <summary>Nobody lists anybody: what opening a room signs, it signs alone.</summary>
    private static TestRoom Opened() => new TestRoom(twoPeople: true).Opened();

    private static ConfirmEntry Confirm(TestRoom room, TestMember member) =>
        new(room.Room, TestRoom.NewId(), member.Id, room.State.WaitingListingOf(member.Id)?.LeafHash ?? Digest.Of("none"u8));

    private static void ConfirmAs(TestRoom room, TestMember member)
    {
        using var second = room.Person(member, $"s{room.State.Size}", PersonRoles.Approver);
        room.Accept(Confirm(room, member), second);
    }

    private static void List(TestRoom room, TestMember member, params TestMember[] others)
    {
        room.Accept(room.Listing(member, others), member.Approver);
        ConfirmAs(room, member);
    }

    private static void Revoke(TestRoom room, SigningKey key, string name) =>
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, true, name, key.PublicKey, PersonRoles.None), room.A.Organisation);
}
