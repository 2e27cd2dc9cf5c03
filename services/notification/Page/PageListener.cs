using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
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

        options.Listen(IPAddress.Parse(page.Address), port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(next => connection =>
            {
                connection.Features.Set(Mark);
                return next(connection);
            });
            var certificate = new Lazy<X509Certificate2>(() => Certificate(page));
            listen.UseHttps(https =>
            {
                https.ServerCertificateSelector = (_, _) => certificate.Value;
                https.SslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12;
                https.HandshakeTimeout = TimeSpan.FromSeconds(10);
                https.ClientCertificateMode = ClientCertificateMode.NoCertificate;
            });
        });
    }

    private X509Certificate2 Certificate(PageOptions page)
    {
        if (string.IsNullOrEmpty(page.CertificateFile))
        {
            return services.GetRequiredService<ServerIdentity>().Certificate;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(page.CertificateFile, page.KeyFile);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException(ExitCode.FileError, "Page:CertificateFile and Page:KeyFile must be PEM files with a certificate and its key.", exception);
        }
    }
}
