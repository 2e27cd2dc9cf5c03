using System.Collections.Immutable;
using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Verify;

/// <summary>What the verification of a quote showed about the platform that made it.</summary>
/// <param name="Fmspc">Series of platforms; null if the chain is not of Intel's form.</param>
/// <param name="Tcb">Intel's verdict; null if there is none.</param>
/// <param name="Collateral">The collateral that gave it; null if there is none.</param>
/// <param name="Revocations">What is known about revocations.</param>
/// <param name="Findings">Failed checks that no charter can allow.</param>
/// <param name="Time">The time of appraisal.</param>
internal sealed record DcapPlatform(
    string? Fmspc, TcbEvaluation? Tcb, IntelCollateral? Collateral, ImmutableArray<RevocationState> Revocations, ImmutableArray<Finding> Findings, DateTimeOffset Time)
{
    /// <summary>Intel's verdict by what it has published early, if that is newer; it decides nothing.</summary>
    public EarlyVerdict? Early { get; init; }
}

/// <summary>What will hold when Intel's early documents become the standard.</summary>
/// <param name="EvaluationNumber">Their tcbEvaluationDataNumber.</param>
/// <param name="Status">The status; null if no level will cover the platform.</param>
internal sealed record EarlyVerdict(int EvaluationNumber, TcbStatus? Status);

/// <summary>Verifies a quote: platform chain to the pinned root, quoting enclave, attestation key, quote, Intel's verdict. Every check is made.</summary>
internal static class DcapVerifier
{
    private const string LeafName = "Intel SGX PCK Certificate";
    private static readonly string[] Authorities = ["Intel SGX PCK Platform CA", "Intel SGX PCK Processor CA"];

    public static DcapPlatform Verify(DcapQuote quote, AppraisalContext context)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        CheckSignatures(quote, findings);
        if (quote.CertificationType != DcapQuote.PckChainType || !PemChain.TryRead(quote.Certification.Span, out var chain) || chain.Count != 3)
        {
            findings.Add(new Finding(
                RejectionReason.CertificateMissing, "certification data", $"type {quote.CertificationType}, not a chain of three certificates", "type 5: PCK certificate, its authority, Intel's root"));
            return new DcapPlatform(null, null, null, [], findings.ToImmutable(), context.Time);
        }

        var authority = new IntelAuthority(context, findings);
        var root = authority.Root([chain[2]]);
        if (root is null)
        {
            return new DcapPlatform(null, null, null, [], findings.ToImmutable(), context.Time);
        }

        // The root that came along may be any; what counts is the pinned one, and that the others hang on it.
        authority.Check(chain[1], root, chain[1].CommonName ?? "PCK authority", authoritiesBelow: 0);
        authority.Check(chain[0], chain[1], LeafName, authoritiesBelow: null);
        if (chain[0].CommonName != LeafName || !Authorities.Contains(chain[1].CommonName) || chain[2].SpkiHash != root.SpkiHash || !PckCertificate.TryParse(chain[0], out var pck))
        {
            findings.Add(new Finding(RejectionReason.CertificateMalformed, LeafName, "certificates that are not of Intel's profile", "PCK certificate, Platform or Processor CA, root"));
            return new DcapPlatform(null, null, null, [], findings.ToImmutable(), context.Time);
        }

        if (!RawEcdsa.VerifyWith(chain[0].Spki.Span, quote.QuotingEnclave.Bytes, quote.QuotingEnclaveSignature.Span))
        {
            findings.Add(new Finding(RejectionReason.QuotingEnclaveSignature, "QE report signature", "not by the platform's certified key", "one by it"));
        }

        return Evaluate(quote, chain, pck, root, authority, context, findings);
    }

    private static DcapPlatform Evaluate(
        DcapQuote quote, IReadOnlyList<Certificate> chain, PckCertificate pck, Certificate root, IntelAuthority authority, AppraisalContext context,
        ImmutableArray<Finding>.Builder findings)
    {
        var collateral = IntelCollateral.Choose(pck, quote.IsTdx, root, context, authority, findings);
        ImmutableArray<RevocationState> revocations =
        [
            collateral is null ? authority.Revocations("Intel's root", root, chain[1]) : authority.Revocations("Intel's root", root, chain[1], collateral.Signer),
            authority.Revocations(chain[1].CommonName!, chain[1], chain[0]),
        ];
        var tcb = collateral is null
            ? null
            : TcbEvaluation.Evaluate(pck, quote.IsTdx ? new TdReportBody(quote.Body) : null, quote.QuotingEnclave, collateral.Info, collateral.Identity, findings);
        if (tcb is not null && tcb.Status.HasFlag(TcbStatus.Revoked))
        {
            findings.Add(new Finding(RejectionReason.TcbRevoked, "TCB status", "Revoked", "any other"));
        }

        return new DcapPlatform(pck.Fmspc, tcb, collateral, revocations, findings.ToImmutable(), context.Time) { Early = LookAhead(quote, pck, root, collateral, context) };
    }

    private static EarlyVerdict? LookAhead(DcapQuote quote, PckCertificate pck, Certificate root, IntelCollateral? current, AppraisalContext context)
    {
        if (current is null || context.Early.TcbInfos.IsEmpty)
        {
            return null;
        }

        // Its own pile of findings: nothing that is wrong with a warning may refuse anybody.
        var aside = ImmutableArray.CreateBuilder<Finding>();
        var ahead = new AppraisalContext(context.Time, context.Early.With(context.Collateral)) { Anchors = context.Anchors };
        var collateral = IntelCollateral.Choose(pck, quote.IsTdx, root, ahead, new IntelAuthority(ahead, aside), aside);
        if (collateral is null || aside.Count > 0 || collateral.Info.EvaluationNumber <= current.Info.EvaluationNumber)
        {
            return null;
        }

        var tcb = TcbEvaluation.Evaluate(pck, quote.IsTdx ? new TdReportBody(quote.Body) : null, quote.QuotingEnclave, collateral.Info, collateral.Identity, aside);
        return new EarlyVerdict(collateral.Info.EvaluationNumber, tcb?.Status);
    }

    private static void CheckSignatures(DcapQuote quote, ImmutableArray<Finding>.Builder findings)
    {
        byte[] vouched = [.. quote.AttestationKey.Span, .. quote.AuthenticationData.Span];
        byte[] expected = [.. SHA256.HashData(vouched), .. new byte[32]];
        if (!quote.QuotingEnclave.ReportData.SequenceEqual(expected))
        {
            findings.Add(new Finding(
                RejectionReason.QuotingEnclaveBinding, "QE report data", "not the hash of this attestation key and its data", "SHA-256 of both, then 32 zero bytes"));
        }

        if (!RawEcdsa.Verify(quote.AttestationKey.Span, quote.SignedPart.Span, quote.Signature.Span))
        {
            findings.Add(new Finding(RejectionReason.SignatureInvalid, "quote signature", "not by the attestation key", "one by it"));
        }
    }
}
