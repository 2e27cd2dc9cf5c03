using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Results;

/// <summary>
/// Attestation results in the form of draft-ietf-rats-ear (EAT profile, submods with status and trustworthiness vector), as compact JWS of
/// typ <c>cleanroom-ear+jws</c> by a verifier key, with what a key broker needs besides: <c>cnf</c> with both instance keys, room, charter.
/// </summary>
public static class AttestationResult
{
    /// <summary>JWS type.</summary>
    public const string Type = "cleanroom-ear+jws";

    /// <summary>The EAT profile: this page of the project's protocol.</summary>
    public const string Profile = "tag:cleanroom.example,2026:ear/v1";

    /// <summary>Longest life of a result: five minutes.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromMinutes(5);

    /// <summary>Longest text of a result that is looked at, in characters.</summary>
    public const int MaxLength = 8 << 10;

    private const string Hardware = "hardware";
    private const int Affirming = 2;
    private const int Warning = 32;
    private const int MaxPayload = 4 << 10;

    /// <summary>Signs a result.</summary>
    /// <exception cref="ArgumentException">The nonce has another size than 32 bytes, or the life is not within (0, 5 minutes].</exception>
    public static string Sign(SigningKey verifier, AttestationResultClaims claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        var lifetime = claims.Expires - claims.IssuedAt;
        if (claims.Nonce.Length != ReportBinding.NonceSize || lifetime <= TimeSpan.Zero || lifetime > MaxLifetime)
        {
            throw new ArgumentException("A result has a nonce of 32 bytes and lives up to five minutes.", nameof(claims));
        }

        return Jws.Sign(verifier, Type, CanonicalJson.Canonicalize(ToJson(claims)));
    }

    /// <summary>Verifies a result strictly: signature, type, profile, every member, its time.</summary>
    /// <param name="result">Compact JWS.</param>
    /// <param name="verifier">The key of the verifier that is trusted.</param>
    /// <param name="now">The relying party's time.</param>
    /// <param name="claims">What the verifier said.</param>
    /// <param name="reason">Why it does not count.</param>
    public static bool TryVerify(
        string? result,
        VerifyingKey verifier,
        DateTimeOffset now,
        [NotNullWhen(true)] out AttestationResultClaims? claims,
        [NotNullWhen(false)] out AttestationResultError? reason)
    {
        claims = null;
        if (result is not { Length: <= MaxLength } || !Jws.TryParse(result, out var jws, MaxPayload) || jws.Type != Type)
        {
            reason = AttestationResultError.Malformed;
            return false;
        }

        if (!jws.Verify(verifier))
        {
            reason = AttestationResultError.SignatureInvalid;
            return false;
        }

        // Rebuilding the text from what was understood proves that nothing in it was overlooked.
        if (!TryRead(jws.Payload.Span, out var read) || !CanonicalJson.Canonicalize(ToJson(read)).AsSpan().SequenceEqual(jws.Payload.Span))
        {
            reason = AttestationResultError.Malformed;
            return false;
        }

        if (read.Expires <= read.IssuedAt || read.Expires - read.IssuedAt > MaxLifetime || now < read.IssuedAt || now >= read.Expires)
        {
            reason = AttestationResultError.Expired;
            return false;
        }

        claims = read;
        reason = null;
        return true;
    }

    private static JsonObject ToJson(AttestationResultClaims claims) => new()
    {
        ["aud"] = claims.Member,
        ["charter"] = claims.Charter.ToString(),
        ["cnf"] = new JsonObject { ["release"] = claims.Release.ToString(), ["signing"] = claims.Signing.ToString() },
        ["ear.verifier-id"] = new JsonObject { ["build"] = "cleanroom/v1", ["developer"] = "CleanRoom" },
        ["eat_nonce"] = StrictBase64.EncodeUrl(claims.Nonce.Span),
        ["eat_profile"] = Profile,
        ["evidence"] = claims.Evidence.ToString(),
        ["exp"] = claims.Expires.ToUnixTimeSeconds(),
        ["iat"] = claims.IssuedAt.ToUnixTimeSeconds(),
        ["iss"] = claims.Member,
        ["room"] = claims.Room,
        ["simulated"] = claims.Simulated,
        ["submods"] = new JsonObject
        {
            ["enclave"] = new JsonObject
            {
                ["ear.appraisal-policy-id"] = claims.Charter.ToString(),
                ["ear.status"] = claims.Simulated || claims.Caution ? "warning" : "affirming",
                ["ear.trustworthiness-vector"] = TrustVector(claims.Simulated, claims.Caution),
                ["kind"] = claims.Kind,
                ["measurement"] = claims.Measurement.ToString(),
                ["name"] = claims.Enclave,
            },
        },
    };

