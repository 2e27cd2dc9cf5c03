using System.Collections.Immutable;
using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;

namespace CleanRoom.Evidence.Verify;

/// <summary>
/// AMD's chain for one report: leaf (VCEK or VLEK) ← intermediate (ASK or ASVK) ← pinned ARK; three certificates, no fewer and no more.
/// Every failed link is a finding of its own.
/// </summary>
internal sealed class SnpChain
{
    private const int AuthorityKeyBits = 4096;

    private readonly ImmutableArray<Finding>.Builder _findings = ImmutableArray.CreateBuilder<Finding>();

    private SnpChain()
    {
    }

    /// <summary>What is wrong with it.</summary>
    public ImmutableArray<Finding> Findings => _findings.ToImmutable();

    /// <summary>The leaf, if there is one.</summary>
    public Certificate? Leaf { get; private set; }

    /// <summary>What the leaf says, if it can be read.</summary>
    public SnpEndorsement? Endorsement { get; private set; }

    /// <summary>The ARK's revocation list.</summary>
    public RevocationState Revocation { get; private set; } = new("AMD revocation list", null);

    /// <summary>Builds and verifies the chain of a report.</summary>
    /// <param name="report">The report, whose signing key, processor and chip decide which certificates fit.</param>
    /// <param name="sent">Certificates that came with the report; those of the collateral follow.</param>
    /// <param name="context">Time, collateral, pinned roots.</param>
    public static SnpChain Verify(SnpReport report, IReadOnlyList<Certificate> sent, AppraisalContext context)
    {
        var chain = new SnpChain();
        IReadOnlyList<Certificate> all = [.. sent, .. context.Collateral.Certificates];
        if (chain.FindLeaf(report, all) is { } leaf && chain.ReadLeaf(report, leaf, context) is { } generation)
        {
            chain.Climb(leaf, generation, report.SigningKey, all, context);
        }

        return chain;
    }

    private Certificate? FindLeaf(SnpReport report, IReadOnlyList<Certificate> all)
    {
        // The one that fits best; if none fits, the first is judged, so that the findings say what is wrong with it.
        Leaf = all.Where(SnpEndorsement.IsLeaf).MaxBy(certificate => Fitness(report, certificate));
        if (Leaf is null)
        {
            Add(RejectionReason.CertificateMissing, Name(report.SigningKey), "not at hand", $"the {Name(report.SigningKey)} certificate of this report");
        }

        return Leaf;
    }

    private static int Fitness(SnpReport report, Certificate certificate)
    {
        if (!SnpEndorsement.TryParse(certificate, out var endorsement) || endorsement.Key != report.SigningKey)
        {
            return 0;
        }

        var chip = endorsement.ChipId is null || report.ChipId.StartsWith(endorsement.ChipId);
        var tcb = SnpTcb.TryParse(report.ReportedTcb, endorsement.Generation.Layout, out var reported) && reported == endorsement.Tcb;
        return 1 + (chip ? 4 : 0) + (tcb ? 2 : 0);
    }

    private SnpGeneration? ReadLeaf(SnpReport report, Certificate leaf, AppraisalContext context)
    {
        var field = leaf.CommonName!;
        if (leaf.CommonName != "SEV-" + Name(report.SigningKey))
        {
            Add(RejectionReason.CertificateKind, field, $"a certificate of {leaf.CommonName}", $"one of SEV-{Name(report.SigningKey)}, the key that the report names");
        }

        if (!SnpEndorsement.TryParse(leaf, out var endorsement) || !CertificateRules.IsLeaf(leaf) || !CertificateRules.HasEcKey(leaf, ECCurve.NamedCurves.nistP384)
            || leaf.Scheme != SignatureScheme.RsaPssSha384)
        {
            Add(RejectionReason.CertificateMalformed, field, "a certificate that is not of AMD's profile", "the extensions, key and algorithm of AMD's specification 57230");
            return null;
        }

        Endorsement = endorsement;
        CheckDates(leaf, field, context);
        if (report.Processor is not { } processor)
        {
            return endorsement.Generation;
        }

        var generation = SnpGeneration.OfProcessor(processor.Family, processor.Model);
        if (generation is null)
        {
            Add(RejectionReason.VendorUnknown, "CPUID", $"family 0x{processor.Family:x2}, model 0x{processor.Model:x2}", "a processor of " + Known());
            return null;
        }

        if (endorsement.Generation != generation)
        {
            Add(RejectionReason.ChipMismatch, field + " product", endorsement.Generation.Name, generation.Name);
        }

        return generation;
    }

