using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;

namespace CleanRoom.Evidence.Tests.Snp;

/// <summary>A charter's reference values and floors for SEV-SNP: what they do not mention is refused, what they mention holds.</summary>
public sealed class SnpPolicyTests : IDisposable
{
    private static readonly string Measured = new('a', 1);

    private static readonly Dictionary<string, (Action<SnpForge> Forge, Action<JsonObject, JsonObject> Charter, RejectionReason[] Reasons)> Cases = new()
    {
        ["as approved"] = (_ => { }, (_, _) => { }, []),
        ["other measurement"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x90, 0), (_, _) => { }, [RejectionReason.MeasurementNotApproved]),
        ["host data not mentioned"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0xC0, 1), (_, _) => { }, [RejectionReason.HostDataNotApproved]),
        ["host data listed"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0xC0, 1), (reference, _) => reference["hostData"] = List("01" + new string('0', 62)), []),
        ["identity key not mentioned"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0xE0, 1), (_, _) => { }, [RejectionReason.IdentityKeyNotApproved]),
        ["identity key rotated, both listed"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0xE0, 1), (reference, _) => reference["idKeyDigest"] = List(new string('7', 96), "01" + new string('0', 94)), []),
        ["author key enabled, not mentioned"] = (forge => forge.BeforeSigning = report => { report[0x48] = 1; report[0x110] = 1; }, (_, _) => { }, [RejectionReason.IdentityKeyNotApproved]),
        ["author key listed, but not enabled"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x110, 1), (reference, _) => reference["authorKeyDigest"] = List("01" + new string('0', 94)), [RejectionReason.IdentityKeyNotApproved]),
        ["family id not mentioned"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x10, 1), (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["image id not mentioned"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x20, 1), (_, _) => { }, [RejectionReason.ConfigurationNotApproved]),
        ["VMPL 1"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x30, 1), (_, _) => { }, [RejectionReason.VmplNotApproved]),
        ["VMPL 1 listed"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x30, 1), (reference, _) => reference["vmpl"] = new JsonArray(1), []),
        ["debug listed nowhere"] = (forge => forge.BeforeSigning = SnpCheckTests.Policy(0xB001F), (_, _) => { }, [RejectionReason.DebugEnabled]),
        ["SMT not mentioned"] = (_ => { }, (reference, _) => { reference["policy"] = new JsonObject(); reference["platform"] = new JsonObject(); }, [RejectionReason.GuestPolicyNotApproved, RejectionReason.PlatformNotApproved]),
        ["single socket required"] = (_ => { }, (reference, _) => reference["policy"]!["require"] = List("single-socket"), [RejectionReason.GuestPolicyNotApproved]),
        ["single socket required and there"] = (forge => forge.BeforeSigning = SnpCheckTests.Policy(0x13001F), (reference, _) => reference["policy"]!["require"] = List("single-socket"), []),
        ["ciphertext hiding required of the platform"] = (_ => { }, (reference, _) => reference["platform"]!["require"] = List("alias-check", "ciphertext-hiding"), [RejectionReason.PlatformRequirement]),
        ["alias check not required by this charter"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x40, 1), (reference, _) => reference["platform"]!["require"] = new JsonArray(), []),
        ["unknown platform bit"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x41, 1), (_, _) => { }, [RejectionReason.PlatformNotApproved]),
        ["unknown platform bit named"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x41, 1), (reference, _) => reference["platform"]!["allow"] = List("smt", "bit-8"), []),
        ["report version 2"] = (forge => forge.AsVersion(2), (_, _) => { }, [RejectionReason.ReportVersionNotApproved]),
        ["report version 2 named"] = (forge => forge.AsVersion(2), (reference, _) => reference["reportVersion"] = new JsonArray(2), []),
        ["provisional firmware"] = (forge => forge.Current = forge.Tcb with { Snp = 25 }, (_, _) => { }, [RejectionReason.FirmwareProvisional]),
        ["provisional firmware allowed, committed above the floor"] = (forge => forge.Current = forge.Tcb with { Snp = 25 }, (reference, _) => reference["provisionalFirmware"] = true, []),
        ["boot loader below the floor"] = (_ => { }, (_, floors) => floors["tcb"]!["milan"]!["bootloader"] = 5, [RejectionReason.TcbBelowFloor]),
        ["TEE below the floor"] = (_ => { }, (_, floors) => floors["tcb"]!["milan"]!["tee"] = 1, [RejectionReason.TcbBelowFloor]),
        ["SNP below the floor"] = (_ => { }, (_, floors) => floors["tcb"]!["milan"]!["snp"] = 25, [RejectionReason.TcbBelowFloor]),
        ["microcode below the floor"] = (_ => { }, (_, floors) => floors["tcb"]!["milan"]!["microcode"] = 220, [RejectionReason.TcbBelowFloor]),
        ["committed alone below the floor: provisional firmware that can be taken back"] =
            (forge => forge.Committed = forge.Tcb with { Snp = 23 }, (reference, _) => reference["provisionalFirmware"] = true, [RejectionReason.TcbBelowFloor]),
        ["launch alone below the floor"] = (forge => forge.Launch = forge.Tcb with { Snp = 23 }, (_, _) => { }, [RejectionReason.TcbBelowFloor]),
        ["reported alone below the floor"] =
            (forge => { forge.Tcb = forge.Reported = forge.Tcb with { Snp = 23 }; }, (_, _) => { }, [RejectionReason.TcbBelowFloor]),
        ["generation without a floor"] = (_ => { }, (_, floors) => floors["tcb"] = new JsonObject { ["turin"] = Tcb(fmc: 1) }, [RejectionReason.GenerationNotApproved]),
        ["guest security version below the floor"] = (_ => { }, (_, floors) => floors["guestSvn"] = 8, [RejectionReason.GuestVersionBelowFloor]),
        ["interface below the floor"] = (_ => { }, (_, floors) => floors["abiMinor"] = 32, [RejectionReason.GuestPolicyNotApproved]),
        ["mitigation missing"] = (_ => { }, (_, floors) => floors["mitigations"] = "0000000000000040", [RejectionReason.MitigationMissing]),
        ["mitigation missing at launch only"] = (forge => forge.BeforeSigning = SnpCheckTests.Set(0x1F8, 0), (_, floors) => floors["mitigations"] = "000000000000003f", [RejectionReason.MitigationMissing]),
        ["mitigations asked of a report that has none"] = (forge => forge.AsVersion(3), (_, floors) => floors["mitigations"] = "0000000000000001", [RejectionReason.MitigationMissing]),
        ["mitigations in place"] = (_ => { }, (_, floors) => floors["mitigations"] = "000000000000003f", []),
        ["masked chip"] = (forge => forge.ChipId = [], (_, _) => { }, [RejectionReason.ChipMasked]),
        ["masked chip allowed"] = (forge => forge.ChipId = [], (reference, _) => reference["maskedChipId"] = true, []),
        ["chip that is not listed"] = (_ => { }, (reference, _) => reference["chip"] = List(new string('0', 64)), [RejectionReason.ChipNotApproved]),
        ["chip that is listed"] = (_ => { }, (reference, _) => reference["chip"] = List(Convert.ToHexStringLower(SHA256.HashData([.. Enumerable.Range(1, 64).Select(value => (byte)value)]))), []),
        ["masked chip with a list"] = (forge => forge.ChipId = [], (reference, _) => { reference["maskedChipId"] = true; reference["chip"] = List(Convert.ToHexStringLower(SHA256.HashData(new byte[64]))); }, [RejectionReason.ChipNotApproved]),
        ["provider's key"] = (forge => forge.AsVlek(), (_, _) => { }, [RejectionReason.SigningKeyNotApproved]),
        ["provider's key listed"] = (forge => forge.AsVlek(), (reference, _) => reference["provider"] = List("CN=cloud.example"), []),
        ["another provider's key"] = (forge => forge.AsVlek("CN=other.example"), (reference, _) => reference["provider"] = List("CN=cloud.example"), [RejectionReason.SigningKeyNotApproved]),
        ["no revocation list"] = (forge => forge.List = null, (_, _) => { }, [RejectionReason.RevocationMissing]),
        ["no revocation list, which this charter accepts"] = (forge => forge.List = null, (reference, _) => reference["revocation"] = new JsonObject { ["required"] = false }, []),
        ["stale revocation list"] = (forge => forge.List = forge.List! with { NextUpdate = SnpForge.Now.AddDays(-3) }, (_, _) => { }, [RejectionReason.RevocationStale]),
        ["stale revocation list within grace"] = (forge => forge.List = forge.List! with { NextUpdate = SnpForge.Now.AddDays(-3) }, (reference, _) => reference["revocation"] = new JsonObject { ["graceDays"] = 3 }, []),
        ["stale revocation list beyond grace"] = (forge => forge.List = forge.List! with { NextUpdate = SnpForge.Now.AddDays(-3) }, (reference, _) => reference["revocation"] = new JsonObject { ["graceDays"] = 2 }, [RejectionReason.RevocationStale]),
        ["signature"] = (forge => forge.AfterSigning = SnpCheckTests.Set(0x91, 0), (_, _) => { }, [RejectionReason.SignatureInvalid]),
    };

    private readonly Sample _sample = new();

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Appraise_CharterAndEvidence_GiveTheirReasons(string name)
    {
        var forge = new SnpForge { ReportData = _sample.Binding.Bytes.ToArray() };
        Cases[name].Forge(forge);
        var (reference, floors) = Charter();
        Cases[name].Charter(reference, floors);

        var appraisal = Appraise(forge, reference, floors);

        Assert.Equal(Cases[name].Reasons.Order(), (appraisal as Appraisal.Rejected)?.Findings.Select(finding => finding.Reason).Distinct().Order() ?? Enumerable.Empty<RejectionReason>());
        Assert.Equal(Cases[name].Reasons.Length == 0, appraisal is Appraisal.Trusted);
    }

    [Fact]
    public void Appraise_GoodReport_NamesTheEnclaveAndItsClaims()
    {
        var (reference, floors) = Charter();
        var trusted = Assert.IsType<Appraisal.Trusted>(Appraise(new SnpForge { ReportData = _sample.Binding.Bytes.ToArray() }, reference, floors));

        Assert.Equal((EvidenceKinds.SevSnp, "matching", false), (trusted.Claims.Kind, trusted.Claims.Enclave, trusted.Claims.Simulated));
        Assert.Equal(new LaunchMeasurement([.. Enumerable.Repeat((byte)0xA1, 48)]), trusted.Claims.Measurement);
        Assert.Equal("vcek", trusted.Claims.Details["signingKey"]!.GetValue<string>());
        Assert.Empty(trusted.Claims.Notices);
    }

    [Theory]
    [InlineData("nonce")]
    [InlineData("signing key")]
    [InlineData("charter")]
    public void Appraise_BindingOfSomethingElse_IsRefused(string what)
    {
        using var other = SigningKey.Generate();
        var binding = what switch
        {
            "nonce" => ReportBinding.Compute(new byte[32], _sample.Signing.PublicKey, _sample.Release.PublicKey, _sample.Charter),
            "signing key" => ReportBinding.Compute(_sample.Nonce, other.PublicKey, _sample.Release.PublicKey, _sample.Charter),
            _ => ReportBinding.Compute(_sample.Nonce, _sample.Signing.PublicKey, _sample.Release.PublicKey, Digest.Of("other"u8)),
        };
        var (reference, floors) = Charter();

        Sample.AssertRejected(RejectionReason.ReportDataMismatch, Appraise(new SnpForge { ReportData = binding.Bytes.ToArray() }, reference, floors));
    }

    [Fact]
    public void Appraise_RealEvidenceInASimulatedRoom_IsRefused()
    {
        var (reference, floors) = Charter();
        var forge = new SnpForge { ReportData = _sample.Binding.Bytes.ToArray() };
        var policy = Sample.PolicyOf(reference.ToJsonString(), floors.ToJsonString(), simulated: true, tee: EvidenceKinds.SevSnp);

        Sample.AssertRejected(RejectionReason.SimulatedNotAllowed, EvidenceAppraiser.Appraise(forge.Envelope().Json.Span, _sample.Binding, policy, forge.Context()));
    }

    [Fact]
    public void Appraise_CertificatesOfAnotherMachine_AreRefused()
    {
        var (reference, floors) = Charter();
        var forge = new SnpForge { ReportData = _sample.Binding.Bytes.ToArray() };
        var other = new SnpForge { ChipIdOfCertificate = [.. Enumerable.Repeat((byte)9, 64)], Signer = ECDsa.Create(ECCurve.NamedCurves.nistP384) };
        var crossed = EvidenceEnvelope.Create(
            EvidenceKinds.SevSnp, new Dictionary<string, ReadOnlyMemory<byte>> { ["report"] = forge.Report(), ["certificates"] = other.Certificates() });

        Sample.AssertRejected(
            RejectionReason.ChipMismatch, EvidenceAppraiser.Appraise(crossed.Json.Span, _sample.Binding, Policy(reference, floors), forge.Context()));
    }

    [Theory]
    [InlineData("""{"measurement":[]}""", null)]
    [InlineData("""{}""", null)]
    [InlineData("""{"measurement":["00"]}""", null)]
    [InlineData("""{"measurement":["M"],"debug":true}""", null)]
    [InlineData("""{"measurement":["M"],"vmpl":[4]}""", null)]
    [InlineData("""{"measurement":["M"],"vmpl":[]}""", null)]
    [InlineData("""{"measurement":["M"],"hostData":["AA"]}""", null)]
    [InlineData("""{"measurement":["M"],"policy":{"allow":["debug"]}}""", null)]
    [InlineData("""{"measurement":["M"],"policy":{"allow":["migration"]}}""", null)]
    [InlineData("""{"measurement":["M"],"policy":{"allowed":["smt"]}}""", null)]
    [InlineData("""{"measurement":["M"],"platform":{"allow":["bit-64"]}}""", null)]
    [InlineData("""{"measurement":["M"],"platform":{"allow":["bit-05"]}}""", null)]
    [InlineData("""{"measurement":["M"],"platform":{"allow":["bit-0"]}}""", null)]
    [InlineData("""{"measurement":["M"],"reportVersion":[6]}""", null)]
    [InlineData("""{"measurement":["M"],"maskedChipId":"yes"}""", null)]
    [InlineData("""{"measurement":["M"],"revocation":{"graceDays":91}}""", null)]
    [InlineData("""{"measurement":["M"],"chip":[]}""", null)]
    [InlineData("""{"measurement":["M"]}""", "{}")]
    [InlineData("""{"measurement":["M"]}""", """{"tcb":{}}""")]
    [InlineData("""{"measurement":["M"]}""", """{"tcb":{"rome":{"bootloader":1,"microcode":1,"snp":1,"tee":1}}}""")]
    [InlineData("""{"measurement":["M"]}""", """{"tcb":{"milan":{"bootloader":1,"microcode":1,"snp":1}}}""")]
    [InlineData("""{"measurement":["M"]}""", """{"tcb":{"milan":{"bootloader":1,"fmc":1,"microcode":1,"snp":1,"tee":1}}}""")]
    [InlineData("""{"measurement":["M"]}""", """{"tcb":{"turin":{"bootloader":1,"microcode":1,"snp":1,"tee":1}}}""")]
    [InlineData("""{"measurement":["M"]}""", """{"mitigations":"3F","tcb":{"milan":{"bootloader":1,"microcode":1,"snp":1,"tee":1}}}""")]
    public void Create_ReferenceThatIsIncompleteOrNotUnderstood_ApprovesNothing(string reference, string? floors)
    {
        var policy = Sample.PolicyOf(
            reference.Replace("\"M\"", $"\"{new string('a', 96)}\"", StringComparison.Ordinal), floors ?? Charter().Floors.ToJsonString(), simulated: false, tee: EvidenceKinds.SevSnp);

        Assert.EndsWith(".", Assert.Single(policy.Problems), StringComparison.Ordinal);
        Assert.Contains("enclaves matching", policy.Problems[0], StringComparison.Ordinal);
    }

    public void Dispose() => _sample.Dispose();

    private static (JsonObject Reference, JsonObject Floors) Charter() => (
        new JsonObject
        {
            ["measurement"] = List(string.Concat(Enumerable.Repeat(Measured + "1", 48))),
            ["policy"] = new JsonObject { ["allow"] = List("smt") },
            ["platform"] = new JsonObject { ["allow"] = List("smt") },
        },
        new JsonObject { ["tcb"] = new JsonObject { ["milan"] = Tcb() } });

    private static JsonObject Tcb(int? fmc = null)
    {
        var tcb = new JsonObject { ["bootloader"] = 4, ["microcode"] = 219, ["snp"] = 24, ["tee"] = 0 };
        if (fmc is not null)
        {
            tcb["fmc"] = fmc;
        }

        return tcb;
    }

    private static JsonArray List(params string[] values) => [.. values.Select(value => (JsonNode)value)];

    private static AppraisalPolicy Policy(JsonObject reference, JsonObject floors) =>
        Sample.PolicyOf(reference.ToJsonString(), floors.ToJsonString(), simulated: false, tee: EvidenceKinds.SevSnp);

    private Appraisal Appraise(SnpForge forge, JsonObject reference, JsonObject floors) =>
        EvidenceAppraiser.Appraise(forge.Envelope().Json.Span, _sample.Binding, Policy(reference, floors), forge.Context());
}
