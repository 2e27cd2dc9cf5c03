using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CleanRoom.Evidence.Tests.Snp;

/// <summary>A synthetic processor of our own: each check of a SEV-SNP report fails alone, with its own reason.</summary>
public sealed class SnpCheckTests
{
    private static readonly Lazy<RSA> Other = new(() => RSA.Create(4096));
    private static readonly Lazy<RSA> Short = new(() => RSA.Create(2048));

    /// <summary>What is wrong, and the reasons that we owe; where two checks must both notice it, both.</summary>
    private static readonly Dictionary<string, (Action<SnpForge> Spoil, RejectionReason[] Reasons)> Cases = new()
    {
        ["good"] = (_ => { }, []),
        ["version 3"] = (forge => forge.AsVersion(3), []),
        ["version 4"] = (forge => forge.AsVersion(4), []),
        ["version 2, which no default accepts"] = (forge => forge.AsVersion(2), [RejectionReason.ReportVersionNotApproved]),
        ["version 1"] = (forge => forge.AsVersion(1), [RejectionReason.ReportVersion]),
        ["version 6"] = (forge => forge.AsVersion(6), [RejectionReason.ReportVersion]),
        ["mitigations in version 4, where they are reserved"] = (forge => forge.AsVersion(4).BeforeSigning = Set(0x1F8, 1), [RejectionReason.ReportReserved]),
        ["processor in version 2, where it is reserved"] = (forge => forge.AsVersion(2).BeforeSigning = Set(0x188, 0x19), [RejectionReason.ReportReserved]),
        ["algorithm 2"] = (forge => forge.BeforeSigning = Set(0x34, 2), [RejectionReason.ReportAlgorithm]),
        ["VMPL 4"] = (forge => forge.BeforeSigning = Set(0x30, 4), [RejectionReason.ReportRange]),
        ["signing key 2"] = (forge => forge.BeforeSigning = Set(0x48, 2 << 2), [RejectionReason.ReportRange]),
        ["signing key none"] = (forge => forge.BeforeSigning = Set(0x48, 7 << 2), [RejectionReason.SignatureInvalid]),
        ["key information reserved"] = (forge => forge.BeforeSigning = Set(0x49, 1), [RejectionReason.ReportReserved]),
        ["0x4C reserved"] = (forge => forge.BeforeSigning = Set(0x4C, 1), [RejectionReason.ReportReserved]),
        ["0x18B reserved"] = (forge => forge.BeforeSigning = Set(0x18B, 1), [RejectionReason.ReportReserved]),
        ["0x1EB reserved"] = (forge => forge.BeforeSigning = Set(0x1EB, 1), [RejectionReason.ReportReserved]),
        ["0x1EF reserved"] = (forge => forge.BeforeSigning = Set(0x1EF, 1), [RejectionReason.ReportReserved]),
        ["0x208 reserved"] = (forge => forge.BeforeSigning = Set(0x208, 1), [RejectionReason.ReportReserved]),
        ["0x29F reserved"] = (forge => forge.BeforeSigning = Set(0x29F, 1), [RejectionReason.ReportReserved]),
        ["upper byte of r"] = (forge => forge.AfterSigning = Set(0x2A0 + 48, 1), [RejectionReason.ReportReserved]),
        ["upper byte of s"] = (forge => forge.AfterSigning = Set(0x2E8 + 48, 1), [RejectionReason.ReportReserved]),
        ["byte behind the signature"] = (forge => forge.AfterSigning = Set(0x330, 1), [RejectionReason.ReportReserved]),
        ["last byte"] = (forge => forge.AfterSigning = Set(0x49F, 1), [RejectionReason.ReportReserved]),
        ["policy bit 17 clear"] = (forge => forge.BeforeSigning = Policy(0x1001F), [RejectionReason.ReportReserved]),
        ["policy bit 26"] = (forge => forge.BeforeSigning = Policy(0x403001F), [RejectionReason.ReportReserved]),
        ["TCB reserved byte"] = (forge => forge.BeforeSigning = Set(0x38 + 3, 1), [RejectionReason.ReportReserved]),
        ["changed after signing"] = (forge => forge.AfterSigning = Set(0x90, 0xA2), [RejectionReason.SignatureInvalid]),
        ["signed by another key"] = (forge => forge.Signer = ECDsa.Create(ECCurve.NamedCurves.nistP384), [RejectionReason.SignatureInvalid]),
        ["unknown processor"] = (forge => forge.Processor = (0x1B, 0), [RejectionReason.VendorUnknown]),
        ["processor of another generation than the certificate"] =
            (forge => forge.Processor = (0x19, 0x11), [RejectionReason.ChipMismatch, RejectionReason.CertificateMissing]),
        ["no leaf"] = (forge => forge.WithLeaf = false, [RejectionReason.CertificateMissing]),
        ["no intermediate"] = (forge => forge.WithIntermediate = false, [RejectionReason.CertificateMissing]),
        ["no root"] = (forge => forge.WithRoot = false, [RejectionReason.CertificateMissing]),
        ["root that is not pinned"] = (forge => Rogue(forge), [RejectionReason.CertificateMissing]),
        ["rogue authority in the middle"] = (RogueMiddle, [RejectionReason.ChainInvalid]),
        ["leaf signed by another key"] = (forge => forge.LeafSigner = Other.Value, [RejectionReason.ChainInvalid]),
        ["leaf signed by the root"] = (forge => forge.LeafIssuer = "ARK-Milan", [RejectionReason.ChainInvalid]),
        ["leaf expired"] = (forge => forge.LeafYears = (2020, 2026), [RejectionReason.CertificateExpired]),
        ["leaf not yet valid"] = (forge => forge.LeafYears = (2027, 2032), [RejectionReason.CertificateExpired]),
        ["intermediate expired"] = (forge => forge.Intermediate = forge.Intermediate with { Last = 2026 }, [RejectionReason.CertificateExpired]),
        ["root expired"] = (forge => forge.Root = forge.Root with { Last = 2026 }, [RejectionReason.CertificateExpired]),
        ["intermediate without CA flag"] = (forge => forge.Intermediate = forge.Intermediate with { IsAuthority = false }, [RejectionReason.CertificateMalformed]),
        ["intermediate without right to sign"] = (forge => forge.Intermediate = forge.Intermediate with { CertSign = false }, [RejectionReason.CertificateMalformed]),
        ["root with path length 0"] = (forge => forge.Root = forge.Root with { PathLength = 0 }, [RejectionReason.CertificateMalformed]),
        ["intermediate with a short key"] = (ShortMiddle, [RejectionReason.CertificateMalformed]),
        ["intermediate signed with another algorithm"] = (forge => forge.Intermediate = forge.Intermediate with { Padding = RSASignaturePadding.Pkcs1 }, [RejectionReason.CertificateMalformed, RejectionReason.ChainInvalid]),
        ["leaf that is an authority"] = (forge => forge.LeafIsAuthority = true, [RejectionReason.CertificateMalformed]),
        ["leaf with an unknown critical extension"] = (forge => forge.MoreExtensions.Add(new X509Extension("1.2.3.4", [5, 0], critical: true)), [RejectionReason.CertificateMalformed]),
        ["leaf with an RSA key"] = (forge => forge.OtherLeafKey = Other.Value, [RejectionReason.CertificateMalformed, RejectionReason.SignatureInvalid]),
        ["leaf with a P-256 key"] = (P256Leaf, [RejectionReason.CertificateMalformed, RejectionReason.SignatureInvalid]),
        ["structVersion of another generation"] = (forge => forge.StructVersion = 1, [RejectionReason.CertificateMalformed]),
        ["structVersion unknown"] = (forge => forge.StructVersion = 2, [RejectionReason.CertificateMalformed]),
        ["unknown product"] = (forge => forge.Product = "Venice", [RejectionReason.CertificateMalformed]),
        ["product with stepping"] = (forge => forge.Product = "Milan-B0", []),
        ["chip id as OCTET STRING"] = (forge => forge.ChipIdAsOctetString = true, []),
        ["chip id of the certificate too short"] = (forge => forge.ChipIdOfCertificate = new byte[8], [RejectionReason.CertificateMalformed]),
        ["chip id of another chip"] = (forge => forge.ChipIdOfCertificate = [.. Enumerable.Repeat((byte)9, 64)], [RejectionReason.ChipMismatch]),
        ["chip id masked"] = (forge => forge.ChipId = [], [RejectionReason.ChipMasked]),
        ["VLEK certificate for a VCEK report"] = (forge => { forge.LeafName = "SEV-VLEK"; forge.Intermediate = forge.Intermediate with { Name = "SEV-Milan" }; }, [RejectionReason.CertificateKind, RejectionReason.CertificateMalformed]),
        ["VLEK, which no default accepts"] = (forge => forge.AsVlek(), [RejectionReason.SigningKeyNotApproved]),
        ["VLEK under the ASK"] = (VlekUnderAsk, [RejectionReason.CertificateMissing, RejectionReason.SigningKeyNotApproved]),
        ["reported TCB above the certificate"] = (forge => { forge.Reported = forge.Tcb with { Snp = 25 }; forge.Current = forge.Committed = forge.Launch = forge.Reported; }, [RejectionReason.TcbMismatch]),
        ["reported TCB below the certificate"] = (forge => forge.Reported = forge.Tcb with { Microcode = 218 }, [RejectionReason.TcbMismatch]),
        ["current below reported"] = (forge => forge.Current = forge.Committed = forge.Launch = forge.Tcb with { Snp = 23 }, [RejectionReason.TcbMismatch]),
        ["current below committed"] = (forge => forge.Committed = forge.Tcb with { Snp = 25 }, [RejectionReason.TcbMismatch, RejectionReason.FirmwareProvisional]),
        ["provisional firmware"] = (forge => forge.Current = forge.Tcb with { Snp = 25 }, [RejectionReason.FirmwareProvisional]),
        ["provisional firmware version"] = (forge => forge.BeforeSigning = Set(0x1E8, 30), [RejectionReason.FirmwareProvisional]),
        ["debug"] = (forge => forge.BeforeSigning = Policy(0xB001F), [RejectionReason.DebugEnabled]),
        ["migration allowed"] = (forge => forge.BeforeSigning = Policy(0x7001F), [RejectionReason.MigrationAllowed]),
        ["migration agent"] = (forge => forge.BeforeSigning = Set(0x160, 0), [RejectionReason.MigrationAllowed]),
        ["CXL allowed"] = (forge => forge.BeforeSigning = Policy(0x23001F), [RejectionReason.GuestPolicyNotApproved]),
        ["report data zero"] = (forge => forge.ReportData = new byte[64], [RejectionReason.ReportDataZero]),
        ["VMPL 1"] = (forge => forge.BeforeSigning = Set(0x30, 1), [RejectionReason.VmplNotApproved]),
        ["alias check not complete"] = (forge => forge.BeforeSigning = Set(0x40, 0x01), [RejectionReason.PlatformRequirement]),
        ["platform bit 6 on Milan"] = (forge => forge.BeforeSigning = Set(0x40, 0x61), [RejectionReason.PlatformNotApproved]),
        ["platform bit 8"] = (forge => forge.BeforeSigning = Set(0x41, 1), [RejectionReason.PlatformNotApproved]),
        ["revocation list stale"] = (forge => forge.List = forge.List! with { NextUpdate = SnpForge.Now.AddDays(-1) }, [RejectionReason.RevocationStale]),
        ["intermediate revoked"] = (forge => forge.List = forge.List! with { Serials = [[1, 0, 1]] }, [RejectionReason.CertificateRevoked]),
        ["intermediate revoked on a stale list"] = (forge => forge.List = forge.List! with { Serials = [[1, 0, 1]], NextUpdate = SnpForge.Now.AddDays(-1) }, [RejectionReason.CertificateRevoked, RejectionReason.RevocationStale]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Inspect_OneThingWrong_GivesItsReasonAlone(string name)
    {
        var forge = new SnpForge();
        Cases[name].Spoil(forge);

        var inspection = EvidenceInspector.Inspect(forge.Envelope(), forge.Context());

        Assert.Equal(Cases[name].Reasons.Order(), inspection.Objections.Select(objection => objection.Reason).Distinct().Order());
        Assert.All(inspection.Objections, objection => Assert.False(string.IsNullOrEmpty(objection.Remedy)));
    }

    [Theory]
    [InlineData("Milan")]
    [InlineData("Genoa")]
    [InlineData("Turin")]
    public void Inspect_EveryGeneration_IsSoundWithItsOwnLayout(string generation)
    {
        var forge = new SnpForge(generation);

        var inspection = EvidenceInspector.Inspect(forge.Envelope(), forge.Context());

        Assert.Empty(inspection.Objections);
        Assert.Equal(generation, inspection.Claims!["generation"]!.GetValue<string>());
        Assert.Equal(24, inspection.Claims["tcb"]!["committed"]!["snp"]!.GetValue<byte>());
    }

    [Fact]
    public void Inspect_PlatformBit6OnTurin_IsSound()
    {
        var forge = new SnpForge("Turin") { BeforeSigning = Set(0x40, 0x65) };

        Assert.Empty(EvidenceInspector.Inspect(forge.Envelope(), forge.Context()).Objections);
    }

    [Fact]
    public void Inspect_ChipIdWithBytesBehindTheCertifiedOnes_IsAnotherChip()
    {
        var forge = new SnpForge("Turin") { BeforeSigning = Set(0x1A0 + 8, 1) };

        Assert.Equal(RejectionReason.ChipMismatch, Assert.Single(EvidenceInspector.Inspect(forge.Envelope(), forge.Context()).Objections).Reason);
    }

    [Theory]
    [InlineData("list by another key")]
    [InlineData("list from the future")]
    [InlineData("no list")]
    public void Inspect_NoRevocationListThatCounts_IsSaid(string what)
    {
        var forge = new SnpForge();
        forge.List = what switch
        {
            "list by another key" => forge.List,
            "list from the future" => forge.List! with { ThisUpdate = SnpForge.Now.AddDays(1) },
            _ => null,
        };

        SnpForge.Revocations? list = forge.List;
        var context = what == "list by another key" ? Forged(forge, list!) : forge.Context();
        var inspection = EvidenceInspector.Inspect(forge.Envelope(), context);

        Assert.Empty(inspection.Objections);
        Assert.Contains(inspection.Notices, notice => notice.Code == NoticeCode.RevocationNotChecked);
    }

    [Fact]
    public void Inspect_AnyBitOfAReportFlipped_IsRefused()
    {
        var forge = new SnpForge();
        var report = forge.Report();
        var certificates = forge.Certificates();
        var context = forge.Context();

        // One bit of every byte: eight times as many would only take longer.
        for (var offset = 0; offset < report.Length; offset++)
        {
            report[offset] ^= (byte)(1 << (offset % 8));
            var envelope = EvidenceEnvelope.Create(EvidenceKinds.SevSnp, new Dictionary<string, ReadOnlyMemory<byte>> { ["report"] = report, ["certificates"] = certificates });
            Assert.False(EvidenceInspector.Inspect(envelope, context).IsSound, $"0x{offset:x}");
            report[offset] ^= (byte)(1 << (offset % 8));
        }
    }

    [Fact]
    public void Inspect_Findings_ShowNoChipId()
    {
        foreach (var (spoil, _) in Cases.Values)
        {
            var forge = new SnpForge();
            spoil(forge);
            var inspection = EvidenceInspector.Inspect(forge.Envelope(), forge.Context());
            var text = string.Join('\n', inspection.Objections.Select(objection => objection.ToString())) + inspection.Claims?.ToJsonString();
            Assert.DoesNotContain("0102030405060708", text, StringComparison.OrdinalIgnoreCase);
        }
    }

    internal static Action<byte[]> Set(int offset, int value) => report => report[offset] = (byte)value;

    internal static Action<byte[]> Policy(ulong value) => report => BinaryPrimitives.WriteUInt64LittleEndian(report.AsSpan(8), value);

    // The list's issuer is the root by name, but the signature is another key's.
    private static AppraisalContext Forged(SnpForge forge, SnpForge.Revocations list)
    {
        var rogue = new SnpForge { Root = forge.Root with { Key = Other.Value }, List = list };
        return new AppraisalContext(SnpForge.Now, rogue.Context().Collateral) { Anchors = forge.Context().Anchors };
    }

    private static void Rogue(SnpForge forge)
    {
        forge.Root = forge.Root with { Key = Other.Value, SelfSigner = Other.Value };
        forge.IntermediateSigner = Other.Value;
        forge.List = null;
    }

    private static void RogueMiddle(SnpForge forge)
    {
        forge.Intermediate = forge.Intermediate with { Key = Other.Value };
        forge.IntermediateSigner = Other.Value;
        forge.LeafSigner = Other.Value;
    }

    private static void ShortMiddle(SnpForge forge)
    {
        forge.Intermediate = forge.Intermediate with { Key = Short.Value };
        forge.LeafSigner = Short.Value;
    }

    private static void P256Leaf(SnpForge forge)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        forge.OtherLeafKey = key;
        forge.Signer = key;
    }

    private static void VlekUnderAsk(SnpForge forge)
    {
        forge.AsVlek();
        forge.Intermediate = forge.Intermediate with { Name = "SEV-Milan" };
    }
}
