using CleanRoom.Charter.Log;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Uploads;
using CleanRoom.Transport;

namespace CleanRoom.Client.Tests;

public class UploadTests
{
    private static readonly byte[] Manifest = "{}"u8.ToArray();

    [Fact]
    public async Task Upload_NewChangedUnchangedRefused_DoesEachOnceAndGivesFinalReceipts()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var room = await live.ConnectAsync("alpha");
        var uploader = new Uploader(room);

        var first = await uploader.UploadAsync(LiveRoom.Import(("r1", "1", true), ("r2", "2", true), ("r3", "3", false)), Manifest, null, LiveRoom.Token);
        Assert.Equal((2, 0, 0, 1), (first.Plan.New, first.Plan.Changed, first.Plan.Unchanged, first.Plan.NotSealed));
        Assert.Equal(ReceiptStatus.Final, Assert.Single(first.Batches).Status);
        Assert.True(first.Batches[0].Receipt.Simulated);

        var second = await uploader.UploadAsync(LiveRoom.Import(("r1", "1", true), ("r2", "changed", true), ("r3", "3", false)), Manifest, null, LiveRoom.Token);
        Assert.Equal((0, 1, 1, 1), (second.Plan.New, second.Plan.Changed, second.Plan.Unchanged, second.Plan.NotSealed));

