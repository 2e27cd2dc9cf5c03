using System.Net;

namespace CleanRoom.Evidence.Azure;

/// <summary>
/// Asks again where a service of Azure asks to wait or fails for a moment (429, 500, 502, 503, 504): three times more, after half a second, one and two, or after what Retry-After says. A wait that is
/// longer than ten seconds is not waited for: the answer goes to the caller as it came. For requests that do the same when they are made twice.
/// </summary>
/// <param name="clock">Waits.</param>
/// <param name="inner">Carries the requests; disposed with this.</param>
public sealed class AzureRetries(TimeProvider clock, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>How often a request is made at most.</summary>
    public const int Attempts = 4;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var wait = FirstWait;
        for (var attempt = 1; ; attempt++, wait *= 2)
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var asked = response.Headers.RetryAfter?.Delta ?? wait;
            if (attempt == Attempts || asked > LongestWait || response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
            {
                return response;
            }

            response.Dispose();
            await Task.Delay(asked, clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
