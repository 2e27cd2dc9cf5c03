using CleanRoom.Client.Inbox;
using CleanRoom.Client.Uploads;
using CleanRoom.Records.Import;

namespace CleanRoom.Client.Tests.Examples;

internal static class UploadAndRead
{
    public static async Task RunAsync(string folder, string casesFile, string manifestFile, Action<string> say, CancellationToken token)
    {
        // README
        var profile = MemberProfile.Open(folder, TimeProvider.System);

        // Reads the log from its first entry and verifies it: charter chain, own approval, witnesses, no rollback.
        using var room = await RoomClient.ConnectAsync(profile, profile.Rooms[0], null, token);

        var manifest = await File.ReadAllBytesAsync(manifestFile, token);
        var options = new ImportOptions { ContributorId = profile.Member.Value, Manifest = DatasetManifest.Parse(System.Text.Encoding.UTF8.GetString(manifest)) };

        // Read twice, row by row, so that a file of any length can be sent: what is wrong with it is said before anything is sealed.
        await using var file = File.OpenRead(casesFile);
        await using var check = await CaseImporter.OpenAsync(file, options, token);
        var planned = await Uploader.PlanAsync(profile, room.Room, check.RowsAsync(token), token);

        // Seals nothing without a live grant; a run that was killed goes on with the same bytes.
        await using var again = File.OpenRead(casesFile);
        await using var session = await CaseImporter.OpenAsync(again, options, token);
        var progress = new Progress<UploadProgress>(step => say($"{step.Step}: {step.Records} of {step.TotalRecords}"));
        var result = await new Uploader(room).UploadAsync(planned, session.RowsAsync(token), manifest, progress, token);
        say($"{result.Plan.New} new, {result.Plan.NotSealed} stay here, {result.Batches.Count} receipts");

        await foreach (var item in new InboxReader(room).ReadAsync(follow: false, token))
        {
            say(item switch
            {
                InboxEvent.Received received => $"{received.Message.Number}: {received.Message.Content.Kind}",
                InboxEvent.Alarm alarm => $"ALARM {alarm.Reason}: {alarm.Text}",
                _ => "",
            });
        }

        // README
    }
}
