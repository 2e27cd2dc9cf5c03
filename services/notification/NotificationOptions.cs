using System.ComponentModel.DataAnnotations;
using CleanRoom.Cryptography;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification;

/// <summary>Where the log is, and limits.</summary>
internal sealed class NotificationOptions : IValidatableObject
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Notification";

    /// <summary>Address of the ingestion service, https://host:port. No default.</summary>
    [Required]
    public string IngestionAddress { get; set; } = string.Empty;

    /// <summary>Key id of its TLS key; its identity command prints it. No default.</summary>
    [Required]
    public string IngestionKey { get; set; } = string.Empty;

    /// <summary>Rooms that are followed at a time. Defaults to 1,000.</summary>
    [Range(1, 100_000)]
    public int MaximumRooms { get; set; } = 1_000;

    /// <summary>Subscriptions that one member may have open in a room. Defaults to 16.</summary>
    [Range(1, 100_000)]
    public int StreamsPerMember { get; set; } = 16;

    /// <summary>How long a delivery waits for this service to see an epoch head or an instance that is cosigned already. Defaults to 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan CatchUp { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a delivery waits for its next frame before it is cut off; it can be repeated. Defaults to 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan FrameTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often an open subscription asks whether its key is still the member's. Defaults to 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RecheckKey { get; set; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IngestionAddress.Length > 0 && !(Uri.TryCreate(IngestionAddress, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps))
        {
            yield return new ValidationResult("Notification:IngestionAddress must be an https:// address.", [nameof(IngestionAddress)]);
        }

        if (IngestionKey.Length > 0 && !KeyId.TryParse(IngestionKey, out _))
        {
            yield return new ValidationResult(
                "Notification:IngestionKey must be a key id such as spki-sha256: and 43 characters of base64url.", [nameof(IngestionKey)]);
        }
    }
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class NotificationOptionsValidator : IValidateOptions<NotificationOptions>;
