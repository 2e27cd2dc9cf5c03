using System.Globalization;

namespace CleanRoom.Notification.Channels.Webhooks;

/// <summary>A signed POST of the CloudEvent, as Standard Webhooks has it. The id stays the same over all attempts, the timestamp is each attempt's.</summary>
internal sealed class WebhookChannel(Uri address, WebhookSecret secret, ChannelHttp http, TimeProvider clock) : IChannel
{
    public string Kind => "webhook";

    public Task<Told> TellAsync(WaitingWord word, CancellationToken cancellationToken)
    {
        var body = word.CloudEvent();
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        return http.PostAsync(
            address,
            "application/cloudevents+json",
            body,
            [
                new("webhook-id", word.Id),
                new("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture)),
                new("webhook-signature", secret.Sign(word.Id, timestamp, body)),
            ],
            cancellationToken);
    }
}
