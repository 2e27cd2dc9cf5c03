using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>Cosigned entries are lost, and all contributors sign that the room goes on without them (THREATS T5).</summary>
public sealed class RecoveryTests
{
    private static readonly LogPosition Elsewhere = new(9, Digest.Of("elsewhere"u8));

    [Fact]
    public void TryParse_WhatWasSigned_GivesTheSameBytes()
    {
        using var room = new TestRoom().Running();
        var signed = TestRoom.Signed(room.Lost(Elsewhere), room.Contributors);
        Assert.True(SignedRecovery.TryParse(signed.ToBytes(), out var parsed, out _));
        Assert.Equal(signed.ToBytes(), parsed.ToBytes());
        Assert.True(parsed.Check(room.Genesis).Holds);
        Assert.True(RecoveryStatement.TryParse(signed.Statement.ToBytes().Span, out var statement, out _));
        Assert.Equal(signed.Statement.ToBytes().ToArray(), statement.ToBytes().ToArray());
        Assert.Equal(signed.Statement.Hash, statement.Hash);
    }

    [Theory]
    [InlineData("number", "0")]
    [InlineData("charter", "\"sha256:short\"")]
    [InlineData("reason", "\"\"")]
    [InlineData("reason", "\"two\\nlines\"")]
    [InlineData("until", "\"2026-12-01\"")]
    [InlineData("lost", "[]")]
    [InlineData("surviving", "{\"root\":\"sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"size\":0}")]
    [InlineData("surviving", "{\"root\":\"sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"size\":1000}")]
    [InlineData("schema", "\"cleanroom/recovery/v2\"")]
    public void TryParse_OtherForm_IsRefused(string name, string json)
    {
        using var room = new TestRoom().Opened();
        var body = JsonNode.Parse(room.Lost(Elsewhere).ToBytes().Span)!.AsObject();
        body[name] = JsonNode.Parse(json);
        Assert.False(RecoveryStatement.TryParse(CanonicalJson.Canonicalize(body), out _, out var error));
        Assert.NotEmpty(error.Remedy);
    }

