using System.Net;
using System.Net.Sockets;
using CleanRoom.Attestation;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Hosting.Startup;
using CleanRoom.Ingestion;
using CleanRoom.Matching;
using CleanRoom.Notification;
using CleanRoom.Storage.Logs;

namespace CleanRoom.Standalone;

/// <summary>
/// The services of one room in one process, each with its own port, key and folder, talking to each other over mTLS as they do elsewhere. The enclave starts when a
/// charter that names it is in the log. For simulated rooms only: who runs this process could read its memory.
/// </summary>
internal sealed class StandaloneHost : IAsyncDisposable
{
    private static readonly TimeSpan LookForRoom = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan WaitForMembers = TimeSpan.FromMinutes(1);

    private readonly StandaloneIdentity _identity;
    private readonly IReadOnlyList<string> _settings;
    private readonly TextWriter _output;
    private readonly Action<WebApplicationBuilder>? _configure;
    private readonly List<WebApplication> _running = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _stopRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<RoomId> _roomStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _enclave = Task.CompletedTask;

    private StandaloneHost(StandaloneIdentity identity, IReadOnlyList<string> settings, TextWriter output, Action<WebApplicationBuilder>? configure)
    {
        (_identity, _settings, _output, _configure) = (identity, settings, output, configure);
    }

    /// <summary>Where everything is.</summary>
    public StandaloneIdentity Identity => _identity;

    /// <summary>The room whose enclave was started.</summary>
    public Task<RoomId> RoomStarted => _roomStarted.Task;

