using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Hosting;
using CleanRoom.Notification.Channels.Dapr;
using CleanRoom.Notification.Channels.Mail;
using CleanRoom.Notification.Channels.Webhooks;
using CleanRoom.Storage.Slots;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Channels;

/// <summary>Runs a herald for each target: one that is slow or broken holds no other up.</summary>
internal sealed class ChannelService(IOptions<ChannelOptions> options, ISlotStore slots, ChannelHttp http, TimeProvider clock, ILogger<ChannelService> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(options.Value.Targets.Select(target => HeraldOf(target).RunAsync(stoppingToken)));

    private Herald HeraldOf(TargetOptions target) => new(
        RoomId.Parse(target.Room), MemberId.Parse(target.Member), target.After, QuietHours.TryParse(target.Quiet, out var quiet) ? quiet : null, ChannelOf(target), slots, options.Value, clock, logger);

    // All of it was checked with the options.
    private IChannel ChannelOf(TargetOptions target) =>
        target.Webhook is { } address && WebhookSecret.TryRead(target.SecretFile, out var secret) ? new WebhookChannel(new Uri(address), secret, http, clock)
        : target.MailSettings() is { } mail ? new MailChannel(mail, options.Value.AttemptTimeout, clock)
        : new DaprChannel(new Uri(target.Dapr!), target.PubSub!, target.Topic!, target.Raw, TokenOf(target), http);

    private static string TokenOf(TargetOptions target) => string.IsNullOrEmpty(target.TokenFile) ? string.Empty : File.ReadAllText(target.TokenFile).Trim();
}

/// <summary>Adds the channels.</summary>
internal static class ChannelSetup
{
    public static void AddChannels(this WebApplicationBuilder builder)
    {
        builder.Services.AddCheckedOptions<ChannelOptions, ChannelOptionsValidator>(ChannelOptions.SectionName);
        builder.Services.AddSingleton<ChannelHttp>();
        builder.Services.AddHostedService<ChannelService>();
    }
}
