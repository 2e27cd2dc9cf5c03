using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace CleanRoom.Cryptography;

/// <summary>The three parts of a compact JWS (RFC 7515 §7.1), decoded strictly, with the ES256 signature check. It does not read the header.</summary>
internal sealed record JwsParts(byte[] Header, byte[] Payload, byte[] Signature)
{
    private const int MaxHeaderTextLength = 1024;
    private const int MaxSignatureTextLength = 1024;

    /// <summary>Longest text with a payload of this many bytes.</summary>
    public static long MaxTextLength(int maxPayloadSize) => MaxHeaderTextLength + MaxSignatureTextLength + 2 + (((long)maxPayloadSize + 2) / 3 * 4);

    public static bool TryParse(string text, int maxPayloadSize, [NotNullWhen(true)] out JwsParts? parts)
    {
        parts = null;
        if (text.Length > MaxTextLength(maxPayloadSize) || !TrySplit(text, out var header, out var payloadText, out var signature)
            || !StrictBase64.TryDecodeUrl(payloadText, out var payload) || payload.Length > maxPayloadSize)
        {
            return false;
        }

        parts = new JwsParts(header, payload, signature);
        return true;
    }

    public static bool TryParseDetached(string text, ReadOnlySpan<byte> payload, [NotNullWhen(true)] out JwsParts? parts)
    {
        parts = null;
        if (text.Length > MaxTextLength(0) || !TrySplit(text, out var header, out var payloadText, out var signature) || !payloadText.IsEmpty)
        {
            return false;
        }

        parts = new JwsParts(header, payload.ToArray(), signature);
        return true;
    }

    /// <summary>ASCII(BASE64URL(header) ‖ "." ‖ BASE64URL(payload)) (RFC 7515 §5.1 step 8).</summary>
    public byte[] SigningInput() => Encoding.ASCII.GetBytes(StrictBase64.EncodeUrl(Header) + "." + StrictBase64.EncodeUrl(Payload));

    public bool Verify(VerifyingKey key) => key.Verify(SigningInput(), Signature);

    public string ToCompact(bool detached) =>
        StrictBase64.EncodeUrl(Header) + "." + (detached ? string.Empty : StrictBase64.EncodeUrl(Payload)) + "." + StrictBase64.EncodeUrl(Signature);

    private static bool TrySplit(
        string text,
        [NotNullWhen(true)] out byte[]? header,
        out ReadOnlySpan<char> payload,
        [NotNullWhen(true)] out byte[]? signature)
    {
        header = null;
        signature = null;
        payload = default;
        var first = text.IndexOf('.', StringComparison.Ordinal);
        var last = text.LastIndexOf('.');
        if (first < 0 || first == last || first > MaxHeaderTextLength || text.Length - last - 1 > MaxSignatureTextLength)
        {
            return false;
        }

        // A further dot inside the payload is no base64url and fails there.
        payload = text.AsSpan(first + 1, last - first - 1);
        return StrictBase64.TryDecodeUrl(text.AsSpan(0, first), out header) && StrictBase64.TryDecodeUrl(text.AsSpan(last + 1), out signature);
    }
}
