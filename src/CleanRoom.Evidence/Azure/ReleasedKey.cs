using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Azure;

/// <summary>What a release was asked for; an answer to any other question is refused.</summary>
/// <param name="Vault">Address of the vault or HSM.</param>
/// <param name="Name">Name of the key.</param>
/// <param name="Version">Version of the key.</param>
/// <param name="Wrapping">How it is to be wrapped.</param>
/// <param name="Nonce">What the answer must repeat: 16 bytes or more in base64url, never used before.</param>
public sealed record KeyReleaseQuestion(Uri Vault, string Name, string Version, KeyWrapping Wrapping, string Nonce)
{
    /// <summary>Identifier of the key, as the service writes it.</summary>
    public string KeyId => new Uri(Vault, $"keys/{Name}/{Version}").AbsoluteUri;
}

/// <summary>
/// Reads the answer of a key release (Azure Key Vault REST, "Release": <c>{"value": JWS}</c>): a JWS by a certificate of the vault's host under a trusted root, that names the same key, wrapping and nonce
/// as were asked for. Then, and only then, the key is unwrapped.
/// </summary>
internal static class ReleasedKey
{
    private const int MaxDepth = 16;
    private const int MaxCertificates = 8;
    private const int MinimumKeyBits = 2048;
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    public static SecretBytes Open(string jws, KeyReleaseQuestion question, RSA wrapKey, X509Certificate2Collection? roots, DateTimeOffset time)
    {
        var parts = jws.Split('.');
        if (parts.Length != 3 || !StrictBase64.TryDecodeUrl(parts[0], out var header) || !StrictBase64.TryDecodeUrl(parts[1], out var payload)
            || !StrictBase64.TryDecodeUrl(parts[2], out var signature))
        {
            throw Refuse("is no JWS of three parts");
        }

        var signed = Encoding.ASCII.GetBytes(jws[..jws.LastIndexOf('.')]);
        CheckSignature(Parse(header), signed, signature, question.Vault.Host, roots, time);
        var answer = Parse(payload);
        var request = Member(answer, "request");
        Require(Text(request, "kid"), question.KeyId, "another key");
        Require(Text(request, "enc"), question.Wrapping.Name, "another wrapping");
        Require(Text(request, "nonce"), question.Nonce, "another nonce, so it may be old");
        var key = Member(Member(Member(answer, "response"), "key"), "key");
        Require(Text(key, "kid"), question.KeyId, "another key");
        if (Text(key, "key_hsm") is not { Length: > 0 } text || !StrictBase64.TryDecodeUrl(text, out var blob))
        {
            throw Refuse("holds no wrapped key");
        }

        var wrapped = Parse(blob);
        Require(Text(Member(wrapped, "header"), "enc"), question.Wrapping.Name, "another wrapping");
        if (!StrictBase64.TryDecodeUrl(Text(wrapped, "ciphertext"), out var ciphertext))
        {
            throw Refuse("holds no wrapped key");
        }

        return question.Wrapping.Unwrap(ciphertext, wrapKey) ?? throw Refuse("holds a key that does not open with this instance's wrapping key");
    }

    private static void CheckSignature(JsonElement header, byte[] signed, byte[] signature, string host, X509Certificate2Collection? roots, DateTimeOffset time)
    {
        // Which algorithm it is, is decided here and not by the sender.
        if (Text(header, "alg") != "RS256" || header.TryGetMember("crit", out _))
        {
            throw Refuse("is signed with another algorithm than RS256");
        }

        if (!header.TryGetMember("x5c", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaxCertificates)
        {
            throw Refuse("names no certificate");
        }

        var certificates = new X509Certificate2Collection();
        try
        {
            foreach (var item in list.EnumerateArray())
            {
                certificates.Add(X509CertificateLoader.LoadCertificate(
                    item.ValueKind == JsonValueKind.String && StrictBase64.TryDecodeStandard(item.GetString(), out var der) ? der : throw Refuse("names what is no certificate")));
            }

            CheckChain(certificates, host, roots, time);
            using var key = certificates[0].GetRSAPublicKey();
            if (key is null || key.KeySize < MinimumKeyBits || !key.VerifyData(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            {
                throw Refuse("is not signed by its certificate");
            }
        }
        catch (CryptographicException exception)
        {
            throw new AzureException("The vault's answer names what is no certificate: check the vault's address.", exception);
        }
        finally
        {
            foreach (var certificate in certificates)
            {
                certificate.Dispose();
            }
        }
    }

    private static void CheckChain(X509Certificate2Collection certificates, string host, X509Certificate2Collection? roots, DateTimeOffset time)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.VerificationTime = time.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        chain.ChainPolicy.ExtraStore.AddRange(certificates);
        if (roots is not null)
        {
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        }

        if (!chain.Build(certificates[0]) || !certificates[0].MatchesHostname(host))
        {
            throw Refuse($"is signed under no trusted root for {host}");
        }
    }

    private static void Require(string? found, string asked, string what)
    {
        if (found != asked)
        {
            throw Refuse("is for " + what);
        }
    }

    private static JsonElement Parse(byte[] json)
    {
        if (!ForeignJson.TryParse(json, MaxDepth, out var document))
        {
            throw Refuse("holds what is no JSON, or a member twice");
        }

        using (document)
        {
            return document.RootElement.Clone();
        }
    }

    private static JsonElement Member(JsonElement owner, string name) => owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : throw Refuse($"has no {name}");

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    private static AzureException Refuse(string what) => new($"The vault's answer {what}: nothing was opened; check the vault's address and the key's name, and tell the vault's owner.");
}
