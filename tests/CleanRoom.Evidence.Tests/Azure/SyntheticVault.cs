using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>
/// A local Key Vault over HTTPS. Its rows are those of the REST reference of Key Vault 7.4 (learn.microsoft.com/rest/api/keyvault/keys/...): create-key, release, delete-key, get-deleted-key,
/// purge-deleted-key; the form of a released key is that of the secure key release sidecar's reader (microsoft/confidential-sidecar-containers, pkg/skr). <see cref="Twist"/> makes one thing otherwise.
/// </summary>
internal sealed class SyntheticVault : IDisposable
{
    public const string ApiVersion = "api-version=7.4";

    private static readonly Lazy<RSA> Stranger = new(() => RSA.Create(2048));

    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);
    private readonly TlsTableServer _server = new();
    private int _made;

    public Uri Address => _server.Address;

    public X509Certificate2 Root => _server.Root;

    public IReadOnlyList<string> Surprises => _server.Surprises;

    public IReadOnlyList<TlsRequest> Asked => _server.Asked;

    /// <summary>What is otherwise; "" for nothing.</summary>
    public string Twist { get; set; } = "";

    /// <summary>attributes.recoveryLevel of every key.</summary>
    public string RecoveryLevel { get; set; } = "Recoverable+Purgeable";

    /// <summary>scheduledPurgeDate of deleted keys.</summary>
    public DateTimeOffset? PurgeDate { get; set; } = new(2026, 8, 30, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The key that a token names, or null if the policy of the key is not met.</summary>
    public Func<string, RSA?> WrapKeyOf { get; set; } = _ => null;

    /// <summary>The policy with which keys were asked for.</summary>
    public List<string> Policies { get; } = [];

    /// <summary>Lets a key of a name be made.</summary>
    public void Allow(string name)
    {
        _ = _server.On($"POST /keys/{name}/create?{ApiVersion}", request => Status() ?? Create(name, request));
        _ = _server.On($"DELETE /keys/{name}?{ApiVersion}", _ => Status() ?? Delete(name));
        _ = _server.On($"GET /deletedkeys/{name}?{ApiVersion}", _ => Twist is "deleted before" ? Deleted(name) : TlsAnswer.Empty(404));
        _ = _server.On($"DELETE /deletedkeys/{name}?{ApiVersion}", _ => Twist switch
        {
            "purge forbidden" => TlsAnswer.Empty(403),
            "purge too early" => TlsAnswer.Empty(409),
            "purge fails" => TlsAnswer.Empty(500),
            _ => new TlsAnswer(204, []),
        });
    }

    /// <summary>Puts a key there.</summary>
    public ECDsa Put(string name, string version)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _keys[name + "/" + version] = key;
        _ = _server.On($"POST /keys/{name}/{version}/release?{ApiVersion}", request => Status() ?? Release(name, version, request));
        return key;
    }

    public void Dispose()
    {
        _server.Dispose();
        foreach (var key in _keys.Values)
        {
            key.Dispose();
        }
    }

    private TlsAnswer? Status() => Twist switch
    {
        "400" or "401" or "403" or "404" or "409" or "429" or "500" => TlsAnswer.Empty(int.Parse(Twist, System.Globalization.CultureInfo.InvariantCulture)),
        "redirect" => new TlsAnswer(302, [], "https://localhost:1/"),
        "no json" => TlsAnswer.Json("<html>"),
        "member twice" => TlsAnswer.Json("""{"value":"a","value":"b","key":{}}"""),
        "too long" => new TlsAnswer(200, new byte[2 << 20]),
        "stalls" => TlsAnswer.Json("{ }") with { Stalls = true },
        _ => null,
    };

    private string Id(string name, string version) => new Uri(Address, $"keys/{name}/{version}").AbsoluteUri;

    private TlsAnswer Create(string name, TlsRequest request)
    {
        using var body = JsonDocument.Parse(request.Body);
        var policy = body.RootElement.GetProperty("release_policy");
        var good = body.RootElement.GetProperty("kty").GetString() == "EC-HSM" && body.RootElement.GetProperty("crv").GetString() == "P-256"
            && body.RootElement.GetProperty("attributes").GetProperty("exportable").GetBoolean() && policy.GetProperty("contentType").GetString() == "application/json; charset=utf-8";
        if (!good || request.Authorization != "Bearer access")
        {
            return TlsAnswer.Empty(good ? 401 : 400);
        }

        Policies.Add(Encoding.UTF8.GetString(Decode(policy.GetProperty("data").GetString()!)));
        var version = Convert.ToHexStringLower(SHA256.HashData([(byte)++_made]))[..32];
        var key = Put(name, version).ExportParameters(false);
        var answer = new JsonObject
        {
            ["key"] = new JsonObject
            {
                ["kid"] = Twist switch { "another name" => Id("other", version), "version too short" => Id(name, version)[..^1], "another vault" => $"https://other.example/keys/{name}/{version}", _ => Id(name, version) },
                ["kty"] = Twist == "software key" ? "EC" : "EC-HSM",
                ["crv"] = Twist == "another curve" ? "P-384" : "P-256",
                ["key_ops"] = new JsonArray("sign", "verify"),
                ["x"] = StrictBase64.EncodeUrl(key.Q.X),
                ["y"] = StrictBase64.EncodeUrl(Twist == "no point" ? key.Q.X : key.Q.Y),
            },
            ["attributes"] = new JsonObject { ["enabled"] = true, ["exportable"] = Twist != "not exportable", ["recoveryLevel"] = RecoveryLevel },
            ["release_policy"] = new JsonObject
            {
                ["contentType"] = "application/json; charset=utf-8",
                ["data"] = Twist switch
                {
                    "another policy" => StrictBase64.EncodeUrl("""{"version":"1.0.0","anyOf":[]}"""u8),
                    // The service writes policies anew: the same JSON, not the same bytes.
                    _ => StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(JsonNode.Parse(Policies[^1])!.ToJsonString(new JsonSerializerOptions { WriteIndented = true }))),
                },
                ["immutable"] = Twist != "not immutable" && policy.GetProperty("immutable").GetBoolean(),
            },
        };
        if (Twist == "no policy")
        {
            _ = answer.Remove("release_policy");
        }

        return TlsAnswer.Json(answer.ToJsonString());
    }

    private TlsAnswer Delete(string name) => Twist is "deleted before" or "purged before" ? TlsAnswer.Empty(404) : Deleted(Twist == "another key deleted" ? "other" : name);

    private TlsAnswer Deleted(string name)
    {
        var answer = new JsonObject
        {
            ["key"] = new JsonObject { ["kid"] = Id(name, new string('0', 32)) },
            ["attributes"] = new JsonObject { ["recoveryLevel"] = RecoveryLevel, ["recoverableDays"] = 90 },
        };
        if (RecoveryLevel != "Purgeable")
        {
            answer["recoveryId"] = new Uri(Address, "deletedkeys/" + name).AbsoluteUri;
            answer["scheduledPurgeDate"] = PurgeDate?.ToUnixTimeSeconds();
        }

        return TlsAnswer.Json(answer.ToJsonString());
    }

    private TlsAnswer Release(string name, string version, TlsRequest request)
    {
        using var body = JsonDocument.Parse(request.Body);
        var (target, enc, nonce) = (body.RootElement.GetProperty("target").GetString()!, body.RootElement.GetProperty("enc").GetString()!, body.RootElement.GetProperty("nonce").GetString()!);
        if (request.Authorization != "Bearer access" || WrapKeyOf(target) is not { } wrapKey)
        {
            return TlsAnswer.Empty(403);
        }

        var (kid, other) = (Id(name, version), Id(name, version)[..^1] + "_");
        var inner = new JsonObject
        {
            ["schema_version"] = "1.0",
            ["header"] = new JsonObject { ["kid"] = "wrap", ["alg"] = "dir", ["enc"] = Twist == "another wrapping inside" ? "RSA1_5" : enc },
            ["ciphertext"] = StrictBase64.EncodeUrl(Wrap(Secret(name + "/" + version), enc, Twist == "wrapped to a stranger" ? Stranger.Value : wrapKey)),
        };
        var released = new JsonObject { ["kid"] = Twist == "another key inside" ? other : kid, ["kty"] = "EC-HSM" };
        if (Twist != "no wrapped key")
        {
            released["key_hsm"] = StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(inner.ToJsonString()));
        }

        var asked = new JsonObject
        {
            ["api-version"] = "7.4",
            ["enc"] = Twist == "another wrapping" ? "CKM_RSA_AES_KEY_WRAP" : enc,
            ["kid"] = Twist switch { "another key" => Id("other", version), "another version" => other, _ => kid },
        };
        if (Twist != "no nonce")
        {
            asked["nonce"] = Twist == "old nonce" ? "AAAA" : nonce;
        }

        var payload = new JsonObject { ["request"] = asked, ["response"] = new JsonObject { ["key"] = new JsonObject { ["attributes"] = new JsonObject(), ["key"] = released } } };
        return TlsAnswer.Json(Twist == "no value" ? "{}" : new JsonObject { ["value"] = Sign(payload) }.ToJsonString());
    }

    private byte[] Secret(string key)
    {
        switch (Twist)
        {
            case "released another key":
                using (var another = ECDsa.Create(ECCurve.NamedCurves.nistP256))
                {
                    return another.ExportPkcs8PrivateKey();
                }

            case "released a P-384 key":
                using (var another = ECDsa.Create(ECCurve.NamedCurves.nistP384))
                {
                    return another.ExportPkcs8PrivateKey();
                }

            case "released an RSA key":
                return Stranger.Value.ExportPkcs8PrivateKey();
            case "released text":
                return "no key at all"u8.ToArray();
            default:
                return _keys[key].ExportPkcs8PrivateKey();
        }
    }

    private byte[] Wrap(byte[] secret, string enc, RSA wrapKey)
    {
        var once = RandomNumberGenerator.GetBytes(Twist == "short key" ? 16 : 32);
        using var aes = Aes.Create();
        aes.SetKey(once);
        var padding = enc switch { "CKM_RSA_AES_KEY_WRAP" => RSAEncryptionPadding.OaepSHA1, "RSA_AES_KEY_WRAP_256" => RSAEncryptionPadding.OaepSHA256, _ => RSAEncryptionPadding.OaepSHA384 };
        byte[] wrapped = [.. wrapKey.Encrypt(once, padding), .. aes.EncryptKeyWrapPadded(secret)];
        if (Twist == "damaged")
        {
            wrapped[^1] ^= 1;
        }

        return Twist == "cut off" ? wrapped[..^8] : wrapped;
    }

    private string Sign(JsonObject payload)
    {
        var header = new JsonObject { ["alg"] = Twist switch { "alg none" => "none", "alg HS256" => "HS256", _ => "RS256" }, ["kid"] = "vault" };
        if (Twist == "critical header")
        {
            header["crit"] = new JsonArray("b64");
        }

        if (Twist != "no certificate")
        {
            header["x5c"] = Twist == "certificate that is none" ? new JsonArray("AAAA") : new JsonArray([.. Chain().Select(der => (JsonNode)Convert.ToBase64String(der))]);
        }

        var text = StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(payload.ToJsonString()));
        var signature = (Twist == "another signature" ? Stranger.Value : TlsTableServer.Key).SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (Twist == "payload changed")
        {
            payload["more"] = 1;
            text = text[..text.IndexOf('.', StringComparison.Ordinal)] + "." + StrictBase64.EncodeUrl(Encoding.UTF8.GetBytes(payload.ToJsonString()));
        }

        return Twist == "two parts" ? text : text + "." + StrictBase64.EncodeUrl(signature);
    }

    // Certificates for the signature alone: TLS has its own.
    private IReadOnlyList<byte[]> Chain()
    {
        if (Twist is not ("another root" or "another host" or "expired" or "no server certificate"))
        {
            return _server.Chain;
        }

        using var root = Twist == "another root" ? null : _server.RootWithKey();
        using var strange = RootOf(Stranger.Value);
        var request = TlsTableServer.Leaf(Twist == "another host" ? "vault.example" : "localhost", TlsTableServer.Key, Twist == "no server certificate" ? "1.3.6.1.5.5.7.3.2" : "1.3.6.1.5.5.7.3.1");
        var begin = new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var leaf = request.Create(root ?? strange, begin, Twist == "expired" ? begin.AddYears(1) : begin.AddYears(20), [7]);
        return [leaf.RawData, (root ?? strange).RawData];
    }

    private static X509Certificate2 RootOf(RSA key)
    {
        var request = new CertificateRequest("CN=Synthetic root", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    private static byte[] Decode(string text) => StrictBase64.TryDecodeUrl(text, out var bytes) ? bytes : throw new FormatException("Not base64url.");
}
