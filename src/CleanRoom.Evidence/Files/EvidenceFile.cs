using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Files;

/// <summary>
/// Recognises evidence in a file by its content, in the shapes that other programs write, and turns it into an envelope. What is recognised
/// is not yet judged. A shape that is neither known nor unambiguous is refused.
/// </summary>
public static class EvidenceFile
{
    /// <summary>Longest file that is looked at: 1 MiB.</summary>
    public const int MaxSize = 1 << 20;

    private const int MaxDepth = 16;

    /// <summary>Reads a file that holds all that its kind needs.</summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="envelope">Evidence as an envelope.</param>
    /// <param name="problem">One sentence: why it is no evidence that this program can read.</param>
    public static bool TryRead(ReadOnlySpan<byte> content, [NotNullWhen(true)] out EvidenceEnvelope? envelope, [NotNullWhen(false)] out string? problem) =>
        TryRead(content, CollateralSet.Empty, out envelope, out problem);

    /// <summary>Reads a file. A token of Azure Attestation does not hold the keys that it is verified with: they are taken from the collateral.</summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="collateral">What the vendors publish.</param>
    /// <param name="envelope">Evidence as an envelope.</param>
    /// <param name="problem">One sentence: why it is no evidence that this program can read.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> content, CollateralSet collateral, [NotNullWhen(true)] out EvidenceEnvelope? envelope, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        problem = null;
        if (content.Length is 0 or > MaxSize)
        {
            envelope = null;
            problem = $"The file must have 1 to {MaxSize} bytes.";
            return false;
        }

        envelope = EvidenceEnvelope.TryParse(content, out var own) ? own : Binary(content) ?? Json(content) ?? Text(content);
        if (envelope is null && MaaShapes.IsToken(content))
        {
            envelope = MaaShapes.OfToken(content, collateral, out problem);
            return envelope is not null;
        }

        problem = envelope is null
            ? "The file is no evidence in a shape that this program knows: give a raw report or quote, the same in hexadecimal or base64, a token, or what an attestation client wrote."
            : null;
        return envelope is not null;
    }

    private static EvidenceEnvelope? Binary(ReadOnlySpan<byte> content) => EvidenceShapes.OfBytes(content.ToArray());

    private static EvidenceEnvelope? Text(ReadOnlySpan<byte> content)
    {
        string text;
        try
        {
            // Programs that print hexadecimal break it into lines.
            text = string.Concat(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(content).Where(character => !char.IsWhiteSpace(character)));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }

        return EvidenceText.TryDecode(text, out var bytes) ? EvidenceShapes.OfBytes(bytes) : null;
    }

    private static EvidenceEnvelope? Json(ReadOnlySpan<byte> content)
    {
        if (!ForeignJson.TryParse(content, MaxDepth, out var document))
        {
            return null;
        }

        using (document)
        {
            return document.RootElement.ValueKind == JsonValueKind.Object ? EvidenceShapes.OfJson(document.RootElement) : null;
        }
    }
}

/// <summary>Bytes as other programs write them into JSON: hexadecimal, base64 of both alphabets, or a list of numbers.</summary>
internal static class EvidenceText
{
    public static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length == 0)
        {
            return false;
        }

        if (text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit))
        {
            bytes = Convert.FromHexString(text);
            return true;
        }

        var standard = text.TrimEnd('=').Replace('-', '+').Replace('_', '/');
        var buffer = new byte[text.Length];
        if (!Convert.TryFromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='), buffer, out var written))
        {
            return false;
        }

        bytes = buffer[..written];
        return true;
    }

    /// <summary>Decodes a member: a text, or a list of numbers from 0 to 255.</summary>
    public static byte[]? Decode(JsonElement owner, string name)
    {
        return owner.TryGetMember(name, out var member) ? Decode(member) : null;
    }

    /// <summary>Decodes a value.</summary>
    public static byte[]? Decode(JsonElement member)
    {
        if (member.ValueKind == JsonValueKind.String)
        {
            return TryDecode(member.GetString()!, out var bytes) ? bytes : null;
        }

        if (member.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var list = new List<byte>(member.GetArrayLength());
        foreach (var item in member.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out var value))
            {
                return null;
            }

            list.Add(value);
        }

        return [.. list];
    }
}
