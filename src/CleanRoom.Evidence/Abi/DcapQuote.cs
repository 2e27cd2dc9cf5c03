using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence.Abi;

/// <summary>
/// A quote of Intel's data center attestation (SGX version 3; TDX versions 4 and 5), ECDSA P-256: integers little-endian, keys and signatures
/// big-endian. Lengths come from the fields and must meet exactly; zero padding behind the quote is counted, anything else there is refused.
/// </summary>
internal sealed class DcapQuote
{
    /// <summary>Longest quote that is read: 64 KiB.</summary>
    public const int MaxSize = 64 << 10;

    /// <summary>Raw signature or key: 64 bytes.</summary>
    public const int PairSize = 64;

    /// <summary>Certification data that is the PCK chain in PEM.</summary>
    public const int PckChainType = 5;

    private const int HeaderSize = 48;
    private const int EcdsaP256 = 2;
    private const uint TeeSgx = 0;
    private const uint TeeTdx = 0x81;
    private const int NestedType = 6;

    private DcapQuote()
    {
    }

    /// <summary>3, 4 or 5.</summary>
    public required int Version { get; init; }

    /// <summary>True for a trust domain, false for an enclave.</summary>
    public required bool IsTdx { get; init; }

    /// <summary>The bytes under the quote's signature.</summary>
    public required ReadOnlyMemory<byte> SignedPart { get; init; }

    /// <summary>Report body: 384 bytes for SGX, 584 or 648 for TDX.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>r ‖ s by the attestation key.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>x ‖ y of the attestation key.</summary>
    public required ReadOnlyMemory<byte> AttestationKey { get; init; }

    /// <summary>The quoting enclave's own report.</summary>
    public required SgxReportBody QuotingEnclave { get; init; }

    /// <summary>r ‖ s over that report by the platform's PCK.</summary>
    public required ReadOnlyMemory<byte> QuotingEnclaveSignature { get; init; }

    /// <summary>Data that the quoting enclave hashed with the attestation key.</summary>
    public required ReadOnlyMemory<byte> AuthenticationData { get; init; }

    /// <summary>What the certification data is.</summary>
    public required int CertificationType { get; init; }

    /// <summary>The certification data.</summary>
    public required ReadOnlyMemory<byte> Certification { get; init; }

    /// <summary>How many zero bytes follow the quote.</summary>
    public required int Padding { get; init; }

    private static ReadOnlySpan<byte> IntelVendor => [0x93, 0x9A, 0x72, 0x33, 0xF7, 0x9C, 0x4C, 0xA9, 0x94, 0x0A, 0x0D, 0xB3, 0x95, 0x7F, 0x06, 0x07];

    /// <summary>Tells whether bytes begin like a quote; they may still be none.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> bytes) =>
        bytes.Length > HeaderSize && bytes[0] is >= 3 and <= 5 && bytes[1..4] is [0, EcdsaP256, 0] && bytes.Slice(12, 16).SequenceEqual(IntelVendor);

    /// <summary>Reads a quote: the fields only; nothing is verified.</summary>
    /// <param name="bytes">At most 64 KiB; copied.</param>
    /// <param name="quote">The quote.</param>
    /// <param name="finding">Why it does not parse.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out DcapQuote? quote, [NotNullWhen(false)] out Finding? finding)
    {
        quote = null;
        finding = null;
        if (bytes.Length is < HeaderSize or > MaxSize)
        {
            finding = Length($"{bytes.Length} bytes");
            return false;
        }

        try
        {
            quote = Parse(bytes.ToArray(), out finding);
        }
        catch (ArgumentOutOfRangeException)
        {
            // A slice beyond the end: some length field says more than there is.
            finding = Length("fewer bytes than its length fields say");
        }

        return quote is not null;
    }

