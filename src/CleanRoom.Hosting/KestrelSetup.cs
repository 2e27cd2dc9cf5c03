using System.Net;
using System.Security.Authentication;
using CleanRoom.Hosting.Calls;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>Kestrel: HTTP/2 over TLS on one address, with limits.</summary>
internal sealed class KestrelSetup(IServiceProvider services) : IConfigureOptions<KestrelServerOptions>
{
    /// <summary>What a connection may have sent and nobody has read yet, all calls together.</summary>
    private const int ConnectionWindow = 1 << 20;

    /// <summary>What a call may have sent and nobody has read yet.</summary>
    private const int StreamWindow = 768 << 10;

    /// <summary>What waits to be sent on a call before the service waits.</summary>
    private const int ResponseBuffer = 64 << 10;

    private const int HeaderCount = 64;
    private const int RequestLine = 1024;
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleConnection = TimeSpan.FromMinutes(5);

    public void Configure(KestrelServerOptions options)
    {
        // The first to need settings, while the application is built: so all are checked here, and all errors are told at once.
        services.GetRequiredService<IStartupValidator>().Validate();
        var settings = services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var tls = services.GetRequiredService<IOptions<TlsOptions>>().Value;
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentConnections = settings.MaxConnections;
        options.Limits.MaxConcurrentUpgradedConnections = 0;
        options.Limits.MaxRequestBodySize = settings.MaxRequestBytes;
        options.Limits.MaxRequestHeadersTotalSize = settings.MaxHeaderBytes;
        options.Limits.MaxRequestHeaderCount = HeaderCount;
        options.Limits.MaxRequestLineSize = RequestLine;
        options.Limits.RequestHeadersTimeout = settings.SlowRequestGrace;
        options.Limits.KeepAliveTimeout = IdleConnection;
        options.Limits.MinRequestBodyDataRate = settings.MinRequestBytesPerSecond == 0
            ? null
            : new MinDataRate(settings.MinRequestBytesPerSecond, settings.SlowRequestGrace);
        options.Limits.MinResponseDataRate = options.Limits.MinRequestBodyDataRate;
        options.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
        options.Limits.Http2.InitialStreamWindowSize = StreamWindow;
        options.Limits.MaxResponseBufferSize = ResponseBuffer;
        options.Limits.Http2.MaxStreamsPerConnection = settings.MaxCallsPerConnection;
        options.Limits.Http2.MaxRequestHeaderFieldSize = Math.Min(settings.MaxHeaderBytes, 8 * 1024);
        options.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        options.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);

        options.Listen(IPAddress.Parse(settings.Address), settings.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(https =>
            {
                // Asked late, so that the folder with the key is touched by a service that starts, not by one that is only built.
                https.ServerCertificateSelector = (_, _) => services.GetRequiredService<ServerIdentity>().Certificate;
                https.SslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12;
                https.HandshakeTimeout = HandshakeTimeout;
                https.CheckCertificateRevocation = false;
                https.ClientCertificateMode = tls.ClientCertificates == ClientCertificates.Required
                    ? ClientCertificateMode.RequireCertificate
                    : ClientCertificateMode.AllowCertificate;

                // A certificate carries a key and nothing else. TLS has proved that the peer holds the private half; whose key it is, and
                // what it may do, stands in the charter and the log and is asked in every call (GetPeerKey).
                https.ClientCertificateValidation = (_, _, _) => true;

                // A resumed session would skip the question who the peer is.
                https.OnAuthenticate = (_, authentication) => authentication.AllowTlsResume = false;
            });
            var places = new Places<object>(settings.MaxConnectionsPerPeer);
            listen.Use(next => async connection =>
            {
                var shown = connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;
                using var place = places.TryEnter(PeerRateLimit.PartitionOf(shown is null ? null : TlsCertificates.KeyOf(shown)));
                if (place is null)
                {
                    Log.TooManyConnections(services.GetRequiredService<ILogger<KestrelSetup>>());
                    connection.Abort();
                    return;
                }

                await next(connection);
            });
        });
    }
}
