using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using CleanRoom.Evidence.Certificates;

namespace CleanRoom.Evidence.Abi;

/// <summary>
/// What AMD says in a VCEK or VLEK certificate (AMD 57230 §3): for which product, security versions, and chip or provider the key is. An
/// unknown structVersion, a missing or doubled extension, and a component that its generation lacks are not understood.
/// </summary>
internal sealed class SnpEndorsement
{
    private const string Prefix = "1.3.6.1.4.1.3704.1.";
    private const string VcekName = "SEV-VCEK";
    private const string VlekName = "SEV-VLEK";
    private static readonly int[] ReservedComponents = [4, 5, 6, 7];

    private SnpEndorsement(SnpSigningKey key, SnpGeneration generation, SnpTcb tcb, byte[]? chipId, string? provider)
    {
        Key = key;
        Generation = generation;
        Tcb = tcb;
        ChipId = chipId;
        Provider = provider;
    }

    /// <summary>Which of both kinds it is, by its common name.</summary>
    public SnpSigningKey Key { get; }

    /// <summary>Product, by its product name.</summary>
    public SnpGeneration Generation { get; }

    /// <summary>Security versions that the key was derived for.</summary>
    public SnpTcb Tcb { get; }

    /// <summary>Hardware id of the chip; null in a VLEK certificate.</summary>
    public byte[]? ChipId { get; }

    /// <summary>Name of the cloud provider; null in a VCEK certificate.</summary>
    public string? Provider { get; }

    /// <summary>Tells whether a certificate is a leaf of AMD's kind at all.</summary>
    public static bool IsLeaf(Certificate certificate) => certificate.CommonName is VcekName or VlekName;

    /// <summary>Reads a leaf's extensions.</summary>
    public static bool TryParse(Certificate certificate, [NotNullWhen(true)] out SnpEndorsement? endorsement)
    {
        endorsement = null;
        try
        {
            endorsement = Parse(certificate);
        }
        catch (AsnContentException)
        {
            return false;
        }

        return endorsement is not null;
    }

    private static SnpEndorsement? Parse(Certificate certificate)
    {
        SnpSigningKey? key = certificate.CommonName switch { VcekName => SnpSigningKey.Vcek, VlekName => SnpSigningKey.Vlek, _ => null };
        if (key is null || SnpGeneration.OfProduct(ReadText(certificate, "2")) is not { } generation
            || ReadByte(certificate, "1") != generation.Layout.StructVersion
            || Has(certificate, "3.9") != (generation.Layout.Fmc >= 0))
        {
            return null;
        }

        foreach (var component in ReservedComponents)
        {
            if (Has(certificate, $"3.{component}") && ReadByte(certificate, $"3.{component}") != 0)
            {
                return null;
            }
        }

        var tcb = new SnpTcb(
            generation.Layout.Fmc >= 0 ? ReadByte(certificate, "3.9") : null,
            ReadByte(certificate, "3.1"), ReadByte(certificate, "3.2"), ReadByte(certificate, "3.3"), ReadByte(certificate, "3.8"));
        if (key == SnpSigningKey.Vlek)
        {
            return Has(certificate, "4") ? null : new SnpEndorsement(key.Value, generation, tcb, null, ReadText(certificate, "5"));
        }

        var chipId = ReadChipId(certificate, generation.ChipIdSize);
        return chipId is null || Has(certificate, "5") ? null : new SnpEndorsement(key.Value, generation, tcb, chipId, null);
    }

    private static bool Has(Certificate certificate, string suffix) => certificate.Extensions.ContainsKey(Prefix + suffix);

    private static ReadOnlyMemory<byte> Value(Certificate certificate, string suffix) =>
        certificate.Extensions.TryGetValue(Prefix + suffix, out var extension) ? extension.Value : throw new AsnContentException();

    // As an INTEGER: 219 is 02 02 00 DB, so "the third byte" is not the number.
    private static byte ReadByte(Certificate certificate, string suffix)
    {
        var reader = new AsnReader(Value(certificate, suffix), AsnEncodingRules.DER);
        var number = reader.TryReadInt32(out var value) && value is >= 0 and <= byte.MaxValue ? (byte)value : throw new AsnContentException();
        reader.ThrowIfNotEmpty();
        return number;
    }

    private static string ReadText(Certificate certificate, string suffix)
    {
        var reader = new AsnReader(Value(certificate, suffix), AsnEncodingRules.DER);
        var text = reader.ReadCharacterString(UniversalTagNumber.IA5String);
        reader.ThrowIfNotEmpty();
        return text;
    }

    // Older certificates hold the bytes as they are, newer ones an OCTET STRING of them.
    private static byte[]? ReadChipId(Certificate certificate, int size)
    {
        var value = Value(certificate, "4");
        if (value.Length == size)
        {
            return value.ToArray();
        }

        var reader = new AsnReader(value, AsnEncodingRules.DER);
        var bytes = reader.ReadOctetString();
        reader.ThrowIfNotEmpty();
        return bytes.Length == size ? bytes : null;
    }
}