        var third = await uploader.UploadAsync(LiveRoom.Import(("r1", "1", true), ("r2", "changed", true)), Manifest, null, LiveRoom.Token);
        Assert.Equal(0, third.Plan.ToSend);
        Assert.Empty(third.Batches);
        Assert.Equal(2, room.State.Batches.Count);
        Assert.All(Uploader.VerifyOffline(live.Profiles["alpha"], room.Room), receipt => Assert.Equal(ReceiptStatus.Final, receipt.Status));
    }

    [Fact]
    public async Task Upload_GrantEndedByRoomTimeAlone_IsNotSealed()
    {
        await using var live = await LiveRoom.OpenedAsync();
        foreach (var clock in live.Clocks.Values)
        {
            clock.Offset = TimeSpan.FromDays(6);
        }

        using var room = await live.ConnectAsync("alpha");
        var rows = LiveRoom.Import(("r1", "1", true), ("r2", "2", true));
        rows.Rows[0].Record.Consents[0].ExpiresDay = (int)(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalDays + 3;
        var result = await new Uploader(room).UploadAsync(rows, Manifest, null, LiveRoom.Token);
        Assert.Equal((1, 1), (result.Plan.New, result.Plan.NotSealed));
    }

    [Fact]
    public async Task VerifyOffline_AnythingChanged_IsNotFinal()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var room = await live.ConnectAsync("alpha");
        _ = await new Uploader(room).UploadAsync(LiveRoom.Import(("r1", "1", true)), Manifest, null, LiveRoom.Token);
        var path = Assert.Single(Directory.GetFiles(Path.Combine(room.Memory.Folder, "receipts"), "*.json"));
        var good = await File.ReadAllTextAsync(path, LiveRoom.Token);
        Assert.Equal(ReceiptStatus.Final, Assert.Single(Uploader.VerifyOffline(live.Profiles["alpha"], room.Room)).Status);
        foreach (var (from, to) in new[] { ("\"simulated\":true", "\"simulated\":false"), ("\"index\":", "\"index\":1"), ("operator ", "operater ") })
        {
            await File.WriteAllTextAsync(path, good.Replace(from, to, StringComparison.Ordinal), LiveRoom.Token);
            Assert.NotEqual(good, await File.ReadAllTextAsync(path, LiveRoom.Token));
            var refused = false;
            try
            {
                refused = Uploader.VerifyOffline(live.Profiles["alpha"], room.Room)[0].Status != ReceiptStatus.Final;
            }
            catch (ClientException exception) when (exception.Problem == ClientProblem.BadData)
            {
                // Not even a receipt any more.
                refused = from == "operator ";
            }

            Assert.True(refused, to);
        }
    }

    [Fact]
    public async Task Upload_GrantEnded_WithdrawsTheRecord()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var room = await live.ConnectAsync("alpha");
        var uploader = new Uploader(room);
        _ = await uploader.UploadAsync(LiveRoom.Import(("r1", "1", true), ("r2", "2", true)), Manifest, null, LiveRoom.Token);
        var result = await uploader.UploadAsync(LiveRoom.Import(("r1", "1", false), ("r2", "2", true)), Manifest, null, LiveRoom.Token);
        Assert.Equal(1, result.Withdrawn);
        var batch = Assert.Single(room.State.Batches.Values);
        _ = Assert.Single(batch.Withdrawn);
        Assert.Equal(1, await uploader.WithdrawAsync(["r2"], LiveRoom.Token));
        Assert.Equal(0, await uploader.WithdrawAsync(["r2"], LiveRoom.Token));
        _ = await uploader.UploadAsync(LiveRoom.Import(("r3", "3", true), ("r4", "4", true)), Manifest, null, LiveRoom.Token);
        Assert.Equal(2, await uploader.WithdrawAllAsync(LiveRoom.Token));
        Assert.Equal(0, uploader.CountLiveRecords());
    }

    [Fact]
    public async Task Upload_KilledAfterSealing_SendsTheSameBytesAndDoublesNothing()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(LiveRoom.Token);
        var rows = LiveRoom.Import(Enumerable.Range(0, 70).Select(i => ($"r{i}", $"{i}", true)));
        using (var room = await live.ConnectAsync("alpha"))
        {
            // Stops where the first sealed batch would go out: it is on disk by then.
            var stop = new Stop(UploadStep.Sending, cancel);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new Uploader(room).UploadAsync(rows, Manifest, stop, cancel.Token));
        }

        var journal = Path.Combine(live.HomeOf("alpha"), "rooms", live.Charter.Charter.Room.ToString(), "journal");
        var batch = Path.GetFileName(Assert.Single(Directory.GetDirectories(journal)));
        using (var room = await live.ConnectAsync("alpha"))
        {
            var result = await new Uploader(room).UploadAsync(rows, Manifest, null, LiveRoom.Token);
            Assert.Equal((70, 0, 70), (result.Resumed, result.Plan.ToSend, result.Plan.Unchanged));
            Assert.Equal(batch, Assert.Single(room.State.Batches.Keys).ToString());
            Assert.Empty(Directory.GetDirectories(journal));
        }
    }

    [Fact]
    public async Task Upload_SameReferenceTwice_IsRefusedByRowNumbers()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var room = await live.ConnectAsync("alpha");
        var error = await Assert.ThrowsAsync<ClientException>(() => new Uploader(room).UploadAsync(
            LiveRoom.Import(("secret-ref", "1", true), ("secret-ref", "2", true)), Manifest, null, LiveRoom.Token));
        Assert.Equal(ClientProblem.BadData, error.Problem);
        Assert.Contains("Rows 1 and 2", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-ref", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_KeptCheckpointNotInLog_IsRefused()
    {
        await using var live = await LiveRoom.OpenedAsync();
        var path = Path.Combine(live.HomeOf("alpha"), "rooms", live.Charter.Charter.Room.ToString(), "room.json");
        var text = await File.ReadAllTextAsync(path, LiveRoom.Token);
        var state = System.Text.Json.Nodes.JsonNode.Parse(text)!;
        state["checkpoint"]!["root"] = Cryptography.Digest.Of("another history"u8).ToString();
        await File.WriteAllBytesAsync(path, Files.SealedJson.Write(state.AsObject()), LiveRoom.Token);
        var error = await Assert.ThrowsAsync<CleanRoomException>(() => live.ConnectAsync("alpha"));
        Assert.Equal(ErrorReason.LogForked, error.Reason);
    }

    [Fact]
    public async Task Connect_KeptCheckpointBeyondLog_IsRefusedAsRolledBack()
    {
        await using var live = await LiveRoom.OpenedAsync();
        var path = Path.Combine(live.HomeOf("alpha"), "rooms", live.Charter.Charter.Room.ToString(), "room.json");
        var state = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(path, LiveRoom.Token))!;
        state["checkpoint"]!["size"] = 1000;
        await File.WriteAllBytesAsync(path, Files.SealedJson.Write(state.AsObject()), LiveRoom.Token);
        var error = await Assert.ThrowsAsync<CleanRoomException>(() => live.ConnectAsync("alpha"));
        Assert.Equal(ErrorReason.LogRolledBack, error.Reason);
    }

    [Fact]
    public async Task LogExport_OfALiveRoom_VerifiesOfflineAndAFlippedBitDoesNot()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var room = await live.ConnectAsync("alpha");
        var folder = Path.Combine(live.Folder.FullName, "export");
        Assert.True(await LogExport.WriteAsync(room, folder, LiveRoom.Token) > 4);
        var findings = LogAudit.Verify(folder, room.Memory.Checkpoint);
        Assert.True(findings.Verified, findings.Problem);
        Assert.True(findings.Simulated);
        Assert.Empty(findings.Ignored);

        var path = Path.Combine(folder, LogExport.FileName);
        var lines = await File.ReadAllLinesAsync(path, LiveRoom.Token);
        lines[1] = lines[1].Replace("\"leaf\":\"e", "\"leaf\":\"f", StringComparison.Ordinal);
        await File.WriteAllLinesAsync(path, lines, LiveRoom.Token);
        var changed = LogAudit.Verify(folder);
        Assert.False(changed.Verified);
        Assert.Throws<ArgumentException>(() => TransparencyReport.Of(changed));
    }

    private sealed class Stop(UploadStep at, CancellationTokenSource cancel) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value)
        {
            if (value.Step == at)
            {
                cancel.Cancel();
            }
        }
    }
}
