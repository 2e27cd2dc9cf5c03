using CleanRoom.Cryptography;

namespace CleanRoom.Attestation.Keys;

/// <summary>
/// The broker's own keys, one for each purpose: results and releases, cosignatures, TLS, what is handed over. They are made here, lie encrypted under the
/// master key, and never leave.
/// </summary>
internal sealed class BrokerKeys : IDisposable
{
    private BrokerKeys(MasterKey master, SigningKey verifier, SigningKey witness, SigningKey tls, HpkePrivateKey handOver)
    {
        Master = master;
        Verifier = verifier;
        Witness = witness;
        Tls = tls;
        HandOver = handOver;
    }

    /// <summary>Encrypts record keys and room secrets at rest.</summary>
    public MasterKey Master { get; }

    /// <summary>Signs attestation results and release entries.</summary>
    public SigningKey Verifier { get; }

    /// <summary>Cosigns checkpoints.</summary>
    public SigningKey Witness { get; }

    /// <summary>Key of the TLS certificate.</summary>
    public SigningKey Tls { get; }

    /// <summary>Another broker of the same owner seals to it what this one is to release in its stead.</summary>
    public HpkePrivateKey HandOver { get; }

    /// <summary>Opens the keys of a data folder; makes them at first use.</summary>
    /// <exception cref="BrokerKeyException">A key is missing or does not open.</exception>
    public static BrokerKeys Open(string dataFolder, string? masterKeyFile)
    {
        KeyFolder.MakeFolder(dataFolder);
        var folder = Path.Combine(dataFolder, "keys");
        var master = KeyFolder.OpenMasterKey(masterKeyFile ?? Path.Combine(dataFolder, "master.key"), folder);
        return new BrokerKeys(
            master,
            KeyFolder.OpenSigningKey(folder, "verifier", master),
            KeyFolder.OpenSigningKey(folder, "witness", master),
            KeyFolder.OpenSigningKey(folder, "tls", master),
            KeyFolder.OpenSealingKey(folder, "hand-over", master));
    }

    public void Dispose()
    {
        HandOver.Dispose();
        Tls.Dispose();
        Witness.Dispose();
        Verifier.Dispose();
        Master.Dispose();
    }
}
