using CleanRoom.Charter.Log;
using CleanRoom.Client.Uploads;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Client.Tests;

/// <summary>Uploads that are cut off or changed on the way, and clocks that are wrong: what gRPC answers, what the person is told, and that the second run repairs it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BadWireTests
{
    private const int Rows = 40;

    [Fact]
    public async Task Upload_CutAtRandomPoints_IsNotInTheLogAndGoesOnExactlyOnce()
    {
        await using var live = await LiveRoom.OpenedAsync();
        var rows = Import();
        var batch = await SealAsync(live, rows);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        using (var room = await live.ConnectAsync("alpha"))
        {
            for (var round = 0; round < 12; round++)
            {
                var reason = await SendAsync(room, batch, random.Next(0, batch.Lengths.Count), complete: round % 2 == 0);
                Assert.True(reason is ErrorReason.BatchIncomplete or ErrorReason.Cancelled or ErrorReason.Conflict, $"seed {seed}: {reason}");
                await room.SyncAsync(LiveRoom.Token);
                Assert.Empty(room.State.Batches);
            }

            var result = await new Uploader(room).UploadAsync(rows, "{}"u8.ToArray(), null, LiveRoom.Token);
            Assert.Equal((Rows, 0, Rows), (result.Resumed, result.Plan.ToSend, result.Plan.Unchanged));
            Assert.Equal(batch.Entry.Batch, Assert.Single(room.State.Batches.Keys));
        }
    }

    [Fact]
    public async Task Upload_FlippedBitInTheSealedBatch_IsRefusedAndSealedAnewNeverDoubled()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var world = new BadWorld(null!);
        var cases = world.Write("cases.csv", "Case,Full name,Phone,Date of birth,Consent\nC-1,CANARY Person,+84901234567,1990-01-01,C1;C2\n");
        var manifest = world.Write("manifest.json", "{}");
        var batch = await SealAsync(live, Import());
        BadWorld.FlipBit(batch.PartsPath);
        string[] args = ["records", "upload", cases, "--ref", "Case", "--all-new", "--manifest", manifest, "--home", live.HomeOf("alpha")];
        BadInputTests.AssertOneLine("flipped bit in a sealed batch", await Programs.CliAsync(args), 65, "sealed batch", "upload again");
        using (var room = await live.ConnectAsync("alpha"))
        {
            Assert.Empty(room.State.Batches);
        }

        // The line says what to do: remove it. The records are sealed anew.
        Directory.Delete(batch.Folder, recursive: true);
        Assert.Equal(0, (await Programs.CliAsync(args)).Code);
        using (var room = await live.ConnectAsync("alpha"))
        {
            var result = await new Uploader(room).UploadAsync(Import(), "{}"u8.ToArray(), null, LiveRoom.Token);
            Assert.Equal(Rows, result.Plan.New);
            Assert.Equal(2, room.State.Batches.Count);
        }
    }

    [Fact]
    public async Task Upload_OtherBytesThanTheManifestBinds_AreRefusedByStatus()
    {
        await using var live = await LiveRoom.OpenedAsync();
        var batch = await SealAsync(live, Import());
        BadWorld.FlipBit(batch.PartsPath, 100);
        using var room = await live.ConnectAsync("alpha");
        Assert.Equal(ErrorReason.DataLoss, await SendAsync(room, batch, batch.Lengths.Count, complete: true));
    }

    [Fact]
    public async Task RoomTime_OneClockHoursOff_StaysWithTheOthers()
    {
        await using var live = await LiveRoom.OpenedAsync();
        live.Clocks["broker-bravo"].Offset = TimeSpan.FromHours(-7);
        live.Clocks["ingestion"].Offset = TimeSpan.FromDays(400);
        using var room = await live.ConnectAsync("alpha");
        Assert.InRange((room.Checkpoint.Time.Opening - TimeProvider.System.GetUtcNow()).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        live.Clocks["broker-bravo"].Offset = TimeSpan.FromHours(9);
        using var again = await live.ConnectAsync("alpha");
        Assert.InRange((again.Checkpoint.Time.Opening - TimeProvider.System.GetUtcNow()).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        var result = await new Uploader(again).UploadAsync(Import(), "{}"u8.ToArray(), null, LiveRoom.Token);
        Assert.Equal(Rows, result.Plan.New);
    }

    [Fact]
    public async Task RoomTime_ThisMachinesClockHoursOff_IsNotAsked()
    {
        await using var live = await LiveRoom.OpenedAsync();
        foreach (var clock in live.Clocks.Values)
        {
            clock.Offset = TimeSpan.FromHours(6);
        }

        using var room = await live.ConnectAsync("alpha");
        Assert.InRange((room.Checkpoint.Time.Opening - TimeProvider.System.GetUtcNow()).TotalHours, 5.9, 6.1);
        Assert.Equal(CharterStatus.InForce, room.CharterStatus);
        Assert.Equal(Rows, (await new Uploader(room).UploadAsync(Import(), "{}"u8.ToArray(), null, LiveRoom.Token)).Plan.New);
    }

    [Fact]
    public async Task Upload_CharterExpiredByRoomTime_IsRefusedAndSealsNothing()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var world = new BadWorld(null!);
        foreach (var clock in live.Clocks.Values)
        {
            clock.Offset = TimeSpan.FromDays(40);
        }

        string[] args =
        [
            "records", "upload", world.Write("cases.csv", "Case,Full name,Phone,Date of birth,Consent\nC-1,CANARY Person,+84901234567,1990-01-01,C1;C2\n"), "--ref", "Case",
            "--manifest", world.Write("manifest.json", "{}"), "--home", live.HomeOf("alpha"),
        ];
        BadInputTests.AssertOneLine("expired charter", await Programs.CliAsync(args), 1, "expired", "room time", "next version");
        var journal = Path.Combine(live.HomeOf("alpha"), "rooms", live.Charter.Charter.Room.ToString(), "journal");
        Assert.True(!Directory.Exists(journal) || Directory.GetFileSystemEntries(journal).Length == 0);
    }

    private static Records.Import.ImportResult Import() => LiveRoom.Import(Enumerable.Range(0, Rows).Select(i => ($"r{i}", $"{i}", true)));

    /// <summary>Seals a batch and stops before it is sent: it lies in the journal.</summary>
    private static async Task<SealedBatch> SealAsync(LiveRoom live, Records.Import.ImportResult rows)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(LiveRoom.Token);
        using var room = await live.ConnectAsync("alpha");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Uploader(room).UploadAsync(rows, "{}"u8.ToArray(), new Stop(cancel), cancel.Token));
        return Assert.Single(new UploadJournal(room.Memory.Folder).Read());
    }

    /// <summary>Sends the first parts of a batch, then ends the stream in order or cuts it off.</summary>
    /// <returns>Why it was refused; null if it was accepted.</returns>
    private static async Task<ErrorReason?> SendAsync(RoomClient room, SealedBatch batch, int parts, bool complete)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(LiveRoom.Token);
        try
        {
            using var call = room.Ingestion.UploadBatch(cancellationToken: cut.Token);
            await call.RequestStream.WriteAsync(
                new UploadBatchRequest { Start = new UploadStart { Room = room.Room.ToString(), Manifest = ByteString.CopyFrom(batch.Manifest.Leaf.Span) } }, cut.Token);
            await using var file = File.OpenRead(batch.PartsPath);
            var next = await NextPartAsync(room, batch);
            file.Seek(batch.Lengths.Take(next).Sum(length => (long)length), SeekOrigin.Begin);
            for (var part = next; part < Math.Max(next, parts); part++)
            {
                var content = new byte[batch.Lengths[part]];
                await file.ReadExactlyAsync(content, cut.Token);
                await call.RequestStream.WriteAsync(new UploadBatchRequest { Chunk = new UploadChunk { Part = (uint)part, Data = ByteString.CopyFrom(content), Last = true } }, cut.Token);
            }

            if (!complete)
            {
                await cut.CancelAsync();
            }

            await call.RequestStream.CompleteAsync();
            _ = await call.ResponseAsync;
            return null;
        }
        catch (CleanRoomException exception)
        {
            return exception.Reason;
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            return ErrorReason.Cancelled;
        }
    }

    private static async Task<int> NextPartAsync(RoomClient room, SealedBatch batch)
    {
        try
        {
            return (int)(await room.Ingestion.GetUploadAsync(
                new GetUploadRequest { Room = room.Room.ToString(), Batch = batch.Entry.Batch.ToString() }, cancellationToken: LiveRoom.Token)).NextPart;
        }
        catch (CleanRoomException exception) when (exception.Reason == ErrorReason.NotFound)
        {
            return 0;
        }
    }

    private sealed class Stop(CancellationTokenSource cancel) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value)
        {
            if (value.Step == UploadStep.Sending)
            {
                cancel.Cancel();
            }
        }
    }
}
