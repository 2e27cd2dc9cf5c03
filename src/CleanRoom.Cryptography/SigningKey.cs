using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CleanRoom.Cryptography;

/// <summary>
/// A private signing key: ECDSA on P-256 with SHA-256 (FIPS 186-5 §6). Safe for concurrent use. Zeroed on <see cref="Dispose"/>.
/// A key serves one purpose: signing entries, or TLS, never both.
/// </summary>
public sealed class SigningKey : ISigningKey
{
    /// <summary>Bytes of a signature: r ‖ s, 32 bytes each (IEEE P1363, RFC 7518 §3.4).</summary>
    public const int SignatureSize = 64;

    private const string PemLabel = "PRIVATE KEY";

    private readonly SecretBytes _scalar;
    private readonly HandlePool<ECDsa> _handles;

    private SigningKey(ReadOnlySpan<byte> checkedScalar)
    {
        _scalar = new SecretBytes(checkedScalar);
        _handles = new HandlePool<ECDsa>(CreateECDsa);
        using var handle = CreateECDsa();
        PublicKey = VerifyingKey.FromPoint(P256.ToPoint(handle.ExportParameters(includePrivateParameters: false).Q));
    }

    /// <summary>The public half.</summary>
    public VerifyingKey PublicKey { get; }

    /// <summary>Makes a new random key.</summary>
    public static SigningKey Generate()
    {
        using var handle = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return FromHandle(handle);
    }

    /// <summary>Reads an unencrypted PKCS#8 private key (RFC 5958).</summary>
    /// <exception cref="CryptographicException">It is not exactly one P-256 key whose halves belong together.</exception>
    public static SigningKey ImportPkcs8(ReadOnlySpan<byte> pkcs8)
    {
        using var handle = ECDsa.Create();
        int read;
        try
        {
            handle.ImportPkcs8PrivateKey(pkcs8, out read);
        }
        catch (CryptographicException)
        {
            // The platform's own text differs between systems; ours names the remedy.
            throw NotAKey();
        }

        return read == pkcs8.Length ? FromHandle(handle) : throw NotAKey();
    }

    /// <summary>Reads a PEM text with exactly one unencrypted PKCS#8 <c>PRIVATE KEY</c> (RFC 7468 §10).</summary>
    /// <exception cref="CryptographicException">It is not a P-256 private key in that form.</exception>
    public static SigningKey ImportPem(ReadOnlySpan<char> pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields) || !pem[fields.Label].SequenceEqual(PemLabel)
            || !pem[..fields.Location.Start.Value].IsWhiteSpace() || !pem[fields.Location.End.Value..].IsWhiteSpace())
        {
            throw NotAKey();
        }

        var pkcs8 = new byte[fields.DecodedDataLength];
        try
        {
            return Convert.TryFromBase64Chars(pem[fields.Base64Data], pkcs8, out var written)
                ? ImportPkcs8(pkcs8.AsSpan(0, written))
                : throw NotAKey();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <summary>Writes the key as unencrypted PKCS#8 DER (RFC 5958). The caller zeroes the array after use.</summary>
    public byte[] ExportPkcs8()
    {
        using var handle = CreateECDsa();
        return handle.ExportPkcs8PrivateKey();
    }

    /// <summary>Writes the key as unencrypted PKCS#8 in PEM (RFC 7468 §10), with a line feed at the end.</summary>
    public string ExportPem()
    {
        var pkcs8 = ExportPkcs8();
        try
        {
            return PemEncoding.WriteString(PemLabel, pkcs8) + "\n";
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    /// <summary>Signs SHA-256 of <paramref name="data"/>.</summary>
    /// <returns>r ‖ s: 64 bytes (IEEE P1363). ECDSA is randomised: two calls give two signatures.</returns>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var handle = _handles.Rent();
        try
        {
            return handle.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            _handles.Return(handle);
        }
    }

    /// <summary>Makes a platform key with this private key, for a TLS certificate. The caller disposes it.</summary>
    public ECDsa CreateECDsa()
    {
        using var secret = _scalar.Borrow();
        var scalar = secret.Span.ToArray();
        try
        {
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = scalar });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    /// <summary>
    /// Makes a self-signed certificate for mutual TLS (RFC 5280): server and client authentication, no authority. The subject
    /// alternative names are <paramref name="dnsNames"/>, <c>localhost</c>, 127.0.0.1 and ::1. Peers pin the key, not the name.
    /// </summary>
    /// <param name="commonName">Common name of the subject, 1 to 64 characters.</param>
    /// <param name="from">Start of validity.</param>
    /// <param name="to">End of validity, after <paramref name="from"/>.</param>
    /// <param name="dnsNames">Host names the process answers to; none by default.</param>
    /// <returns>The certificate with its private key. The caller disposes it.</returns>
    public X509Certificate2 CreateSelfSignedCertificate(string commonName, DateTimeOffset from, DateTimeOffset to, params IEnumerable<string> dnsNames)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(commonName);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(commonName.Length, 64, nameof(commonName));
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in dnsNames.Append("localhost").Distinct(StringComparer.OrdinalIgnoreCase))
        {
            names.AddDnsName(name);
        }

        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);

        using var key = CreateECDsa();
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(from, to);
    }

    /// <summary>Zeroes the private key. Calls under way finish.</summary>
    public void Dispose()
    {
        _handles.Close();
        _scalar.Dispose();
    }

    private static SigningKey FromHandle(ECDsa handle)
    {
        ECParameters parameters;
        try
        {
            parameters = handle.ExportParameters(includePrivateParameters: true);
        }
        catch (CryptographicException)
        {
            throw NotAKey();
        }

        var scalar = parameters.D ?? throw NotAKey();
        try
        {
            if (!P256.IsP256(parameters.Curve) || !P256.IsScalar(scalar))
            {
                throw NotAKey();
            }

            var key = new SigningKey(scalar);

            // PKCS#8 may carry a public half of its own; a key that signs as one and is known as another is refused.
            if (!key.PublicKey.Equals(VerifyingKey.FromPoint(P256.ToPoint(parameters.Q))))
            {
                key.Dispose();
                throw NotAKey();
            }

            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    private static CryptographicException NotAKey() => new("The private key is not an unencrypted PKCS#8 P-256 key: make one with the key creation command.");
}
