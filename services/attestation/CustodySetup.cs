using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Attestation.Keys;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Evidence.Policies;
using CleanRoom.Hosting.Startup;

namespace CleanRoom.Attestation;

/// <summary>Builds the custodies that the settings name. What is wrong with them stops the start, all of it in one message; whether the vault answers shows with the first key.</summary>
internal static class CustodySetup
{
    private static readonly TimeSpan LongestTimeout = TimeSpan.FromMinutes(2);

    private static readonly Dictionary<string, KeyWrapping> Wrappings = new[] { KeyWrapping.Sha384, KeyWrapping.Sha256, KeyWrapping.Pkcs11 }.ToDictionary(wrapping => wrapping.Name);

    /// <summary>The custodies, the one that makes new secrets first.</summary>
    public static RoomKeys Open(AttestationOptions options, BrokerKeys keys, VaultDoor door, TimeProvider clock)
    {
        var embedded = new EmbeddedCustody(keys);
        var wanted = options.Custody == KeyVaultCustody.CustodyName;
        if (options.KeyVault.Address is null)
        {
            return wanted ? throw Bad("Attestation:KeyVault:Address must be set with Attestation:Custody=key-vault.") : new RoomKeys([embedded]);
        }

        var vault = OpenVault(options.KeyVault, keys, door, clock);
        return new RoomKeys(wanted ? [vault, embedded] : [embedded, vault]);
    }

    private static KeyVaultCustody OpenVault(KeyVaultOptions options, BrokerKeys keys, VaultDoor door, TimeProvider clock)
    {
        var problems = new List<string>();
        Require(AzureHttp.IsOrigin(options.Address!), "Address must be https and without a path");
        Require(options.AttestationInstance is { } instance && AzureHttp.IsOrigin(instance), "AttestationInstance must be https and without a path");
        Require(Wrappings.TryGetValue(options.Wrapping, out var wrapping), $"Wrapping must be one of {string.Join(", ", Wrappings.Keys)}");
        Require(options.Evidence is "auto" or EvidencePlatforms.Sidecar or EvidencePlatforms.ConfigFsTsm, "Evidence must be auto, sidecar or configfs-tsm");
        Require(options.Timeout > TimeSpan.Zero && options.Timeout <= LongestTimeout, "Timeout must be between 0 and 2 minutes");
        var policy = ReadPolicy(options, problems);
        var roots = ReadRoots(options, problems);
        if (problems.Count > 0)
        {
            throw Bad(string.Join(" ", problems));
        }

        var http = door.Connect(roots, options.Timeout);
        var vault = new KeyVaultClient(http, options.Address!, token => door.Identity.GetAsync(KeyVaultClient.ResourceOf(options.Address!), token), roots, clock);
        var attestation = new AzureAttestationClient(http, options.AttestationInstance!, clock);
        return new KeyVaultCustody(vault, () => new VaultSession(vault, attestation, door.Evidence, wrapping!), new VaultKeyRules(policy, options.Immutable), keys, clock);

        void Require(bool holds, string what)
        {
            if (!holds)
            {
                problems.Add($"Attestation:KeyVault:{what}.");
            }
        }
    }

    private static byte[] ReadPolicy(KeyVaultOptions options, List<string> problems)
    {
        var file = options.ReleasePolicyFile is { Length: > 0 } path ? new FileInfo(path) : null;
        if (file is not { Exists: true, Length: <= ReleasePolicy.MaxSize })
        {
            problems.Add("Attestation:KeyVault:ReleasePolicyFile must be a file of at most 64 KiB with a release policy.");
            return [];
        }

        var json = File.ReadAllBytes(file.FullName);
        if (!ReleasePolicy.TryParse(json, out var policy, out var problem))
        {
            problems.Add($"Attestation:KeyVault:ReleasePolicyFile: {problem}");
        }
        else if (policy.Authorities.Any(authority => !Uri.TryCreate(authority, UriKind.Absolute, out var issuer) || issuer != options.AttestationInstance))
        {
            // Whoever else may vouch can let keys out.
            problems.Add("Attestation:KeyVault:ReleasePolicyFile must name the instance of Attestation:KeyVault:AttestationInstance and no other authority.");
        }

        return json;
    }

    private static X509Certificate2Collection? ReadRoots(KeyVaultOptions options, List<string> problems)
    {
        if (options.AuthorityFile is not { Length: > 0 } path)
        {
            return null;
        }

        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPemFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            roots.Clear();
        }

        if (roots.Count == 0)
        {
            problems.Add("Attestation:KeyVault:AuthorityFile must be a file with PEM certificates.");
        }

        return roots;
    }

    private static StartupException Bad(string message) => new(ExitCode.BadOption, message);
}

/// <summary>What stands between the broker and the vault: who it is to Azure, evidence of its machine, and the connection.</summary>
/// <param name="identity">Signs in.</param>
/// <param name="evidence">Gives evidence.</param>
internal sealed class VaultDoor(IAccessTokens identity, IRuntimeEvidenceProvider evidence) : IDisposable
{
    private SocketsHttpHandler? _handler;
    private HttpClient? _http;

    public IAccessTokens Identity => identity;

    public IRuntimeEvidenceProvider Evidence => evidence;

    /// <summary>The connection to vault and attestation service, which stays the door's.</summary>
    public HttpClient Connect(X509Certificate2Collection? roots, TimeSpan timeout)
    {
        Dispose();
        _handler = AzureHttp.CreateHandler(roots);
        _http = new HttpClient(_handler, disposeHandler: false) { Timeout = timeout };
        return _http;
    }

    public void Dispose()
    {
        _http?.Dispose();
        _handler?.Dispose();
    }
}

/// <summary>Evidence of this machine, looked for when it is needed: a broker that only keeps old keys in a vault must start on any machine.</summary>
internal sealed class MachineEvidence(string name, TimeProvider clock) : IRuntimeEvidenceProvider, IDisposable
{
    private readonly EvidencePlatforms _platforms = new(new EvidencePlatformOptions(), clock);

    public async ValueTask<EvidenceEnvelope> GetRuntimeEvidenceAsync(ReadOnlyMemory<byte> runtimeData, CancellationToken cancellationToken)
    {
        var provider = await _platforms.OpenRuntimeAsync(name == "auto" ? null : name, cancellationToken);
        return await provider.GetRuntimeEvidenceAsync(runtimeData, cancellationToken);
    }

    public void Dispose() => _platforms.Dispose();
}
