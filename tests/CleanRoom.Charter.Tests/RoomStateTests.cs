using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class RoomStateTests
{
    [Fact]
    public void Apply_GenesisPeopleKeysAndListings_AreWhatTheStateShows()
    {
        using var room = new TestRoom().Opened();
        Assert.Equal(room.Genesis.Hash, room.State.Genesis);
        Assert.True(room.State.MayTell(room.A.Id, room.B.Id));
        Assert.False(room.State.MayTell(room.A.Id, room.A.Id));
        Assert.False(room.State.MayTell(room.A.Id, room.Agency.Id));
        Assert.True(room.State.HasRole(room.A.Uploader.PublicKey.Id, room.A.Id, PersonRoles.Uploader));
        Assert.False(room.State.HasRole(room.A.Uploader.PublicKey.Id, room.A.Id, PersonRoles.Approver));
        Assert.False(room.State.HasRole(room.A.Uploader.PublicKey.Id, room.B.Id, PersonRoles.Uploader));
        Assert.Equal(room.A.Record.PublicKey, room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!.Key);
        Assert.Contains(room.Agency.Id, room.State.ListingOf(room.A.Id)!.Agencies);
        Assert.Equal(room.A.Id, room.State.MemberOfTransportKey(room.A.Tls.PublicKey.Id));
        Assert.Null(room.State.MemberOfTransportKey(room.A.Uploader.PublicKey.Id));
    }

    [Fact]
    public void Apply_LogWithoutGenesisFirst_HasNoEffectForEver()
    {
        using var room = new TestRoom();
        room.Refuse(IgnoredReason.NoGenesis, new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, true), room.A.Verifier);
        room.Refuse(IgnoredReason.NoGenesis, room.GenesisEntry(), room.Steward.Organisation);
        Assert.Null(room.State.Charter);
    }

    [Fact]
    public void Apply_GenesisWithoutAllApprovals_LeavesTheRoomClosed()
    {
        using var room = new TestRoom();
        var entry = new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(room.Genesis, room.A, room.B));
        room.Refuse(IgnoredReason.CharterRefused, entry, room.Steward.Organisation);
        room.Refuse(IgnoredReason.NoGenesis, room.GenesisEntry(), room.Steward.Organisation);
    }

    [Fact]
    public void Apply_EntryOfAnotherRoom_IsIgnored()
    {
        using var room = new TestRoom().Opened();
        using var other = new TestRoom();
        room.Refuse(IgnoredReason.WrongRoom, new FreezeEntry(other.Room, TestRoom.NewId(), room.A.Id, true), room.A.Verifier);
        room.Refuse(IgnoredReason.WrongRoom, other.GenesisEntry(), other.Steward.Organisation);
    }

    [Fact]
    public void Apply_SameEntryTwice_CountsOnce()
    {
        using var room = new TestRoom().Opened();
        var leaf = new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, true).Sign(room.A.Verifier);
        Assert.True(room.Append(leaf).IsAccepted);
        room.Accept(new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, false), room.A.Verifier);
        Assert.Equal(IgnoredReason.DuplicateId, room.Append(leaf).Reason);
        Assert.Empty(room.State.Frozen);
    }

    [Fact]
    public void Apply_IgnoredEntry_DoesNotUseUpItsId()
    {
        using var room = new TestRoom().Opened();
        var id = TestRoom.NewId();
        room.Refuse(IgnoredReason.UnknownSigner, new FreezeEntry(room.Room, id, room.A.Id, true), room.B.Verifier);
        room.Accept(new FreezeEntry(room.Room, id, room.A.Id, true), room.A.Verifier);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Apply_SignatureThatWasChanged_IsIgnored(bool byPerson)
    {
        using var room = new TestRoom().Opened();
        var key = byPerson ? room.A.Approver : room.A.Verifier;
        var one = System.Text.Encoding.ASCII.GetString(new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, true).Sign(key)).Split('.');
        var two = System.Text.Encoding.ASCII.GetString(new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, true).Sign(key)).Split('.');
        Assert.Equal(IgnoredReason.WrongSignature, room.Append(System.Text.Encoding.ASCII.GetBytes($"{one[0]}.{one[1]}.{two[2]}")).Reason);
        Assert.Empty(room.State.Frozen);
    }

    [Fact]
    public void Apply_PersonRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        using var key = SigningKey.Generate();
        PersonEntry Add(TestMember by, VerifyingKey person, bool revoke = false, string name = "p5", PersonRoles roles = PersonRoles.Officer) =>
            new(room.Room, TestRoom.NewId(), by.Id, revoke, name, person, revoke ? PersonRoles.None : roles);

        room.Refuse(IgnoredReason.UnknownSigner, Add(room.A, key.PublicKey), room.B.Organisation);
        room.Refuse(IgnoredReason.UnknownSigner, Add(room.A, key.PublicKey), room.A.Approver);
        room.Refuse(IgnoredReason.KeyUsed, Add(room.A, room.B.Uploader.PublicKey), room.A.Organisation);
        foreach (var charterKey in (VerifyingKey[])[room.A.Organisation.PublicKey, room.B.Verifier.PublicKey, room.C.Witness.PublicKey, room.Operator.PublicKey])
        {
            room.Refuse(IgnoredReason.KeyUsed, Add(room.A, charterKey), room.A.Organisation);
        }

        room.Accept(Add(room.A, key.PublicKey), room.A.Organisation);
        room.Refuse(IgnoredReason.UnknownPerson, Add(room.B, key.PublicKey, revoke: true), room.B.Organisation);
        room.Refuse(IgnoredReason.UnknownPerson, Add(room.A, key.PublicKey, revoke: true, name: "other"), room.A.Organisation);
        room.Accept(Add(room.A, key.PublicKey, revoke: true), room.A.Organisation);
        room.Refuse(IgnoredReason.UnknownPerson, Add(room.A, key.PublicKey, revoke: true), room.A.Organisation);
        room.Refuse(IgnoredReason.KeyUsed, Add(room.A, key.PublicKey), room.A.Organisation);
    }

    [Fact]
    public void Apply_RevokedPerson_CountsBeforeAndNotAfter()
    {
        using var room = new TestRoom().Opened();
        room.Accept(room.Batch(room.A), room.A.Uploader);
        var at = room.State.Size;
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, true, "p2", room.A.Uploader.PublicKey, PersonRoles.None), room.A.Organisation);
        room.Refuse(IgnoredReason.Revoked, room.Batch(room.A), room.A.Uploader);
        var person = room.State.PersonOf(room.A.Uploader.PublicKey.Id)!;
        Assert.True(person.HasRoleAt(PersonRoles.Uploader, at - 1));
        Assert.False(person.HasRoleAt(PersonRoles.Uploader, at + 1));
        Assert.Equal(at, person.RevokedAt);
        Assert.Single(room.State.Batches);
    }

    [Fact]
    public void Apply_ErasureRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        using var next = HpkePrivateKey.Generate();
        room.Refuse(IgnoredReason.UnknownSigner, room.Erasure(room.A), room.A.Approver);
        room.Refuse(IgnoredReason.UnknownSigner, room.Erasure(room.A), room.A.Organisation);
        room.Refuse(IgnoredReason.UnknownSigner, room.Erasure(room.A), room.B.Verifier);
        room.Refuse(IgnoredReason.NotAllowed, room.Erasure(room.A) with { Author = room.Steward.Id }, room.Steward.Organisation);
        room.Refuse(IgnoredReason.NotAllowed, room.Erasure(room.A) with { Simulated = false }, room.A.Verifier);
        room.Refuse(IgnoredReason.UnknownPeriod, room.Erasure(room.A, period: 2), room.A.Verifier);
        room.Refuse(IgnoredReason.WrongRecordKey, room.Erasure(room.A) with { Key = room.B.Record.PublicKey.Id }, room.A.Verifier);
        Assert.Empty(room.State.Erasures);

        room.Accept(room.Batch(room.A), room.A.Uploader);
        room.Accept(room.Erasure(room.A), room.A.Verifier);

        Assert.Equal(IgnoredReason.DuplicateId, room.Append(room.Leaves[^1]).Reason);
        room.Refuse(IgnoredReason.KeyErased, room.Erasure(room.A), room.A.Verifier);
        room.Refuse(IgnoredReason.KeyErased, room.Batch(room.A), room.A.Uploader);
        room.Refuse(IgnoredReason.KeyErased, room.Act(room.A, ActKind.Consent), room.A.Uploader);
        room.Accept(room.Batch(room.B), room.B.Uploader);
        room.Accept(new KeyEntry(room.Room, TestRoom.NewId(), room.A.Id, KeyPurpose.Record, 2, next.PublicKey), room.A.Approver);
        room.Accept(room.Batch(room.A), room.A.Uploader);
        Assert.NotNull(room.State.ErasureOf(room.A.Id, 1));
        Assert.Null(room.State.ErasureOf(room.A.Id, 2));
        Assert.Null(room.State.ErasureOf(room.B.Id, 1));
    }

    [Fact]
    public void Apply_ResealRules_AreEachEnforced()
    {
        using var room = new TestRoom().Running();
        using var next = HpkePrivateKey.Generate();
        room.Accept(room.Batch(room.A), room.A.Uploader);
        var batch = room.State.LastBatchOf(room.A.Id)!;
        var good = room.Reseal(batch, next);
        room.Refuse(IgnoredReason.WrongRecordKey, good, room.Instance);
        room.Accept(new KeyEntry(room.Room, TestRoom.NewId(), room.A.Id, KeyPurpose.Record, 2, next.PublicKey), room.A.Approver);
        Assert.Same(batch, Assert.Single(room.State.ToReseal(room.A.Id)));

        room.Refuse(IgnoredReason.NotNewestInstance, good, room.A.Verifier);
        room.Refuse(IgnoredReason.NotNewestInstance, good with { Generation = 2 }, room.Instance);
        room.Refuse(IgnoredReason.UnknownRecord, good with { Of = Digest.Of("other"u8) }, room.Instance);
        room.Refuse(IgnoredReason.UnknownRecord, good with { Member = room.B.Id }, room.Instance);
        room.Refuse(IgnoredReason.UnknownRecord, good with { Parts = [.. good.Parts, .. good.Parts] }, room.Instance);
        room.Refuse(IgnoredReason.BatchExists, good with { Batch = batch.Manifest.Batch }, room.Instance);
        room.Refuse(IgnoredReason.WrongRecordKey, good with { Key = room.A.Record.PublicKey.Id }, room.Instance);
        room.Refuse(IgnoredReason.WrongRecordKey, good with { Period = 1 }, room.Instance);
        room.Accept(good, room.Instance);

        Assert.Equal((good.Batch, 2, 1), (batch.Sealed.Batch, batch.Sealed.Period, batch.Manifest.Period));
        Assert.Empty(room.State.ToReseal(room.A.Id));
        room.Refuse(IgnoredReason.BatchExists, good with { Id = TestRoom.NewId() }, room.Instance);
        room.Refuse(IgnoredReason.WrongRecordKey, good with { Id = TestRoom.NewId(), Batch = BatchId.From(Guid.NewGuid()) }, room.Instance);
        room.Refuse(IgnoredReason.BatchExists, room.Batch(room.A, good.Batch), room.A.Uploader);
        room.Accept(room.Erasure(room.A), room.A.Verifier);
    }

    [Fact]
    public void Apply_ResealOfAnAct_CountsForItsAuthorsNewestKeyOnly()
    {
        using var room = new TestRoom().Running();
        using var next = HpkePrivateKey.Generate();
        var act = room.Act(room.A, ActKind.Consent);
        room.Accept(act, room.A.Uploader);
        room.Accept(new KeyEntry(room.Room, TestRoom.NewId(), room.A.Id, KeyPurpose.Record, 2, next.PublicKey), room.A.Approver);
        var good = new ActResealEntry(room.Room, TestRoom.NewId(), room.A.Id, Assert.Single(room.State.ActsToReseal(room.A.Id)).LeafHash, 1, 2, new byte[2050]);

        room.Refuse(IgnoredReason.NotNewestInstance, good, room.A.Uploader);
        room.Refuse(IgnoredReason.UnknownAct, good with { Of = Digest.Of("other"u8) }, room.Instance);
        room.Refuse(IgnoredReason.UnknownAct, good with { Member = room.B.Id }, room.Instance);
        room.Refuse(IgnoredReason.WrongRecordKey, good with { Period = 1 }, room.Instance);
        room.Accept(good, room.Instance);

        Assert.Equal((2050, 2048), (room.State.Act(act.Id)!.Sealed.Sealed.Length, room.State.Act(act.Id)!.Entry.Sealed.Length));
        Assert.Empty(room.State.ActsToReseal(room.A.Id));
        room.Refuse(IgnoredReason.WrongRecordKey, good with { Id = TestRoom.NewId() }, room.Instance);
    }

    [Fact]
    public void MemberOfTransportKey_AddedAndRevoked_FollowsTheLog()
    {
        using var room = new TestRoom().Opened();
        using var tls = SigningKey.Generate();
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, false, "t", tls.PublicKey, PersonRoles.Transport), room.A.Organisation);
        Assert.Equal(room.A.Id, room.State.MemberOfTransportKey(tls.PublicKey.Id));
        room.Refuse(IgnoredReason.WrongRole, room.Listing(room.A, [room.B]), tls);
        room.Accept(new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, true, "t", tls.PublicKey, PersonRoles.None), room.A.Organisation);
        Assert.Null(room.State.MemberOfTransportKey(tls.PublicKey.Id));
    }

    [Fact]
    public void Apply_KeyRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        using var next = HpkePrivateKey.Generate();
        KeyEntry Key(TestMember by, int period, HpkePublicKey key, KeyPurpose purpose = KeyPurpose.Record) => new(room.Room, TestRoom.NewId(), by.Id, purpose, period, key);

        room.Refuse(IgnoredReason.WrongRole, Key(room.A, 2, next.PublicKey), room.A.Uploader);
        room.Refuse(IgnoredReason.UnknownSigner, Key(room.A, 2, next.PublicKey), room.B.Approver);
        room.Refuse(IgnoredReason.PeriodOutOfOrder, Key(room.A, 1, next.PublicKey), room.A.Approver);
        room.Refuse(IgnoredReason.PeriodOutOfOrder, Key(room.A, 3, next.PublicKey), room.A.Approver);
        room.Refuse(IgnoredReason.KeyUsed, Key(room.A, 2, room.B.Record.PublicKey), room.A.Approver);
        room.Refuse(IgnoredReason.KeyUsed, Key(room.A, 2, room.A.Inbox.PublicKey), room.A.Approver);
        room.Accept(Key(room.A, 2, next.PublicKey), room.A.Approver);
        Assert.Equal(2, room.State.CurrentKey(room.A.Id, KeyPurpose.Record)!.Period);
        Assert.Equal(1, room.State.CurrentKey(room.A.Id, KeyPurpose.Inbox)!.Period);
    }

    [Fact]
    public void Apply_ListingRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        room.Refuse(IgnoredReason.NotAllowed, new ListingEntry(room.Room, TestRoom.NewId(), room.Agency.Id, [room.A.Id], [], []), room.Agency.Approver);
        room.Refuse(IgnoredReason.WrongRole, room.Listing(room.A, []), room.A.Uploader);
        room.Refuse(IgnoredReason.UnknownMember, new ListingEntry(room.Room, TestRoom.NewId(), room.A.Id, [room.Agency.Id], [], []), room.A.Approver);
        room.Refuse(IgnoredReason.UnknownMember, new ListingEntry(room.Room, TestRoom.NewId(), room.A.Id, [], [room.B.Id], []), room.A.Approver);
        Assert.True(room.State.MayTell(room.B.Id, room.A.Id));
        room.Accept(room.Listing(room.A, [room.C]), room.A.Approver);
        Assert.False(room.State.MayTell(room.B.Id, room.A.Id));
        Assert.False(room.State.MayTell(room.A.Id, room.B.Id));
        Assert.True(room.State.MayTell(room.A.Id, room.C.Id));
    }

    [Fact]
    public void Apply_BatchRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        var first = room.Batch(room.A);
        room.Refuse(IgnoredReason.WrongRole, first, room.A.Approver);
        room.Refuse(IgnoredReason.UnknownSigner, first, room.B.Uploader);
        room.Refuse(IgnoredReason.NotAllowed, room.Batch(room.Agency), room.Agency.Uploader);
        room.Refuse(IgnoredReason.WrongCharter, first with { Charter = Digest.Of("other"u8) }, room.A.Uploader);
        room.Refuse(IgnoredReason.CheckpointAhead, first with { Checkpoint = first.Checkpoint with { Size = 1000 } }, room.A.Uploader);
        room.Refuse(IgnoredReason.WrongRecordKey, first with { Key = room.B.Record.PublicKey.Id }, room.A.Uploader);
        room.Refuse(IgnoredReason.WrongRecordKey, first with { Period = 2 }, room.A.Uploader);
        room.Refuse(IgnoredReason.WrongPrevious, first with { Previous = Digest.Of("none"u8) }, room.A.Uploader);
        room.Accept(first, room.A.Uploader);
        room.Refuse(IgnoredReason.BatchExists, room.Batch(room.A, first.Batch), room.A.Uploader);
        room.Refuse(IgnoredReason.BatchExists, room.Batch(room.B, first.Batch), room.B.Uploader);
        room.Refuse(IgnoredReason.WrongPrevious, room.Batch(room.A) with { Previous = null }, room.A.Uploader);
        room.Accept(room.Batch(room.A), room.A.Uploader);
        room.Accept(room.Batch(room.B), room.B.Uploader);
        Assert.Equal(3, room.State.Batches.Count);
        Assert.Equal(room.A.Id, room.State.Batches[first.Batch].Contributor);
    }

    [Fact]
    public void CheckBatch_WouldBeAcceptedOrIgnored_SaysSoAndChangesNothing()
    {
        using var room = new TestRoom().Opened();
        var good = room.Batch(room.A);
        Assert.True(SignedEntry.TryParse(good.Sign(room.A.Uploader), out var manifest, out _));
        Assert.True(SignedEntry.TryParse(good.Sign(room.B.Uploader), out var forged, out _));
        var size = room.State.Size;
        Assert.Equal(IgnoredReason.None, room.State.CheckBatch(manifest));
        Assert.Equal(IgnoredReason.None, room.State.CheckBatch(manifest));
        Assert.Equal(IgnoredReason.UnknownSigner, room.State.CheckBatch(forged));
        Assert.Equal(size, room.State.Size);
        Assert.False(room.State.ApplyIfAccepted(good.Sign(room.B.Uploader)).IsAccepted);
        Assert.Equal(size, room.State.Size);
        Assert.True(room.State.ApplyIfAccepted(good.Sign(room.A.Uploader)).IsAccepted);
        Assert.Equal(size + 1, room.State.Size);
    }

    [Fact]
    public void Apply_TombstoneRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        var batch = room.Batch(room.A);
        room.Accept(batch, room.A.Uploader);
        TombstoneEntry Tombstone(TestMember by, params RecordSlot[] slots) => new(room.Room, TestRoom.NewId(), by.Id, slots);

        room.Refuse(IgnoredReason.UnknownRecord, Tombstone(room.B, new RecordSlot(batch.Batch, 3)), room.B.Uploader);
        room.Refuse(IgnoredReason.UnknownRecord, Tombstone(room.A, new RecordSlot(batch.Batch, 3), new RecordSlot(batch.Batch, 64)), room.A.Uploader);
        room.Refuse(IgnoredReason.UnknownRecord, Tombstone(room.A, new RecordSlot(BatchId.From(Guid.NewGuid()), 3)), room.A.Uploader);
        room.Refuse(IgnoredReason.WrongRole, Tombstone(room.A, new RecordSlot(batch.Batch, 3)), room.A.Approver);
        Assert.Empty(room.State.Batches[batch.Batch].Withdrawn);
        room.Accept(Tombstone(room.A, new RecordSlot(batch.Batch, 63), new RecordSlot(batch.Batch, 3)), room.A.Uploader);
        Assert.Equal([3, 63], room.State.Batches[batch.Batch].Withdrawn);
        Assert.False(room.State.Batches[batch.Batch].IsWithdrawn(64));
        Assert.False(room.State.Batches[batch.Batch].IsWithdrawn(-1));
    }

    [Fact]
    public void Apply_Freeze_ByApproverOrVerifierOfTheMemberOnly()
    {
        using var room = new TestRoom().Opened();
        FreezeEntry Freeze(TestMember by, bool frozen = true) => new(room.Room, TestRoom.NewId(), by.Id, frozen);

        room.Refuse(IgnoredReason.UnknownSigner, Freeze(room.A), room.B.Verifier);
        room.Refuse(IgnoredReason.UnknownSigner, Freeze(room.A), room.A.Witness);
        room.Refuse(IgnoredReason.WrongRole, Freeze(room.A), room.A.Uploader);
        room.Refuse(IgnoredReason.NotAllowed, Freeze(room.Steward), room.Steward.Organisation);
        room.Accept(Freeze(room.A), room.A.Verifier);
        Assert.Equal([room.A.Id], room.State.Frozen);
        room.Accept(Freeze(room.A, frozen: false), room.A.Approver);
        Assert.Empty(room.State.Frozen);
    }

    [Fact]
    public void Apply_InstanceRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        var key = room.Instance;
        var good = room.InstanceOf(1, key);
        room.Refuse(IgnoredReason.UnknownSigner, good, room.Operator);
        room.Refuse(IgnoredReason.GenerationOutOfOrder, good with { Generation = 2 }, key);
        room.Refuse(IgnoredReason.WrongCharter, good with { Charter = Digest.Of("x"u8) }, key);
        room.Refuse(IgnoredReason.CheckpointAhead, good with { Checkpoint = good.Checkpoint with { Size = 500 } }, key);
        room.Refuse(IgnoredReason.UnknownMember, good with { Evidence = [good.Evidence[0] with { Broker = room.Steward.Id }] }, key);
        room.Refuse(IgnoredReason.KeyUsed, good with { Signing = room.A.Uploader.PublicKey }, room.A.Uploader);
        room.Refuse(IgnoredReason.KeyUsed, good with { Release = room.A.Record.PublicKey }, key);
        room.Accept(good, key);
        room.Refuse(IgnoredReason.GenerationOutOfOrder, room.InstanceOf(1, room.NextInstance()), room.Instance);
        room.Refuse(IgnoredReason.KeyUsed, room.InstanceOf(2, key), key);
        room.Accept(room.InstanceOf(2, room.Instance), room.Instance);
        Assert.Equal(2, room.State.CurrentInstance!.Generation);
        Assert.Equal(key.PublicKey, room.State.InstanceOf(1)!.Signing);
        Assert.Null(room.State.InstanceOf(3));
        Assert.Null(room.State.InstanceOf(0));
    }

    [Fact]
    public void Apply_ReleaseRules_AreEachEnforced()
    {
        using var room = new TestRoom().Opened();
        room.Accept(room.InstanceOf(1, room.Instance), room.Instance);
        var good = room.ReleaseOf(room.A, 1);
        room.Refuse(IgnoredReason.UnknownSigner, good, room.B.Verifier);
        room.Refuse(IgnoredReason.UnknownSigner, good, room.A.Organisation);
        room.Refuse(IgnoredReason.NotNewestInstance, good with { Generation = 2 }, room.A.Verifier);
        room.Refuse(IgnoredReason.NotNewestInstance, good with { Instance = room.A.Tls.PublicKey.Id }, room.A.Verifier);
        room.Refuse(IgnoredReason.UnknownPeriod, good with { Periods = [1, 2] }, room.A.Verifier);
        room.Accept(good, room.A.Verifier);
        Assert.False(room.State.IsInstanceTrusted);
        room.Accept(room.ReleaseOf(room.B, 1), room.B.Verifier);
        Assert.True(room.State.IsInstanceTrusted);
        Assert.True(room.State.Releases[room.A.Id].IsLive(new RoomTime(TestRoom.Start, TestRoom.Start.AddHours(23))));
        Assert.False(room.State.Releases[room.A.Id].IsLive(new RoomTime(TestRoom.Start, TestRoom.Start.AddHours(24))));
        room.Accept(room.InstanceOf(2, room.NextInstance()), room.Instance);
        Assert.Empty(room.State.Releases);
        room.Refuse(IgnoredReason.NotNewestInstance, room.ReleaseOf(room.A, 1), room.A.Verifier);
    }

    [Fact]
    public void Apply_EpochRules_AreEachEnforced()
    {
        using var room = new TestRoom().Running();
        var cosigned = room.Cosigned();
        var good = room.EpochOf(1, cosigned);
        room.Refuse(IgnoredReason.NotNewestInstance, good, room.A.Verifier);
        room.Refuse(IgnoredReason.NotNewestInstance, good with { Generation = 2 }, room.Instance);
        room.Refuse(IgnoredReason.EpochOutOfOrder, good with { Epoch = 2 }, room.Instance);
        room.Refuse(IgnoredReason.CheckpointNotCosigned, good with { Checkpoint = room.Checkpoint() }, room.Instance);
        room.Refuse(IgnoredReason.CheckpointNotCosigned, good with { Checkpoint = room.Cosigned(by: [room.A, room.B]) }, room.Instance);
        room.Refuse(IgnoredReason.CheckpointAhead, good with
        {
            Checkpoint = TestRoom.Cosign(
                CheckpointSigner.Sign(room.Operator, "operator", new Checkpoint(CosignedCheckpoint.OriginOf(room.Room), 900, Digest.Of("x"u8))), TestRoom.Start, room.WithBroker),
        }, room.Instance);
        room.Refuse(IgnoredReason.NumbersDoNotContinue, room.EpochOf(1, cosigned, first: 2), room.Instance);
        room.Refuse(IgnoredReason.NumbersDoNotContinue, good with { Recipients = [good.Recipients[0] with { Last = 5 }] }, room.Instance);
        room.Refuse(IgnoredReason.UnknownMember, good with { Recipients = [good.Recipients[0] with { Member = MemberId.Parse("nobody") }] }, room.Instance);
        room.Refuse(IgnoredReason.NoInboxKey, good with { Recipients = [good.Recipients[0] with { Member = room.Steward.Id }] }, room.Instance);
        Assert.Equal(0, room.State.LastEpoch);
        room.Accept(good, room.Instance);
        Assert.Equal((1L, 1L, 5L), (room.State.LastEpoch, room.State.LastEvaluatedEpoch, room.State.NextNumber(room.A.Id)));
        room.Refuse(IgnoredReason.NumbersDoNotContinue, room.EpochOf(2, room.Cosigned()), room.Instance);
        room.Refuse(IgnoredReason.RoomTimeWentBack, room.EpochOf(2, room.Cosigned(), first: 5, time: TestRoom.Start), room.Instance);
        room.Accept(room.EpochOf(2, room.Cosigned(), first: 5) with { Evaluated = false }, room.Instance);
        Assert.Equal((2L, 1L), (room.State.LastEpoch, room.State.LastEvaluatedEpoch));
    }

    [Fact]
    public void Apply_EpochComputedUnderAnEarlierCharter_IsIgnored()
    {
        using var room = new TestRoom().Running();
        var before = room.Cosigned();
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).Set(new EpochTerms(RoomDuration.Hours(24), 3, 20, 4, 4096)));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.Steward.Id, TestRoom.Approved(next, room.Contributors)), room.Steward.Organisation);
        room.Refuse(IgnoredReason.WrongCharter, room.EpochOf(1, before), room.Instance);
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
    }

    [Fact]
    public void Apply_EpochOfAnInstanceThatTooFewBrokersTrusted_IsIgnored()
    {
        using var room = new TestRoom().Opened();
        room.Accept(room.InstanceOf(1, room.Instance), room.Instance);
        room.Accept(room.ReleaseOf(room.A, 1), room.A.Verifier);
        room.Refuse(IgnoredReason.InstanceNotTrusted, room.EpochOf(1, room.Cosigned()), room.Instance);
    }

    [Fact]
    public void Apply_EpochOfAnOlderGeneration_IsVoid()
    {
        using var room = new TestRoom().Running();
        var old = room.Instance;
        var entry = room.EpochOf(1, room.Cosigned());
        room.Accept(room.InstanceOf(2, room.NextInstance()), room.Instance);
        room.Refuse(IgnoredReason.NotNewestInstance, entry, old);
        room.Refuse(IgnoredReason.NotNewestInstance, entry with { Generation = 2 }, old);
    }

    [Fact]
    public void Apply_EpochThatDeclaresMessagesVoid_IsHeardOnlyAboutAnEarlierInstancesOwn()
    {
        using var room = new TestRoom().Running();
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
        var second = room.EpochOf(2, room.Cosigned(), first: 5);
        room.Refuse(IgnoredReason.NotVoidable, second with { Void = [new(1, room.A.Id)] }, room.Instance);
        var next = room.NextInstance();
        room.Accept(room.InstanceOf(2, next), next);
        foreach (var member in room.WithBroker)
        {
            room.Accept(room.ReleaseOf(member, 2), member.Verifier);
        }

        second = room.EpochOf(2, room.Cosigned(), first: 5);
        room.Refuse(IgnoredReason.NotVoidable, second with { Void = [new(2, room.A.Id)] }, room.Instance);
        room.Refuse(IgnoredReason.NotVoidable, second with { Void = [new(1, MemberId.Parse("nobody"))] }, room.Instance);
        Assert.Null(room.State.VoidThrough(room.A.Id, 1));
        room.Accept(second with { Void = [new(1, room.A.Id)] }, room.Instance);
        Assert.Equal([4, 4, null], new long[] { 1, 4, 5 }.Select(number => room.State.VoidThrough(room.A.Id, number)));
        Assert.Null(room.State.VoidThrough(room.B.Id, 1));
        room.Refuse(IgnoredReason.NotVoidable, room.EpochOf(3, room.Cosigned(), first: 9) with { Void = [new(1, room.A.Id)] }, room.Instance);
        Assert.Throws<ArgumentException>(() => (second with { Void = [new(1, room.A.Id), new(1, room.A.Id)] }).Sign(room.Instance));
    }

    [Fact]
    public void Apply_UnknownTypesAndRubbish_AreIgnoredAndCounted()
    {
        using var room = new TestRoom().Opened();
        var size = room.State.Size;
        Assert.Equal(IgnoredReason.Malformed, room.Append([1, 2, 3]).Reason);
        Assert.Equal(IgnoredReason.Malformed, room.Append([]).Reason);
        var json = new System.Text.Json.Nodes.JsonObject { ["author"] = "a-contributor", ["id"] = TestRoom.NewId().ToString(), ["room"] = room.Room.ToString(), ["type"] = "recall" };
        var leaf = System.Text.Encoding.ASCII.GetBytes(Jws.Sign(room.A.Approver, Entry.JwsType, CanonicalJson.Canonicalize(json)));
        Assert.Equal(IgnoredReason.UnknownType, room.Append(leaf).Reason);
        Assert.Equal(size + 3, room.State.Size);
    }

    [Fact]
    public void Apply_AnotherIndexThanTheNext_IsAWrongCall()
    {
        using var room = new TestRoom();
        Assert.Throws<ArgumentException>(() => RoomState.Open(room.Room).Apply(1, new byte[1]));
        Assert.True(SignedEntry.TryParse(room.GenesisEntry().Sign(room.Steward.Organisation), out var genesis, out _));
        Assert.Throws<ArgumentException>(() => RoomState.Open(room.Room).Apply(1, genesis));
        Assert.Throws<ArgumentException>(() => RoomState.Open(default));
    }

    [Fact]
    public void Apply_SameLogTwice_GivesTheSameOutcomes()
    {
        using var room = new TestRoom().Running();
        room.Append([1]);
        room.Accept(room.Batch(room.A), room.A.Uploader);
        var again = RoomState.Open(room.Room);
        var first = RoomState.Open(room.Room);
        var shared = RoomState.Open(room.Room);
        for (var i = 0; i < room.Leaves.Count; i++)
        {
            var outcome = first.Apply(i, room.Leaves[i]);
            Assert.Equal(TestRoom.Effect(outcome), TestRoom.Effect(again.Apply(i, room.Leaves[i])));
            Assert.Equal(TestRoom.Effect(outcome), TestRoom.Effect(outcome.Entry is { } parsed ? shared.Apply(i, parsed) : shared.Apply(i, room.Leaves[i])));
        }

        Assert.Equal(room.State.Batches.Keys, again.Batches.Keys);
        Assert.Equal(room.State.Batches.Keys, shared.Batches.Keys);
        Assert.Equal(again.Root, shared.Root);
    }

    [Fact]
    public void ApplyHash_AMembersView_AgreesOnWhatItMaySee()
    {
        using var room = new TestRoom().Running();
        room.Accept(room.Batch(room.A), room.A.Uploader);
        room.Accept(room.Batch(room.B), room.B.Uploader);
        room.Accept(new FreezeEntry(room.Room, TestRoom.NewId(), room.B.Id, true), room.B.Verifier);
        room.Accept(new FreezeEntry(room.Room, TestRoom.NewId(), room.C.Id, true), room.C.Approver);
        room.Accept(room.Erasure(room.B), room.B.Verifier);
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
        var note = room.Cosigned();

        var view = new LogVerifier(room.Room);
        var unseen = 0;
        foreach (var leaf in room.Leaves)
        {
            Assert.True(SignedEntry.TryParse(leaf, out var entry, out _));
            var visible = entry.Entry.Author == room.A.Id || entry.Entry is CharterEntry or VetoEntry or InstanceEntry or ReleaseEntry or FreezeEntry or ErasureEntry or EpochEntry;
            var outcome = visible ? view.Append(leaf) : view.AppendHash(entry.LeafHash);
            unseen += visible && outcome.Effect == EntryEffect.Unseen ? 1 : 0;
            Assert.NotEqual(EntryEffect.Ignored, outcome.Effect);
        }

        // C's freeze was signed by a person whom A cannot see.
        Assert.Equal(1, unseen);
        Assert.Equal([room.B.Id], view.State.Frozen);
        Assert.Equal(room.B.Id, Assert.Single(view.State.Erasures).Entry.Author);
        Assert.Single(view.State.Batches);
        Assert.Equal(1, view.State.LastEpoch);
        Assert.True(view.TryAccept(note, out _, out _));
        Assert.True(view.State.HasUnseen);
    }

    [Fact]
    public void ApplyHash_OfGenesis_LeavesTheRoomClosed()
    {
        using var room = new TestRoom();
        var state = RoomState.Open(room.Room);
        state.ApplyHash(0, Digest.Of("x"u8));
        Assert.Equal(IgnoredReason.NoGenesis, state.Apply(1, room.GenesisEntry().Sign(room.Steward.Organisation)).Reason);
    }
}
