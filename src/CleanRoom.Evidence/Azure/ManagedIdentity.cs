using CleanRoom.Evidence.Platforms;

namespace CleanRoom.Evidence.Azure;

/// <summary>Gives access tokens for services of Azure.</summary>
public interface IAccessTokens
{
    /// <summary>Gives a token.</summary>
    /// <param name="resource">Whose: <c>https://vault.azure.net</c>, <c>https://managedhsm.azure.net</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="AzureException">There is none to be had.</exception>
    ValueTask<string> GetAsync(string resource, CancellationToken cancellationToken);
}

/// <summary>
/// The identity that Azure gives to a machine or container group (Azure instance metadata service, <c>/metadata/identity/oauth2/token</c>, 2018-02-01). The service keeps tokens itself, so none is
/// kept here.
/// </summary>
/// <param name="metadata">Address of the metadata service.</param>
/// <param name="clientId">Client id of a user-assigned identity; null: the machine's own.</param>
public sealed class ManagedIdentity(Uri metadata, string? clientId) : IAccessTokens, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(LocalHttp.CreateHandler()) { Timeout = Timeout, MaxResponseContentBufferSize = LocalHttp.MaxAnswer };

    /// <inheritdoc/>
    public async ValueTask<string> GetAsync(string resource, CancellationToken cancellationToken)
    {
        var query = $"metadata/identity/oauth2/token?api-version=2018-02-01&resource={Uri.EscapeDataString(resource)}"
            + (string.IsNullOrEmpty(clientId) ? "" : $"&client_id={Uri.EscapeDataString(clientId)}");
        try
        {
            var answer = await LocalHttp.GetAsync(_http, new Uri(metadata, query), "the metadata service", metadata: true, cancellationToken).ConfigureAwait(false);
            return LocalHttp.Text(answer, "access_token", "the metadata service");
        }
        catch (EvidenceUnavailableException exception)
        {
            throw new AzureException(
                "This machine cannot sign in to Azure: give it a managed identity, and name that one's client id if there are several (Attestation:KeyVault:ClientId of a broker, client-id= in a key's address).", exception)
            {
                Problem = AzureProblem.Refused,
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