    // AR4SI (draft-ietf-rats-ar4si): 2 to 31 affirming, 32 to 95 warning. Without hardware nothing is affirmed beyond what the code says of itself.
    private static JsonObject TrustVector(bool simulated, bool caution) => simulated
        ? new JsonObject { ["configuration"] = Warning, ["executables"] = Warning, [Hardware] = Warning, ["instance-identity"] = Warning }
        : new JsonObject { ["configuration"] = Affirming, ["executables"] = Affirming, [Hardware] = caution ? Warning : Affirming, ["instance-identity"] = Affirming };

    private static bool TryRead(ReadOnlySpan<byte> payload, [NotNullWhen(true)] out AttestationResultClaims? claims)
    {
        claims = null;
        if (!StrictJson.TryParseCanonical(payload, out var document, MaxPayload))
        {
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (!TryMember(root, "cnf", out var cnf) || !TryMember(root, "submods", out var submods) || !TryMember(submods, "enclave", out var enclave)
                || !TryText(root, "aud", out var member) || !TryText(root, "room", out var room)
                || !TryText(root, "charter", out var charterText) || !Digest.TryParse(charterText, out var charter)
                || !TryText(root, "evidence", out var evidenceText) || !Digest.TryParse(evidenceText, out var evidence)
                || !TryText(root, "eat_nonce", out var nonceText) || !StrictBase64.TryDecodeUrl(nonceText, out var nonce) || nonce.Length != ReportBinding.NonceSize
                || !TryText(cnf, "release", out var releaseText) || !KeyId.TryParse(releaseText, out var release)
                || !TryText(cnf, "signing", out var signingText) || !KeyId.TryParse(signingText, out var signing)
                || !TryText(enclave, "kind", out var kind) || !TryText(enclave, "name", out var name)
                || !TryText(enclave, "measurement", out var measurementText) || !LaunchMeasurement.TryParse(measurementText, out var measurement)
                || !TryTime(root, "iat", out var issuedAt) || !TryTime(root, "exp", out var expires)
                || !TryMember(enclave, "ear.trustworthiness-vector", out var vector) || !TryMember(vector, Hardware, out var hardware)
                || hardware.ValueKind != JsonValueKind.Number || !hardware.TryGetInt32(out var tier)
                || !TryMember(root, "simulated", out var simulated) || simulated.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                return false;
            }

            claims = new AttestationResultClaims
            {
                Member = member,
                Room = room,
                Charter = charter,
                Nonce = nonce,
                Signing = signing,
                Release = release,
                Evidence = evidence,
                Kind = kind,
                Enclave = name,
                Measurement = measurement,
                Simulated = simulated.GetBoolean(),
                Caution = !simulated.GetBoolean() && tier == Warning,
                IssuedAt = issuedAt,
                Expires = expires,
            };
            return true;
        }
    }

    private static bool TryMember(JsonElement owner, string name, out JsonElement value)
    {
        value = default;
        return owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out value);
    }

    private static bool TryText(JsonElement owner, string name, [NotNullWhen(true)] out string? text)
    {
        text = TryMember(owner, name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }

    private static bool TryTime(JsonElement owner, string name, out DateTimeOffset time)
    {
        time = default;
        if (!TryMember(owner, name, out var value) || value.ValueKind != JsonValueKind.Number
            || !value.TryGetInt64(out var seconds) || seconds is < 0 or > 253402300799)
        {
            return false;
        }

        time = DateTimeOffset.FromUnixTimeSeconds(seconds);
        return true;
    }
}
