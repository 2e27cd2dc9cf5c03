using System.Collections.Immutable;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Verify;

/// <summary>
/// Intel's verdict on a platform, put together from platform, TDX module and quoting enclave: the parts' objections add up, and so do their
/// advisories. (A verifier that lets the module's verdict stand in for the platform's accepts an unpatched machine.)
/// </summary>
/// <param name="Platform">Of processor and firmware.</param>
/// <param name="Module">Of the TDX module; null if its versions are judged with the platform.</param>
/// <param name="QuotingEnclave">Of the quoting enclave.</param>
internal sealed record TcbEvaluation(TcbVerdict Platform, TcbVerdict? Module, TcbVerdict QuotingEnclave)
{
    /// <summary>Everything that any part objects to.</summary>
    public TcbStatus Status => Platform.Status | (Module?.Status ?? TcbStatus.UpToDate) | QuotingEnclave.Status;

    /// <summary>All advisories that are open.</summary>
    public ImmutableSortedSet<string> Advisories => Platform.Advisories.Union(Module?.Advisories ?? []).Union(QuotingEnclave.Advisories);

    /// <summary>Evaluates a platform. Null, with findings, if no level covers a part.</summary>
    public static TcbEvaluation? Evaluate(PckCertificate pck, TdReportBody? body, SgxReportBody quotingEnclave, TcbInfo info, QuotingEnclaveIdentity identity, ImmutableArray<Finding>.Builder findings)
    {
        var before = findings.Count;
        TcbVerdict? module = null;
        var skipped = 0;
        if (body is { } domain)
        {
            module = EvaluateModule(domain, info, findings);

            // From the second kind of module on, its two components are judged by its own identity.
            skipped = domain.TeeTcbSvn[1] > 0 ? 2 : 0;
        }

        var svns = body?.TeeTcbSvn.ToArray() ?? [];
        var level = info.Levels.FirstOrDefault(level => Covers(pck.SecurityVersions, level.Sgx, 0) && pck.PceSvn >= level.PceSvn && Covers(svns, level.Tdx, skipped));
        if (level is null)
        {
            findings.Add(Missing("platform TCB"));
        }

        var quoting = EvaluateQuotingEnclave(quotingEnclave, identity, findings);
        return findings.Count == before && level is not null && quoting is not null ? new TcbEvaluation(level.Verdict, module, quoting) : null;
    }

    private static bool Covers(byte[] found, ImmutableArray<int> least, int skipped)
    {
        for (var i = skipped; i < least.Length; i++)
        {
            if (found[i] < least[i])
            {
                return false;
            }
        }

        return true;
    }

    private static TcbVerdict? EvaluateModule(TdReportBody body, TcbInfo info, ImmutableArray<Finding>.Builder findings)
    {
        var version = body.TeeTcbSvn[1];
        var identity = version == 0 ? info.Module : info.Modules.FirstOrDefault(module => module.Id == $"TDX_{version:X2}");
        if (identity is null)
        {
            findings.Add(Missing($"TDX module of kind {version}"));
            return null;
        }

        if (!body.ModuleSigner.SequenceEqual(identity.Signer) || !Masked(body.ModuleAttributes, identity.Mask).AsSpan().SequenceEqual(Masked(identity.Attributes, identity.Mask)))
        {
            findings.Add(new Finding(RejectionReason.ModuleNotApproved, "MRSIGNERSEAM, SEAMATTRIBUTES", "another signer or other attributes", "those of Intel's module"));
        }

        if (version == 0)
        {
            return null;
        }

        var svn = body.TeeTcbSvn[0];
        var level = identity.Levels.FirstOrDefault(level => svn >= level.SecurityVersion);
        if (level is null)
        {
            findings.Add(Missing($"TDX module of kind {version}, security version {svn}"));
        }

        return level?.Verdict;
    }

    private static TcbVerdict? EvaluateQuotingEnclave(SgxReportBody enclave, QuotingEnclaveIdentity identity, ImmutableArray<Finding>.Builder findings)
    {
        if (!enclave.Signer.SequenceEqual(identity.Signer) || enclave.ProductId != identity.ProductId
            || !Masked(enclave.MiscSelect, identity.MiscSelectMask).AsSpan().SequenceEqual(Masked(identity.MiscSelect, identity.MiscSelectMask))
            || !Masked(enclave.Attributes, identity.AttributesMask).AsSpan().SequenceEqual(Masked(identity.Attributes, identity.AttributesMask)))
        {
            findings.Add(new Finding(RejectionReason.QuotingEnclaveIdentity, "QE report", "another signer, product or attributes", "those of Intel's quoting enclave"));
            return null;
        }

        var level = identity.Levels.FirstOrDefault(level => enclave.SecurityVersion >= level.SecurityVersion);
        if (level is null)
        {
            findings.Add(Missing($"quoting enclave of security version {enclave.SecurityVersion}"));
        }

        return level?.Verdict;
    }

    private static byte[] Masked(ReadOnlySpan<byte> bytes, byte[] mask)
    {
        var masked = new byte[mask.Length];
        for (var i = 0; i < mask.Length; i++)
        {
            masked[i] = (byte)(bytes[i] & mask[i]);
        }

        return masked;
    }

    private static Finding Missing(string field) => new(RejectionReason.TcbLevelMissing, field, "below every level that Intel lists", "one of Intel's levels");
}
