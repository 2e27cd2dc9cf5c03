using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Services.Tests.Ingestion;

public sealed class ReadTests(SharedIngestion ingestion, WitnessServers witnesses)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadEntries_ByEachViewer_ShowsWhatTheViewerMaySee()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        await room.AppendAsync(new FreezeEntry(room.Id, Party.NewId(), room.Beta.Id, true).Sign(room.Beta.Approver));
        await room.CosignedAsync(22);

        // Genesis, five entries of each party in order, one freeze.
        Assert.Equal([0L, 1, 2, 3, 4, 5, 21], await VisibleAsync(room, room.Alpha.Transport));
        Assert.Equal([0L, 6, 7, 8, 9, 10, 21], await VisibleAsync(room, room.Beta.Transport));
        Assert.Equal([0L, 16, 17, 18, 19, 20, 21], await VisibleAsync(room, room.Delta.Transport));
        Assert.Equal([0L, 21], await VisibleAsync(room, room.Stranger));
        Assert.Equal(Enumerable.Range(0, 22).Select(i => (long)i), await VisibleAsync(room, room.Matching));
    }

    [Fact]
    public async Task ReadEntries_OfARevokedPerson_ShowsPublicEntriesOnly()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        await room.AppendAsync(room.Alpha.TransportPerson(revoke: true));
        await room.CosignedAsync(22);
        Assert.Equal([0L], await VisibleAsync(room, room.Alpha.Transport));
    }

    [Fact]
    public async Task ReadEntries_AsAMember_VerifiesToTheSameRootAsForTheEnclave()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var member = new LogReader(room.Channel(room.Alpha.Transport), room.Id);
        var checkpoint = await member.SyncAsync(fresh: false, null, Token);
        var enclave = await room.CosignedAsync(21);
        Assert.Equal(enclave.Checkpoint!.Root, checkpoint.Root);
        Assert.True(member.State.HasUnseen);
    }

    [Fact]
    public async Task ReadEntries_Following_GetsNewEntriesOnceTheyAreCosigned()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        using var call = room.Client(room.Matching).ReadEntries(new ReadEntriesRequest { Room = room.Text, From = 21, Follow = true }, cancellationToken: Token);
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.Equal(ReadEntriesResponse.MessageOneofCase.Checkpoint, call.ResponseStream.Current.MessageCase);
        var leaf = new FreezeEntry(room.Id, Party.NewId(), room.Beta.Id, true).Sign(room.Beta.Approver);
        await room.AppendAsync(leaf);
        do
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
        }
        while (call.ResponseStream.Current.MessageCase == ReadEntriesResponse.MessageOneofCase.Checkpoint);

        Assert.Equal(leaf, call.ResponseStream.Current.Entry.Leaf.ToByteArray());
        Assert.True(await call.ResponseStream.MoveNext(Token));
        Assert.True(SignedCheckpoint.TryParse(call.ResponseStream.Current.Checkpoint.Note, out var note));
        Assert.Equal(22, note.Checkpoint.Size);
    }

    [Fact]
    public async Task ReadEntries_BeyondTheCosignedLog_IsOutOfRange()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        using var call = room.Client().ReadEntries(new ReadEntriesRequest { Room = room.Text, From = 22 }, cancellationToken: Token);
        await Refused.WithAsync(ErrorReason.OutOfRange, () => call.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task ReadEntries_MoreThanACallerMayHaveOpen_AreRefusedForThatCallerOnlyUntilOneEnds()
    {
        await using var server = await IngestionServer.StartAsync("--Ingestion:ReadsPerCaller=2");
        using var room = await LogRoom.OpenAsync(server, witnesses);
        using var unknown = TlsCertificates.CreateSelfSigned("another stranger", TimeProvider.System);
        var held = await FollowAsync(room, room.Stranger);
        using var second = await FollowAsync(room, unknown);

        // However many keys a stranger makes, it is one caller; members and services have places of their own.
        using var third = TlsCertificates.CreateSelfSigned("a third stranger", TimeProvider.System);
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(() => FollowAsync(room, third));
        Assert.Equal((ErrorReason.ResourceExhausted, TimeSpan.FromSeconds(5)), (refusal.Reason, refusal.RetryAfter));
        using var member = await FollowAsync(room, room.Alpha.Transport);
        using var same = await FollowAsync(room, room.Alpha.Transport);
        await Refused.WithAsync(ErrorReason.ResourceExhausted, () => FollowAsync(room, room.Alpha.Transport));
        using var service = await FollowAsync(room, room.Matching);
        using var other = await LogRoom.OpenAsync(server, witnesses);
        using var elsewhere = await FollowAsync(other, room.Stranger);

        held.Dispose();
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                (await FollowAsync(room, third)).Dispose();
                return;
            }
            catch (CleanRoomException again) when (again.Reason == ErrorReason.ResourceExhausted && attempt < 1_800)
            {
                await Task.Delay(100, Token);
            }
        }
    }

    private static async Task<AsyncServerStreamingCall<ReadEntriesResponse>> FollowAsync(LogRoom room, X509Certificate2 certificate)
    {
        var call = room.Client(certificate).ReadEntries(new ReadEntriesRequest { Room = room.Text, Follow = true }, cancellationToken: Token);
        try
        {
            Assert.True(await call.ResponseStream.MoveNext(Token));
            return call;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    [Fact]
    public async Task TwoRooms_KnowNothingOfEachOther()
    {
        using var one = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        using var two = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = one.Batch();
        await batch.UploadAsync();
        await one.CosignedAsync(22);
        Assert.Equal(21, (await two.CosignedAsync(21)).Checkpoint!.Size);

        // A member, a key and a batch of one room are nobody and nothing in the other.
        using var entries = one.Client(two.Alpha.Transport).ReadEntries(new ReadEntriesRequest { Room = one.Text, From = 1 }, cancellationToken: Token);
        Assert.True(await entries.ResponseStream.MoveNext(Token));
        Assert.True(entries.ResponseStream.Current.Entry.Leaf.IsEmpty);
        using var parts = two.Client(two.Matching).ReadBatch(new ReadBatchRequest { Room = two.Text, Batch = batch.Id.ToString() }, cancellationToken: Token);
        await Refused.WithAsync(ErrorReason.NotFound, () => parts.ResponseStream.MoveNext(Token));
        await Refused.WithAsync(ErrorReason.EntryInvalid, () => two.AppendAsync(one.Alpha.TransportPerson()));
    }

    [Fact]
    public async Task GetCheckpoint_FromAKnownSize_ProvesThatTheLogWasExtended()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, joined: false);
        var before = (await room.CosignedAsync(1)).Checkpoint!;
        await room.AppendAsync(room.Alpha.TransportPerson());
        await room.CosignedAsync(2);
        var answer = await room.Client().GetCheckpointAsync(new GetCheckpointRequest { Room = room.Text, KnownSize = 1 }, cancellationToken: Token);
        Assert.True(SignedCheckpoint.TryParse(answer.Checkpoint.Note, out var note));
        Assert.True(MerkleProof.VerifyConsistency(
            1, before.Root, note.Checkpoint.Size, note.Checkpoint.Root, [.. answer.Proof.Path.Select(hash => new Digest(hash.Span))]));
        await Refused.WithAsync(ErrorReason.LogRolledBack, async () => await room.Client().GetCheckpointAsync(
            new GetCheckpointRequest { Room = room.Text, KnownSize = 99 }, cancellationToken: Token));
    }

    [Fact]
    public async Task GetInclusion_OfACosignedEntry_Verifies()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var leaf = room.Alpha.Person("x", room.Gamma.Verifier.PublicKey, PersonRoles.Officer);
        await Assert.ThrowsAsync<CleanRoomException>(() => room.AppendAsync(leaf));
        using var key = SigningKey.Generate();
        leaf = room.Alpha.Person("x", key.PublicKey, PersonRoles.Officer);
        var index = (await room.AppendAsync(leaf)).Index;
        var proof = (await room.Client().GetInclusionAsync(
            new GetInclusionRequest { Room = room.Text, Index = index }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Token)).Proof;
        Assert.True(SignedCheckpoint.TryParse(proof.Checkpoint.Note, out var note));
        Assert.True(CosignedCheckpoint.TryVerify(note, room.Charter, out _, out _));
        Assert.True(MerkleProof.VerifyInclusion(
            MerkleTree.LeafHash(leaf), (long)proof.Index, note.Checkpoint.Size, [.. proof.Path.Select(hash => new Digest(hash.Span))], note.Checkpoint.Root));
        await Refused.WithAsync(ErrorReason.OutOfRange, async () => await room.Client().GetInclusionAsync(
            new GetInclusionRequest { Room = room.Text, Index = index + 1 }, cancellationToken: Token));
    }

    private static async Task<List<long>> VisibleAsync(LogRoom room, X509Certificate2 certificate)
    {
        var visible = new List<long>();
        var next = 0UL;
        using var call = room.Client(certificate).ReadEntries(new ReadEntriesRequest { Room = room.Text }, cancellationToken: Token);
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
        {
            if (message.Entry is { } entry)
            {
                Assert.Equal(next++, entry.Index);
                Assert.Equal(Digest.Size, entry.LeafHash.Length);
                if (!entry.Leaf.IsEmpty)
                {
                    Assert.Equal(MerkleTree.LeafHash(entry.Leaf.Span), new Digest(entry.LeafHash.Span));
                    visible.Add((long)entry.Index);
                }
            }
        }

        return visible;
    }
}
