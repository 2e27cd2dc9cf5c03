using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Certificates;

/// <summary>
/// An X.509 v3 certificate (RFC 5280), read strictly: DER, one algorithm inside and outside, every extension once. It is not judged:
/// <see cref="CertificateRules"/> and a chain do that. Vendors' leaves have the serial number 0, so certificates are told apart by their bytes.
/// </summary>
internal sealed class Certificate
{
    /// <summary>Longest certificate that is read: 16 KiB. (Azure Attestation puts a whole quote into one.)</summary>
    public const int MaxSize = 16 << 10;

    private const int MaxExtensions = 64;
    private const string CommonNameOid = "2.5.4.3";

    private readonly SignedDer _signed;

    private Certificate(ReadOnlyMemory<byte> der, SignedDer signed, AsnReader part)
    {
        Der = der;
        _signed = signed;
        var version = part.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
        if (!version.TryReadInt32(out var number) || number != 2)
        {
            throw new AsnContentException();
        }

        version.ThrowIfNotEmpty();
        Serial = part.ReadIntegerBytes();
        if (!part.ReadEncodedValue().Span.SequenceEqual(signed.Algorithm.Span))
        {
            throw new AsnContentException();
        }

        Issuer = part.ReadEncodedValue();
        var validity = part.ReadSequence();
        NotBefore = DerTime.Read(validity);
        NotAfter = DerTime.Read(validity);
        validity.ThrowIfNotEmpty();
        Subject = part.ReadEncodedValue();
        CommonName = ReadCommonName(Subject);
        Spki = part.ReadEncodedValue();
        Extensions = ReadExtensions(part);
        part.ThrowIfNotEmpty();
    }

    /// <summary>The certificate's bytes.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>Serial number, big-endian; a single zero byte in AMD's leaves.</summary>
    public ReadOnlyMemory<byte> Serial { get; }

    /// <summary>The issuer's name, DER.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>The subject's name, DER.</summary>
    public ReadOnlyMemory<byte> Subject { get; }

    /// <summary>The subject's only common name, or null.</summary>
    public string? CommonName { get; }

    /// <summary>Begin of validity.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>End of validity.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public ReadOnlyMemory<byte> Spki { get; }

    /// <summary>Extensions by object identifier.</summary>
    public ImmutableDictionary<string, CertificateExtension> Extensions { get; }

    /// <summary>The scheme that it is signed with, or null if none of ours.</summary>
    public SignatureScheme? Scheme => _signed.Scheme;

    /// <summary>SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal: how roots are pinned.</summary>
    public string SpkiHash => Convert.ToHexStringLower(SHA256.HashData(Spki.Span));

    /// <summary>Reads one certificate: exactly, or false.</summary>
    public static bool TryParse(ReadOnlySpan<byte> der, [NotNullWhen(true)] out Certificate? certificate)
    {
        certificate = null;
        if (der.Length > MaxSize)
        {
            return false;
        }

        try
        {
            ReadOnlyMemory<byte> copy = der.ToArray();
            certificate = new Certificate(copy, SignedDer.Read(copy, out var part), part);
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>Tells whether the issuer's key signed it and the names chain.</summary>
    public bool IsIssuedBy(Certificate issuer) => Issuer.Span.SequenceEqual(issuer.Subject.Span) && _signed.IsSignedBy(issuer.Spki.Span);

    /// <summary>Tells whether it is valid at a time.</summary>
    public bool IsValidAt(DateTimeOffset time) => time >= NotBefore && time <= NotAfter;

    internal static string? ReadCommonName(ReadOnlyMemory<byte> name)
    {
        string? found = null;
        var sets = new AsnReader(name, AsnEncodingRules.DER).ReadSequence();
        while (sets.HasData)
        {
            var set = sets.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var oid = attribute.ReadObjectIdentifier();
                var value = attribute.ReadEncodedValue();
                attribute.ThrowIfNotEmpty();
                if (oid == CommonNameOid)
                {
                    // Two common names: which of them counts is anybody's guess.
                    found = found is null ? ReadText(value) : throw new AsnContentException();
                }
            }
        }

        return found;
    }

    private static string ReadText(ReadOnlyMemory<byte> value)
    {
        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var tag = reader.PeekTag();
        return tag.TagClass == TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String
            or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String
            ? reader.ReadCharacterString((UniversalTagNumber)tag.TagValue)
            : throw new AsnContentException();
    }

    private static ImmutableDictionary<string, CertificateExtension> ReadExtensions(AsnReader part)
    {
        var extensions = ImmutableDictionary.CreateBuilder<string, CertificateExtension>(StringComparer.Ordinal);
        if (!part.HasData)
        {
            return extensions.ToImmutable();
        }

        var outer = part.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 3, isConstructed: true));
        var list = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        while (list.HasData)
        {
            var item = list.ReadSequence();
            var oid = item.ReadObjectIdentifier();
            var critical = item.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && item.ReadBoolean();
            var value = item.ReadOctetString();
            item.ThrowIfNotEmpty();
            if (extensions.Count == MaxExtensions || !extensions.TryAdd(oid, new CertificateExtension(critical, value)))
            {
                throw new AsnContentException();
            }
        }

        return extensions.ToImmutable();
    }
}

/// <summary>One extension: whether who does not know it must refuse, and its bytes (often, but not always, DER).</summary>
internal sealed record CertificateExtension(bool Critical, ReadOnlyMemory<byte> Value);
