using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests.Acts;

/// <summary>Emergencies in the log (N4): by two people of different roles, where the charter has them, in an epoch that is for nothing else.</summary>
public sealed class EmergencyActTests
{
    private static TestRoom Room() => new(new EmergencyTerms(3, [MemberId.Parse("d-agency")]));

    /// <summary>Who sees the log's sizes must not see what is said, nor to whom.</summary>
    [Fact]
    public void Seal_EveryEmergency_HasOneSize()
    {
        using var room = Room().Opened();
        RoomAct[] acts =
        [
            .. from presence in Warning.Presences
               from urgency in Warning.Urgencies
               from admin1 in (string?[])[null, "TH-5", "TH-50A"]
               from recipient in (string[])["d", new string('d', 63)]
               select new RoomAct.Emergency(Guid.NewGuid(), MemberId.Parse(recipient), new Warning(presence, urgency, "THA", admin1)),
        ];
        Assert.Single(acts.Select(act => ActSeal.Seal(act, room.Room, TestRoom.NewId(), room.A.Id, null, room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!, new byte[32]).Sealed.Length).Distinct());
    }

    [Fact]
    public void Apply_AnEmergency_NeedsTwoPeopleWithTwoDifferentRoles()
    {
        using var room = Room().Opened();
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var releaserAgain = room.Person(room.A, "r2", PersonRoles.Releaser);
        using var both = room.Person(room.A, "r3", PersonRoles.Releaser | PersonRoles.Uploader);
        using var sameHuman = room.Person(room.A, "r1", PersonRoles.Safeguarding);
        using var lead = room.Person(room.A, "s1", PersonRoles.Safeguarding);
        using var stranger = room.Person(room.B, "s1", PersonRoles.Safeguarding);
        using var officer = room.Person(room.Agency, "o1", PersonRoles.Officer);
        room.Refuse(IgnoredReason.WrongRole, room.Act(room.A, ActKind.Emergency), room.A.Uploader);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.Agency, ActKind.Emergency), officer);
        var act = room.Act(room.A, ActKind.Emergency);
        room.Accept(act, releaser);
        Assert.False(room.State.Act(act.Id)!.Counts);
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.A, act), releaser);
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.A, act), sameHuman);
        room.Refuse(IgnoredReason.SameRole, room.Confirm(room.A, act), releaserAgain);
        room.Refuse(IgnoredReason.SameRole, room.Confirm(room.A, act), both);
        room.Refuse(IgnoredReason.WrongRole, room.Confirm(room.A, act), room.A.Uploader);
        room.Refuse(IgnoredReason.UnknownAct, room.Confirm(room.B, act), stranger);
        Assert.False(room.State.Act(act.Id)!.Counts);
        room.Accept(room.Confirm(room.A, act), lead);
        Assert.True(room.State.Act(act.Id)!.Counts);

        // A key that was revoked meanwhile has no say, as the first or the second.
        var late = room.Act(room.A, ActKind.Emergency);
        room.Accept(late, releaser);
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, true, "r1", releaser.PublicKey, PersonRoles.None), room.A.Organisation);
        room.Refuse(IgnoredReason.Revoked, room.Confirm(room.A, late), lead);
        var later = room.Act(room.A, ActKind.Emergency);
        room.Accept(later, room.A.Approver);
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, true, "s1", lead.PublicKey, PersonRoles.None), room.A.Organisation);
        room.Refuse(IgnoredReason.Revoked, room.Confirm(room.A, later), lead);
        room.Accept(room.Confirm(room.A, later), releaserAgain);
    }

    /// <summary>A person with two roles may sign with either, if the other one has another.</summary>
    [Theory]
    [InlineData(PersonRoles.Releaser, PersonRoles.Releaser, false)]
    [InlineData(PersonRoles.Releaser, PersonRoles.Approver, true)]
    [InlineData(PersonRoles.Releaser | PersonRoles.Safeguarding, PersonRoles.Releaser, true)]
    [InlineData(PersonRoles.Releaser | PersonRoles.Safeguarding, PersonRoles.Uploader, false)]
    [InlineData(PersonRoles.Releaser | PersonRoles.Safeguarding, PersonRoles.None, false)]
    [InlineData(PersonRoles.Uploader | PersonRoles.Safeguarding, PersonRoles.Officer | PersonRoles.Safeguarding, false)]
    public void AreTwoRoles_IsOneDifferentRoleEach(PersonRoles first, PersonRoles second, bool expected)
    {
        Assert.Equal(expected, ActRules.AreTwoRoles(ActKind.Emergency, first, second));
        Assert.Equal(expected, ActRules.AreTwoRoles(ActKind.Emergency, second, first));
    }

    [Fact]
    public void Apply_AnEmergencyWhereTheCharterHasNone_IsIgnored()
    {
        using var room = new TestRoom().Opened();
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.A, ActKind.Emergency), releaser);
    }

    [Fact]
    public void Apply_AnEpochOfEmergencies_NamesWhatTwoHaveSigned_AndIsForNothingElse()
    {
        using var room = Room().Running();
        using var releaser = room.Person(room.A, "r1", PersonRoles.Releaser);
        var act = room.Act(room.A, ActKind.Emergency);
        EpochEntry Epoch(long number, long first) => room.EpochOf(number, room.Cosigned(), first) with { Evaluated = false, Emergencies = [act.Id] };

        room.Refuse(IgnoredReason.NotApproved, Epoch(1, 1), room.Instance);
        room.Accept(act, releaser);
        room.Refuse(IgnoredReason.NotApproved, Epoch(1, 1), room.Instance);
        room.Accept(room.Confirm(room.A, act), room.A.Approver);
        room.Refuse(IgnoredReason.NotApproved, Epoch(1, 1) with { Evaluated = true }, room.Instance);
        room.Refuse(IgnoredReason.NotApproved, Epoch(1, 1) with { Emergencies = [act.Id, TestRoom.NewId()] }, room.Instance);
        room.Accept(Epoch(1, 1), room.Instance);
        Assert.Equal([act.Id], room.State.Epoch(1)!.Entry.Emergencies);

        // The others' time goes on: whoever has emergencies holds no epoch back.
        Assert.Equal((TestRoom.Start.AddHours(1), null), (room.State.LastEpochTime, room.State.LastRegularEpochTime));
        room.Accept(room.EpochOf(2, room.Cosigned(), 5), room.Instance);
        Assert.Equal(TestRoom.Start.AddHours(1), room.State.LastRegularEpochTime);
    }

    [Theory]
    [InlineData("""{"perMonth":0,"recipients":["d-agency"]}""", "emergencies.perMonth")]
    [InlineData("""{"perMonth":101,"recipients":["d-agency"]}""", "emergencies.perMonth")]
    [InlineData("""{"perMonth":1,"recipients":[]}""", "emergencies.recipients")]
    [InlineData("""{"perMonth":1,"recipients":["a-contributor"]}""", "emergencies.recipients")]
    [InlineData("""{"perMonth":1,"recipients":["d-agency"],"text":"x"}""", "emergencies.text")]
    [InlineData("null", "emergencies")]
    public void Charter_NamesAgenciesAndABound(string wrong, string path)
    {
        using var room = Room();
        Assert.Equal((3, "d-agency"), (room.Genesis.Emergencies!.PerMonth, Assert.Single(room.Genesis.Emergencies.Recipients).Value));
        var json = JsonNode.Parse(room.Genesis.CanonicalBytes.Span)!.AsObject();
        json["emergencies"] = JsonNode.Parse(wrong);
        Assert.False(RoomCharter.TryParse(CanonicalJson.Canonicalize(json), out _, out var errors));
        Assert.Contains(errors, error => error.Path == path);

        // A version that says nothing of it has the bytes that it always had.
        var without = TestRoom.Build(CharterDraft.After(room.Genesis).SetEmergencies(null));
        Assert.Null(without.Emergencies);
        Assert.DoesNotContain("emergencies", System.Text.Encoding.UTF8.GetString(without.CanonicalBytes.Span), StringComparison.Ordinal);
        Assert.Contains("emergencies: d-agency may be warned at once, 3 times a month by each contributor becomes nobody may be warned of one", CharterDiff.Describe(room.Genesis, without));
    }
}
