using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;
using CleanRoom.Transport;

namespace CleanRoom.Hosting;

/// <summary>The certificate with which the service answers, and calls.</summary>
public sealed class ServerIdentity : IDisposable
{
    /// <summary>Takes the certificate over.</summary>
    /// <exception cref="ArgumentException">It has no private key.</exception>
    public ServerIdentity(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (!certificate.HasPrivateKey)
        {
            throw new ArgumentException("The certificate has no private key.", nameof(certificate));
        }

        Certificate = certificate;
        Key = TlsCertificates.KeyOf(certificate);
    }

    /// <summary>Certificate and private key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>What peers pin.</summary>
    public KeyId Key { get; }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();
}
