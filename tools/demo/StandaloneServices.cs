using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Client;
using CleanRoom.Cryptography;

namespace CleanRoom.Demo;

/// <summary>Runs all services of the room in the one process of the standalone host, over the room's own folder.</summary>
/// <param name="folder">The demonstration's folder: the members' profiles stand below it, the services' folders come beside them.</param>
/// <param name="logFile">Gets what the host writes.</param>
internal sealed partial class StandaloneServices(string folder, string logFile) : IServiceRunner
{
    private JsonElement? _identity;
    private Process? _process;

    /// <summary>What starts it, for a shell.</summary>
    public string CommandLine => $"{KeptRoom.Quoted(Program)} run --data {KeptRoom.Quoted(folder)}";

    private static string Program
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(here.Parent!.Parent!.FullName, "CleanRoom.Standalone", here.Name, "cleanroom-standalone");
        }
    }

    /// <summary>Peak memory of the process, in bytes; 0 if it does not run.</summary>
    public long PeakMemory
    {
        get
        {
            _process?.Refresh();
            return _process is { HasExited: false } running ? running.PeakWorkingSet64 : 0;
        }
    }

    public async Task<JsonElement> IdentityAsync(ServiceKind kind, string data, CancellationToken cancellationToken)
    {
        var identity = await IdentityAsync(cancellationToken);
        var terms = identity.GetProperty("operator");
        return JsonSerializer.SerializeToElement(kind switch
        {
            ServiceKind.Ingestion => new JsonObject { ["operator"] = JsonNode.Parse(terms.GetProperty("key").GetRawText()), ["tls"] = Service(terms, "ingestion").Tls },
            ServiceKind.Matching => new JsonObject
            {
                ["measurement"] = identity.GetProperty("enclave").GetProperty("reference").GetProperty("measurement")[0].GetString(),
                ["tls"] = Service(terms, "matching").Tls,
            },
            ServiceKind.Notification => new JsonObject { ["tls"] = Service(terms, "notification").Tls },
            _ => JsonNode.Parse(Broker(identity, Path.GetFileName(data)).GetRawText()),
        });
    }

    public async Task<RunningService> StartAsync(ServiceKind kind, string name, string data, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        var identity = await IdentityAsync(cancellationToken);
        if (_process is null)
        {
            await StartAsync(cancellationToken);
        }
        var (address, tls) = kind == ServiceKind.Attestation ? Read(Broker(identity, name)) : Service(identity.GetProperty("operator"), name);
        if (kind == ServiceKind.Matching)
        {
            await WaitForEnclaveAsync(cancellationToken);
        }
        return new RunningService(name, address, KeyId.Parse(tls));
    }

    public async Task<int> ChoosePortAsync(CancellationToken cancellationToken) =>
        Service((await IdentityAsync(cancellationToken)).GetProperty("operator"), "matching").Address.Port;

    /// <summary>Waits until the host has started the enclave: it does so once the members have joined.</summary>
    public async Task WaitForEnclaveAsync(CancellationToken cancellationToken)
    {
        var address = Service((await IdentityAsync(cancellationToken)).GetProperty("operator"), "matching").Address;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(address.Host, address.Port, cancellationToken);
                return;
            }
            catch (SocketException) when (attempt < 600)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
            }
            catch (SocketException)
            {
                throw new DemoException(69, $"The standalone host did not start the enclave within two minutes; see {logFile}.");
            }
        }
    }

    /// <summary>Starts the host over its folder, for the first time or again.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var log = TextWriter.Synchronized(new StreamWriter(logFile, append: true) { AutoFlush = true });
        _process = Start("run");
        _process.ErrorDataReceived += (_, line) => log.WriteLine(line.Data);
        _process.BeginErrorReadLine();
        for (; ; )
        {
            var line = await _process.StandardOutput.ReadLineAsync(cancellationToken)
                ?? throw new DemoException(71, $"The standalone host ended at once; see {logFile}.");
            await log.WriteLineAsync(line);
            if (line.StartsWith("Ready", StringComparison.Ordinal))
            {
                // What it says later is not read: it says little.
                return;
            }
        }
    }

    /// <summary>Asks the host to stop, or kills it; gives its exit code.</summary>
    public async Task<int> StopAsync(bool kill, CancellationToken cancellationToken)
    {
        var process = _process ?? throw new InvalidOperationException("The host does not run.");
        _process = null;
        if (kill)
        {
            process.Kill();
        }
        else
        {
            _ = Signal(process.Id, 15);
        }
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _ = await StopAsync(kill: true, CancellationToken.None);
        }
    }

    private async Task<JsonElement> IdentityAsync(CancellationToken cancellationToken)
    {
        if (_identity is not { } identity)
        {
            // The brokers of this host are the demonstration's members.
            foreach (var home in Directory.EnumerateDirectories(Path.Combine(folder, "members")).Where(home => Path.GetFileName(home) is not ("room-steward" or "survivor-council")))
            {
                var profile = MemberProfile.Open(home, TimeProvider.System);
                var keys = home + ".keys";
                await File.WriteAllTextAsync(
                    keys,
                    new JsonObject
                    {
                        ["member"] = profile.Member.Value,
                        ["organisation"] = new JsonObject { ["key"] = profile.OrganisationKey.ToJwk() },
                        ["transport"] = new JsonObject { ["id"] = profile.TransportKey.Id.ToString() },
                    }.ToJsonString(),
                    cancellationToken);
                _ = await RunAsync(["add-member", "--port", "0", keys], cancellationToken);
                File.Delete(keys);
            }
            using var json = JsonDocument.Parse(await RunAsync(["identity", "--port", "0", "--json"], cancellationToken));
            _identity = identity = json.RootElement.Clone();
        }
        return identity;
    }

    /// <summary>Runs one of the host's commands to its end and gives what it prints.</summary>
    public async Task<string> RunAsync(IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        using var process = Start([.. command]);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? output : throw new DemoException(process.ExitCode, $"cleanroom-standalone {command[0]}: {error.Trim()}");
    }

    private Process Start(params string[] command)
    {
        if (!File.Exists(Program))
        {
            throw new DemoException(72, $"{Program} does not exist: run make demo, which builds it.");
        }
        var start = new ProcessStartInfo(Program, [command[0], "--data", folder, .. command[1..]])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment["Server__StopAtEndOfInput"] = "true";
        return Process.Start(start) ?? throw new DemoException(71, "The standalone host does not start.");
    }

    private static JsonElement Broker(JsonElement identity, string name) => identity.GetProperty("brokers").GetProperty(name["broker-".Length..]);

    private static (Uri Address, string Tls) Service(JsonElement terms, string name) => Read(terms.GetProperty("services").GetProperty(name));

    private static (Uri Address, string Tls) Read(JsonElement service) => (new Uri(service.GetProperty("endpoint").GetString()!), service.GetProperty("tls").GetString()!);

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Signal(int process, int signal);
}
