using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Collateral;

/// <summary>
/// One signed file with everything that vendors publish for a room's machines: roots, authorities, VCEKs, revocation lists, TCB info, identities. It travels by any way, also
/// on a stick. The signature and the rising number say that this set belongs together and is the newest of its maker; each piece is verified against the vendors' roots all the same.
/// Compact JWS, ES256, typ <c>cleanroom-collateral-pack+jws</c>, over canonical JSON
/// <c>{"created":time,"early":[base64url],"format":"cleanroom/collateral-pack/v1","number":n,"pieces":[base64url],"signer":base64url(SubjectPublicKeyInfo)}</c>.
/// </summary>
public sealed class CollateralPack
{
    /// <summary>Longest pack: 16 MiB.</summary>
    public const int MaxSize = 16 << 20;

    private const string Type = "cleanroom-collateral-pack+jws";
    private const string Format = "cleanroom/collateral-pack/v1";
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";
    private const int MaxPieces = 4096;
    private const long MaxNumber = 1L << 53;
    private const int MaxPayload = 11 << 20;

    private CollateralPack(KeyId signer, long number, DateTimeOffset created, CollateralSet set, CollateralSet early)
    {
        Signer = signer;
        Number = number;
        Created = created;
        Set = set;
        Early = early;
    }

    /// <summary>Who made it.</summary>
    public KeyId Signer { get; }

    /// <summary>Number of the pack, rising with every one of its maker.</summary>
    public long Number { get; }

    /// <summary>When it was made, by its maker's clock.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>What counts now.</summary>
    public CollateralSet Set { get; }

    /// <summary>What Intel has published early: it counts for warnings only.</summary>
    public CollateralSet Early { get; }

    /// <summary>Writes a pack.</summary>
    /// <param name="signer">The maker's key.</param>
    /// <param name="number">1 or more, higher than the last one.</param>
    /// <param name="created">Now.</param>
    /// <param name="pieces">Certificates and lists in DER, Intel's documents as its service sends them.</param>
    /// <param name="early">Documents that Intel has published early.</param>
    /// <exception cref="ArgumentException">The number is out of range, there are too many pieces, or one is no collateral.</exception>
    public static string Write(ISigningKey signer, long number, DateTimeOffset created, IEnumerable<ReadOnlyMemory<byte>> pieces, IEnumerable<ReadOnlyMemory<byte>> early)
    {
        ArgumentNullException.ThrowIfNull(signer);
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(early);
        if (number is < 1 or > MaxNumber)
        {
            throw new ArgumentException("A pack's number is 1 or more.", nameof(number));
        }

        var payload = CanonicalJson.Canonicalize(new JsonObject
        {
            ["created"] = created.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture),
            ["early"] = Texts(early),
            ["format"] = Format,
            ["number"] = number,
            ["pieces"] = Texts(pieces),
            ["signer"] = StrictBase64.EncodeUrl(signer.PublicKey.Spki.Span),
        });
        return payload.Length <= MaxPayload ? Jws.Sign(signer, Type, payload) : throw new ArgumentException($"A pack has at most {MaxPayload} bytes.", nameof(pieces));
    }

    /// <summary>Tells whether bytes look like a pack, before anything is verified.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> content) => content.StartsWith("eyJ"u8) && content.Count((byte)'.') == 2;

    /// <summary>Reads a pack and verifies its signature.</summary>
    /// <param name="content">The file; one line break at its end does not count.</param>
    /// <param name="signers">Whose packs count; null: anybody's, for somebody who only looks.</param>
    /// <param name="pack">The pack.</param>
    /// <param name="problem">One sentence with the remedy.</param>
    public static bool TryRead(ReadOnlySpan<byte> content, IReadOnlySet<KeyId>? signers, [NotNullWhen(true)] out CollateralPack? pack, [NotNullWhen(false)] out string? problem)
    {
        problem = content.Length <= MaxSize ? Read(content.TrimEnd((byte)'\n'), signers, out pack) : Failed($"The pack must have at most {MaxSize} bytes.", out pack);
        return pack is not null;
    }

    private static string? Read(ReadOnlySpan<byte> content, IReadOnlySet<KeyId>? signers, out CollateralPack? pack)
    {
        if (!Jws.TryParse(content, out var jws, MaxPayload) || jws.Type != Type || !StrictJson.TryParseCanonical(jws.Payload.Span, out var document, MaxPayload))
        {
            return Failed("The file is no collateral pack: make one with \"cleanroom collateral fetch\".", out pack);
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || root.EnumerateObject().Count() != 6 || Text(root, "format") != Format
                || !DateTimeOffset.TryParseExact(Text(root, "created"), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var created)
                || !root.TryGetMember("number", out var member) || member.ValueKind != JsonValueKind.Number || !member.TryGetInt64(out var number) || number is < 1 or > MaxNumber
                || !StrictBase64.TryDecodeUrl(Text(root, "signer"), out var spki) || !VerifyingKey.TryFromSpki(spki, out var key)
                || !TryReadPieces(root, "pieces", out var set) || !TryReadPieces(root, "early", out var early))
            {
                return Failed("The pack is not of the form that this program knows, or holds what is no collateral: fetch it again with this version.", out pack);
            }

            if (!jws.Verify(key))
            {
                return Failed("The pack's signature is wrong: it was changed, get it again from its maker.", out pack);
            }

            if (signers is not null && !signers.Contains(key.Id))
            {
                return Failed($"The pack is by {key.Id}, which is none of the makers that count here: name it as one, or get a pack by one of them.", out pack);
            }

            pack = new CollateralPack(key.Id, number, created, set, early);
            return null;
        }
    }

    private static JsonArray Texts(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        // In the order of their hashes, each once: the same pieces give the same payload.
        var sorted = new SortedDictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var piece in pieces)
        {
            if (CollateralSet.Read([piece]).Count == 0)
            {
                throw new ArgumentException("A piece is no collateral.", nameof(pieces));
            }

            sorted[Convert.ToHexStringLower(SHA256.HashData(piece.Span))] = piece;
        }

        return sorted.Count <= MaxPieces
            ? new JsonArray([.. sorted.Values.Select(piece => (JsonNode)StrictBase64.EncodeUrl(piece.Span))])
            : throw new ArgumentException($"A pack has at most {MaxPieces} pieces.", nameof(pieces));
    }

    private static bool TryReadPieces(JsonElement root, string name, [NotNullWhen(true)] out CollateralSet? set)
    {
        set = null;
        if (!root.TryGetMember(name, out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxPieces)
        {
            return false;
        }

        var pieces = new List<ReadOnlyMemory<byte>>();
        foreach (var item in list.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || !StrictBase64.TryDecodeUrl(item.GetString(), out var piece) || CollateralSet.Read([piece]).Count == 0)
            {
                return false;
            }

            pieces.Add(piece);
        }

        set = CollateralSet.Read(pieces);
        return true;
    }

    private static string Failed(string problem, out CollateralPack? pack)
    {
        pack = null;
        return problem;
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
