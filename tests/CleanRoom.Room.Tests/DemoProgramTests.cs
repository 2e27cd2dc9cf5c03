using System.Diagnostics;
using CleanRoom.Room.Tests.Rooms;

namespace CleanRoom.Room.Tests;

/// <summary>The demonstration as a user starts it: the program itself, its services in processes of their own.</summary>
public sealed class DemoProgramTests(ITestOutputHelper output) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-program-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Demo_TwoAtOnce_BothTellTheLinksAndLeaveNothingBehind()
    {
        var runs = await Task.WhenAll(Enumerable.Range(1, 2).Select(async run =>
        {
            var cases = _folder.CreateSubdirectory($"cases-{run}");
            _ = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase);
            return await RunAsync(run, "--cases", cases.FullName, "--out", Path.Combine(_folder.FullName, $"links-{run}.csv"));
        }));
        foreach (var (code, text, temporary) in runs)
        {
            output.WriteLine(text);
            Assert.True(code == 0, text);
            Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
            Assert.Empty(ProcessesOf(temporary));
            Assert.Contains("SIMULATED ROOM", text, StringComparison.Ordinal);
        }

        var links = await File.ReadAllLinesAsync(Path.Combine(_folder.FullName, "links-1.csv"), WholeRoom.Token);
        Assert.Equal("link_type,record_1,record_2,strength,disposition,tell_owner_of_1,tell_owner_of_2,le_from_1,le_from_2", links[0]);
        Assert.Contains("SameDocument,A-001,B-001,Exact,NGO_POINTER,pointer,pointer,none,none", links);
        Assert.Equal(links, await File.ReadAllLinesAsync(Path.Combine(_folder.FullName, "links-2.csv"), WholeRoom.Token));
    }

    [Fact]
    public async Task Demo_Stopped_LeavesNothingBehind()
    {
        var cases = _folder.CreateSubdirectory("cases");
        _ = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase);
        var (code, text, temporary) = await RunAsync(1, "-TERM", line => line.Contains("services listen", StringComparison.Ordinal), "--cases", cases.FullName);
        Assert.True(code == 130, text);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
        Assert.Empty(ProcessesOf(temporary));
    }

    [Theory]
    [InlineData("services listen")]
    [InlineData("services listen", "--standalone")]
    public async Task Demo_Killed_ItsServicesEndToo(string stopAt, params string[] more)
    {
        var cases = _folder.CreateSubdirectory("cases");
        _ = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase);
        var services = new List<string>();
        var (code, text, temporary) = await RunAsync(
            1, "-KILL",
            line =>
            {
                services.AddRange(line.Contains(stopAt, StringComparison.Ordinal) ? ProcessesOf(Path.Combine(_folder.FullName, "tmp-1")) : []);
                return services.Count > 0;
            },
            ["--cases", cases.FullName, .. more]);
        Assert.Equal(137, code);
        Assert.NotEmpty(services);
        for (var waited = 0; ProcessesOf(temporary).Count > 0; waited++)
        {
            Assert.True(waited < 1800, string.Join('\n', ProcessesOf(temporary)) + text);
            await Task.Delay(TimeSpan.FromMilliseconds(100), WholeRoom.Token);
        }
    }

    [Fact]
    public async Task Demo_FewerRecordsThanARoomUsuallyWaitsFor_StillTells()
    {
        var cases = _folder.CreateSubdirectory("cases");
        _ = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase);
        foreach (var file in cases.EnumerateFiles("*.csv"))
        {
            await File.WriteAllLinesAsync(file.FullName, (await File.ReadAllLinesAsync(file.FullName, WholeRoom.Token)).Take(3), WholeRoom.Token);
        }

        var links = Path.Combine(_folder.FullName, "links.csv");
        var (code, text, _) = await RunAsync(1, "--cases", cases.FullName, "--out", links);
        Assert.True(code == 0, text);
        Assert.Contains("SameDocument,A-001,B-001,Exact,NGO_POINTER,pointer,pointer,none,none", await File.ReadAllLinesAsync(links, WholeRoom.Token));
    }

    [Fact]
    public async Task Demo_TwoFilesWithConsentOnly_SaysThatNothingWouldEverBeTold()
    {
        var cases = _folder.CreateSubdirectory("cases");
        _ = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase);
        var file = Path.Combine(cases.FullName, "charlie-house.csv");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, WholeRoom.Token)).Replace("C1;C2;C3;C5;C6", "C1", StringComparison.Ordinal), WholeRoom.Token);
        var (code, text, _) = await RunAsync(1, "--cases", cases.FullName);
        Assert.Equal(65, code);
        Assert.Contains("charlie-house.csv 0", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Demo_LayoutThatCannotBeMapped_Exits2AndNamesTheClosestProfile()
    {
        var cases = _folder.CreateSubdirectory("cases");
        _ = SmallCases.Write(cases.FullName, matching: true, SmallCases.PlainCase);
        await File.WriteAllTextAsync(Path.Combine(cases.FullName, "bravo-house.csv"), "q1,q2,q3\nred,green,blue\nup,down,left\n", WholeRoom.Token);
        var watch = Stopwatch.StartNew();
        var (code, text, temporary) = await RunAsync(1, "--cases", cases.FullName);
        output.WriteLine($"{watch.Elapsed}: {text}");
        Assert.Equal(2, code);
        Assert.Contains("bravo-house.csv", text, StringComparison.Ordinal);
        Assert.Matches("The closest profile is [a-z]", text);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
    }

    private Task<(int Code, string Text, string Temporary)> RunAsync(int run, params string[] arguments) => RunAsync(run, "-TERM", _ => false, arguments);

    /// <summary>Runs the program with a temporary folder of its own; sends it a signal at a line.</summary>
    private async Task<(int Code, string Text, string Temporary)> RunAsync(int run, string signal, Func<string, bool> stopAt, params string[] arguments)
    {
        var temporary = _folder.CreateSubdirectory($"tmp-{run}").FullName;
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(here.Parent!.Parent!.FullName, "CleanRoom.Demo", here.Name, "cleanroom-demo");
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TMPDIR"] = temporary;
        using var process = Process.Start(start)!;
        try
        {
            var text = new List<string>();
            var errors = process.StandardError.ReadToEndAsync(WholeRoom.Token);
            while (await process.StandardOutput.ReadLineAsync(WholeRoom.Token) is { } line)
            {
                text.Add(line);
                if (stopAt(line))
                {
                    using var kill = Process.Start("kill", [signal, $"{process.Id}"]);
                    await kill.WaitForExitAsync(WholeRoom.Token);
                }
            }

            await process.WaitForExitAsync(WholeRoom.Token);
            return (process.ExitCode, string.Join('\n', text.Append(await errors)), temporary);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Processes whose command line names a folder.</summary>
    private static List<string> ProcessesOf(string folder)
    {
        var found = new List<string>();
        foreach (var path in Directory.EnumerateDirectories("/proc").Where(path => Path.GetFileName(path).All(char.IsAsciiDigit)))
        {
            try
            {
                var command = File.ReadAllText(Path.Combine(path, "cmdline")).Replace('\0', ' ');
                if (command.Contains(folder, StringComparison.Ordinal))
                {
                    found.Add(command);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return found;
    }
}
