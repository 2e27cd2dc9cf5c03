namespace CleanRoom.Attestation;

/// <summary>Settings of custody in Azure Key Vault (Premium) or Managed HSM (docs/attestation.md). Checked at start, all at once, as soon as <see cref="Address"/> is set.</summary>
internal sealed class KeyVaultOptions
{
    /// <summary>Address of the vault (<c>https://NAME.vault.azure.net/</c>) or HSM (<c>https://NAME.managedhsm.azure.net/</c>), in the owner's own subscription. Defaults to none.</summary>
    public Uri? Address { get; set; }

    /// <summary>The instance of Azure Attestation that vouches for this broker, <c>https://NAME.REGION.attest.azure.net</c>. The release policy must name it and no other. No default.</summary>
    public Uri? AttestationInstance { get; set; }

    /// <summary>File with the release policy that new keys get, grammar 1.0.0, at most 64 KiB: the measurement of this broker's own machine. No default.</summary>
    public string? ReleasePolicyFile { get; set; }

    /// <summary>Make keys whose policy can never be changed: another build of the broker then needs new keys. Defaults to no.</summary>
    public bool Immutable { get; set; }

    /// <summary>How keys are wrapped on their way: <c>RSA_AES_KEY_WRAP_384</c>, <c>RSA_AES_KEY_WRAP_256</c> or <c>CKM_RSA_AES_KEY_WRAP</c>. Defaults to the first.</summary>
    public string Wrapping { get; set; } = "RSA_AES_KEY_WRAP_384";

    /// <summary>What gives evidence of this machine: <c>sidecar</c>, <c>configfs-tsm</c>, or <c>auto</c> for the first of them that is there. Defaults to <c>auto</c>.</summary>
    public string Evidence { get; set; } = "auto";

    /// <summary>Client id of the user-assigned managed identity with which the broker signs in. Defaults to none: the machine's own identity.</summary>
    public string? ClientId { get; set; }

    /// <summary>File with PEM certificates of the authorities that count for vault and attestation service, instead of the system's: for private clouds. Defaults to none.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>Longest wait for one answer of a service. Defaults to 15 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);
}
