using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Services.Tests.Ingestion;

public sealed class UploadTests(SharedIngestion ingestion, WitnessServers witnesses)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Upload_WholeBatch_IsReadBackByItsOwnerAndTheEnclaveOnly()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        var answer = await batch.UploadAsync();
        Assert.Equal((21UL, false), (answer.Index, answer.Existed));
        var reader = await room.CosignedAsync(22);
        Assert.Equal(batch.Manifest.Enc.ToArray(), reader.State.Batches[batch.Id].Manifest.Enc.ToArray());

        Assert.Equal<byte[]?>(batch.Parts, await ReadAsync(room, batch, room.Alpha.Transport));
        Assert.Equal<byte[]?>(batch.Parts, await ReadAsync(room, batch, room.Matching));
        Assert.Equal<byte[]?>(batch.Parts.Skip(100), await ReadAsync(room, batch, room.Matching, 100));
        await Refused.WithAsync(ErrorReason.NotFound, () => ReadAsync(room, batch, room.Beta.Transport));
        await Refused.WithAsync(ErrorReason.NotFound, () => ReadAsync(room, batch, room.Stranger));
    }

    [Fact]
    public async Task Upload_WholePartsAndChunks_IsReadBack()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        var answer = await batch.SendAsync(
            [batch.Start(), TestBatch.Whole(0, batch.Parts.Take(50)), .. batch.Chunks(50, 60), TestBatch.Whole(60, batch.Parts.Skip(60))]);
        Assert.Equal((21UL, false), (answer.Index, answer.Existed));
        await room.CosignedAsync(22);
        Assert.Equal<byte[]?>(batch.Parts, await ReadAsync(room, batch, room.Matching));
    }

    [Fact]
    public async Task Upload_OneBitFlippedAmongWholeParts_KeepsThoseBeforeItAndGoesOn()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        var bad = (byte[])batch.Parts[7].Clone();
        bad[500] ^= 1;
        await Refused.WithAsync(ErrorReason.DataLoss, () => batch.SendAsync([batch.Start(), TestBatch.Whole(0, [.. batch.Parts.Take(7), bad, .. batch.Parts.Skip(8)])]));
        Assert.Equal(7u, (await batch.ProgressAsync()).NextPart);

        // From the beginning: what is stored is passed over.
        Assert.Equal(21UL, (await batch.SendAsync([batch.Start(), TestBatch.Whole(0, batch.Parts)])).Index);
        await room.CosignedAsync(22);
        Assert.Equal<byte[]?>(batch.Parts, await ReadAsync(room, batch, room.Matching));
    }

    [Fact]
    public async Task Upload_Again_AnswersTheSameIndexWithoutTheParts()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        await batch.UploadAsync();
        var again = await batch.SendAsync([batch.Start()]);
        Assert.Equal((21UL, true), (again.Index, again.Existed));
        Assert.Equal(21UL, (await batch.ProgressAsync()).Index);
    }

    [Fact]
    public async Task Upload_CutOff_GoesOnWhereGetUploadSays()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        using (var source = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            using var call = room.Client().UploadBatch(cancellationToken: source.Token);
            foreach (var message in batch.Chunks(0, 50).Prepend(batch.Start()))
            {
                await call.RequestStream.WriteAsync(message, Token);
            }

            // Cut off inside a part: the half part counts for nothing.
            await call.RequestStream.WriteAsync(TestBatch.Chunks(50, batch.Parts[50]).First(), Token);
            await Task.Delay(3000, Token);
            await source.CancelAsync();
        }

        var progress = await UntilAsync(batch.ProgressAsync, known => known.NextPart > 0);
        Assert.False(progress.HasIndex);
        Assert.InRange(progress.NextPart, 1u, 50u);
        var answer = await UntilFreeAsync(() => batch.SendAsync(batch.Chunks((int)progress.NextPart).Prepend(batch.Start())));
        Assert.Equal((21UL, false), (answer.Index, answer.Existed));
        await room.CosignedAsync(22);
        Assert.Equal<byte[]?>(batch.Parts, await ReadAsync(room, batch, room.Matching));
    }

    [Fact]
    public async Task Upload_SentFromTheBeginningAfterACutOff_PassesOverWhatIsStored()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        await Refused.WithAsync(ErrorReason.BatchIncomplete, () => batch.SendAsync(batch.Chunks(0, 60).Prepend(batch.Start())));
        Assert.Equal(60u, (await batch.ProgressAsync()).NextPart);
        Assert.Equal(21UL, (await batch.UploadAsync()).Index);
        await room.CosignedAsync(22);
        Assert.Equal<byte[]?>(batch.Parts, await ReadAsync(room, batch, room.Matching));
    }

    [Fact]
    public async Task Upload_Truncated_IsNotInTheLog()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        await Refused.WithAsync(ErrorReason.BatchIncomplete, () => batch.SendAsync(batch.Chunks(0, 127).Prepend(batch.Start())));
        Assert.False((await batch.ProgressAsync()).HasIndex);
        await Refused.WithAsync(ErrorReason.NotFound, () => ReadAsync(room, batch, room.Alpha.Transport));
    }

    [Fact]
    public async Task Upload_OneBitFlipped_IsDataLossAndTheRightBytesGoOn()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        var bad = (byte[])batch.Parts[7].Clone();
        bad[500] ^= 1;
        await Refused.WithAsync(ErrorReason.DataLoss, () => batch.SendAsync(batch.Chunks(0, 7).Prepend(batch.Start()).Concat(TestBatch.Chunks(7, bad))));
        var next = (await batch.ProgressAsync()).NextPart;
        Assert.Equal(7u, next);
        await batch.SendAsync(batch.Chunks((int)next).Prepend(batch.Start()));
    }

    public static TheoryData<string, ErrorReason> Bad => new()
    {
        { "no start", ErrorReason.InvalidArgument },
        { "two starts", ErrorReason.InvalidArgument },
        { "part skipped", ErrorReason.InvalidArgument },
        { "offset skipped", ErrorReason.InvalidArgument },
        { "part beyond the batch", ErrorReason.InvalidArgument },
        { "empty chunk", ErrorReason.InvalidArgument },
        { "chunk too large", ErrorReason.InvalidArgument },
        { "endless part", ErrorReason.TooLarge },
        { "message of no parts", ErrorReason.InvalidArgument },
        { "message of too many parts", ErrorReason.InvalidArgument },
        { "whole part too large", ErrorReason.InvalidArgument },
        { "whole parts skipped", ErrorReason.InvalidArgument },
        { "whole part inside a part", ErrorReason.InvalidArgument },
        { "manifest of another type", ErrorReason.InvalidArgument },
        { "manifest changed", ErrorReason.SignatureInvalid },
        { "signed by an approver", ErrorReason.RoleMissing },
        { "other charter", ErrorReason.CharterNotInForce },
        { "other record key", ErrorReason.FailedPrecondition },
        { "wrong previous", ErrorReason.Conflict },
        { "checkpoint ahead", ErrorReason.FailedPrecondition },
        { "other member's TLS key", ErrorReason.PermissionDenied },
        { "unknown TLS key", ErrorReason.PermissionDenied },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Upload_Bad_IsRefusedWithItsReason(string what, ErrorReason expected)
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = what switch
        {
            "wrong previous" => room.Batch(previous: Digest.Of([])),
            "checkpoint ahead" => room.Batch(checkpoint: new LogPosition(1000, Digest.Of([]))),
            _ => room.Batch(),
        };
        var manifest = batch.Manifest;
        batch.Leaf = what switch
        {
            "manifest of another type" => room.Alpha.TransportPerson(),
            "manifest changed" => Swap(batch.Leaf, (manifest with { Slots = 64, Dataset = Digest.Of([1]) }).Sign(room.Alpha.Uploader)),
            "signed by an approver" => manifest.Sign(room.Alpha.Approver),
            "other charter" => (manifest with { Charter = Digest.Of([1]) }).Sign(room.Alpha.Uploader),
            "other record key" => (manifest with { Key = room.Beta.Record.PublicKey.Id }).Sign(room.Alpha.Uploader),
            _ => batch.Leaf,
        };
        var start = batch.Start();
        UploadBatchRequest[] messages = what switch
        {
            "no start" => [.. batch.Chunks(0, 1)],
            "two starts" => [start, start],
            "part skipped" => [start, .. batch.Chunks(1, 2)],
            "offset skipped" => [start, batch.Chunks(0, 1).Last()],
            "part beyond the batch" => [start, .. batch.Chunks(), .. TestBatch.Chunks(128, [1])],
            "empty chunk" => [start, new UploadBatchRequest { Chunk = new UploadChunk { Last = true } }],
            "chunk too large" => [start, .. TestBatch.Chunks(0, new byte[65537], 65537)],
            "message of no parts" => [start, TestBatch.Whole(0), TestBatch.Whole(0, batch.Parts)],
            "message of too many parts" => [start, TestBatch.Whole(0, [.. batch.Parts, .. Enumerable.Repeat(new byte[1 << 16], 16)])],
            "whole part too large" => [start, TestBatch.Whole(0, new byte[65537])],
            "whole parts skipped" => [start, TestBatch.Whole(1, batch.Parts.Skip(1))],
            "whole part inside a part" => [start, batch.Chunks(0, 1).First(), TestBatch.Whole(0, batch.Parts)],
            "endless part" => [start, .. TestBatch.Chunks(0, new byte[(1 << 20) + 1], 65536)],
            _ => [start],
        };
        var certificate = what switch
        {
            "other member's TLS key" => room.Beta.Transport,
            "unknown TLS key" => room.Stranger,
            _ => room.Alpha.Transport,
        };
        await Refused.WithAsync(expected, () => batch.SendAsync(messages, certificate));
        Assert.Equal(21, (await room.CosignedAsync(21)).Checkpoint!.Size);
    }

    [Fact]
    public async Task Upload_OfOneBatchTwiceAtOnce_RunsOnce()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        using var call = room.Client().UploadBatch(cancellationToken: Token);
        await call.RequestStream.WriteAsync(batch.Start(), Token);
        await call.RequestStream.WriteAsync(batch.Chunks(0, 1).First(), Token);
        await UntilAsync(
            async () => await Assert.ThrowsAsync<CleanRoomException>(() => batch.SendAsync([batch.Start()])), refusal => refusal.Reason == ErrorReason.Conflict);
        foreach (var message in batch.Chunks().Skip(1))
        {
            await call.RequestStream.WriteAsync(message, Token);
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(21UL, (await call).Index);
    }

    [Fact]
    public async Task Upload_TwoBatchesOfOneContributorOnOnePredecessor_SecondIsRefused()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var first = room.Batch();
        var second = room.Batch();
        var half = await Assert.ThrowsAsync<CleanRoomException>(() => second.SendAsync(second.Chunks(0, 64).Prepend(second.Start())));
        Assert.Equal(ErrorReason.BatchIncomplete, half.Reason);
        await first.UploadAsync();
        await Refused.WithAsync(ErrorReason.Conflict, () => second.UploadAsync());
        var third = room.Batch(previous: MerkleTree.LeafHash(first.Leaf));
        Assert.Equal(22UL, (await third.UploadAsync()).Index);
    }

    [Fact]
    public async Task Upload_SameBatchIdWithAnotherManifest_IsRefused()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        await Refused.WithAsync(ErrorReason.BatchIncomplete, () => batch.SendAsync([batch.Start()]));
        batch.Leaf = (batch.Manifest with { Dataset = Digest.Of([9]) }).Sign(room.Alpha.Uploader);
        await Refused.WithAsync(ErrorReason.AlreadyExists, () => batch.SendAsync([batch.Start()]));
    }

    [Fact]
    public async Task Upload_BeyondTheCharterQuota_IsRefused()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, quota: 1);
        var first = room.Batch();
        await first.UploadAsync();
        await Refused.WithAsync(ErrorReason.QuotaExceeded, () => room.Batch(previous: MerkleTree.LeafHash(first.Leaf)).UploadAsync());
        await room.Batch(room.Beta).UploadAsync();
    }

    [Theory]
    [InlineData("BytesPerContributor", false)]
    [InlineData("BytesPerRoom", true)]
    public async Task Upload_BeyondTheBytesOfTheMonth_IsRefusedForTheContributorOrTheRoom(string setting, bool roomIsFull)
    {
        await using var server = await IngestionServer.StartAsync($"--Ingestion:{setting}=100000");
        using var room = await LogRoom.OpenAsync(server, witnesses);
        using var other = await LogRoom.OpenAsync(server, witnesses);
        var first = room.Batch();
        await first.UploadAsync();

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(() => room.Batch(previous: MerkleTree.LeafHash(first.Leaf)).UploadAsync());

        Assert.Equal((ErrorReason.ResourceExhausted, Timeout.InfiniteTimeSpan), (refusal.Reason, refusal.RetryAfter));
        if (roomIsFull)
        {
            await Refused.WithAsync(ErrorReason.ResourceExhausted, () => room.Batch(room.Beta).UploadAsync());
        }
        else
        {
            await room.Batch(room.Beta).UploadAsync();
        }

        await other.Batch().UploadAsync();
    }

    [Fact]
    public async Task Upload_UnderAnExpiredCharter_IsRefused()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, age: TimeSpan.FromDays(31));
        await Refused.WithAsync(ErrorReason.CharterExpired, () => room.Batch().UploadAsync());
    }

    [Fact]
    public async Task Upload_OfASlowSender_IsCutOffAndCanBeResumed()
    {
        await using var server = await IngestionServer.StartAsync("--Ingestion:ChunkTimeout=00:00:01");
        using var room = await LogRoom.OpenAsync(server, witnesses);
        var batch = room.Batch();
        using var call = room.Client().UploadBatch(cancellationToken: Token);
        foreach (var message in batch.Chunks(0, 3).Prepend(batch.Start()))
        {
            await call.RequestStream.WriteAsync(message, Token);
        }

        var refusal = await Refused.WithAsync(ErrorReason.DeadlineExceeded, () => call.ResponseAsync);
        Assert.Contains("in time", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(3u, (await batch.ProgressAsync()).NextPart);
        await UntilFreeAsync(() => batch.UploadAsync());
    }

    [Fact]
    public async Task Tombstone_Cosigned_DeletesTheCiphertextsOfItsSlots()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        await batch.UploadAsync();
        await room.AppendAsync(new TombstoneEntry(room.Id, Party.NewId(), room.Alpha.Id, [new RecordSlot(batch.Id, 2), new RecordSlot(batch.Id, 63)]).Sign(room.Alpha.Uploader));
        await room.CosignedAsync(23);
        var parts = await UntilAsync(() => ReadAsync(room, batch, room.Matching), known => known[4] is null);
        Assert.Equal([4, 5, 126, 127], parts.Index().Where(part => part.Item is null).Select(part => part.Index));
        Assert.Equal(batch.Parts[6], parts[6]);
    }

    [Fact]
    public async Task DeleteBy_PastByRoomTime_DeletesTheBatchAlsoAfterARestartAndOneClockAloneDoesNot()
    {
        await using var server = await IngestionServer.StartAsync();
        using var room = await LogRoom.OpenAsync(server, witnesses);
        var soon = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddHours(2).ToUnixTimeSeconds());
        var batch = room.Batch(deleteBy: soon);
        await batch.UploadAsync();
        var later = room.Batch(previous: MerkleTree.LeafHash(batch.Leaf), deleteBy: soon.AddHours(2));
        await later.UploadAsync();
        await room.CosignedAsync(23);
        room.Delta.Witness.Skews[room.Text] = TimeSpan.FromHours(5);
        await FreshAsync(room);
        Assert.DoesNotContain(null, await ReadAsync(room, batch, room.Matching));

        await server.StopAsync();
        foreach (var party in room.Parties)
        {
            party.Witness.Skews[room.Text] = TimeSpan.FromHours(3);
        }

        await server.RunAsync();
        await FreshAsync(room);
        Assert.All(await UntilAsync(() => ReadAsync(room, batch, room.Matching), parts => parts[^1] is null), Assert.Null);
        Assert.DoesNotContain(null, await ReadAsync(room, later, room.Matching));

        static async Task FreshAsync(LogRoom room) =>
            _ = await room.Client().GetCheckpointAsync(new GetCheckpointRequest { Room = room.Text, Fresh = true }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Token);
    }

    [Fact]
    public async Task GetUpload_OfAnotherMember_IsNotFound()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var batch = room.Batch();
        await Refused.WithAsync(ErrorReason.BatchIncomplete, () => batch.SendAsync([batch.Start()]));
        await Refused.WithAsync(ErrorReason.NotFound, async () => await room.Client(room.Beta.Transport).GetUploadAsync(
            new GetUploadRequest { Room = room.Text, Batch = batch.Id.ToString() }, cancellationToken: Token));
    }

    private static async Task<List<byte[]?>> ReadAsync(LogRoom room, TestBatch batch, System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, int from = 0)
    {
        var parts = new List<byte[]?>();
        var part = new MemoryStream();
        using var call = room.Client(certificate).ReadBatch(
            new ReadBatchRequest { Room = room.Text, Batch = batch.Id.ToString(), FromPart = (uint)from }, cancellationToken: Token);
        await foreach (var message in call.ResponseStream.ReadAllAsync(Token))
        {
            Assert.Equal((from + parts.Count, part.Length), ((int)message.Part, (long)message.Offset));
            message.Data.WriteTo(part);
            if (message.Last)
            {
                parts.Add(message.Deleted ? null : part.ToArray());
                part.SetLength(0);
            }
        }

        return parts;
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> found)
    {
        for (var attempt = 0; attempt < 3600; attempt++)
        {
            var value = await look();
            if (found(value))
            {
                return value;
            }

            await Task.Delay(50, Token);
        }

        throw new TimeoutException("It did not happen within three minutes.");
    }

    /// <summary>The service needs a moment to notice that the call before was cut off.</summary>
    private static async Task<UploadBatchResponse> UntilFreeAsync(Func<Task<UploadBatchResponse>> upload)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await upload();
            }
            catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.Conflict && attempt < 3600)
            {
                await Task.Delay(50, Token);
            }
        }
    }

    private static byte[] Swap(byte[] signed, byte[] other)
    {
        var (one, two) = (System.Text.Encoding.ASCII.GetString(signed).Split('.'), System.Text.Encoding.ASCII.GetString(other).Split('.'));
        return System.Text.Encoding.ASCII.GetBytes($"{one[0]}.{two[1]}.{one[2]}");
    }
}
