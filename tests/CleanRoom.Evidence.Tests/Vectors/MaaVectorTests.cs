using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>Tokens of Azure Attestation: the published synthetic cases, and tokens of a key of our own.</summary>
public sealed class MaaVectorTests : IDisposable
{
    private const string Issuer = "https://ours.attest.example";

    private static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Lazy<RSA> Key = new(() => RSA.Create(2048));

    private readonly Sample _sample = new();

    [Fact]
    public void Inspect_PublishedTokens_GiveTheirResults()
    {
        var root = JsonDocument.Parse(Published.File("synthetic/maa/tokens.json")).RootElement;
        var keys = Encoding.UTF8.GetBytes(root.GetProperty("jwks").GetRawText());
        using var rsa = RSA.Create(new RSAParameters { Modulus = Decode(root.GetProperty("jwks").GetProperty("keys")[0], "n"), Exponent = Decode(root.GetProperty("jwks").GetProperty("keys")[0], "e") });
        var cases = root.GetProperty("cases").EnumerateArray().ToList();
        var good = JsonDocument.Parse(Decode(cases[0].GetProperty("token").GetString()!.Split('.')[1])).RootElement;
        var policy = Policy(new JsonObject
        {
            ["issuer"] = root.GetProperty("issuer").GetString(),
            ["signingKey"] = new JsonArray(Convert.ToHexStringLower(SHA256.HashData(rsa.ExportSubjectPublicKeyInfo()))),
            ["policyHash"] = good.GetProperty("x-ms-policy-hash").GetString(),
            ["type"] = "sevsnpvm",
            ["measurement"] = new JsonArray(good.GetProperty("x-ms-sevsnpvm-launchmeasurement").GetString()),
            ["hostData"] = new JsonArray(good.GetProperty("x-ms-sevsnpvm-hostdata").GetString()),
            ["compliance"] = new JsonArray("azure-compliant-uvm"),
        });
        var context = new AppraisalContext(DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("verify_at").GetInt64()), CollateralSet.Empty);
        Assert.Equal(19, cases.Count);
        foreach (var item in cases)
        {
            var name = item.GetProperty("name").GetString()!;
            var token = item.GetProperty("token").GetString()!;
            var inspection = EvidenceInspector.Inspect(Envelope(token, keys), context, policy);

            // The nonce of these tokens stands where our own do not have theirs; the comparison is the caller's.
            var nonce = inspection.Objections.IsEmpty ? JsonDocument.Parse(Decode(token.Split('.')[1])).RootElement.GetProperty("x-ms-runtime").GetProperty("nonce").GetString() : null;
            var accepted = inspection.IsSound && nonce == root.GetProperty("expected_nonce").GetString();
            Assert.True(accepted == (name == "valid"), $"{name}: {string.Join(", ", inspection.Objections.Select(objection => objection.Reason))}");
            Assert.Equal(Reasons(name).FirstOrDefault(), inspection.Objections.Select(objection => objection.Reason).FirstOrDefault());
        }
    }

    [Fact]
    public void Inspect_RealToken_IsReadAndRefused()
    {
        var envelope = Envelope(Encoding.ASCII.GetString(Published.File("maa/sevsnp-jwt/sev-snp-jwt.txt")).Trim(), """{"keys":[]}"""u8.ToArray());

        // Its instance's keys are in no repository: nothing vouches for it.
        Assert.Equal(RejectionReason.CertificateMissing, Assert.Single(EvidenceInspector.Inspect(envelope, new AppraisalContext(Now, CollateralSet.Empty)).Objections).Reason);
    }

    [Theory]
    [InlineData("good", null)]
    [InlineData("other nonce", RejectionReason.ReportDataMismatch)]
    [InlineData("other signing key", RejectionReason.ReportDataMismatch)]
    [InlineData("other charter", RejectionReason.ReportDataMismatch)]
    [InlineData("no binding", RejectionReason.ReportDataMismatch)]
    [InlineData("two runtime keys", RejectionReason.RuntimeKeyMissing)]
    [InlineData("no compliance asked, policy of others", RejectionReason.ConfigurationNotApproved)]
    [InlineData("key set with the name twice", RejectionReason.CertificateMissing)]
    [InlineData("key that is not listed", RejectionReason.AttestationKeyNotTrusted)]
    [InlineData("debug as text", RejectionReason.DebugEnabled)]
    [InlineData("critical header", RejectionReason.ReportAlgorithm)]
    [InlineData("PS256", RejectionReason.ReportAlgorithm)]
    public void Appraise_TokenOfOurOwn_GivesItsReason(string what, RejectionReason? expected)
    {
        using var other = SigningKey.Generate();
        var own = new JsonObject
        {
            ["charter"] = (what == "other charter" ? Digest.Of("other"u8) : _sample.Charter).ToString(),
            ["nonce"] = StrictBase64.EncodeUrl(what == "other nonce" ? new byte[32] : _sample.Nonce),
            ["release"] = _sample.Release.PublicKey.Id.ToString(),
            ["signing"] = (what == "other signing key" ? other : _sample.Signing).PublicKey.Id.ToString(),
        };
        var wrap = new JsonObject { ["kty"] = "RSA", ["use"] = "enc", ["e"] = "AQAB", ["n"] = "AQAB" };
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["nbf"] = Now.AddMinutes(-1).ToUnixTimeSeconds(),
            ["exp"] = Now.AddHours(8).ToUnixTimeSeconds(),
            ["x-ms-attestation-type"] = "sevsnpvm",
            ["x-ms-policy-hash"] = new string(what.StartsWith("no compliance", StringComparison.Ordinal) ? 'B' : 'A', 43),
            ["x-ms-runtime"] = new JsonObject { ["keys"] = what == "two runtime keys" ? new JsonArray(wrap, wrap.DeepClone()) : new JsonArray(wrap) },
            ["x-ms-sevsnpvm-hostdata"] = new string('0', 64),
            ["x-ms-sevsnpvm-is-debuggable"] = what == "debug as text" ? JsonValue.Create("false") : JsonValue.Create(false),
            ["x-ms-sevsnpvm-launchmeasurement"] = new string('a', 96),
            ["x-ms-sevsnpvm-migration-allowed"] = false,
            ["x-ms-sevsnpvm-vmpl"] = 0,
        };
        if (what != "no binding")
        {
            claims["x-ms-runtime"]!["cleanroom"] = own;
        }

        var header = new JsonObject { ["alg"] = what == "PS256" ? "PS256" : "RS256", ["kid"] = "k", ["typ"] = "JWT", ["jku"] = "https://attacker.example/certs" };
        if (what == "critical header")
        {
            header["crit"] = new JsonArray("exp");
        }

        var keys = new JsonArray(Jwk());
        if (what == "key set with the name twice")
        {
            keys.Add(Jwk());
        }

        var hash = Convert.ToHexStringLower(what == "key that is not listed" ? new byte[32] : SHA256.HashData(Key.Value.ExportSubjectPublicKeyInfo()));
        var policy = Policy(new JsonObject
        {
            ["issuer"] = Issuer,
            ["signingKey"] = new JsonArray(hash),
            ["policyHash"] = new string('A', 43),
            ["type"] = "sevsnpvm",
            ["measurement"] = new JsonArray(new string('a', 96)),
        });
        var envelope = Envelope(Sign(header, claims), Encoding.UTF8.GetBytes(new JsonObject { ["keys"] = keys }.ToJsonString()));

        var appraisal = EvidenceAppraiser.Appraise(envelope.Json.Span, _sample.Binding, policy, new AppraisalContext(Now, CollateralSet.Empty));

        Assert.Equal(expected, (appraisal as Appraisal.Rejected)?.Reason);
    }

    public void Dispose() => _sample.Dispose();

    private static RejectionReason[] Reasons(string name) => name switch
    {
        "valid" or "stale-nonce" => [],
        "debuggable" or "debuggable-as-string" => [RejectionReason.DebugEnabled],
        "vmpl1" => [RejectionReason.VmplNotApproved],
        "migration" => [RejectionReason.MigrationAllowed],
        "expired" or "not-yet-valid" or "no-exp" => [RejectionReason.CertificateExpired],
        "wrong-issuer-same-key" => [RejectionReason.IssuerNotApproved],
        "attacker-jku" => [RejectionReason.CertificateMissing],
        "alg-none" or "alg-hs256-with-public-key" => [RejectionReason.ReportAlgorithm],
        "no-runtime-key" or "runtime-key-sign-only" => [RejectionReason.RuntimeKeyMissing],
        "wrong-hostdata" => [RejectionReason.HostDataNotApproved],
        "payload-altered" => [RejectionReason.SignatureInvalid],
        _ => [RejectionReason.SignatureInvalid],
    };

    private static string Sign(JsonObject header, JsonObject claims)
    {
        var text = StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        return text + "." + StrictBase64.EncodeUrl(Key.Value.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static JsonObject Jwk()
    {
        var parameters = Key.Value.ExportParameters(false);
        return new JsonObject { ["kty"] = "RSA", ["kid"] = "k", ["n"] = StrictBase64.EncodeUrl(parameters.Modulus), ["e"] = StrictBase64.EncodeUrl(parameters.Exponent) };
    }

    private static AppraisalPolicy Policy(JsonObject reference)
    {
        var policy = Sample.PolicyOf(reference.ToJsonString(), null, simulated: false, tee: EvidenceKinds.Maa);
        Assert.Empty(policy.Problems);
        return policy;
    }

    private static EvidenceEnvelope Envelope(string token, byte[] keys) =>
        EvidenceEnvelope.Create(EvidenceKinds.Maa, new Dictionary<string, ReadOnlyMemory<byte>> { ["token"] = Encoding.ASCII.GetBytes(token), ["keys"] = keys });

    private static byte[] Decode(JsonElement owner, string name) => Decode(owner.GetProperty(name).GetString()!);

    private static byte[] Decode(string text) => StrictBase64.TryDecodeUrl(text, out var bytes) ? bytes : throw new InvalidOperationException();
}
