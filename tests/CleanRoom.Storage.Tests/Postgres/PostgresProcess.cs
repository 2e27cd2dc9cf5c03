using System.Diagnostics;

namespace CleanRoom.Storage.Tests.Postgres;

/// <summary>A server of this machine's own version in a new folder (tools/postgres.sh). It ends with its owner.</summary>
internal sealed class PostgresProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private PostgresProcess(Process process, Task<string> errors, string connection) => (_process, _errors, Connection) = (process, errors, connection);

    /// <summary>How to reach it.</summary>
    public string Connection { get; }

    /// <exception cref="InvalidOperationException">There is none; the message says why.</exception>
    public static async Task<PostgresProcess> StartAsync(string folder)
    {
        var process = Process.Start(new ProcessStartInfo("bash", [Script(), folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        const string ready = "ready ";
        if (await process.StandardOutput.ReadLineAsync() is { } line && line.StartsWith(ready, StringComparison.Ordinal))
        {
            return new PostgresProcess(process, error, line[ready.Length..]);
        }

        await process.WaitForExitAsync();
        process.Dispose();
        throw new InvalidOperationException($"There is no PostgreSQL server: {(await error).Trim()}");
    }

    /// <summary>Kills every process of the server (-9).</summary>
    public Task CrashAsync() => SayAsync("crash");

    /// <summary>Starts it again; completes when it takes connections.</summary>
    public Task StartAgainAsync() => SayAsync("start");

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task SayAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        _ = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"The server is gone: {(await _errors).Trim()}");
    }

    private static string Script()
    {
        for (var here = new DirectoryInfo(AppContext.BaseDirectory); here is not null; here = here.Parent)
        {
            if (File.Exists(Path.Combine(here.FullName, "CleanRoom.sln")))
            {
                return Path.Combine(here.FullName, "tools", "postgres.sh");
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
