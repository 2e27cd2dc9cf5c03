using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Json;

/// <summary>
/// Reads one JSON object member by member and notes everything that is wrong with it, so that a person can mend all of it at once.
/// A method that finds nothing usable notes an error and gives the default; the caller looks at <see cref="Problems"/> at the end.
/// </summary>
internal sealed class JsonFields
{
    private readonly JsonElement _element;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly bool _isObject;

    public JsonFields(JsonElement element, string path, Problems problems)
    {
        _element = element;
        Path = path;
        Problems = problems;
        _isObject = element.ValueKind == JsonValueKind.Object;
        if (!_isObject)
        {
            problems.Add(path, "is not an object", "write { … }");
        }
    }

    public string Path { get; }

    public Problems Problems { get; }

    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    /// <summary>Notes every member that nothing asked for. Call it last.</summary>
    public void End()
    {
        if (!_isObject)
        {
            return;
        }

        foreach (var member in _element.EnumerateObject())
        {
            if (!_known.Contains(member.Name))
            {
                Problems.Add(PathOf(Problems.Shown(member.Name)), "is not known here", "remove it");
            }
        }
    }

    /// <summary>Gives a member that must be there.</summary>
    public JsonElement? Value(string name)
    {
        var value = Optional(name);
        if (value is null && _isObject)
        {
            Problems.Add(PathOf(name), "is missing", "add it");
        }

        return value;
    }

    public JsonElement? Optional(string name)
    {
        _known.Add(name);
        return _isObject && _element.TryGetProperty(name, out var value) ? value : null;
    }

    public JsonFields? Object(string name) => Value(name) is { } value ? new JsonFields(value, PathOf(name), Problems) : null;

    public void Constant(string name, string expected)
    {
        if (Value(name) is { } value && (value.ValueKind != JsonValueKind.String || !value.ValueEquals(expected)))
        {
            Problems.Add(PathOf(name), "is not supported", $"write \"{expected}\"");
        }
    }

    /// <summary>A text that people read: 1 to <paramref name="maxLength"/> characters, no control characters, no white space at the ends.</summary>
    public string? Text(string name, int maxLength) =>
        Parsed(name, $"is not a text of 1 to {maxLength} characters without control characters", "shorten or clean it", (string text, out string? result) =>
        {
            var good = text.Length is > 0 && text.Length <= maxLength && text.Trim().Length == text.Length && !text.Any(char.IsControl);
            result = good ? text : null;
            return good;
        });

    /// <summary>A code: 1 to 64 characters out of letters, digits, _ . -.</summary>
    public string? Code(string name) => Parsed<string>(name, "is not a code", CodeRemedy, IsCode);

    /// <summary>One of the listed words.</summary>
    public string? OneOf(string name, params IReadOnlyList<string> words) =>
        Parsed(name, "is not a known word", $"write one of {string.Join(", ", words)}", (string text, out string? result) =>
        {
            result = words.Contains(text, StringComparer.Ordinal) ? text : null;
            return result is not null;
        });

    public bool? Bool(string name)
    {
        if (Value(name) is not { } value)
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Problems.Add(PathOf(name), "is not true or false", "write true or false");
        return null;
    }

    public long? Integer(string name, long least, long most) =>
        Value(name) is { } value ? IntegerOf(value, PathOf(name), least, most, Problems) : null;

    public int? Int(string name, int least, int most) => (int?)Integer(name, least, most);

