using System.Text.Json;

namespace CleanRoom.Evidence.Collateral;

/// <summary>A key of a JSON web key set (RFC 7517), as an instance of Azure Attestation publishes it.</summary>
/// <param name="Id">Its <c>kid</c>.</param>
/// <param name="Json">The key without white space: the same key from two files is one.</param>
internal sealed record NamedKey(string Id, string Json)
{
    private const int MaxDepth = 8;
    private const int MaxKeys = 64;
    private const int MaxSize = 128 << 10;

    /// <summary>The keys of a set; none if it is no key set.</summary>
    public static IReadOnlyList<NamedKey> In(ReadOnlySpan<byte> content)
    {
        var found = new List<NamedKey>();
        if (!ForeignJson.TryParse(content, MaxDepth, out var document))
        {
            return found;
        }

        using (document)
        {
            if (!document.RootElement.TryGetMember("keys", out var keys) || keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() > MaxKeys)
            {
                return found;
            }

            foreach (var key in keys.EnumerateArray())
            {
                if (Text(key, "kid") is { } id && Text(key, "kty") is not null && JsonSerializer.Serialize(key) is { Length: <= MaxSize } json)
                {
                    found.Add(new NamedKey(id, json));
                }
            }
        }

        return found;
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
