using CleanRoom.Charter;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Audits;
using CleanRoom.Matching.Records;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Who is drawn (T12): by chance, the same after every restart, chosen by nobody, and no decoy.</summary>
public sealed class AuditDrawTests : IDisposable
{
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly Digest Root = Digest.Of("root"u8);

    private readonly HpkePrivateKey _auditor = HpkePrivateKey.Generate();
    private readonly RoomState _state = OutboxTests.MakeState(ShippedQueries.All);
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 1000);
    private int _index;

    [Fact]
    public void ADraw_IsTheSameAfterARestart_AndAnotherForEachRootQuarterAndContributor()
    {
        Put(Alpha, 40);
        Put(Bravo, 40);
        var first = Draw(Alpha);
        Assert.Equal(first.DigestIn(_state.Room, Alpha), Draw(Alpha).DigestIn(_state.Room, Alpha));
        Assert.Equal(4, first.Drawn.Count);
        Assert.All(first.Drawn, drawn => Assert.Equal(Alpha, Assert.Single(_shelf.All, record => record.Id == drawn.Record).Contributor));
        AuditSample[] others = [Draw(Alpha, root: Digest.Of("other"u8)), Draw(Alpha, quarter: "2027-Q1")];
        Assert.All(others, other => Assert.NotEqual(first.Drawn, other.Drawn));
        Assert.All(others, other => Assert.False(first.Salt.Span.SequenceEqual(other.Salt.Span)));
        Assert.False(first.Salt.Span.SequenceEqual(Draw(Bravo).Salt.Span));
    }

    /// <summary>The attack: the contributor knows its records, the operator the root, and both its own room secret. They cannot work the draw out before: it needs every other secret that is here.</summary>
    [Fact]
    public void WhoLacksOneOfTheSecrets_CannotForeseeTheDraw()
    {
        Put(Alpha, 60);
        var drawn = Draw(Alpha).Drawn;
        Assert.NotEqual(drawn, Draw(Alpha, owners: [Alpha]).Drawn);
        Assert.NotEqual(drawn, Draw(Alpha, owners: [Alpha, Bravo]).Drawn);
    }

    /// <summary>A decoy has no case, and a record from before there were audits commits to none: neither is drawn, and who has nothing else is drawn nothing of.</summary>
    [Fact]
    public void ADecoyOrARecordWithoutACommitment_IsNeverDrawn()
    {
        for (var turn = 0; turn < 30; turn++)
        {
            Put(Alpha, 1, decoy: true);
            Put(Alpha, 1, evidence: false);
        }

        Assert.Empty(Draw(Alpha).Drawn);
        Put(Alpha, 2);
        Assert.Equal(2, Draw(Alpha).Drawn.Count);
    }

    [Fact]
    public void WhereTheCharterHasAudits_ARecordThatCommitsToNoCase_IsNotHeld()
    {
        Assert.False(TryPut(Of(evidence: false), needsEvidence: true));
        Assert.True(TryPut(Of(evidence: true), needsEvidence: true));
        var halved = Of(evidence: true);
        halved.Evidence = ByteString.CopyFrom(new byte[16]);
        Assert.False(TryPut(halved, needsEvidence: true));
        Assert.True(TryPut(Of(evidence: false), needsEvidence: false));
        Assert.Equal(2, _shelf.All.Count);
    }

    public void Dispose() => _auditor.Dispose();

    private AuditSample Draw(MemberId member, string quarter = "2026-Q4", Digest? root = null, MemberId[]? owners = null)
    {
        using var keys = OutboxTests.KeysOf(owners ?? [Alpha, Bravo, MemberId.Parse("charlie")]);
        return AuditDesk.Draw(member, quarter, new AuditTerms(RoomDuration.Days(30), MemberId.Parse("watch"), _auditor.PublicKey, 4), _state, _shelf, root ?? Root, keys);
    }

    private void Put(MemberId owner, int count, bool decoy = false, bool evidence = true)
    {
        for (var i = 0; i < count; i++)
        {
            var record = Of(evidence);
            record.Decoy = decoy;
            OutboxTests.Put(_shelf, _state.Room, owner, ++_index, record, mostDecoys: 100);
        }
    }

    private bool TryPut(CaseRecord record, bool needsEvidence)
    {
        record.ContributorId = Alpha.Value;
        record.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
        var manifest = new BatchEntry(
            _state.Room, EntryId.From(Guid.NewGuid()), Alpha, BatchId.From(Guid.NewGuid()), Digest.Of([1]), new LogPosition(1, Digest.Of([2])), Digest.Of([3]),
            DateTimeOffset.MaxValue, new byte[Hpke.EncSize], KeyId.OfSpki([4]), 1, [.. Enumerable.Repeat(Digest.Of([5]), 128)], null, 64);
        return _shelf.Put(_shelf.Prepare(manifest, ++_index, new OpenedSlot(0, record, null))!, needsEvidence: needsEvidence);
    }

    private static CaseRecord Of(bool evidence)
    {
        var record = EnclaveRoom.RecordOf(new Row(Guid.NewGuid().ToString(), $"{Guid.NewGuid():N}@example.org"));
        record.RecordId = ByteString.Empty;
        record.Evidence = evidence ? ByteString.CopyFrom(Digest.Of(Guid.NewGuid().ToByteArray()).Span) : ByteString.Empty;
        return record;
    }
}
