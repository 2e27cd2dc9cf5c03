using System.Diagnostics;
using System.Text;

namespace CleanRoom.Records.Tests;

/// <summary>Runs the command line at a pseudo-terminal, which util-linux's script makes, and presses keys when the screen shows what they answer.</summary>
internal static class Terminal
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static void Require() => Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "There is no /usr/bin/script to make a terminal with.");

    /// <summary>Plays a script.</summary>
    /// <param name="program">The program and its arguments, as a shell reads them.</param>
    /// <param name="script">What the screen must show, and the keys that follow it; "" waits for nothing more.</param>
    /// <param name="environment">Variables over those of the test.</param>
    /// <returns>Exit code, and all that the screen showed.</returns>
    public static async Task<(int Code, string Screen)> PlayAsync(string program, IEnumerable<(string Shown, string Keys)> script, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        var info = new ProcessStartInfo("/usr/bin/script", ["-q", "-e", "-c", program, "/dev/null"]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        (info.Environment["COLUMNS"], info.Environment["TERM"], info.Environment["LC_ALL"]) = ("120", "xterm", "C.UTF-8");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }
        using var process = Process.Start(info)!;
        var seen = new StringBuilder();
        var all = new StringBuilder();
        var buffer = new char[1024];
        try
        {
            foreach (var (shown, keys) in script)
            {
                int at;
                while ((at = seen.ToString().IndexOf(shown, StringComparison.Ordinal)) < 0)
                {
                    var read = await process.StandardOutput.ReadAsync(buffer.AsMemory(), limit.Token);
                    Assert.True(read > 0, $"the screen ended before \"{shown}\":\n{all}");
                    _ = seen.Append(buffer, 0, read);
                    _ = all.Append(buffer, 0, read);
                }
                _ = seen.Remove(0, at + shown.Length);
                await process.StandardInput.WriteAsync(keys.AsMemory(), limit.Token);
                await process.StandardInput.FlushAsync(limit.Token);
            }
            _ = all.Append(await process.StandardOutput.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"the screen stood still:\n{all}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
        return (process.ExitCode, all.ToString());
    }
}
