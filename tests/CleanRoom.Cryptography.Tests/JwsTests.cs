using System.Text;
using System.Text.Json;

namespace CleanRoom.Cryptography.Tests;

public sealed class JwsTests
{
    [Fact]
    public void Sign_ThenParse_GivesTheExactHeaderAndPayload()
    {
        using var key = SigningKey.Generate();
        var text = Jws.Sign(key, "cleanroom/v1/batch", "{}"u8);
        var header = Encoding.ASCII.GetString(Decode(text.Split('.')[0]));
        Assert.Equal($$"""{"alg":"ES256","kid":"{{key.PublicKey.Id}}","typ":"cleanroom/v1/batch"}""", header);
        Assert.True(CanonicalJson.IsCanonical(Encoding.ASCII.GetBytes(header)));
        Assert.True(Jws.TryParse(text, out var jws));
        Assert.Equal("cleanroom/v1/batch", jws.Type);
        Assert.Equal(key.PublicKey.Id, jws.KeyId);
        Assert.Equal("{}"u8.ToArray(), jws.Payload.ToArray());
        Assert.Equal(text, jws.ToString());
        Assert.True(jws.Verify(key.PublicKey));
        Assert.True(Jws.TryParse(Encoding.ASCII.GetBytes(text), out jws));
        Assert.True(jws.Verify(key.PublicKey));
        using var other = SigningKey.Generate();
        Assert.False(jws.Verify(other.PublicKey));
    }

    [Fact]
    public void Detached_RightPayload_Verifies_WrongPayload_DoesNot()
    {
        using var key = SigningKey.Generate();
        var text = Jws.SignDetached(key, "t", "payload"u8);
        Assert.Contains("..", text, StringComparison.Ordinal);
        Assert.True(Jws.TryParseDetached(text, "payload"u8, out var jws));
        Assert.True(jws.Verify(key.PublicKey));
        Assert.Equal(text, jws.ToDetachedString());
        Assert.True(Jws.TryParse(jws.ToString(), out var attached));
        Assert.True(attached.Verify(key.PublicKey));
        Assert.True(Jws.TryParseDetached(text, "Payload"u8, out jws));
        Assert.False(jws.Verify(key.PublicKey));
        Assert.False(Jws.TryParseDetached(attached.ToString(), "payload"u8, out _));
    }

    [Fact]
    public void TryParse_AnyCharacterChanged_IsRefusedOrDoesNotVerify()
    {
        using var key = SigningKey.Generate();
        var text = Jws.Sign(key, "cleanroom/v1/batch", "payload!"u8);
        foreach (var changed in Changed.Characters(text).Where(changed => changed != text))
        {
            Assert.False(Jws.TryParse(changed, out var jws) && jws.Verify(key.PublicKey), changed);
            Assert.True(jws is null || jws.ToString() == changed);
        }
    }

    [Fact]
    public void TryParse_AnyOtherHeader_IsRefused()
    {
        using var key = SigningKey.Generate();
        var kid = key.PublicKey.Id.ToString();
        string[] headers =
        [
            $$"""{"alg":"ES256","kid":"{{kid}}"}""",
            $$"""{"alg":"none","kid":"{{kid}}","typ":"t"}""",
            $$"""{"alg":"HS256","kid":"{{kid}}","typ":"t"}""",
            $$"""{"alg":"ES256","crit":["b64"],"kid":"{{kid}}","typ":"t"}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":"t","x":1}""",
            $$"""{"alg":"ES256","alg":"ES256","kid":"{{kid}}","typ":"t"}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":"t","typ":"u"}""",
            $$"""{"kid":"{{kid}}","alg":"ES256","typ":"t"}""",
            $$"""{"alg":"ES256", "kid":"{{kid}}","typ":"t"}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":""}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":"a\"b"}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":"a b"}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":"ä"}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":"{{new string('t', 65)}}"}""",
            """{"alg":"ES256","kid":"1","typ":"t"}""",
            $$"""{"alg":"ES256","kid":"{{kid}}","typ":"t"} """,
            "{}", "",
        ];
        foreach (var header in headers)
        {
            var parts = new JwsParts(Encoding.UTF8.GetBytes(header), [1], []);
            var signed = parts with { Signature = key.Sign(parts.SigningInput()) };
            Assert.False(Jws.TryParse(signed.ToCompact(detached: false), out _), header);
            Assert.False(Jws.TryParseDetached(signed.ToCompact(detached: true), [1], out _), header);
        }

        Assert.Throws<ArgumentException>(() => Jws.Sign(key, "a b", []));
        Assert.Throws<ArgumentException>(() => Jws.Sign(key, "", []));
        Assert.True(Jws.TryParse(Jws.Sign(key, new string('t', 64), []), out _));
        Assert.False(Jws.TryParse((string?)null, out _));
    }

    [Fact]
    public void TryParse_PayloadOverTheLimit_IsRefused()
    {
        using var key = SigningKey.Generate();
        var text = Jws.Sign(key, "t", new byte[1001]);
        Assert.True(Jws.TryParse(text, out _, maxPayloadSize: 1001));
        Assert.False(Jws.TryParse(text, out _, maxPayloadSize: 1000));
        Assert.False(Jws.TryParse(Encoding.ASCII.GetBytes(text), out _, maxPayloadSize: 1000));
    }

    [Fact]
    public void Verify_WycheproofEs256_LowLevelPartAgreesWithEveryResult()
    {
        var run = 0;
        foreach (var group in Published.Json("wycheproof/json_web_signature_test.json").GetProperty("testGroups").EnumerateArray())
        {
            if (!group.TryGetProperty("public", out var jwk) || !jwk.TryGetProperty("alg", out var alg) || alg.GetString() != "ES256"
                || jwk.GetProperty("use").GetString() != "sig")
            {
                continue;
            }

            var plain = JsonSerializer.Serialize(new
            {
                kty = "EC",
                crv = jwk.GetProperty("crv").GetString(),
                x = jwk.GetProperty("x").GetString(),
                y = jwk.GetProperty("y").GetString(),
            });
            Assert.True(VerifyingKey.TryFromJwk(plain, out var key));
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var text = test.GetProperty("jws").GetString()!;
                var verified = JwsParts.TryParse(text, 1 << 20, out var parts) && HeaderIs(parts.Header, jwk.GetProperty("kid").GetString()!) && parts.Verify(key);
                var name = $"tcId {test.GetProperty("tcId").GetInt32()}: {test.GetProperty("comment").GetString()}";
                Assert.True(verified == (test.GetProperty("result").GetString() == "valid"), name);

                // Ours takes no foreign header at all.
                Assert.False(Jws.TryParse(text, out _), name);
                run++;
            }
        }

        Assert.Equal(39, run);
    }

    private static bool HeaderIs(byte[] header, string kid) =>
        Encoding.UTF8.GetString(header) == $$"""{"alg":"ES256","kid":"{{kid}}"}""";

    private static byte[] Decode(string text)
    {
        Assert.True(StrictBase64.TryDecodeUrl(text, out var bytes));
        return bytes;
    }
}
