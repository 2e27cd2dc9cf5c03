using System.Security.Cryptography;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Evidence.Policies;
using CleanRoom.Evidence.Results;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Evidence.Tests.Dcap;
using CleanRoom.Evidence.Tests.Platforms;
using CleanRoom.Evidence.Tests.Snp;
using CleanRoom.Evidence.Tests.Tpm;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Tests;

/// <summary>
/// Structured fuzzing of every parser: good inputs, changed where it hurts (bits, bytes, lengths, truncation, splices), from a fixed seed. No parser throws
/// or hangs, none allocates much more than its input is long, and what parses is the same bytes again. CLEANROOM_FUZZ sets the inputs per parser; 4,000 by default.
/// </summary>
public sealed class FuzzTests
{
    private const int Seed = 20261121;
    private const long AllocationPerInput = 4 << 20;

    private static int Inputs => int.TryParse(Environment.GetEnvironmentVariable("CLEANROOM_FUZZ"), out var count) ? count : 4000;

    [Fact]
    public void SnpReport_ChangedInputs_ParseStrictlyOrNotAtAll() => Fuzz([new SnpForge().Report(), new SnpForge("Turin").Report()], bytes =>
    {
        if (SnpReport.TryParse(bytes, out var report, out _))
        {
            Assert.Equal(bytes, report.Bytes.ToArray());
        }
    });

    [Fact]
    public void DcapQuote_ChangedInputs_ParseStrictlyOrNotAtAll()
    {
        using DcapForge v3 = new(3), v4 = new(4), v5 = new();
        Fuzz([v3.Quote(), v4.Quote(), v5.Quote()], bytes =>
        {
            if (DcapQuote.TryParse(bytes, out var quote, out _))
            {
                Assert.Equal(bytes, Rebuilt(quote));
                _ = PemChain.TryRead(quote.Certification.Span, out _);
            }
        });
    }

    [Fact]
    public void Certificate_ChangedInputs_ParseStrictlyOrNotAtAll()
    {
        using var forge = new DcapForge();
        Assert.True(DcapQuote.TryParse(forge.Quote(), out var quote, out _));
        Assert.True(PemChain.TryRead(quote.Certification.Span, out var chain));
        var leaf = CollateralSet.Read([new SnpForge().Certificates()]).Certificates[0];
        Fuzz([chain[0].Der.ToArray(), leaf.Der.ToArray(), .. forge.Context().Collateral.RevocationLists.Select(list => list.Der.ToArray())], bytes =>
        {
            if (Certificate.TryParse(bytes, out var certificate))
            {
                Assert.Equal(bytes, certificate.Der.ToArray());
                _ = SnpEndorsement.TryParse(certificate, out _);
                _ = PckCertificate.TryParse(certificate, out _);
                _ = CertificateRules.IsAuthority(certificate, 0);
            }

            _ = RevocationList.TryParse(bytes, out _);
        });
    }

    [Fact]
    public void Collateral_ChangedInputs_AreReadOrPassedOver()
    {
        using var forge = new DcapForge();
        Fuzz([forge.Document("tcbInfo", forge.Info), forge.Document("enclaveIdentity", forge.Identity), new SnpForge().Certificates()], bytes => _ = CollateralSet.Read([bytes]).Describe());
    }

    [Fact]
    public void TpmStructures_ChangedInputs_ParseStrictlyOrNotAtAll()
    {
        var rsa = new TpmForge();
        var ecc = new TpmForge { Ecc = true };
        Fuzz([rsa.Attest(), rsa.Signature(rsa.Attest()), rsa.Public(), ecc.Public(), ecc.Signature(ecc.Attest())], bytes =>
        {
            if (TpmQuote.TryParse(bytes, out var quote))
            {
                Assert.Equal(bytes, quote.Bytes);
            }

            _ = TpmSignature.TryParse(bytes, out _);
            _ = TpmPublicKey.TryParse(bytes, out _);
        });
    }

    [Fact]
    public void Hcl_ChangedInputs_ParseOrNot()
    {
        using var forge = new AzureForge(isTdx: false);
        Fuzz([forge.Envelope().Parts["hcl"].ToArray()], bytes => _ = HclReport.TryParse(bytes, out _, out _));
    }

