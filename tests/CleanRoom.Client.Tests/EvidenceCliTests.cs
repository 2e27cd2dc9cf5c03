using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Client.Tests;

/// <summary>Evidence in a file at the command line: verdict, reasons and exit codes. The published evidence is read where it lies.</summary>
public sealed class EvidenceCliTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-evidence-");

    public static TheoryData<string, string, string, int, string> Files => new()
    {
        { "snp/trustee-e2e/evidence.json", "snp", "2026-03-15", 0, "" },
        { "snp/trustee-e2e/report.bin", "snp", "2026-03-15", 0, "" },
        { "snp/gosev-milan/report.bin", "snp/gosev-milan", "2026-03-15", 3, "DebugEnabled,PlatformRequirement,ReportVersionNotApproved" },
        { "azure/cleanroom-caci-encryption/attestation.json", "snp/amd-roots", "2026-03-15", 0, "" },
        { "azure/trustee-az-snp-vtpm/evidence-v2.json", "snp", "2026-03-15T00:00:00Z", 0, "" },
        { "tdx/gotdx-v5/quote.bin", "tdx/cdai-live", "2026-03-20", 0, "" },
        { "tdx/gotdx-v5/quote.bin", "tdx/cdai-live", "2026-09-01", 3, "CollateralExpired,RevocationStale" },
        { "sgx/phala-v3/quote.bin", "sgx/phala-v3/collateral.json", "2025-06-25", 0, "" },
        { "azure/cleanroom-caci-encryption/maa-request.json", "snp/amd-roots", "2026-03-15", 0, "" },
        { "maa/oe-sgx/post.attest.body.json", "sgx/phala-v3", "2020-08-01", 3, "CollateralMismatch" },
        { "sgx/maa-intel-sdk/enclave.info.debug.json", "sgx", "2025-01-01", 3, "CollateralMismatch,DebugEnabled" },
        { "maa/signing-certs/maa.prod.uks.signing.cert.pem", "sgx/phala-v3", "2020-08-01", 3, "CollateralMismatch,DebugEnabled" },
        { "maa/oe-sgx/get.certs.response.body.json", "sgx/phala-v3", "2020-08-01", 3, "CollateralMismatch,DebugEnabled" },
        { "tpm/gce-cos-85/gce-cos-85-nonce9009.pb", "sgx", "2026-03-15", 3, "AttestationKeyNotTrusted" },
        { "tpm/gce-cos-85/gce-cos-85-no-nonce.pb", "sgx", "2026-03-15", 3, "AttestationKeyNotTrusted,NonceMissing" },
    };

    [Theory, MemberData(nameof(Files))]
    public async Task EvidenceVerify_PublishedFile_GivesVerdictReasonsAndExitCode(string file, string collateral, string at, int expected, string reasons)
    {
        var (code, output, _) = await Programs.CliAsync("evidence", "verify", Published(file), "--collateral", Published(collateral), "--at", at, "--json");

        using var json = JsonDocument.Parse(output);
        Assert.Equal(expected, code);
        Assert.Equal(expected == 0 ? "trusted" : "rejected", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(reasons, string.Join(',', json.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()).Order(StringComparer.Ordinal)));
        Assert.Equal("not appraised", json.RootElement.GetProperty("identity").GetString());
        Assert.NotEmpty(json.RootElement.GetProperty("claims").EnumerateObject());
    }

    [Fact]
    public async Task Collect_OnAMachineWithoutATee_SaysWhatEachPlatformLacks()
    {
        var (code, _, error) = await Programs.CliAsync("evidence", "collect", "--sidecar", "http://localhost:9/");
        var list = await Programs.CliAsync("evidence", "collect", "--list", "--sidecar", "http://localhost:9/", "--json");

        Assert.Equal((int)ClientProblem.Unavailable, code);
        Assert.Contains("configfs-tsm: ", error, StringComparison.Ordinal);
        Assert.Contains("sidecar: nothing answers", error, StringComparison.Ordinal);
        Assert.Equal(0, list.Code);
        Assert.Contains("\"platform\":\"azure-vtpm\"", list.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await Programs.CliAsync("evidence", "collect", "--from", "simulated")).Code);
        Assert.NotEqual(0, (await Programs.CliAsync("evidence", "collect", "--sidecar", "http://sidecar.example/")).Code);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(60)]
    public async Task EvidenceVerify_HexadecimalText_IsRead(int line)
    {
        var path = Path.Combine(_folder.FullName, "report.txt");
        var text = Convert.ToHexString(await File.ReadAllBytesAsync(Published("snp/trustee-e2e/report.bin"), Token));
        await File.WriteAllLinesAsync(path, text.Chunk(line).Select(chunk => new string(chunk)), Token);

        Assert.Equal(0, (await Programs.CliAsync("evidence", "verify", path, "--kind", "sev-snp", "--collateral", Published("snp"), "--at", "2026-03-15")).Code);
        Assert.Equal(2, (await Programs.CliAsync("evidence", "verify", path, "--kind", "tdx", "--collateral", Published("snp"), "--at", "2026-03-15")).Code);
    }

    [Fact]
    public async Task EvidenceVerify_FolderWithAnythingInIt_IsFoundThroughByContent()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, "any"));
        foreach (var name in (string[])["snp/trustee-e2e/vcek.der", "snp/ms-tav-genoa/ask.pem", "snp/ms-tav-genoa/ark.pem"])
        {
            File.Copy(Published(name), Path.Combine(folder.FullName, Path.ChangeExtension(Path.GetRandomFileName(), ".jpg")));
        }

        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "noise.pem"), new byte[100_000], Token);
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "empty.crl"), [], Token);
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "nowhere"), Path.Combine(folder.FullName, "missing"));
        Directory.CreateSymbolicLink(Path.Combine(folder.FullName, "round"), folder.FullName);

        Assert.Equal(0, (await Programs.CliAsync("evidence", "verify", Published("snp/trustee-e2e/report.bin"), "--collateral", folder.FullName, "--at", "2026-03-15")).Code);
    }

    [Theory]
    [InlineData("6a6519d757e68c2e939c9dbbbc1828498e8de35d2766dd05f1a2cca5059d0cf4ae62a36d75c837974dd50b315506e73e", 23, 0, "")]
    [InlineData("006519d757e68c2e939c9dbbbc1828498e8de35d2766dd05f1a2cca5059d0cf4ae62a36d75c837974dd50b315506e73e", 23, 3, "MeasurementNotApproved")]
    [InlineData("6a6519d757e68c2e939c9dbbbc1828498e8de35d2766dd05f1a2cca5059d0cf4ae62a36d75c837974dd50b315506e73e", 24, 3, "TcbBelowFloor")]
    public async Task EvidenceVerify_WithPolicy_AppraisesIdentityAndFloors(string measurement, int snp, int expected, string reasons)
    {
        var policy = Path.Combine(_folder.FullName, "policy.json");
        await File.WriteAllTextAsync(
            policy,
            $$$"""
            {"enclaves":[{"name":"matching","tee":"sev-snp",
              "reference":{"measurement":["{{{measurement}}}"],"policy":{"allow":["smt"]},"platform":{"allow":["smt"]},"revocation":{"required":false} },
              "floors":{"tcb":{"genoa":{"bootloader":10,"tee":0,"snp":{{{snp}}},"microcode":25} } } }]}
            """,
            Token);

        var (code, output, _) = await Programs.CliAsync(
            "evidence", "verify", Published("snp/trustee-e2e/evidence.json"), "--policy", policy, "--collateral", Published("snp"), "--at", "2026-03-15", "--json");

        using var json = JsonDocument.Parse(output);
        Assert.Equal(expected, code);
        Assert.Equal(reasons, string.Join(',', json.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString())));
        Assert.Equal(expected == 0 ? "matching" : "not approved", json.RootElement.GetProperty("identity").GetString());
    }

    [Theory]
    [InlineData("valid", "valid", 0, "")]
    [InlineData("changed after it was signed", "payload-altered", 3, "SignatureInvalid,HostDataNotApproved")]
    [InlineData("key that its header names elsewhere", "attacker-jku", 3, "CertificateMissing")]
    public async Task EvidenceVerify_TokenAlone_IsVerifiedWithTheKeySetInTheCollateral(string what, string name, int expected, string reasons)
    {
        using var cases = JsonDocument.Parse(await File.ReadAllBytesAsync(Published("synthetic/maa/tokens.json"), Token));
        var collateral = Directory.CreateDirectory(Path.Combine(_folder.FullName, "any"));
        var keys = cases.RootElement.GetProperty("jwks");
        await File.WriteAllTextAsync(Path.Combine(collateral.FullName, "keys.txt"), keys.GetRawText(), Token);
        var token = Path.Combine(_folder.FullName, "token.txt");
        var text = cases.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name).GetProperty("token").GetString()!;
        await File.WriteAllTextAsync(token, text + "\n", Token);
        using var claims = JsonDocument.Parse(StrictBase64.TryDecodeUrl(cases.RootElement.GetProperty("cases")[0].GetProperty("token").GetString()!.Split('.')[1], out var payload) ? payload : []);
        using var rsa = RSA.Create(new RSAParameters { Modulus = Decode(keys.GetProperty("keys")[0], "n"), Exponent = Decode(keys.GetProperty("keys")[0], "e") });
        var policy = Path.Combine(_folder.FullName, "policy.json");
        await File.WriteAllTextAsync(
            policy,
            $$"""
            {"enclaves":[{"name":"matching","tee":"maa","reference":{"issuer":"{{cases.RootElement.GetProperty("issuer").GetString()}}",
              "signingKey":["{{Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo()))}}"],"policyHash":"{{claims.RootElement.GetProperty("x-ms-policy-hash").GetString()}}",
              "type":"sevsnpvm","measurement":["{{claims.RootElement.GetProperty("x-ms-sevsnpvm-launchmeasurement").GetString()}}"],
              "hostData":["{{claims.RootElement.GetProperty("x-ms-sevsnpvm-hostdata").GetString()}}"],"compliance":["azure-compliant-uvm"]} }]}
            """,
            Token);
        var at = DateTimeOffset.FromUnixTimeSeconds(cases.RootElement.GetProperty("verify_at").GetInt64()).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

        var (code, output, _) = await Programs.CliAsync("evidence", "verify", token, "--policy", policy, "--collateral", collateral.FullName, "--at", at, "--json");
        var without = await Programs.CliAsync("evidence", "verify", token, "--policy", policy, "--at", at);

        using var json = JsonDocument.Parse(output);
        Assert.True(expected == code, what);
        Assert.Equal(reasons, string.Join(',', json.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString())));
        Assert.Equal(2, without.Code);
        Assert.Contains("key set", without.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no such file", "none")]
    [InlineData("empty", "empty")]
    [InlineData("text", "text")]
    [InlineData("bad time", "text --at yesterday")]
    public async Task EvidenceVerify_UnusableInput_IsCodeTwoAndOneLine(string what, string arguments)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "empty"), "", Token);
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "text"), "not evidence", Token);
        var split = arguments.Split(' ');

        var (code, output, error) = await Programs.CliAsync(["evidence", "verify", Path.Combine(_folder.FullName, split[0]), .. split[1..]]);

        Assert.True(code == 2, what);
        Assert.Equal("", output);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task EvidenceShow_CertificateAndQuote_AreDecoded()
    {
        var certificate = await Programs.CliAsync("evidence", "show", Published("snp/amd-roots/milan/ark.der"), "--json");
        var quote = await Programs.CliAsync("evidence", "show", Published("tdx/phala-v4/quote.bin"), "--json");

        Assert.Equal((0, 0), (certificate.Code, quote.Code));
        Assert.Contains("ARK-Milan", certificate.Output, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"tdx\"", quote.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("azure/trustee-az-snp-vtpm/hcl-report.bin", "hcl-report", "variableDataSha256")]
    [InlineData("azure/trustee-az-snp-vtpm/tpm-quote.msg", "tpm-attest", "pcrDigest")]
    [InlineData("tdx/gotdx-cos113/ccel_data.bin", "event-log", "sha384")]
    [InlineData("maa/sevsnp-jwt/sev-snp-jwt.txt", "jws", "x-ms-attestation-type")]
    public async Task EvidenceShow_PartThatLiesAlone_IsDecodedButNotVerified(string file, string kind, string claim)
    {
        var shown = await Programs.CliAsync("evidence", "show", Published(file), "--json");

        Assert.Equal(0, shown.Code);
        Assert.Contains($"\"kind\":\"{kind}\"", shown.Output, StringComparison.Ordinal);
        Assert.Contains(claim, shown.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await Programs.CliAsync("evidence", "verify", Published(file))).Code);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static byte[] Decode(JsonElement key, string name) => StrictBase64.TryDecodeUrl(key.GetProperty(name).GetString(), out var bytes) ? bytes : [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Published(string relative)
    {
        var root = Environment.GetEnvironmentVariable("CLEANROOM_SHARED") ?? Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "..", "shared");
        var path = Path.Combine(root, "vectors", "attestation", relative);
        if (!Path.Exists(path))
        {
            var reason = $"The published evidence is not there: vectors/attestation/{relative}. Set CLEANROOM_SHARED to the folder that holds it.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", reason);
            Assert.Fail(reason);
        }

        return path;
    }
}
