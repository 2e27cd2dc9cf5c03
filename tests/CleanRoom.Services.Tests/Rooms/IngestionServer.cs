using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Ingestion;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

[assembly: AssemblyFixture(typeof(SharedIngestion))]

namespace CleanRoom.Services.Tests.Rooms;

/// <summary>A real ingestion service in a temporary folder.</summary>
internal sealed class IngestionServer : IAsyncDisposable
{
    private ServiceProcess? _process;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-ingestion-");
    private string[] _arguments = [];
    private WebApplication? _app;

    public Uri Address { get; private set; } = null!;

    public KeyId Pin { get; private set; } = null!;

    public VerifyingKey OperatorKey { get; private set; } = null!;

    public string DataFolder => Path.Combine(_folder.FullName, "data");

    public static async Task<IngestionServer> StartAsync(params string[] arguments)
    {
        var server = new IngestionServer { _arguments = arguments };
        await server.RunAsync();
        return server;
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }

    /// <summary>Starts it on the port it had, so that channels and charters find it again.</summary>
    public async Task RunAsync()
    {
        _app = IngestionHost.Build(
            [
                "--Server:DataFolder=" + DataFolder, "--Server:Port=" + (Address?.Port ?? 0), "--Server:CallsPerSecondAndPeer=0",
                "--Ingestion:WitnessTimeout=00:00:10", "--Ingestion:LongestPause=00:00:00.200", .. _arguments,
            ]);
        await _app.StartAsync();
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Pin = _app.Services.GetRequiredService<ServerIdentity>().Key;
        OperatorKey = _app.Services.GetRequiredService<SigningKey>().PublicKey;
    }

    /// <summary>Makes the keys of a service that will run as a process of its own: see <see cref="RunProcessAsync"/>.</summary>
    public static async Task<IngestionServer> StartProcessAsync()
    {
        var server = new IngestionServer();
        Directory.CreateDirectory(server.DataFolder);
        using var key = OperatorKeyOf(server.DataFolder);
        server.OperatorKey = key.PublicKey;
        await server.RunProcessAsync();
        return server;
    }

    private static SigningKey OperatorKeyOf(string folder) => CleanRoom.Ingestion.OperatorKey.LoadOrCreate(Path.Combine(folder, CleanRoom.Ingestion.OperatorKey.FileName));

    public async Task RunProcessAsync()
    {
        _process = await ServiceProcess.StartAsync(
            "CleanRoom.Ingestion", "--Server:DataFolder=" + DataFolder, "--Server:Port=" + (Address?.Port ?? 0), "--Server:CallsPerSecondAndPeer=0");
        (Address, Pin) = (_process.Address, _process.Pin);
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => _process!.KillAsync();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.KillAsync();
        }

        await StopAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>The ingestion service of all tests that need no other settings: each has a room of its own.</summary>
public sealed class SharedIngestion : IAsyncLifetime
{
    internal IngestionServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await IngestionServer.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

/// <summary>Asserts on refusals.</summary>
internal static class Refused
{
    public static async Task<CleanRoomException> WithAsync(ErrorReason expected, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(call);
        Assert.True(expected == refusal.Reason, $"{refusal.Reason}: {refusal.Message}");
        Assert.DoesNotContain('\n', refusal.Message);
        return refusal;
    }
}
