using System.Diagnostics;
using System.Runtime.InteropServices;
using CleanRoom.Charter.Messages;
using CleanRoom.Client;
using CleanRoom.Demo;
using CleanRoom.Transport;

string? cases = null, output = null, keep = null, postgres = null;
var standalone = args.Contains("--standalone");
var images = args.Contains("--images");
args = [.. args.Where(argument => argument is not ("--standalone" or "--images"))];
for (var i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--cases":
            cases = args[i + 1];
            break;
        case "--out":
            output = args[i + 1];
            break;
        case "--keep":
            keep = args[i + 1];
            break;
        case "--postgres":
            postgres = args[i + 1];
            break;
        default:
            return Fail(64, "Usage: cleanroom-demo [--cases DIR] [--out links.csv] [--keep DIR] [--standalone | --images] [--postgres CONNECTION]");
    }
}
if (args.Length % 2 != 0 || (standalone && postgres is not null))
{
    return Fail(64, "Usage: cleanroom-demo [--cases DIR] [--out links.csv] [--keep DIR] [--standalone | --images] [--postgres CONNECTION]");
}
if (keep is not null && Directory.Exists(keep) && Directory.EnumerateFileSystemEntries(keep).Any())
{
    return Fail(73, $"{keep} is not empty: KEEP needs a new or empty folder.");
}

using var stop = new CancellationTokenSource();

// Whichever way it is stopped, the services and the folder go with it.
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var folder = Path.GetFullPath(keep ?? Path.Combine(Path.GetTempPath(), "cleanroom-demo-" + Path.GetRandomFileName()));
_ = Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
var watch = Stopwatch.StartNew();
RoomFile? kept = null;
try
{
    var file = kept = RoomFile.Read(cases ?? FindSamples());
    var truth = Truth.Find(file.Folder);
    var files = await CaseFile.ReadAllAsync(file, stop.Token);
    file = file.For(files);
    Say("SIMULATED ROOM: no hardware stands behind it; it protects nobody's data.");
    if (images)
    {
        ServiceProcess.Launcher = Path.Combine(Path.GetDirectoryName(FindSamples())!, "eng", "images", "run.sh");
        Say("services run from their images: read-only, as user 65532, without rights");
    }
    var logs = Directory.CreateDirectory(Path.Combine(folder, "logs")).FullName;
    IServiceRunner services = standalone ? new StandaloneServices(folder, Path.Combine(logs, "standalone.log")) : new ServiceProcesses(logs);
    await using var room = new DemoRoom(file, folder, services, Say, postgres);
    await room.OpenAsync(stop.Token);
    await room.StartMatchingAsync(stop.Token);
    if (keep is not null)
    {
        await KeptRoom.WriteScriptAsync(
            folder,
            services is ServiceProcesses { Running: var running } ? running.Select(service => (service.Name, service.CommandLine)) : [("standalone", ((StandaloneServices)services).CommandLine)],
            stop.Token);
    }
    await room.UploadAsync(files, stop.Token);
    var told = await room.ReadInboxesAsync(stop.Token);
    Say("what each member was told (simulated, decrypted with its own key):");
    foreach (var (id, messages) in told)
    {
        Say($"  {id,-18} {messages.OfType<RoomMessage.MatchPointer>().Count(),4} pointers (N1)  {messages.OfType<RoomMessage.Notice>().Count(),4} notices (N2a)  "
            + $"{messages.OfType<RoomMessage.Review>().Count(),4} review items  {messages.Count,5} messages of one size");
    }
    var (receipts, entries, ignored) = await room.VerifyAsync(stop.Token);
    Say($"verified: {receipts} receipts offline, {entries} log entries with their signatures, roles and cosignatures ({ignored} ignored)");
    var links = (await room.JoinAsync(told, stop.Token)).Links;
    if (output is not null)
    {
        await File.WriteAllLinesAsync(output, links.Select(link => link.Row()).Prepend(LinkTable.Header), stop.Token);
        Say($"{links.Count} links written to {output}");
    }
    var exit = 0;
    if (truth is null)
    {
        Say($"{links.Count} links told; this folder has no truth.csv to compare with");
    }
    else
    {
        var report = truth.Compare(links);
        Say($"{links.Count} links told, against truth.csv and truth_negatives.csv:");
        foreach (var line in report.Lines())
        {
            Say(line);
        }
        exit = report.Holds ? 0 : 1;
    }
    // Behind an image's launcher the service is a child whose memory is not ours to see.
    foreach (var service in images ? [] : (services as ServiceProcesses)?.Running.Where(service => service.Name is "ingestion" or "matching" or "notification") ?? [])
    {
        Say($"  {service.Name,-14} peak memory {service.WorkingSet / 1048576} MiB");
    }
    if (services is StandaloneServices { PeakMemory: var bytes })
    {
        Say($"  all services in one process: peak memory {bytes / 1048576} MiB");
    }
    Say($"simulated room {room.Room}: done in {watch.Elapsed.TotalSeconds:0.0} s");
    return exit;
}
catch (DemoException exception)
{
    return Fail(exception.ExitCode, exception.Message);
}
catch (Exception exception) when (exception is CleanRoomException or ClientException)
{
    return Fail(1, exception.Message);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return Fail(130, "Stopped.");
}
finally
{
    if (keep is null)
    {
        Directory.Delete(folder, recursive: true);
    }
    else
    {
        foreach (var line in KeptRoom.Hints(folder, kept))
        {
            Console.WriteLine(line);
        }
    }
}

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

void Say(string text) => Console.WriteLine($"[{watch.Elapsed.TotalSeconds,6:0.0} s] {text}");

static int Fail(int code, string message)
{
    Console.Error.WriteLine(message);
    return code;
}

static string FindSamples()
{
    for (var here = new DirectoryInfo(AppContext.BaseDirectory); here is not null; here = here.Parent)
    {
        if (File.Exists(Path.Combine(here.FullName, "CleanRoom.sln")))
        {
            return Path.Combine(here.FullName, "samples");
        }
    }
    throw new DemoException(66, "The samples folder is not beside the program: name a folder with CASES=DIR.");
}
