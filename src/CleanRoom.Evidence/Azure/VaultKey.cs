using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Azure;

/// <summary>A key that the service made: it can leave it only by its release policy.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version, 32 hexadecimal digits.</param>
/// <param name="PublicKey">The public half, P-256.</param>
public sealed record VaultKey(string Name, string Version, HpkePublicKey PublicKey)
{
    internal const string PolicyType = "application/json; charset=utf-8";

    internal const string HardwareKind = "EC-HSM";

    private const int CoordinateSize = 32;

    /// <summary>Reads the answer to "Create Key" and holds it against the question: a key of a weaker policy must never be used.</summary>
    internal static VaultKey Read(JsonElement answer, Uri vault, string name, ReadOnlySpan<byte> policy, bool immutable)
    {
        var prefix = new Uri(vault, $"keys/{name}/").AbsoluteUri;
        if (!answer.TryGetMember("key", out var key) || AzureHttp.Text(key, "kid") is not { } id || !id.StartsWith(prefix, StringComparison.Ordinal)
            || id[prefix.Length..] is not { Length: 32 } version || !version.All(char.IsAsciiHexDigitLower))
        {
            throw Refuse("names another key than was asked for");
        }

        if (AzureHttp.Text(key, "kty") != HardwareKind || PointOf(key) is not { } point || !HpkePublicKey.TryFromBytes(point, out var publicKey))
        {
            throw Refuse("has no P-256 key that an HSM holds");
        }

        if (!answer.TryGetMember("attributes", out var attributes) || !attributes.TryGetMember("exportable", out var exportable) || exportable.ValueKind != JsonValueKind.True)
        {
            throw Refuse("is about a key that cannot be released");
        }

        return HasPolicy(answer, policy, immutable) ? new VaultKey(name, version, publicKey) : throw Refuse("is about a key with another release policy than was asked for");
    }

    /// <summary>Reads the answer to "Get Key" of a key that is to sign.</summary>
    internal static VerifyingKey ReadSigning(JsonElement answer, Uri vault, string name, string version, DateTimeOffset now)
    {
        if (!answer.TryGetMember("key", out var key) || AzureHttp.Text(key, "kid") != new Uri(vault, $"keys/{name}/{version}").AbsoluteUri)
        {
            throw NoSigner("is about another key than was asked for: write the key's address as the vault shows it, in its letters", AzureProblem.Untrusted);
        }

        if (AzureHttp.Text(key, "kty") is not ("EC" or HardwareKind) || PointOf(key) is not { } point || !VerifyingKey.TryFromPoint(point, out var publicKey))
        {
            throw NoSigner("is about a key that is none on the curve P-256: make one there (type EC, curve P-256)");
        }

        if (!key.TryGetMember("key_ops", out var uses) || uses.ValueKind != JsonValueKind.Array || !uses.EnumerateArray().Any(use => use.ValueKind == JsonValueKind.String && use.GetString() == "sign"))
        {
            throw NoSigner("is about a key that may not sign: add the operation sign to the key");
        }

        // Dates in seconds since 1970; what is no number counts as over.
        if (!answer.TryGetMember("attributes", out var attributes) || !attributes.TryGetMember("enabled", out var enabled) || enabled.ValueKind != JsonValueKind.True
            || (attributes.TryGetMember("nbf", out _) && !(AzureHttp.Number(attributes, "nbf") <= now.ToUnixTimeSeconds()))
            || (attributes.TryGetMember("exp", out _) && !(AzureHttp.Number(attributes, "exp") > now.ToUnixTimeSeconds())))
        {
            throw NoSigner("is about a key that is disabled, expired or not valid yet: enable it in the vault, or sign with another one");
        }

        return publicKey;
    }

    private static byte[]? PointOf(JsonElement key) =>
        AzureHttp.Text(key, "crv") == "P-256" && StrictBase64.TryDecodeUrl(AzureHttp.Text(key, "x"), out var x) && x.Length == CoordinateSize
        && StrictBase64.TryDecodeUrl(AzureHttp.Text(key, "y"), out var y) && y.Length == CoordinateSize ? [4, .. x, .. y] : null;

    private static AzureException NoSigner(string what, AzureProblem problem = AzureProblem.Refused) => new($"The vault's answer {what}.") { Problem = problem };

    private static bool HasPolicy(JsonElement answer, ReadOnlySpan<byte> asked, bool immutable) =>
        answer.TryGetMember("release_policy", out var policy) && StrictBase64.TryDecodeUrl(AzureHttp.Text(policy, "data"), out var data)
        && CanonicalJson.TryCanonicalize(data, out var given) && CanonicalJson.TryCanonicalize(asked, out var wanted) && given.AsSpan().SequenceEqual(wanted)
        && (!immutable || (policy.TryGetMember("immutable", out var fixedForEver) && fixedForEver.ValueKind == JsonValueKind.True));

    private static AzureException Refuse(string what) => new($"The vault's answer {what}: it is not used; look at the vault's keys, and tell the vault's owner.");
}

/// <summary>What became of a deleted key.</summary>
/// <param name="Kept">The service still keeps it: whoever may recover keys can bring it back.</param>
/// <param name="Purgeable">Somebody with the permission can purge it before that.</param>
/// <param name="PurgedAt">When the service purges it by itself; null if it is not kept, or the service named no date.</param>
public sealed record KeyDeletion(bool Kept, bool Purgeable, DateTimeOffset? PurgedAt)
{
    /// <summary>Nothing is kept.</summary>
    public static KeyDeletion Gone { get; } = new(false, false, null);

    /// <summary>Reads a deleted key: recoveryId, scheduledPurgeDate (seconds since 1970), attributes.recoveryLevel.</summary>
    internal static KeyDeletion Read(JsonElement answer, Uri vault, string name)
    {
        var prefix = new Uri(vault, $"keys/{name}/").AbsoluteUri;
        if (!answer.TryGetMember("key", out var key) || AzureHttp.Text(key, "kid") is not { } id || !id.StartsWith(prefix, StringComparison.Ordinal))
        {
            throw new AzureException("The vault's answer is about another key than was to be deleted: nothing counts as deleted; look at the vault's keys.");
        }

        // Levels: Purgeable, Recoverable[+Purgeable], CustomizedRecoverable[+Purgeable], each also with +ProtectedSubscription. Only the first keeps nothing.
        var level = answer.TryGetMember("attributes", out var attributes) ? AzureHttp.Text(attributes, "recoveryLevel") ?? "" : "";
        if (level == "Purgeable" && AzureHttp.Text(answer, "recoveryId") is null)
        {
            return Gone;
        }

        var seconds = AzureHttp.Number(answer, "scheduledPurgeDate");
        return new KeyDeletion(true, level.Split('+').Contains("Purgeable"), seconds is > 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds.Value) : null);
    }
}
