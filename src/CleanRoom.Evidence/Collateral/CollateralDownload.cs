using System.Globalization;
using System.Net;

namespace CleanRoom.Evidence.Collateral;

/// <summary>A vendor's service did not give what it should. The message is one sentence that names the address.</summary>
internal sealed class CollateralException(string message) : Exception(message);

/// <summary>Gets one file: bounded, without redirects, with every answer that is not the file told apart.</summary>
internal static class CollateralDownload
{
    /// <summary>Longest answer: 1 MiB.</summary>
    public const int MaxAnswer = 1 << 20;

    /// <summary>Gets a file and one of its headers.</summary>
    public static async Task<(byte[] Content, string? Header)> GetAsync(HttpClient http, Uri address, string? header, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            switch (response.StatusCode)
            {
                case HttpStatusCode.OK:
                    break;
                case HttpStatusCode.TooManyRequests:
                    var wait = response.Headers.RetryAfter?.Delta is { } delta ? string.Create(CultureInfo.InvariantCulture, $" {delta.TotalSeconds:0} seconds") : "";
                    throw new CollateralException($"{address}: the service asks to wait{wait}; try again then.");
                case HttpStatusCode.NotFound:
                    throw new CollateralException($"{address}: the service has no such file; check the platform's kind and numbers.");
                default:
                    throw new CollateralException($"{address}: the service answered {(int)response.StatusCode}; try again later.");
            }

            if (response.Content.Headers.ContentLength > MaxAnswer)
            {
                throw new CollateralException($"{address}: the answer is longer than {MaxAnswer} bytes; this is not the vendor's service.");
            }

            return (await ReadAsync(response, address, cancellationToken).ConfigureAwait(false), Header(response, header));
        }
        catch (HttpRequestException)
        {
            throw new CollateralException($"{address}: the service cannot be reached; check the connection, or import a pack that somebody else fetched.");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CollateralException($"{address}: the service did not answer in time; try again later.");
        }
    }

    private static async Task<byte[]> ReadAsync(HttpResponseMessage response, Uri address, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream();
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = new byte[16 << 10];
        for (var read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false); read > 0; read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false))
        {
            await content.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            if (content.Length > MaxAnswer)
            {
                throw new CollateralException($"{address}: the answer is longer than {MaxAnswer} bytes; this is not the vendor's service.");
            }
        }

        return content.ToArray();
    }

    private static string? Header(HttpResponseMessage response, string? name) =>
        name is not null && response.Headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;
}
