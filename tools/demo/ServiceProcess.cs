using System.Diagnostics;
using CleanRoom.Cryptography;

namespace CleanRoom.Demo;

/// <summary>One of the services, in a process of its own. Its log goes to a file; it ends with the demo, whatever happens.</summary>
internal sealed class ServiceProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;

    private ServiceProcess(string name, Process process, StreamWriter log, Uri address, KeyId key, string commandLine)
    {
        (Name, _process, _log, Address, Key, CommandLine) = (name, process, log, address, key, commandLine);
    }

    public string Name { get; }

    public int Id => _process.Id;

    public Uri Address { get; }

    public KeyId Key { get; }

    /// <summary>What starts it again at the same address, for a shell.</summary>
    public string CommandLine { get; }

    public long WorkingSet
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? 0 : _process.PeakWorkingSet64;
        }
    }

    /// <summary>A program that runs services from their images, given assembly, data folder and arguments; null to run what was built.</summary>
    public static string? Launcher { get; set; }

    /// <summary>The program of a service, beside the demo's own.</summary>
    public static string Program(string assembly)
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var path = Path.Combine(here.Parent!.Parent!.FullName, assembly, here.Name, assembly);
        return File.Exists(path) ? path : throw new DemoException(72, $"{path} does not exist: run make demo, which builds it.");
    }

    /// <summary>Runs a service's identity command and gives what it prints.</summary>
    public static async Task<string> IdentityAsync(string assembly, string data, CancellationToken cancellationToken)
    {
        using var process = Begin(assembly, ["identity", "--data", data], data);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output.Trim() : throw new DemoException(process.ExitCode, $"{assembly} identity: {error.Trim()}");
    }

    private static Process Begin(string assembly, IEnumerable<string> arguments, string data, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (program, all) = Command(assembly, data, arguments);
        var start = new ProcessStartInfo(program, all) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = data };

        // Even if this program is killed, its services end: their input does.
        start.Environment["Server__StopAtEndOfInput"] = "true";

        // No debugger's sockets: a process that is killed would leave them in the temporary folder.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        return Process.Start(start) ?? throw new DemoException(71, $"{assembly} does not start.");
    }

    /// <summary>Starts a service and waits until it listens.</summary>
    public static async Task<ServiceProcess> StartAsync(
        string name, string assembly, string data, string logFolder, IReadOnlyList<string> settings, CancellationToken cancellationToken,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var addressFile = Path.Combine(data, "address");
        File.Delete(addressFile);
        string[] arguments = [$"--Server:DataFolder={data}", $"--Server:AddressFile={addressFile}", .. settings];
        var process = Begin(assembly, arguments, data, environment);
        var log = new StreamWriter(Path.Combine(logFolder, name + ".log"), append: true) { AutoFlush = true };
        string? lastLine = null;
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                lastLine = text;
                lock (log)
                {
                    log.WriteLine(text);
                }
            }
        };
        process.OutputDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        try
        {
            for (var waited = 0; ; waited++)
            {
                if (process.HasExited)
                {
                    throw new DemoException(process.ExitCode == 0 ? 71 : process.ExitCode, $"{name} ended at once: {lastLine}");
                }
                if (File.Exists(addressFile))
                {
                    var parts = (await File.ReadAllTextAsync(addressFile, cancellationToken)).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
                    var address = new Uri(parts[0]);
                    var (program, all) = Command(assembly, data, arguments);
                    string[] again = [program, .. all.Where(argument => !argument.StartsWith("--Server:Port=", StringComparison.Ordinal)), $"--Server:Port={address.Port}"];
                    return new ServiceProcess(name, process, log, address, KeyId.Parse(parts[1]), string.Join(' ', again.Select(KeptRoom.Quoted)));
                }
                if (waited > 600)
                {
                    throw new DemoException(69, $"{name} did not start within a minute; see its log.");
                }
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        }
        catch
        {
            // Whoever stops the demonstration now must not leave a process behind.
            await StopAsync(process, log);
            throw;
        }
    }

    private static (string Program, IEnumerable<string> Arguments) Command(string assembly, string data, IEnumerable<string> arguments) =>
        Launcher is null ? (Program(assembly), arguments) : (Launcher, [assembly, data, .. arguments]);

    public ValueTask DisposeAsync() => new(StopAsync(_process, _log));

    private static async Task StopAsync(Process process, StreamWriter log)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }
        catch (InvalidOperationException)
        {
            // It had ended.
        }
        process.Dispose();
        Close(log);
    }

    private static void Close(StreamWriter log)
    {
        lock (log)
        {
            log.Dispose();
        }
    }
}
