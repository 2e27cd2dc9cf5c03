using System.Diagnostics;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;

namespace CleanRoom.Services.Tests.Ingestion;

public sealed class CosigningTests(SharedIngestion ingestion, WitnessServers witnesses)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Faults => ["absent", "lying", "other name", "garbage", "claims another size", "silent"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Cosign_OneFaultyWitness_DoesNotStopTheOthers(string fault)
    {
        using var room = new LogRoom(ingestion.Server, witnesses);
        Break(room, room.Beta, fault);
        var started = Stopwatch.GetTimestamp();
        await room.AppendAsync(room.Genesis());
        await room.AppendAsync(room.Alpha.TransportPerson());
        var checkpoint = (await room.CosignedAsync(2)).Checkpoint!;
        Assert.DoesNotContain(checkpoint.Note.Cosignatures, cosignature => cosignature.Name == "beta");
        Assert.Equal(3, checkpoint.Cosignatures);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(9), "It waited for the witness that does not answer.");
    }

    [Fact]
    public async Task Cosign_WithoutAQuorum_TakesEntriesAndGoesOnWhenItIsBack()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        Break(room, room.Beta, "absent");
        Break(room, room.Gamma, "lying");
        var batch = room.Batch();
        Assert.Equal(21UL, (await batch.UploadAsync()).Index);
        await Refused.WithAsync(ErrorReason.DeadlineExceeded, async () => await room.Client().GetInclusionAsync(
            new GetInclusionRequest { Room = room.Text, Index = 21 }, deadline: DateTime.UtcNow.AddSeconds(1), cancellationToken: Token));
        Assert.Equal(21, (await room.CosignedAsync(21)).Checkpoint!.Size);

        room.Beta.Witness.Behaviours.TryRemove(room.Text, out _);
        Assert.Equal(22, (await room.CosignedAsync(22)).Checkpoint!.Size);
    }

    [Fact]
    public async Task Cosign_WitnessThatMissedRounds_IsTakenUpFromItsOwnSize()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        Break(room, room.Delta, "absent");
        await room.AppendAsync(new FreezeEntry(room.Id, Party.NewId(), room.Beta.Id, true).Sign(room.Beta.Approver));
        await room.CosignedAsync(22);
        room.Delta.Witness.Behaviours.TryRemove(room.Text, out _);

        // Now the quorum needs it, and it stands at an older size than the others.
        Break(room, room.Alpha, "absent");
        await room.AppendAsync(new FreezeEntry(room.Id, Party.NewId(), room.Beta.Id, false).Sign(room.Beta.Approver));
        Assert.Contains((await room.CosignedAsync(23)).Checkpoint!.Note.Cosignatures, cosignature => cosignature.Name == "delta");
    }

    [Fact]
    public async Task GetCheckpoint_Fresh_MovesRoomTimeOnInAQuietRoom()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var before = (await room.CosignedAsync(21)).Checkpoint!;
        foreach (var party in room.Parties)
        {
            party.Witness.Skews[room.Text] = TimeSpan.FromHours(3);
        }

        var answer = await room.Client().GetCheckpointAsync(
            new GetCheckpointRequest { Room = room.Text, Fresh = true }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Token);
        Assert.True(SignedCheckpoint.TryParse(answer.Checkpoint.Note, out var note));
        Assert.True(CosignedCheckpoint.TryVerify(note, room.Charter, out var after, out _));
        Assert.Equal((before.Size, before.Root), (after.Size, after.Root));
        Assert.True(after.Time.Opening - before.Time.Opening >= TimeSpan.FromHours(3));
    }

    [Fact]
    public async Task Cosign_ManyEntries_ShareRounds()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        var before = room.Alpha.Witness.Questions[room.Text];
        var keys = Enumerable.Range(0, 60).Select(_ => SigningKey.Generate()).ToArray();
        await Task.WhenAll(keys.Select((key, i) => Task.Run(() => room.AppendAsync(room.Alpha.Person($"p{i}", key.PublicKey, PersonRoles.Officer)))));
        await room.CosignedAsync(81);
        Assert.True(room.Alpha.Witness.Questions[room.Text] - before < 60, "Every entry had a round of its own.");
    }

    [Fact]
    public async Task Restart_KeepsLogUploadsAndOperatorKey()
    {
        await using var server = await IngestionServer.StartAsync();
        using var room = await LogRoom.OpenAsync(server, witnesses);
        var before = (await room.CosignedAsync(21)).Checkpoint!;
        var batch = room.Batch();
        await Refused.WithAsync(ErrorReason.BatchIncomplete, () => batch.SendAsync(batch.Chunks(0, 30).Prepend(batch.Start())));
        var (key, pin) = (server.OperatorKey, server.Pin);

        await server.StopAsync();
        await server.RunAsync();
        Assert.Equal((key.Id, pin), (server.OperatorKey.Id, server.Pin));
        Assert.Equal(30u, (await batch.ProgressAsync()).NextPart);
        await batch.SendAsync(batch.Chunks(30).Prepend(batch.Start()));
        var reader = new LogReader(room.Channel(room.Matching), room.Id, new LogPosition(before.Size, before.Root));
        await room.CosignedAsync(22);
        Assert.Equal(22, (await reader.SyncAsync(fresh: false, null, Token)).Size);
    }

    [Fact]
    public async Task Restart_WithEntriesThatNobodyCosigned_CosignsThem()
    {
        await using var server = await IngestionServer.StartAsync();
        using var room = await LogRoom.OpenAsync(server, witnesses);
        foreach (var party in room.Parties)
        {
            Break(room, party, "absent");
        }

        await room.AppendAsync(new FreezeEntry(room.Id, Party.NewId(), room.Beta.Id, true).Sign(room.Beta.Approver));
        await server.StopAsync();
        foreach (var party in room.Parties)
        {
            party.Witness.Behaviours.TryRemove(room.Text, out _);
        }

        await server.RunAsync();
        Assert.Equal(22, (await room.CosignedAsync(22)).Checkpoint!.Size);
    }

    [Fact]
    public async Task Restore_OfAnOlderDatabase_IsNeverCosignedAgain()
    {
        await using var server = await IngestionServer.StartAsync();
        using var room = await LogRoom.OpenAsync(server, witnesses);
        await server.StopAsync();
        var files = Directory.GetFiles(server.DataFolder, "ingestion.db*").ToDictionary(file => file, File.ReadAllBytes);
        await server.RunAsync();
        await room.AppendAsync(new FreezeEntry(room.Id, Party.NewId(), room.Beta.Id, true).Sign(room.Beta.Approver));
        var seen = (await room.CosignedAsync(22)).Checkpoint!;
        await server.StopAsync();
        foreach (var file in Directory.GetFiles(server.DataFolder, "ingestion.db*"))
        {
            File.Delete(file);
        }

        foreach (var (file, bytes) in files)
        {
            await File.WriteAllBytesAsync(file, bytes, Token);
        }

        await server.RunAsync();

        // Another entry in the place of the one that was cosigned: the witnesses that saw 22 refuse it, and the quorum is lost.
        await room.AppendAsync(new FreezeEntry(room.Id, Party.NewId(), room.Gamma.Id, true).Sign(room.Gamma.Approver));
        await Refused.WithAsync(ErrorReason.DeadlineExceeded, async () => await room.Client().GetInclusionAsync(
            new GetInclusionRequest { Room = room.Text, Index = 21 }, deadline: DateTime.UtcNow.AddSeconds(2), cancellationToken: Token));
        await Refused.WithAsync(ErrorReason.LogRolledBack, async () => await room.Client().GetCheckpointAsync(
            new GetCheckpointRequest { Room = room.Text, KnownSize = (ulong)seen.Size }, cancellationToken: Token));
    }

    private static void Break(LogRoom room, Party party, string fault) => party.Witness.Behaviours[room.Text] = async (request, cosign, cancellationToken) =>
    {
        switch (fault)
        {
            case "absent":
                throw new CleanRoomException(ErrorReason.UnknownRoom, "Not joined.");
            case "silent":
                await Task.Delay(Timeout.Infinite, cancellationToken);
                return new CosignResponse();
            case "garbage":
                return new CosignResponse { Cosignature = "nothing like a signature\n" };
            case "claims another size":
                throw new CleanRoomException(ErrorReason.LogForked, "Not the history.", "1");
            case "other name":
                return new CosignResponse { Cosignature = Line(party.Witness.Key, "alpha", request) };
            default:
                using (var key = SigningKey.Generate())
                {
                    return new CosignResponse { Cosignature = Line(key, party.Id.Value, request) };
                }
        }
    };

    private static string Line(SigningKey key, string name, CosignRequest request)
    {
        Assert.True(SignedCheckpoint.TryParse(request.Checkpoint.Note, out var note));
        return Cosigner.Cosign(key, name, note.Checkpoint, DateTimeOffset.UtcNow).ToText();
    }
}
