using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Notification;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>A real notification service in a temporary folder, behind a real ingestion service.</summary>
internal sealed class NotificationServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-notification-");
    private readonly ConcurrentBag<PinnedChannel> _channels = [];
    private IngestionServer _ingestion = null!;
    private string[] _arguments = [];
    private WebApplication? _app;
    private ServiceProcess? _process;

    public Uri Address { get; private set; } = null!;

    public KeyId Pin { get; private set; } = null!;

    public string DataFolder => _folder.FullName;

    public static async Task<NotificationServer> StartAsync(IngestionServer ingestion, params string[] arguments)
    {
        var server = new NotificationServer { _arguments = arguments, _ingestion = ingestion };
        await server.RunAsync();
        return server;
    }

    public async Task RunAsync()
    {
        _app = NotificationHost.Build(
            [
                "--Server:DataFolder=" + _folder.FullName, "--Server:Port=" + (Address?.Port ?? 0), "--Server:CallsPerSecondAndPeer=0",
                "--Notification:IngestionAddress=" + _ingestion.Address, "--Notification:IngestionKey=" + _ingestion.Pin, .. _arguments,
            ]);
        await _app.StartAsync();
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Pin = _app.Services.GetRequiredService<ServerIdentity>().Key;
    }

    /// <summary>Runs it as a process of its own.</summary>
    public static async Task<NotificationServer> StartProcessAsync(IngestionServer ingestion)
    {
        var server = new NotificationServer { _ingestion = ingestion };
        await server.RunProcessAsync();
        return server;
    }

    public async Task RunProcessAsync()
    {
        _process = await ServiceProcess.StartAsync(
            "CleanRoom.Notification", "--Server:DataFolder=" + _folder.FullName, "--Server:Port=" + (Address?.Port ?? 0), "--Server:CallsPerSecondAndPeer=0",
            "--Notification:IngestionAddress=" + _ingestion.Address, "--Notification:IngestionKey=" + _ingestion.Pin);
        (Address, Pin) = (_process.Address, _process.Pin);
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => _process!.KillAsync();

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
            _app = null;
        }
    }

    public NotificationService.NotificationServiceClient Client(X509Certificate2 certificate)
    {
        var channel = PinnedChannel.Create(Address, Pin, certificate);
        _channels.Add(channel);
        return new NotificationService.NotificationServiceClient(channel.CallInvoker);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        if (_process is not null)
        {
            await _process.KillAsync();
        }

        await StopAsync();
        _folder.Delete(recursive: true);
    }
}

/// <summary>The notification service of all tests that need no other settings.</summary>
public sealed class NotificationFixture(SharedIngestion ingestion) : IAsyncLifetime
{
    internal NotificationServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await NotificationServer.StartAsync(ingestion.Server, "--Notification:CatchUp=00:00:02");

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
