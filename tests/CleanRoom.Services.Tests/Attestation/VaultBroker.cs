using CleanRoom.Attestation;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Tests.Azure;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>What a broker with custody in a vault stands on: a local vault, a local attestation service, a machine, settings that name them.</summary>
internal sealed class VaultBroker : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-vault-");

    public VaultBroker()
    {
        Attestation = new SyntheticAttestation(TimeProvider.System);
        Door = new VaultDoor(new Signed(), Machine);
        SecondDoor = new VaultDoor(new Signed(), Machine);
        Vault.WrapKeyOf = token => SyntheticAttestation.WrapKeyOf(token, Vault.Policies[^1]);
        File.WriteAllText(PolicyFile, Policy(Attestation.Address.AbsoluteUri.TrimEnd('/'), Convert.ToHexStringLower(Machine.Measurement)));
        File.WriteAllText(AuthorityFile, Vault.Root.ExportCertificatePem() + "\n" + Attestation.Root.ExportCertificatePem());
    }

    public SyntheticVault Vault { get; } = new();

    public SyntheticAttestation Attestation { get; }

    public SyntheticMachine Machine { get; } = new();

    public string PolicyFile => Path.Combine(_folder.FullName, "policy.json");

    public string AuthorityFile => Path.Combine(_folder.FullName, "authorities.pem");

    public VaultDoor Door { get; }

    /// <summary>Of another broker that knows the same vault.</summary>
    public VaultDoor SecondDoor { get; }

    /// <summary>Settings of a broker that knows the vault, and makes new keys there or not.</summary>
    public string[] Settings(bool makesKeys = true) =>
    [
        "--Attestation:Custody=" + (makesKeys ? "key-vault" : "embedded"), "--Attestation:KeyVault:Address=" + Vault.Address, "--Attestation:KeyVault:AttestationInstance=" + Attestation.Address,
        "--Attestation:KeyVault:ReleasePolicyFile=" + PolicyFile, "--Attestation:KeyVault:AuthorityFile=" + AuthorityFile,
    ];

    public static string Policy(string authority, string measurement) => $$"""
        {"version":"1.0.0","anyOf":[{"authority":"{{authority}}","allOf":[{"claim":"x-ms-attestation-type","equals":"sevsnpvm"},{"claim":"x-ms-sevsnpvm-is-debuggable","equals":false},{"claim":"x-ms-sevsnpvm-launchmeasurement","equals":"{{measurement}}"}]}]}
        """;

    /// <summary>Lets the keys of a room be made.</summary>
    public void Allow(string room, int periods = 2)
    {
        Vault.Allow($"cleanroom-{room}-secret");
        for (var period = 1; period <= periods; period++)
        {
            Vault.Allow($"cleanroom-{room}-record-{period}");
        }
    }

    public void Dispose()
    {
        Door.Dispose();
        SecondDoor.Dispose();
        Attestation.Dispose();
        Vault.Dispose();
        _folder.Delete(recursive: true);
    }

    private sealed class Signed : IAccessTokens
    {
        public ValueTask<string> GetAsync(string resource, CancellationToken cancellationToken) => ValueTask.FromResult("access");
    }
}
