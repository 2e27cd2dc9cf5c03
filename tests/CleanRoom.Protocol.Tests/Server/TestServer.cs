using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Health;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Protocol.Tests.Server;

/// <summary>The real pipeline on loopback, with a folder of its own that it removes.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<IDisposable> _owned = [];

    private TestServer(WebApplication app, string folder, CapturedLogs logs)
    {
        _app = app;
        Folder = folder;
        Logs = logs;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        Identity = app.Services.GetRequiredService<ServerIdentity>();
        Client = Own(TlsCertificates.CreateSelfSigned("test client", TimeProvider.System));
    }

    public string Folder { get; }

    public CapturedLogs Logs { get; }

    public Uri Address { get; }

    public ServerIdentity Identity { get; }

    public X509Certificate2 Client { get; }

    public EchoState Echo => _app.Services.GetRequiredService<EchoState>();

    public ServiceHealth Health => _app.Services.GetRequiredService<ServiceHealth>();

    public static Task<TestServer> StartAsync(params string[] settings) => StartAsync(_ => { }, settings);

    public static async Task<TestServer> StartAsync(Action<WebApplication> map, params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-test-").FullName;
        var logs = new CapturedLogs();
        var app = ServiceHost.Build(
            [$"--Server:DataFolder={folder}", .. settings],
            builder =>
            {
                builder.Services.AddSingleton<EchoState>();
                builder.Logging.ClearProviders();
                builder.Logging.AddProvider(logs);
            },
            app =>
            {
                app.MapGrpcService<EchoGrpcService>();
                map(app);
            });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new TestServer(app, folder, logs);
    }

    /// <summary>A channel with the test client's certificate, or another one, or (with <paramref name="anonymous"/>) none.</summary>
    public PinnedChannel Connect(
        KeyId? pin = null, X509Certificate2? certificate = null, bool anonymous = false, PinnedChannelOptions? options = null) =>
        Own(PinnedChannel.Create(Address, pin ?? Identity.Key, anonymous ? null : certificate ?? Client, options));

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        foreach (var each in Enumerable.Reverse(_owned))
        {
            each.Dispose();
        }

        await _app.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private T Own<T>(T disposable)
        where T : IDisposable
    {
        _owned.Add(disposable);
        return disposable;
    }
}

/// <summary>Everything that was logged, with exceptions written out, as a log file would have it.</summary>
internal sealed class CapturedLogs : ILoggerProvider
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(CapturedLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs.Lines.Enqueue($"{logLevel} {category}: {formatter(state, exception)} {exception}");
    }
}
