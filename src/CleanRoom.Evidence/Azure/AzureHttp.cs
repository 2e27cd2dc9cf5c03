using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace CleanRoom.Evidence.Azure;

/// <summary>Calls to Azure's services: https only, no redirects, no cookies, small answers, JSON without a member twice. The body of a refusal is never read.</summary>
public static class AzureHttp
{
    /// <summary>Longest answer: 1 MiB (an instance's key set holds certificates with evidence in them).</summary>
    public const int MaxAnswer = 1 << 20;

    private const int MaxDepth = 24;

    /// <summary>What carries the calls.</summary>
    /// <param name="roots">Authorities that count for the services' certificates; null: the system's.</param>
    public static SocketsHttpHandler CreateHandler(X509Certificate2Collection? roots)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (roots is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            policy.CustomTrustStore.AddRange(roots);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return handler;
    }

    /// <summary>An https address without path, query or user.</summary>
    /// <exception cref="ArgumentException">It is another one.</exception>
    internal static Uri RequireOrigin(Uri address, string parameter)
    {
        ArgumentNullException.ThrowIfNull(address, parameter);
        return IsOrigin(address) ? address : throw new ArgumentException("A service has an https address without a path.", parameter);
    }

    /// <summary>Tells whether an address is https and has neither path, query nor user.</summary>
    /// <param name="address">The address.</param>
    public static bool IsOrigin(Uri address) =>
        address is { IsAbsoluteUri: true } && address.Scheme == Uri.UriSchemeHttps && address.PathAndQuery == "/" && address.UserInfo.Length == 0 && address.Fragment.Length == 0;

    /// <summary>Sends a request.</summary>
    /// <param name="http">Carries it.</param>
    /// <param name="method">Method.</param>
    /// <param name="address">Address.</param>
    /// <param name="json">Body, or null for none.</param>
    /// <param name="accessToken">Bearer token, or null for none.</param>
    /// <param name="who">How the service is called in errors: "The vault".</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Status and, with 200, the JSON.</returns>
    internal static async Task<(HttpStatusCode Status, JsonElement Body)> SendAsync(
        HttpClient http, HttpMethod method, Uri address, byte[]? json, string? accessToken, string who, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        if (accessToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        }

        if (json is not null)
        {
            request.Content = new ByteArrayContent(json);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        // The client's own limit ends with the headers: who sends the body a byte a minute is held to the same.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(http.Timeout);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return (response.StatusCode, default);
            }

            await response.Content.LoadIntoBufferAsync(MaxAnswer, limit.Token).ConfigureAwait(false);
            var bytes = await response.Content.ReadAsByteArrayAsync(limit.Token).ConfigureAwait(false);
            if (!ForeignJson.TryParse(bytes, MaxDepth, out var document))
            {
                throw new AzureException($"{who}'s answer is no JSON, or has a member twice: check its address.");
            }

            using (document)
            {
                return (response.StatusCode, document.RootElement.Clone());
            }
        }
        catch (HttpRequestException exception)
        {
            throw new AzureException($"{who} cannot be reached, is not who it should be, or its answer is too long: check the connection and its address.", exception) { Problem = AzureProblem.Unavailable };
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AzureException($"{who} did not answer in time: try again later.", exception) { Problem = AzureProblem.Unavailable };
        }
    }

    internal static string? Text(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;

    internal static long? Number(JsonElement owner, string name) =>
        owner.TryGetMember(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt64(out var number) ? number : null;
}
