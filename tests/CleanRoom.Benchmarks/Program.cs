using System.Diagnostics;
using System.Globalization;
using CleanRoom.Benchmarks;
using CleanRoom.Demo;

// BenchmarkDotNet measures the comparators, which are functions; most of what is measured here is a room of six processes, by a small harness of its own.
string[] all = ["seal", "appraise", "import", "upload", "uploads", "cosign", "release", "notices", "subscribers", "replay", "compare", "link", "index"];
string? only = null;
var json = false;
int? records = null;
for (var i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--only" when i + 1 < args.Length && all.Contains(args[i + 1]):
            only = args[++i];
            break;
        case "--records" when i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) && wanted is >= 100 and <= 5_000_000:
            (records, i) = (wanted, i + 1);
            break;
        case "--json":
            json = true;
            break;
        default:
            await Console.Error.WriteLineAsync($"Use: CleanRoom.Benchmarks [--only {string.Join('|', all)}] [--records N] [--json]");
            return 64;
    }
}

var report = new Report(json);
var rows = records ?? 20_000;
var watch = Stopwatch.StartNew();
try
{
    if (only is null or "seal")
    {
        SealAndOpen.Run(report);
    }
    if (only is null or "appraise")
    {
        Appraisals.Run(report);
    }
    if (only is null or "import")
    {
        await Import.RunAsync(report, rows);
    }
    if (only is null or "upload" or "cosign" or "release")
    {
        await using var room = await RoomBenches.OpenAsync();
        if (only is null or "upload")
        {
            await room.UploadAsync(report);
        }
        if (only is null or "cosign")
        {
            await room.CosignAsync(report);
        }
        if (only is null or "release")
        {
            await room.ReleaseAsync(report);
        }
    }
    if (only is null or "uploads")
    {
        await Uploads.RunAsync(report);
    }
    if (only is null or "notices")
    {
        await Notices.RunAsync(report);
    }
    if (only is "subscribers")
    {
        await Subscribers.RunAsync(report, records ?? 10_000);
    }
    if (only is null or "replay")
    {
        await Replay.RunAsync(report, rows);
    }
    if (only is null or "compare")
    {
        Comparators.Run(report);
    }
    if (only is null or "link")
    {
        Linking.Link(report, rows);
    }
    if (only is null or "index")
    {
        Linking.Index(report, rows);
    }
}
catch (DemoException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return exception.ExitCode;
}
report.Finish(watch.Elapsed);
return 0;
