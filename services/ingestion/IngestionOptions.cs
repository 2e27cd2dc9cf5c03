using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion;

/// <summary>Limits of the ingestion service.</summary>
internal sealed class IngestionOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Ingestion";

    /// <summary>Rooms that this service keeps. Defaults to 1,000.</summary>
    [Range(1, 100_000)]
    public int MaximumRooms { get; set; } = 1_000;

    /// <summary>Uploads that one contributor may have open in a room. Defaults to 8.</summary>
    [Range(1, 1_000)]
    public int OpenUploadsPerContributor { get; set; } = 8;

    /// <summary>
    /// Reads of the log and of ciphertexts that one member, one service or all strangers together may have open in a room: each holds up to a page of it in
    /// memory. Defaults to 32.
    /// </summary>
    [Range(1, 1_000)]
    public int ReadsPerCaller { get; set; } = 32;

    /// <summary>
    /// Bytes of ciphertext after which a contributor may begin no more uploads in a room in a month of room time; one that was begun goes on. Defaults to 64 GiB.
    /// </summary>
    [Range(1L, 1L << 50)]
    public long BytesPerContributor { get; set; } = 64L << 30;

    /// <summary>The same for all contributors of a room together. Defaults to 256 GiB.</summary>
    [Range(1L, 1L << 50)]
    public long BytesPerRoom { get; set; } = 256L << 30;

    /// <summary>Entries a minute that one member may bring into a room's log on average, batches included. Defaults to 600.</summary>
    [Range(1, 1_000_000)]
    public int EntriesPerMinute { get; set; } = 600;

    /// <summary>Writes of uploads at a time; who waits for one is let in by turns of rooms. Defaults to 16.</summary>
    [Range(1, 1_000)]
    public int WritesAtATime { get; set; } = 16;

    /// <summary>How long an upload waits for its next chunk before it is cut off; it can be resumed. Defaults to 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan ChunkTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long without a new part an incomplete upload is deleted. Defaults to 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan AbandonedAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a witness may take to answer. Defaults to 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan WitnessTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest pause after rounds without a quorum; it starts at 50 milliseconds and doubles. Defaults to 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How old the last cosigned checkpoint may become while nothing is appended: room time stands still otherwise. A quarter of the
    /// charter's epoch is used where that is shorter. Defaults to 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan RefreshTimeAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>After how long with entries that no quorum has cosigned the service reports that it is not ready. Defaults to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan UnreadyAfter { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class IngestionOptionsValidator : IValidateOptions<IngestionOptions>;
