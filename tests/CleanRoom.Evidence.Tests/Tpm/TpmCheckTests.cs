using System.Security.Cryptography;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Tests.Tpm;

/// <summary>A synthetic TPM and a synthetic Azure machine: each check fails alone, with its own reason; and a charter decides on registers and keys.</summary>
public sealed class TpmCheckTests : IDisposable
{
    private static readonly Dictionary<string, (Action<AzureForge> Spoil, RejectionReason[] Reasons)> Azure = new()
    {
        ["good"] = (_ => { }, []),
        ["paravisor's data not in the hardware report"] = (forge => forge.BindsData = false, [RejectionReason.ReportDataMismatch]),
        ["more bytes in the report data"] = (forge => forge.ReportDataTail = [1, .. new byte[31]], [RejectionReason.ReportDataMismatch]),
        ["attestation key of another name"] = (forge => forge.KeyId = "HCLEkPub", [RejectionReason.ReportRange]),
        ["two attestation keys"] = (forge => forge.MoreKeys = """,{"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"AQAB"}""", [RejectionReason.ReportRange]),
        ["bytes behind the data"] = (forge => forge.Tail = [0, 1], [RejectionReason.TrailingBytes]),
        ["quote by another key"] = (forge => forge.Tpm.SignedByAnother = true, [RejectionReason.SignatureInvalid]),
        ["quote of another kind"] = (forge => forge.Tpm.Type = 0x8017, [RejectionReason.ReportMark]),
        ["quote that no TPM made"] = (forge => forge.Tpm.Magic = 0xFF544346, [RejectionReason.ReportMark]),
        ["byte behind the quote"] = (forge => forge.Tpm.Tail = [0], [RejectionReason.ReportMark]),
        ["SHA-1 bank"] = (forge => forge.Tpm.Bank = 4, [RejectionReason.QuoteSelection]),
        ["fewer registers than values"] = (forge => { forge.Tpm.Selected = [16, 23]; forge.Tpm.OtherRegisters = [.. forge.Tpm.Registers.Values.SelectMany(value => value)]; }, [RejectionReason.QuoteSelection]),
        ["other values than quoted"] = (forge => forge.Tpm.OtherRegisters = new byte[24 * 32], [RejectionReason.QuoteDigest]),
        ["no nonce"] = (forge => forge.Tpm.ExtraData = [], [RejectionReason.NonceMissing]),
        ["no user data"] = (forge => forge.UserData = new byte[64], [RejectionReason.ReportDataZero]),
        ["clock not safe"] = (forge => forge.Tpm.Safe = false, [RejectionReason.ClockNotSafe]),
    };

    private static readonly Dictionary<string, (bool IsTdx, Action<AzureForge> Spoil, RejectionReason Reason)> Hardware = new()
    {
        ["SEV-SNP with debug"] = (false, forge => forge.Snp.BeforeSigning = Snp.SnpCheckTests.Policy(0xB001F), RejectionReason.DebugEnabled),
        ["SEV-SNP at VMPL 1"] = (false, forge => forge.Snp.BeforeSigning = Snp.SnpCheckTests.Set(0x30, 1), RejectionReason.VmplNotApproved),
        ["SEV-SNP of another chip"] = (false, forge => forge.Snp.ChipIdOfCertificate = [.. Enumerable.Repeat((byte)9, 64)], RejectionReason.ChipMismatch),
        ["SEV-SNP with a revoked authority"] = (false, forge => forge.Snp.List = forge.Snp.List! with { Serials = [[1, 0, 1]] }, RejectionReason.CertificateRevoked),
        ["TDX with debug"] = (true, forge => forge.Tdx.Body[120] = 1, RejectionReason.DebugEnabled),
        ["TDX with collateral that expired"] = (true, forge => forge.Tdx.Info["nextUpdate"] = "2026-05-31T00:00:00Z", RejectionReason.CollateralExpired),
        ["TDX with a revoked certificate"] = (true, forge => forge.Tdx.AuthorityRevokes = [[4]], RejectionReason.CertificateRevoked),
    };

    private readonly Sample _sample = new();

    public static TheoryData<string> Names => [.. Azure.Keys];

    public static TheoryData<string> HardwareNames => [.. Hardware.Keys];

    /// <summary>A virtual TPM is as good as what it runs on: the hardware behind the paravisor is held to every rule of its own kind.</summary>
    [Theory, MemberData(nameof(HardwareNames))]
    public void Inspect_HardwareBehindTheParavisorThatIsNotSound_IsRefused(string name)
    {
        var (isTdx, spoil, reason) = Hardware[name];
        using var forge = new AzureForge(isTdx);
        spoil(forge);

        Assert.Equal([reason], EvidenceInspector.Inspect(forge.Envelope(), forge.Context()).Objections.Select(objection => objection.Reason).Distinct());
    }

    [Theory, MemberData(nameof(Names))]
    public void Inspect_OneThingWrongOnSnp_GivesItsReasonAlone(string name) => Check(name, isTdx: false);

