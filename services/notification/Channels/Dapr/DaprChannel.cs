namespace CleanRoom.Notification.Channels.Dapr;

/// <summary>Publishes through the sidecar's HTTP API: POST /v1.0/publish/{pubsub}/{topic} (Dapr, Pub/sub API reference).</summary>
internal sealed class DaprChannel : IChannel
{
    private readonly Uri _address;
    private readonly bool _raw;
    private readonly KeyValuePair<string, string>[] _headers;
    private readonly ChannelHttp _http;

    /// <param name="sidecar">Where the sidecar listens.</param>
    /// <param name="pubSub">Name of the component.</param>
    /// <param name="topic">Topic.</param>
    /// <param name="raw">The data alone, without Dapr's envelope.</param>
    /// <param name="token">The sidecar's API token; empty for none.</param>
    /// <param name="http">Sends.</param>
    public DaprChannel(Uri sidecar, string pubSub, string topic, bool raw, string token, ChannelHttp http)
    {
        _address = new Uri(sidecar, $"/v1.0/publish/{pubSub}/{topic}{(raw ? "?metadata.rawPayload=true" : string.Empty)}");
        _raw = raw;
        _headers = token.Length > 0 ? [new("dapr-api-token", token)] : [];
        _http = http;
    }

    public string Kind => "dapr";

    public Task<Told> TellAsync(WaitingWord word, CancellationToken cancellationToken) => _raw
        ? _http.PostAsync(_address, "application/json", word.Data(), _headers, cancellationToken)
        : _http.PostAsync(_address, "application/cloudevents+json", word.CloudEvent(), _headers, cancellationToken);
}
