using System.Text;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Results;

namespace CleanRoom.Evidence.Tests;

public sealed class AttestationResultTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Sample _sample = new();
    private readonly SigningKey _verifier = SigningKey.Generate();

    [Fact]
    public void TryVerify_SignedResult_GivesTheClaims()
    {
        var claims = Claims();

        Assert.True(AttestationResult.TryVerify(AttestationResult.Sign(_verifier, claims), _verifier.PublicKey, Now, out var read, out _));
        Assert.Equal(claims.Nonce.ToArray(), read.Nonce.ToArray());
        Assert.Equal(claims with { Nonce = read.Nonce }, read);
    }

    [Theory]
    [InlineData(false, "affirming", 2)]
    [InlineData(true, "warning", 32)]
    public void Sign_RealHardware_SaysHowMuchItAffirms(bool caution, string status, int hardware)
    {
        var claims = Claims() with { Simulated = false, Caution = caution };
        var result = AttestationResult.Sign(_verifier, claims);

        Assert.True(AttestationResult.TryVerify(result, _verifier.PublicKey, Now, out var read, out _));
        Assert.Equal(caution, read.Caution);
        Assert.True(Jws.TryParse(result, out var jws, 4096));
        using var json = System.Text.Json.JsonDocument.Parse(jws.Payload);
        var enclave = json.RootElement.GetProperty("submods").GetProperty("enclave");
        Assert.Equal(status, enclave.GetProperty("ear.status").GetString());
        Assert.Equal(hardware, enclave.GetProperty("ear.trustworthiness-vector").GetProperty("hardware").GetInt32());
        Assert.Equal(2, enclave.GetProperty("ear.trustworthiness-vector").GetProperty("executables").GetInt32());
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(299, true)]
    [InlineData(300, false)]
    public void TryVerify_Time_IsWithinIssueAndExpiry(int seconds, bool valid)
    {
        var result = AttestationResult.Sign(_verifier, Claims());

        Assert.Equal(valid, AttestationResult.TryVerify(result, _verifier.PublicKey, Now.AddSeconds(seconds), out _, out var reason));
        Assert.Equal(valid ? null : AttestationResultError.Expired, reason);
    }

    [Fact]
    public void TryVerify_OtherVerifier_IsRefused()
    {
        using var other = SigningKey.Generate();

        Assert.False(AttestationResult.TryVerify(AttestationResult.Sign(other, Claims()), _verifier.PublicKey, Now, out _, out var reason));
        Assert.Equal(AttestationResultError.SignatureInvalid, reason);
    }

    [Fact]
    public void TryVerify_LivesTooLong_IsRefused()
    {
        var payload = Payload().Replace("\"exp\":1796083500", "\"exp\":1796169600", StringComparison.Ordinal);

        Assert.NotEqual(Payload(), payload);
        Assert.Equal(AttestationResultError.Expired, Refusal(Jws.Sign(_verifier, AttestationResult.Type, Encoding.UTF8.GetBytes(payload))));
    }

    [Theory]
    [InlineData("\"simulated\":true", "\"simulated\":false")]
    [InlineData("\"ear.status\":\"warning\"", "\"ear.status\":\"affirming\"")]
    [InlineData("\"hardware\":32", "\"hardware\":2")]
    [InlineData("{\"aud\"", "{\"admin\":true,\"aud\"")]
    [InlineData("\"eat_profile\":\"tag:", "\"eat_profile\":\"x:")]
    [InlineData("\"iat\":1796083200", "\"iat\":1796083200.5")]
    [InlineData("\"iat\":1796083200", "\"iat\":-1")]
    [InlineData("\"aud\":\"owner\",", "")]
    public void TryVerify_SignedByTheVerifierButNotInTheOneForm_IsRefused(string from, string to)
    {
        var payload = Payload().Replace(from, to, StringComparison.Ordinal);

        Assert.NotEqual(Payload(), payload);
        Assert.Equal(AttestationResultError.Malformed, Refusal(Jws.Sign(_verifier, AttestationResult.Type, Encoding.UTF8.GetBytes(payload))));
    }

    [Fact]
    public void TryVerify_OtherTypeOfSignature_IsRefused() =>
        Assert.Equal(AttestationResultError.Malformed, Refusal(Jws.Sign(_verifier, "cleanroom-entry+jws", Encoding.UTF8.GetBytes(Payload()))));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a.b.c")]
    public void TryVerify_NoResult_IsRefused(string? text) => Assert.Equal(AttestationResultError.Malformed, Refusal(text));

    public void Dispose()
    {
        _sample.Dispose();
        _verifier.Dispose();
    }

    private AttestationResultError? Refusal(string? result)
    {
        Assert.False(AttestationResult.TryVerify(result, _verifier.PublicKey, Now, out var claims, out var reason));
        Assert.Null(claims);
        return reason;
    }

    private string Payload()
    {
        Assert.True(Jws.TryParse(AttestationResult.Sign(_verifier, Claims()), out var jws));
        return Encoding.UTF8.GetString(jws.Payload.Span);
    }

    private AttestationResultClaims Claims() => new()
    {
        Member = "owner",
        Room = "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10",
        Charter = _sample.Charter,
        Nonce = _sample.Nonce,
        Signing = _sample.Signing.PublicKey.Id,
        Release = _sample.Release.PublicKey.Id,
        Evidence = Digest.Of("evidence"u8),
        Kind = "simulated",
        Enclave = "matching",
        Measurement = _sample.Measurement,
        Simulated = true,
        IssuedAt = Now,
        Expires = Now + AttestationResult.MaxLifetime,
    };
}
