using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Azure;

namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>The vault's client against a local vault: what is documented gives a key; one thing otherwise gives none, with a sentence that says which. No request is made that was not asked for.</summary>
public sealed class KeyVaultTests : IDisposable
{
    private const string Name = "records";
    private const string Version = "0123456789abcdef0123456789abcdef";

    private static readonly byte[] Policy = """{"version":"1.0.0","anyOf":[{"authority":"https://ours.attest.example","allOf":[{"claim":"x-ms-sevsnpvm-vmpl","equals":0}]}]}"""u8.ToArray();
    private static readonly Lazy<RSA> WrapKey = new(() => RSA.Create(3072));

    private readonly SyntheticVault _vault = new();
    private readonly HttpClient _http;

    public KeyVaultTests()
    {
        _vault.WrapKeyOf = token => token == "the.maa.token" ? WrapKey.Value : null;
        _vault.Allow(Name);
        _http = new HttpClient(AzureHttp.CreateHandler([_vault.Root]));
    }

    public static TheoryData<string> Wrappings => ["CKM_RSA_AES_KEY_WRAP", "RSA_AES_KEY_WRAP_256", "RSA_AES_KEY_WRAP_384"];

    [Theory, MemberData(nameof(Wrappings))]
    public async Task Release_AsDocumented_GivesTheKey(string name)
    {
        var expected = _vault.Put(Name, Version).ExportPkcs8PrivateKey();

        using var key = await ReleaseAsync(Wrapping(name));
        using var loan = key.Borrow();

        Assert.True(loan.Span.SequenceEqual(expected));
        Assert.Empty(_vault.Surprises);
    }

