using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Kinds;

/// <summary>AMD SEV-SNP: parts <c>report</c> and, if the platform gives them, <c>certificates</c> (DER, one after another).</summary>
internal sealed class SnpKind : IEvidenceKind
{
    public const string ReportPart = "report";
    public const string CertificatesPart = "certificates";

    private const int MaxCertificates = 8;

    public string Name => EvidenceKinds.SevSnp;

    public bool Simulated => false;

    public Reference Strict => SnpReference.Strict;

    public bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = SnpReference.Read(enclave, out problem);
        return reference is not null;
    }

    public Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context)
    {
        if (!parts.TryGetValue(ReportPart, out var bytes) || parts.Keys.Any(name => name is not (ReportPart or CertificatesPart)))
        {
            return Examination.WrongParts("report and certificates");
        }

        if (!SnpReport.TryParse(bytes.Span, out var report, out var malformed))
        {
            return new Examination(malformed);
        }

        var sent = new List<Certificate>();
        return TryReadCertificates(parts.GetValueOrDefault(CertificatesPart), sent)
            ? SnpVerifier.Verify(report, sent, context)
            : new Examination(new Finding(RejectionReason.CertificateMalformed, CertificatesPart, "not certificates in DER, one after another", $"at most {MaxCertificates} of them"));
    }

    private static bool TryReadCertificates(ReadOnlyMemory<byte> bytes, List<Certificate> certificates)
    {
        var rest = bytes.Span;
        while (!rest.IsEmpty)
        {
            if (certificates.Count == MaxCertificates
                || !AsnDecoder.TryReadEncodedValue(rest, AsnEncodingRules.DER, out _, out _, out _, out var length)
                || !Certificate.TryParse(rest[..length], out var certificate))
            {
                return false;
            }

            certificates.Add(certificate);
            rest = rest[length..];
        }

        return true;
    }
}
