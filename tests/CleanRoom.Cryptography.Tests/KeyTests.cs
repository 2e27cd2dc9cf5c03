using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace CleanRoom.Cryptography.Tests;

public sealed class KeyTests
{
    [Fact]
    public void Verify_WycheproofEcdsaP1363_AgreesWithEveryResult()
    {
        var run = 0;
        foreach (var group in Published.Json("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json").GetProperty("testGroups").EnumerateArray())
        {
            var key = VerifyingKey.FromSpki(group.Hex("publicKeyDer"));
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                var valid = test.GetProperty("result").GetString() == "valid";
                Assert.True(valid == key.Verify(test.Hex("msg"), test.Hex("sig")), $"tcId {test.GetProperty("tcId").GetInt32()}");
                run++;
            }
        }

        Assert.Equal(262, run);
    }

    [Fact]
    public void Export_ThenImport_IsTheSameKey()
    {
        using var key = SigningKey.Generate();
        using var fromDer = SigningKey.ImportPkcs8(key.ExportPkcs8());
        using var fromPem = SigningKey.ImportPem(key.ExportPem());
        Assert.Equal(key.PublicKey, fromDer.PublicKey);
        Assert.Equal(key.PublicKey, fromPem.PublicKey);
        Assert.True(key.PublicKey.Verify("x"u8, fromPem.Sign("x"u8)));
        Assert.False(key.PublicKey.Verify("y"u8, fromPem.Sign("x"u8)));
    }

    [Fact]
    public void Import_WhatIsNotOneP256Key_Throws()
    {
        using var key = SigningKey.Generate();
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPkcs8([.. key.ExportPkcs8(), 0]));
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPkcs8([]));
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPkcs8(p384.ExportPkcs8PrivateKey()));
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPkcs8(rsa.ExportPkcs8PrivateKey()));
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPem("nothing"));
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPem(key.ExportPem() + key.ExportPem()));
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPem(key.ExportPem().Replace("PRIVATE KEY", "EC PRIVATE KEY", StringComparison.Ordinal)));
    }

    [Fact]
    public void ImportPkcs8_PublicHalfOfAnotherKey_Throws()
    {
        using var key = SigningKey.Generate();
        using var other = SigningKey.Generate();
        var der = key.ExportPkcs8();
        var at = der.AsSpan().IndexOf(key.PublicKey.Spki.Span[26..]);
        Assert.True(at > 0);
        other.PublicKey.Spki.Span[26..].CopyTo(der.AsSpan(at));
        Assert.Throws<CryptographicException>(() => SigningKey.ImportPkcs8(der));
    }

    [Fact]
    public void TryFromSpki_AnyOtherEncoding_IsRefused()
    {
        using var key = SigningKey.Generate();
        var spki = key.PublicKey.Spki.ToArray();
        Assert.Equal(SHA256.HashData(spki), key.PublicKey.Id.Span.ToArray());
        Assert.Equal(key.PublicKey, VerifyingKey.FromSpki(spki));
        foreach (var changed in Changed.Bits(spki))
        {
            Assert.False(VerifyingKey.TryFromSpki(changed, out _));
        }

        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        Assert.False(VerifyingKey.TryFromSpki(p384.ExportSubjectPublicKeyInfo(), out _));
        Assert.False(VerifyingKey.TryFromSpki([.. spki, 0], out _));
        Assert.False(VerifyingKey.TryFromSpki(spki.AsSpan(0, 90), out _));
        Assert.Throws<CryptographicException>(() => VerifyingKey.FromSpki([]));
    }

    [Fact]
    public void ToSpki_IsWhatThePlatformWrites()
    {
        using var key = SigningKey.Generate();
        using var platform = key.CreateECDsa();
        Assert.Equal(platform.ExportSubjectPublicKeyInfo(), key.PublicKey.Spki.ToArray());
    }

    [Fact]
    public void TryFromJwk_OwnForm_RoundTrips_AnythingElse_IsRefused()
    {
        using var key = SigningKey.Generate();
        var jwk = key.PublicKey.ToJwk().ToJsonString();
        Assert.True(VerifyingKey.TryFromJwk(jwk, out var read));
        Assert.Equal(key.PublicKey, read);
        Assert.True(VerifyingKey.TryFromJwk(JsonDocument.Parse(jwk).RootElement, out read));
        Assert.Equal(key.PublicKey, read);
        Assert.True(HpkePublicKey.TryFromJwk(jwk, out var hpke));
        Assert.Equal(key.PublicKey.Id, hpke.Id);
        string[] wrong =
        [
            "", "null", "[]", "{}", "{",
            jwk.Replace("P-256", "P-384", StringComparison.Ordinal),
            jwk.Replace("\"EC\"", "\"RSA\"", StringComparison.Ordinal),
            jwk.Replace("{", "{\"kid\":\"1\",", StringComparison.Ordinal),
            jwk.Replace("{", "{\"d\":\"AAAA\",", StringComparison.Ordinal),
            jwk.Replace("{", "{\"kty\":\"EC\",", StringComparison.Ordinal),
            jwk.Replace("\"y\":\"", "\"y\":\"A", StringComparison.Ordinal),
            jwk.Replace("\"y\":\"", "\"y\":\"\\ud800", StringComparison.Ordinal),
            jwk.Replace("\"y\"", "\"x\"", StringComparison.Ordinal),
            jwk.Replace("\"EC\"", "1", StringComparison.Ordinal),
            jwk[..^2] + "=\"}",
            jwk + new string(' ', 2000),
        ];
        Assert.All(wrong, text => Assert.False(VerifyingKey.TryFromJwk(text, out _), text));
        Assert.False(VerifyingKey.TryFromJwk((string?)null, out _));
    }

    [Fact]
    public void Parse_IdsAndDigests_OnlyTheirOwnText()
    {
        using var key = SigningKey.Generate();
        var id = key.PublicKey.Id.ToString();
        Assert.Equal(KeyId.TextLength, id.Length);
        Assert.True(KeyId.TryParse(id, out var parsed));
        Assert.True(parsed == key.PublicKey.Id);
        var digest = Digest.Of("abc"u8);
        Assert.Equal("sha256:ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0", digest.ToString());
        Assert.Equal(digest, Digest.Parse(digest.ToString()));
        Assert.False(Digest.TryParse(id, out _));
        Assert.False(KeyId.TryParse(digest.ToString(), out _));
        foreach (var changed in Changed.Characters(id))
        {
            Assert.True(!KeyId.TryParse(changed, out var other) || other != parsed, changed);
            Assert.True(!KeyId.TryParse(changed, out other) || other.ToString() == changed, changed);
        }

        Assert.False(KeyId.TryParse(id[..^1] + NextUnused(id[^1]), out _));
        Assert.Throws<ArgumentException>(() => new Digest(new byte[31]));
        Assert.False(Digest.TryFromBytes(new byte[33], out _));
    }

    [Fact]
    public void TryDecode_SpacePaddingOrStrayBits_IsRefused()
    {
        string[] url = ["YQ==", "YR", "Y Q", "YQ ", "\nYQ", "Y", "Y+", "Y/", "YWE=", "YW%"];
        string[] standard = ["YQ", "YR==", "YQ= =", " YQ==", "YQ==\n", "Y-==", "YQ==YQ=="];
        Assert.All(url, text => Assert.False(StrictBase64.TryDecodeUrl(text, out _), text));
        Assert.All(standard, text => Assert.False(StrictBase64.TryDecodeStandard(text, out _), text));
        for (var length = 0; length < 70; length++)
        {
            var bytes = RandomNumberGenerator.GetBytes(length);
            Assert.True(StrictBase64.TryDecodeUrl(StrictBase64.EncodeUrl(bytes), out var fromUrl));
            Assert.True(StrictBase64.TryDecodeStandard(StrictBase64.EncodeStandard(bytes), out var fromStandard));
            Assert.Equal(bytes, fromUrl);
            Assert.Equal(bytes, fromStandard);
        }
    }

    [Fact]
    public void Sign_ManyThreads_AllSignaturesVerify()
    {
        using var key = SigningKey.Generate();
        var signatures = new ConcurrentDictionary<int, byte[]>();
        Parallel.For(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i => signatures[i] = key.Sign(BitConverter.GetBytes(i)));
        Parallel.For(0, 1000, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i =>
        {
            Assert.True(key.PublicKey.Verify(BitConverter.GetBytes(i), signatures[i]));
            Assert.False(key.PublicKey.Verify(BitConverter.GetBytes(i + 1), signatures[i]));
        });
    }

    [Fact]
    public void Dispose_WhileOthersSign_EndsInSignatureOrObjectDisposed()
    {
        for (var round = 0; round < 20; round++)
        {
            var key = SigningKey.Generate();
            Parallel.For(0, 16, i =>
            {
                if (i == 7)
                {
                    key.Dispose();
                    return;
                }

                try
                {
                    Assert.True(key.PublicKey.Verify("x"u8, key.Sign("x"u8)));
                }
                catch (ObjectDisposedException)
                {
                    // The wanted answer after Dispose.
                }
            });
            Assert.Throws<ObjectDisposedException>(() => key.Sign("x"u8));
            Assert.Throws<ObjectDisposedException>(() => key.ExportPkcs8());
        }
    }

    [Fact]
    public async Task CreateSelfSignedCertificate_MutualTls_HandshakesOnLoopback()
    {
        using var serverKey = SigningKey.Generate();
        using var clientKey = SigningKey.Generate();
        var from = DateTimeOffset.UnixEpoch.AddYears(50);
        using var serverCertificate = serverKey.CreateSelfSignedCertificate("server, O=not this", from, from.AddYears(50), "broker.example.org");
        using var clientCertificate = clientKey.CreateSelfSignedCertificate("client", from, from.AddYears(50));
        Assert.True(serverCertificate.MatchesHostname("broker.example.org"));
        Assert.True(serverCertificate.MatchesHostname("localhost"));
        Assert.True(serverCertificate.MatchesHostname("127.0.0.1"));
        Assert.True(serverCertificate.MatchesHostname("::1"));
        Assert.False(serverCertificate.MatchesHostname("other.example.org"));
        Assert.Equal("server, O=not this", serverCertificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        Assert.Equal(serverKey.PublicKey.Spki.ToArray(), serverCertificate.PublicKey.ExportSubjectPublicKeyInfo());

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        var accepting = listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        using var server = await accepting;
        await using var serverStream = new SslStream(server.GetStream());
        await using var clientStream = new SslStream(client.GetStream());
        KeyId? seenByServer = null, seenByClient = null;
        await Task.WhenAll(
            serverStream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificate = serverCertificate,
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => (seenByServer = IdOf(certificate)) is not null,
                },
                TestContext.Current.CancellationToken),
            clientStream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    ClientCertificates = [clientCertificate],
                    RemoteCertificateValidationCallback = (_, certificate, _, _) => (seenByClient = IdOf(certificate)) is not null,
                },
                TestContext.Current.CancellationToken));
        Assert.Equal(clientKey.PublicKey.Id, seenByServer);
        Assert.Equal(serverKey.PublicKey.Id, seenByClient);
    }

    private static KeyId? IdOf(X509Certificate? certificate) =>
        certificate is X509Certificate2 full ? KeyId.OfSpki(full.PublicKey.ExportSubjectPublicKeyInfo()) : null;

    // 43 characters hold 258 bits for 256: the last character has two bits that must be zero.
    private static char NextUnused(char last)
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        return Alphabet[Alphabet.IndexOf(last, StringComparison.Ordinal) + 1];
    }
}
