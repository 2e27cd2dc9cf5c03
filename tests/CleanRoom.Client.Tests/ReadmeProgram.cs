using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;
using CleanRoom.Records.Import;

namespace CleanRoom.Client.Tests;

/// <summary>The program of the client's README, so that it compiles.</summary>
internal static class ReadmeProgram
{
    public static async Task RunAsync()
    {
        var token = CancellationToken.None;
        var profile = MemberProfile.Open(MemberProfile.DefaultFolder(MemberId.Parse("lotus-bridge")), TimeProvider.System);

        // Reads the log from its first entry and verifies it: charter chain, own approval, witnesses, no rollback.
        using var room = await RoomClient.ConnectAsync(profile, profile.Rooms[0], null, token);

        var manifest = await File.ReadAllBytesAsync("manifest.json", token);
        var import = await CaseImporter.ImportAsync(
            "cases.csv",
            new ImportOptions { ContributorId = profile.Member.Value, Manifest = DatasetManifest.Parse(System.Text.Encoding.UTF8.GetString(manifest)) },
            token);

        // Seals nothing without a live grant; a run that was killed goes on with the same bytes.
        var result = await new Uploader(room).UploadAsync(import, manifest, null, token);
        Console.WriteLine($"{result.Plan.New} new, {result.Plan.NotSealed} stay here, {result.Batches.Count} receipts");

        await foreach (var item in new InboxReader(room).ReadAsync(follow: false, token))
        {
            Console.WriteLine(item switch
            {
                InboxEvent.Received received => $"{received.Message.Number}: {received.Message.Content.Kind}",
                InboxEvent.Alarm alarm => $"ALARM {alarm.Reason}: {alarm.Text}",
                _ => "",
            });
        }
    }
}
