using System.Net;
using CleanRoom.Hosting.Calls;
using CleanRoom.Hosting.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>
/// Health and measurements without TLS, on ports of their own. A second server, not a second port of the first: no method of the service can be called here, whatever
/// somebody maps.
/// </summary>
internal sealed class ManagementServer(
    IOptions<ManagementOptions> options, ServiceHealth health, ServiceCatalogue catalogue, ServerIdentity identity, ServerMetrics metrics, TelemetryPipeline telemetry,
    ILogger<ManagementServer> logger)
    : IHostedService, IAsyncDisposable
{
    private WebApplication? _server;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Observe(health, catalogue, identity);
        var settings = options.Value;
        if (settings is { HealthPort: null, MetricsPort: null })
        {
            return;
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = typeof(ManagementServer).Assembly.GetName().Name });
        builder.WebHost.UseKestrelCore();
        builder.Logging.ClearProviders();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(health);
        builder.Services.AddSingleton<ErrorInterceptor>();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = 4 * 1024;
            grpc.Interceptors.Add<ErrorInterceptor>();
        });
        var listening = new List<ListenOptions>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 64;
            kestrel.Limits.MaxRequestBodySize = 8 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 8 * 1024;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
            foreach (var (port, protocol) in new[] { (settings.HealthPort, HttpProtocols.Http2), (settings.MetricsPort, HttpProtocols.Http1) })
            {
                if (port is { } number)
                {
                    kestrel.Listen(IPAddress.Parse(settings.Address), number, listen =>
                    {
                        listen.Protocols = protocol;
                        listening.Add(listen);
                    });
                }
            }
        });
        _server = builder.Build();
        _server.UseRouting();
        _server.UseEndpoints(static _ => { });
        if (settings.HealthPort is not null)
        {
            _ = _server.MapGrpcService<HealthGrpcService>();
        }

        if (settings.MetricsPort is not null)
        {
            _server.Map("/metrics", scraped => scraped.Run(WriteAsync));
        }

        await _server.StartAsync(cancellationToken);
        if (settings.HealthPort is not null)
        {
            Log.HealthListening(logger, $"http://{listening[0].IPEndPoint}");
        }

        if (settings.MetricsPort is not null)
        {
            Log.MetricsListening(logger, $"http://{listening[^1].IPEndPoint}");
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_server is not null)
        {
            await _server.StopAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    private Task WriteAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }

        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(telemetry.Scrape(), context.RequestAborted);
    }
}