    private void Climb(Certificate leaf, SnpGeneration generation, SnpSigningKey key, IReadOnlyList<Certificate> all, AppraisalContext context)
    {
        var intermediateName = key == SnpSigningKey.Vlek ? $"SEV-VLEK-{generation.Name}" : $"SEV-{generation.Name}";
        var intermediate = Pick(all, intermediateName, leaf);
        var root = intermediate is null ? null : Pick(all, $"ARK-{generation.Name}", intermediate, context.Anchors.Amd.GetValueOrDefault(generation.Name));
        if (intermediate is null || root is null)
        {
            var missing = intermediate is null ? intermediateName : $"ARK-{generation.Name}";
            Add(RejectionReason.CertificateMissing, missing, "not at hand", $"the certificate of {missing}{(intermediate is null ? "" : " whose key is pinned")}");
            return;
        }

        CheckAuthority(intermediate, intermediateName, authoritiesBelow: 0, context);
        CheckAuthority(root, $"ARK-{generation.Name}", authoritiesBelow: 1, context);
        CheckLink(leaf, intermediate, leaf.CommonName!);
        CheckLink(intermediate, root, intermediateName);
        CheckLink(root, root, $"ARK-{generation.Name}");
        Revocation = RevocationState.Of($"revocation list of ARK-{generation.Name}", root, [intermediate], context.Collateral.RevocationLists, context.Time, context.Memory, out var revoked);
        foreach (var certificate in revoked)
        {
            Add(RejectionReason.CertificateRevoked, certificate.CommonName!, "listed as revoked", "a certificate that AMD has not revoked");
        }
    }

    private static Certificate? Pick(IReadOnlyList<Certificate> all, string name, Certificate below, string? pin = null)
    {
        var named = all.Where(certificate => certificate.CommonName == name && (pin is null || certificate.SpkiHash == pin)).ToList();
        return named.Find(below.IsIssuedBy) ?? named.FirstOrDefault();
    }

    private void CheckAuthority(Certificate certificate, string name, int authoritiesBelow, AppraisalContext context)
    {
        if (!CertificateRules.IsAuthority(certificate, authoritiesBelow) || !CertificateRules.HasRsaKey(certificate, AuthorityKeyBits)
            || certificate.Scheme != SignatureScheme.RsaPssSha384)
        {
            Add(RejectionReason.CertificateMalformed, name, "a certificate that is not of AMD's profile", "an authority with an RSA-4096 key, signed with RSASSA-PSS SHA-384");
        }

        CheckDates(certificate, name, context);
    }

    private void CheckLink(Certificate certificate, Certificate issuer, string name)
    {
        if (!certificate.IsIssuedBy(issuer))
        {
            Add(RejectionReason.ChainInvalid, name, "not signed by the authority above it", $"a signature by {issuer.CommonName}");
        }
    }

    private void CheckDates(Certificate certificate, string name, AppraisalContext context)
    {
        if (!certificate.IsValidAt(context.Time))
        {
            Add(
                RejectionReason.CertificateExpired, name, $"valid from {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}",
                $"valid at {context.Time:yyyy-MM-dd}");
        }
    }

    private void Add(RejectionReason reason, string field, string found, string approved) => _findings.Add(new Finding(reason, field, found, approved));

    private static string Name(SnpSigningKey key) => key == SnpSigningKey.Vlek ? "VLEK" : "VCEK";

    private static string Known() => string.Join(", ", SnpGeneration.All.Select(generation => generation.Name));
}
