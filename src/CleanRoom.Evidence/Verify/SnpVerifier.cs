using System.Collections.Immutable;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Validate;

namespace CleanRoom.Evidence.Verify;

/// <summary>Verifies a SEV-SNP report: the chain to the pinned root, what the leaf certifies, the signature.</summary>
internal static class SnpVerifier
{
    /// <summary>Verifies a parsed report. Every check is made; the findings stand in the order of docs/attestation.md.</summary>
    public static Examination Verify(SnpReport report, IReadOnlyList<Certificate> sent, AppraisalContext context)
    {
        var findings = ImmutableArray.CreateBuilder<Finding>();
        if (report.SigningKey == SnpSigningKey.None)
        {
            findings.Add(new Finding(RejectionReason.SignatureInvalid, "SIGNING_KEY", "none: nobody signed the report", "VCEK or VLEK"));
            return new Examination(null, findings.ToImmutable());
        }

        var chain = SnpChain.Verify(report, sent, context);
        findings.AddRange(chain.Findings);
        var generation = report.Processor is { } processor ? SnpGeneration.OfProcessor(processor.Family, processor.Model) : chain.Endorsement?.Generation;
        SnpTcbs? tcbs = null;
        if (generation is not null && !SnpTcbs.TryRead(report, generation.Layout, out tcbs, out var malformed))
        {
            findings.Add(malformed);
        }

        if (chain.Endorsement is { } endorsement && tcbs is not null)
        {
            CheckEndorsement(report, endorsement, tcbs, findings);
        }

        if (tcbs is not null)
        {
            CheckOrder(tcbs, findings);
        }

        if (chain.Leaf is { } leaf && !report.IsSignedBy(leaf.Spki.Span))
        {
            findings.Add(new Finding(RejectionReason.SignatureInvalid, "SIGNATURE", "not a signature of this report by the certified key", "one by it"));
        }

        return new Examination(
            tcbs is null ? null : new SnpEvidence(report, generation!, tcbs, chain.Endorsement, chain.Revocation, context.Time), findings.ToImmutable());
    }

    private static void CheckEndorsement(SnpReport report, SnpEndorsement endorsement, SnpTcbs tcbs, ImmutableArray<Finding>.Builder findings)
    {
        if (tcbs.Reported != endorsement.Tcb)
        {
            findings.Add(new Finding(RejectionReason.TcbMismatch, "REPORTED_TCB", tcbs.Reported.ToString(), endorsement.Tcb + ", for which the key was certified"));
        }

        // A masked id is the policy's affair; one that is there must be the certified chip's, with nothing behind it.
        var chipId = report.ChipId;
        if (endorsement.ChipId is { } certified && chipId.ContainsAnyExcept((byte)0)
            && !(chipId.StartsWith(certified) && !chipId[certified.Length..].ContainsAnyExcept((byte)0)))
        {
            findings.Add(new Finding(RejectionReason.ChipMismatch, "CHIP_ID", "another chip than the certificate's", "the certificate's"));
        }
    }

    // AMD 56860 §4.2: the host may lower REPORTED, and CURRENT never falls below COMMITTED.
    private static void CheckOrder(SnpTcbs tcbs, ImmutableArray<Finding>.Builder findings)
    {
        if (!tcbs.Current.Meets(tcbs.Reported))
        {
            findings.Add(new Finding(RejectionReason.TcbMismatch, "CURRENT_TCB", tcbs.Current.ToString(), $"at least REPORTED_TCB ({tcbs.Reported})"));
        }

        if (!tcbs.Current.Meets(tcbs.Committed))
        {
            findings.Add(new Finding(RejectionReason.TcbMismatch, "CURRENT_TCB", tcbs.Current.ToString(), $"at least COMMITTED_TCB ({tcbs.Committed})"));
        }
    }
}
