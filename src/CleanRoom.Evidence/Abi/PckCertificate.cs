using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using CleanRoom.Evidence.Certificates;

namespace CleanRoom.Evidence.Abi;

/// <summary>
/// What Intel says of a platform in its provisioning certification key certificate (Intel SGX PCK certificate specification §1.3.5). PPID and
/// platform instance id, which tell machines apart, are not kept.
/// </summary>
internal sealed class PckCertificate
{
    /// <summary>Number of TCB components.</summary>
    public const int Components = 16;

    private const string Extension = "1.2.840.113741.1.13.1";
    private const string TcbOid = Extension + ".2";
    private const string PceIdOid = Extension + ".3";
    private const string FmspcOid = Extension + ".4";
    private const int PceIdSize = 2;
    private const int FmspcSize = 6;

    private PckCertificate(byte[] fmspc, byte[] pceId, byte[] components, int pceSvn)
    {
        Fmspc = Convert.ToHexStringLower(fmspc);
        PceId = Convert.ToHexStringLower(pceId);
        SecurityVersions = components;
        PceSvn = pceSvn;
    }

    /// <summary>Family, model, stepping, platform type and custom SKU: 12 hexadecimal digits. The same for all machines of a series.</summary>
    public string Fmspc { get; }

    /// <summary>Id of the provisioning enclave: 4 hexadecimal digits.</summary>
    public string PceId { get; }

    /// <summary>Security versions of the 16 TCB components.</summary>
    public byte[] SecurityVersions { get; }

    /// <summary>Security version of the provisioning enclave.</summary>
    public int PceSvn { get; }

    /// <summary>Reads the extension.</summary>
    public static bool TryParse(Certificate certificate, [NotNullWhen(true)] out PckCertificate? pck)
    {
        pck = null;
        try
        {
            pck = Parse(certificate);
        }
        catch (AsnContentException)
        {
            return false;
        }

        return pck is not null;
    }

    private static PckCertificate? Parse(Certificate certificate)
    {
        if (!certificate.Extensions.TryGetValue(Extension, out var extension))
        {
            return null;
        }

        byte[]? fmspc = null, pceId = null;
        (byte[] Components, int PceSvn)? tcb = null;
        var outer = new AsnReader(extension.Value, AsnEncodingRules.DER);
        var members = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        while (members.HasData)
        {
            var member = members.ReadSequence();
            switch (member.ReadObjectIdentifier())
            {
                case TcbOid:
                    tcb = tcb is null ? ReadTcb(member.ReadSequence()) : throw new AsnContentException();
                    break;
                case PceIdOid:
                    pceId = pceId is null ? member.ReadOctetString() : throw new AsnContentException();
                    break;
                case FmspcOid:
                    fmspc = fmspc is null ? member.ReadOctetString() : throw new AsnContentException();
                    break;
                default:
                    _ = member.ReadEncodedValue();
                    break;
            }

            member.ThrowIfNotEmpty();
        }

        return fmspc is { Length: FmspcSize } && pceId is { Length: PceIdSize } && tcb is { } found ? new PckCertificate(fmspc, pceId, found.Components, found.PceSvn) : null;
    }

    private static (byte[] Components, int PceSvn) ReadTcb(AsnReader members)
    {
        var components = new byte[Components];
        var pceSvn = -1;
        var seen = 0;
        while (members.HasData)
        {
            var member = members.ReadSequence();
            var oid = member.ReadObjectIdentifier();
            if (!oid.StartsWith(TcbOid + ".", StringComparison.Ordinal)
                || !int.TryParse(oid.AsSpan(TcbOid.Length + 1), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
            {
                throw new AsnContentException();
            }

            if (number is >= 1 and <= Components && (seen & (1 << number)) == 0)
            {
                components[number - 1] = member.TryReadInt32(out var svn) && svn is >= 0 and <= byte.MaxValue ? (byte)svn : throw new AsnContentException();
            }
            else if (number == Components + 1 && pceSvn < 0)
            {
                pceSvn = member.TryReadInt32(out var svn) && svn is >= 0 and <= ushort.MaxValue ? svn : throw new AsnContentException();
            }
            else if (number == Components + 2)
            {
                _ = member.ReadOctetString();
            }
            else
            {
                throw new AsnContentException();
            }

            seen |= 1 << number;
            member.ThrowIfNotEmpty();
        }

        return pceSvn >= 0 && (seen & 0x1FFFE) == 0x1FFFE ? (components, pceSvn) : throw new AsnContentException();
    }
}
