using CleanRoom.AgencyDesk;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;
using Microsoft.Data.Sqlite;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>The agency's example program (samples/agency-desk) on the real services: everything is filed once, whoever hands it over how often.</summary>
[Collection(EnclaveTests.Name)]
public sealed class AgencyDeskTests(Consortium consortium)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_TwoDevicesAndARestart_FileEachMessageOnce_AndDeleteWhatIsWithdrawn()
    {
        await using var room = await GovernanceTests.OpenWithSuspectsAsync(consortium);
        await room.Matching.StartAsync();
        await using var database = new SqliteConnection("Data Source=:memory:");
        await database.OpenAsync(Token);
        var client = await room.ClientAsync("delta");
        var desk = await NoticeDesk.OpenAsync(database, client.Room, TimeProvider.System, null, Token);
        await UntilAsync(client, desk, () => CountAsync(database, "notices"));
        var notices = await CountAsync(database, "notices");
        Assert.True(await CountAsync(database, "filed") == new InboxReader(client).Last);

        // The process is killed before it has said that it was done: the same messages again, and a device of a colleague that begins at the first.
        foreach (var taken in new InboxReader(client).ReadTaken())
        {
            Assert.False(await desk.FileAsync(Assert.IsType<InboxEvent.Received>(taken).Message, Token));
        }

        var folder = Directory.CreateTempSubdirectory("cleanroom-second-device-");
        try
        {
            var profile = CopyOf(consortium.Profiles["delta"].Folder, folder.FullName);
            foreach (var kept in Directory.GetDirectories(folder.FullName, "inbox", SearchOption.AllDirectories))
            {
                Directory.Delete(kept, recursive: true);
            }

            using var second = await RoomClient.ConnectAsync(profile, client.Room, null, Token);
            var before = await CountAsync(database, "filed");
            Assert.True(await (await NoticeDesk.OpenAsync(database, client.Room, TimeProvider.System, null, Token)).RunAsync(new InboxReader(second), follow: false, Token));
            Assert.True(await CountAsync(database, "filed") >= before);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Assert.Equal(notices, await CountAsync(database, "notices"));
        Assert.Equal(notices, await CountAsync(database, "rings WHERE step = 1 AND about IN (SELECT reference FROM notices)"));
        Assert.Equal(await CountAsync(database, "filed"), await CountAsync(database, "filed WHERE number <= (SELECT count(*) FROM filed)"));

        // Withdrawn: what was told is gone, that something came is not.
        Assert.Equal(1, await new Uploader(await room.ClientAsync("alpha")).WithdrawAsync(["s1"], Token));
        await UntilAsync(client, desk, () => CountAsync(database, "filed WHERE kind = 'N6'"));
        await UntilAsync(client, desk, async () => await CountAsync(database, "notices") == 0 ? 1 : 0);
        Assert.Equal(0, await CountAsync(database, "rings WHERE number IN (SELECT number FROM filed WHERE kind = 'N2a')"));
    }

    private static async Task UntilAsync(RoomClient client, NoticeDesk desk, Func<Task<long>> found)
    {
        for (var attempt = 0; await found() == 0; attempt++)
        {
            Assert.True(attempt < 900, "It did not come.");
            await client.SyncAsync(Token);
            Assert.True(await desk.RunAsync(new InboxReader(client), follow: false, Token));
            await Task.Delay(200, Token);
        }
    }

    private static async Task<long> CountAsync(SqliteConnection database, string what)
    {
        await using var command = database.CreateCommand();
#pragma warning disable CA2100 // the texts stand above
        command.CommandText = $"SELECT count(*) FROM {what}";
#pragma warning restore CA2100
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }

    private static MemberProfile CopyOf(string folder, string to)
    {
        foreach (var path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(folder, path));
            _ = Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }

        return MemberProfile.Open(to, TimeProvider.System);
    }
}
