using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Page;

/// <summary>
/// What browsers are shown: the certificate in the files with the chain that stands behind it, or the service's own. Files that were renewed are taken up without a restart; while they cannot be
/// read, what was read before stays.
/// </summary>
internal sealed class PageCertificate(IOptions<PageOptions> options, IServiceProvider services, TimeProvider clock, ILogger<PageCertificate> logger)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private SslStreamCertificateContext? _context;
    private long _looked;
    private bool _failed;

    /// <summary>What to show now.</summary>
    /// <exception cref="StartupException">The files have never been readable.</exception>
    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_lock)
            {
                if (_context is null || (!string.IsNullOrEmpty(options.Value.CertificateFile) && clock.GetElapsedTime(_looked) >= LookAgain))
                {
                    _looked = clock.GetTimestamp();
                    Look();
                }

                return _context!;
            }
        }
    }

    private void Look()
    {
        if (string.IsNullOrEmpty(options.Value.CertificateFile))
        {
            _context = SslStreamCertificateContext.Create(services.GetRequiredService<ServerIdentity>().Certificate, null, offline: true);
            return;
        }

        try
        {
            _context = Read(options.Value.CertificateFile, options.Value.KeyFile, _context);
            _failed = false;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            if (_context is null)
            {
                throw new StartupException(ExitCode.FileError, "Page:CertificateFile and Page:KeyFile must be PEM files with a certificate and its key.", exception);
            }

            if (!_failed)
            {
                Log.PageCertificateUnreadable(logger);
            }

            _failed = true;
        }
    }

    private static SslStreamCertificateContext Read(string certificateFile, string? keyFile, SslStreamCertificateContext? known)
    {
        X509Certificate2? certificate = null;
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
            if (known is not null && known.TargetCertificate.RawDataMemory.Span.SequenceEqual(certificate.RawDataMemory.Span))
            {
                return known;
            }

            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificateFile);
            var context = SslStreamCertificateContext.Create(certificate, chain, offline: true);

            // It belongs to the context now; connections that are open still hold what was shown to them.
            certificate = null;
            return context;
        }
        finally
        {
            certificate?.Dispose();
        }
    }
}