    private static DcapQuote? Parse(ReadOnlyMemory<byte> bytes, out Finding? finding)
    {
        var header = bytes.Span;
        var version = Number16(bytes, 0);
        finding = CheckHeader(header, version);
        if (finding is not null)
        {
            return null;
        }

        var isTdx = version > 3 && Number32(bytes, 4) == TeeTdx;
        var bodyOffset = HeaderSize;
        int bodySize;
        if (version == 5)
        {
            var type = Number16(bytes, HeaderSize);
            bodySize = type switch { 1 => SgxReportBody.Size, 2 => TdReportBody.Size10, 3 => TdReportBody.Size15, _ => -1 };
            bodyOffset = HeaderSize + 6;
            if (bodySize < 0 || Number32(bytes, HeaderSize + 2) != bodySize || isTdx != type is 2 or 3)
            {
                finding = new Finding(RejectionReason.ReportRange, "body type", $"{type} of {Number32(bytes, HeaderSize + 2)} bytes", "1 of 384, 2 of 584 or 3 of 648 bytes, as the TEE type says");
                return null;
            }
        }
        else
        {
            bodySize = isTdx ? TdReportBody.Size10 : SgxReportBody.Size;
        }

        var signed = bodyOffset + bodySize;
        var signatureSize = Size(bytes, signed);
        var end = signed + 4 + signatureSize;
        var padding = bytes[end..];
        if (padding.Span.ContainsAnyExcept((byte)0))
        {
            finding = new Finding(RejectionReason.TrailingBytes, "quote", $"{padding.Length} bytes behind its end that are not all zero", "nothing, or zeros");
            return null;
        }

        return ParseSignature(bytes, version, isTdx, bytes.Slice(bodyOffset, bodySize), signed, bytes.Slice(signed + 4, signatureSize), padding.Length, out finding);
    }

    private static Finding? CheckHeader(ReadOnlySpan<byte> header, int version)
    {
        if (version is < 3 or > 5)
        {
            return new Finding(RejectionReason.ReportVersion, "version", $"{version}", "3 for SGX, 4 or 5 for TDX");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(header[2..]) != EcdsaP256)
        {
            return new Finding(RejectionReason.ReportAlgorithm, "attestation key type", $"{BinaryPrimitives.ReadUInt16LittleEndian(header[2..])}", "2 (ECDSA P-256)");
        }

        var tee = BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        if (tee != (version == 3 ? TeeSgx : TeeTdx))
        {
            return new Finding(RejectionReason.ReportRange, "TEE type", $"0x{tee:x} in version {version}", "SGX in version 3, TDX in versions 4 and 5");
        }

        return header.Slice(12, 16).SequenceEqual(IntelVendor)
            ? null
            : new Finding(RejectionReason.VendorUnknown, "QE vendor id", "another vendor's", "Intel's");
    }

    private static DcapQuote? ParseSignature(
        ReadOnlyMemory<byte> bytes, int version, bool isTdx, ReadOnlyMemory<byte> body, int signed, ReadOnlyMemory<byte> data, int padding, out Finding? finding)
    {
        finding = null;
        var nested = data[(2 * PairSize)..];
        if (version > 3)
        {
            if (Number16(nested, 0) != NestedType || Size(nested, 2) != nested.Length - 6)
            {
                finding = new Finding(RejectionReason.ReportRange, "certification data", $"type {Number16(nested, 0)} of {Number32(nested, 2)} bytes", $"type 6 of {nested.Length - 6} bytes");
                return null;
            }

            nested = nested[6..];
        }

        var authentication = nested[(SgxReportBody.Size + PairSize)..];
        var authenticationSize = Number16(authentication, 0);
        var certification = authentication[(2 + authenticationSize)..];
        var quotingEnclave = new SgxReportBody(nested[..SgxReportBody.Size]);
        if (Size(certification, 2) != certification.Length - 6)
        {
            finding = Length("a certification data size that does not meet the end");
            return null;
        }

        if (!quotingEnclave.IsWellFormed || (!isTdx && !new SgxReportBody(body).IsWellFormed))
        {
            finding = new Finding(RejectionReason.ReportReserved, "SGX report body", "reserved bytes that are not zero", "zero");
            return null;
        }

        return new DcapQuote
        {
            Version = version,
            IsTdx = isTdx,
            SignedPart = bytes[..signed],
            Body = body,
            Signature = data[..PairSize],
            AttestationKey = data.Slice(PairSize, PairSize),
            QuotingEnclave = quotingEnclave,
            QuotingEnclaveSignature = nested.Slice(SgxReportBody.Size, PairSize),
            AuthenticationData = authentication.Slice(2, authenticationSize),
            CertificationType = Number16(certification, 0),
            Certification = certification[6..],
            Padding = padding,
        };
    }

    private static Finding Length(string found) => new(RejectionReason.ReportLength, "quote", found, $"as many as its length fields say, at most {MaxSize}");

    private static int Number16(ReadOnlyMemory<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.Slice(offset, 2).Span);

    private static uint Number32(ReadOnlyMemory<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Slice(offset, 4).Span);

    // A size that no quote can have must not wrap around when it is added to an offset.
    private static int Size(ReadOnlyMemory<byte> bytes, int offset) => Number32(bytes, offset) is var size and <= MaxSize ? (int)size : throw new ArgumentOutOfRangeException(nameof(bytes));
}
