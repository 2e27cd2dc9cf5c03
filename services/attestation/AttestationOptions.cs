using System.ComponentModel.DataAnnotations;
using CleanRoom.Attestation.Keys;
using Microsoft.Extensions.Options;

namespace CleanRoom.Attestation;

/// <summary>Settings of one owner's verifier, key broker and witness. Read once, checked at start.</summary>
internal sealed class AttestationOptions
{
    public const string SectionName = "Attestation";

    /// <summary>File with the master key, 43 characters of base64url. Defaults to <c>master.key</c> in the data folder, made (mode 0600) at first use.</summary>
    public string? MasterKeyFile { get; set; }

    /// <summary>Member id of the owner, as charters list it. No default.</summary>
    [Required, RegularExpression("^[a-z0-9][a-z0-9-]{0,62}$", ErrorMessage = "Owner must be a member id: 1 to 63 of a-z, 0-9 and hyphen.")]
    public string Owner { get; set; } = string.Empty;

    /// <summary>The owner's organisation key as JWK, or the path of a file that holds it. Charters must list the owner with this key. No default.</summary>
    [Required]
    public string OrganisationKey { get; set; } = string.Empty;

    /// <summary>Key ids (<c>spki-sha256:…</c>) of the TLS keys that may call BrokerService: the owner's administrators. Defaults to none: nobody.</summary>
    [MaxLength(16)]
    public IList<string> AdminKeys { get; } = [];

    /// <summary>Address of ingestion to use instead of the charter's; the charter's pin still counts. Defaults to none.</summary>
    public Uri? IngestionAddress { get; set; }

    /// <summary>Longest lease of a released key; a charter's shorter one counts. Defaults to 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "7.00:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How far the room time of a checkpoint may be from this broker's clock, either way, for a release. Defaults to 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Take part in simulated rooms, where no hardware stands behind the evidence. Defaults to no.</summary>
    public bool AllowSimulated { get; set; }

    /// <summary>
    /// Folder with the hardware vendors' collateral: certificates, revocation lists, TCB info and identities, found by what they hold (docs/attestation.md).
    /// Read again once a minute at most. Defaults to none: then evidence of real hardware that needs any is refused.
    /// </summary>
    public string? CollateralFolder { get; set; }

    /// <summary>
    /// Key ids (<c>spki-sha256:…</c>) of the makers of collateral packs. If any is named, only packs by these count, and loose files in the folder do not. Defaults to none.
    /// </summary>
    [MaxLength(16)]
    public IList<string> CollateralSigners { get; } = [];

    /// <summary>Where new record keys and room secrets are kept: <c>embedded</c> (encrypted by this broker) or <c>key-vault</c>. What was made before stays where it is. Defaults to <c>embedded</c>.</summary>
    [RegularExpression("^(embedded|key-vault)$", ErrorMessage = "Custody must be embedded or key-vault.")]
    public string Custody { get; set; } = EmbeddedCustody.CustodyName;

    /// <summary>Settings of custody in Azure Key Vault or Managed HSM; needed with <c>Custody=key-vault</c>, and as long as keys are kept there.</summary>
    public KeyVaultOptions KeyVault { get; } = new();

    /// <summary>Most nonces of a room that are given out and not used. Defaults to 64.</summary>
    [Range(1, 4096)]
    public int MaximumOutstandingNonces { get; set; } = 64;

    /// <summary>How long a release waits for its entry to be cosigned. Defaults to 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan ReleaseTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class AttestationOptionsValidator : IValidateOptions<AttestationOptions>;
