using System.Text.Json;

namespace CleanRoom.Demo;

/// <summary>Runs each service in a process of its own, from the folder it was built into.</summary>
/// <param name="logFolder">Takes a file for each process.</param>
/// <param name="environment">Added to the environment of every process.</param>
internal sealed class ServiceProcesses(string logFolder, IReadOnlyDictionary<string, string>? environment = null) : IServiceRunner
{
    private readonly List<ServiceProcess> _running = [];

    public IReadOnlyList<ServiceProcess> Running => _running;

    public async Task<JsonElement> IdentityAsync(ServiceKind kind, string data, CancellationToken cancellationToken)
    {
        using var json = JsonDocument.Parse(await ServiceProcess.IdentityAsync(AssemblyOf(kind), data, cancellationToken));
        return json.RootElement.Clone();
    }

    public async Task<RunningService> StartAsync(ServiceKind kind, string name, string data, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        var process = await ServiceProcess.StartAsync(name, AssemblyOf(kind), data, logFolder, settings, cancellationToken, environment);
        _running.Add(process);
        return new RunningService(name, process.Address, process.Key);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_running))
        {
            await process.DisposeAsync();
        }
        _running.Clear();
    }

    private static string AssemblyOf(ServiceKind kind) => "CleanRoom." + kind;
}
