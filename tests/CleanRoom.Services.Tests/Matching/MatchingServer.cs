using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;
using CleanRoom.Matching;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using State = CleanRoom.Protocol.Matching.V1.GetStatusResponse.Types.State;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>The matching service of one room, in this process or as one of its own, to be killed.</summary>
internal sealed class MatchingServer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly EnclaveRoom _room;
    private WebApplication? _app;
    private ServiceProcess? _process;

    public MatchingServer(string folder, EnclaveRoom room)
    {
        (_folder, _room) = (folder, room);
        using var certificate = TlsCertificates.LoadOrCreate(Path.Combine(folder, "tls.pem"), "cleanroom-matching", TimeProvider.System);
        Pin = TlsCertificates.KeyOf(certificate);
    }

    /// <summary>The service's own TLS key, as the charter pins it.</summary>
    public KeyId Pin { get; }

    public Uri? Address { get; private set; }

    /// <summary>What the service in this process has logged since it was started last.</summary>
    public ConcurrentQueue<string> Lines { get; } = new();

    /// <summary>More settings, such as <c>--Matching:LinkageModel=FILE</c>.</summary>
    public IReadOnlyList<string> Settings { get; set; } = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Runs it in this process.</summary>
    /// <param name="ingestion">Another service in ingestion's place; null for the room's.</param>
    public async Task StartAsync((Uri Address, KeyId Pin)? ingestion = null)
    {
        Lines.Clear();
        _app = MatchingHost.Build(Arguments(ingestion), builder => builder.Logging.AddProvider(new Recorder(Lines)));
        await _app.StartAsync(Token);
        Address = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public async Task StopAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
            _app = null;
            Address = null;
        }
    }

    /// <summary>Runs it as a process.</summary>
    public async Task<ServiceProcess> StartProcessAsync()
    {
        _process = await ServiceProcess.StartAsync("CleanRoom.Matching", Arguments(null));
        Address = _process.Address;
        return _process;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        await _process!.KillAsync();
        _process = null;
        Address = null;
    }

    public async Task<GetStatusResponse> StatusAsync()
    {
        using var certificate = _room.Consortium.Profiles["alpha"].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(Address!, Pin, certificate);
        return await new MatchingService.MatchingServiceClient(channel.CallInvoker).GetStatusAsync(
            new GetStatusRequest { Room = _room.Id.ToString() }, cancellationToken: Token);
    }

    public async Task<GetInstanceResponse> InstanceAsync(string? room = null)
    {
        using var certificate = _room.Consortium.Profiles["alpha"].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(Address!, Pin, certificate);
        return await new MatchingService.MatchingServiceClient(channel.CallInvoker).GetInstanceAsync(
            new GetInstanceRequest { Room = room ?? _room.Id.ToString() }, cancellationToken: Token);
    }

    /// <summary>The service's own TLS certificate, as ingestion knows it.</summary>
    public X509Certificate2 OpenCertificate() =>
        TlsCertificates.LoadOrCreate(Path.Combine(_folder, "tls.pem"), "cleanroom-matching", TimeProvider.System);

    /// <summary>Waits until its status is as it should be.</summary>
    public async Task<GetStatusResponse> WaitForAsync(Func<GetStatusResponse, bool> condition, string what, int seconds = 180)
    {
        GetStatusResponse? status = null;
        for (var attempt = 0; attempt < seconds * 10; attempt++)
        {
            status = await StatusAsync();
            if (condition(status))
            {
                return status;
            }

            await Task.Delay(100, Token);
        }

        throw new InvalidOperationException($"Waited {seconds} s for {what}: the enclave is {status}.");
    }

    public Task<GetStatusResponse> RunningAsync() => WaitForAsync(status => status.State == State.Running, "the enclave to run");

    public Task<GetStatusResponse> HaltedAsync(string reason) =>
        WaitForAsync(status => status.State == State.Halted && status.Reason == reason, $"the enclave to halt for {reason}");

    public async Task<string> DescribeAsync() => Address is null ? "stopped" : (await StatusAsync()).ToString();

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.KillAsync();
        }

        await StopAsync();
    }

    private string[] Arguments((Uri Address, KeyId Pin)? ingestion) =>
    [
        "--Server:DataFolder=" + _folder, "--Server:CallsPerSecondAndPeer=0", "--Matching:Room=" + _room.Id,
        "--Matching:IngestionAddress=" + (ingestion?.Address ?? _room.Ingestion.Address), "--Matching:IngestionKey=" + (ingestion?.Pin ?? _room.Ingestion.Pin),
        "--Matching:LongestPause=00:00:00.200", "--Matching:AskAgain=00:00:01", .. Settings,
    ];

    private sealed class Recorder(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
