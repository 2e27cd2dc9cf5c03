using System.ComponentModel.DataAnnotations;
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

    /// <summary>Kind of evidence. Defaults to simulated, the only one in this build.</summary>
    [RegularExpression("simulated")]
    public string Evidence { get; set; } = "simulated";

    /// <summary>The longest wait between two looks at the room's clock. Defaults to one minute; shorter where the room's epochs are short.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The shortest wait before a broker that could not be reached is asked again; ten times the last start where that is longer. Defaults to five minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AskAgain { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long to wait for a quorum of cosignatures on an entry of its own. Defaults to one minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:15:00")]
    public TimeSpan CosignTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The most records in memory. Defaults to 2,000,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxRecords { get; set; } = 2_000_000;
}

[OptionsValidator]
internal sealed partial class MatchingOptionsValidator : IValidateOptions<MatchingOptions>;
