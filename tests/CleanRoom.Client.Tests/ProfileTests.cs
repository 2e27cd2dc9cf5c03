using CleanRoom.Charter.Log;
using CleanRoom.Client.Keys;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Client.Tests;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ProfileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-profile-");

    private string Home => Path.Combine(_folder.FullName, "home");

    [Fact]
    public void Create_NewFolder_OnlyTheOwnerCanEnterAndRead()
    {
        _ = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Home));
        Assert.All(
            Directory.GetFiles(Home, "*", SearchOption.AllDirectories),
            file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void Create_Again_IsRefusedAndChangesNothing()
    {
        var first = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        var error = Assert.Throws<ClientException>(() => MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System));
        Assert.Equal(ClientProblem.CannotCreate, error.Problem);
        Assert.Equal(first.OrganisationKey, MemberProfile.Open(Home, TimeProvider.System).OrganisationKey);
    }

    [Fact]
    public void Open_FolderOthersCanEnter_IsRefused()
    {
        _ = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        File.SetUnixFileMode(Home, (UnixFileMode)0b111_101_101);
        Assert.Equal(ClientProblem.Configuration, Assert.Throws<ClientException>(() => MemberProfile.Open(Home, TimeProvider.System)).Problem);
    }

    [Fact]
    public void OrganisationKey_WithPassphrase_OpensWithItAlone()
    {
        var profile = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions { Passphrase = "correct horse" }, TimeProvider.System);
        using (var key = profile.OpenOrganisationKey("correct horse"))
        {
            Assert.Equal(profile.OrganisationKey, key.PublicKey);
        }

        Assert.Equal(ClientProblem.NotPermitted, Assert.Throws<ClientException>(() => profile.OpenOrganisationKey("wrong")).Problem);
        Assert.Equal(ClientProblem.Configuration, Assert.Throws<ClientException>(() => profile.OpenOrganisationKey()).Problem);
    }

    [Fact]
    public void Keys_OfOneProfile_AreAllDifferent()
    {
        var profile = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System).AddPerson("p2", PersonRoles.Uploader);
        var ids = profile.People.Select(person => person.PublicKey.Id).Append(profile.OrganisationKey.Id).Append(profile.TransportKey.Id).Append(profile.InboxKeys[0].PublicKey.Id).ToList();
        Assert.Equal(5, ids.Distinct().Count());
        using var certificate = profile.OpenTransportCertificate();
        Assert.True(certificate.HasPrivateKey);
    }

    [Fact]
    public void OpenPersonKey_FileOfAnotherKey_IsRefused()
    {
        var profile = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        File.Copy(Path.Combine(Home, "keys", "transport.pem"), Path.Combine(Home, "keys", "person-p1.pem"), overwrite: true);
        Assert.Equal(ClientProblem.Configuration, Assert.Throws<ClientException>(() => profile.OpenPersonKey(PersonRoles.Uploader)).Problem);
    }

    [Fact]
    public void Open_AnyBitOfTheProfileFlipped_IsRefused()
    {
        _ = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        var path = Path.Combine(Home, "profile.json");
        var good = File.ReadAllBytes(path);
        for (var at = 0; at < good.Length; at++)
        {
            var bad = good.ToArray();
            bad[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(path, bad);
            var error = Assert.Throws<ClientException>(() => MemberProfile.Open(Home, TimeProvider.System));
            Assert.True(error.Problem == ClientProblem.BadData, $"byte {at}");
        }

        File.WriteAllBytes(path, good);
        Assert.Equal("alpha", MemberProfile.Open(Home, TimeProvider.System).Member.Value);
    }

    [Fact]
    public void ReadCollateral_PackInTheProfile_CountsAndAnOlderOneNeverAgain()
    {
        var profile = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        using var maker = SigningKey.Generate();
        Assert.Equal(0, profile.ReadCollateral().Collateral.Count);
        _ = Directory.CreateDirectory(profile.CollateralFolder);

        Put(2);
        Assert.Equal(1, MemberProfile.Open(Home, TimeProvider.System).ReadCollateral().Collateral.Count);
        Put(1);
        Assert.Equal(0, MemberProfile.Open(Home, TimeProvider.System).ReadCollateral().Collateral.Count);
        Put(3);
        Assert.Equal(1, MemberProfile.Open(Home, TimeProvider.System).ReadCollateral().Collateral.Count);

        void Put(long number)
        {
            var now = TimeProvider.System.GetUtcNow();
            using var certificate = maker.CreateSelfSignedCertificate("authority", now, now.AddYears(1));
            File.WriteAllText(Path.Combine(profile.CollateralFolder, "maker.pack"), CollateralPack.Write(maker, number, now, [certificate.RawData], []));
        }
    }

    [Fact]
    public void ReadCollateral_DamagedMemory_DoesNotBeginAnew()
    {
        var profile = MemberProfile.Create(Home, MemberId.Parse("alpha"), new ProfileOptions(), TimeProvider.System);
        File.WriteAllText(Path.Combine(Home, "collateral-memory.json"), "{}");

        Assert.Equal(ClientProblem.Configuration, Assert.Throws<ClientException>(profile.ReadCollateral).Problem);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
