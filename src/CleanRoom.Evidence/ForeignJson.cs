using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CleanRoom.Evidence;

/// <summary>
/// Reads JSON that other programs wrote: no member twice, and every text decodable. (The platform's own parser lets invalid UTF-8 and lone surrogates pass, and
/// throws when such a text is looked at.)
/// </summary>
internal static class ForeignJson
{
    /// <summary>Parses a document.</summary>
    /// <param name="utf8Json">The bytes; copied.</param>
    /// <param name="maxDepth">Deepest nesting accepted.</param>
    /// <param name="document">The document; the caller disposes it.</param>
    public static bool TryParse(ReadOnlySpan<byte> utf8Json, int maxDepth, [NotNullWhen(true)] out JsonDocument? document)
    {
        document = null;
        JsonDocument? parsed = null;
        try
        {
            parsed = JsonDocument.Parse(utf8Json.ToArray(), new JsonDocumentOptions { MaxDepth = maxDepth, AllowDuplicateProperties = false });
            Decode(parsed.RootElement);
            document = parsed;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            parsed?.Dispose();
            return false;
        }
    }

    private static void Decode(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    _ = member.Name;
                    Decode(member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                {
                    Decode(item);
                }

                break;
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            default:
                break;
        }
    }
}