    [Theory, MemberData(nameof(Names))]
    public void Inspect_OneThingWrongOnTdx_GivesItsReasonAlone(string name) => Check(name, isTdx: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Appraise_BoundMachine_IsTrustedByItsRegisters(bool isTdx)
    {
        using var forge = Bound(isTdx);

        Assert.IsType<Appraisal.Trusted>(Appraise(forge, isTdx));
        forge.Tpm.Registers[4] = new byte[32];
        Sample.AssertRejected(RejectionReason.RuntimeMeasurementNotApproved, Appraise(forge, isTdx));
    }

    /// <summary>The quoted registers are 16 to 23, which anybody can reset, and the values look like those of 0 to 7.</summary>
    [Fact]
    public void Appraise_RegistersUnderOtherNumbers_AreRefused()
    {
        using var forge = Bound(isTdx: false);
        for (var number = 0; number < 8; number++)
        {
            forge.Tpm.Registers[16 + number] = forge.Tpm.Registers[number];
        }

        forge.Tpm.Selected = [16, 17, 18, 19, 20, 21, 22, 23];

        Sample.AssertRejected(RejectionReason.QuoteSelection, Appraise(forge, isTdx: false));
    }

    [Theory]
    [InlineData("user data")]
    [InlineData("nonce")]
    public void Appraise_HalfABinding_IsRefused(string what)
    {
        using var forge = Bound(isTdx: false);
        if (what == "nonce")
        {
            forge.Tpm.ExtraData = new byte[32];
        }
        else
        {
            forge.UserData = [.. Enumerable.Repeat((byte)1, 64)];
        }

        Sample.AssertRejected(RejectionReason.ReportDataMismatch, Appraise(forge, isTdx: false));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Appraise_EnrolledTpm_IsTrusted(bool ecc)
    {
        var forge = new TpmForge { Ecc = ecc, ExtraData = SHA256.HashData(_sample.Binding.Bytes) };

        Assert.IsType<Appraisal.Trusted>(AppraiseTpm(forge, forge.Public()));
    }

    [Fact]
    public void Appraise_TpmThatIsNotEnrolled_IsRefused()
    {
        var forge = new TpmForge { ExtraData = SHA256.HashData(_sample.Binding.Bytes) };

        Sample.AssertRejected(RejectionReason.AttestationKeyNotTrusted, AppraiseTpm(forge, [1, 2, 3]));
    }

    [Theory]
    [InlineData(0x40072u)]
    [InlineData(0x50070u)]
    [InlineData(0x10072u)]
    [InlineData(0x70072u)]
    public void Appraise_KeyThatIsNoAttestationKey_IsRefused(uint attributes)
    {
        var forge = new TpmForge { Attributes = attributes, ExtraData = SHA256.HashData(_sample.Binding.Bytes) };

        Sample.AssertRejected(RejectionReason.AttestationKeyNotRestricted, AppraiseTpm(forge, forge.Public()));
    }

    [Fact]
    public void Appraise_NothingMeasured_IsRefused()
    {
        var forge = new TpmForge { ExtraData = SHA256.HashData(_sample.Binding.Bytes) };
        foreach (var number in Enumerable.Range(0, 16))
        {
            forge.Registers[number] = new byte[32];
        }

        Sample.AssertRejected(RejectionReason.NothingMeasured, AppraiseTpm(forge, forge.Public()));
    }

    public void Dispose() => _sample.Dispose();

    private static void Check(string name, bool isTdx)
    {
        using var forge = new AzureForge(isTdx);
        Azure[name].Spoil(forge);

        var inspection = EvidenceInspector.Inspect(forge.Envelope(), forge.Context());

        Assert.Equal(Azure[name].Reasons.Order(), inspection.Objections.Select(objection => objection.Reason).Distinct().Order());
    }

    private AzureForge Bound(bool isTdx)
    {
        var forge = new AzureForge(isTdx) { UserData = _sample.Binding.Bytes.ToArray() };
        forge.Tpm.ExtraData = SHA256.HashData(_sample.Binding.Bytes);
        return forge;
    }

    private Appraisal Appraise(AzureForge forge, bool isTdx)
    {
        var pcr4 = Convert.ToHexStringLower(SHA256.HashData([4]));
        var b2 = string.Concat(Enumerable.Repeat("b2", 48));
        var a1 = string.Concat(Enumerable.Repeat("a1", 48));
        var policy = isTdx
            ? Sample.PolicyOf(
                $$$"""{"hardware":"tdx","pcr":{"4":["{{{pcr4}}}"]},"report":{"measurement":["{{{a1}}}"],"rtmr0":["{{{b2}}}"],"rtmr1":["{{{b2}}}"],"rtmr2":["{{{b2}}}"],"xfam":["e700000000000000"]}}""",
                """{"tcbEvaluationDataNumber":20}""", simulated: false, tee: EvidenceKinds.AzureVtpm)
            : Sample.PolicyOf(
                $$$$"""{"hardware":"sev-snp","pcr":{"4":["{{{{pcr4}}}}"]},"report":{"measurement":["{{{{a1}}}}"],"platform":{"allow":["smt"]},"policy":{"allow":["smt"]}}}""",
                """{"tcb":{"milan":{"bootloader":4,"microcode":219,"snp":24,"tee":0}}}""", simulated: false, tee: EvidenceKinds.AzureVtpm);
        Assert.Empty(policy.Problems);
        return EvidenceAppraiser.Appraise(forge.Envelope().Json.Span, _sample.Binding, policy, forge.Context());
    }

    private Appraisal AppraiseTpm(TpmForge forge, byte[] enrolled)
    {
        var policy = Sample.PolicyOf(
            $$$"""{"attestationKey":["{{{Convert.ToHexStringLower(SHA256.HashData(enrolled))}}}"],"pcr":{"20":["{{{Convert.ToHexStringLower(forge.Registers[20])}}}"]}}""",
            null, simulated: false, tee: EvidenceKinds.Tpm);
        Assert.Empty(policy.Problems);
        return EvidenceAppraiser.Appraise(forge.Envelope().Json.Span, _sample.Binding, policy, new AppraisalContext(DateTimeOffset.UnixEpoch, CollateralSet.Empty));
    }
}
