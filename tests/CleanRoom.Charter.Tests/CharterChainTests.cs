using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class CharterChainTests
{
    [Fact]
    public void Check_GenesisSignedByEveryContributor_TakesOver()
    {
        using var room = new TestRoom();
        Assert.True(TestRoom.Approved(room.Genesis, room.Contributors).Check(null).TakesOver);
    }

    [Fact]
    public void Check_OneApprovalMissing_SaysWhose()
    {
        using var room = new TestRoom();
        var verdict = TestRoom.Approved(room.Genesis, room.A, room.C).Check(null);
        Assert.Equal(CharterRefusal.ApprovalsMissing, verdict.Refusal);
        Assert.Equal([room.B.Id], verdict.Missing);
    }

    [Fact]
    public void Check_ApprovalByAnotherKeyForAnotherCharterOrAVeto_IsInvalid()
    {
        using var room = new TestRoom();
        var other = TestRoom.Build(room.Draft.SetTitle("Other (fictional)"));
        var good = TestRoom.Approved(room.Genesis, room.A, room.C);
        foreach (var wrong in (string[])[
            CharterDecision.Sign(room.A.Organisation, room.Genesis, room.B.Id, Decision.Approve),
            CharterDecision.Sign(room.B.Organisation, other, room.B.Id, Decision.Approve),
            CharterDecision.Sign(room.B.Organisation, room.Genesis, room.A.Id, Decision.Approve),
            CharterDecision.Sign(room.B.Organisation, room.Genesis, room.B.Id, Decision.Veto),
            "", "x..y"])
        {
            var verdict = good.With(room.B.Id, wrong).Check(null);
            Assert.Equal(CharterRefusal.ApprovalsMissing, verdict.Refusal);
            Assert.Equal([room.B.Id], verdict.Invalid);
        }
    }

    [Fact]
    public void Check_ApprovalOfAStrangerOrABadOneOfAnAgency_KeepsTheVersionOut()
    {
        using var room = new TestRoom();
        using var stranger = new TestMember("stranger");
        var full = TestRoom.Approved(room.Genesis, room.Contributors);
        Assert.False(full.Approve(stranger.Organisation, stranger.Id).Check(null).TakesOver);
        Assert.False(full.With(room.Agency.Id, CharterDecision.Sign(room.A.Organisation, room.Genesis, room.Agency.Id, Decision.Approve)).Check(null).TakesOver);
        Assert.True(full.Approve(room.Agency.Organisation, room.Agency.Id).Check(null).TakesOver);
    }

    [Fact]
    public void Approve_WithAnotherKeyThanTheChartersIsAWrongCall()
    {
        using var room = new TestRoom();
        Assert.Throws<ArgumentException>(() => SignedCharter.Begin(room.Genesis).Approve(room.A.Organisation, room.B.Id));
    }

    [Fact]
    public void TryParse_WhatWasWritten_GivesTheSameApprovals()
    {
        using var room = new TestRoom();
        var bytes = TestRoom.Approved(room.Genesis, room.Contributors).ToBytes();
        Assert.True(SignedCharter.TryParse(bytes, out var again, out var errors), string.Join('\n', errors));
        Assert.True(again.Check(null).TakesOver);
        Assert.Equal(bytes, again.ToBytes());
        Assert.False(SignedCharter.TryParse([.. bytes, 32], out _, out _));
        var half = TestRoom.Approved(room.Genesis, room.A);
        Assert.Equal(2, half.Merge(TestRoom.Approved(room.Genesis, room.B)).Approvals.Count);
        Assert.Throws<ArgumentException>(() => half.Merge(SignedCharter.Begin(TestRoom.Build(room.Draft.SetTitle("Other")))));
    }

    [Fact]
    public void Apply_NextVersionSignedByAll_TakesOver()
    {
        using var room = new TestRoom().Opened();
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).SetTitle("Next (fictional)"));
        room.Accept(Charter(room, TestRoom.Approved(next, room.Contributors)), room.A.Organisation);
        Assert.Equal(2, room.State.Charter!.Version);
        Assert.Equal(1, room.State.CharterAtSize(room.State.Size - 1)!.Version);
    }

    [Fact]
    public void Apply_TwoChildrenOfOneParent_OnlyTheFirstTakesOver()
    {
        using var room = new TestRoom().Opened();
        var one = TestRoom.Build(CharterDraft.After(room.Genesis).SetTitle("One (fictional)"));
        var two = TestRoom.Build(CharterDraft.After(room.Genesis).SetTitle("Two (fictional)"));
        room.Accept(Charter(room, TestRoom.Approved(one, room.Contributors)), room.A.Organisation);
        room.Refuse(IgnoredReason.CharterRefused, Charter(room, TestRoom.Approved(two, room.Contributors)), room.A.Organisation);
        Assert.Equal(one.Hash, room.State.Charter!.Hash);

        // A grandchild by the losing branch has the right number and the wrong parent.
        var grandchild = TestRoom.Build(CharterDraft.After(two).SetTitle("Three (fictional)"));
        var outcome = room.Append(Charter(room, TestRoom.Approved(grandchild, room.Contributors)), room.A.Organisation);
        Assert.Equal(CharterRefusal.WrongParent, outcome.Verdict!.Refusal);
    }

    [Fact]
    public void Apply_OldVersionAgain_IsRefused()
    {
        using var room = new TestRoom().Opened();
        var outcome = room.Append(room.GenesisEntry(), room.Steward.Organisation);
        Assert.Equal((IgnoredReason.CharterRefused, CharterRefusal.WrongVersion), (outcome.Reason, outcome.Verdict!.Refusal));
    }

    [Fact]
    public void Apply_VersionThatStopsBeingSimulated_IsRefused()
    {
        using var room = new TestRoom().Opened();
        var bytes = System.Text.Json.Nodes.JsonNode.Parse(room.NewDraft(simulated: false).ToBytes())!.AsObject();
        bytes["version"] = 2;
        bytes["previous"] = room.Genesis.Hash.ToString();
        Assert.True(RoomCharter.TryParse(CanonicalJson.Canonicalize(bytes), out var real, out var errors), string.Join('\n', errors));
        var outcome = room.Append(Charter(room, TestRoom.Approved(real, room.Contributors)), room.A.Organisation);
        Assert.Equal(CharterRefusal.SimulationChanged, outcome.Verdict!.Refusal);
    }

    [Fact]
    public void Apply_VetoedVersion_IsRefusedEvenWithEveryApproval()
    {
        using var room = new TestRoom().Opened();
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).SetTitle("Next (fictional)"));
        room.Refuse(IgnoredReason.UnknownSigner, new VetoEntry(room.Room, TestRoom.NewId(), room.B.Id, next.Hash, 2), room.A.Organisation);
        room.Refuse(IgnoredReason.NotAllowed, new VetoEntry(room.Room, TestRoom.NewId(), room.Agency.Id, next.Hash, 2), room.Agency.Organisation);
        room.Accept(new VetoEntry(room.Room, TestRoom.NewId(), room.B.Id, next.Hash, 2), room.B.Organisation);
        var outcome = room.Append(Charter(room, TestRoom.Approved(next, room.Contributors)), room.A.Organisation);
        Assert.Equal(CharterRefusal.Vetoed, outcome.Verdict!.Refusal);
        Assert.Equal([room.B.Id], outcome.Verdict.VetoedBy);

        var better = TestRoom.Build(CharterDraft.After(room.Genesis).SetTitle("Better (fictional)"));
        room.Accept(Charter(room, TestRoom.Approved(better, room.Contributors)), room.A.Organisation);
        room.Refuse(IgnoredReason.VetoTooLate, new VetoEntry(room.Room, TestRoom.NewId(), room.B.Id, better.Hash, 2), room.B.Organisation);
    }

    [Fact]
    public void Apply_PureRemoval_NeedsNoWordOfTheRemovedAndIsDeafToItsVeto()
    {
        using var room = new TestRoom();
        using var fourth = new TestMember("fourth");
        var genesis = TestRoom.Build(room.Draft.Put(fourth.AsContributor()).Set(new QuotaTerms(5, new Dictionary<MemberId, int> { [fourth.Id] = 9 })));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.A.Id, TestRoom.Approved(genesis, room.A, room.B, room.C, fourth)), room.A.Organisation);

        var draft = CharterDraft.After(genesis);
        Assert.True(draft.Remove(fourth.Id));
        var removal = TestRoom.Build(draft);
        room.Accept(new VetoEntry(room.Room, TestRoom.NewId(), fourth.Id, removal.Hash, 2), fourth.Organisation);
        room.Accept(Charter(room, TestRoom.Approved(removal, room.Contributors)), room.A.Organisation);
        Assert.Null(room.State.Charter!.Contributor(fourth.Id));
    }

    [Fact]
    public void Apply_RemovalThatChangesMore_NeedsTheRemovedToAgree()
    {
        using var room = new TestRoom();
        using var fourth = new TestMember("fourth");
        var genesis = TestRoom.Build(room.Draft.Put(fourth.AsContributor()));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.A.Id, TestRoom.Approved(genesis, room.A, room.B, room.C, fourth)), room.A.Organisation);
        var draft = CharterDraft.After(genesis).SetTitle("Also another title (fictional)");
        draft.Remove(fourth.Id);
        var more = TestRoom.Build(draft);
        var outcome = room.Append(Charter(room, TestRoom.Approved(more, room.Contributors)), room.A.Organisation);
        Assert.Equal([fourth.Id], outcome.Verdict!.Missing);
        room.Accept(Charter(room, TestRoom.Approved(more, [.. room.Contributors, fourth])), room.A.Organisation);
    }

    [Fact]
    public void Apply_Removal_ForgetsListingsBothWaysAndLocksThePeopleOut()
    {
        using var room = new TestRoom();
        using var fourth = new TestMember("fourth");
        var genesis = TestRoom.Build(room.Draft.Put(fourth.AsContributor()));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.A.Id, TestRoom.Approved(genesis, room.A, room.B, room.C, fourth)), room.A.Organisation);
        foreach (var member in (TestMember[])[room.A, fourth])
        {
            room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), member.Id, false, "p", member.Approver.PublicKey, PersonRoles.Approver), member.Organisation);
        }

        room.Accept(room.Listing(room.A, [fourth]), room.A.Approver);
        room.Accept(room.Listing(fourth, [room.A]), fourth.Approver);
        Assert.True(room.State.MayTell(room.A.Id, fourth.Id));

        var draft = CharterDraft.After(genesis);
        draft.Remove(fourth.Id);
        var removal = TestRoom.Build(draft);
        room.Accept(Charter(room, TestRoom.Approved(removal, room.Contributors)), room.A.Organisation);
        Assert.False(room.State.MayTell(room.A.Id, fourth.Id));
        room.Refuse(IgnoredReason.NotAMember, room.Listing(fourth, [room.A]), fourth.Approver);

        var back = TestRoom.Build(CharterDraft.After(removal).Put(fourth.AsContributor()));
        room.Accept(Charter(room, TestRoom.Approved(back, [.. room.Contributors, fourth])), room.A.Organisation);
        Assert.False(room.State.MayTell(room.A.Id, fourth.Id));
        Assert.Empty(room.State.ListingOf(room.A.Id)!.Contributors);
    }

    [Fact]
    public void Apply_LostOrganisationKey_IsReplacedByTheOthersAndTheNewKey()
    {
        using var room = new TestRoom().Opened();
        using var fresh = SigningKey.Generate();
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).Put(room.B.AsContributor() with { OrganisationKey = fresh.PublicKey }));
        var approved = TestRoom.Approved(next, room.A, room.C);
        var byOldKey = approved.With(room.B.Id, CharterDecision.Sign(room.B.Organisation, next, room.B.Id, Decision.Approve));
        room.Refuse(IgnoredReason.CharterRefused, Charter(room, byOldKey), room.A.Organisation);
        room.Accept(Charter(room, approved.Approve(fresh, room.B.Id)), room.A.Organisation);
        using var person = SigningKey.Generate();
        var entry = new PersonEntry(room.Room, TestRoom.NewId(), room.B.Id, false, "p9", person.PublicKey, PersonRoles.Officer);
        room.Refuse(IgnoredReason.UnknownSigner, entry, room.B.Organisation);
        room.Accept(entry, fresh);
    }

    [Theory]
    [InlineData(-1, CharterStatus.NotYetValid)]
    [InlineData(0, CharterStatus.InForce)]
    [InlineData(365 * 24, CharterStatus.Expired)]
    public void CharterAt_RoomTime_SaysWhetherItIsValid(int hours, CharterStatus expected)
    {
        using var room = new TestRoom().Opened();
        var time = TestRoom.Start.AddHours(hours);
        Assert.Equal(expected, room.State.CharterAt(new RoomTime(time, time)).Status);
    }

    [Fact]
    public void CharterAt_ClocksThatDisagree_TakesTheLateOneToExpireAndTheEarlyOneToOpen()
    {
        using var room = new TestRoom().Opened();
        Assert.Equal(CharterStatus.Expired, room.State.CharterAt(new RoomTime(TestRoom.Start, TestRoom.Start.AddYears(1))).Status);
        Assert.Equal(CharterStatus.NotYetValid, room.State.CharterAt(new RoomTime(TestRoom.Start.AddSeconds(-1), TestRoom.Start.AddHours(1))).Status);
        Assert.True(room.State.HasLiveApproval(room.A.Id, new RoomTime(TestRoom.Start, TestRoom.Start)));
        Assert.False(room.State.HasLiveApproval(room.A.Id, new RoomTime(TestRoom.Start, TestRoom.Start.AddMonths(6))));
        Assert.Equal(CharterStatus.None, RoomState.Open(room.Room).CharterAt(default).Status);
    }

    private static CharterEntry Charter(TestRoom room, SignedCharter signed) => new(room.Room, TestRoom.NewId(), room.A.Id, signed);
}
