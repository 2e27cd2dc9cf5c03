using System.Formats.Asn1;

namespace CleanRoom.Evidence.Certificates;

/// <summary>What certificates and revocation lists have in common (RFC 5280 §4.1, §5.1): a signed part, an algorithm, a signature.</summary>
internal sealed class SignedDer
{
    private readonly ReadOnlyMemory<byte> _signed;
    private readonly byte[] _signature;

    private SignedDer(ReadOnlyMemory<byte> signed, ReadOnlyMemory<byte> algorithm, byte[] signature)
    {
        _signed = signed;
        Algorithm = algorithm;
        Scheme = SignatureSchemes.Read(algorithm);
        _signature = signature;
    }

    /// <summary>The AlgorithmIdentifier; the one inside the signed part must be the same.</summary>
    public ReadOnlyMemory<byte> Algorithm { get; }

    /// <summary>The scheme, or null if it is none that this build accepts.</summary>
    public SignatureScheme? Scheme { get; }

    /// <summary>Splits a DER object, and gives a reader of the signed part's members.</summary>
    /// <exception cref="AsnContentException">Not of that form.</exception>
    public static SignedDer Read(ReadOnlyMemory<byte> der, out AsnReader signedPart)
    {
        var outer = new AsnReader(der, AsnEncodingRules.DER);
        var members = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        var signed = members.ReadEncodedValue();
        var algorithm = members.ReadEncodedValue();
        var signature = members.ReadBitString(out var unused);
        members.ThrowIfNotEmpty();
        if (unused != 0)
        {
            throw new AsnContentException();
        }

        signedPart = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
        return new SignedDer(signed, algorithm, signature);
    }

    /// <summary>Tells whether the key signed it.</summary>
    public bool IsSignedBy(ReadOnlySpan<byte> spki) => Scheme is { } scheme && SignatureSchemes.Verify(scheme, spki, _signed.Span, _signature);
}
