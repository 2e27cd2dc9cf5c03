using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Evidence.Platforms;

namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>A machine that says of itself what a processor would: the report's data and measurement, and a certificate. No verifier of ours would accept its signature; the attestation service is asked to.</summary>
internal sealed class SyntheticMachine : IRuntimeEvidenceProvider
{
    private static readonly byte[] Certificate = MakeCertificate();

    /// <summary>The launch measurement.</summary>
    public byte[] Measurement { get; } = [.. Enumerable.Repeat((byte)0xA1, 48)];

    /// <summary>It gives no evidence.</summary>
    public bool Silent { get; set; }

    /// <summary>It gives its report without certificates.</summary>
    public bool WithoutCertificates { get; set; }

    public ValueTask<EvidenceEnvelope> GetRuntimeEvidenceAsync(ReadOnlyMemory<byte> runtimeData, CancellationToken cancellationToken)
    {
        if (Silent)
        {
            throw new EvidenceUnavailableException("This machine gives no evidence for an attestation service.");
        }

        var report = new byte[1184];
        _ = SHA256.HashData(runtimeData.Span, report.AsSpan(0x50));
        Measurement.CopyTo(report, 0x90);
        var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["report"] = report };
        if (!WithoutCertificates)
        {
            parts["certificates"] = Certificate;
        }

        return ValueTask.FromResult(EvidenceEnvelope.Create(EvidenceKinds.SevSnp, parts));
    }

    private static byte[] MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var certificate = new CertificateRequest("CN=SEV-VCEK", key, HashAlgorithmName.SHA384).CreateSelfSigned(StoppedClock.Now, StoppedClock.Now.AddYears(7));
        return certificate.RawData;
    }
}
