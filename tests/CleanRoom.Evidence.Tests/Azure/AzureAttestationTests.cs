using System.Text.Json;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Platforms;

namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>The attestation service's client, and the session that goes on to the vault: a token that is not ours in any point never reaches the vault.</summary>
public sealed class AzureAttestationTests : IDisposable
{
    private const string Name = "records";

    private readonly StoppedClock _clock = new();
    private readonly SyntheticVault _vault = new();
    private readonly SyntheticAttestation _attestation;
    private readonly SyntheticMachine _machine = new();
    private readonly HttpClient _http;

    public AzureAttestationTests()
    {
        _attestation = new SyntheticAttestation(_clock);
        _vault.Allow(Name);
        _vault.WrapKeyOf = token => SyntheticAttestation.WrapKeyOf(token, _vault.Policies[^1]);
        _http = new HttpClient(AzureHttp.CreateHandler([_vault.Root, _attestation.Root]));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Release_MachineOfThePolicy_GetsTheKeysWithOneToken()
    {
        var made = await MakeAsync();
        using var session = Session();

        using var first = await session.ReleaseAsync(Name, made.Version, made.PublicKey, Token);
        using var second = await session.ReleaseAsync(Name, made.Version, made.PublicKey, Token);

        using var loan = second.Borrow();
        Assert.True(first.FixedTimeEquals(loan.Span));
        Assert.Equal(["POST /attest/SevSnpVm?api-version=2022-08-01", "GET /certs"], _attestation.Asked.Select(request => request.Line));
        Assert.Empty(_attestation.Surprises);
        Assert.Empty(_vault.Surprises);
    }

    [Fact]
    public async Task Attest_AsDocumented_GivesTheToken()
    {
        var token = await Client().AttestAsync(await _machine.GetRuntimeEvidenceAsync("""{"keys":[]}"""u8.ToArray(), Token), """{"keys":[]}"""u8.ToArray(), Token);

        Assert.Equal(3, token.Split('.').Length);
        using var body = JsonDocument.Parse(_attestation.Asked[0].Body);
        Assert.Equal("JSON", body.RootElement.GetProperty("runtimeData").GetProperty("dataType").GetString());
    }

    [Fact]
    public async Task Release_MachineOfAnotherMeasurement_GetsNothing()
    {
        var made = await MakeAsync("other");
        using var session = Session();

        var refusal = await Assert.ThrowsAsync<AzureException>(() => session.ReleaseAsync(Name, made.Version, made.PublicKey, Token));

        Assert.Contains("release policy", refusal.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "400", "refuses the evidence" },
        { "403", "refuses the evidence" },
        { "429", "asks to wait" },
        { "500", "answered 500" },
        { "redirect", "answered 302" },
        { "no json", "no JSON" },
        { "too long", "too long" },
        { "no token", "no token" },
        { "no keys", "answered 404 when asked for its keys" },
        { "keys are no JSON", "no JSON" },
        { "two parts", "no token that a key of this instance" },
        { "alg none", "no token that a key of this instance" },
        { "PS256", "no token that a key of this instance" },
        { "critical header", "no token that a key of this instance" },
        { "another signature", "no token that a key of this instance" },
        { "key set with the name twice", "no token that a key of this instance" },
        { "key set without the key", "no token that a key of this instance" },
        { "certificate and numbers that differ", "no token that a key of this instance" },
        { "another issuer", "another instance" },
        { "no iss", "another instance" },
        { "expired", "does not hold now" },
        { "not yet", "does not hold now" },
        { "no exp", "does not hold now" },
        { "no nbf", "does not hold now" },
        { "another type", "another type" },
        { "old nonce", "another nonce" },
        { "no nonce", "another nonce" },
        { "another wrapping key", "other runtime data" },
        { "a second wrapping key", "other runtime data" },
        { "no x-ms-runtime", "other runtime data" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public async Task Release_TokenThatIsOtherwise_NeverReachesTheVault(string what, string word)
    {
        var made = await MakeAsync();
        _attestation.Twist = what;
        using var session = Session();

        var refusal = await Assert.ThrowsAsync<AzureException>(() => session.ReleaseAsync(Name, made.Version, made.PublicKey, Token));

        Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_vault.Asked, request => request.Line.Contains("/release", StringComparison.Ordinal));
        Assert.Empty(_attestation.Surprises);
    }

    [Theory]
    [InlineData("released another key", "another key than the one that was made")]
    [InlineData("released a P-384 key", "no P-256 key")]
    [InlineData("released an RSA key", "no P-256 key")]
    [InlineData("released text", "no P-256 key")]
    public async Task Release_VaultThatReleasesSomethingElse_GivesNoKey(string what, string word)
    {
        var made = await MakeAsync();
        _vault.Twist = what;
        using var session = Session();

        var refusal = await Assert.ThrowsAsync<AzureException>(() => session.ReleaseAsync(Name, made.Version, made.PublicKey, Token));

        Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Release_MachineWithoutEvidenceOrCertificates_SaysWhatIsLacking()
    {
        var made = await MakeAsync();
        using var session = Session();
        _machine.WithoutCertificates = true;
        Assert.Contains("no certificates", (await Assert.ThrowsAsync<AzureException>(() => session.ReleaseAsync(Name, made.Version, made.PublicKey, Token))).Message, StringComparison.Ordinal);
        _machine.Silent = true;
        _ = await Assert.ThrowsAsync<EvidenceUnavailableException>(() => session.ReleaseAsync(Name, made.Version, made.PublicKey, Token));

        Assert.Empty(_attestation.Asked);
    }

    [Fact]
    public async Task Attest_EvidenceAboutOtherData_IsAWrongCall()
    {
        var evidence = await _machine.GetRuntimeEvidenceAsync("""{"keys":[]}"""u8.ToArray(), Token);

        _ = await Assert.ThrowsAsync<ArgumentException>(() => Client().AttestAsync(evidence, """{"keys":[1]}"""u8.ToArray(), Token));
        Assert.Empty(_attestation.Asked);
    }

    public void Dispose()
    {
        _http.Dispose();
        _attestation.Dispose();
        _vault.Dispose();
    }

    private AzureAttestationClient Client() => new(_http, _attestation.Address, _clock);

    private KeyVaultClient Vault() => new(_http, _vault.Address, _ => ValueTask.FromResult("access"), [_vault.Root], _clock);

    private VaultSession Session() => new(Vault(), Client(), _machine, KeyWrapping.Sha384);

    private Task<VaultKey> MakeAsync(string? measurement = null) => Vault().CreateAsync(
        Name,
        System.Text.Encoding.UTF8.GetBytes(
            $$"""{"version":"1.0.0","anyOf":[{"authority":"{{_attestation.Address.AbsoluteUri.TrimEnd('/')}}","allOf":[{"claim":"x-ms-sevsnpvm-launchmeasurement","equals":"{{measurement ?? Convert.ToHexStringLower(_machine.Measurement)}}"},{"claim":"x-ms-sevsnpvm-is-debuggable","equals":false}]}]}"""),
        immutable: false,
        Token);
}