    [Fact]
    public void FilesPoliciesAndEnvelopes_ChangedInputs_AreReadOrRefused() => Fuzz(
        [
            new SnpForge().Envelope().Json.ToArray(),
            """{"version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x.y","equals":"1"},{"anyOf":[{"claim":"z","equals":true}]}]}]}"""u8.ToArray(),
            """{"enclaves":[{"name":"m","tee":"sgx","reference":{"measurement":["00"],"signer":["11"]},"floors":{"isvSvn":1}}]}"""u8.ToArray(),
            """{"version":1,"hcl_report":"SENMQQ==","tpm_quote":{"message":"00","signature":"11","pcrs":["22"]},"vcek":"MA=="}"""u8.ToArray(),
            """{"keys":[{"kty":"RSA","kid":"k","x5c":["MIIB"]}]}"""u8.ToArray(),
            """eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJ4LW1zLWF0dGVzdGF0aW9uLXR5cGUiOiJzZ3gifQ.AAAA"""u8.ToArray(),
            [0x0A, 2, 0, 1, 0x12, 22, 0x0A, 2, 0xFF, 0x54, 0x12, 2, 0, 0x14, 0x1A, 12, 0x08, 0x0B, 0x12, 8, 0x08, 0, 0x12, 4, 1, 2, 3, 4],
        ],
        bytes =>
        {
            _ = EvidenceFile.TryRead(bytes, CollateralSet.Read([bytes, """{"keys":[{"kty":"RSA","kid":"k"}]}"""u8.ToArray()]), out _, out _);
            _ = ReleasePolicy.TryParse(bytes, out _, out _);
            _ = PolicyFile.TryRead(bytes, out _, out _);
            if (EvidenceEnvelope.TryParse(bytes, out var envelope))
            {
                Assert.Equal(bytes, EvidenceEnvelope.Create(envelope.Kind, envelope.Parts).Json.ToArray());
            }
        });

    [Fact]
    public async Task SimulatedReportsLogsAndTables_ChangedInputs_ParseStrictlyOrNotAtAll()
    {
        using var signing = SigningKey.Generate();
        using var release = HpkePrivateKey.Generate();
        using var provider = new SimulatedEvidenceProvider(new LaunchMeasurement(new byte[LaunchMeasurement.Size]));
        var binding = ReportBinding.Compute(new byte[ReportBinding.NonceSize], signing.PublicKey, release.PublicKey, Digest.Of([1]));
        var simulated = (await provider.GetEvidenceAsync(binding, TestContext.Current.CancellationToken)).Parts["report"].ToArray();
        Fuzz([simulated, EventLogTests.Log(), TsmKernel.Table(new SnpForge().Certificates())], bytes =>
        {
            if (SimulatedReport.TryParse(bytes, out var report, out _))
            {
                Assert.Equal(bytes, report.Bytes.ToArray());
            }

            if (EventLog.TryParse(bytes, out var log))
            {
                _ = log.Replay(TpmAlgorithms.Sha256);
            }

            try
            {
                _ = SnpCertificateTable.Certificates(bytes);
            }
            catch (EvidenceUnavailableException)
            {
                // A table that is none.
            }
        });
    }

    [Fact]
    public void SignedTexts_ChangedInputs_AreVerifiedOrRefused()
    {
        using var key = SigningKey.Generate();
        var pack = CollateralPack.Write(key, 1, DcapForge.Now, [new SnpForge().Certificates()], []);
        var memory = CollateralMemory.Empty.After(CollateralPackOf(pack)).ToJson();
        Fuzz([System.Text.Encoding.ASCII.GetBytes(pack), memory], bytes =>
        {
            var text = System.Text.Encoding.Latin1.GetString(bytes);
            _ = AttestationResult.TryVerify(text, key.PublicKey, DcapForge.Now, out _, out _);
            if (CollateralPack.TryRead(bytes, null, out _, out _))
            {
                Assert.Equal(pack, text);
            }

            if (CollateralMemory.TryParse(bytes, out var read))
            {
                Assert.Equal(bytes, read.ToJson());
            }
        });
    }

