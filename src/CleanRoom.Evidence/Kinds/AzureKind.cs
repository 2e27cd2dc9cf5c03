using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Kinds;

/// <summary>
/// Azure confidential machines: parts <c>hcl</c> (the paravisor's report), <c>attest</c> and <c>signature</c> (TPM quote), <c>pcrs</c> (values of the quoted
/// registers, ascending), and <c>certificates</c> (SEV-SNP) or <c>quote</c> (TDX).
/// </summary>
internal sealed class AzureKind : IEvidenceKind
{
    public const string HclPart = "hcl";
    public const string AttestPart = "attest";
    public const string SignaturePart = "signature";
    public const string RegistersPart = "pcrs";

    private static readonly ImmutableArray<string> Names = [HclPart, AttestPart, SignaturePart, RegistersPart, SnpKind.CertificatesPart, DcapParts.QuotePart];
    private static readonly SnpKind Snp = new();
    private static readonly TdxKind Tdx = new();

    public string Name => EvidenceKinds.AzureVtpm;

    public bool Simulated => false;

    public Reference Strict => AzureReference.Strict;

    public bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = AzureReference.Read(enclave, out problem);
        return reference is not null;
    }

    public Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context)
    {
        if (!parts.TryGetValue(HclPart, out var blob) || !parts.TryGetValue(AttestPart, out var attest) || !parts.TryGetValue(SignaturePart, out var signatureBytes)
            || !parts.TryGetValue(RegistersPart, out var values) || !parts.Keys.All(Names.Contains))
        {
            return Examination.WrongParts(string.Join(", ", Names));
        }

        if (!HclReport.TryParse(blob.Span, out var hcl, out var malformed))
        {
            return new Examination(malformed);
        }

        if (!TpmParts.TryRead(attest, signatureBytes, values, out var quote, out var signature, out var registers, out malformed))
        {
            return new Examination(malformed);
        }

        var examination = ExamineHardware(parts, hcl, context);
        if (examination.Evidence is not { } hardware)
        {
            return examination;
        }

        var findings = examination.Problems.ToBuilder();

        // Only the bytes that the hardware hashed name the key; anything else in the evidence may say what it likes.
        byte[] expected = [.. hcl.VariableDataHash, .. new byte[32]];
        if (!ReportDataOf(hardware).SequenceEqual(expected))
        {
            findings.Add(new Finding(RejectionReason.ReportDataMismatch, "REPORT_DATA", "not the hash of the paravisor's data", "SHA-256 of them, then 32 zero bytes"));
        }

        TpmQuoteVerifier.Verify(quote, signature, hcl.AttestationKey, registers, findings);
        return new Examination(new AzureEvidence(hcl.IsTdx ? Tdx : Snp, hardware, hcl, quote, registers), findings.ToImmutable());
    }

    private static Examination ExamineHardware(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, HclReport hcl, AppraisalContext context)
    {
        var inner = ImmutableSortedDictionary.CreateBuilder<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        if (!hcl.IsTdx)
        {
            inner[SnpKind.ReportPart] = hcl.HardwareReport;
            if (parts.TryGetValue(SnpKind.CertificatesPart, out var certificates))
            {
                inner[SnpKind.CertificatesPart] = certificates;
            }

            return Snp.Examine(inner.ToImmutable(), context);
        }

        if (!parts.TryGetValue(DcapParts.QuotePart, out var quote))
        {
            return Examination.WrongParts("quote of the trust domain");
        }

        inner[DcapParts.QuotePart] = quote;
        return Tdx.Examine(inner.ToImmutable(), context);
    }

    private static ReadOnlySpan<byte> ReportDataOf(ExaminedEvidence hardware) => hardware switch
    {
        SnpEvidence snp => snp.Report.ReportData,
        TdxEvidence tdx => tdx.ReportData,
        _ => [],
    };
}

/// <summary>Parts of a TPM quote.</summary>
internal static class TpmParts
{
    private const int RsaSignatureSize = 256;

    public static bool TryRead(
        ReadOnlyMemory<byte> attest, ReadOnlyMemory<byte> signatureBytes, ReadOnlyMemory<byte> values,
        [NotNullWhen(true)] out TpmQuote? quote, [NotNullWhen(true)] out TpmSignature? signature, [NotNullWhen(true)] out IReadOnlyDictionary<int, byte[]>? registers,
        [NotNullWhen(false)] out Finding? finding)
    {
        signature = null;
        registers = null;
        finding = null;
        if (!TpmQuote.TryParse(attest.Span, out quote))
        {
            finding = new Finding(RejectionReason.ReportMark, "TPM quote", "not a TPMS_ATTEST of a quote, or not to its last byte", "one");
            return false;
        }

        signature = signatureBytes.Length == RsaSignatureSize ? TpmSignature.OfRsaSha256(signatureBytes.Span) : TpmSignature.TryParse(signatureBytes.Span, out var parsed) ? parsed : null;
        if (signature is null)
        {
            finding = new Finding(RejectionReason.ReportAlgorithm, "TPM signature", "not a TPMT_SIGNATURE of an accepted scheme", "RSASSA or ECDSA, SHA-256 or SHA-384");
            return false;
        }

        var chosen = quote.Selections.FirstOrDefault(selection => !selection.Registers.IsDefaultOrEmpty);
        var size = TpmAlgorithms.Size(chosen.Bank);
        if (size == 0 || values.Length != size * chosen.Registers.Length)
        {
            finding = new Finding(RejectionReason.QuoteSelection, "PCR values", $"{values.Length} bytes", "the values of the quoted registers, one SHA-256 or SHA-384 bank");
            return false;
        }

        registers = chosen.Registers.Select((number, index) => KeyValuePair.Create(number, values.Slice(index * size, size).ToArray())).ToDictionary();
        return true;
    }
}
