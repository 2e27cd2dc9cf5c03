using System.Runtime.Versioning;
using System.Text.Json;
using CleanRoom.Attestation;

namespace CleanRoom.Services.Tests.Attestation;

[SupportedOSPlatform("linux")]
public sealed class IdentityCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-identity-");

    [Fact]
    public void Run_FirstUse_MakesThreeKeysThatStay()
    {
        var first = Identity();
        using var document = JsonDocument.Parse(first);
        var root = document.RootElement;

        Assert.NotEqual(root.GetProperty("verifierKey").GetRawText(), root.GetProperty("witnessKey").GetRawText());
        Assert.StartsWith("spki-sha256:", root.GetProperty("tls").GetString(), StringComparison.Ordinal);
        Assert.Equal(first, Identity());
    }

    [Fact]
    public async Task Run_ManyAtOnce_AgreeOnTheKeys()
    {
        var identities = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(Identity)));

        Assert.Single(identities.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void Run_FirstUse_LeavesNoKeyInTheClear()
    {
        _ = Identity();

        foreach (var file in Directory.GetFiles(Path.Combine(Data, "keys")))
        {
            // PKCS#8 of P-256 begins with the object identifiers; an encrypted file holds neither.
            Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf((byte[])[0x2a, 0x86, 0x48, 0xce, 0x3d]) < 0);
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Data, "master.key")));
    }

    [Fact]
    public void Run_MasterKeyLost_SaysSoAndMakesNone()
    {
        _ = Identity();
        File.Delete(Path.Combine(Data, "master.key"));

        Assert.Contains("put the file back", Refusal(), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Data, "master.key")));
    }

    [Fact]
    public void Run_OtherMasterKey_IsRefused()
    {
        _ = Identity();
        using var other = CleanRoom.Cryptography.MasterKey.Generate();
        File.WriteAllText(Path.Combine(Data, "master.key"), other.ExportText());

        Assert.Contains("does not open", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_KeyFilesExchanged_AreRefused()
    {
        _ = Identity();
        File.Copy(Path.Combine(Data, "keys", "verifier.key"), Path.Combine(Data, "keys", "witness.key"), overwrite: true);

        Assert.Contains("does not open", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_MasterKeyReadableByAll_IsRefused()
    {
        _ = Identity();
        File.SetUnixFileMode(Path.Combine(Data, "master.key"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        Assert.Contains("0600", Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("--data")]
    [InlineData("--data", "")]
    [InlineData("--date", "x")]
    public void Run_WrongArguments_ShowsUsage(params string[] arguments)
    {
        using var errors = new StringWriter();

        Assert.Equal(64, IdentityCommand.Run(arguments, TextWriter.Null, errors));
        Assert.StartsWith("Usage", errors.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Data => Path.Combine(_folder.FullName, "broker");

    private string Identity()
    {
        using var output = new StringWriter();
        Assert.Equal(0, IdentityCommand.Run(["--data", Data], output, TextWriter.Null));
        return output.ToString();
    }

    private string Refusal()
    {
        using var errors = new StringWriter();
        Assert.Equal(78, IdentityCommand.Run(["--data", Data], TextWriter.Null, errors));
        return errors.ToString();
    }
}
