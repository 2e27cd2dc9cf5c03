using System.Collections.Immutable;
using System.Security.Cryptography;
using CleanRoom.Evidence.Certificates;

namespace CleanRoom.Evidence.Verify;

/// <summary>Checks that every certificate under Intel's root must pass, each failed one a finding.</summary>
internal sealed class IntelAuthority(AppraisalContext context, ImmutableArray<Finding>.Builder findings)
{
    private const string RootName = "Intel SGX Root CA";

    /// <summary>Finds the pinned root among certificates that came along and those at hand.</summary>
    public Certificate? Root(IEnumerable<Certificate> sent)
    {
        var root = sent.Concat(context.Collateral.Certificates).FirstOrDefault(certificate => certificate.SpkiHash == context.Anchors.Intel && certificate.IsIssuedBy(certificate));
        if (root is null)
        {
            Add(RejectionReason.CertificateMissing, RootName, "not at hand", "the certificate of Intel's root, whose key is pinned");
            return null;
        }

        Check(root, root, RootName, authoritiesBelow: 1);
        return root;
    }

    /// <summary>Checks one certificate against the one above it.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="issuer">The one above; itself for the root.</param>
    /// <param name="name">Name for people.</param>
    /// <param name="authoritiesBelow">How many authorities follow below; null for a leaf.</param>
    public void Check(Certificate certificate, Certificate issuer, string name, int? authoritiesBelow)
    {
        if (!(authoritiesBelow is { } below ? CertificateRules.IsAuthority(certificate, below) : CertificateRules.IsLeaf(certificate))
            || !CertificateRules.HasEcKey(certificate, ECCurve.NamedCurves.nistP256) || certificate.Scheme != SignatureScheme.EcdsaSha256)
        {
            Add(RejectionReason.CertificateMalformed, name, "a certificate that is not of Intel's profile", "a P-256 key, ECDSA with SHA-256, an authority where one must stand");
        }

        if (!certificate.IsIssuedBy(issuer))
        {
            Add(RejectionReason.ChainInvalid, name, "not signed by the authority above it", $"a signature by {issuer.CommonName}");
        }

        if (!certificate.IsValidAt(context.Time))
        {
            Add(
                RejectionReason.CertificateExpired, name, $"valid from {certificate.NotBefore:yyyy-MM-dd} to {certificate.NotAfter:yyyy-MM-dd}", $"valid at {context.Time:yyyy-MM-dd}");
        }
    }

    /// <summary>Looks certificates up in their issuer's newest revocation list.</summary>
    public RevocationState Revocations(string name, Certificate authority, params ReadOnlySpan<Certificate> issued)
    {
        var state = RevocationState.Of($"revocation list of {name}", authority, issued.ToArray(), context.Collateral.RevocationLists, context.Time, context.Memory, out var revoked);
        foreach (var certificate in revoked)
        {
            Add(RejectionReason.CertificateRevoked, certificate.CommonName ?? name, "listed as revoked", "a certificate that Intel has not revoked");
        }

        return state;
    }

    private void Add(RejectionReason reason, string field, string found, string approved) => findings.Add(new Finding(reason, field, found, approved));
}
