using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Azure;

/// <summary>
/// Azure Key Vault (Premium) and Managed HSM, REST API 7.4: makes exportable keys under a release policy, lets the service release them to an attested wrapping key, deletes and purges them; and signs with
/// keys that stay there (any Key Vault). The service decides by the key's release policy on the token; this client decides whether an answer is the service's and answers its question.
/// </summary>
/// <param name="http">Carries the requests (<see cref="AzureHttp.CreateHandler"/>).</param>
/// <param name="vault">Address of the vault or HSM, https without a path.</param>
/// <param name="accessToken">Gives an access token for the vault's resource.</param>
/// <param name="roots">Authorities that count for the certificate under a release; null: the system's.</param>
/// <param name="clock">Now.</param>
public sealed class KeyVaultClient(HttpClient http, Uri vault, Func<CancellationToken, ValueTask<string>> accessToken, X509Certificate2Collection? roots, TimeProvider clock)
{
    private const int NonceSize = 32;
    private const int MaxName = 127;
    private const int VersionLength = 32;
    private const string ApiVersion = "api-version=7.4";
    private const string Who = "The vault";

    // What the service lets elliptic keys do inside; the released key is used for HPKE.
    private static readonly string[] KeyOperations = ["sign", "verify"];

    private const string NeedsPremium = "it must be a Premium vault or a Managed HSM, which have keys that can be released";

    private readonly Uri _vault = AzureHttp.RequireOrigin(vault, nameof(vault));

    /// <summary>Whose access tokens a vault takes: the service's, not the vault's own name (<c>https://vault.azure.net</c>, <c>https://managedhsm.azure.net</c>, and their like in other clouds).</summary>
    /// <param name="vault">Address of the vault or HSM.</param>
    public static string ResourceOf(Uri vault)
    {
        ArgumentNullException.ThrowIfNull(vault);
        return "https://" + vault.Host[(vault.Host.IndexOf('.', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>Gets the public half of a P-256 key that may sign now ("Get Key").</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="version">Version of the key: 32 hexadecimal digits.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="AzureException">The vault refuses, the answer is about another key, or the key is none that signs.</exception>
    public async Task<VerifyingKey> GetSigningKeyAsync(string name, string version, CancellationToken cancellationToken)
    {
        RequireVersion(name, version);
        var (status, answer) = await SendAsync(HttpMethod.Get, $"keys/{name}/{version}?{ApiVersion}", null, cancellationToken).ConfigureAwait(false);
        return status == HttpStatusCode.OK ? VaultKey.ReadSigning(answer, _vault, name, version, clock.GetUtcNow()) : throw RefusedToSign(status);
    }

    /// <summary>Signs a SHA-256 digest with ES256 ("Sign"). Whoever gets the signature verifies it: the service is not believed.</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="version">Version of the key: 32 hexadecimal digits.</param>
    /// <param name="digest">The digest.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>r ‖ s, as the service gives it.</returns>
    /// <exception cref="AzureException">The vault refuses, or the answer is about another key or has no signature.</exception>
    public async Task<byte[]> SignAsync(string name, string version, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        RequireVersion(name, version);
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["alg"] = "ES256", ["value"] = StrictBase64.EncodeUrl(digest.Span) });
        var (status, answer) = await SendAsync(HttpMethod.Post, $"keys/{name}/{version}/sign?{ApiVersion}", body, cancellationToken).ConfigureAwait(false);
        if (status != HttpStatusCode.OK)
        {
            throw RefusedToSign(status);
        }

        return AzureHttp.Text(answer, "kid") == new Uri(_vault, $"keys/{name}/{version}").AbsoluteUri && AzureHttp.Text(answer, "value") is { Length: > 0 } value && StrictBase64.TryDecodeUrl(value, out var signature)
            ? signature
            : throw new AzureException("The vault's answer is for another key or has no signature: it is not used; check the key's address.");
    }

    /// <summary>Makes a P-256 key that only a token which meets the policy gets out of the service ("Create Key").</summary>
    /// <param name="name">Name of the key: letters, digits, hyphens.</param>
    /// <param name="policy">The release policy, JSON.</param>
    /// <param name="immutable">The policy can never be changed, nor taken back.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="AzureException">The vault refuses, or made another key than was asked for.</exception>
    public async Task<VaultKey> CreateAsync(string name, ReadOnlyMemory<byte> policy, bool immutable, CancellationToken cancellationToken)
    {
        RequireName(name);
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["kty"] = VaultKey.HardwareKind,
            ["crv"] = "P-256",
            ["key_ops"] = KeyOperations,
            ["attributes"] = new Dictionary<string, object> { ["exportable"] = true },
            ["release_policy"] = new Dictionary<string, object> { ["contentType"] = VaultKey.PolicyType, ["data"] = StrictBase64.EncodeUrl(policy.Span), ["immutable"] = immutable },
        });
        var (status, answer) = await SendAsync(HttpMethod.Post, $"keys/{name}/create?{ApiVersion}", body, cancellationToken).ConfigureAwait(false);
        return status == HttpStatusCode.OK ? VaultKey.Read(answer, _vault, name, policy.Span, immutable) : throw Refused(status, NeedsPremium, Lacks("keys/create"));
    }