    [Fact]
    public void TryParse_TwoHistoriesOfOneSize_IsRefusedAsAFork()
    {
        using var room = new TestRoom().Opened();
        var last = room.Lost(Elsewhere).Longest;
        var refused = Assert.Throws<ArgumentException>(() => RecoveryStatement.Create(
            room.Room, 1, room.Genesis.Hash,
            [new WitnessPosition(room.A.Id, last), new WitnessPosition(room.B.Id, last), new WitnessPosition(room.C.Id, last with { Root = Elsewhere.Root })],
            Elsewhere, TestRoom.Start, "Two logs."));
        Assert.Contains("two histories", refused.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, RecoveryRefusal> Signatures() => new()
    {
        { "one contributor has not signed", RecoveryRefusal.SignaturesMissing },
        { "signed with another key", RecoveryRefusal.SignatureInvalid },
        { "signed for another recovery", RecoveryRefusal.SignatureInvalid },
        { "one contributor's signature under another's name", RecoveryRefusal.SignatureInvalid },
        { "an agency's signature beside", RecoveryRefusal.SignatureInvalid },
        { "a signature that was made for something else", RecoveryRefusal.SignatureInvalid },
        { "under another charter", RecoveryRefusal.OtherCharter },
        { "too few witnesses", RecoveryRefusal.WitnessesMissing },
        { "a witness that is none", RecoveryRefusal.WitnessesMissing },
    };

    [Theory, MemberData(nameof(Signatures))]
    public void Check_WhatNotAllHaveSigned_DoesNotHold(string what, RecoveryRefusal expected)
    {
        using var room = new TestRoom().Opened();
        using var stranger = new TestMember("stranger");
        var statement = room.Lost(Elsewhere);
        var signed = TestRoom.Signed(statement, room.Contributors);
        string Of(SignedRecovery other, TestMember member) => other.Signatures[member.Id];
        var bad = what switch
        {
            "one contributor has not signed" => TestRoom.Signed(statement, room.A, room.B),
            "signed with another key" => signed.Sign(stranger.Organisation, room.C.Id),
            "signed for another recovery" => Put(signed, room.C, Of(TestRoom.Signed(room.Lost(Elsewhere, number: 2), room.C), room.C)),
            "one contributor's signature under another's name" => Put(signed, room.C, Of(signed, room.B)),
            "an agency's signature beside" => signed.Sign(room.Agency.Organisation, room.Agency.Id),
            "a signature that was made for something else" => Put(signed, room.C, Jws.SignDetached(
                room.C.Organisation, CharterDecision.Type,
                CanonicalJson.Canonicalize(new JsonObject { ["member"] = room.C.Id.Value, ["recovery"] = statement.Hash.ToString(), ["room"] = room.Room.ToString() }))),
            "under another charter" => TestRoom.Signed(Change(statement, "charter", Digest.Of("other"u8).ToString()), room.Contributors),
            "too few witnesses" => TestRoom.Signed(room.Lost(Elsewhere, by: [room.A, room.B]), room.Contributors),
            _ => TestRoom.Signed(room.Lost(Elsewhere, by: [room.A, room.B, stranger]), room.Contributors),
        };
        Assert.Equal(expected, bad.Check(room.Genesis).Refusal);
        using var other = new TestRoom();
        Assert.Equal(RecoveryRefusal.OtherRoom, signed.Check(other.Genesis).Refusal);
    }

    [Fact]
    public void Apply_SignedByAll_StepsOverWhateverTheGapMayHaveUsed()
    {
        using var room = new TestRoom().Running();
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
        var surviving = new LogPosition(room.Verifier.Size, room.Verifier.Root);
        room.Accept(room.Batch(room.A), room.A.Uploader);
        room.Accept(room.InstanceOf(2, room.NextInstance()), room.Instance);
        room.Accept(room.ReleaseOf(room.A, 2), room.A.Verifier);
        room.Accept(room.ReleaseOf(room.B, 2), room.B.Verifier);
        room.Accept(room.EpochOf(2, room.Cosigned(), first: 5), room.Instance);
        var statement = room.Lost(surviving);

        var left = room.Left(surviving.Size);
        var outcome = left.Append(room.Recovery(TestRoom.Signed(statement, room.Contributors)).Sign(room.A.Organisation));
        Assert.Equal((EntryEffect.Accepted, IgnoredReason.None), TestRoom.Effect(outcome));
        Assert.Equal(5, statement.Gap);
        Assert.Equal(1 + 5, left.State.LastEpoch);
        Assert.Equal(1 + 5, left.State.LastGeneration);
        Assert.Null(left.State.CurrentInstance);
        Assert.False(left.State.IsInstanceTrusted);
        Assert.NotNull(left.State.InstanceOf(1));
        Assert.Equal(statement.Until, left.State.SpentUntil);
        foreach (var member in room.WithBroker)
        {
            Assert.Equal(4 + (5 * 4) + 1, left.State.NextNumber(member.Id));
            Assert.Equal(4 + (5 * 4), left.State.VoidThrough(member.Id, 5));
            Assert.Null(left.State.VoidThrough(member.Id, 4));
            Assert.Contains(member.Id, left.State.Frozen);
        }

        // The surviving instance, the lost one and its number: nobody speaks for the enclave any more.
        Assert.Equal(IgnoredReason.NotNewestInstance, left.Append(room.EpochOf(7, room.Cosigned(), first: 25).Sign(room.Instance)).Reason);
        InstanceEntry Next(long generation) => room.InstanceOf(generation, room.Instance) with { Checkpoint = new LogPosition(left.Size, left.Root) };
        _ = room.NextInstance();
        Assert.Equal(IgnoredReason.GenerationOutOfOrder, left.Append(Next(2).Sign(room.Instance)).Reason);
        Assert.Equal(IgnoredReason.GenerationOutOfOrder, left.Append(Next(6).Sign(room.Instance)).Reason);
        Assert.True(left.Append(Next(7).Sign(room.Instance)).IsAccepted);
        Assert.Equal(7, left.State.CurrentInstance!.Generation);
        Assert.Same(left.State.CurrentInstance, left.State.InstanceOf(7));
    }

    [Fact]
    public void Resume_ByTheOrganisationAlone_UnlocksTheKeysAndNoFreezeOfBefore()
    {
        using var room = new TestRoom().Running();
        var surviving = new LogPosition(room.Verifier.Size, room.Verifier.Root);
        var freeze = new FreezeEntry(room.Room, TestRoom.NewId(), room.B.Id, true);
        room.Accept(freeze, room.B.Approver);
        var left = room.Left(surviving.Size);
        Assert.True(left.Append(room.Recovery(TestRoom.Signed(room.Lost(surviving), room.Contributors)).Sign(room.A.Organisation)).IsAccepted);
        using var instance = SigningKey.Generate();
        Assert.True(left.Append(room.InstanceOf(left.State.LastGeneration + 1, instance).Sign(instance)).IsAccepted);
        ReleaseEntry Release(TestMember member) => new(room.Room, TestRoom.NewId(), member.Id, left.State.LastGeneration, instance.PublicKey.Id, TestRoom.Start.AddHours(24), [1]);
        ResumeEntry Resume(TestMember member, int number = 1) => new(room.Room, TestRoom.NewId(), member.Id, number);

        Assert.Equal(IgnoredReason.KeysFrozen, left.Append(Release(room.A).Sign(room.A.Verifier)).Reason);
        Assert.Equal(IgnoredReason.UnknownSigner, left.Append(Resume(room.A).Sign(room.A.Approver)).Reason);
        Assert.Equal(IgnoredReason.UnknownSigner, left.Append(Resume(room.A).Sign(room.B.Organisation)).Reason);
        Assert.Equal(IgnoredReason.RecoveryOutOfOrder, left.Append(Resume(room.A, 2).Sign(room.A.Organisation)).Reason);
        Assert.True(left.Append(new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, false).Sign(room.A.Approver)).IsAccepted);
        Assert.Equal(IgnoredReason.KeysFrozen, left.Append(Release(room.A).Sign(room.A.Verifier)).Reason);
        Assert.True(left.Append(Resume(room.A).Sign(room.A.Organisation)).IsAccepted);
        Assert.True(left.Append(Release(room.A).Sign(room.A.Verifier)).IsAccepted);
        Assert.Equal(IgnoredReason.RecoveryOutOfOrder, left.Append(Resume(room.A).Sign(room.A.Organisation)).Reason);

        // What was frozen in the gap is said again first, and stays frozen.
        Assert.True(left.Append(freeze.Sign(room.B.Approver)).IsAccepted);
        Assert.True(left.Append(Resume(room.B).Sign(room.B.Organisation)).IsAccepted);
        Assert.Equal(IgnoredReason.KeysFrozen, left.Append(Release(room.B).Sign(room.B.Verifier)).Reason);
    }

    public static TheoryData<string, IgnoredReason> Attacks() => new()
    {
        { "fewer entries are left", IgnoredReason.OtherLogSurvives },
        { "more entries are left", IgnoredReason.OtherLogSurvives },
        { "another root is left", IgnoredReason.OtherLogSurvives },
        { "a signature is missing", IgnoredReason.RecoveryRefused },
        { "put in by an agency", IgnoredReason.NotAllowed },
        { "put in with another key", IgnoredReason.UnknownSigner },
        { "under a charter that is not in the log", IgnoredReason.WrongCharter },
        { "twice", IgnoredReason.OtherLogSurvives },
        { "a second one with the same number", IgnoredReason.RecoveryOutOfOrder },
    };

    [Theory, MemberData(nameof(Attacks))]
    public void Apply_AnythingElse_IsIgnored(string what, IgnoredReason expected)
    {
        using var room = new TestRoom().Running();
        var size = room.Verifier.Size;
        var surviving = new LogPosition(size, room.Verifier.Root);
        room.Accept(room.Batch(room.A), room.A.Uploader);
        room.Accept(room.Batch(room.B), room.B.Uploader);
        var statement = room.Lost(surviving);
        var good = room.Recovery(TestRoom.Signed(statement, room.Contributors));
        var left = room.Left(what switch { "fewer entries are left" => size - 1, "more entries are left" => size + 1, _ => size });
        var (bad, key) = what switch
        {
            "another root is left" => (room.Recovery(TestRoom.Signed(room.Lost(surviving with { Root = Elsewhere.Root }), room.Contributors)), room.A.Organisation),
            "a signature is missing" => (room.Recovery(TestRoom.Signed(statement, room.A, room.B)), room.A.Organisation),
            "put in by an agency" => (good with { Author = room.Agency.Id }, room.Agency.Organisation),
            "put in with another key" => (good, room.A.Approver),
            "under a charter that is not in the log" =>
                (room.Recovery(TestRoom.Signed(Change(statement, "charter", Digest.Of("other"u8).ToString()), room.Contributors)), room.A.Organisation),
            _ => (good, room.A.Organisation),
        };
        if (what is "twice" or "a second one with the same number")
        {
            Assert.True(left.Append(good.Sign(room.A.Organisation)).IsAccepted);
            bad = what == "twice"
                ? good with { Id = TestRoom.NewId() }
                : room.Recovery(TestRoom.Signed(room.Lost(new LogPosition(left.Size, left.Root)), room.Contributors));
        }

        Assert.Equal((EntryEffect.Ignored, expected), TestRoom.Effect(left.Append(bad.Sign(key))));
    }

    [Fact]
    public void Apply_WithTheCharterVersionsThatAreLost_TheirContributorsHaveSigned()
    {
        using var room = new TestRoom().Running();
        var surviving = new LogPosition(room.Verifier.Size, room.Verifier.Root);
        using var fourth = new TestMember("f-contributor");
        var next = TestRoom.Approved(TestRoom.Build(CharterDraft.After(room.Genesis).Put(fourth.AsContributor())), [room.A, room.B, room.C, fourth]);
        room.Accept(new CharterEntry(room.Room, TestRoom.NewId(), room.B.Id, next), room.B.Organisation);
        var statement = room.Lost(surviving);
        Assert.Equal(next.Charter.Hash, statement.Charter);
        EntryOutcome Try(IReadOnlyList<SignedCharter> charters, params IEnumerable<TestMember> by) =>
            room.Left(surviving.Size).Append(room.Recovery(TestRoom.Signed(statement, by), charters).Sign(room.A.Organisation));

        Assert.Equal(IgnoredReason.WrongCharter, Try([], room.A, room.B, room.C).Reason);
        Assert.Equal(IgnoredReason.RecoveryRefused, Try([next], room.A, room.B, room.C).Reason);
        Assert.Equal(IgnoredReason.CharterRefused, Try([TestRoom.Approved(next.Charter, [room.A, room.B, room.C])], room.A, room.B, room.C, fourth).Reason);
        Assert.True(Try([next], room.A, room.B, room.C, fourth).IsAccepted);
        var left = room.Left(surviving.Size);
        left.Append(room.Recovery(TestRoom.Signed(statement, [room.A, room.B, room.C, fourth]), next).Sign(room.A.Organisation));
        Assert.Equal(2, left.State.Charter!.Version);
        Assert.Contains(fourth.Id, left.State.Held);
    }

    public static TheoryData<string, bool> Memories() => new()
    {
        { "the longest", true },
        { "in the gap", true },
        { "before the gap", true },
        { "before the gap, of another history", false },
        { "of another history, as long as what was cosigned", false },
        { "longer than what any witness cosigned", false },
        { "after this recovery", false },
    };

    [Theory, MemberData(nameof(Memories))]
    public void TryAccept_ShorterLogWithARecovery_OnlyForWhoseMemoryItGivesUp(string what, bool good)
    {
        using var room = new TestRoom().Running();
        var early = new LogPosition(room.Verifier.Size - 1, room.Left(room.Verifier.Size - 1).Root);
        var surviving = new LogPosition(room.Verifier.Size, room.Verifier.Root);
        room.Accept(room.Batch(room.A), room.A.Uploader);
        var inGap = new LogPosition(room.Verifier.Size, room.Verifier.Root);
        room.Accept(room.Batch(room.B), room.B.Uploader);
        room.Accept(room.Batch(room.C), room.C.Uploader);
        room.Accept(room.Batch(room.A), room.A.Uploader);
        var statement = room.Lost(surviving);
        var kept = what switch
        {
            "in the gap" => inGap,
            "before the gap" => early,
            "before the gap, of another history" => early with { Root = Elsewhere.Root },
            "of another history, as long as what was cosigned" => statement.Longest with { Root = Elsewhere.Root },
            "longer than what any witness cosigned" => new LogPosition(statement.Longest.Size + 1, Elsewhere.Root),
            _ => statement.Longest,
        };
        var reader = new LogVerifier(room.Room);
        reader.Expect(kept, what == "after this recovery" ? 1 : 0);
        foreach (var leaf in room.Leaves.Take((int)surviving.Size).Append(room.Recovery(TestRoom.Signed(statement, room.Contributors)).Sign(room.A.Organisation)))
        {
            reader.Append(leaf);
        }

        var note = CheckpointSigner.Sign(room.Operator, "operator", new Checkpoint(CosignedCheckpoint.OriginOf(room.Room), reader.Size, reader.Root));
        Assert.Equal(good, reader.TryAccept(TestRoom.Cosign(note, TestRoom.Start.AddHours(6), room.WithBroker), out _, out var refusal));
        Assert.Equal(good ? 1 : 0, reader.Recovery);
        if (!good)
        {
            Assert.Equal(what.StartsWith("before", StringComparison.Ordinal) ? CheckpointRefusal.WrongRoot : CheckpointRefusal.Shrunk, refusal);
        }

        // The same log without the recovery is refused to everybody who has seen more.
        var without = room.Left(surviving.Size);
        if (kept.Size > surviving.Size)
        {
            var other = new LogVerifier(room.Room);
            other.Expect(kept);
            foreach (var leaf in room.Leaves.Take((int)surviving.Size))
            {
                other.Append(leaf);
            }

            var shorter = CheckpointSigner.Sign(room.Operator, "operator", new Checkpoint(CosignedCheckpoint.OriginOf(room.Room), without.Size, without.Root));
            Assert.False(other.TryAccept(TestRoom.Cosign(shorter, TestRoom.Start.AddHours(6), room.WithBroker), out _, out refusal));
            Assert.Equal(CheckpointRefusal.Shrunk, refusal);
        }
    }

    private static RecoveryStatement Change(RecoveryStatement statement, string name, string value)
    {
        var json = JsonNode.Parse(statement.ToBytes().Span)!.AsObject();
        json[name] = value;
        Assert.True(RecoveryStatement.TryParse(CanonicalJson.Canonicalize(json), out var changed, out _));
        return changed;
    }

    private static SignedRecovery Put(SignedRecovery signed, TestMember member, string detached)
    {
        var json = JsonNode.Parse(Encoding.UTF8.GetString(signed.ToBytes()))!.AsObject();
        json["signatures"]![member.Id.Value] = detached;
        Assert.True(SignedRecovery.TryParse(CanonicalJson.Canonicalize(json), out var changed, out _));
        return changed;
    }
}
