using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Demo;
using CleanRoom.Protocol.Matching.V1;

namespace CleanRoom.Standalone.Tests;

/// <summary>A whole room on the standalone host, as its own process: records in, notices out, restarts.</summary>
public sealed class StandaloneRoomTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Room_OnOneProcess_TellsTheTruthAndKeepsEverythingOverRestarts()
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-standalone-");
        try
        {
            var file = RoomFile.Read(Samples()) with { EpochSeconds = 2, Slots = 64 };
            var services = new StandaloneServices(folder.FullName, Path.Combine(folder.FullName, "standalone.log"));
            await using var demo = new DemoRoom(file, folder.FullName, services, output.WriteLine);
            await demo.OpenAsync(Token);
            await demo.StartMatchingAsync(Token);
            await demo.UploadAsync(await CaseFile.ReadAllAsync(file, Token), Token);
            var told = await demo.ReadInboxesAsync(Token);
            var report = Truth.Find(file.Folder)!.Compare((await demo.JoinAsync(told, Token)).Links);
            Assert.True(report.Holds, string.Join('\n', report.Lines()));
            Assert.Equal(29, report.Tallies["Exact"].AsExpected);
            Assert.Equal(9, (await services.RunAsync(["health"], Token)).Split('\n').Count(line => line.EndsWith(" Serving", StringComparison.Ordinal)));
            await StopInTheMiddleAsync(demo, folder);

            var before = await demo.VerifyAsync(Token);
            Assert.Equal((3, 0), (before.Receipts, before.Ignored));
            var kept = Kept(demo, "th-atd");
            Assert.Equal(told["th-atd"].Count(message => message is RoomMessage.Notice), kept.Count(message => message.Content is RoomMessage.Notice));
            foreach (var kill in new[] { false, true })
            {
                Assert.Equal(kill ? 137 : 0, await services.StopAsync(kill, Token));
                await services.StartAsync(Token);
                await services.WaitForEnclaveAsync(Token);
                await demo.WaitAsync(status => status.State == GetStatusResponse.Types.State.Running, "the enclave to run again", Token);

                // The log only grows, every receipt holds, and the inbox goes on with the next number.
                var after = await demo.VerifyAsync(Token);
                Assert.Equal((3, 0), (after.Receipts, after.Ignored));
                Assert.True(after.Entries >= before.Entries, $"{after.Entries} of {before.Entries} entries");
                Assert.Equal(kept.Select(Words), Kept(demo, "th-atd").Take(kept.Count).Select(Words));
                await foreach (var item in new InboxReader(demo.Rooms["th-atd"]).ReadAsync(follow: true, Token))
                {
                    Assert.Equal(kept[^1].Number + 1, Assert.IsType<InboxEvent.Received>(item).Message.Number);
                    break;
                }

                (before, kept) = (after, Kept(demo, "th-atd"));
            }

            Assert.Equal(0, await services.StopAsync(kill: false, Token));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>A copy of a member's profile with an empty inbox takes all messages again, stops in the middle and goes on.</summary>
    private static async Task StopInTheMiddleAsync(DemoRoom demo, DirectoryInfo folder)
    {
        var home = Copy(Path.Combine(folder.FullName, "members", "lotus-bridge"), Path.Combine(folder.FullName, "copy"));
        var inbox = Directory.EnumerateDirectories(home, "inbox", SearchOption.AllDirectories).Single();
        Directory.Delete(inbox, recursive: true);
        using var room = await RoomClient.ConnectAsync(MemberProfile.Open(home, TimeProvider.System), demo.Room, null, Token);
        Assert.Equal(0, new InboxReader(room).Last);
        await ReadAsync(room, from: 1, through: 5);
        await ReadAsync(room, from: 6, through: 70);

        // Killed between keeping and handing out: what was not handed out comes first.
        File.WriteAllBytes(Path.Combine(inbox, "handed"), [0, 0, 0, 0, 0, 0, 0, 60, .. Enumerable.Repeat((byte)255, 7), 255 - 60]);
        await ReadAsync(room, from: 61, through: 130);
        Assert.Equal(130, new InboxReader(room).ReadTaken().OfType<InboxEvent.Received>().Count());
        await new InboxReader(room).AcknowledgeAsync(130, Token);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => new InboxReader(room).AcknowledgeAsync(131, Token));
    }

    private static async Task ReadAsync(RoomClient room, long from, long through)
    {
        var next = from;
        var reader = new InboxReader(room);
        await foreach (var item in reader.ReadAsync(follow: false, Token))
        {
            Assert.Equal(next, Assert.IsType<InboxEvent.Received>(item).Message.Number);
            Assert.Equal(next, reader.Last);
            if (next++ == through)
            {
                break;
            }
        }

        Assert.Equal(through + 1, next);
        Assert.Equal(through, new InboxReader(room).Last);
    }

    private static List<InboxMessage> Kept(DemoRoom demo, string member) =>
        [.. new InboxReader(demo.Rooms[member]).ReadTaken().Select(item => Assert.IsType<InboxEvent.Received>(item).Message)];

    private static string Words(InboxMessage message) => Encoding.UTF8.GetString(
        message.Content.ToBytes(new MessagePlace(default, MemberId.Parse("th-atd"), message.Number, message.Epoch, message.Simulated)));

    private static string Copy(string from, string to)
    {
        foreach (var path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, path));
            var folder = Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            if (!OperatingSystem.IsWindows())
            {
                // A profile that others can enter is refused.
                folder.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            }

            File.Copy(path, copy);
        }

        return to;
    }

    private static string Samples()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(here!.FullName, "CleanRoom.sln")))
        {
            here = here.Parent;
        }

        return Path.Combine(here.FullName, "samples");
    }
}
