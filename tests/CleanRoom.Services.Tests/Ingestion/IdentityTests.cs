using System.Text.Json;
using CleanRoom.Cryptography;
using CleanRoom.Ingestion;

namespace CleanRoom.Services.Tests.Ingestion;

public sealed class IdentityTests
{
    [Fact]
    public void Identity_Twice_PrintsTheSamePublicKeysOnOneLine()
    {
        var folder = Directory.CreateTempSubdirectory("cleanroom-identity-");
        try
        {
            var lines = Enumerable.Range(0, 2).Select(_ =>
            {
                using var output = new StringWriter();
                using var error = new StringWriter();
                Assert.Equal(0, IdentityCommand.Run(["identity", "--data", folder.FullName], output, error));
                return output.ToString();
            }).ToArray();
            Assert.Equal(lines[0], lines[1]);
            Assert.DoesNotContain('\n', lines[0].TrimEnd('\n'));
            using var json = JsonDocument.Parse(lines[0]);
            Assert.True(VerifyingKey.TryFromJwk(json.RootElement.GetProperty("operator"), out _));
            Assert.True(KeyId.TryParse(json.RootElement.GetProperty("tls").GetString(), out _));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Identity_WithoutFolder_SaysHow()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.NotEqual(0, IdentityCommand.Run(["identity"], output, error));
        Assert.Contains("--data", error.ToString(), StringComparison.Ordinal);
    }
}
