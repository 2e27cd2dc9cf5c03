using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;

namespace CleanRoom.Matching.Enclave;

/// <summary>The two keys of one instance (ARCHITECTURE §2.4). They exist in memory only and die with it.</summary>
internal sealed class InstanceKeys : IDisposable
{
    public InstanceKeys(TimeProvider clock)
    {
        var now = clock.GetUtcNow();
        Certificate = Signing.CreateSelfSignedCertificate("cleanroom-enclave", now.AddDays(-1), now.AddDays(30));
    }

    /// <summary>Signs the instance entry, epoch heads and every header that leaves.</summary>
    public SigningKey Signing { get; } = SigningKey.Generate();

    /// <summary>Keys are released to it.</summary>
    public HpkePrivateKey Release { get; } = HpkePrivateKey.Generate();

    /// <summary>Shows the signing key in TLS towards notification.</summary>
    public X509Certificate2 Certificate { get; }

    public void Dispose()
    {
        Certificate.Dispose();
        Release.Dispose();
        Signing.Dispose();
    }
}
