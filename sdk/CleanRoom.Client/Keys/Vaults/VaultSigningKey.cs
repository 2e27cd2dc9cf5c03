using System.Security.Cryptography;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Platforms;

namespace CleanRoom.Client.Keys.Vaults;

/// <summary>A P-256 key in Azure Key Vault: the private half never leaves it. What it signs is verified before anybody sees it.</summary>
internal sealed class VaultSigningKey : ISigningKey
{
    private static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(1);

    // Both ways to sign in hand out tokens that are good for five minutes at least; starting az takes a second.
    private static readonly TimeSpan TokenKept = TimeSpan.FromMinutes(2);

    private readonly VaultKeyUri _uri;
    private readonly IAccessTokens _identity;
    private readonly AzureRetries _retries;
    private readonly HttpClient _http;
    private readonly TimeProvider _clock;
    private readonly KeyVaultClient _vault;
    private AccessToken? _token;

    private VaultSigningKey(VaultKeyUri uri, IAccessTokens identity, Func<HttpMessageHandler> carrier, TimeProvider clock)
    {
        (_uri, _identity, _clock) = (uri, identity, clock);
        _retries = new AzureRetries(clock, carrier());
        _http = new HttpClient(_retries, disposeHandler: false) { Timeout = LongestCall };
        _vault = new KeyVaultClient(_http, uri.Vault, TokenAsync, null, clock);
        try
        {
            PublicKey = Wait(() => _vault.GetSigningKeyAsync(uri.Key, uri.Version, CancellationToken.None));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public VerifyingKey PublicKey { get; }

    /// <summary>Signs in, asks for the key and reads its public half.</summary>
    public static VaultSigningKey Open(VaultKeyUri uri) => Open(uri, IdentityOf(uri), static () => AzureHttp.CreateHandler(null), TimeProvider.System);

    /// <param name="uri">Where it is.</param>
    /// <param name="identity">Signs in; disposed with the key if it can be.</param>
    /// <param name="carrier">Makes what carries the requests; disposed with the key.</param>
    /// <param name="clock">Now, and waits.</param>
    internal static VaultSigningKey Open(VaultKeyUri uri, IAccessTokens identity, Func<HttpMessageHandler> carrier, TimeProvider clock) => new(uri, identity, carrier, clock);

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        var digest = SHA256.HashData(data);
        var signature = Wait(() => _vault.SignAsync(_uri.Key, _uri.Version, digest, CancellationToken.None));
        return PublicKey.Verify(data, signature)
            ? signature
            : throw new ClientException(ClientProblem.VerificationFailed, $"{_uri.Holder} gave a signature that the key's public half does not verify: do not use this key, and ask who runs the vault.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _retries.Dispose();
        (_identity as IDisposable)?.Dispose();
    }

    private static IAccessTokens IdentityOf(VaultKeyUri uri) =>
        uri.UsesManagedIdentity ? new ManagedIdentity(new EvidencePlatformOptions().Metadata, uri.ClientId) : new AzureCommandLine();

    private async ValueTask<string> TokenAsync(CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        if (_token is not { } kept || now - kept.Since >= TokenKept || now < kept.Since)
        {
            _token = kept = new AccessToken(await _identity.GetAsync(KeyVaultClient.ResourceOf(_uri.Vault), cancellationToken).ConfigureAwait(false), now);
        }

        return kept.Value;
    }

    /// <summary>A key signs while its caller waits, wherever it lies; off the caller's thread, so that a program with a window is not locked by its own wait.</summary>
    private T Wait<T>(Func<Task<T>> work)
    {
        try
        {
            return Task.Run(work).GetAwaiter().GetResult();
        }
        catch (AzureException exception)
        {
            throw new ClientException(
                exception.Problem switch
                {
                    AzureProblem.Refused => ClientProblem.NotPermitted,
                    AzureProblem.Unavailable => ClientProblem.Unavailable,
                    _ => ClientProblem.VerificationFailed,
                },
                $"{_uri.Vault.Host}: {exception.Message}",
                exception);
        }
    }

    private sealed record AccessToken(string Value, DateTimeOffset Since);
}
