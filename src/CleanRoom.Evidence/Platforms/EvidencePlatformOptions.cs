namespace CleanRoom.Evidence.Platforms;

/// <summary>Where a machine gives evidence. The defaults are the places that the kernel and the clouds document; tests put others there.</summary>
public sealed record EvidencePlatformOptions
{
    /// <summary>Folder of the kernel's report interface (Documentation/ABI/testing/configfs-tsm-report). Defaults to <c>/sys/kernel/config/tsm/report</c>.</summary>
    public string TsmReports { get; init; } = "/sys/kernel/config/tsm/report";

    /// <summary>The TPM behind the kernel's resource manager. Defaults to <c>/dev/tpmrm0</c>.</summary>
    public string TpmDevice { get; init; } = "/dev/tpmrm0";

    /// <summary>Handle of the attestation key in the TPM. Defaults to 0x81000003, Azure's.</summary>
    public uint AttestationKey { get; init; } = 0x81000003;

    /// <summary>Azure's metadata service. Defaults to <c>http://169.254.169.254/</c>.</summary>
    public Uri Metadata { get; init; } = new("http://169.254.169.254/");

    /// <summary>The secure key release sidecar of the same container group. Defaults to <c>http://localhost:8080/</c>.</summary>
    public Uri Sidecar { get; init; } = new("http://localhost:8080/");

    /// <summary>Longest wait for a platform's answer. Defaults to 10 seconds.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);
}
