using System.Text.Json;
using CleanRoom.Admin;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Logs;
using CleanRoom.Demo;
using CleanRoom.Room.Tests.Attacks;
using CleanRoom.Room.Tests.Rooms;

namespace CleanRoom.Room.Tests.Recovery;

/// <summary>Backup, restore, verify, as docs/operators/recovery.md says. (An old copy is refused: OperatorAttackTests.)</summary>
public sealed class RecoveryTests
{
    [Fact]
    public async Task Backup_RestoredIntoOtherFolders_IsTheSameRoomForEveryMemberAndGoesOn()
    {
        var cases = Directory.CreateTempSubdirectory("cleanroom-cases-");
        var backup = Directory.CreateTempSubdirectory("cleanroom-backup-");
        try
        {
            var file = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase, SmallCases.PlainCase) with { Slots = 4 };
            await using var room = await WholeRoom.OpenAsync(file);
            var told = await room.RunAsync();
            var before = await room.Demo.VerifyAsync(WholeRoom.Token);
            var epoch = (await room.Demo.StatusAsync(WholeRoom.Token)).EvaluatedEpoch;

            // What a member knows to be cosigned, as its "cleanroom --json log verify" prints it.
            var findings = await LogAudit.VerifyAsync(room.Demo.Rooms[SmallCases.Contributors[0]], WholeRoom.Token);
            var checkpoint = Path.Combine(cases.FullName, "checkpoint.json");
            await File.WriteAllTextAsync(
                checkpoint,
                JsonSerializer.Serialize(new { ok = true, simulated = true, result = new { room = findings.Room.ToString(), size = findings.Checkpoint!.Size, root = findings.Checkpoint.Root.ToString() } }),
                WholeRoom.Token);

            // Everything that an operator keeps; the brokers are their owners' and go on.
            var charter = room.Demo.Charter.Operator;
            var kept = new[] { (ServiceKind.Notification, "notification", charter.Notification.Endpoint.Port), (ServiceKind.Ingestion, "ingestion", charter.Ingestion.Endpoint.Port) };
            await room.Services.StopAsync("matching");
            foreach (var (_, name, _) in kept)
            {
                // While it runs.
                await AdminAsync("store", "backup", "--kind", name, "--data", room.Demo.Folder(name), "--to", Path.Combine(backup.FullName, name));
                await room.Services.StopAsync(name);
                Directory.Delete(room.Demo.Folder(name), recursive: true);
            }

            // A machine that never saw the room: other folders, the same keys and addresses.
            Directory.Delete(room.Demo.Folder("matching-new"), recursive: true);
            SilentRoom.CopyFolder(room.Demo.Folder("matching"), room.Demo.Folder("matching-new"));
            foreach (var (kind, name, port) in kept.Reverse())
            {
                string[] known = kind == ServiceKind.Ingestion ? ["--checkpoint", checkpoint] : [];
                await AdminAsync(["store", "restore", "--kind", name, "--data", room.Demo.Folder(name + "-new"), "--from", Path.Combine(backup.FullName, name), .. known]);
                await AdminAsync("store", "verify", "--kind", name, "--data", room.Demo.Folder(name + "-new"));
                string[] log = kind == ServiceKind.Notification
                    ? [$"--Notification:IngestionAddress={charter.Ingestion.Endpoint.GetLeftPart(UriPartial.Authority)}", $"--Notification:IngestionKey={charter.Ingestion.Tls}"]
                    : [];
                _ = await room.Services.StartAsync(kind, name, room.Demo.Folder(name + "-new"), [$"--Server:Port={port}", .. log], WholeRoom.Token);
            }

            _ = await room.Services.StartAsync(
                ServiceKind.Matching, "matching", room.Demo.Folder("matching-new"), [.. room.Demo.MatchingSettings(charter.Matching.Endpoint.Port)], WholeRoom.Token);
            await room.Demo.WaitAsync(status => status.EvaluatedEpoch >= epoch && status.Keys.Count >= SmallCases.Contributors.Count, "the restored room", WholeRoom.Token);

            // Receipts, log and messages are what they were, by each member's own memory of them.
            var after = await room.Demo.VerifyAsync(WholeRoom.Token);
            Assert.Equal(before.Receipts, after.Receipts);
            Assert.True(after.Entries >= before.Entries);
            Assert.Equal(0, after.Ignored);

            // New epochs arrive without an alarm, and nobody is told a second time.
            Assert.Contains(told.Values.SelectMany(messages => messages), message => message is RoomMessage.MatchPointer);
            var again = await room.Demo.ReadInboxesAsync(WholeRoom.Token);
            Assert.DoesNotContain(again.Values.SelectMany(messages => messages), message => message is not (RoomMessage.Head or RoomMessage.Empty));
        }
        finally
        {
            cases.Delete(recursive: true);
            backup.Delete(recursive: true);
        }
    }

    /// <summary>The operator's own tool; it must say that all is well.</summary>
    private static async Task AdminAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        Assert.True(await AdminCommand.RunAsync(arguments, output, output, WholeRoom.Token) == 0, output.ToString());
    }
}
