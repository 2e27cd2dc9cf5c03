using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Cryptography;

/// <summary>
/// Base64url without padding (RFC 4648 §5) and standard base64 with padding (RFC 4648 §4), in their one canonical form:
/// a text is accepted only if encoding the decoded bytes gives the same text (no white space, no stray trailing bits).
/// </summary>
public static class StrictBase64
{
    /// <summary>Encodes as base64url without padding.</summary>
    public static string EncodeUrl(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>Decodes canonical base64url without padding.</summary>
    /// <returns><see langword="false"/> for anything that would not encode to the same text.</returns>
    public static bool TryDecodeUrl(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 == 1)
        {
            return false;
        }

        var buffer = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, buffer, out _, out var written) != OperationStatus.Done)
        {
            return false;
        }

        // The platform skips white space and padding; what does not come back as the same text is not the one encoding.
        Array.Resize(ref buffer, written);
        var again = new char[Base64Url.GetEncodedLength(written)];
        if (again.Length != text.Length || !Base64Url.TryEncodeToChars(buffer, again, out _) || !text.SequenceEqual(again))
        {
            return false;
        }

        bytes = buffer;
        return true;
    }

    /// <summary>Encodes as standard base64 with padding.</summary>
    public static string EncodeStandard(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes);

    /// <summary>Decodes canonical standard base64 with padding.</summary>
    /// <returns><see langword="false"/> for anything that would not encode to the same text.</returns>
    public static bool TryDecodeStandard(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 != 0)
        {
            return false;
        }

        var buffer = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64Chars(text, buffer, out var written))
        {
            return false;
        }

        Array.Resize(ref buffer, written);
        if (!text.SequenceEqual(Convert.ToBase64String(buffer)))
        {
            return false;
        }

        bytes = buffer;
        return true;
    }
}
