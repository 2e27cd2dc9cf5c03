using System.Globalization;
using System.Text.Json;

namespace CleanRoom.Evidence.Collateral;

/// <summary>Reads members of Intel's documents. A member that is missing or of another form makes the whole document unusable.</summary>
internal static class IntelJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString()! : throw Unusable(name);

    public static int Number(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var number) && number >= 0 ? number : throw Unusable(name);

    public static byte[] Hex(JsonElement owner, string name, int size)
    {
        var text = Text(owner, name);
        return text.Length == 2 * size && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : throw Unusable(name);
    }

    public static DateTimeOffset Time(JsonElement owner, string name) =>
        DateTimeOffset.TryParseExact(Text(owner, name), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw Unusable(name);

    public static List<JsonElement> List(JsonElement owner, string name, int maximum) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.Array && member.GetArrayLength() <= maximum ? [.. member.EnumerateArray()] : throw Unusable(name);

    public static JsonElement Object(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : throw Unusable(name);

    public static FormatException Unusable(string name) => new($"The member {name} is missing or of another form.");
}
