using CleanRoom.Client;
using CleanRoom.Client.Uploads;
using CleanRoom.Demo;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Room.Tests.Canaries;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Transport;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>An operator that restores an old database, or sets its clocks, in a whole room (THREATS T5, T4, T23).</summary>
public sealed class OperatorAttackTests(TappedRoom tapped, ITestOutputHelper output)
{
    [Fact]
    public async Task YesterdaysDatabase_Restored_UploadEnclaveAndMembersRefuseAndSayWhy()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        var yesterday = Directory.CreateTempSubdirectory("cleanroom-yesterday-");
        using var recorder = new Recorder();
        try
        {
            var file = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase) with { Slots = 4 };
            await using var room = await WholeRoom.OpenAsync(file, new InProcessServices(recorder.Attach));
            var files = await CaseFile.ReadAllAsync(file, WholeRoom.Token);
            var address = room.Demo.Charter.Operator.Ingestion.Endpoint;
            async Task RestartAsync() => await room.Services.StartAsync(
                ServiceKind.Ingestion, "ingestion", room.Demo.Folder("ingestion"), [$"--Server:Port={address.Port}"], WholeRoom.Token);

            await room.Services.StopAsync("ingestion");
            SilentRoom.CopyFolder(room.Demo.Folder("ingestion"), yesterday.FullName);
            await RestartAsync();
            await room.Demo.StartMatchingAsync(WholeRoom.Token);
            await room.Demo.UploadAsync(files, WholeRoom.Token);
            await room.Demo.WaitAsync(status => status.EvaluatedEpoch > 0, "the queries", WholeRoom.Token);

            await room.Services.StopAsync("ingestion");
            Directory.Delete(room.Demo.Folder("ingestion"), recursive: true);
            SilentRoom.CopyFolder(yesterday.FullName, room.Demo.Folder("ingestion"));
            await RestartAsync();

            // Whoever has seen more than yesterday's log.
            foreach (var member in SmallCases.Contributors)
            {
                var refused = await Assert.ThrowsAsync<CleanRoomException>(() => RoomClient.ConnectAsync(room.Demo.Profiles[member], room.Demo.Room, new() { Fresh = false }, WholeRoom.Token));
                output.WriteLine($"{member}: {refused.Reason}: {refused.Message}");
                Assert.Equal(ErrorReason.LogRolledBack, refused.Reason);
            }

            // A connection that was open all the time: nothing is sealed any more.
            var (contributor, manifest, import) = files[0];
            var changed = import with { Rows = [.. import.Rows.Select(row => row with { Record = Changed(row.Record) })] };
            var upload = await Assert.ThrowsAsync<CleanRoomException>(() => new Uploader(room.Demo.Rooms[contributor.Id]).UploadAsync(changed, manifest, null, WholeRoom.Token));
            output.WriteLine($"upload: {upload.Reason}: {upload.Message}");
            Assert.Equal(ErrorReason.LogRolledBack, upload.Reason);

            // An instance that saw the longer log says LogRolledBack; one that begins without a memory gets no quorum of cosignatures for what there is.
            await room.Demo.WaitAsync(
                status => status.State == GetStatusResponse.Types.State.Halted && status.Reason is "LogRolledBack" or "NotCosigned" or "DeadlineExceeded", "the enclave to halt", WholeRoom.Token);
            var halted = await room.Demo.StatusAsync(WholeRoom.Token);
            output.WriteLine($"enclave: {halted.State} {halted.Reason}");
            Assert.Empty(halted.Keys);

            // The witnesses know better, and ingestion says so itself.
            Assert.Contains(recorder.Lines, line => line.Service == "ingestion" && line.Template.Contains("older than what was cosigned", StringComparison.Ordinal));
        }
        finally
        {
            cases.Delete(recursive: true);
            yesterday.Delete(recursive: true);
        }
    }

    /// <summary>
    /// All consents of the small cases end in 2036: by the hosts' clocks they are over. A clock that is late cannot be shown in one process: the gRPC client counts its deadlines by the
    /// machine's own clock.
    /// </summary>
    [Fact]
    public async Task ClocksOfTheOperatorsHosts_TwentyYearsAhead_ChangeNothingThatIsTold()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        try
        {
            var file = TappedRoom.WriteWithMatches(cases.FullName);
            await using var room = await WholeRoom.OpenAsync(file, new InProcessServices((name, builder) =>
            {
                if (!name.StartsWith("broker-", StringComparison.Ordinal))
                {
                    builder.Services.AddSingleton<TimeProvider>(new Shifted(TimeSpan.FromDays(20 * 365.25)));
                }
            }));
            var told = await room.RunAsync();
            foreach (var member in room.Demo.Brokered)
            {
                output.WriteLine($"{member}: {string.Join(", ", TappedRoom.Kinds(told[member]))}");
                Assert.Equal(TappedRoom.Kinds(tapped.Told[member]), TappedRoom.Kinds(told[member]));
            }

            // Room time is the witnesses'.
            using var client = await RoomClient.ConnectAsync(room.Demo.Profiles[SmallCases.Agency], room.Demo.Room, null, WholeRoom.Token);
            Assert.InRange(client.State.LastEpochTime!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-10), TimeProvider.System.GetUtcNow().AddMinutes(1));
        }
        finally
        {
            cases.Delete(recursive: true);
        }
    }

    private static Records.V1.CaseRecord Changed(Records.V1.CaseRecord record)
    {
        var changed = record.Clone();
        changed.Persons[0].Occupation = "changed";
        return changed;
    }

    private sealed class Shifted(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