    [Fact]
    public async Task Release_Twice_AsksWithAnotherNonce()
    {
        _ = _vault.Put(Name, Version);

        (await ReleaseAsync(KeyWrapping.Sha384)).Dispose();
        (await ReleaseAsync(KeyWrapping.Sha384)).Dispose();

        Assert.Equal(2, _vault.Asked.Select(request => JsonDocument.Parse(request.Body).RootElement.GetProperty("nonce").GetString()).Distinct().Count());
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "401", "does not know this identity" },
        { "403", "release policy" },
        { "404", "no such key" },
        { "429", "asks to wait" },
        { "500", "answered 500" },
        { "redirect", "answered 302" },
        { "no json", "no JSON" },
        { "member twice", "no JSON" },
        { "no value", "no value" },
        { "too long", "too long" },
        { "two parts", "three parts" },
        { "alg none", "RS256" },
        { "alg HS256", "RS256" },
        { "critical header", "RS256" },
        { "no certificate", "names no certificate" },
        { "certificate that is none", "no certificate" },
        { "another root", "no trusted root" },
        { "another host", "no trusted root" },
        { "expired", "no trusted root" },
        { "no server certificate", "no trusted root" },
        { "another signature", "not signed" },
        { "payload changed", "not signed" },
        { "another key", "another key" },
        { "another version", "another key" },
        { "another key inside", "another key" },
        { "another wrapping", "another wrapping" },
        { "another wrapping inside", "another wrapping" },
        { "no nonce", "another nonce" },
        { "old nonce", "another nonce" },
        { "no wrapped key", "no wrapped key" },
        { "wrapped to a stranger", "does not open" },
        { "short key", "does not open" },
        { "damaged", "does not open" },
        { "cut off", "does not open" },
    };

    [Theory, MemberData(nameof(Hostile))]
    public async Task Release_OneThingOtherwise_GivesNoKeyAndSaysWhy(string what, string word)
    {
        _ = _vault.Put(Name, Version);
        _vault.Twist = what;

        await RefusedAsync(word, async () => (await ReleaseAsync(KeyWrapping.Sha256)).Dispose());
        Assert.Empty(_vault.Surprises);
    }

    [Fact]
    public async Task Release_VaultUnderAnotherRoot_IsNotSpokenTo()
    {
        _ = _vault.Put(Name, Version);
        using var strangers = new TlsTableServer();
        using var http = new HttpClient(AzureHttp.CreateHandler([strangers.Root]));

        await RefusedAsync("cannot be reached", async () => (await Client(http).ReleaseAsync(Name, Version, "the.maa.token", WrapKey.Value, KeyWrapping.Sha256, Token)).Dispose());
        Assert.Empty(_vault.Asked);
    }

    /// <summary>Headers at once, and then a body whose last byte never comes: the wait is over all the same.</summary>
    [Fact]
    public async Task Release_AnswerThatNeverEnds_IsNotWaitedForForEver()
    {
        _ = _vault.Put(Name, Version);
        _vault.Twist = "stalls";
        using var http = new HttpClient(AzureHttp.CreateHandler([_vault.Root])) { Timeout = TimeSpan.FromSeconds(5) };

        await RefusedAsync("did not answer in time", () => Client(http).ReleaseAsync(Name, Version, "the.maa.token", WrapKey.Value, KeyWrapping.Sha256, Token).WaitAsync(TimeSpan.FromMinutes(3), Token));
    }

    [Theory]
    [InlineData("http://vault.example/")]
    [InlineData("http://localhost/")]
    [InlineData("https://vault.example/path")]
    [InlineData("https://vault.example/?a=b")]
    [InlineData("https://somebody@vault.example/")]
    public void Client_AddressThatIsNoVaults_IsAWrongCall(string vault) =>
        Assert.Throws<ArgumentException>(() => new KeyVaultClient(_http, new Uri(vault), _ => ValueTask.FromResult("access"), null, TimeProvider.System));

    [Theory]
    [InlineData("key/../other", Version)]
    [InlineData("", Version)]
    [InlineData("key", "")]
    [InlineData("key", "0123456789ABCDEF0123456789ABCDEF")]
    public async Task Release_WrongCall_IsAnException(string name, string version) =>
        await Assert.ThrowsAsync<ArgumentException>(() => Client().ReleaseAsync(name, version, "t", WrapKey.Value, KeyWrapping.Sha384, Token));

    [Fact]
    public async Task Create_AsDocumented_GivesAKeyThatIsReleasedLater()
    {
        var made = await Client().CreateAsync(Name, Policy, immutable: true, Token);

        using var key = await Client().ReleaseAsync(Name, made.Version, "the.maa.token", WrapKey.Value, KeyWrapping.Sha384, Token);
        using var loan = key.Borrow();
        using var ec = ECDiffieHellman.Create();
        ec.ImportPkcs8PrivateKey(loan.Span, out _);
        using var own = HpkePrivateKey.Import(ec.ExportParameters(true).D);
        Assert.Equal(made.PublicKey, own.PublicKey);
        Assert.Equal(Policy, System.Text.Encoding.UTF8.GetBytes(Assert.Single(_vault.Policies)));
        Assert.Empty(_vault.Surprises);
    }

    public static TheoryData<string, string> HostileCreations => new()
    {
        { "400", "Premium" },
        { "401", "does not know this identity" },
        { "403", "keys/create" },
        { "409", "deleted key of that name" },
        { "500", "answered 500" },
        { "redirect", "answered 302" },
        { "no json", "no JSON" },
        { "member twice", "no JSON" },
        { "too long", "too long" },
        { "another name", "another key" },
        { "another vault", "another key" },
        { "version too short", "another key" },
        { "software key", "no P-256 key" },
        { "another curve", "no P-256 key" },
        { "no point", "no P-256 key" },
        { "not exportable", "cannot be released" },
        { "another policy", "another release policy" },
        { "no policy", "another release policy" },
        { "not immutable", "another release policy" },
    };

    [Theory, MemberData(nameof(HostileCreations))]
    public async Task Create_OneThingOtherwise_IsNotUsed(string what, string word)
    {
        _vault.Twist = what;

        await RefusedAsync(word, () => Client().CreateAsync(Name, Policy, immutable: true, Token));
    }

    [Theory]
    [InlineData("", "Recoverable+Purgeable", true, true)]
    [InlineData("", "CustomizedRecoverable+Purgeable", true, true)]
    [InlineData("", "Recoverable", true, false)]
    [InlineData("", "CustomizedRecoverable+ProtectedSubscription", true, false)]
    [InlineData("", "Purgeable", false, false)]
    [InlineData("deleted before", "Recoverable", true, false)]
    [InlineData("purged before", "Recoverable", false, false)]
    public async Task Delete_AsDocumented_SaysWhatIsKept(string state, string level, bool kept, bool purgeable)
    {
        (_vault.Twist, _vault.RecoveryLevel) = (state, level);

        var deletion = await Client().DeleteAsync(Name, Token);

        Assert.Equal((kept, purgeable), (deletion.Kept, deletion.Purgeable));
        Assert.Equal(kept ? _vault.PurgeDate : null, deletion.PurgedAt);
        Assert.Empty(_vault.Surprises);
    }

    [Theory]
    [InlineData("another key deleted", "another key than was to be deleted")]
    [InlineData("401", "does not know this identity")]
    [InlineData("403", "keys/delete")]
    [InlineData("429", "asks to wait")]
    [InlineData("500", "answered 500")]
    [InlineData("redirect", "answered 302")]
    [InlineData("no json", "no JSON")]
    public async Task Delete_OneThingOtherwise_DoesNotCountAsDeleted(string what, string word)
    {
        _vault.Twist = what;

        await RefusedAsync(word, () => Client().DeleteAsync(Name, Token));
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("purge forbidden", false)]
    [InlineData("purge too early", false)]
    public async Task Purge_SaysWhetherItIsGone(string what, bool gone)
    {
        _vault.Twist = what;

        Assert.Equal(gone, await Client().TryPurgeAsync(Name, Token));
    }

    [Fact]
    public async Task Purge_VaultThatFails_IsNoAnswer()
    {
        _vault.Twist = "purge fails";

        await RefusedAsync("answered 500", () => Client().TryPurgeAsync(Name, Token));
    }

    public void Dispose()
    {
        _http.Dispose();
        _vault.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static KeyWrapping Wrapping(string name) => new[] { KeyWrapping.Pkcs11, KeyWrapping.Sha256, KeyWrapping.Sha384 }.Single(wrapping => wrapping.Name == name);

    private static async Task RefusedAsync(string word, Func<Task> act)
    {
        var refusal = await Assert.ThrowsAsync<AzureException>(act);
        Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", refusal.Message, StringComparison.Ordinal);
    }

    private KeyVaultClient Client(HttpClient? http = null) => new(http ?? _http, _vault.Address, _ => ValueTask.FromResult("access"), [_vault.Root], new StoppedClock());

    private Task<SecretBytes> ReleaseAsync(KeyWrapping wrapping) => Client().ReleaseAsync(Name, Version, "the.maa.token", WrapKey.Value, wrapping, Token);
}
