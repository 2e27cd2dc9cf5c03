using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class LogVerifierTests
{
    [Fact]
    public void TryAccept_QuorumOverTheEntries_Counts()
    {
        using var room = new TestRoom().Opened();
        Assert.True(room.Verifier.TryAccept(room.Cosigned(by: [room.A, room.B, room.C]), out var cosigned, out _));
        Assert.Equal(room.State.Size, cosigned.Size);
        Assert.Equal(3, cosigned.Cosignatures);
        Assert.Same(cosigned, room.Verifier.Cosigned);
    }

    [Fact]
    public void TryAccept_TooFewOrWrongCosignatures_DoesNotCount()
    {
        using var room = new TestRoom().Opened();
        using var stranger = new TestMember("stranger");
        var note = room.Checkpoint();
        var time = TestRoom.Start;
        Cosignature By(SigningKey key, string name) => Cosigner.Cosign(key, name, note.Checkpoint, time);
        foreach (var (what, bad) in new (string, SignedCheckpoint)[]
        {
            ("none", note),
            ("two of four", TestRoom.Cosign(note, time, [room.A, room.B])),
            ("a stranger", TestRoom.Cosign(note, time, [room.A, room.B, stranger])),
            ("the steward", note.WithCosignatures(By(room.A.Witness, "a-contributor"), By(room.B.Witness, "b-contributor"), By(room.Steward.Witness, "e-steward"))),
            ("the operator", note.WithCosignatures(By(room.A.Witness, "a-contributor"), By(room.B.Witness, "b-contributor"), By(room.Operator, "operator"))),
            ("another's name", note.WithCosignatures(By(room.A.Witness, "a-contributor"), By(room.B.Witness, "b-contributor"), By(room.A.Witness, "c-contributor"))),
            ("verifier key", note.WithCosignatures(By(room.A.Witness, "a-contributor"), By(room.B.Witness, "b-contributor"), By(room.C.Verifier, "c-contributor"))),
        })
        {
            Assert.False(room.Verifier.TryAccept(bad, out _, out var refusal), what);
            Assert.Equal(CheckpointRefusal.TooFewCosignatures, refusal);
        }

        Assert.Null(room.Verifier.Cosigned);
    }

    [Fact]
    public void Parse_NoteWithOneNameTwice_IsRefused()
    {
        using var room = new TestRoom().Opened();
        var note = room.Cosigned(by: [room.A, room.B]);
        var second = Cosigner.Cosign(room.A.Witness, "a-contributor", note.Checkpoint, TestRoom.Start.AddDays(1));
        Assert.False(SignedCheckpoint.TryParse(note.ToText() + second.ToText(), out _));
    }

    [Fact]
    public void TryAccept_AnotherSignerOrRoom_DoesNotCount()
    {
        using var room = new TestRoom().Opened();
        using var other = new TestRoom();
        var forged = TestRoom.Cosign(room.Checkpoint(room.A.Verifier), TestRoom.Start, room.WithBroker);
        Assert.False(room.Verifier.TryAccept(forged, out _, out var refusal));
        Assert.Equal(CheckpointRefusal.WrongOperatorSignature, refusal);
        var elsewhere = CheckpointSigner.Sign(room.Operator, "operator", new Checkpoint(CosignedCheckpoint.OriginOf(other.Room), room.Verifier.Size, room.Verifier.Root));
        Assert.False(room.Verifier.TryAccept(TestRoom.Cosign(elsewhere, TestRoom.Start, room.WithBroker), out _, out refusal));
        Assert.Equal(CheckpointRefusal.OtherRoom, refusal);
    }

    [Fact]
    public void TryAccept_ForkedEntries_IsRefusedThoughCosigned()
    {
        using var room = new TestRoom().Opened();
        var fork = new LogVerifier(room.Room);
        foreach (var leaf in room.Leaves.Take(room.Leaves.Count - 1))
        {
            fork.Append(leaf);
        }

        fork.Append(room.Listing(room.C, []).Sign(room.C.Approver));
        Assert.False(fork.TryAccept(room.Cosigned(), out _, out var refusal));
        Assert.Equal(CheckpointRefusal.WrongRoot, refusal);
    }

    [Fact]
    public void TryAccept_TruncatedOrMissing_IsToldApart()
    {
        using var room = new TestRoom().Opened();
        var before = room.Cosigned();
        room.Accept(room.Batch(room.A), room.A.Uploader);
        Assert.False(room.Verifier.TryAccept(before, out _, out var refusal));
        Assert.Equal(CheckpointRefusal.Shrunk, refusal);
        Assert.True(room.Verifier.TryAccept(room.Cosigned(), out _, out _));
        Assert.False(room.Verifier.TryAccept(before, out _, out refusal));
        Assert.Equal(CheckpointRefusal.Shrunk, refusal);

        var behind = new LogVerifier(room.Room);
        Assert.False(behind.TryAccept(room.Cosigned(), out _, out refusal));
        Assert.Equal(CheckpointRefusal.NoGenesis, refusal);
        behind.Append(room.Leaves[0]);
        Assert.False(behind.TryAccept(room.Cosigned(), out _, out refusal));
        Assert.Equal(CheckpointRefusal.EntriesMissing, refusal);
    }

    [Fact]
    public void Expect_KeptCheckpoint_RefusesAnotherHistoryAndARollback()
    {
        using var room = new TestRoom().Opened();
        var kept = new LogPosition(room.Verifier.Size, room.Verifier.Root);
        var same = new LogVerifier(room.Room);
        same.Expect(kept);
        var other = new LogVerifier(room.Room);
        other.Expect(kept with { Root = Digest.Of("another history"u8) });
        var longer = new LogVerifier(room.Room);
        longer.Expect(kept with { Size = kept.Size + 1 });
        foreach (var leaf in room.Leaves)
        {
            same.Append(leaf);
            other.Append(leaf);
            longer.Append(leaf);
        }

        var note = room.Cosigned();
        Assert.True(same.TryAccept(note, out _, out _));
        Assert.True(other.Contradicted);
        Assert.False(other.TryAccept(note, out _, out var refusal));
        Assert.Equal(CheckpointRefusal.WrongRoot, refusal);
        Assert.False(longer.TryAccept(note, out _, out refusal));
        Assert.Equal(CheckpointRefusal.Shrunk, refusal);
        Assert.Throws<InvalidOperationException>(() => same.Expect(kept with { Size = 1 }));
    }

    [Fact]
    public void TryAccept_WitnessesChangedByTheCharter_AreThoseOfTheSize()
    {
        using var room = new TestRoom().Opened();
        using var moved = new TestMember("a-contributor");
        var before = room.Verifier.Size;
        var next = TestRoom.Build(CharterDraft.After(room.Genesis).Put(room.A.AsContributor() with { BrokerTerms = moved.Broker }));
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.B.Id, TestRoom.Approved(next, room.Contributors)), room.B.Organisation);
        Assert.Equal(room.Genesis.Hash, room.State.CharterAtSize(before)!.Hash);
        Assert.Equal(next.Hash, room.State.CharterAtSize(before + 1)!.Hash);
        Assert.False(room.Verifier.TryAccept(room.Cosigned(by: [room.A, room.B, room.C]), out _, out _));
        Assert.True(room.Verifier.TryAccept(room.Cosigned(by: [moved, room.B, room.C]), out _, out _));
    }

    [Fact]
    public void RoomTime_OneClockYearsOff_StaysBetweenTheHonestOnes()
    {
        using var room = new TestRoom().Opened();
        foreach (var years in (int[])[-50, 50])
        {
            var note = room.Checkpoint();
            var clocks = new[] { (room.A, 0), (room.B, 1), (room.C, 2) };
            var signed = note.WithCosignatures(
            [
                .. clocks.Select(pair => Cosigner.Cosign(pair.Item1.Witness, pair.Item1.Id.Value, note.Checkpoint, TestRoom.Start.AddMinutes(pair.Item2))),
                Cosigner.Cosign(room.Agency.Witness, room.Agency.Id.Value, note.Checkpoint, TestRoom.Start.AddYears(years)),
            ]);
            Assert.True(CosignedCheckpoint.TryVerify(signed, room.Genesis, out var cosigned, out _));
            Assert.InRange(cosigned.Time.Opening, TestRoom.Start, TestRoom.Start.AddMinutes(2));
            Assert.InRange(cosigned.Time.Expiring, cosigned.Time.Opening, TestRoom.Start.AddMinutes(2));
        }
    }

    [Fact]
    public void RoomTime_LaterCheckpointWithEarlierClocks_DoesNotGoBack()
    {
        using var room = new TestRoom().Opened();
        Assert.True(room.Verifier.TryAccept(room.Cosigned(TestRoom.Start.AddHours(5)), out _, out _));
        room.Accept(room.Batch(room.A), room.A.Uploader);
        Assert.True(room.Verifier.TryAccept(room.Cosigned(TestRoom.Start.AddHours(1)), out var later, out _));
        Assert.Equal(TestRoom.Start.AddHours(5), later.Time.Opening);
        Assert.Equal(TestRoom.Start.AddHours(5), later.Time.Expiring);
    }

    [Fact]
    public void RoomTime_Medians_AreLowerForOpeningAndUpperForExpiring()
    {
        DateTimeOffset At(int minute) => TestRoom.Start.AddMinutes(minute);
        Assert.Equal(new RoomTime(At(2), At(3)), RoomTime.Of([At(4), At(1), At(3), At(2)]));
        Assert.Equal(new RoomTime(At(2), At(2)), RoomTime.Of([At(3), At(1), At(2)]));
        Assert.Throws<ArgumentException>(() => RoomTime.Of([]));
    }

    [Fact]
    public void IsTimely_CosignedLongAfterTheDecision_IsVoid()
    {
        using var room = new TestRoom().Running();
        room.Accept(room.EpochOf(1, room.Cosigned(), time: TestRoom.Start.AddHours(1)), room.Instance);
        var head = room.State.Epoch(1)!;
        foreach (var (minutes, timely) in new[] { (60, true), (74, true), (76, false), (44, false), (46, true) })
        {
            Assert.True(CosignedCheckpoint.TryVerify(room.Cosigned(TestRoom.Start.AddMinutes(minutes)), room.Genesis, out var covering, out _));
            Assert.Equal(timely, head.IsTimely(covering));
        }
    }
}
