using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Operations.Tests.Telemetry;

/// <summary>Takes what an OTLP collector takes, over HTTP with protobuf bodies, and keeps the bytes.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _requests = [];

    private Collector(WebApplication server)
    {
        _server = server;
        _server.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _requests.Enqueue((context.Request.Path.Value!, body.ToArray()));
            context.Response.ContentType = "application/x-protobuf";
        });
    }

    public Uri Address => new(_server.Urls.Single());

    public IReadOnlyList<byte[]> Traces => Of("/v1/traces");

    public IReadOnlyList<byte[]> Metrics => Of("/v1/metrics");

    public IReadOnlyList<byte[]> Logs => Of("/v1/logs");

    public IEnumerable<(string Path, byte[] Body)> Everything => _requests;

    public static async Task<Collector> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Logging.ClearProviders();
        var collector = new Collector(builder.Build());
        await collector._server.StartAsync(cancellationToken);
        return collector;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private List<byte[]> Of(string path) => [.. _requests.Where(request => request.Path == path).Select(request => request.Body)];
}
