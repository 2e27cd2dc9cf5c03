using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CleanRoom.Client.Tests;

/// <summary>Bad places: a disk that is full or read-only, another user's folder, a port in use, a library that is not there, a file that is too large, Ctrl-C.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class BadPlaceTests(BadInputRoom room) : IClassFixture<BadInputRoom>, IDisposable
{
    private const int Nobody = 65534;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-place-");
    private readonly List<string> _mounts = [];

    [Fact]
    public async Task Keys_InAReadOnlyFolder_AreRefusedWith73()
    {
        var folder = Mount("ro", "ro,size=1m");
        BadInputTests.AssertOneLine("read-only", await Programs.CliAsync("keys", "create", "--member", "delta", "--home", Path.Combine(folder, "home")), 73, "cannot be created", "write");
    }

    [Fact]
    public async Task Upload_ProfileInAReadOnlyFolder_IsRefusedWith73AndSendsNothing()
    {
        var folder = Mount("ro", "size=4m");
        using var world = new BadWorld(room);
        var home = Copy(world.CopyHome(), folder);
        Remount(folder, "ro");
        var size = await room.SizeAsync();
        BadInputTests.AssertOneLine("read-only", await Programs.CliAsync(Upload(world, home, 3)), 73, "cannot be written", "write");
        Assert.Equal(size, await room.SizeAsync());
    }

    [Fact]
    public async Task Keys_OnAFullDisk_AreRefusedWith73AndLeaveNoProfile()
    {
        var folder = Mount("full", "size=64k");
        Fill(Path.Combine(folder, "ballast"));
        BadInputTests.AssertOneLine("full", await Programs.CliAsync("keys", "create", "--member", "delta", "--home", Path.Combine(folder, "home")), 73, "free space");
        Assert.False(File.Exists(Path.Combine(folder, "home", "profile.json")));
    }

    [Fact]
    public async Task Upload_OnADiskThatFillsUp_Is73SendsNothingAndGoesOnWhenThereIsSpace()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var world = new BadWorld(room);
        var folder = Mount("small", "size=640k");
        var home = Copy(live.HomeOf("alpha"), folder);
        var args = Upload(world, home, 300);
        var answer = await Programs.CliAsync(args);
        BadInputTests.AssertOneLine("full", answer, 73, "free space");
        using (var client = await live.ConnectAsync("alpha"))
        {
            Assert.Empty(client.State.Batches);
        }

        Remount(folder, "size=64m");
        var again = await Programs.CliAsync([.. args, "--json"]);
        Assert.True(again.Code == 0, again.ToString());
        using (var client = await live.ConnectAsync("alpha"))
        {
            Assert.Single(client.State.Batches);
        }
    }

    [Fact]
    public async Task Profile_OfAnotherUser_IsRefusedAndNamed()
    {
        RequireRoot();
        using var world = new BadWorld(room);
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        var program = Copy(Programs.FolderOf("CleanRoom.Cli"), _folder.FullName);
        var home = Copy(world.CopyHome(), _folder.FullName);
        var answer = await Programs.RunAsync(
            "setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", Path.Combine(program, "cleanroom"), "keys", "show", "--home", home],
            new Dictionary<string, string> { ["HOME"] = "/" });
        BadInputTests.AssertOneLine("another user's profile", answer, 66, "profile.json", "permissions");
    }

    [Fact]
    public async Task Check_FileThatMayNotBeRead_Is66()
    {
        RequireRoot();
        File.SetUnixFileMode(_folder.FullName, (UnixFileMode)0b111_101_101);
        var program = Copy(Programs.FolderOf("CleanRoom.Cli"), _folder.FullName);
        var file = Path.Combine(_folder.FullName, "cases.csv");
        await File.WriteAllTextAsync(file, "Full name,Phone\nCANARY,1\n", LiveRoom.Token);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var answer = await Programs.RunAsync(
            "setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", Path.Combine(program, "cleanroom"), "records", "check", file],
            new Dictionary<string, string> { ["HOME"] = "/" });
        BadInputTests.AssertOneLine("no permission", answer, 66, "cases.csv", "may read");
    }

    [Fact]
    public async Task Check_FileOf200Megabytes_IsReadInBoundedMemory()
    {
        var file = Path.Combine(_folder.FullName, "large.csv");
        var row = $"CANARY Person,+84901234567,1990-01-01,C1;C2,{new string('x', 30_000)}\n";
        var rows = 0;
        await using (var writer = new StreamWriter(file))
        {
            await writer.WriteAsync("Full name,Phone,Date of birth,Consent,Note\n");
            for (var written = 0L; written < 200L << 20; written += row.Length)
            {
                await writer.WriteAsync(row);
                rows++;
            }
        }

        using var process = Programs.Start(Path.Combine(Programs.FolderOf("CleanRoom.Cli"), "cleanroom"), ["records", "check", file]);
        var peak = 0L;
        var watching = Task.Run(
            async () =>
            {
                while (!process.HasExited)
                {
                    process.Refresh();
                    peak = Math.Max(peak, process.HasExited ? 0 : process.PeakWorkingSet64);
                    await Task.Delay(50, LiveRoom.Token);
                }
            },
            LiveRoom.Token);
        var answer = await Programs.FinishAsync(process);
        await watching;
        Assert.True(answer.Code == 0, answer.ToString());
        Assert.Contains($"{rows} rows", answer.Output, StringComparison.Ordinal);
        Assert.InRange(peak, 1, 400L << 20);
        BadInputTests.AssertQuiet("200 MB", answer);
    }

    [Fact]
    public async Task Check_Interrupted_Is130WithOneLine()
    {
        // A pipe that nobody writes to any more: the program waits for the next byte for ever.
        var pipe = Path.Combine(_folder.FullName, "cases.csv");
        using (var make = Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync(LiveRoom.Token);
        }

        using var process = Programs.Start(Path.Combine(Programs.FolderOf("CleanRoom.Cli"), "cleanroom"), ["records", "check", pipe]);
        await using var writer = new FileStream(pipe, FileMode.Open, FileAccess.Write);
        await writer.WriteAsync("Full name,Phone\nCANARY Person,1\n"u8.ToArray(), LiveRoom.Token);
        await writer.FlushAsync(LiveRoom.Token);
        await Task.Delay(TimeSpan.FromSeconds(1), LiveRoom.Token);
        Programs.Interrupt(process);
        BadInputTests.AssertOneLine("interrupted", await Programs.FinishAsync(process), 130, "Interrupted", "again");
    }

    [Fact]
    public async Task Upload_InterruptedAnywhere_GoesOnWithTheSecondRunAndDoublesNothing()
    {
        await using var live = await LiveRoom.OpenedAsync();
        using var world = new BadWorld(room);
        var args = Upload(world, live.HomeOf("alpha"), 2_500);
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var round = 0; round < 4; round++)
        {
            using var process = Programs.Start(Path.Combine(Programs.FolderOf("CleanRoom.Cli"), "cleanroom"), args);
            await Task.Delay(random.Next(400, 4_000), LiveRoom.Token);
            Programs.Interrupt(process);
            var answer = await Programs.FinishAsync(process);
            Assert.True(answer.Code is 130 or 0, $"seed {seed}: {answer}");
            BadInputTests.AssertQuiet($"seed {seed}", answer);
        }

        var last = await Programs.CliAsync([.. args, "--json"]);
        Assert.True(last.Code == 0, $"seed {seed}: {last}");
        using var client = await live.ConnectAsync("alpha");
        var slots = Uploads.RecordLedger.Open(client.Memory.Folder).Records.Select(record => record.Slots.Count).ToList();
        Assert.Equal(2_500, slots.Count);
        Assert.All(slots, count => Assert.True(count == 1, $"seed {seed}: a record stands in {count} slots"));
        Assert.Empty(Directory.GetDirectories(Path.Combine(client.Memory.Folder, "journal")));
    }

    [Fact]
    public async Task Service_PortInUse_Is75()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answer = await Programs.IngestionAsync(null, "--Server:DataFolder=" + Path.Combine(_folder.FullName, "data"), $"--Server:Port={((IPEndPoint)listener.LocalEndpoint).Port}");
        AssertService(answer, 75, "--Server:Port");
    }

    [Fact]
    public async Task Service_WithoutSqlite_Is71AndNamesThePackage()
    {
        // The loader finds this one first, and it is no library.
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "libsqlite3.so.0"), "", LiveRoom.Token);
        var answer = await Programs.IngestionAsync(
            new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = _folder.FullName }, "--Server:DataFolder=" + Path.Combine(_folder.FullName, "data"));
        AssertService(answer, 71, "libsqlite3-0");
    }

    [Fact]
    public async Task Service_DataFolderReadOnly_Is73()
    {
        var folder = Mount("ro", "ro,size=1m");
        AssertService(await Programs.IngestionAsync(null, "--Server:DataFolder=" + Path.Combine(folder, "data")), 73, "folder");
    }

    [Fact]
    public async Task Service_DiskFull_StopsWithOneLine()
    {
        var folder = Mount("full", "size=64k");
        Fill(Path.Combine(folder, "ballast"));
        var answer = await Programs.IngestionAsync(null, "--Server:DataFolder=" + folder);
        Assert.True(answer.Code is 73 or 74, answer.ToString());
        AssertService(answer, answer.Code);
    }

    public void Dispose()
    {
        foreach (var mount in _mounts)
        {
            Run("umount", "-l", mount);
        }

        _folder.Delete(recursive: true);
    }

    private static void AssertService(Answer answer, int code, params string[] says)
    {
        Assert.True(code == answer.Code, answer.ToString());
        var line = Assert.Single(answer.Error.TrimEnd('\n').Split('\n'), line => !line.StartsWith('{'));
        Assert.All(says, word => Assert.Contains(word, line, StringComparison.Ordinal));
        BadInputTests.AssertQuiet("service", answer with { Error = line, Output = "" });
    }

    private static string[] Upload(BadWorld world, string home, int rows)
    {
        var text = string.Concat(Enumerable.Range(1, rows).Select(i => $"CASE-{i},CANARY Person {i},+8490{i:D7},1990-01-01,C1;C2\n"));
        return ["records", "upload", world.Write("many.csv", "Case,Full name,Phone,Date of birth,Consent\n" + text), "--ref", "Case", "--all-new", "--manifest", world.Write("manifest.json", "{}"), "--home", home];
    }

    private static void RequireRoot()
    {
        if (Environment.UserName != "root")
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "CI must run as root: it tests other users' folders and full disks.");
            Assert.Skip("needs root: a mount, or another user");
        }
    }

    private string Mount(string name, string options)
    {
        RequireRoot();
        var folder = _folder.CreateSubdirectory(name).FullName;
        if (Run("mount", "-t", "tmpfs", "-o", options + ",mode=700", "tmpfs", folder) != 0)
        {
            Assert.Skip("this machine does not let root mount a file system");
        }

        _mounts.Add(folder);
        return folder;
    }

    private static void Remount(string folder, string options) => Assert.Equal(0, Run("mount", "-o", "remount," + options, folder));

    private static void Fill(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Create);
            var block = new byte[512];
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static string Copy(string from, string to)
    {
        Assert.Equal(0, Run("cp", "-a", from, to));
        return Path.Combine(to, Path.GetFileName(from));
    }

    private static int Run(string program, params string[] args)
    {
        using var process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
