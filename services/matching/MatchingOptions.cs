using System.ComponentModel.DataAnnotations;
using CleanRoom.Matching.Evidence;
using Microsoft.Extensions.Options;

namespace CleanRoom.Matching;

/// <summary>Where the enclave finds its room. Everything else it reads from the cosigned log.</summary>
internal sealed class MatchingOptions
{
    public const string SectionName = "Matching";

    /// <summary>The room, a UUID in lower case. Required.</summary>
    [Required]
    public string Room { get; set; } = "";

    /// <summary>Address of the ingestion service, https. Required.</summary>
    [Required]
    public Uri? IngestionAddress { get; set; }

    /// <summary>Key id of the ingestion service's TLS key. Required.</summary>
    [Required]
    public string IngestionKey { get; set; } = "";

    /// <summary>
    /// How the enclave proves itself: auto, configfs-tsm, azure-vtpm, sidecar, tpm, and simulated except in measured builds. Defaults to auto: the first
    /// hardware that this machine has; without any, a measured build does not start and another one simulates, with a warning.
    /// </summary>
    [Required]
    public string Evidence { get; set; } = EvidenceSetup.Auto;

    /// <summary>Folder of the kernel's reports. Defaults to <c>/sys/kernel/config/tsm/report</c>.</summary>
    public string? TsmReports { get; set; }

    /// <summary>The TPM. Defaults to <c>/dev/tpmrm0</c>.</summary>
    public string? TpmDevice { get; set; }

    /// <summary>Address of the secure key release sidecar. Defaults to <c>http://localhost:8080/</c>.</summary>
    public Uri? Sidecar { get; set; }

    /// <summary>The longest wait between two looks at the room's clock. Defaults to one minute; shorter where the room's epochs are short.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The shortest wait before a broker that could not be reached is asked again; ten times the last start where that is longer. Defaults to five minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AskAgain { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long to wait for a quorum of cosignatures on an entry of its own. Defaults to one minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan CosignTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>File of the linkage model that the charter names; without it only rooms of the shipped model are served. Whoever may write it can stop the room, not change a weight: the charter says which it must be.</summary>
    public string? LinkageModel { get; set; }

    /// <summary>The most records in memory. Defaults to 2,000,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxRecords { get; set; } = 2_000_000;
}

[OptionsValidator]
internal sealed partial class MatchingOptionsValidator : IValidateOptions<MatchingOptions>;