    /// <summary>Starts everything but the enclave, and begins to look for its room.</summary>
    /// <param name="folder">The host's folder.</param>
    /// <param name="settings">For all services: <c>--Section:Name=value</c>.</param>
    /// <param name="output">Gets a line for each service.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <param name="configure">Adds to each service before it is built.</param>
    /// <exception cref="StartupException">A port is taken, or a service cannot start; the message is one line with the remedy.</exception>
    public static async Task<StandaloneHost> StartAsync(
        StandaloneFolder folder, IReadOnlyList<string> settings, TextWriter output, CancellationToken cancellationToken, Action<WebApplicationBuilder>? configure = null)
    {
        var identity = StandaloneIdentity.Of(folder);
        foreach (var service in identity.Services)
        {
            RequireFree(service, folder);
        }

        var host = new StandaloneHost(identity, settings, output, configure);
        try
        {
            await host.StartServicesAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the process is asked to stop, or a service stops by itself.</summary>
    public async Task WaitForStopAsync()
    {
        var ended = await Task.WhenAny(_stopRequested.Task, _enclave.ContinueWith(
            task => task.IsFaulted ? task : _stopRequested.Task, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap());
        await ended;
    }

    /// <summary>Stops the services in the order in which nobody waits for another: the enclave first, the log last.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        try
        {
            await _enclave;
        }
        catch (Exception exception) when (exception is OperationCanceledException or StartupException)
        {
            // It was told by WaitForStopAsync.
        }

        foreach (var app in Enumerable.Reverse(_running))
        {
            await app.StopAsync(CancellationToken.None);
            await app.DisposeAsync();
        }

        _stopping.Dispose();
    }

    private async Task StartServicesAsync(CancellationToken cancellationToken)
    {
        var ingestion = await StartAsync(_identity.Ingestion, args => IngestionHost.Build(args, _configure), [], cancellationToken);
        _ = await StartAsync(_identity.Notification, args => NotificationHost.Build(args, _configure), ToIngestion("Notification"), cancellationToken);
        foreach (var broker in _identity.Brokers)
        {
            string[] owner =
            [
                "--Attestation:Owner=" + broker.Owner.Member, "--Attestation:OrganisationKey=" + broker.Owner.OrganisationKey.ToJwk().ToJsonString(),
                "--Attestation:AdminKeys:0=" + broker.Owner.TransportKey, "--Attestation:AllowSimulated=true",
            ];
            _ = await StartAsync(broker.Service, args => AttestationHost.Build(args, _configure), owner, cancellationToken);
        }

        _enclave = StartEnclaveAsync(ingestion.Services.GetRequiredService<ILogStore>(), _stopping.Token);
    }

    private string[] ToIngestion(string section) =>
        [$"--{section}:IngestionAddress={_identity.Ingestion.Endpoint.GetLeftPart(UriPartial.Authority)}", $"--{section}:IngestionKey={_identity.Ingestion.Tls}"];

    private async Task<WebApplication> StartAsync(ServiceAddress service, Func<string[], WebApplication> build, string[] own, CancellationToken cancellationToken)
    {
        // Where a setting stands twice, the later one counts: folder and port are this host's.
        var app = build([.. _settings, .. own, "--Server:DataFolder=" + service.Folder, $"--Server:Address={IPAddress.Loopback}", $"--Server:Port={service.Port}"]);
        _running.Add(app);
        await _output.WriteAsync($"{service.Name,-24} ".AsMemory(), cancellationToken);
        await app.StartAsync(cancellationToken);
        app.Lifetime.ApplicationStopping.Register(() => _stopRequested.TrySetResult());
        return app;
    }

    /// <summary>
    /// Waits for the first charter of a room that names this host's enclave, and starts the enclave for it. The brokers of members that have not logged a record key
    /// have nothing to release: they get a while, then the enclave starts without them and takes them in when they come.
    /// </summary>
    private async Task StartEnclaveAsync(ILogStore logs, CancellationToken cancellationToken)
    {
        RoomCharter? charter = null;
        for (var waited = TimeSpan.Zero; ; waited += LookForRoom)
        {
            if (charter is null)
            {
                waited = TimeSpan.Zero;
                charter = await FindRoomAsync(logs, cancellationToken);
            }

            if (charter is not null && (waited >= WaitForMembers || await HaveAllJoinedAsync(logs, charter, cancellationToken)))
            {
                _ = await StartAsync(_identity.Matching, args => MatchingHost.Build(args, _configure), [$"--Matching:Room={charter.Room}", .. ToIngestion("Matching")], cancellationToken);
                _roomStarted.SetResult(charter.Room);
                return;
            }

            await Task.Delay(LookForRoom, TimeProvider.System, cancellationToken);
        }
    }

    private async Task<RoomCharter?> FindRoomAsync(ILogStore logs, CancellationToken cancellationToken)
    {
        foreach (var id in await logs.ListRoomsAsync(cancellationToken))
        {
            var genesis = await logs.ReadAsync(id, 0, 1, Entry.MaxLeafSize, cancellationToken);
            if (genesis.Count == 1 && SignedEntry.TryParse(genesis[0].Leaf.Span, out var entry, out _)
                && entry.Entry is CharterEntry { Content.Charter: var charter } && charter.Operator.Matching.Tls == _identity.Matching.Tls)
            {
                return charter.Simulated
                    ? charter
                    : throw new StartupException(
                        ExitCode.BadOption,
                        $"Room {charter.Room} is not simulated: the standalone host runs brokers and enclave in one process and is for simulated rooms only; run the services one by one.");
            }
        }

        return null;
    }

    /// <summary>A guess that costs little: who may append was checked by ingestion, and the enclave checks for itself.</summary>
    private static async Task<bool> HaveAllJoinedAsync(ILogStore logs, RoomCharter charter, CancellationToken cancellationToken)
    {
        var missing = charter.Members.Where(member => member.Broker is not null).Select(member => member.Id).ToHashSet();
        for (var next = 0L; missing.Count > 0;)
        {
            var page = await logs.ReadAsync(Guid.Parse(charter.Room.ToString()), next, long.MaxValue, 1 << 20, cancellationToken);
            if (page.Count == 0)
            {
                return false;
            }

            foreach (var leaf in page)
            {
                if (SignedEntry.TryParse(leaf.Leaf.Span, out var entry, out _) && entry.Entry is KeyEntry { Purpose: KeyPurpose.Record, Author: { } author })
                {
                    _ = missing.Remove(author);
                }
            }

            next = page[^1].Index + 1;
        }

        return true;
    }

    private static void RequireFree(ServiceAddress service, StandaloneFolder folder)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, service.Port);
            listener.Start();
        }
        catch (SocketException exception)
        {
            var (code, what) = exception.SocketErrorCode == SocketError.AccessDenied
                ? (ExitCode.NotPermitted, "may not be used by this user")
                : (ExitCode.PortInUse, "is in use");
            throw new StartupException(
                code, $"Port {service.Port} of {service.Name} {what}: stop the program that holds it (a standalone host of {folder.Path} may be running), or begin a new folder with another --port.", exception);
        }
    }
}