    [Fact]
    public void AnswersOfServices_ChangedInputs_AreReadOrRefusedInOneSentence()
    {
        using var rsa = RSA.Create(2048);
        var numbers = rsa.ExportParameters(false);
        var keys = System.Text.Encoding.ASCII.GetBytes($$"""{"keys":[{"kid":"k","kty":"RSA","n":"{{StrictBase64.EncodeUrl(numbers.Modulus)}}","e":"AQAB"}]}""");
        var token = System.Text.Encoding.ASCII.GetBytes(
            StrictBase64.EncodeUrl("""{"alg":"RS256","kid":"k"}"""u8) + "." + StrictBase64.EncodeUrl("""{"iss":"https://a.example","exp":1,"nbf":0}"""u8) + "." + StrictBase64.EncodeUrl(new byte[256]));
        var vault = new Uri("https://vault.example/");
        var made = """{"key":{"kid":"https://vault.example/keys/k/00000000000000000000000000000000","kty":"EC-HSM","crv":"P-256","x":"AAAA","y":"AAAA"},"attributes":{"exportable":true,"recoveryLevel":"Recoverable"},"recoveryId":"x","scheduledPurgeDate":1}"""u8.ToArray();
        var question = new KeyReleaseQuestion(vault, "k", new string('0', 32), KeyWrapping.Sha384, "n");
        Fuzz([keys, token, made], bytes =>
        {
            _ = MaaToken.TryRead(bytes, keys, out _, out _);
            _ = MaaToken.TryRead(token, bytes, out _, out _);
            Refusable(() => ReleasedKey.Open(System.Text.Encoding.Latin1.GetString(bytes), question, rsa, [], DcapForge.Now).Dispose());
            if (ForeignJson.TryParse(bytes, 16, out var document))
            {
                using (document)
                {
                    Refusable(() => VaultKey.Read(document.RootElement, vault, "k", "{}"u8, immutable: false));
                    Refusable(() => KeyDeletion.Read(document.RootElement, vault, "k"));
                }
            }
        });
    }

    private static void Refusable(Action act)
    {
        try
        {
            act();
        }
        catch (AzureException)
        {
            // Refused in one sentence.
        }
    }

    private static CollateralPack CollateralPackOf(string text) =>
        CollateralPack.TryRead(System.Text.Encoding.ASCII.GetBytes(text), null, out var pack, out _) ? pack : throw new InvalidOperationException("Not a pack.");

    private static byte[] Rebuilt(DcapQuote quote)
    {
        byte[] inner =
        [
            .. quote.QuotingEnclave.Bytes, .. quote.QuotingEnclaveSignature.Span, .. BitConverter.GetBytes((ushort)quote.AuthenticationData.Length), .. quote.AuthenticationData.Span,
            .. BitConverter.GetBytes((ushort)quote.CertificationType), .. BitConverter.GetBytes(quote.Certification.Length), .. quote.Certification.Span,
        ];
        byte[] nested = quote.Version == 3 ? inner : [6, 0, .. BitConverter.GetBytes(inner.Length), .. inner];
        byte[] data = [.. quote.Signature.Span, .. quote.AttestationKey.Span, .. nested];
        return [.. quote.SignedPart.Span, .. BitConverter.GetBytes(data.Length), .. data, .. new byte[quote.Padding]];
    }

    private static void Fuzz(byte[][] good, Action<byte[]> parse)
    {
        var random = new Random(Seed);
        foreach (var input in good)
        {
            parse(input);
        }

        for (var i = 0; i < Inputs; i++)
        {
            var changed = Change(good[i % good.Length], good[random.Next(good.Length)], random);
            var before = GC.GetAllocatedBytesForCurrentThread();
            parse(changed);
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < AllocationPerInput + (64L * changed.Length), $"input {i} of seed {Seed}");
        }
    }

    private static byte[] Change(byte[] input, byte[] other, Random random)
    {
        var bytes = input.ToArray();
        for (var times = random.Next(1, 4); times > 0 && bytes.Length > 8; times--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0;
                    break;
                case 3:
                    bytes = bytes[..at];
                    break;
                case 4:
                    bytes = [.. bytes, .. new byte[random.Next(1, 64)]];
                    break;
                case 5:
                    // A length field: four bytes of a number that is much too large, or just one off.
                    BitConverter.TryWriteBytes(bytes.AsSpan(Math.Min(at, bytes.Length - 4)), random.Next(2) == 0 ? int.MaxValue : bytes.Length - at + random.Next(-8, 8));
                    break;
                case 6:
                    bytes = [.. bytes[..at], .. other.AsSpan(Math.Min(at, other.Length))];
                    break;
                default:
                    bytes = [.. bytes[..at], .. bytes.AsSpan(Math.Min(bytes.Length, at + random.Next(1, 16)))];
                    break;
            }
        }

        return bytes;
    }
}
