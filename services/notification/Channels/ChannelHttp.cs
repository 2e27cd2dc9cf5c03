using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Channels;

/// <summary>Sends what channels say. Follows no redirect, uses no proxy, reads no answer's body, waits for nobody longer than an attempt may take.</summary>
internal sealed class ChannelHttp : IDisposable
{
    private readonly HttpClient _client;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _clock;

    public ChannelHttp(IOptions<ChannelOptions> options, TimeProvider clock)
    {
        _timeout = options.Value.AttemptTimeout;
        _clock = clock;
#pragma warning disable CA2000 // the client disposes of its handler
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = _timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 0,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
#pragma warning restore CA2000
    }

    public async Task<Told> PostAsync(
        Uri address, string contentType, byte[] body, IReadOnlyList<KeyValuePair<string, string>> headers, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(_timeout, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            return response.StatusCode switch
            {
                HttpStatusCode.Gone => new Told.Gone(),
                _ when response.IsSuccessStatusCode => new Told.Taken(),
                var status => new Told.Failed($"status {(int)status}", response.Headers.RetryAfter?.Delta),
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Told.Failed("timeout");
        }
        catch (HttpRequestException exception)
        {
            return new Told.Failed(exception.HttpRequestError.ToString());
        }
    }

    public void Dispose() => _client.Dispose();
}
