using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Kinds;

/// <summary>TPM 2.0: parts <c>attest</c>, <c>signature</c>, <c>pcrs</c> (values of the quoted registers, ascending) and <c>public</c> (TPMT_PUBLIC of the key).</summary>
internal sealed class TpmKind : IEvidenceKind
{
    public const string PublicPart = "public";

    public string Name => EvidenceKinds.Tpm;

    public bool Simulated => false;

    public Reference Strict => TpmReference.Strict;

    public bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = TpmReference.Read(enclave, out problem);
        return reference is not null;
    }

    public Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context)
    {
        if (parts.Count != 4 || !parts.TryGetValue(AzureKind.AttestPart, out var attest) || !parts.TryGetValue(AzureKind.SignaturePart, out var signatureBytes)
            || !parts.TryGetValue(AzureKind.RegistersPart, out var values) || !parts.TryGetValue(PublicPart, out var publicArea))
        {
            return Examination.WrongParts("attest, signature, pcrs and public");
        }

        if (!TpmParts.TryRead(attest, signatureBytes, values, out var quote, out var signature, out var registers, out var malformed))
        {
            return new Examination(malformed);
        }

        // A bare key says nothing of its attributes; it can still be looked at, but no charter can enrol it.
        if (!TpmPublicKey.TryParse(publicArea.Span, out var key) && !IsSpki(publicArea.Span))
        {
            return new Examination(new Finding(RejectionReason.ReportRange, "attestation key", "neither a TPMT_PUBLIC nor a public key", "a TPMT_PUBLIC"));
        }

        var findings = ImmutableArray.CreateBuilder<Finding>();
        TpmQuoteVerifier.Verify(quote, signature, key?.Spki ?? publicArea.Span, registers, findings);
        return quote.PcrDigest.Length is LaunchMeasurement.Size or LaunchMeasurement.SgxSize
            ? new Examination(new TpmEvidence(quote, publicArea, key, registers), findings.ToImmutable())
            : new Examination(new Finding(RejectionReason.QuoteDigest, "pcrDigest", $"{quote.PcrDigest.Length} bytes", "32 or 48 bytes"));
    }

    private static bool IsSpki(ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(bytes, out var read);
            return read == bytes.Length;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
