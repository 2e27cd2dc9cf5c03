using System.Collections.Immutable;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Verify;

/// <summary>Chooses TCB info and quoting enclave identity for one platform: signed under the pinned root, of one set, the newest.</summary>
internal sealed class IntelCollateral
{
    internal const string SignerName = "Intel SGX TCB Signing";

    private IntelCollateral(TcbInfo info, QuotingEnclaveIdentity identity, Certificate signer)
    {
        Info = info;
        Identity = identity;
        Signer = signer;
    }

    /// <summary>TCB info.</summary>
    public TcbInfo Info { get; }

    /// <summary>Identity of the quoting enclave.</summary>
    public QuotingEnclaveIdentity Identity { get; }

    /// <summary>Who signed the TCB info.</summary>
    public Certificate Signer { get; }

    /// <summary>Chooses, or says what is missing.</summary>
    /// <param name="pck">The platform.</param>
    /// <param name="isTdx">TDX or SGX.</param>
    /// <param name="root">The pinned root.</param>
    /// <param name="context">Collateral and time.</param>
    /// <param name="authority">Checks the signer's certificate.</param>
    /// <param name="findings">What is wrong.</param>
    public static IntelCollateral? Choose(
        PckCertificate pck, bool isTdx, Certificate root, AppraisalContext context, IntelAuthority authority, ImmutableArray<Finding>.Builder findings)
    {
        var collateral = context.Collateral;
        var signers = collateral.Certificates.Where(certificate => certificate.CommonName == SignerName && certificate.IsIssuedBy(root)).ToList();
        var ofKind = collateral.TcbInfos.Where(info => info.Id == (isTdx ? "TDX" : "SGX")).ToList();
        var mine = ofKind.Where(info => info.Fmspc == pck.Fmspc && info.PceId == pck.PceId).ToList();
        if (mine.Count == 0)
        {
            findings.Add(ofKind.Count == 0
                ? new Finding(RejectionReason.CollateralMissing, "TCB info", "not at hand", $"Intel's for platforms of FMSPC {pck.Fmspc}")
                : new Finding(RejectionReason.CollateralMismatch, "TCB info", "only for other platforms", $"Intel's for FMSPC {pck.Fmspc}, PCE {pck.PceId}"));
            return null;
        }

        var info = Newest(mine.Where(item => signers.Exists(item.Document.IsSignedBy)), item => item.EvaluationNumber, item => item.IssueDate, context.Time);
        if (info is null)
        {
            findings.Add(new Finding(RejectionReason.CollateralInvalid, "TCB info", "not signed by Intel's TCB signing key", "a signature that leads to the pinned root"));
            return null;
        }

        var identities = collateral.Identities.Where(identity => identity.Id == (isTdx ? "TD_QE" : "QE")).ToList();
        var signed = identities.Where(item => signers.Exists(item.Document.IsSignedBy)).ToList();
        var identity = Newest(signed.Where(item => item.EvaluationNumber == info.EvaluationNumber), item => item.EvaluationNumber, item => item.IssueDate, context.Time)
            ?? Newest(signed, item => item.EvaluationNumber, item => item.IssueDate, context.Time);
        if (identity is null)
        {
            findings.Add(identities.Count == 0
                ? new Finding(RejectionReason.CollateralMissing, "QE identity", "not at hand", "Intel's for this kind of quote")
                : new Finding(RejectionReason.CollateralInvalid, "QE identity", "not signed by Intel's TCB signing key", "a signature that leads to the pinned root"));
            return null;
        }

        RequireNotOlder("TCB info", info.EvaluationNumber, context.Memory.LeastEvaluation(info), findings);
        RequireNotOlder("QE identity", identity.EvaluationNumber, context.Memory.LeastEvaluation(identity), findings);

        // Each piece is genuine on its own; only together do they say what Intel said at one time.
        if (identity.EvaluationNumber != info.EvaluationNumber)
        {
            findings.Add(new Finding(
                RejectionReason.CollateralMismatch, "QE identity", $"of evaluation {identity.EvaluationNumber}", $"of evaluation {info.EvaluationNumber}, as the TCB info"));
        }

        var signer = signers.Find(info.Document.IsSignedBy)!;
        authority.Check(signer, root, SignerName, authoritiesBelow: null);
        return new IntelCollateral(info, identity, signer);
    }

    private static void RequireNotOlder(string field, int found, int least, ImmutableArray<Finding>.Builder findings)
    {
        if (found < least)
        {
            findings.Add(new Finding(RejectionReason.CollateralMismatch, field + " tcbEvaluationDataNumber", $"{found}", $"at least {least}, which was seen before"));
        }
    }

    private static T? Newest<T>(IEnumerable<T> items, Func<T, int> number, Func<T, DateTimeOffset> issued, DateTimeOffset time)
        where T : class
    {
        // One from the future is kept only if there is no other, so that the finding names it.
        var list = items.ToList();
        var past = list.Where(item => issued(item) <= time).ToList();
        return (past.Count > 0 ? past : list).OrderByDescending(number).ThenByDescending(issued).FirstOrDefault();
    }
}
