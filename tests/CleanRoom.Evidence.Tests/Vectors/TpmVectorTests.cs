using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>TPM quotes, real and synthetic, and evidence of Azure's confidential machines.</summary>
public sealed class TpmVectorTests
{
    private static readonly string[] Generations = ["milan", "genoa", "turin"];
    private static readonly string[] Authorities = ["ark", "ask", "asvk"];

    public static TheoryData<string> Machines =>
    [
        "azure-cleanroom-cvm-encryption", "azure-trustee-snp-evidence-v0", "azure-trustee-snp-evidence-v1", "azure-trustee-snp-evidence-v2", "azure-cdai-snp-evidence-v1",
        "azure-cdai-snp-milan-v3-attestation", "azure-trustee-tdx-evidence-v0", "azure-trustee-tdx-evidence-v1",
    ];

    [Fact]
    public void Machines_AreAllOfTheManifest() =>
        Assert.Equal(Published.Ids("azure-hcl-vtpm").Order(StringComparer.Ordinal), Machines.Select(row => row.Data).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Machines))]
    public void Inspect_PublishedMachine_GivesTheExpectedResult(string id)
    {
        var vector = Published.Vector(id);
        var flags = Published.Strings(vector.GetProperty("expected"), "strict_policy_flags").Select(Flag).ToList();

        var inspection = EvidenceInspector.Inspect(Evidence(vector), Context(vector));

        var reasons = inspection.Objections.Select(objection => objection.Reason).ToHashSet();
        Assert.Superset(flags.ToHashSet(), reasons);

        // Sound signatures all the way; what else is objected to is the hardware report's own policy, or collateral that is not here.
        Assert.DoesNotContain(RejectionReason.SignatureInvalid, reasons);
        Assert.DoesNotContain(RejectionReason.ReportDataMismatch, reasons);
        Assert.DoesNotContain(RejectionReason.QuoteDigest, reasons);
        if (vector.GetProperty("tee").GetString() == "sev-snp" && flags.Count == 0)
        {
            Assert.Empty(reasons);
        }
    }

    [Theory, MemberData(nameof(Machines))]
    public void Inspect_PublishedMachine_GivesItsFields(string id)
    {
        var fields = Published.Vector(id).GetProperty("fields");

        var claims = EvidenceInspector.Inspect(Evidence(Published.Vector(id)), Context(Published.Vector(id))).Claims!;

        Assert.Equal(fields.GetProperty("tpm_quote").GetProperty("extraData").GetString(), claims["nonce"]!.GetValue<string>());
        Assert.Equal(fields.GetProperty("user_data").GetString()!.ToLowerInvariant(), claims["userData"]!.GetValue<string>());
        Assert.Equal(fields.GetProperty("pcr0").GetString(), claims["pcr"]!["0"]!.GetValue<string>());
        Assert.Equal(fields.GetProperty("report_data").GetString(), claims["report"]!["reportData"]!.GetValue<string>());
        Assert.Equal(fields.GetProperty("pcrs_given").GetInt32(), claims["pcr"]!.AsObject().Count);
    }

    [Theory]
    [InlineData("hcl", 0x4D4 + 30, RejectionReason.ReportDataMismatch)]
    [InlineData("hcl", 0x20 + 0x90, RejectionReason.SignatureInvalid)]
    [InlineData("attest", 80, RejectionReason.SignatureInvalid)]
    [InlineData("signature", 9, RejectionReason.SignatureInvalid)]
    [InlineData("pcrs", 5, RejectionReason.QuoteDigest)]
    public void Inspect_OneByteChanged_IsRefused(string part, int offset, RejectionReason expected)
    {
        var vector = Published.Vector("azure-trustee-snp-evidence-v2");
        var parts = Evidence(vector).Parts.ToDictionary(item => item.Key, item => item.Value);
        var bytes = parts[part].ToArray();
        bytes[offset] ^= (byte)(part == "hcl" && offset > 0x4D4 ? 0x20 : 1);
        parts[part] = bytes;

        var inspection = EvidenceInspector.Inspect(EvidenceEnvelope.Create(EvidenceKinds.AzureVtpm, parts), Context(vector));

        Assert.Contains(inspection.Objections, objection => objection.Reason == expected || objection.Reason == RejectionReason.ReportRange);
        Assert.NotEmpty(inspection.Objections);
    }

    /// <summary>Message and paravisor's report are of different machines.</summary>
    [Fact]
    public void Verify_CrossedPair_IsRefused()
    {
        Assert.True(HclReport.TryParse(Published.File("azure/trustee-az-snp-vtpm/hcl-report.bin"), out var hcl, out _));
        Assert.True(TpmQuote.TryParse(Published.File("azure/trustee-az-snp-vtpm/tpm-quote.msg"), out var quote));
        var findings = ImmutableArray.CreateBuilder<Finding>();

        TpmQuoteVerifier.Verify(quote, TpmSignature.OfRsaSha256(Published.File("azure/trustee-az-snp-vtpm/tpm-quote.sig")), hcl.AttestationKey, new Dictionary<int, byte[]>(), findings);

        Assert.Equal(RejectionReason.SignatureInvalid, findings[0].Reason);
    }

    [Fact]
    public void Verify_SyntheticQuotes_GiveTheirResults()
    {
        using var json = JsonDocument.Parse(Published.File("synthetic/tpm/quotes.json"));
        var root = json.RootElement;
        var nonce = Convert.FromHexString(root.GetProperty("expected_nonce").GetString()!);
        var required = root.GetProperty("required_pcrs").EnumerateArray().Select(number => number.GetInt32()).ToList();
        var cases = root.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(17, cases.Count);
        foreach (var item in cases)
        {
            var name = item.GetProperty("name").GetString()!;
            var accepted = IsAccepted(item, nonce, required, out var quote, out var key);
            switch (item.GetProperty("expected").GetString())
            {
                case "accept":
                    Assert.True(accepted, name);
                    break;
                case "reject":
                    Assert.False(accepted, name);
                    break;
                case "reject-if-name-known":
                    Assert.False(quote!.QualifiedSigner.AsSpan().SequenceEqual(key!.Name), name);
                    break;
                default:
                    Assert.False(quote!.Safe, name);
                    break;
            }
        }
    }

    [Fact]
    public void Inspect_QuoteWithItsOwnKey_ProvesNothing()
    {
        Assert.True(EvidenceFile.TryRead(Published.File("tpm/trustee/tpm_evidence.json"), out var envelope, out _));

        var inspection = EvidenceInspector.Inspect(envelope, new AppraisalContext(DateTimeOffset.UnixEpoch, CollateralSet.Empty));

        Assert.Equal([RejectionReason.AttestationKeyNotTrusted, RejectionReason.NothingMeasured], inspection.Objections.Select(objection => objection.Reason).Order());
    }

    /// <summary>A quote over three banks, with another key's format; only the SHA-256 bank is looked at.</summary>
    [Theory]
    [InlineData("gce-cos-85-no-nonce.pb", "")]
    [InlineData("gce-cos-85-nonce9009.pb", "9009")]
    public void Verify_QuotesOfThreeBanks_OnlyStrongOnesCount(string file, string nonce)
    {
        Assert.True(ProtobufMessage.TryParse(Published.File("tpm/gce-cos-85/" + file), out var message));
        Assert.True(TpmPublicKey.TryParse(message.Single(1)!.Value.Span, out var key));
        Assert.True(key.IsAttestationKey);
        var banks = new Dictionary<ushort, bool>();
        foreach (var part in message.Messages(2)!)
        {
            Assert.True(TpmQuote.TryParse(part.Single(1)!.Value.Span, out var quote));
            Assert.True(TpmSignature.TryParse(part.Single(2)!.Value.Span, out var signature));
            Assert.Equal(nonce, Convert.ToHexStringLower(quote.ExtraData));
            var registers = part.Messages(3)![0].Messages(2)!.ToDictionary(entry => (int)entry.Number(1)!, entry => entry.Single(2)!.Value.ToArray());
            var findings = ImmutableArray.CreateBuilder<Finding>();
            TpmQuoteVerifier.Verify(quote, signature, key.Spki, registers, findings);
            banks[quote.Selections.Single(selection => !selection.Registers.IsEmpty).Bank] = findings.Count == 0;
        }

        Assert.Equal([KeyValuePair.Create((ushort)0x4, false), KeyValuePair.Create((ushort)0xB, true), KeyValuePair.Create((ushort)0xC, true)], banks.OrderBy(bank => bank.Key));
    }

    /// <summary>Of the three the quote that charters can approve is taken; the key is theirs to enrol.</summary>
    [Theory]
    [InlineData("gce-cos-85-no-nonce.pb", RejectionReason.NonceMissing)]
    [InlineData("gce-cos-85-nonce9009.pb", null)]
    public void Inspect_MessageOfThreeBanks_IsAppraisedByItsStrongQuote(string file, RejectionReason? expected)
    {
        Assert.True(EvidenceFile.TryRead(Published.File("tpm/gce-cos-85/" + file), out var envelope, out var problem), problem);
        var context = new AppraisalContext(DateTimeOffset.UnixEpoch, CollateralSet.Empty);
        var claims = EvidenceInspector.Inspect(envelope, context).Claims!;
        var policy = Sample.PolicyOf(
            $$$"""{"attestationKey":["{{{Convert.ToHexStringLower(SHA256.HashData(envelope.Parts["public"].Span))}}}"],"pcr":{"0":["{{{claims["pcr"]!["0"]}}}"],"7":["{{{claims["pcr"]!["7"]}}}"]}}""",
            null, simulated: false, tee: EvidenceKinds.Tpm);

        Assert.Equal([.. new[] { expected }.OfType<RejectionReason>()], EvidenceInspector.Inspect(envelope, context, policy).Objections.Select(objection => objection.Reason));
        Assert.Contains(RejectionReason.AttestationKeyNotTrusted, EvidenceInspector.Inspect(envelope, context).Objections.Select(objection => objection.Reason));
    }

    private static bool IsAccepted(JsonElement item, byte[] nonce, List<int> required, out TpmQuote? quote, out TpmPublicKey? key)
    {
        key = null;
        if (!TpmQuote.TryParse(Convert.FromHexString(item.GetProperty("attest").GetString()!), out quote)
            || !TpmSignature.TryParse(Convert.FromHexString(item.GetProperty("signature").GetString()!), out var signature)
            || !TpmPublicKey.TryParse(Convert.FromHexString(item.GetProperty("ak_public").GetString()!), out key))
        {
            return false;
        }

        var registers = item.GetProperty("pcrs").EnumerateObject()
            .ToDictionary(pcr => int.Parse(pcr.Name, CultureInfo.InvariantCulture), pcr => Convert.FromHexString(pcr.Value.GetString()!));
        var findings = ImmutableArray.CreateBuilder<Finding>();
        TpmQuoteVerifier.Verify(quote, signature, key.Spki, registers, findings);
        return findings.Count == 0 && key.IsAttestationKey && quote.ExtraData.AsSpan().SequenceEqual(nonce) && required.TrueForAll(registers.ContainsKey);
    }

    private static EvidenceEnvelope Evidence(JsonElement vector) =>
        EvidenceFile.TryRead(Published.File(Published.Sources(vector)[0]), out var envelope, out var problem) ? envelope : throw new InvalidOperationException(problem);

    private static AppraisalContext Context(JsonElement vector)
    {
        var files = from generation in Generations from file in Authorities select $"snp/amd-roots/{generation}/{file}.der";
        return new AppraisalContext(Published.VerifyAt(vector), CollateralSet.Read(files.Append("sgx/intel_sgx_root_ca.der").Select(file => (ReadOnlyMemory<byte>)Published.File(file))));
    }

    private static RejectionReason Flag(string flag) => flag.Split('(')[0] switch
    {
        "USER_DATA_ALL_ZERO" => RejectionReason.ReportDataZero,
        "EMPTY_NONCE" => RejectionReason.NonceMissing,
        "SEPT_VE_DISABLE=0" => RejectionReason.AttributesNotApproved,
        _ => throw new ArgumentOutOfRangeException(nameof(flag), flag, null),
    };
}
