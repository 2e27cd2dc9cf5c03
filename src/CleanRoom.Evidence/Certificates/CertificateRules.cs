using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Certificates;

/// <summary>What a certificate must be in its place of a chain (RFC 5280 §6.1.3, §6.1.4).</summary>
internal static class CertificateRules
{
    private const string BasicConstraints = "2.5.29.19";
    private const string KeyUsage = "2.5.29.15";
    private const int RsaExponentSize = 3;

    /// <summary>RFC 5280's KeyCertSign and CRLSign, counted from the first bit.</summary>
    private const byte KeyCertSign = 0x04;

    private const byte CrlSign = 0x02;

    /// <summary>An authority: CA flag, right to sign certificates, no critical extension that is not understood.</summary>
    /// <param name="certificate">The authority's certificate.</param>
    /// <param name="authoritiesBelow">How many authorities follow below it before the leaf.</param>
    public static bool IsAuthority(Certificate certificate, int authoritiesBelow) =>
        TryReadConstraints(certificate, out var ca, out var pathLength) && ca && (pathLength is null || pathLength >= authoritiesBelow)
        && Allows(certificate, KeyCertSign) && UnderstandsCritical(certificate);

    /// <summary>The right to sign revocation lists.</summary>
    public static bool MaySignRevocations(Certificate certificate) => Allows(certificate, CrlSign);

    /// <summary>A leaf: anything but an authority.</summary>
    public static bool IsLeaf(Certificate certificate) =>
        TryReadConstraints(certificate, out var ca, out _) && !ca && UnderstandsCritical(certificate);

    /// <summary>An RSA key with the given modulus and the exponent 65537.</summary>
    public static bool HasRsaKey(Certificate certificate, int bits)
    {
        try
        {
            using var key = RSA.Create();
            key.ImportSubjectPublicKeyInfo(certificate.Spki.Span, out _);
            var parameters = key.ExportParameters(includePrivateParameters: false);
            return key.KeySize == bits && parameters.Exponent is { Length: RsaExponentSize } exponent && exponent.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[1, 0, 1]);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>An elliptic curve key on a named curve, as an uncompressed point that lies on it.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="curve">P-256 or P-384.</param>
    public static bool HasEcKey(Certificate certificate, ECCurve curve)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(certificate.Spki.Span, out _);
            return key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == curve.Oid.Value;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool UnderstandsCritical(Certificate certificate) =>
        certificate.Extensions.All(extension => !extension.Value.Critical || extension.Key is BasicConstraints or KeyUsage);

    // Some authorities leave key usage out; RFC 5280 then allows every use.
    private static bool Allows(Certificate certificate, byte use)
    {
        if (!certificate.Extensions.TryGetValue(KeyUsage, out var extension))
        {
            return true;
        }

        try
        {
            var reader = new AsnReader(extension.Value, AsnEncodingRules.DER);
            var bits = reader.ReadBitString(out _);
            reader.ThrowIfNotEmpty();
            return bits.Length > 0 && (bits[0] & use) != 0;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    private static bool TryReadConstraints(Certificate certificate, out bool ca, out int? pathLength)
    {
        ca = false;
        pathLength = null;
        if (!certificate.Extensions.TryGetValue(BasicConstraints, out var extension))
        {
            return true;
        }

        try
        {
            var outer = new AsnReader(extension.Value, AsnEncodingRules.DER);
            var constraints = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            ca = constraints.HasData && constraints.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && constraints.ReadBoolean();
            if (constraints.HasData)
            {
                pathLength = constraints.TryReadInt32(out var length) && length >= 0 ? length : throw new AsnContentException();
            }

            constraints.ThrowIfNotEmpty();
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }
}
