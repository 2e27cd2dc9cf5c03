using System.Text.RegularExpressions;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Keys.Vaults;

/// <summary>
/// Where a signing key lies in Azure Key Vault or a Managed HSM, as the vault's own key identifier: <c>https://NAME.vault.azure.net/keys/KEY/VERSION</c>. The version may not be missing: a key without one is
/// another one after each rotation. Whoever uses it is signed in by <c>az login</c>, or with <c>?sign-in=managed-identity</c> (and <c>&amp;client-id=ID</c> if the machine has several) by the machine's managed
/// identity. Nothing else may stand in it; it holds no secret. Services: <c>vault.azure.net</c>, <c>managedhsm.azure.net</c>, and those of the clouds of China and of the United States' government.
/// </summary>
public sealed partial class VaultKeyUri : KeyAddress
{
    /// <summary>What it begins with.</summary>
    public const string Scheme = "https://";

    internal const string Form = "write https://NAME.vault.azure.net/keys/KEY/VERSION as the vault shows it, with ?sign-in=managed-identity behind it on a machine that signs in by itself";

    private VaultKeyUri(string text)
        : base(text)
    {
    }

    /// <summary>Address of the vault or HSM.</summary>
    public required Uri Vault { get; init; }

    /// <summary>Name of the key.</summary>
    public required string Key { get; init; }

    /// <summary>Version of the key: 32 hexadecimal digits.</summary>
    public required string Version { get; init; }

    /// <summary>The machine's managed identity signs in; otherwise whoever did <c>az login</c>.</summary>
    public bool UsesManagedIdentity { get; private init; }

    /// <summary>Which of the machine's identities, by its client id; null: the machine's own.</summary>
    public string? ClientId { get; private init; }

    internal override string Holder => "the vault " + Vault.Host;

    /// <inheritdoc/>
    public override ISigningKey OpenKey(Func<string, string?>? askPin) => VaultSigningKey.Open(this);

    /// <returns>Null with what is wrong.</returns>
    internal static VaultKeyUri? Read(string text, out string? problem)
    {
        var host = Host().Match(text);
        var key = host.Success ? KeyPath().Match(text, host.Length) : Match.Empty;
        problem = !host.Success ? "names no vault of Azure"
            : !key.Success ? "names no key with its version of 32 hexadecimal digits, or has something behind it that is neither sign-in=managed-identity nor client-id="
            : null;
        return problem is not null ? null : new VaultKeyUri(text)
        {
            Vault = new Uri(host.Value),
            Key = key.Groups["key"].Value,
            Version = key.Groups["version"].Value,
            UsesManagedIdentity = key.Groups["machine"].Success,
            ClientId = key.Groups["client"] is { Success: true } client ? client.Value : null,
        };
    }

    // Microsoft's own names alone: an access token for all vaults of a tenant goes there. No port, no user, no other spelling.
    [GeneratedRegex(@"\Ahttps://[a-z][a-z0-9-]{1,22}[a-z0-9]\.(vault|managedhsm)\.(azure\.net|azure\.cn|usgovcloudapi\.net)/", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Host();

    [GeneratedRegex(
        @"\Gkeys/(?<key>[A-Za-z0-9-]{1,127})/(?<version>[0-9a-f]{32})(?<machine>\?sign-in=managed-identity(&client-id=(?<client>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}))?)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex KeyPath();
}