    /// <summary>Lets the vault release a key to the wrapping key that an attestation token names ("Release").</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="version">Version of the key: 32 hexadecimal digits. A release without a version could be another key tomorrow.</param>
    /// <param name="token">Token of Azure Attestation.</param>
    /// <param name="wrapKey">Private half of the key in the token.</param>
    /// <param name="wrapping">How it is to be wrapped.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The key in PKCS#8.</returns>
    /// <exception cref="AzureException">The vault refuses, or the answer is not to be trusted.</exception>
    public async Task<SecretBytes> ReleaseAsync(string name, string version, string token, RSA wrapKey, KeyWrapping wrapping, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(wrapKey);
        ArgumentNullException.ThrowIfNull(wrapping);
        RequireVersion(name, version);
        var question = new KeyReleaseQuestion(_vault, name, version, wrapping, StrictBase64.EncodeUrl(RandomNumberGenerator.GetBytes(NonceSize)));
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["target"] = token, ["enc"] = wrapping.Name, ["nonce"] = question.Nonce });
        var (status, answer) = await SendAsync(HttpMethod.Post, $"keys/{name}/{version}/release?{ApiVersion}", body, cancellationToken).ConfigureAwait(false);
        return status == HttpStatusCode.OK
            ? ReleasedKey.Open(
                AzureHttp.Text(answer, "value") ?? throw new AzureException("The vault's answer has no value: check the vault's address."), question, wrapKey, roots, clock.GetUtcNow())
            : throw Refused(status, NeedsPremium, Lacks("keys/release"));
    }

    /// <summary>Deletes every version of a key ("Delete Key", and "Get Deleted Key" if it was deleted before).</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>How long the service keeps it.</returns>
    /// <exception cref="AzureException">The vault refuses, or the answer is about another key.</exception>
    public async Task<KeyDeletion> DeleteAsync(string name, CancellationToken cancellationToken)
    {
        RequireName(name);
        var (status, answer) = await SendAsync(HttpMethod.Delete, $"keys/{name}?{ApiVersion}", null, cancellationToken).ConfigureAwait(false);
        if (status == HttpStatusCode.NotFound)
        {
            (status, answer) = await SendAsync(HttpMethod.Get, $"deletedkeys/{name}?{ApiVersion}", null, cancellationToken).ConfigureAwait(false);
            if (status == HttpStatusCode.NotFound)
            {
                // Neither there nor kept: it was purged.
                return KeyDeletion.Gone;
            }
        }

        return status == HttpStatusCode.OK ? KeyDeletion.Read(answer, _vault, name) : throw Refused(status, NeedsPremium, Lacks("keys/delete"));
    }

    /// <summary>Purges a deleted key ("Purge Deleted Key").</summary>
    /// <param name="name">Name of the key.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns><see langword="false"/> if the service keeps it: the identity lacks keys/purge, purge protection is on, or the deletion is not through yet.</returns>
    /// <exception cref="AzureException">The vault cannot be asked.</exception>
    public async Task<bool> TryPurgeAsync(string name, CancellationToken cancellationToken)
    {
        RequireName(name);
        var (status, _) = await SendAsync(HttpMethod.Delete, $"deletedkeys/{name}?{ApiVersion}", null, cancellationToken).ConfigureAwait(false);
        return status switch
        {
            HttpStatusCode.NoContent => true,
            HttpStatusCode.Forbidden or HttpStatusCode.Conflict => false,
            _ => throw Refused(status, NeedsPremium, Lacks("keys/purge")),
        };
    }

    private static void RequireName(string name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxName || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
        {
            throw new ArgumentException("A key has a name of at most 127 letters, digits and hyphens.", nameof(name));
        }
    }

    private static void RequireVersion(string name, string version)
    {
        RequireName(name);
        if (version is not { Length: VersionLength } || !version.All(char.IsAsciiHexDigitLower))
        {
            throw new ArgumentException("A key's version has 32 hexadecimal digits.", nameof(version));
        }
    }

    private static string Lacks(string permission) => $"the token does not meet the key's release policy, or the identity lacks the permission {permission}";

    private static AzureException RefusedToSign(HttpStatusCode status) => Refused(
        status,
        "the key must be an elliptic one on the curve P-256",
        "give who signs in the role \"Key Vault Crypto User\" on the key (in a Managed HSM \"Managed HSM Crypto User\"; under access policies the permissions get and sign), and let the vault's firewall admit this machine");

    private static AzureException Refused(HttpStatusCode status, string badRequest, string forbidden) => new(status switch
    {
        HttpStatusCode.BadRequest => $"The vault does not understand: {badRequest}.",
        HttpStatusCode.Unauthorized => "The vault does not know this identity: sign in to the tenant that the vault belongs to, and give the identity access to the vault.",
        HttpStatusCode.Forbidden => $"The vault refuses: {forbidden}.",
        HttpStatusCode.NotFound => "The vault has no such key or version: check its name, or restore it in the vault if it was deleted by mistake.",
        HttpStatusCode.Conflict => "The vault keeps a deleted key of that name: recover or purge it.",
        HttpStatusCode.TooManyRequests => "The vault asks to wait: try again later.",
        _ => $"The vault answered {(int)status}: check its address, or try again later.",
    })
    {
        Problem = status is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError ? AzureProblem.Unavailable : AzureProblem.Refused,
    };

    private async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(HttpMethod method, string path, byte[]? body, CancellationToken cancellationToken) =>
        await AzureHttp.SendAsync(http, method, new Uri(_vault, path), body, await accessToken(cancellationToken).ConfigureAwait(false), Who, cancellationToken).ConfigureAwait(false);
}
