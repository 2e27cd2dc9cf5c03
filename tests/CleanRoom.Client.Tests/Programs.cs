using System.Diagnostics;

namespace CleanRoom.Client.Tests;

/// <summary>What a program answered.</summary>
internal sealed record Answer(int Code, string Output, string Error)
{
    public override string ToString() => $"exit {Code}\nstdout: {Output}\nstderr: {Error}";
}

/// <summary>Runs our programs as their users do: the built command line and the built services.</summary>
internal static class Programs
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Folder of a built program: artifacts/bin/PROJECT/debug, beside the tests' own.</summary>
    public static string FolderOf(string project) => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", project, "debug"));

    public static Task<Answer> CliAsync(params string[] args) => RunAsync(Path.Combine(FolderOf("CleanRoom.Cli"), "cleanroom"), args);

    public static Task<Answer> IngestionAsync(IReadOnlyDictionary<string, string>? environment, params string[] args) =>
        RunAsync(Path.Combine(FolderOf("CleanRoom.Ingestion"), "CleanRoom.Ingestion"), args, environment);

    public static async Task<Answer> RunAsync(string program, string[] args, IReadOnlyDictionary<string, string>? environment = null)
    {
        using var process = Start(program, args, environment);
        return await FinishAsync(process);
    }

    public static Process Start(string program, string[] args, IReadOnlyDictionary<string, string>? environment = null)
    {
        // A shell starts what it runs in the background with Ctrl-C ignored, and that is inherited: without this, a run of the tests in the background could interrupt nothing.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", program, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    public static async Task<Answer> FinishAsync(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var error = process.StandardError.ReadToEndAsync(Token);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(8));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        return new Answer(process.ExitCode, await output, await error);
    }

    /// <summary>What Ctrl-C sends.</summary>
    public static void Interrupt(Process process)
    {
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        kill.WaitForExit();
    }
}
