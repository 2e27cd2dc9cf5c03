using System.Formats.Asn1;
using System.Text;
using System.Text.Json;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Files;

/// <summary>Shapes of evidence of Azure Attestation: its tokens, and the certificates in which an instance shows the quote of its own enclave.</summary>
internal static class MaaShapes
{
    private const int MaxDepth = 24;
    private const int MaxCertificates = 256;

    // Open Enclave's extension of a certificate: a quote in an octet string.
    private const string QuoteExtension = "1.2.840.113556.10.1.1";

    /// <summary>Tells a token by its claims; it is not verified.</summary>
    public static bool IsToken(ReadOnlySpan<byte> content) => TrySplit(content, out _, out _, out var claims) && claims.TryGetMember("x-ms-attestation-type", out _);

    /// <summary>A token with the keys of the collateral that bear the name in its header.</summary>
    public static EvidenceEnvelope? OfToken(ReadOnlySpan<byte> content, CollateralSet collateral, out string? problem)
    {
        problem = "The file is a token of Azure Attestation, which does not hold the keys that it is verified with: give its instance's key set, as its address /certs answers, as collateral.";
        if (collateral.Keys.IsEmpty || !TrySplit(content, out var token, out var header, out _))
        {
            return null;
        }

        // Two keys of one name are both handed on: the verifier accepts neither.
        var name = header.TryGetMember("kid", out var kid) && kid.ValueKind == JsonValueKind.String ? kid.GetString() : null;
        var keys = collateral.Keys.Where(key => key.Id == name).Select(key => key.Json);
        problem = "The token with its keys is longer than evidence may be: give the key set of its instance alone as collateral.";
        return EvidenceShapes.Create(EvidenceKinds.Maa, new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
        {
            [MaaKind.TokenPart] = Encoding.ASCII.GetBytes(token),
            [MaaKind.KeysPart] = Encoding.UTF8.GetBytes($"{{\"keys\":[{string.Join(',', keys)}]}}"),
        });
    }

    /// <summary>Takes a compact JWS apart; its signature is not looked at.</summary>
    public static bool TrySplit(ReadOnlySpan<byte> content, out string token, out JsonElement header, out JsonElement payload)
    {
        token = content.Length <= MaaToken.MaxSize ? Encoding.Latin1.GetString(content).Trim() : "";
        payload = default;
        header = default;
        var parts = token.Split('.');
        return parts.Length == 3 && TryParse(parts[0], out header) && TryParse(parts[1], out payload);
    }

    /// <summary>The only certificate with a quote among certificates, in PEM or DER.</summary>
    public static EvidenceEnvelope? OfCertificates(ReadOnlySpan<byte> content) => Only(CollateralPieces.In(content));

    /// <summary>The only certificate with a quote in a key set.</summary>
    public static EvidenceEnvelope? OfKeySet(JsonElement root)
    {
        if (!root.TryGetMember("keys", out var keys) || keys.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var certificates = new List<byte[]>();
        foreach (var key in keys.EnumerateArray())
        {
            if (key.TryGetMember("x5c", out var chain) && chain.ValueKind == JsonValueKind.Array)
            {
                certificates.AddRange(chain.EnumerateArray().Select(item => EvidenceText.Decode(item) ?? []));
            }
        }

        return certificates.Count <= MaxCertificates ? Only(certificates) : null;
    }

    private static EvidenceEnvelope? Only(IEnumerable<byte[]> certificates) => certificates.Select(Quote).OfType<byte[]>().ToList() is [var only] ? EvidenceShapes.OfQuote(only) : null;

    private static byte[]? Quote(byte[] der) =>
        Certificate.TryParse(der, out var certificate) && certificate.Extensions.TryGetValue(QuoteExtension, out var extension)
        && AsnDecoder.TryReadPrimitiveOctetString(extension.Value.Span, AsnEncodingRules.DER, out var quote, out var consumed) && consumed == extension.Value.Length
            ? quote.ToArray()
            : null;

    private static bool TryParse(string part, out JsonElement members)
    {
        members = default;
        if (!StrictBase64.TryDecodeUrl(part, out var json) || !ForeignJson.TryParse(json, MaxDepth, out var document))
        {
            return false;
        }

        using (document)
        {
            members = document.RootElement.Clone();
            return members.ValueKind == JsonValueKind.Object;
        }
    }
}
