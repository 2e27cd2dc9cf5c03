using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace CleanRoom.Evidence.Platforms;

/// <summary>Calls to services of the same machine: small answers, no redirects, no proxy, no cookies.</summary>
internal static class LocalHttp
{
    /// <summary>Longest answer: 1 MiB.</summary>
    public const int MaxAnswer = 1 << 20;

    private const int MaxDepth = 8;
    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(2);

    /// <summary>What carries the calls.</summary>
    public static SocketsHttpHandler CreateHandler() => new() { AllowAutoRedirect = false, UseProxy = false, UseCookies = false, ConnectTimeout = LongestConnect };

    /// <summary>Gets a JSON object.</summary>
    public static async Task<JsonElement> GetAsync(HttpClient http, Uri address, string who, bool metadata, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (metadata)
        {
            // Azure's metadata service refuses requests that a browser or proxy could be led to make.
            request.Headers.Add("Metadata", "true");
        }

        return await SendAsync(http, request, who, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Posts a JSON object and reads one.</summary>
    public static async Task<JsonElement> PostAsync(HttpClient http, Uri address, string who, string json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await SendAsync(http, request, who, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A text member, or a refusal that names it.</summary>
    public static string Text(JsonElement owner, string name, string who) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()!
            : throw new EvidenceUnavailableException($"{who} answered without {name}: use a version of it that documents this member.");

    private static async Task<JsonElement> SendAsync(HttpClient http, HttpRequestMessage request, string who, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new EvidenceUnavailableException($"{who} answered {(int)response.StatusCode}: look at its log.");
            }

            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (!ForeignJson.TryParse(bytes, MaxDepth, out var document))
            {
                throw new EvidenceUnavailableException($"{who} answered what is no JSON, or has a member twice: look at its log.");
            }

            using (document)
            {
                return document.RootElement.Clone();
            }
        }
        catch (HttpRequestException exception)
        {
            throw new EvidenceUnavailableException($"{who} cannot be reached, or its answer is too long: start it, or choose another platform.", exception);
        }
        catch (TaskCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EvidenceUnavailableException($"{who} did not answer in time: look at its log.", exception);
        }
    }
}
