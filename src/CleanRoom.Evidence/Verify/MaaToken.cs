using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Verify;

/// <summary>
/// A token of Microsoft Azure Attestation: compact JWS, RS256 and nothing else. Its key is looked up by <c>kid</c> in a key set that came along, and counts
/// only if the charter lists its hash; what the header says of keys (<c>jku</c>, <c>jwk</c>, <c>x5c</c>) is never followed.
/// </summary>
internal sealed class MaaToken
{
    /// <summary>Longest token that is read: 64 KiB.</summary>
    public const int MaxSize = 64 << 10;

    private const int MinimumKeyBits = 2048;
    private const int MaximumKeyBits = 16384;
    private const int MaxExponent = 8;
    private const int MaxKeys = 32;

    // The instances' certificates hold evidence of their own, about 40 KiB.
    private const int MaxCertificate = 128 << 10;
    private const int MaxDepth = 24;

    private MaaToken(JsonElement claims, byte[] spki, bool signed)
    {
        Claims = claims;
        KeyHash = SHA256.HashData(spki);
        IsSigned = signed;
    }

    /// <summary>The payload.</summary>
    public JsonElement Claims { get; }

    /// <summary>SHA-256 of the SubjectPublicKeyInfo that <c>kid</c> names.</summary>
    public byte[] KeyHash { get; }

    /// <summary>Tells whether that key signed the token.</summary>
    public bool IsSigned { get; }

    public static bool TryRead(ReadOnlySpan<byte> token, ReadOnlySpan<byte> keySet, [NotNullWhen(true)] out MaaToken? read, [NotNullWhen(false)] out Finding? finding)
    {
        read = null;
        finding = token.Length <= MaxSize ? Read(Encoding.ASCII.GetString(token), keySet, out read) : Malformed("the token is too long");
        return finding is null && read is not null;
    }

    private static Finding? Read(string token, ReadOnlySpan<byte> keySet, out MaaToken? read)
    {
        read = null;
        var parts = token.Split('.');
        if (parts.Length != 3 || !StrictBase64.TryDecodeUrl(parts[0], out var headerBytes) || !StrictBase64.TryDecodeUrl(parts[1], out var payload)
            || !StrictBase64.TryDecodeUrl(parts[2], out var signature) || Parse(headerBytes) is not { } header || Parse(payload) is not { } claims)
        {
            return Malformed("not a compact JWS of two JSON objects");
        }

        if (Text(header, "alg") != "RS256" || header.TryGetMember("crit", out _))
        {
            return new Finding(RejectionReason.ReportAlgorithm, "alg", Text(header, "alg") ?? "none", "RS256");
        }

        if (Text(header, "kid") is not { } kid || FindKey(keySet, kid) is not { } spki)
        {
            return new Finding(RejectionReason.CertificateMissing, "kid", "not the name of exactly one key of the set", "a key of the instance");
        }

        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(spki, out _);
        var signed = Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')]);
        read = new MaaToken(claims, spki, rsa.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        return null;
    }

    private static byte[]? FindKey(ReadOnlySpan<byte> keySet, string kid)
    {
        if (Parse(keySet) is not { } set || !set.TryGetMember("keys", out var keys) || keys.ValueKind != JsonValueKind.Array || keys.GetArrayLength() > MaxKeys)
        {
            return null;
        }

        var named = keys.EnumerateArray().Where(key => Text(key, "kid") == kid).ToList();
        return named.Count == 1 && Text(named[0], "kty") == "RSA" && Text(named[0], "use") is (null or "sig") ? ReadKey(named[0]) : null;
    }

    // The service's own sets name a key by a certificate (x5c) and leave n and e out; others have both, which must agree.
    private static byte[]? ReadKey(JsonElement key)
    {
        var byNumbers = key.TryGetMember("n", out _) || key.TryGetMember("e", out _);
        var byCertificate = key.TryGetMember("x5c", out var chain);
        var numbers = byNumbers ? ReadNumbers(key) : null;
        var certificate = byCertificate ? ReadCertificate(chain) : null;
        return (byNumbers, byCertificate) switch
        {
            (true, true) => numbers is not null && certificate is not null && numbers.AsSpan().SequenceEqual(certificate) ? numbers : null,
            (true, false) => numbers,
            _ => certificate,
        };
    }

    private static byte[]? ReadNumbers(JsonElement key)
    {
        // The platform's import fails on lengths of zero with another exception than its own.
        if (!StrictBase64.TryDecodeUrl(Text(key, "n"), out var modulus) || !StrictBase64.TryDecodeUrl(Text(key, "e"), out var exponent)
            || modulus.Length is < MinimumKeyBits / 8 or > MaximumKeyBits / 8 || exponent.Length is 0 or > MaxExponent)
        {
            return null;
        }

        try
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent });
            return rsa.KeySize >= MinimumKeyBits ? rsa.ExportSubjectPublicKeyInfo() : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static byte[]? ReadCertificate(JsonElement chain)
    {
        if (chain.ValueKind != JsonValueKind.Array || chain.GetArrayLength() is 0 or > MaxKeys || chain[0].ValueKind != JsonValueKind.String
            || !StrictBase64.TryDecodeStandard(chain[0].GetString(), out var der) || der.Length > MaxCertificate)
        {
            return null;
        }

        try
        {
            using var certificate = X509CertificateLoader.LoadCertificate(der);
            using var rsa = certificate.GetRSAPublicKey();
            return rsa?.KeySize >= MinimumKeyBits ? rsa.ExportSubjectPublicKeyInfo() : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static JsonElement? Parse(ReadOnlySpan<byte> json)
    {
        if (!ForeignJson.TryParse(json, MaxDepth, out var document))
        {
            return null;
        }

        using (document)
        {
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static Finding Malformed(string found) => new(RejectionReason.ReportMark, "token", found, "a token of Azure Attestation");
}
