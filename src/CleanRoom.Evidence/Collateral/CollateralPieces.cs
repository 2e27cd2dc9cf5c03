using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;

namespace CleanRoom.Evidence.Collateral;

/// <summary>Takes a file apart into DER objects: PEM blocks in a text, or DER objects one after another.</summary>
internal static class CollateralPieces
{
    /// <summary>Longest content that is looked at: 1 MiB.</summary>
    public const int MaxContent = 1 << 20;

    private const int MaxPieces = 256;
    private const byte SequenceTag = 0x30;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IReadOnlyList<byte[]> In(ReadOnlySpan<byte> content)
    {
        if (content.Length is 0 or > MaxContent)
        {
            return [];
        }

        return content[0] == SequenceTag ? Der(content) : Pem(content);
    }

    private static List<byte[]> Der(ReadOnlySpan<byte> content)
    {
        var pieces = new List<byte[]>();
        while (!content.IsEmpty && pieces.Count < MaxPieces
            && AsnDecoder.TryReadEncodedValue(content, AsnEncodingRules.DER, out var tag, out _, out _, out var length) && tag.HasSameClassAndValue(Asn1Tag.Sequence))
        {
            pieces.Add(content[..length].ToArray());
            content = content[length..];
        }

        return pieces;
    }

    private static List<byte[]> Pem(ReadOnlySpan<byte> content)
    {
        var pieces = new List<byte[]>();
        string text;
        try
        {
            text = Strict.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return pieces;
        }

        var rest = text.AsSpan();
        while (pieces.Count < MaxPieces && PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is "CERTIFICATE" or "X509 CRL")
            {
                pieces.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
            }

            rest = rest[fields.Location.End..];
        }

        return pieces;
    }
}
