using System.Diagnostics;
using System.Globalization;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Tests.Postgres;

namespace CleanRoom.Storage.Tests.Leases;

/// <summary>
/// <c>cleanroom-admin lead</c> as processes that are killed and paused. The program that they run writes its number into a file while it runs: who leads is
/// seen there.
/// </summary>
public sealed class LeadCommandTests(PostgresServer server) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _folder = new();
    private readonly List<Process> _processes = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Leader_Killed_IsFollowedByAStandbyAndItsProgramEnds(bool postgres)
    {
        string[] store = await StoreAsync(postgres);
        var first = Start(store, "1");
        await UntilAsync(() => Running("1"));
        Start(store, "2");
        await Task.Delay(500, Token);
        Assert.False(Running("2"));
        var watch = Stopwatch.StartNew();
        first.Kill();
        await UntilAsync(() => Running("2"));
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"taken over {watch.Elapsed.TotalSeconds:0.0} s after kill -9, lease of 2 s"));
        await UntilAsync(() => !Running("1"));
    }

    /// <summary>What a liveness probe of a pod asks: a standby is well though nothing answers, a leader only if its program does.</summary>
    [Fact]
    public async Task Health_OfAStandbyAndOfALeader_IsToldByTheStateFile()
    {
        string[] store = [.. await StoreAsync(postgres: false), "--seconds", "600"];
        var (one, two) = (Path.Combine(_folder.Path, "state-1"), Path.Combine(_folder.Path, "state-2"));
        Start([.. store, "--state", one], "1");
        await UntilAsync(() => Running("1") && File.Exists(one));
        Start([.. store, "--state", two], "2");
        await UntilAsync(() => File.Exists(two));
        Assert.Equal((0, "standing by"), await HealthAsync(two));
        Assert.Equal(69, (await HealthAsync(one)).Code);
        var stale = Path.Combine(_folder.Path, "stale");
        await File.WriteAllTextAsync(stale, "standby", Token);
        File.SetLastWriteTimeUtc(stale, TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(-10));
        Assert.Equal(69, (await HealthAsync(stale)).Code);
        Assert.Equal(69, (await HealthAsync(stale + "-missing")).Code);
    }

    [Fact]
    public async Task Leader_Stopped_HandsOverBeforeItsLeaseEnds()
    {
        string[] store = [.. await StoreAsync(postgres: true), "--seconds", "600"];
        var first = Start(store, "1");
        await UntilAsync(() => Running("1"));
        Signal(first, "TERM");
        await first.WaitForExitAsync(Token);
        Assert.Equal(0, first.ExitCode);
        Assert.False(Running("1"));
        Start(store, "2");
        await UntilAsync(() => Running("2"));
    }

    [Fact]
    public async Task Leader_PausedAndWokenLate_StopsItsProgramAndLeavesTheNewOneAlone()
    {
        string[] store = await StoreAsync(postgres: true);
        var first = Start(store, "1");
        await UntilAsync(() => Running("1"));
        Signal(first, "STOP");
        Start(store, "2");
        await UntilAsync(() => Running("2"));

        // Two at once now: the first program does not know. What it could do is void by its generation; here it must end once its leader wakes.
        Assert.True(Running("1"));
        Signal(first, "CONT");
        await UntilAsync(() => !Running("1"));
        await Task.Delay(2500, Token);
        Assert.True(Running("2"));
        Assert.False(Running("1"));
    }

    [Fact]
    public async Task Program_ThatEndsAtOnce_IsStartedAgainAfterLongerAndLongerPauses()
    {
        var starts = Path.Combine(_folder.Path, "starts");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var leading = LeadAsync($"echo >>'{starts}'; exit 3", stop.Token);
        await UntilAsync(() => File.Exists(starts) && new FileInfo(starts).Length >= 3);
        await stop.CancelAsync();
        var (code, text) = await leading;
        Assert.Equal(0, code);
        Assert.Contains("the program ended with 3; again in 1 s", text, StringComparison.Ordinal);
        Assert.Contains("the program ended with 3; again in 2 s", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Program_WhoseSettingsAreWrong_IsNotStartedAgain()
    {
        var (code, text) = await LeadAsync("exit 78", Token);
        Assert.Equal(78, code);
        Assert.Contains("its settings are wrong (78)", text, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }

            process.Dispose();
        }

        _folder.Dispose();
    }

    private async Task<string[]> StoreAsync(bool postgres)
    {
        if (!postgres)
        {
            return ["--data", _folder.Path];
        }

        var options = await server.GetSchemaAsync();
        PostgresLeaseStore.Open(options).Dispose();
        return ["--postgres", options.ConnectionString, "--schema", options.Schema];
    }

    private bool Running(string number) => File.Exists(Path.Combine(_folder.Path, "leader-" + number));

    private Process Start(string[] store, string number)
    {
        // Reads its input to the end, as services do with Server:StopAtEndOfInput.
        var file = Path.Combine(_folder.Path, "leader-" + number);
        var program = Path.Combine(AppContext.BaseDirectory, "cleanroom-admin");
        string[] seconds = store.Contains("--seconds") ? [] : ["--seconds", "2"];
        var process = Process.Start(new ProcessStartInfo(
            program,
            ["lead", "--name", "room", .. store, .. seconds, "--", "bash", "-c", $"touch '{file}'; cat >/dev/null; rm '{file}'"])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        process.OutputDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        _processes.Add(process);
        return process;
    }

    private static async Task<(int Code, string Text)> HealthAsync(string state)
    {
        // Nothing listens on port 1.
        await using var output = new StringWriter();
        var code = await Admin.AdminCommand.RunAsync(["health", "http://127.0.0.1:1", "--standby-file", state], output, output, Token);
        return (code, output.ToString().TrimEnd());
    }

    private async Task<(int Code, string Text)> LeadAsync(string script, CancellationToken cancellationToken)
    {
        await using var output = new StringWriter();
        var code = await Admin.AdminCommand.RunAsync(["lead", "--name", "room", "--data", _folder.Path, "--", "bash", "-c", script], output, output, cancellationToken);
        return (code, output.ToString());
    }

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(watch.Elapsed < Longest, "It did not happen.");
            await Task.Delay(20, Token);
        }
    }
}
