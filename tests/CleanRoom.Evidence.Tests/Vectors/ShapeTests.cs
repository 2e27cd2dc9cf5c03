using System.Text;
using System.Text.Json;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;
using CleanRoom.Evidence.Tests.Tpm;

namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>Every shape of the published files is told by what it holds: as evidence of its kind, or as what is none.</summary>
public sealed class ShapeTests
{
    private const string Collateral = "collateral";
    private const string Piece = "piece";

    /// <summary>No evidence, no collateral and no part of either.</summary>
    private const string Other = "other";

    private const string Set = """{"keys":[{"kty":"RSA","kid":"another"}]}""";

    [Fact]
    public void TryRead_EveryPublishedFile_IsReadAsWhatItIs()
    {
        var root = Published.Path("MANIFEST.json");
        root = Path.GetDirectoryName(root)!;
        var keys = CollateralSet.Read([Encoding.UTF8.GetBytes(Set)]);
        var files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(root, file).Replace('\\', '/')).Where(file => file != "MANIFEST.json").ToList();

        Assert.True(files.Count > 60, "The published files are not all there.");
        var wrong = files.Order(StringComparer.Ordinal).Select(file => (File: file, Expected: Expected(file), Read: Read(File.ReadAllBytes(Path.Combine(root, file)), keys))).Where(item => item.Expected != item.Read)
            .Select(item => $"{item.File}: {item.Read} instead of {item.Expected}");
        Assert.Empty(wrong);
    }

    /// <summary>The manifest's own word on what each vector is.</summary>
    [Fact]
    public void TryRead_EveryVectorThatIsEvidence_HasItsKind()
    {
        var keys = CollateralSet.Read([Encoding.UTF8.GetBytes(Set)]);
        foreach (var vector in Published.Manifest.GetProperty("vectors").EnumerateArray())
        {
            var id = vector.GetProperty("id").GetString()!;
            var expected = vector.GetProperty("kind").GetString() switch
            {
                "snp-report" or "dcap-quote" or "maa-request-shape" or "maa-request-response-shape" or "maa-signing-cert-with-sgx-quote" => vector.GetProperty("tee").GetString(),
                "azure-hcl-vtpm" => EvidenceKinds.AzureVtpm,
                "tpm-quote-multibank+eventlog" => EvidenceKinds.Tpm,
                "tpm-quote" => id == "tpm-trustee-crossed-pair" ? null : EvidenceKinds.Tpm,
                "maa-jwt" => EvidenceKinds.Maa,
                _ => null,
            };

            // The first of its files, or what it says of itself, is the evidence; the others come along.
            if (expected is not null)
            {
                Assert.True(expected == Read(Published.File(Published.Sources(vector)[0]), keys), id);
            }
        }
    }

    [Fact]
    public void Read_TokenWithoutKeys_SaysWhatToGive()
    {
        Assert.False(EvidenceFile.TryRead(Published.File("maa/sevsnp-jwt/sev-snp-jwt.txt"), out _, out var problem));

        Assert.Contains("key set", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TokenAndKeySet_GiveWhatTheEnvelopeOfBothGives()
    {
        var root = JsonDocument.Parse(Published.File("synthetic/maa/tokens.json")).RootElement;
        var set = Encoding.UTF8.GetBytes(root.GetProperty("jwks").GetRawText());
        var cases = root.GetProperty("cases").EnumerateArray().ToList();
        var context = new AppraisalContext(DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("verify_at").GetInt64()), CollateralSet.Read([set, set]));
        foreach (var token in cases.Select(item => Encoding.ASCII.GetBytes(item.GetProperty("token").GetString()!)))
        {
            var whole = EvidenceEnvelope.Create(EvidenceKinds.Maa, new Dictionary<string, ReadOnlyMemory<byte>> { ["token"] = token, ["keys"] = set });

            Assert.True(EvidenceFile.TryRead([.. token, (byte)'\n'], context.Collateral, out var alone, out var problem), problem);

            Assert.Equal(EvidenceInspector.Inspect(whole, context).Objections, EvidenceInspector.Inspect(alone, context).Objections);
        }
    }

    /// <summary>Two keys of one name: which of them is meant is anybody's guess.</summary>
    [Fact]
    public void Read_TokenWithTwoKeysOfItsName_IsTrustedByNeither()
    {
        var root = JsonDocument.Parse(Published.File("synthetic/maa/tokens.json")).RootElement;
        var set = root.GetProperty("jwks").GetRawText();
        var kid = root.GetProperty("jwks").GetProperty("keys")[0].GetProperty("kid").GetString()!;
        var collateral = CollateralSet.Read([Encoding.UTF8.GetBytes(set), Encoding.UTF8.GetBytes(Set.Replace("another", kid, StringComparison.Ordinal))]);
        var token = root.GetProperty("cases")[0].GetProperty("token").GetString()!;

        Assert.True(EvidenceFile.TryRead(Encoding.ASCII.GetBytes(token), collateral, out var envelope, out _));

        var inspection = EvidenceInspector.Inspect(envelope, new AppraisalContext(DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("verify_at").GetInt64()), collateral));
        Assert.Equal(RejectionReason.CertificateMissing, Assert.Single(inspection.Objections).Reason);
    }

    [Theory]
    [InlineData("attestation key twice")]
    [InlineData("no attestation key")]
    [InlineData("no quote")]
    [InlineData("register twice")]
    [InlineData("register that no TPM has")]
    [InlineData("field of another message")]
    [InlineData("message that is no quote")]
    [InlineData("longer number than need be")]
    [InlineData("cut off")]
    [InlineData("bytes behind it")]
    public void Read_AttestationMessageWithOneThingWrong_IsRefused(string what)
    {
        var forge = new TpmForge();
        var parts = forge.Envelope().Parts;
        byte[] key = Field(1, parts["public"].Span), attest = Field(1, parts["attest"].Span), signature = Field(2, parts["signature"].Span);
        var numbers = Enumerable.Range(0, parts["pcrs"].Length / 32).ToList();
        byte[] Entry(int number) => Field(2, [.. Number(1, number), .. Field(2, parts["pcrs"].Span.Slice(32 * Math.Min(number, numbers.Count - 1), 32))]);
        byte[] registers = [.. Number(1, 11), .. numbers.SelectMany(Entry)];
        byte[] Message(byte[] values, byte[] more) => [.. key, .. Field(2, [.. attest, .. signature, .. Field(3, values), .. more])];
        var good = Message(registers, []);
        var changed = what switch
        {
            "attestation key twice" => [.. key, .. good],
            "no attestation key" => good[key.Length..],
            "no quote" => key,
            "register twice" => Message([.. registers, .. Entry(0)], []),
            "register that no TPM has" => Message([.. registers, .. Entry(32)], []),
            "field of another message" => Message(registers, Field(9, [1])),
            "message that is no quote" => [.. key, .. Field(2, [.. Field(1, [1, 2, 3]), .. signature, .. Field(3, registers)])],
            "longer number than need be" => Message([.. registers, 0x08, 0x8B, 0x00], []),
            "cut off" => good[..^1],
            "bytes behind it" => [.. good, 0],
            _ => throw new ArgumentOutOfRangeException(nameof(what), what, null),
        };

        Assert.True(EvidenceFile.TryRead(good, out var envelope, out _));
        Assert.Equal(forge.Envelope().Parts["pcrs"].ToArray(), envelope.Parts["pcrs"].ToArray());
        Assert.False(EvidenceFile.TryRead(changed, out _, out _));
    }

    private static byte[] Field(int field, ReadOnlySpan<byte> bytes) => [.. Varint((field << 3) | 2), .. Varint(bytes.Length), .. bytes];

    private static byte[] Number(int field, int number) => [.. Varint(field << 3), .. Varint(number)];

    private static byte[] Varint(int number) => number < 0x80 ? [(byte)number] : [(byte)(number | 0x80), .. Varint(number >> 7)];

    private static string Read(byte[] content, CollateralSet keys) => EvidenceFile.TryRead(content, keys, out var envelope, out _)
        ? envelope.Kind
        : CollateralSet.Read([content]).Count > 0 ? Collateral : EvidencePieces.Describe(content) is null ? Other : Piece;

    private static string Expected(string file) => (file.Split('/')[0], Path.GetFileName(file)) switch
    {
        ("synthetic", _) => Other,
        ("azure", "public-key-jwks.json") => Collateral,
        ("azure", "pub_key.pem") => Other,
        ("azure", "hcl-report.bin" or "tpm-quote.msg") => Piece,
        ("azure", "tpm-quote.sig") => Other,
        ("azure", _) => file.Contains("-caci-", StringComparison.Ordinal) ? EvidenceKinds.SevSnp : EvidenceKinds.AzureVtpm,
        ("maa", "sev-snp-jwt.txt") => EvidenceKinds.Maa,
        ("maa", "post.attest.response.jwt.body.json") => Other,
        ("maa", _) => EvidenceKinds.Sgx,
        ("tpm", _) => EvidenceKinds.Tpm,
        ("snp", "report.bin" or "evidence.json") => EvidenceKinds.SevSnp,
        ("sgx", var name) when name.StartsWith("quote", StringComparison.Ordinal) || name.StartsWith("enclave", StringComparison.Ordinal) => EvidenceKinds.Sgx,
        ("tdx", "quote.bin") => EvidenceKinds.Tdx,
        ("tdx", "ccel_data.bin") => Piece,
        ("tdx", "nonce.bin" or "ccel_table.bin") => Other,
        _ => Collateral,
    };
}
