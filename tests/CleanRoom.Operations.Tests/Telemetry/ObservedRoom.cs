using System.Text.Json;
using CleanRoom.Demo;
using CleanRoom.Operations.Tests.Telemetry;
using CleanRoom.Room.Tests.Rooms;

[assembly: AssemblyFixture(typeof(ObservedRoom))]

namespace CleanRoom.Operations.Tests.Telemetry;

/// <summary>A small room whose services run as processes of their own, send to a collector and serve their measurements; it has ended an epoch.</summary>
public sealed class ObservedRoom : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-observed-");
    private Collector? _collector;
    private ServiceProcesses? _services;
    private DemoRoom? _room;

    internal Collector Collector => _collector!;

    internal DemoRoom Room => _room!;

    /// <summary>Folder with the log of each process.</summary>
    internal string Logs => Path.Combine(_folder.FullName, "logs");

    /// <summary>Where each process serves its measurements, by the name of the process.</summary>
    internal IReadOnlyDictionary<string, Uri> Metrics { get; private set; } = new Dictionary<string, Uri>();

    /// <summary>Where each process answers about its health.</summary>
    internal IReadOnlyDictionary<string, Uri> Health { get; private set; } = new Dictionary<string, Uri>();

    /// <summary>Every cell of the case files that says something.</summary>
    internal static IReadOnlyDictionary<string, string> Planted => SmallCases.PlainCase;

    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        _collector = await Collector.StartAsync(token);
        var cases = _folder.CreateSubdirectory("cases").FullName;
        var logs = _folder.CreateSubdirectory("logs").FullName;
        var file = SmallCases.Write(cases, matching: true, SmallCases.PlainCase, SmallCases.PlainCase);
        _services = new ServiceProcesses(logs, new Dictionary<string, string>
        {
            ["Telemetry__OtlpEndpoint"] = _collector.Address.ToString(),
            ["Telemetry__OtlpProtocol"] = "HttpProtobuf",
            ["Telemetry__MetricsInterval"] = "00:00:01",
            ["Telemetry__Instance"] = "observed-0",
            ["Management__HealthPort"] = "0",
            ["Management__MetricsPort"] = "0",
            ["Page__Port"] = "0",

            // What a hostile or careless environment adds must not get out either.
            ["OTEL_RESOURCE_ATTRIBUTES"] = "secret=Tavelina",
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "authorization=Orimbasa",
        });
        _room = new DemoRoom(file, _folder.CreateSubdirectory("room").FullName, _services, static _ => { });
        await _room.OpenAsync(token);
        await _room.StartMatchingAsync(token);
        await _room.UploadAsync(await CaseFile.ReadAllAsync(file, token), token);
        _ = await _room.ReadInboxesAsync(token);
        Health = Addresses(logs, "Health is served on {Address}.");
        Metrics = Addresses(logs, "Measurements are served on {Address}.");
    }

    public async ValueTask DisposeAsync()
    {
        if (_room is not null)
        {
            await _room.DisposeAsync();
        }

        if (_collector is not null)
        {
            await _collector.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private static Dictionary<string, Uri> Addresses(string logs, string template)
    {
        var found = new Dictionary<string, Uri>();
        foreach (var log in Directory.EnumerateFiles(logs, "*.log"))
        {
            using var reader = new StreamReader(new FileStream(log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            while (reader.ReadLine() is { } line)
            {
                if (line.Contains(template, StringComparison.Ordinal))
                {
                    using var json = JsonDocument.Parse(line);
                    found[Path.GetFileNameWithoutExtension(log)] = new Uri(json.RootElement.GetProperty("State").GetProperty("Address").GetString()!);
                }
            }
        }

        return found;
    }
}
