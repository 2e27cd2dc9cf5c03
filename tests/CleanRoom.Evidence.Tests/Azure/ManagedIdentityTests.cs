using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Tests.Platforms;

namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>Signing in, against a local metadata service (learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token).</summary>
public sealed class ManagedIdentityTests : IDisposable
{
    private const string Request = "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net";

    private readonly TableServer _server = new();

    [Theory]
    [InlineData(null, "")]
    [InlineData("id", "&client_id=id")]
    public async Task Get_AsDocumented_GivesTheToken(string? clientId, string more)
    {
        _ = _server.On(Request + more, TableAnswer.Json("""{"access_token":"access","expires_on":"1","resource":"https://vault.azure.net","token_type":"Bearer"}"""));
        using var identity = new ManagedIdentity(_server.Address, clientId);

        Assert.Equal("access", await identity.GetAsync("https://vault.azure.net", TestContext.Current.CancellationToken));
        Assert.EndsWith("Metadata: true", Assert.Single(_server.Asked), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, "{}")]
    [InlineData(200, "{}")]
    [InlineData(200, "<html>")]
    [InlineData(302, "{}")]
    public async Task Get_Otherwise_SaysThatTheBrokerCannotSignIn(int status, string body)
    {
        _ = _server.On(Request, new TableAnswer(status, System.Text.Encoding.UTF8.GetBytes(body), status == 302 ? "http://localhost:1/" : null));
        using var identity = new ManagedIdentity(_server.Address, null);

        var refusal = await Assert.ThrowsAsync<AzureException>(() => identity.GetAsync("https://vault.azure.net", TestContext.Current.CancellationToken).AsTask());

        Assert.Contains("cannot sign in", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _server.Dispose();
}
