using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CleanRoom.Cryptography;

/// <summary>Reads JSON that is its own canonical form (RFC 8785), and nothing else: one meaning, one encoding.</summary>
public static class StrictJson
{
    /// <summary>Gives the document if the bytes are canonical JSON.</summary>
    /// <param name="utf8Json">UTF-8; copied.</param>
    /// <param name="document">The document; the caller disposes it.</param>
    /// <param name="maxSize">Longest input accepted, in bytes.</param>
    public static bool TryParseCanonical(
        ReadOnlySpan<byte> utf8Json,
        [NotNullWhen(true)] out JsonDocument? document,
        int maxSize = CanonicalJson.DefaultMaxSize)
    {
        document = CanonicalJson.IsCanonical(utf8Json, maxSize)
            ? JsonDocument.Parse(utf8Json.ToArray(), new JsonDocumentOptions { MaxDepth = CanonicalJson.MaxDepth })
            : null;
        return document is not null;
    }
}
