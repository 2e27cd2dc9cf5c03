using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Files;

/// <summary>
/// JSON files that carry the digest of their own content: a disk that gives back another bit must not turn one record into two, or one key into another. It is no
/// protection against somebody who writes the file.
/// </summary>
internal static class SealedJson
{
    private const string Name = "digest";

    /// <summary>Writes a small object in canonical form, with its digest as one more member.</summary>
    public static byte[] Write(JsonObject content)
    {
        var copy = content.DeepClone().AsObject();
        copy.Remove(Name);
        copy[Name] = Digest.Of(CanonicalJson.Canonicalize(copy)).ToString();
        return CanonicalJson.Canonicalize(copy);
    }

    /// <summary>Reads what <see cref="Write(JsonObject)"/> wrote, without the digest.</summary>
    public static bool TryRead(byte[] file, [NotNullWhen(true)] out JsonObject? content)
    {
        content = null;
        try
        {
            if (!CanonicalJson.IsCanonical(file) || JsonNode.Parse(file) is not JsonObject json || json[Name] is not JsonValue value || !value.TryGetValue<string>(out var stated))
            {
                return false;
            }

            json.Remove(Name);
            content = Digest.Of(CanonicalJson.Canonicalize(json)).ToString() == stated ? json : null;
        }
        catch (JsonException)
        {
            // No JSON at all.
        }

        return content is not null;
    }

    /// <summary>Writes a large object: a schema, the digest, and one member whose bytes the digest covers.</summary>
    public static ReadOnlyMemory<byte> Write(string schema, string member, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(1 << 16);
        using (var writer = new Utf8JsonWriter(body))
        {
            write(writer);
        }

        var buffer = new ArrayBufferWriter<byte>(body.WrittenCount + 256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("schema", schema);
            writer.WriteString(Name, Digest.Of(body.WrittenSpan).ToString());
            writer.WritePropertyName(member);
            writer.WriteRawValue(body.WrittenSpan, skipInputValidation: true);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>Gives the member that <see cref="Write(string, string, Action{Utf8JsonWriter})"/> wrote.</summary>
    /// <exception cref="FormatException">Schema or digest are other ones.</exception>
    /// <exception cref="JsonException">No JSON, or the members are other ones.</exception>
    public static JsonElement Read(JsonDocument file, string schema, string member)
    {
        var root = file.RootElement;
        return root.ValueKind == JsonValueKind.Object && root.TryGetProperty("schema", out var found) && found.ValueEquals(schema)
            && root.TryGetProperty(member, out var content) && root.TryGetProperty(Name, out var stated)
            && stated.ValueEquals(Digest.Of(JsonMarshal.GetRawUtf8Value(content)).ToString())
            ? content
            : throw new FormatException("The file is not what was written.");
    }
}
