using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;

namespace CleanRoom.Evidence.Certificates;

/// <summary>A certificate revocation list, version 2 (RFC 5280 §5), with a next update: a list without an end would be current for ever.</summary>
internal sealed class RevocationList
{
    /// <summary>Longest list that is read: 1 MiB.</summary>
    public const int MaxSize = 1 << 20;

    private const int MaxEntries = 20_000;
    private const string CrlNumber = "2.5.29.20";
    private const string AuthorityKeyIdentifier = "2.5.29.35";

    private readonly SignedDer _signed;
    private readonly HashSet<string> _serials = new(StringComparer.Ordinal);

    private RevocationList(ReadOnlyMemory<byte> der, SignedDer signed, AsnReader part)
    {
        Der = der;
        _signed = signed;
        if (!part.TryReadInt32(out var version) || version != 1 || !part.ReadEncodedValue().Span.SequenceEqual(signed.Algorithm.Span))
        {
            throw new AsnContentException();
        }

        Issuer = part.ReadEncodedValue();
        IssuerName = Certificate.ReadCommonName(Issuer);
        ThisUpdate = DerTime.Read(part);
        NextUpdate = DerTime.Read(part);
        if (part.HasData && part.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            ReadEntries(part.ReadSequence());
        }

        if (part.HasData)
        {
            var outer = part.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
            ReadExtensions(outer.ReadSequence());
            outer.ThrowIfNotEmpty();
        }

        part.ThrowIfNotEmpty();
    }

    /// <summary>The list's bytes.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>The issuer's name, DER.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>The issuer's common name, or null.</summary>
    public string? IssuerName { get; }

    /// <summary>How many certificates it lists.</summary>
    public int Count => _serials.Count;

    /// <summary>When it was made.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>When the next one is due.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>Reads one list: exactly, or false.</summary>
    public static bool TryParse(ReadOnlySpan<byte> der, [NotNullWhen(true)] out RevocationList? list)
    {
        list = null;
        if (der.Length > MaxSize)
        {
            return false;
        }

        try
        {
            ReadOnlyMemory<byte> copy = der.ToArray();
            list = new RevocationList(copy, SignedDer.Read(copy, out var part), part);
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

    /// <summary>Tells whether an authority signed it and may.</summary>
    public bool IsIssuedBy(Certificate authority) =>
        Issuer.Span.SequenceEqual(authority.Subject.Span) && CertificateRules.MaySignRevocations(authority) && _signed.IsSignedBy(authority.Spki.Span);

    /// <summary>Tells whether it lists a certificate of its issuer.</summary>
    public bool Lists(Certificate certificate) => _serials.Contains(Convert.ToHexStringLower(certificate.Serial.Span));

    private static void ReadExtensions(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var item = extensions.ReadSequence();
            var oid = item.ReadObjectIdentifier();
            var critical = item.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && item.ReadBoolean();
            _ = item.ReadOctetString();
            item.ThrowIfNotEmpty();

            // A delta or partial list, which a critical extension announces, would hide what it leaves out.
            if (critical && oid is not (CrlNumber or AuthorityKeyIdentifier))
            {
                throw new AsnContentException();
            }
        }
    }

    private void ReadEntries(AsnReader entries)
    {
        while (entries.HasData)
        {
            var entry = entries.ReadSequence();
            _ = _serials.Add(Convert.ToHexStringLower(entry.ReadIntegerBytes().Span));
            _ = DerTime.Read(entry);
            if (entry.HasData)
            {
                ReadExtensionsOfEntry(entry.ReadSequence());
            }

            entry.ThrowIfNotEmpty();
            if (_serials.Count > MaxEntries)
            {
                throw new AsnContentException();
            }
        }
    }

    private static void ReadExtensionsOfEntry(AsnReader extensions)
    {
        while (extensions.HasData)
        {
            var item = extensions.ReadSequence();
            _ = item.ReadObjectIdentifier();
            if (item.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && item.ReadBoolean())
            {
                throw new AsnContentException();
            }

            _ = item.ReadOctetString();
            item.ThrowIfNotEmpty();
        }
    }
}
