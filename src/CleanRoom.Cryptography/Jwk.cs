using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanRoom.Cryptography;

/// <summary>The JSON form of a P-256 public key (RFC 7518 §6.2.1): exactly kty, crv, x and y.</summary>
internal static class Jwk
{
    private const int MaxTextLength = 1024;

    public static bool TryParse(string? json, [NotNullWhen(true)] out byte[]? point)
    {
        point = null;
        if (json is null || json.Length > MaxTextLength)
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 2 });
            return TryParse(document.RootElement, out point);
        }
        catch (JsonException)
        {
            return false;
        }
        catch (ArgumentException)
        {
            // A lone surrogate in the text cannot be transcoded.
            return false;
        }
    }

    public static bool TryParse(JsonElement json, [NotNullWhen(true)] out byte[]? point)
    {
        point = null;
        if (json.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        string? type = null, curve = null, x = null, y = null;
        foreach (var member in json.EnumerateObject())
        {
            // Each member once, and no other: "??=" would let a second one pass unseen.
            var known = member.Value.ValueKind == JsonValueKind.String && (
                (member.NameEquals("kty") && TrySet(ref type, member.Value))
                || (member.NameEquals("crv") && TrySet(ref curve, member.Value))
                || (member.NameEquals("x") && TrySet(ref x, member.Value))
                || (member.NameEquals("y") && TrySet(ref y, member.Value)));
            if (!known)
            {
                return false;
            }
        }

        if (type != "EC" || curve != "P-256"
            || !StrictBase64.TryDecodeUrl(x, out var xBytes) || xBytes.Length != P256.CoordinateSize
            || !StrictBase64.TryDecodeUrl(y, out var yBytes) || yBytes.Length != P256.CoordinateSize)
        {
            return false;
        }

        byte[] candidate = [0x04, .. xBytes, .. yBytes];
        if (!P256.IsPoint(candidate))
        {
            return false;
        }

        point = candidate;
        return true;
    }

    public static JsonObject Write(ReadOnlySpan<byte> point) => new()
    {
        ["crv"] = "P-256",
        ["kty"] = "EC",
        ["x"] = StrictBase64.EncodeUrl(point.Slice(1, P256.CoordinateSize)),
        ["y"] = StrictBase64.EncodeUrl(point.Slice(1 + P256.CoordinateSize, P256.CoordinateSize)),
    };

    private static bool TrySet(ref string? slot, JsonElement value)
    {
        if (slot is not null)
        {
            return false;
        }

        try
        {
            slot = value.GetString();
        }
        catch (InvalidOperationException)
        {
            // An escaped lone surrogate: valid JSON grammar, but not text.
            return false;
        }

        return slot is not null;
    }
}