    public static long? IntegerOf(JsonElement value, string path, long least, long most, Problems problems)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= least && number <= most)
        {
            return number;
        }

        problems.Add(path, "is not a whole number in range", $"write a number from {least} to {most}");
        return null;
    }

    public DateTimeOffset? Time(string name) => ParsedValue<DateTimeOffset>(name, "is not a time", "write it as 2026-12-01T00:00:00Z (UTC, whole seconds)", ProtocolTime.TryParse);

    public DateTimeOffset? TimeOrNull(string name) => Value(name) is { ValueKind: JsonValueKind.Null } ? null : Time(name);

    public RoomDuration? Duration(string name, TimeSpan least, TimeSpan most)
    {
        var duration = ParsedValue<RoomDuration>(name, "is not a duration", "write it as PT24H, P90D or P24M", RoomDuration.TryParse);
        if (duration is { } value && (value.Approximate < least || value.Approximate > most))
        {
            Problems.Add(PathOf(name), "is out of range", $"choose a duration from {Shown(least)} to {Shown(most)}");
            return null;
        }

        return duration;
    }

    public Digest? Digest(string name) => Parsed<Digest>(
        name, "is not a digest", "write sha256: and 43 characters of base64url",
        (string text, out Digest? result) => Cryptography.Digest.TryParse(text, out result));

    public Digest? DigestOrNull(string name) => Value(name) is { ValueKind: JsonValueKind.Null } ? null : Digest(name);

    public KeyId? KeyId(string name) => Parsed<KeyId>(
        name, "is not a key id", "write spki-sha256: and 43 characters of base64url",
        (string text, out KeyId? result) => Cryptography.KeyId.TryParse(text, out result));

    public VerifyingKey? SigningJwk(string name)
    {
        if (Value(name) is not { } value)
        {
            return null;
        }

        if (VerifyingKey.TryFromJwk(value, out var key))
        {
            return key;
        }

        Problems.Add(PathOf(name), "is not a public key", JwkRemedy);
        return null;
    }

    public HpkePublicKey? SealingJwk(string name)
    {
        if (Value(name) is not { } value)
        {
            return null;
        }

        if (HpkePublicKey.TryFromJwk(value, out var key))
        {
            return key;
        }

        Problems.Add(PathOf(name), "is not a public key", JwkRemedy);
        return null;
    }

    public MemberId? Member(string name) => Parsed<MemberId>(name, "is not a member id", MemberRemedy, MemberId.TryParse);

    public byte[]? Bytes(string name, int least, int most) => Parsed(
        name, "is not binary data of the right length", $"write {least} to {most} bytes in base64url without padding",
        (string text, out byte[]? bytes) => StrictBase64.TryDecodeUrl(text, out bytes) && bytes.Length >= least && bytes.Length <= most);

    /// <summary>A list; every element is read by <paramref name="read"/>, which notes its own errors under the path it is given.</summary>
    public IReadOnlyList<T> List<T>(string name, int least, int most, Func<JsonElement, string, T?> read)
        where T : class
    {
        if (Value(name) is not { } value)
        {
            return [];
        }

        var path = PathOf(name);
        if (value.ValueKind != JsonValueKind.Array)
        {
            Problems.Add(path, "is not a list", "write [ … ]");
            return [];
        }

        var count = value.GetArrayLength();
        if (count < least || count > most)
        {
            Problems.Add(path, $"has {count} elements", least == most ? $"write {least}" : $"write {least} to {most}");
            if (count > most)
            {
                return [];
            }
        }

        var list = new List<T>(count);
        var index = 0;
        foreach (var element in value.EnumerateArray())
        {
            if (read(element, $"{path}[{index++}]") is { } item)
            {
                list.Add(item);
            }
        }

        return list;
    }

    /// <summary>A list of texts in ordinal order without duplicates: one set, one encoding.</summary>
    public IReadOnlyList<string> SortedTexts(string name, int least, int most, Func<string, bool> isValid, string remedy)
    {
        var texts = List(name, least, most, (element, path) =>
        {
            if (TextOf(element) is { } text && isValid(text))
            {
                return text;
            }

            Problems.Add(path, "is not valid", remedy);
            return null;
        });
        for (var i = 1; i < texts.Count; i++)
        {
            if (string.CompareOrdinal(texts[i - 1], texts[i]) >= 0)
            {
                Problems.Add(PathOf(name), "is not sorted, or has an element twice", "sort it by character codes and remove duplicates");
                break;
            }
        }

        return texts;
    }

    public IReadOnlyList<string> SortedCodes(string name, int least, int most) => SortedTexts(name, least, most, text => IsCode(text, out _), CodeRemedy);

    public IReadOnlyList<MemberId> SortedMembers(string name, int least, int most) =>
        [.. SortedTexts(name, least, most, text => MemberId.TryParse(text, out _), MemberRemedy).Select(MemberId.Parse)];

    public delegate bool TextParser<T>(string text, out T? result);

    public T? Parsed<T>(string name, string problem, string remedy, TextParser<T> parse)
    {
        if (Value(name) is not { } value)
        {
            return default;
        }

        if (TextOf(value) is { } text && parse(text, out var result))
        {
            return result;
        }

        Problems.Add(PathOf(name), problem, remedy);
        return default;
    }

    public delegate bool ValueParser<T>(ReadOnlySpan<char> text, out T value)
        where T : struct;

    /// <summary>A text that stands for a value: an id, a time, a duration.</summary>
    public T? ParsedValue<T>(string name, string problem, string remedy, ValueParser<T> parse)
        where T : struct =>
        Parsed(name, problem, remedy, (string text, out T? result) =>
        {
            var good = parse(text, out var value);
            result = good ? value : null;
            return good;
        });

    public static string? TextOf(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString() : null;

    public static bool IsCode(string text, out string? code)
    {
        code = text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? text : null;
        return code is not null;
    }

    /// <summary>A code of a shipped list, "48+" among them: 1 to 80 characters out of letters, digits, _ . - +.</summary>
    public static bool IsListCode(string text) => text.Length is > 0 and <= 80 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '+');

    private const string CodeRemedy = "write 1 to 64 characters out of letters, digits, _ . -";
    private const string MemberRemedy = "write 1 to 63 characters out of a-z, 0-9 and -, no reserved word";
    private const string JwkRemedy = "write a P-256 JSON Web Key with crv, kty, x, y";

    private static string Shown(TimeSpan span) => span.TotalDays >= 1 ? $"{span.TotalDays:0} days" : $"{span.TotalSeconds:0} seconds";
}
