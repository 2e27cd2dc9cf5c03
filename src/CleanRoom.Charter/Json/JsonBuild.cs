using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Json;

/// <summary>Small pieces of the JSON that is written.</summary>
internal static class JsonBuild
{
    public static JsonArray Array(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];

    public static JsonArray Sorted(IEnumerable<string> texts) => Array(texts.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    public static JsonArray Sorted(IEnumerable<MemberId> members) => Sorted(members.Select(member => member.Value));

    public static JsonArray Numbers(IEnumerable<int> numbers) => [.. numbers.Select(number => (JsonNode)number)];

    public static JsonArray Objects(IEnumerable<JsonObject> objects) => [.. objects];

    public static byte[] Bytes(JsonNode node) => CanonicalJson.Canonicalize(node);
}
