using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Policies;

namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>
/// A local instance of Azure Attestation over HTTPS. Rows: attest-sev-snp-vm (learn.microsoft.com/rest/api/attestation/attestation/attest-sev-snp-vm, 2022-08-01), the form of its body as in
/// the published request azure/cleanroom-caci-encryption/maa-request.json, its key set as in maa/oe-sgx/get.certs.response.body.json (keys by x5c alone), claims as in the published token
/// maa/sevsnp-jwt. <see cref="Twist"/> makes one thing otherwise.
/// </summary>
internal sealed class SyntheticAttestation : IDisposable
{
    private static readonly Lazy<RSA> Stranger = new(() => RSA.Create(2048));

    private readonly TlsTableServer _server = new();

    public SyntheticAttestation(TimeProvider clock)
    {
        Clock = clock;
        _ = _server.On("POST /attest/SevSnpVm?api-version=2022-08-01", request => Status() ?? Attest(request));
        _ = _server.On("GET /certs", _ => Twist switch
        {
            "no keys" => TlsAnswer.Empty(404),
            "keys are no JSON" => TlsAnswer.Json("<html>"),
            _ => TlsAnswer.Json(Keys().ToJsonString()),
        });
    }

    public Uri Address => _server.Address;

    /// <summary>What its tokens' times go by.</summary>
    public TimeProvider Clock { get; set; }

    public X509Certificate2 Root => _server.Root;

    public IReadOnlyList<string> Surprises => _server.Surprises;

    public IReadOnlyList<TlsRequest> Asked => _server.Asked;

    /// <summary>What is otherwise; "" for nothing.</summary>
    public string Twist { get; set; } = "";

    /// <summary>What the vault does with a token: the first key that may encrypt, if the signature is this instance's and the policy is met.</summary>
    public static RSA? WrapKeyOf(string token, string policy)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || !TlsTableServer.Key.VerifyData(Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), Decode(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            || !ReleasePolicy.TryParse(Encoding.UTF8.GetBytes(policy), out var release, out _))
        {
            return null;
        }

        using var claims = JsonDocument.Parse(Decode(parts[1]));
        var key = claims.RootElement.GetProperty("x-ms-runtime").GetProperty("keys")[0];
        return release.IsMetBy(claims.RootElement) && key.GetProperty("key_ops")[0].GetString() == "encrypt"
            ? RSA.Create(new RSAParameters { Modulus = Decode(key.GetProperty("n").GetString()!), Exponent = Decode(key.GetProperty("e").GetString()!) })
            : null;
    }

    public void Dispose() => _server.Dispose();

    private TlsAnswer? Status() => Twist switch
    {
        "400" or "403" or "429" or "500" => TlsAnswer.Empty(int.Parse(Twist, System.Globalization.CultureInfo.InvariantCulture)),
        "redirect" => new TlsAnswer(302, [], "https://localhost:1/"),
        "no json" => TlsAnswer.Json("<html>"),
        "no token" => TlsAnswer.Json("{}"),
        "too long" => new TlsAnswer(200, new byte[2 << 20]),
        _ => null,
    };

    private TlsAnswer Attest(TlsRequest request)
    {
        using var body = JsonDocument.Parse(request.Body);
        var runtime = Decode(body.RootElement.GetProperty("runtimeData").GetProperty("data").GetString()!);
        using var report = JsonDocument.Parse(Decode(body.RootElement.GetProperty("report").GetString()!));
        var snp = Decode(report.RootElement.GetProperty("SnpReport").GetString()!);
        var chain = Encoding.ASCII.GetString(Decode(report.RootElement.GetProperty("VcekCertChain").GetString()!));
        if (!snp.AsSpan(0x50, 32).SequenceEqual(SHA256.HashData(runtime)) || body.RootElement.GetProperty("runtimeData").GetProperty("dataType").GetString() != "JSON"
            || !chain.StartsWith("-----BEGIN CERTIFICATE-----", StringComparison.Ordinal))
        {
            return TlsAnswer.Empty(400);
        }

        var now = Clock.GetUtcNow().ToUnixTimeSeconds();
        var runtimeClaims = JsonNode.Parse(runtime)!;
        switch (Twist)
        {
            case "another wrapping key":
                runtimeClaims["keys"]![0]!["n"] = StrictBase64.EncodeUrl(Stranger.Value.ExportParameters(false).Modulus);
                break;
            case "a second wrapping key":
                runtimeClaims["keys"]!.AsArray().Insert(0, new JsonObject { ["kty"] = "RSA", ["n"] = "AQAB", ["e"] = "AQAB", ["key_ops"] = new JsonArray("encrypt") });
                break;
        }

        var claims = new JsonObject
        {
            ["exp"] = Twist == "expired" ? now - 1 : now + 28800,
            ["iat"] = now,
            ["iss"] = Twist == "another issuer" ? "https://other.attest.example" : Address.AbsoluteUri.TrimEnd('/'),
            ["jti"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            ["nbf"] = Twist == "not yet" ? now + 60 : now,
            ["nonce"] = Twist == "old nonce" ? "AAAA" : body.RootElement.GetProperty("nonce").GetString(),
            ["x-ms-attestation-type"] = Twist == "another type" ? "sgx" : "sevsnpvm",
            ["x-ms-runtime"] = runtimeClaims,
            ["x-ms-sevsnpvm-is-debuggable"] = false,
            ["x-ms-sevsnpvm-launchmeasurement"] = Convert.ToHexStringLower(snp.AsSpan(0x90, 48)),
            ["x-ms-sevsnpvm-vmpl"] = 0,
            ["x-ms-ver"] = "1.0",
        };
        if (Twist.StartsWith("no ", StringComparison.Ordinal))
        {
            _ = claims.Remove(Twist["no ".Length..]);
        }

        return TlsAnswer.Json(new JsonObject { ["token"] = Sign(claims) }.ToJsonString());
    }

    private JsonObject Keys()
    {
        JsonObject Key(byte[] der, string kid) => new() { ["kid"] = kid, ["kty"] = "RSA", ["x5c"] = new JsonArray(Convert.ToBase64String(der)) };
        var own = Key(_server.Chain[0], "ours");
        if (Twist == "certificate and numbers that differ")
        {
            var other = Stranger.Value.ExportParameters(false);
            (own["n"], own["e"]) = (StrictBase64.EncodeUrl(other.Modulus), StrictBase64.EncodeUrl(other.Exponent));
        }

        return new JsonObject
        {
            ["keys"] = Twist switch
            {
                "key set with the name twice" => new JsonArray(own, Key(_server.Chain[1], "ours")),
                "key set without the key" => new JsonArray(Key(_server.Chain[1], "other")),
                _ => new JsonArray(own, Key(_server.Chain[1], "other")),
            },
        };
    }

    private string Sign(JsonObject claims)
    {
        // Header members that no verifier may follow: here they lead to a stranger's keys.
        var header = new JsonObject { ["alg"] = Twist switch { "alg none" => "none", "PS256" => "PS256", _ => "RS256" }, ["jku"] = "https://localhost:1/certs", ["kid"] = "ours", ["typ"] = "JWT" };
        if (Twist == "critical header")
        {
            header["crit"] = new JsonArray("b64");
        }

        var text = StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        var signature = (Twist == "another signature" ? Stranger.Value : TlsTableServer.Key).SignData(
            Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, Twist == "PS256" ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
        return Twist == "two parts" ? text : text + "." + StrictBase64.EncodeUrl(signature);
    }

    private static byte[] Decode(string text) => StrictBase64.TryDecodeUrl(text, out var bytes) ? bytes : throw new FormatException("Not base64url.");
}
