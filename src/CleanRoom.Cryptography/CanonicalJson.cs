using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace CleanRoom.Cryptography;

/// <summary>
/// The JSON canonicalization scheme (RFC 8785): members sorted by UTF-16 code units, no white space, ECMAScript numbers, shortest
/// escapes. Input is read strictly (RFC 7493 I-JSON): duplicate members, malformed UTF-8, lone surrogates, numbers beyond a double
/// and integers that a double cannot hold exactly are refused.
/// </summary>
public static class CanonicalJson
{
    /// <summary>Longest input unless the caller says otherwise: 16 MiB.</summary>
    public const int DefaultMaxSize = 16 << 20;

    /// <summary>Deepest nesting of arrays and objects.</summary>
    public const int MaxDepth = 64;

    /// <summary>Canonicalizes a JSON text.</summary>
    /// <param name="utf8Json">UTF-8 without byte order mark.</param>
    /// <param name="maxSize">Longest input accepted, in bytes.</param>
    /// <exception cref="FormatException">It is not one strict JSON value within the limits. The message carries no content.</exception>
    public static byte[] Canonicalize(ReadOnlySpan<byte> utf8Json, int maxSize = DefaultMaxSize) =>
        TryCanonicalize(utf8Json, out var canonical, maxSize) ? canonical : throw NotStrict();

    /// <summary>Canonicalizes a JSON text.</summary>
    /// <param name="utf8Json">UTF-8 without byte order mark.</param>
    /// <param name="canonical">The canonical form.</param>
    /// <param name="maxSize">Longest input accepted, in bytes.</param>
    /// <returns><see langword="false"/> if it is not one strict JSON value within the limits.</returns>
    public static bool TryCanonicalize(ReadOnlySpan<byte> utf8Json, [NotNullWhen(true)] out byte[]? canonical, int maxSize = DefaultMaxSize)
    {
        canonical = null;
        if (utf8Json.Length > maxSize || !Utf8.IsValid(utf8Json))
        {
            return false;
        }

        var writer = new CanonicalJsonWriter(utf8Json.Length);
        try
        {
            var reader = new Utf8JsonReader(utf8Json, new JsonReaderOptions { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Disallow });
            if (!reader.Read() || !TryWrite(ref reader, writer) || reader.Read())
            {
                return false;
            }
        }
        catch (JsonException)
        {
            return false;
        }
        catch (InvalidOperationException)
        {
            // The reader's answer to an escaped lone surrogate.
            return false;
        }

        canonical = writer.ToArray();
        return true;
    }

    /// <summary>Canonicalizes a JSON tree that the program built; null is the JSON null.</summary>
    /// <exception cref="FormatException">It has a lone surrogate, a number that cannot be written, or is nested too deep.</exception>
    public static byte[] Canonicalize(JsonNode? node)
    {
        var writer = new CanonicalJsonWriter(256);
        try
        {
            return TryWrite(node, 0, writer) ? writer.ToArray() : throw NotStrict();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // A parsed tree reads its text late: a lone surrogate or a doubled member shows only now, and the message would quote it.
            throw NotStrict();
        }
    }

    /// <summary>Tells whether the bytes are their own canonical form.</summary>
    /// <param name="utf8Json">UTF-8 without byte order mark.</param>
    /// <param name="maxSize">Longest input accepted, in bytes.</param>
    public static bool IsCanonical(ReadOnlySpan<byte> utf8Json, int maxSize = DefaultMaxSize) =>
        TryCanonicalize(utf8Json, out var canonical, maxSize) && utf8Json.SequenceEqual(canonical);

    private static bool TryWrite(ref Utf8JsonReader reader, CanonicalJsonWriter writer)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = writer.BeginObject();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    if (!members.TryBeginMember(reader.GetString()!) || !reader.Read() || !TryWrite(ref reader, writer))
                    {
                        return false;
                    }
                }

                return members.TryEnd();
            case JsonTokenType.StartArray:
                writer.WriteRaw((byte)'[');
                for (var first = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; first = false)
                {
                    if (!first)
                    {
                        writer.WriteRaw((byte)',');
                    }

                    if (!TryWrite(ref reader, writer))
                    {
                        return false;
                    }
                }

                writer.WriteRaw((byte)']');
                return true;
            case JsonTokenType.String:
                return writer.TryWriteString(reader.GetString()!);
            case JsonTokenType.Number:
                return writer.TryWriteNumber(reader.ValueSpan);
            case JsonTokenType.True:
                writer.WriteRaw("true"u8);
                return true;
            case JsonTokenType.False:
                writer.WriteRaw("false"u8);
                return true;
            case JsonTokenType.Null:
                writer.WriteRaw("null"u8);
                return true;
            default:
                return false;
        }
    }

    private static bool TryWrite(JsonNode? node, int depth, CanonicalJsonWriter writer)
    {
        switch (node)
        {
            case null:
                writer.WriteRaw("null"u8);
                return true;
            case JsonObject when depth == MaxDepth:
            case JsonArray when depth == MaxDepth:
                return false;
            case JsonObject obj:
                var members = writer.BeginObject();
                foreach (var (name, value) in obj)
                {
                    if (!members.TryBeginMember(name) || !TryWrite(value, depth + 1, writer))
                    {
                        return false;
                    }
                }

                return members.TryEnd();
            case JsonArray array:
                writer.WriteRaw((byte)'[');
                for (var i = 0; i < array.Count; i++)
                {
                    if (i > 0)
                    {
                        writer.WriteRaw((byte)',');
                    }

                    if (!TryWrite(array[i], depth + 1, writer))
                    {
                        return false;
                    }
                }

                writer.WriteRaw((byte)']');
                return true;
            case JsonValue value when value.TryGetValue<string>(out var text):
                return writer.TryWriteString(text);
            default:
                // Numbers, booleans and values of other types, by way of their JSON text, which the strict reader judges.
                if (!TryCanonicalize(Encoding.UTF8.GetBytes(node.ToJsonString()), out var canonical))
                {
                    return false;
                }

                writer.WriteRaw(canonical);
                return true;
        }
    }

    private static FormatException NotStrict() => new("The JSON is not strict: one value in UTF-8, no duplicate members, no lone surrogates, exact numbers, within the limits.");
}
