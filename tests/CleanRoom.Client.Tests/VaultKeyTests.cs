using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Client.Charters;
using CleanRoom.Client.Files;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Keys.Vaults;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Tests.Azure;

namespace CleanRoom.Client.Tests;

/// <summary>Keys in Azure Key Vault: what they sign, what is refused, and what a vault, a network or a sign-in that is not what it says can do.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class VaultKeyTests : IDisposable
{
    private static readonly string[] Never = [SigningVault.AccessToken, "4711"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-vault-home-");
    private readonly SigningVault _vault = new();

    private static string Cli => Path.Combine(Programs.FolderOf("CleanRoom.Cli"), "cleanroom");

    private string Home => Path.Combine(_folder.FullName, "home");

    [Fact]
    public void AKey_SignsWhatItsPublicHalfVerifies()
    {
        using var key = Open();
        Assert.All(Enumerable.Range(0, 20), i =>
        {
            var signature = key.Sign(BitConverter.GetBytes(i));
            Assert.Equal(SigningKey.SignatureSize, signature.Length);
            Assert.True(_vault.Organisation.VerifyData(BitConverter.GetBytes(i), signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        });
        Assert.True(_vault.Organisation.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.PublicKey.Spki.Span));

        // The digest goes there, what is signed does not.
        Assert.Equal(21, _vault.Asked.Count);
        Assert.Empty(_vault.Surprises);
        Assert.Equal($$"""{"alg":"ES256","value":"{{StrictBase64.EncodeUrl(SHA256.HashData(BitConverter.GetBytes(19)))}}"}""", _vault.Asked[^1].Body);
    }

    [Theory]
    [InlineData("HSM")]
    [InlineData("dates")]
    public void AKey_OfAnHsmOrWithDatesThatHold_Signs(string what)
    {
        _vault.Twist = what;
        using var key = Open();
        Assert.True(key.PublicKey.Verify("text"u8, key.Sign("text"u8)));
    }

    public static TheoryData<string, ClientProblem, string> Refused => new()
    {
        { "400", ClientProblem.NotPermitted, "P-256" },
        { "403", ClientProblem.NotPermitted, "Key Vault Crypto User" },
        { "404", ClientProblem.NotPermitted, "no such key or version" },
        { "challenge", ClientProblem.NotPermitted, "sign in to the tenant" },
        { "redirect", ClientProblem.NotPermitted, "answered 302" },
        { "moved for good", ClientProblem.NotPermitted, "answered 307" },
        { "busy for long", ClientProblem.Unavailable, "asks to wait" },
        { "no json", ClientProblem.VerificationFailed, "no JSON" },
        { "member twice", ClientProblem.VerificationFailed, "no JSON" },
        { "too long", ClientProblem.Unavailable, "too long" },
        { "rotated", ClientProblem.VerificationFailed, "another key" },
        { "another vault", ClientProblem.VerificationFailed, "another key" },
        { "another key", ClientProblem.VerificationFailed, "another key" },
    };

    public static TheoryData<string, ClientProblem, string> NoSigners => new()
    {
        { "P-384", ClientProblem.NotPermitted, "none on the curve P-256" },
        { "P-384 called P-256", ClientProblem.VerificationFailed, "does not verify" },
        { "RSA", ClientProblem.NotPermitted, "none on the curve P-256" },
        { "secp256k1", ClientProblem.NotPermitted, "none on the curve P-256" },
        { "no point", ClientProblem.NotPermitted, "none on the curve P-256" },
        { "may not sign", ClientProblem.NotPermitted, "may not sign" },
        { "no operations", ClientProblem.NotPermitted, "may not sign" },
        { "disabled", ClientProblem.NotPermitted, "disabled" },
        { "expired", ClientProblem.NotPermitted, "expired" },
        { "not yet", ClientProblem.NotPermitted, "not valid yet" },
        { "no end that is a number", ClientProblem.NotPermitted, "expired" },
        { "no attributes", ClientProblem.NotPermitted, "disabled" },
    };

    public static TheoryData<string, ClientProblem, string> WrongSignatures => new()
    {
        { "signed by another key", ClientProblem.VerificationFailed, "does not verify" },
        { "signed something else", ClientProblem.VerificationFailed, "does not verify" },
        { "DER", ClientProblem.VerificationFailed, "does not verify" },
        { "cut off", ClientProblem.VerificationFailed, "does not verify" },
        { "nothing", ClientProblem.VerificationFailed, "no signature" },
        { "no value", ClientProblem.VerificationFailed, "no signature" },
        { "signed for another", ClientProblem.VerificationFailed, "another key" },
    };

    /// <summary>The vault is not believed: whatever is otherwise about the key, it is not opened.</summary>
    [Theory, MemberData(nameof(Refused)), MemberData(nameof(NoSigners))]
    public void AVaultThatAnswersOtherwise_GivesNoKey_AndSaysWhy(string what, ClientProblem problem, string words)
    {
        using var elsewhere = new TlsTableServer();
        (_vault.Twist, _vault.Elsewhere) = (what, elsewhere.Address);
        Denied(problem, words, () =>
        {
            using var key = Open();
            _ = key.Sign("text"u8);
        });

        // What can be seen of the key is seen before it signs; nobody else was asked, and nothing that should not be.
        Assert.DoesNotContain(_vault.Asked, request => request.Line.StartsWith("POST", StringComparison.Ordinal) && what != "P-384 called P-256");
        Assert.Empty(elsewhere.Asked);
        Assert.Empty(_vault.Surprises);
    }

    [Theory, MemberData(nameof(Refused)), MemberData(nameof(WrongSignatures))]
    public void AVaultThatSignsOtherwise_GetsNothingOut(string what, ClientProblem problem, string words)
    {
        using var key = Open();
        using var elsewhere = new TlsTableServer();
        (_vault.Twist, _vault.Elsewhere) = (what, elsewhere.Address);
        Denied(problem, words, () => key.Sign("text"u8));
        Assert.Empty(elsewhere.Asked);
        _vault.Twist = "";
        Assert.True(key.PublicKey.Verify("text"u8, key.Sign("text"u8)));
    }

    [Theory]
    [InlineData("busy")]
    [InlineData("")]
    public void AVaultThatAsksToWait_IsAskedThreeTimesMore_AndNotForEver(string what)
    {
        using var key = Open();
        (_vault.Twist, _vault.Failures) = (what, AzureRetries.Attempts - 1);
        Assert.True(key.PublicKey.Verify("text"u8, key.Sign("text"u8)));
        Assert.Equal(1 + AzureRetries.Attempts, _vault.Asked.Count);

        _vault.Failures = int.MaxValue;
        Denied(ClientProblem.Unavailable, "try again later", () => key.Sign("text"u8));
        Assert.Equal(1 + (2 * AzureRetries.Attempts), _vault.Asked.Count);
    }

    /// <summary>The profile names the public half: a vault whose administrator puts another key in its place signs nothing for the member.</summary>
    [Fact]
    public async Task AnotherKeyUnderTheSameAddress_IsNotUsed()
    {
        Answer? signed = null;
        await using (await LiveRoom.StartAsync(
            alpha: async _ =>
            {
                await OkAsync("keys", "create", "--member", "alpha", "--home", Home, "--organisation-key", SigningVault.Uri("organisation"));
                var path = Path.Combine(Home, "profile.json");
                Assert.True(SealedJson.TryRead(await File.ReadAllBytesAsync(path, Stop), out var document));
                document["organisationAddress"] = SigningVault.Uri("approver");
                DurableFile.Write(path, SealedJson.Write(document));
                return MemberProfile.Open(Home, TimeProvider.System);
            },
            alphaSigns: async charter =>
            {
                signed = await RunAsync("charter", "sign", charter, "--home", Home);
                return CharterFiles.Read(charter);
            }))
        {
            Assert.Equal((int)ClientProblem.Configuration, signed!.Code);
        }

        Assert.Contains("is not the one that the profile names", signed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(_vault.Asked, request => request.Line.StartsWith("POST /keys/approver", StringComparison.Ordinal));
    }

    [Fact]
    public void AHostWithoutACertificateOfTheVaultsName_IsToldNothing()
    {
        var uri = (VaultKeyUri)KeyAddress.Parse(SigningVault.Uri("organisation").Replace("lotus", "other", StringComparison.Ordinal));
        Denied(ClientProblem.Unavailable, "not who it should be", () => VaultSigningKey.Open(uri, new SignedIn(), _vault.Handler, TimeProvider.System).Dispose());
        Assert.Empty(_vault.Asked);
    }

    [Theory]
    [InlineData("https://lotus.vault.azure.net/keys/organisation")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789ABCDEF0123456789ABCDEF")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcde")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef/")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef\n")]
    [InlineData("https://lotus.vault.azure.net/keys/../organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://lotus.vault.azure.net/keys/or%67anisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://lotus.vault.azure.net/secrets/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("http://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("HTTPS://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://lotus.vault.azure.net:8443/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://me:1@lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://lotus.vault.azure.net@evil.example/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://lotus.vault.azure.net.evil.example/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://evil.example/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://lotus.blob.azure.net/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://a.lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://evil.example/.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://localhost/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://10.0.0.1/keys/organisation/0123456789abcdef0123456789abcdef")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef?")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef?sign-in=az")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef?client-id=00000000-0000-0000-0000-000000000000")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef?sign-in=managed-identity&client-id=me")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef?sign-in=managed-identity&client-secret=4711")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef?access_token=4711")]
    [InlineData("https://lotus.vault.azure.net/keys/organisation/0123456789abcdef0123456789abcdef#4711")]
    public void AnAddressThatIsNone_IsRefusedAndNotRepeated(string text) => Denied(ClientProblem.Usage, "The key's address", () => KeyAddress.Parse(text));

    [Theory]
    [InlineData("https://lotus.vault.azure.net/keys/Organisation-1/0123456789abcdef0123456789abcdef", "https://vault.azure.net", false, null)]
    [InlineData("https://lotus.managedhsm.azure.net/keys/o/0123456789abcdef0123456789abcdef", "https://managedhsm.azure.net", false, null)]
    [InlineData("https://lotus.vault.azure.cn/keys/o/0123456789abcdef0123456789abcdef?sign-in=managed-identity", "https://vault.azure.cn", true, null)]
    [InlineData(
        "https://lotus-1.vault.usgovcloudapi.net/keys/o/0123456789abcdef0123456789abcdef?sign-in=managed-identity&client-id=01234567-89ab-cdef-0123-456789abcdef",
        "https://vault.usgovcloudapi.net", true, "01234567-89ab-cdef-0123-456789abcdef")]
    public void AnAddress_IsTheVaultsOwnIdentifier(string text, string resource, bool machine, string? client)
    {
        var uri = Assert.IsType<VaultKeyUri>(KeyAddress.Parse(text));
        Assert.Equal((text, resource, machine, client), (uri.ToString(), KeyVaultClient.ResourceOf(uri.Vault), uri.UsesManagedIdentity, uri.ClientId));
        Assert.Equal(text.Split('?')[0], new Uri(uri.Vault, $"keys/{uri.Key}/{uri.Version}").AbsoluteUri);
    }

    /// <summary>By the programs that people run, through the proxy that many of them sit behind: keys made, charter signed and submitted, room joined, people and listing signed.</summary>
    [Fact]
    public async Task CommandLine_ARoomWhoseCharterPeopleAndListingAreSignedInAVault_IsARoomLikeAnyOther()
    {
        var home = "";
        await using var room = await LiveRoom.StartAsync(
            alpha: async folder =>
            {
                home = folder;
                await OkAsync("keys", "create", "--member", "alpha", "--home", home, "--organisation-key", SigningVault.Uri("organisation"));
                await OkAsync("keys", "add-person", "p2", "--roles", "approver", "--key", SigningVault.Uri("approver"), "--home", home);
                return MemberProfile.Open(home, TimeProvider.System);
            },
            alphaSigns: async charter =>
            {
                await OkAsync("charter", "sign", charter, "--home", home);
                return CharterFiles.Read(charter);
            });
        Assert.Equal(["inbox-1.pem", "person-p1.pem", "transport.crt", "transport.pem"], Directory.GetFiles(Path.Combine(home, "keys")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        var file = Path.Combine(room.Folder.FullName, "charter.json");
        await OkAsync("charter", "verify", file);
        await OkAsync("charter", "submit", file, "--home", home);
        foreach (var member in LiveRoom.Members)
        {
            _ = await RoomClient.JoinAsync(room.Profiles[member], room.Charter, null, Stop);
        }

        var registered = await OkAsync("room", "register", "--list", "bravo", "--home", home);
        await OkAsync("room", "confirm-listing", registered["waiting"]!["id"]!.GetValue<string>(), "--as", "p2", "--home", home);
        using var client = await room.ConnectAsync("alpha");
        Assert.Null(client.State.WaitingListingOf(MemberId.Parse("alpha")));

        // The vault was asked what it should be, by its own name, with a token that az gave for its service, and the token stands nowhere else.
        Assert.Empty(_vault.Surprises);
        Assert.All(_vault.Reached, line => Assert.Equal($"CONNECT {SigningVault.Host}:443 HTTP/1.1", line));
        Assert.NotEmpty(_vault.SignIns);
        Assert.All(_vault.SignIns, line => Assert.Equal("/ account get-access-token --resource https://vault.azure.net --query accessToken --output tsv --only-show-errors", line));
        Assert.All(Directory.GetFiles(home, "*", SearchOption.AllDirectories), path => Assert.DoesNotContain(SigningVault.AccessToken, File.ReadAllText(path), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("echo 'Please run az login.' >&2; exit 1", ClientProblem.NotPermitted, "run \"az login\"")]
    [InlineData("exit 127", ClientProblem.Configuration, "is not installed")]
    [InlineData("echo 'access-4711 token'", ClientProblem.BadData, "no access token")]
    [InlineData("printf 'access-4711\\r\\nX-Header: 1\\n'", ClientProblem.BadData, "no access token")]
    [InlineData("exit 0", ClientProblem.BadData, "no access token")]
    [InlineData("yes access-4711", ClientProblem.BadData, "no access token")]
    [InlineData("head -c 20000 /dev/zero | tr '\\0' a", ClientProblem.BadData, "no access token")]
    [InlineData("echo old-access-4711", ClientProblem.NotPermitted, "does not know this identity")]
    public async Task ASignInThatDoesNotWork_IsSaidWithItsRemedy_AndNoProfileIsMade(string az, ClientProblem problem, string words)
    {
        _vault.WriteAz(az);
        var made = await RunAsync("keys", "create", "--member", "alpha", "--home", Home, "--organisation-key", SigningVault.Uri("organisation"));
        Assert.Equal((int)problem, made.Code);
        Assert.Contains(words, made.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("4711", made.Output + made.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Home, "profile.json")));
        Assert.Equal(az.StartsWith("echo old", StringComparison.Ordinal) ? 1 : 0, _vault.Asked.Count);
    }

    /// <summary>The attack: a folder with a charter that somebody sent, and a program of that name, or a part of it, beside it.</summary>
    [Fact]
    public async Task AProgramBesideTheCharter_IsNotStarted()
    {
        var trap = Path.Combine(_folder.FullName, "trap");
        await File.WriteAllTextAsync(trap, "", Stop);
        foreach (var path in (string[])["az", "azure/__init__.py", "azure/cli/__init__.py", "azure/cli/__main__.py"])
        {
            var full = Path.Combine(_folder.FullName, "sent", path);
            _ = Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            await File.WriteAllTextAsync(full, path == "az" ? $"#!/bin/sh\necho az >> '{trap}'\necho {SigningVault.AccessToken}\n" : $"open('{trap}', 'a').write('python')\n", Stop);
            File.SetUnixFileMode(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // As Azure's own az is: a module of Python, which looks into the current folder first.
        _vault.WriteAz($"[ -e azure ] && echo found >> '{trap}'\nprintf '%s\\n' '{SigningVault.AccessToken}'");
        var environment = _vault.Environment.ToDictionary();
        environment["PATH"] = ":.:" + environment["PATH"];
        var made = await Programs.RunAsync(
            "sh", ["-c", "cd \"$0\" && exec \"$@\"", Path.Combine(_folder.FullName, "sent"), Cli, "keys", "create", "--member", "alpha", "--home", Home, "--organisation-key", SigningVault.Uri("organisation")], environment);
        Assert.True(made.Code == 0, made.ToString());
        Assert.Equal("", await File.ReadAllTextAsync(trap, Stop));
    }

    public void Dispose()
    {
        _vault.Dispose();
        _folder.Delete(recursive: true);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static void Denied(ClientProblem problem, string words, Action act)
    {
        var error = Assert.Throws<ClientException>(act);
        Assert.Equal(problem, error.Problem);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        Assert.All(Never, secret => Assert.DoesNotContain(secret, error.ToString(), StringComparison.Ordinal));
    }

    private VaultSigningKey Open() => VaultSigningKey.Open((VaultKeyUri)KeyAddress.Parse(SigningVault.Uri("organisation")), new SignedIn(), _vault.Handler, TimeProvider.System);

    private Task<Answer> RunAsync(params string[] args) => Programs.RunAsync(Cli, args, _vault.Environment);

    private async Task<JsonNode> OkAsync(params string[] args)
    {
        var answer = await RunAsync([.. args, "--json"]);
        Assert.True(answer.Code == 0, answer.ToString());
        Assert.All(Never, secret => Assert.DoesNotContain(secret, answer.Output + answer.Error, StringComparison.Ordinal));
        return JsonNode.Parse(answer.Output)!["result"]!;
    }

    private sealed class SignedIn : IAccessTokens
    {
        public ValueTask<string> GetAsync(string resource, CancellationToken cancellationToken) =>
            ValueTask.FromResult(resource == "https://vault.azure.net" ? SigningVault.AccessToken : throw new InvalidOperationException("Another service than the vault's."));
    }
}
