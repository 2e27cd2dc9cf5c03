using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence;

/// <summary>
/// Raw evidence as it travels and is logged: canonical JSON with <c>kind</c> and one or more parts in base64url, for instance
/// <c>{"kind":"simulated","report":"…"}</c>. What parses writes back to the same bytes. It is not judged: an appraisal does that.
/// </summary>
public sealed class EvidenceEnvelope
{
    /// <summary>Largest envelope: 256 KiB.</summary>
    public const int MaxSize = 256 << 10;

    /// <summary>Most parts of an envelope.</summary>
    public const int MaxParts = 16;

    /// <summary>Longest kind and part name, in characters.</summary>
    public const int MaxNameLength = 32;

    private const string KindMember = "kind";

    private readonly byte[] _json;

    private EvidenceEnvelope(string kind, ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, byte[] json)
    {
        Kind = kind;
        Parts = parts;
        _json = json;
    }

    /// <summary>The evidence kind.</summary>
    public string Kind { get; }

    /// <summary>The parts by name: report, certificates, tokens, as the kind defines.</summary>
    public ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Parts { get; }

    /// <summary>The canonical JSON.</summary>
    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>Makes an envelope.</summary>
    /// <param name="kind">1 to 32 of a-z, 0-9 and hyphen.</param>
    /// <param name="parts">1 to 16 parts, named as kinds are, other than <c>kind</c>.</param>
    /// <exception cref="ArgumentException">A name, the number or the whole size is out of bounds.</exception>
    public static EvidenceEnvelope Create(string kind, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (!IsName(kind) || parts.Count is 0 or > MaxParts || !parts.Keys.All(name => IsName(name) && name != KindMember))
        {
            throw new ArgumentException("An envelope has a kind and 1 to 16 parts, named with a-z, 0-9 and hyphens.", nameof(parts));
        }

        var root = new JsonObject { [KindMember] = kind };
        foreach (var (name, value) in parts)
        {
            root[name] = StrictBase64.EncodeUrl(value.Span);
        }

        var json = CanonicalJson.Canonicalize(root);
        return json.Length <= MaxSize
            ? new EvidenceEnvelope(kind, Sorted(parts.Select(part => KeyValuePair.Create(part.Key, (ReadOnlyMemory<byte>)part.Value.ToArray()))), json)
            : throw new ArgumentException($"An envelope has at most {MaxSize} bytes.", nameof(parts));
    }

    /// <summary>Reads an envelope: exactly, or false.</summary>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out EvidenceEnvelope? envelope)
    {
        envelope = null;
        if (!StrictJson.TryParseCanonical(json, out var document, MaxSize))
        {
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            string? kind = null;
            var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            foreach (var member in root.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.String || !IsName(member.Name))
                {
                    return false;
                }

                if (member.Name == KindMember)
                {
                    kind = member.Value.GetString();
                }
                else if (StrictBase64.TryDecodeUrl(member.Value.GetString(), out var bytes))
                {
                    parts.Add(member.Name, bytes);
                }
                else
                {
                    return false;
                }
            }

            if (!IsName(kind) || parts.Count is 0 or > MaxParts)
            {
                return false;
            }

            envelope = new EvidenceEnvelope(kind, Sorted(parts), json.ToArray());
            return true;
        }
    }

    private static ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> Sorted(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> parts) =>
        parts.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private static bool IsName([NotNullWhen(true)] string? name) =>
        name is { Length: > 0 and <= MaxNameLength } && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
