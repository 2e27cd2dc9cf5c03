using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests.Acts;

/// <summary>Overrides of missing consent in the log: by two people of different roles, where the charter knows them; ended by one.</summary>
public sealed class OverrideActTests
{
    private static readonly OverrideTerms Terms = new(["LegalDuty", "VitalInterest"], RoomDuration.Days(7), [MemberId.Parse("d-agency")]);

    [Fact]
    public void Apply_AnOverride_NeedsTheCharterAndTwoRoles_ItsEndOnePerson()
    {
        using var room = new TestRoom().Opened();
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var again = room.Person(room.A, "r2", PersonRoles.Releaser);
        using var lead = room.Person(room.A, "s1", PersonRoles.Safeguarding);
        using var officer = room.Person(room.Agency, "o1", PersonRoles.Officer);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.A, ActKind.Override), releaser);
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).SetOverrides(Terms));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(next, room.Contributors)), room.Steward.Organisation);

        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.Agency, ActKind.Override), officer);
        room.Refuse(IgnoredReason.WrongRole, room.Act(room.A, ActKind.Override), room.A.Uploader);
        var act = room.Act(room.A, ActKind.Override);
        room.Accept(act, releaser);
        Assert.False(room.State.Act(act.Id)!.Counts);
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.A, act), releaser);
        room.Refuse(IgnoredReason.SameRole, room.Confirm(room.A, act), again);
        room.Accept(room.Confirm(room.A, act), lead);
        Assert.True(room.State.Act(act.Id)!.Counts);

        var late = room.Act(room.A, ActKind.Override);
        room.Accept(late, releaser);
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, true, "r1", releaser.PublicKey, PersonRoles.None), room.A.Organisation);
        room.Refuse(IgnoredReason.Revoked, room.Confirm(room.A, late), lead);
        var end = room.Act(room.A, ActKind.Lift);
        room.Accept(end, again);
        Assert.True(room.State.Act(end.Id)!.Counts);
    }

    /// <summary>Who sees the log's sizes must not see for whom, why and towards whom.</summary>
    [Fact]
    public void Seal_EveryOverride_HasOneSize()
    {
        using var room = new TestRoom().Opened();
        RoomAct[] acts =
        [
            .. from basis in RoomAct.Override.KnownBases
               from purpose in RoomAct.Override.KnownPurposes
               from subject in RoomAct.Override.KnownSubjects
               from recipient in (string[])["d", new string('d', 63)]
               select new RoomAct.Override(Guid.NewGuid(), MemberId.Parse(recipient), purpose, basis, subject, TestRoom.Start),
        ];
        Assert.Single(acts.Select(act => ActSeal.Seal(act, room.Room, TestRoom.NewId(), room.A.Id, null, room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!, new byte[32]).Sealed.Length).Distinct());
    }

    [Theory]
    [InlineData("""{"bases":["LegalDuty"],"longest":"P91D","recipients":["d-agency"]}""", "overrides.longest")]
    [InlineData("""{"bases":["LegalDuty"],"longest":"P7D","recipients":["a-contributor"]}""", "overrides.recipients")]
    [InlineData("""{"bases":["Convenience"],"longest":"P7D","recipients":["d-agency"]}""", "overrides.bases[0]")]
    [InlineData("""{"bases":[],"longest":"P7D","recipients":["d-agency"]}""", "overrides.bases")]
    [InlineData("null", "overrides")]
    public void Charter_NamesBasesAgenciesAndALongest(string wrong, string path)
    {
        using var room = new TestRoom();
        Assert.Null(room.Genesis.Overrides);
        Assert.DoesNotContain("overrides", System.Text.Encoding.UTF8.GetString(room.Genesis.CanonicalBytes.Span), StringComparison.Ordinal);
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).SetOverrides(Terms));
        Assert.Contains(CharterDiff.Describe(room.Genesis, next), line => line.StartsWith("overrides of consent: nothing overrides a consent becomes two people", StringComparison.Ordinal));
        var json = JsonNode.Parse(next.CanonicalBytes.Span)!.AsObject();
        json["overrides"] = JsonNode.Parse(wrong);
        Assert.False(RoomCharter.TryParse(CanonicalJson.Canonicalize(json), out _, out var errors));
        Assert.Contains(errors, error => error.Path == path);
    }
}
