using System.Text.Json;
using CleanRoom.Attestation;
using CleanRoom.Demo;
using CleanRoom.Hosting;
using CleanRoom.Ingestion;
using CleanRoom.Matching;
using CleanRoom.Notification;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Room.Tests.Rooms;

/// <summary>The real services with their real pipelines, mTLS on loopback, in this process.</summary>
/// <param name="configure">Adds to a service before it is built: name, builder.</param>
internal sealed class InProcessServices(Action<string, WebApplicationBuilder>? configure = null) : IServiceRunner
{
    private readonly List<(string Name, WebApplication App)> _running = [];

    public Task<JsonElement> IdentityAsync(ServiceKind kind, string data, CancellationToken cancellationToken)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var code = kind switch
        {
            ServiceKind.Attestation => Attestation.IdentityCommand.Run(["--data", data], output, error),
            ServiceKind.Ingestion => Ingestion.IdentityCommand.Run(["identity", "--data", data], output, error),
            ServiceKind.Matching => Matching.IdentityCommand.Run(["--data", data], output, error),
            _ => Notification.IdentityCommand.Run(["identity", "--data", data], output, error),
        };
        Assert.True(code == 0, error.ToString());
        using var json = JsonDocument.Parse(output.ToString());
        return Task.FromResult(json.RootElement.Clone());
    }

    public async Task<RunningService> StartAsync(ServiceKind kind, string name, string data, IReadOnlyList<string> settings, CancellationToken cancellationToken)
    {
        // A stop that waits for open streams, or a watcher on settings that nobody changes, would only cost time.
        string[] arguments = ["--hostBuilder:reloadConfigOnChange=false", "--Server:DataFolder=" + data, "--Server:ShutdownGrace=00:00:02", .. settings];
        void Configure(WebApplicationBuilder builder)
        {
            builder.Logging.ClearProviders();
            configure?.Invoke(name, builder);
        }

        var app = kind switch
        {
            ServiceKind.Attestation => AttestationHost.Build(arguments, Configure),
            ServiceKind.Ingestion => IngestionHost.Build(arguments, Configure),
            ServiceKind.Matching => MatchingHost.Build(arguments, Configure),
            _ => NotificationHost.Build(arguments, Configure),
        };
        _running.Add((name, app));
        await app.StartAsync(cancellationToken);
        return new RunningService(
            name, new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()), app.Services.GetRequiredService<ServerIdentity>().Key);
    }

    /// <summary>Stops one service; its folder stays.</summary>
    public async Task StopAsync(string name)
    {
        var app = _running.Single(item => item.Name == name);
        _ = _running.Remove(app);
        await app.App.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, app) in Enumerable.Reverse(_running))
        {
            await app.DisposeAsync();
        }

        _running.Clear();
    }
}
