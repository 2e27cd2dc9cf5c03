using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Page;

/// <summary>Marks a connection that came in by the page's listener.</summary>
internal sealed class PageConnection;

/// <summary>Listens for browsers: HTTP/1.1 and HTTP/2 over TLS, without client certificates.</summary>
internal sealed class PageListener(IServiceProvider services) : IConfigureOptions<KestrelServerOptions>
{
    private static readonly PageConnection Mark = new();

    public void Configure(KestrelServerOptions options)
    {
        var page = services.GetRequiredService<IOptions<PageOptions>>().Value;
        if (page.Port is not { } port)
        {
            return;
        }

        var certificate = services.GetRequiredService<PageCertificate>();
        if (!string.IsNullOrEmpty(page.CertificateFile))
        {
            // Files that cannot be read stop the start, not the first browser.
            _ = certificate.Current;
        }

        options.Listen(IPAddress.Parse(page.Address), port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(next => connection =>
            {
                connection.Features.Set(Mark);
                return next(connection);
            });
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = TimeSpan.FromSeconds(30),
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate.Current,
                    EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,
                    ClientCertificateRequired = false,
                }),
            });
        });
    }
}
