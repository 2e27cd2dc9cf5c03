using System.Text.Json;

namespace CleanRoom.Evidence.Collateral;

/// <summary>Finds Intel's documents in JSON: the service's own form, and one object that holds a whole set, as verification libraries keep it.</summary>
internal static class IntelDocuments
{
    private const int MaxDepth = 16;

    /// <summary>Calls back for each document, and for each text member that may hold certificates or revocation lists.</summary>
    public static void Read(ReadOnlySpan<byte> content, Action<SignedJson> onTcbInfo, Action<SignedJson> onIdentity, Action<string> onText)
    {
        if (!ForeignJson.TryParse(content, MaxDepth, out var json))
        {
            return;
        }

        using (json)
        {
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return;
            }

            Inner(root, "tcbInfo", onTcbInfo);
            Inner(root, "enclaveIdentity", onIdentity);
            Pair(root, "tcb_info", onTcbInfo);
            Pair(root, "qe_identity", onIdentity);
            foreach (var member in root.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String)
                {
                    onText(member.Value.GetString()!);
                }
            }
        }
    }

    private static void Inner(JsonElement root, string name, Action<SignedJson> found)
    {
        if (root.TryGetMember(name, out var body) && body.ValueKind == JsonValueKind.Object && Text(root, "signature") is { } signature
            && SignedJson.TryCreate(body.GetRawText(), signature, out var document))
        {
            found(document);
        }
    }

    private static void Pair(JsonElement root, string name, Action<SignedJson> found)
    {
        if (SignedJson.TryCreate(Text(root, name), Text(root, name + "_signature"), out var document))
        {
            found(document);
        }
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
