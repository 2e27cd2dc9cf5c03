using System.Net.Http.Headers;

namespace CleanRoom.Admin.Commands;

/// <summary>Asks a management port (<c>Management:HealthPort</c>) by <c>grpc.health.v1.Health/Check</c>, whose whole exchange is two short messages over HTTP/2 without TLS.</summary>
internal static class HealthProbe
{
    private const int MaximumAnswer = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What a service says about itself.</summary>
    /// <param name="address">http://host:port.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<ServiceAnswer> AskAsync(Uri address, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = Patience, UseProxy = false, AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = MaximumAnswer };

        // gRPC over HTTP/2: one byte that says "not compressed", four of length; the question is an empty message.
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, "/grpc.health.v1.Health/Check"))
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);

            // Field 1, a number: 1 is SERVING.
            return !response.IsSuccessStatusCode || answer is not [0, 0, 0, 0, 2, 8, var status] ? ServiceAnswer.Unreachable
                : status == 1 ? ServiceAnswer.Serving
                : ServiceAnswer.NotServing;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return ServiceAnswer.Unreachable;
        }
    }
}

/// <summary>What a management port answers.</summary>
internal enum ServiceAnswer
{
    /// <summary>Nothing, or nothing that makes sense.</summary>
    Unreachable,

    /// <summary>It can do its work.</summary>
    Serving,

    /// <summary>It runs and cannot do its work.</summary>
    NotServing,
}
