using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class StandInTests
{
    [Fact]
    public void TryParse_StandIns_ComeBackInTheOrderInWhichTheyAreAsked()
    {
        using var room = new TestRoom();
        using var first = new TestStandIn();
        using var second = new TestStandIn();
        var charter = TestRoom.Build(room.Draft.Put(With(room.A, second, first)));

        var read = Assert.IsType<ContributorMember>(charter.Contributor(room.A.Id)).BrokerTerms;
        Assert.Equal([second.Terms, first.Terms], read.StandIns);
        Assert.Equal([room.A.Verifier.PublicKey, second.Verifier.PublicKey, first.Verifier.PublicKey], read.Holders);
        Assert.Equal(With(room.A, second, first).BrokerTerms, read);
        Assert.NotEqual(With(room.A, first, second).BrokerTerms, read);
        Assert.NotEqual(room.A.Broker, read);
        Assert.Equal(charter.Witnesses.Count, room.Genesis.Witnesses.Count);
    }

    [Fact]
    public void TryParse_ThreeStandIns_AreRefused()
    {
        using var room = new TestRoom();
        using var one = new TestStandIn();
        using var two = new TestStandIn();
        using var three = new TestStandIn();
        Assert.False(room.Draft.Put(With(room.A, one, two, three)).TryBuild(out _, out var errors));
        Assert.Contains(errors, error => error.Path.EndsWith("broker.standIn", StringComparison.Ordinal));
    }

    [Fact]
    public void Describe_StandIns_AreNamedAsWhatTheyMayDo()
    {
        using var room = new TestRoom();
        using var one = new TestStandIn();
        using var two = new TestStandIn();
        var none = room.Genesis;
        var with = TestRoom.Build(room.Draft.Put(With(room.A, one)));
        var both = TestRoom.Build(room.Draft.Put(With(room.A, one, two)));
        var turned = TestRoom.Build(room.Draft.Put(With(room.A, two, one)));

        Assert.Contains("may release this member's keys", Assert.Single(CharterDiff.Describe(none, with)), StringComparison.Ordinal);
        Assert.Contains(two.Verifier.PublicKey.Id.ToString(), Assert.Single(CharterDiff.Describe(with, both)), StringComparison.Ordinal);
        Assert.Contains("asked in the order", Assert.Single(CharterDiff.Describe(both, turned)), StringComparison.Ordinal);
        Assert.Contains("may release no keys any more", Assert.Single(CharterDiff.Describe(both, with)), StringComparison.Ordinal);
        Assert.Empty(CharterDiff.Describe(with, with));
    }

    [Fact]
    public void Apply_ReleaseByAStandIn_CountsForItsOwnerOnlyWhileTheCharterNamesIt()
    {
        using var room = new TestRoom();
        using var standIn = new TestStandIn();
        using var stranger = new TestStandIn();
        using var opened = Founded(room, standIn);
        room.Accept(room.InstanceOf(1, room.Instance), room.Instance);

        room.Refuse(IgnoredReason.UnknownSigner, room.ReleaseOf(room.A, 1), stranger.Verifier);
        room.Refuse(IgnoredReason.UnknownSigner, room.ReleaseOf(room.B, 1), standIn.Verifier);
        room.Refuse(IgnoredReason.UnknownSigner, new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, true), standIn.Verifier);
        room.Accept(room.ReleaseOf(room.A, 1), standIn.Verifier);
        Assert.Equal(standIn.Verifier.PublicKey.Id, room.State.Releases[room.A.Id].By);
        Assert.Equal(room.A.Id, room.State.MemberOfTransportKey(standIn.Tls));

        var without = TestRoom.Build(CharterDraft.After(room.State.Charter!).Put(room.A.AsContributor()));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(without, room.Contributors)), room.Steward.Organisation);
        room.NextInstance();
        room.Accept(room.InstanceOf(2, room.Instance), room.Instance);
        room.Refuse(IgnoredReason.UnknownSigner, room.ReleaseOf(room.A, 2), standIn.Verifier);
        room.Accept(room.ReleaseOf(room.A, 2), room.A.Verifier);
        Assert.Null(room.State.MemberOfTransportKey(standIn.Tls));
    }

    [Fact]
    public void Apply_ReleaseOfFrozenKeys_DoesNotCountWhoeverSignsIt()
    {
        using var room = new TestRoom();
        using var standIn = new TestStandIn();
        using var opened = Founded(room, standIn);
        room.Accept(room.InstanceOf(1, room.Instance), room.Instance);
        room.Accept(new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, true), room.A.Approver);

        room.Refuse(IgnoredReason.KeysFrozen, room.ReleaseOf(room.A, 1), standIn.Verifier);
        room.Refuse(IgnoredReason.KeysFrozen, room.ReleaseOf(room.A, 1), room.A.Verifier);
        room.Accept(room.ReleaseOf(room.B, 1), room.B.Verifier);
        room.Accept(new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, false), room.A.Approver);
        room.Accept(room.ReleaseOf(room.A, 1), standIn.Verifier);
    }

    [Fact]
    public void Apply_ErasureByOneHolder_EndsTheKeyAndTheOthersStateTheirCopies()
    {
        using var room = new TestRoom();
        using var standIn = new TestStandIn();
        using var stranger = new TestStandIn();
        using var opened = Founded(room, standIn);
        room.Accept(room.InstanceOf(1, room.Instance), room.Instance);
        Assert.Equal([(room.A.Verifier.PublicKey.Id, false), (standIn.Verifier.PublicKey.Id, false)], Holders(room));

        room.Refuse(IgnoredReason.UnknownSigner, room.Erasure(room.A), stranger.Verifier);
        room.Accept(room.Erasure(room.A), room.A.Verifier);
        room.Refuse(IgnoredReason.KeyErased, room.ReleaseOf(room.A, 1), standIn.Verifier);
        room.Accept(room.ReleaseOf(room.A, 1) with { Periods = [] }, standIn.Verifier);
        Assert.Equal([(room.A.Verifier.PublicKey.Id, true), (standIn.Verifier.PublicKey.Id, false)], Holders(room));

        room.Accept(room.Erasure(room.A), standIn.Verifier);
        room.Refuse(IgnoredReason.KeyErased, room.Erasure(room.A), standIn.Verifier);
        Assert.Equal(2, room.State.Erasures.Count);
        Assert.Equal(room.A.Verifier.PublicKey.Id, room.State.ErasureOf(room.A.Id, 1)!.By);
        Assert.All(Holders(room), holder => Assert.True(holder.Stated));
    }

    [Fact]
    public void HoldersOf_AStandInThatIsNamedNoMore_StaysUntilItHasStated()
    {
        using var room = new TestRoom();
        using var standIn = new TestStandIn();
        using var opened = Founded(room, standIn);
        var without = TestRoom.Build(CharterDraft.After(room.State.Charter!).Put(room.A.AsContributor()));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(without, room.Contributors)), room.Steward.Organisation);
        using var next = HpkePrivateKey.Generate();
        room.Accept(new KeyEntry(room.Room, TestRoom.NewId(), room.A.Id, KeyPurpose.Record, 2, next.PublicKey), room.A.Approver);

        room.Accept(room.Erasure(room.A), room.A.Verifier);

        Assert.Equal([(room.A.Verifier.PublicKey.Id, true), (standIn.Verifier.PublicKey.Id, false)], Holders(room));
        Assert.Equal(room.A.Verifier.PublicKey.Id, Assert.Single(room.State.HoldersOf(room.A.Id, 2)).VerifierKey);
        Assert.Empty(room.State.HoldersOf(room.A.Id, 3));
    }

    private static ContributorMember With(TestMember member, params IEnumerable<TestStandIn> standIns) =>
        member.AsContributor() with { BrokerTerms = member.Broker with { StandIns = [.. standIns.Select(standIn => standIn.Terms)] } };

    private static List<(KeyId, bool Stated)> Holders(TestRoom room) => [.. room.State.HoldersOf(room.A.Id, 1).Select(holder => (holder.VerifierKey, holder.Stated))];

    /// <summary>The room, opened, whose second charter names a stand-in of A.</summary>
    private static TestRoom Founded(TestRoom room, TestStandIn standIn)
    {
        room.Opened();
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).Put(With(room.A, standIn)));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(next, room.Contributors)), room.Steward.Organisation);
        return room;
    }
}
