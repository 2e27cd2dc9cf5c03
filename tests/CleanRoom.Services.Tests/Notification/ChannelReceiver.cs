using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>What arrived at a receiver.</summary>
internal sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>A real HTTP server on loopback that answers as it is told, one step after the other; the last step stays.</summary>
internal sealed class ChannelReceiver : IAsyncDisposable
{
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _steps = new();
    private readonly WebApplication _app;

    private ChannelReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<Received> Received { get; } = new();

    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<ChannelReceiver> StartAsync(params IEnumerable<Func<HttpContext, Task>> steps)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new ChannelReceiver(builder.Build());
        foreach (var step in steps)
        {
            receiver._steps.Enqueue(step);
        }

        receiver._app.Run(receiver.AnswerAsync);
        await receiver._app.StartAsync();
        return receiver;
    }

    public static Func<HttpContext, Task> Status(int status, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }

        return Task.CompletedTask;
    };

    /// <summary>Waits for so many requests.</summary>
    public async Task<IReadOnlyList<Received>> WaitAsync(int count, CancellationToken cancellationToken)
    {
        while (Received.Count < count)
        {
            await Task.Delay(10, cancellationToken);
        }

        return [.. Received];
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Received.Enqueue(new Received(
            context.Request.Path + context.Request.QueryString, context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        var step = _steps.Count > 1 && _steps.TryDequeue(out var next) ? next : _steps.TryPeek(out var last) ? last : Status(204);
        await step(context);
    }
}
