using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Files;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Keys.Tokens;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace CleanRoom.Client.Tests;

/// <summary>Keys in PKCS#11 tokens: what they sign, what is refused, and what a token that is not what it says can do.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class TokenTests(SoftwareToken token) : IClassFixture<SoftwareToken>, IDisposable
{
    private static readonly byte[] P256Name = [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-token-home-");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Home => Path.Combine(_folder.FullName, "home");

    [Fact]
    public async Task ARoom_WhoseCharterPeopleAndListingAreSignedInATokens_IsARoomLikeAnyOther()
    {
        SoftwareToken.Require();
        await using var room = await LiveRoom.StartAsync(alpha: home => Task.FromResult(MemberProfile.Create(
            home, MemberId.Parse("alpha"), new ProfileOptions { OrganisationAddress = KeyAddress.Parse(token.Uri("organisation")) }, TimeProvider.System)));
        var profile = room.Profiles["alpha"].AddPerson("p2", PersonRoles.Approver, KeyAddress.Parse(token.Uri("releaser")));
        Assert.Equal(["inbox-1.pem", "person-p1.pem", "transport.crt", "transport.pem"], Directory.GetFiles(Path.Combine(profile.Folder, "keys")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        _ = await RoomClient.SubmitCharterAsync(profile, room.Charter, "", null, Stop);
        foreach (var member in LiveRoom.Members)
        {
            _ = await RoomClient.JoinAsync(member == "alpha" ? profile : room.Profiles[member], room.Charter, null, Stop);
        }

        using var client = await RoomClient.ConnectAsync(profile, room.Charter.Charter.Room, null, Stop);
        var done = await client.RegisterAsync(new Registration { ListContributors = [MemberId.Parse("bravo")] }, "", Stop);
        Assert.Contains("person p2", done.Appended);
        Assert.Contains("listing", done.Appended);
        _ = await client.ConfirmListingAsync(done.Waiting!.Id, "p2", Stop);
        Assert.Null(client.State.WaitingListingOf(profile.Member));

        // A signature in the JOSE form, verified by the platform with the key as it was before it went into the token.
        using var known = token.PublicOf("organisation");
        Assert.True(known.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(profile.OrganisationKey.Spki.Span));
        using var key = profile.OpenOrganisationKey();
        var compact = Jws.Sign(key, "test", "payload"u8);
        Assert.True(known.VerifyData(
            Encoding.ASCII.GetBytes(compact[..compact.LastIndexOf('.')]), Base64(compact[(compact.LastIndexOf('.') + 1)..]), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        Assert.DoesNotContain(SoftwareToken.Pin, await File.ReadAllTextAsync(Path.Combine(profile.Folder, "profile.json"), Stop), StringComparison.Ordinal);
    }

    [Fact]
    public void AKey_SignsWhatItsPublicHalfVerifies_EachTimeInFullLength()
    {
        SoftwareToken.Require();
        using var key = KeyAddress.Parse(token.Uri("organisation")).OpenKey(null);
        using var known = token.PublicOf("organisation");
        Assert.All(Enumerable.Range(0, 300), i =>
        {
            var data = BitConverter.GetBytes(i);
            var signature = key.Sign(data);
            Assert.Equal(SigningKey.SignatureSize, signature.Length);
            Assert.True(known.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation));
        });
    }

    [Fact]
    public void APin_IsAskedForByTheTokensName_WhereNoFileHoldsIt()
    {
        SoftwareToken.Require();
        var asked = new List<string>();
        var uri = KeyAddress.Parse($"pkcs11:token=alpha;id=%01?module-path={SoftwareToken.Module}");
        using (var key = uri.OpenKey(name =>
        {
            asked.Add(name);
            return SoftwareToken.Pin;
        }))
        {
            Assert.Equal(64, key.Sign([1]).Length);
        }

        Assert.Equal(["alpha"], asked);
        Assert.Equal(ClientProblem.NotPermitted, Assert.Throws<ClientException>(() => uri.OpenKey(_ => null)).Problem);
    }

    [Theory]
    [InlineData("no module", ClientProblem.Configuration, "There is no PKCS#11 module")]
    [InlineData("no library", ClientProblem.Configuration, "is not a PKCS#11 module")]
    [InlineData("a library of another kind", ClientProblem.Configuration, "is not a PKCS#11 module")]
    [InlineData("no token", ClientProblem.Unavailable, "has no token nobody")]
    [InlineData("no serial", ClientProblem.Unavailable, "has no token alpha")]
    [InlineData("two tokens", ClientProblem.Usage, "has 2 tokens twin: add serial=")]
    [InlineData("no key", ClientProblem.Configuration, "has no such private key")]
    [InlineData("two keys", ClientProblem.Usage, "has 2 such private keys: name one of them by id=")]
    [InlineData("an RSA key", ClientProblem.Configuration, "is no EC key")]
    [InlineData("another curve", ClientProblem.Configuration, "is on another curve")]
    [InlineData("wrong PIN", ClientProblem.NotPermitted, "is wrong")]
    [InlineData("no PIN file", ClientProblem.NoInput, "The PIN file")]
    [InlineData("an empty PIN file", ClientProblem.NoInput, "is empty")]
    [InlineData("a PIN file that others read", ClientProblem.Configuration, "chmod 600")]
    public void WhatIsNotThereOrNotRight_IsSaidWithItsRemedy_AndNoProfileIsMade(string what, ClientProblem problem, string words)
    {
        SoftwareToken.Require();
        var good = token.Uri("organisation");
        var uri = what switch
        {
            "no module" => good.Replace(SoftwareToken.Module, "/nowhere/libtoken.so", StringComparison.Ordinal),
            "no library" => good.Replace(SoftwareToken.Module, token.Written("text.so", "no library"), StringComparison.Ordinal),
            "a library of another kind" => good.Replace(SoftwareToken.Module, Path.Combine(AppContext.BaseDirectory, "CleanRoom.Client.dll"), StringComparison.Ordinal),
            "no token" => token.Uri("organisation", "nobody"),
            "no serial" => good.Replace("token=alpha", "token=alpha;serial=0", StringComparison.Ordinal),
            "two tokens" => token.Uri("organisation", "twin"),
            "no key" => token.Uri("nothing"),
            "two keys" => token.Uri("double"),
            "an RSA key" => token.Uri("rsa"),
            "another curve" => token.Uri("long"),
            "wrong PIN" => good.Replace(token.PinFile, token.Written("wrong", "0000-wrong"), StringComparison.Ordinal),
            "no PIN file" => good + "x",
            "an empty PIN file" => good.Replace(token.PinFile, token.Written("empty", "\n"), StringComparison.Ordinal),
            _ => good.Replace(token.PinFile, Readable(token.Written("open", SoftwareToken.Pin)), StringComparison.Ordinal),
        };
        var error = Assert.Throws<ClientException>(() => MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions { OrganisationAddress = KeyAddress.Parse(uri) }, TimeProvider.System));
        Assert.Equal(problem, error.Problem);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.All((string[])[SoftwareToken.Pin, "0000-wrong"], pin => Assert.DoesNotContain(pin, error.ToString(), StringComparison.Ordinal));
        Assert.False(File.Exists(Path.Combine(Home, "profile.json")));

        // One key of two is named by its id; a wrong PIN was tried once, and the right one still opens.
        using var key = KeyAddress.Parse(good.Replace("object=organisation", "object=double;id=%03", StringComparison.Ordinal)).OpenKey(null);
        using var known = token.PublicOf("double3");
        Assert.True(known.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.PublicKey.Spki.Span));
    }

    /// <summary>The attack: another token, or another key in it, under the name that the profile knows.</summary>
    [Fact]
    public void AnotherKeyUnderTheSameName_IsNotUsed()
    {
        SoftwareToken.Require();
        _ = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions { OrganisationAddress = KeyAddress.Parse(token.Uri("organisation")) }, TimeProvider.System).AddPerson("r1", PersonRoles.Releaser, KeyAddress.Parse(token.Uri("releaser")));
        var path = Path.Combine(Home, "profile.json");
        Assert.True(SealedJson.TryRead(File.ReadAllBytes(path), out var document));
        document["organisationAddress"] = token.Uri("releaser");
        document["people"]!.AsArray().Single(person => person!["person"]!.GetValue<string>() == "r1")!["address"] = token.Uri("organisation");
        DurableFile.Write(path, SealedJson.Write(document));
        var profile = MemberProfile.Open(Home, TimeProvider.System);
        Assert.All(
            (Func<ISigningKey>[])[() => profile.OpenOrganisationKey(), () => profile.OpenPersonKey(PersonRoles.Releaser, "r1")],
            open => Assert.Contains("is not the one that the profile names", Assert.Throws<ClientException>(() => open()).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void OneKeyForTwoPurposes_IsRefused()
    {
        SoftwareToken.Require();
        var profile = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions { OrganisationAddress = KeyAddress.Parse(token.Uri("organisation")) }, TimeProvider.System);
        Assert.Contains("no key serves two purposes", Assert.Throws<ClientException>(() => profile.AddPerson("r1", PersonRoles.Releaser, KeyAddress.Parse(token.Uri("organisation")))).Message, StringComparison.Ordinal);
        Assert.DoesNotContain(MemberProfile.Open(Home, TimeProvider.System).People, person => person.Person == "r1");
    }

    /// <summary>A token that shows one public key and signs by another one, or that does not sign what it is given, gets nothing out.</summary>
    [Fact]
    public void ASignatureThatThePublicKeyDoesNotVerify_IsNotHandedOut()
    {
        SoftwareToken.Require();
        using var one = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PutPair("crooked", 0x11, one, other, each: false);
        using var key = KeyAddress.Parse(token.Uri("crooked")).OpenKey(null);
        Assert.Equal(ClientProblem.VerificationFailed, Assert.Throws<ClientException>(() => key.Sign([1])).Problem);
        Assert.Throws<ClientException>(() => MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions { OrganisationAddress = KeyAddress.Parse(token.Uri("crooked")) }, TimeProvider.System));
    }

    [Fact]
    public void AKeyThatWantsItsPinForEachSignature_GetsIt()
    {
        SoftwareToken.Require();
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PutPair("each", 0x12, pair, pair, each: true);
        using var key = KeyAddress.Parse(token.Uri("each")).OpenKey(null);
        Assert.All(Enumerable.Range(0, 3), i => Assert.True(pair.VerifyData(BitConverter.GetBytes(i), key.Sign(BitConverter.GetBytes(i)), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)));
    }

    /// <summary>What a token says of itself that this software one never does: it does not lock.</summary>
    [Fact]
    public void ATokenThatIsAboutToLockItself_IsNotTriedFromAFile_AndALockedOneNotAtAll()
    {
        var (file, typed) = ((TokenUri)KeyAddress.Parse("pkcs11:token=a;object=b?module-path=/m&pin-source=file:/p"), (TokenUri)KeyAddress.Parse("pkcs11:token=a;object=b?module-path=/m"));
        Assert.Null(TokenPin.Refusal(file, initialised: true, locked: false, finalTry: false));
        Assert.Null(TokenPin.Refusal(typed, initialised: true, locked: false, finalTry: true));
        Assert.Contains("One try is left", TokenPin.Refusal(file, initialised: true, locked: false, finalTry: true)!.Message, StringComparison.Ordinal);
        Assert.Contains("is locked", TokenPin.Refusal(typed, initialised: true, locked: true, finalTry: false)!.Message, StringComparison.Ordinal);
        Assert.Contains("has no PIN yet", TokenPin.Refusal(typed, initialised: false, locked: false, finalTry: false)!.Message, StringComparison.Ordinal);
        Assert.Contains("is locked", TokenPin.Problem(typed, CKR.CKR_PIN_LOCKED, low: false, finalTry: false, locked: false)!.Message, StringComparison.Ordinal);
        Assert.Contains("wrong. The token a is locked", TokenPin.Problem(typed, CKR.CKR_PIN_INCORRECT, low: true, finalTry: false, locked: true)!.Message, StringComparison.Ordinal);
        Assert.Contains("one try is left", TokenPin.Problem(typed, CKR.CKR_PIN_INCORRECT, low: true, finalTry: true, locked: false)!.Message, StringComparison.Ordinal);
        Assert.Contains("tries are running out", TokenPin.Problem(typed, CKR.CKR_PIN_INCORRECT, low: true, finalTry: false, locked: false)!.Message, StringComparison.Ordinal);
        Assert.Contains("expired", TokenPin.Problem(typed, CKR.CKR_PIN_EXPIRED, low: false, finalTry: false, locked: false)!.Message, StringComparison.Ordinal);
        Assert.Null(TokenPin.Problem(typed, CKR.CKR_DEVICE_REMOVED, low: false, finalTry: false, locked: false));
    }

    [Theory]
    [InlineData("file:/etc/key.pem")]
    [InlineData("pkcs11:object=b?module-path=/m")]
    [InlineData("pkcs11:token=a?module-path=/m")]
    [InlineData("pkcs11:token=a;object=b")]
    [InlineData("pkcs11:token=a;object=b?module-path=libtoken.so")]
    [InlineData("pkcs11:token=a;token=a;object=b?module-path=/m")]
    [InlineData("pkcs11:token=;object=b?module-path=/m")]
    [InlineData("pkcs11:token=a;object=b;slot-id=1?module-path=/m")]
    [InlineData("pkcs11:token=a;object=b?module-path=/m&module-name=x")]
    [InlineData("pkcs11:token=a;object=b?module-path=/m&pin-source=/p")]
    [InlineData("pkcs11:token=a;object=b?module-path=/m&pin-source=file:p")]
    [InlineData("pkcs11:token=a;object=b?module-path=/m&pin-source=%7Cecho%201")]
    [InlineData("pkcs11:token=a b;object=b?module-path=/m")]
    [InlineData("pkcs11:token=a%0;object=b?module-path=/m")]
    [InlineData("pkcs11:token=a%00;object=b?module-path=/m")]
    [InlineData("pkcs11:token=a%ff;object=b?module-path=/m")]
    [InlineData("pkcs11:token=a;object=b?module-path=/m&pin-value=4711")]
    [InlineData("pkcs11:token=a;object=b;pin-value=4711?module-path=/m")]
    public void AnAddressThatIsNone_IsRefusedAndNotRepeated(string text)
    {
        var error = Assert.Throws<ClientException>(() => KeyAddress.Parse(text));
        Assert.Equal(ClientProblem.Usage, error.Problem);
        Assert.DoesNotContain("4711", error.Message, StringComparison.Ordinal);
        Assert.True(!text.Contains("pin-value", StringComparison.Ordinal) || error.Message.Contains("change the PIN", StringComparison.Ordinal));
    }

    [Fact]
    public void AnAddress_IsReadAsRfc7512Says()
    {
        const string text = "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;serial=4a2b;object=my-key;id=%00%69%95?module-path=/usr/lib/t.so&pin-source=file:/etc/token%20pin";
        var uri = (TokenUri)KeyAddress.Parse(text);
        Assert.Equal(("The Software PKCS#11 Softtoken", "4a2b", "my-key", "/usr/lib/t.so", "/etc/token pin", text), (uri.Token, uri.Serial, uri.Label, uri.ModulePath, uri.PinFile, uri.ToString()));
        Assert.Equal([0x00, 0x69, 0x95], uri.Id.ToArray());
    }

    [Fact]
    public async Task CommandLine_MakesAProfileOnAToken_AndSignsWithIt()
    {
        SoftwareToken.Require();
        var cli = Path.Combine(Programs.FolderOf("CleanRoom.Cli"), "cleanroom");
        var made = await Programs.RunAsync(cli, ["keys", "create", "--member", "alpha", "--home", Home, "--organisation-key", token.Uri("organisation"), "--json"], token.Environment);
        Assert.True(made.Code == 0, made.ToString());
        using var known = token.PublicOf("organisation");
        Assert.Equal(
            VerifyingKey.FromSpki(known.ExportSubjectPublicKeyInfo()).Id.ToString(), JsonNode.Parse(made.Output)!["result"]!["organisation"]!["id"]!.GetValue<string>());
        var added = await Programs.RunAsync(cli, ["keys", "add-person", "r1", "--roles", "releaser", "--key", token.Uri("releaser"), "--home", Home], token.Environment);
        Assert.True(added.Code == 0, added.ToString());
        var told = await Programs.RunAsync(cli, ["keys", "add-person", "r2", "--roles", "releaser", "--key", token.Uri("double") + "&pin-value=" + SoftwareToken.Pin, "--home", Home], token.Environment);
        Assert.Equal(64, told.Code);
        Assert.DoesNotContain(SoftwareToken.Pin, told.Output + told.Error, StringComparison.Ordinal);

        // Nobody sits at a terminal, and no file holds the PIN.
        var asked = await Programs.RunAsync(
            "sh", ["-c", "exec \"$0\" \"$@\" </dev/null", cli, "keys", "add-person", "r3", "--roles", "releaser", "--key", $"pkcs11:token=alpha;id=%03?module-path={SoftwareToken.Module}", "--home", Home], token.Environment);
        Assert.Equal(77, asked.Code);
        Assert.Contains("pin-source=file:", asked.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CommandLine_AsksForThePinAtATerminal()
    {
        SoftwareToken.Require();
        Records.Tests.Terminal.Require();
        _ = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        var (code, screen) = await Records.Tests.Terminal.PlayAsync(
            $"{Path.Combine(Programs.FolderOf("CleanRoom.Cli"), "cleanroom")} keys add-person r3 --roles releaser --key 'pkcs11:token=alpha;id=%03?module-path={SoftwareToken.Module}' --home {Home}",
            [("PIN of the token alpha:", SoftwareToken.Pin + "\r")], token.Environment);
        Assert.True(code == 0, screen);
        Assert.Contains(MemberProfile.Open(Home, TimeProvider.System).People, person => person.Person == "r3");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Readable(string path)
    {
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        return path;
    }

    private static byte[] Base64(string url) => Convert.FromBase64String(url.Replace('-', '+').Replace('_', '/').PadRight((url.Length + 3) / 4 * 4, '='));

    /// <summary>Puts a private and a public key into the token as no tool would.</summary>
    private static void PutPair(string label, byte id, ECDsa privateHalf, ECDsa publicHalf, bool each)
    {
        var slot = TokenModules.Load(SoftwareToken.Module).GetSlotList(SlotsType.WithTokenPresent).Single(item => item.GetTokenInfo().Label == "alpha");
        using var session = slot.OpenSession(SessionType.ReadWrite);
        session.Login(CKU.CKU_USER, SoftwareToken.Pin);
        var make = session.Factories.ObjectAttributeFactory;
        var point = publicHalf.ExportParameters(includePrivateParameters: false).Q;
        List<IObjectAttribute> secret =
        [
            make.Create(CKA.CKA_CLASS, CKO.CKO_PRIVATE_KEY), make.Create(CKA.CKA_KEY_TYPE, CKK.CKK_EC), make.Create(CKA.CKA_TOKEN, true), make.Create(CKA.CKA_PRIVATE, true), make.Create(CKA.CKA_SENSITIVE, true),
            make.Create(CKA.CKA_SIGN, true), make.Create(CKA.CKA_LABEL, label), make.Create(CKA.CKA_ID, [id]), make.Create(CKA.CKA_EC_PARAMS, P256Name),
            make.Create(CKA.CKA_VALUE, privateHalf.ExportParameters(includePrivateParameters: true).D!), make.Create(CKA.CKA_ALWAYS_AUTHENTICATE, each),
        ];
        List<IObjectAttribute> shown =
        [
            make.Create(CKA.CKA_CLASS, CKO.CKO_PUBLIC_KEY), make.Create(CKA.CKA_KEY_TYPE, CKK.CKK_EC), make.Create(CKA.CKA_TOKEN, true), make.Create(CKA.CKA_PRIVATE, false), make.Create(CKA.CKA_VERIFY, true),
            make.Create(CKA.CKA_LABEL, label), make.Create(CKA.CKA_ID, [id]), make.Create(CKA.CKA_EC_PARAMS, P256Name), make.Create(CKA.CKA_EC_POINT, [0x04, 0x41, 0x04, .. point.X!, .. point.Y!]),
        ];
        _ = session.CreateObject(secret);
        _ = session.CreateObject(shown);
    }
}
