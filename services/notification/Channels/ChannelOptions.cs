using System.ComponentModel.DataAnnotations;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Notification.Channels.Mail;
using CleanRoom.Notification.Channels.Webhooks;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Channels;

/// <summary>Whom to tell, besides open subscriptions, that messages wait. What is told holds no content: room, member, number.</summary>
internal sealed class ChannelOptions : IValidatableObject
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Channels";

    private const int MaximumTargets = 1_000;

    /// <summary>Who is told, by which channel. Defaults to nobody.</summary>
    public IList<TargetOptions> Targets { get; } = [];

    /// <summary>How long messages of one epoch are gathered into one word. Defaults to 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Gather { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one attempt may take. Defaults to 15 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Pause after the first failure; it doubles, and half of it is chance. Defaults to 2 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Longest pause between attempts. Defaults to 1 hour.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "24:00:00")]
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Attempts for one word before it is given up. Defaults to 64: with the default pauses more than a day, however chance shortens them.</summary>
    [Range(1, 10_000)]
    public int Attempts { get; set; } = 64;

    /// <summary>A word about messages that nobody has acknowledged is repeated after this time; zero for never. Defaults to 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "31.00:00:00")]
    public TimeSpan RemindAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Most reminders about the same messages. Defaults to 7.</summary>
    [Range(0, 1_000)]
    public int Reminders { get; set; } = 7;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Targets.Count > MaximumTargets)
        {
            yield return new ValidationResult($"Channels:Targets must be at most {MaximumTargets}.", [nameof(Targets)]);
        }

        for (var i = 0; i < Targets.Count; i++)
        {
            if (Targets[i].Problem() is { } problem)
            {
                yield return new ValidationResult($"Channels:Targets:{i}: {problem}", [nameof(Targets)]);
            }
        }
    }
}

/// <summary>One that is told.</summary>
internal sealed class TargetOptions
{
    /// <summary>The room.</summary>
    public string Room { get; set; } = string.Empty;

    /// <summary>The member whose messages wait.</summary>
    public string Member { get; set; } = string.Empty;

    /// <summary>Only what is still not acknowledged after this time: so one that is told later, of the same member, is the escalation. Defaults to zero.</summary>
    public TimeSpan After { get; set; }

    /// <summary>
    /// Hours in which it is not told, "22:00-07:00" in UTC or "22:00-07:00 Asia/Bangkok"; empty for none. The service cannot tell a risk to life from an empty slot: who must hear of one at night
    /// runs a program that reads (the SDK's RingPlan) behind a target without quiet hours.
    /// </summary>
    public string? Quiet { get; set; }

    /// <summary>Address of a webhook, https, or http on this machine. Given together with <see cref="SecretFile"/>, or not at all.</summary>
    public string? Webhook { get; set; }

    /// <summary>File with the webhook's secret: whsec_ and the base64 of 24 to 64 bytes.</summary>
    public string? SecretFile { get; set; }

    /// <summary>Address of the Dapr sidecar, by custom http://localhost:3500. Given together with <see cref="PubSub"/> and <see cref="Topic"/>, or not at all.</summary>
    public string? Dapr { get; set; }

    /// <summary>Name of the Dapr pub/sub component.</summary>
    public string? PubSub { get; set; }

    /// <summary>Topic.</summary>
    public string? Topic { get; set; }

    /// <summary>Publish the data alone, not wrapped as a CloudEvent (Dapr's rawPayload). Defaults to false.</summary>
    public bool Raw { get; set; }

    /// <summary>File with the sidecar's API token; empty for none.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Mail server that an e-mail goes through: smtps://host:465, smtp://host:587 (with STARTTLS), smtp on this machine in the clear. Given together with <see cref="From"/> and <see cref="To"/>.</summary>
    public string? Mail { get; set; }

    /// <summary>Sender of the e-mail.</summary>
    public string? From { get; set; }

    /// <summary>Recipient of the e-mail.</summary>
    public string? To { get; set; }

    /// <summary>User name at the mail server; empty for none. Given together with <see cref="PasswordFile"/>.</summary>
    public string? User { get; set; }

    /// <summary>File with the password of <see cref="User"/>.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>The e-mail channel's settings; null if there is none or something is wrong with them.</summary>
    public MailSettings? MailSettings()
    {
        if (!Uri.TryCreate(Mail, UriKind.Absolute, out var uri) || uri.Scheme is not ("smtp" or "smtps") || uri.UserInfo.Length > 0 || uri.Port <= 0 || uri.PathAndQuery is not ("/" or "")
            || !Channels.Mail.MailSettings.IsAddress(From) || !Channels.Mail.MailSettings.IsAddress(To) || string.IsNullOrEmpty(User) != string.IsNullOrEmpty(PasswordFile))
        {
            return null;
        }

        var security = uri.Scheme == "smtps" ? MailSecurity.Tls : uri.IsLoopback ? MailSecurity.None : MailSecurity.StartTls;
        try
        {
            var password = string.IsNullOrEmpty(PasswordFile) ? string.Empty : File.ReadAllText(PasswordFile).TrimEnd('\r', '\n');
            return new MailSettings(uri.Host, uri.Port, security, string.IsNullOrEmpty(User) ? null : User, password, From!, To!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What is wrong with it; null for nothing.</summary>
    public string? Problem() => this switch
    {
        _ when !RoomId.TryParse(Room, out _) => "Room must be a UUID in lower case with hyphens.",
        _ when !MemberId.TryParse(Member, out _) => "Member must be a member's id.",
        _ when After < TimeSpan.Zero || After > TimeSpan.FromDays(31) => "After must be 0 to 31 days.",
        { Quiet: { Length: > 0 } quiet } when !QuietHours.TryParse(quiet, out _) => "Quiet must be like 22:00-07:00, or 22:00-07:00 Asia/Bangkok with a time zone that this machine knows.",
        _ when new[] { Webhook, Dapr, Mail }.Count(static channel => channel is not null) != 1 => "give one of Webhook, Dapr and Mail.",
        { Mail: not null } when MailSettings() is null =>
            "Mail must be smtps://host:port or smtp://host:port, From and To plain addresses, User and PasswordFile both or neither, and the file readable.",
        { Webhook: { } address } when !IsAddress(address) => "Webhook must be an https:// address, or http:// on this machine.",
        { Webhook: not null } when !WebhookSecret.TryRead(SecretFile, out _) => "SecretFile must be a file with whsec_ and the base64 of 24 to 64 bytes.",
        { Dapr: { } address } when !IsAddress(address) => "Dapr must be an https:// address, or http:// on this machine.",
        { Dapr: not null } when !IsName(PubSub) || !IsName(Topic) => "PubSub and Topic must have 1 to 128 characters out of letters, digits, _ . -",
        { Dapr: not null, TokenFile: { Length: > 0 } file } when !File.Exists(file) => "TokenFile does not exist.",
        _ => null,
    };

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback));

    private static bool IsName(string? text) => text is { Length: > 0 and <= 128 } && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class ChannelOptionsValidator : IValidateOptions<ChannelOptions>;
