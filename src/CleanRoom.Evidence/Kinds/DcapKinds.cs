using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Kinds;

/// <summary>Intel TDX: part <c>quote</c>.</summary>
internal sealed class TdxKind : IEvidenceKind
{
    public string Name => EvidenceKinds.Tdx;

    public bool Simulated => false;

    public Reference Strict => TdxReference.Strict;

    public bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = TdxReference.Read(enclave, out problem);
        return reference is not null;
    }

    public Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context) =>
        DcapParts.Examine(parts, isTdx: true, context, static (quote, platform) => new TdxEvidence(quote, platform));
}

/// <summary>Intel SGX with data center attestation: part <c>quote</c>.</summary>
internal sealed class SgxKind : IEvidenceKind
{
    public string Name => EvidenceKinds.Sgx;

    public bool Simulated => false;

    public Reference Strict => SgxReference.Strict;

    public bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = SgxReference.Read(enclave, out problem);
        return reference is not null;
    }

    public Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context) =>
        DcapParts.Examine(parts, isTdx: false, context, static (quote, platform) => new SgxEvidence(quote, platform));
}

/// <summary>What both kinds of quotes share.</summary>
internal static class DcapParts
{
    public const string QuotePart = "quote";

    public static Examination Examine(
        ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, bool isTdx, AppraisalContext context, Func<DcapQuote, DcapPlatform, ExaminedEvidence> create)
    {
        if (parts.Count != 1 || !parts.TryGetValue(QuotePart, out var bytes))
        {
            return Examination.WrongParts(QuotePart);
        }

        if (!DcapQuote.TryParse(bytes.Span, out var quote, out var malformed))
        {
            return new Examination(malformed);
        }

        if (quote.IsTdx != isTdx)
        {
            return new Examination(new Finding(RejectionReason.ReportRange, "TEE type", quote.IsTdx ? "TDX" : "SGX", isTdx ? "TDX" : "SGX"));
        }

        var platform = DcapVerifier.Verify(quote, context);
        return new Examination(create(quote, platform), platform.Findings);
    }
}
