using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Page;

/// <summary>The inbox page: a listener of its own for browsers, which show no client certificate. Off unless a port is given.</summary>
internal sealed class PageOptions : IValidatableObject
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Page";

    /// <summary>TCP port for browsers; 0 takes a free one; empty for no page. Defaults to empty.</summary>
    [Range(0, 65535)]
    public int? Port { get; set; }

    /// <summary>IP address to listen on. Defaults to 127.0.0.1.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>PEM file with a certificate that browsers trust; empty for the service's own, which they do not. Given together with <see cref="KeyFile"/>.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>PEM file with the unencrypted key of that certificate.</summary>
    public string? KeyFile { get; set; }

    /// <summary>Folder with the built page (<c>npm run build</c> in web/); empty to serve the calls only. Defaults to empty.</summary>
    public string? Folder { get; set; }

    /// <summary>Other origins from which the page may call, such as https://inbox.example.org, where a member serves it itself. Defaults to none.</summary>
    public IList<string> Origins { get; } = [];

    /// <summary>File that receives the page's address once the service listens. Defaults to none.</summary>
    public string? AddressFile { get; set; }

    /// <summary>How long somebody stays signed in without a call. Defaults to 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "12:00:00")]
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long somebody stays signed in at most. Defaults to 8 hours.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "24:00:00")]
    public TimeSpan SessionLife { get; set; } = TimeSpan.FromHours(8);

    /// <summary>Sessions at a time. Defaults to 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaximumSessions { get; set; } = 10_000;

    /// <summary>Attempts to sign in a minute and address. Defaults to 60.</summary>
    [Range(1, 100_000)]
    public int SignInsPerMinute { get; set; } = 60;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IPAddress.TryParse(Address, out _))
        {
            yield return new ValidationResult("Page:Address must be an IP address such as 127.0.0.1, 0.0.0.0 or ::.", [nameof(Address)]);
        }

        if (string.IsNullOrEmpty(CertificateFile) != string.IsNullOrEmpty(KeyFile))
        {
            yield return new ValidationResult("Page:CertificateFile and Page:KeyFile must be given together or not at all.", [nameof(CertificateFile)]);
        }

        if (!string.IsNullOrEmpty(Folder) && !File.Exists(Path.Combine(Folder, PageFiles.Start)))
        {
            yield return new ValidationResult($"Page:Folder {Folder} holds no built page: run \"npm ci\" and \"npm run build\" in the folder web.", [nameof(Folder)]);
        }

        if (!Origins.All(static origin => Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme == Uri.UriSchemeHttps && uri.GetLeftPart(UriPartial.Authority) == origin))
        {
            yield return new ValidationResult("Page:Origins must be origins such as https://inbox.example.org.", [nameof(Origins)]);
        }
    }
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class PageOptionsValidator : IValidateOptions<PageOptions>;
