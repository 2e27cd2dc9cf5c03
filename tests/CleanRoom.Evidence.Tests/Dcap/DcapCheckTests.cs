namespace CleanRoom.Evidence.Tests.Dcap;

/// <summary>A synthetic Intel platform of our own: each check of a quote fails alone, with its own reason.</summary>
public sealed class DcapCheckTests
{
    private static readonly Dictionary<string, (int Version, Action<DcapForge> Spoil, RejectionReason[] Reasons)> Cases = new()
    {
        ["good v5"] = (5, _ => { }, []),
        ["good v4"] = (4, _ => { }, []),
        ["good v3"] = (3, _ => { }, []),
        ["zero padding"] = (5, forge => forge.Quoted = quote => [.. quote, 0, 0, 0], []),
        ["other bytes behind the end"] = (5, forge => forge.Quoted = quote => [.. quote, 0, 1, 0], [RejectionReason.TrailingBytes]),
        ["truncated"] = (5, forge => forge.Quoted = quote => quote[..^1], [RejectionReason.ReportLength]),
        ["length field too large"] = (4, forge => forge.Quoted = Set(48 + 584 + 3, 0x7F), [RejectionReason.ReportLength]),
        ["version 2"] = (4, forge => forge.Quoted = Set(0, 2), [RejectionReason.ReportVersion]),
        ["version 6"] = (4, forge => forge.Quoted = Set(0, 6), [RejectionReason.ReportVersion]),
        ["P-384 key type"] = (4, forge => forge.Quoted = Set(2, 3), [RejectionReason.ReportAlgorithm]),
        ["SGX in version 4"] = (4, forge => forge.Quoted = Set(4, 0), [RejectionReason.ReportRange]),
        ["TDX in version 3"] = (3, forge => forge.Quoted = Set(4, 0x81), [RejectionReason.ReportRange]),
        ["body type 2 of 648 bytes"] = (5, forge => forge.Quoted = Set(48, 2), [RejectionReason.ReportRange]),
        ["body type 4"] = (5, forge => forge.Quoted = Set(48, 4), [RejectionReason.ReportRange]),
        ["other vendor"] = (4, forge => forge.Quoted = Set(12, 0), [RejectionReason.VendorUnknown]),
        ["certification data of type 1 outside"] = (4, forge => forge.Quoted = Set(48 + 584 + 4 + 128, 1), [RejectionReason.ReportRange]),
        ["reserved bytes of an enclave's body"] = (3, forge => forge.Body[96] = 1, [RejectionReason.ReportReserved]),
        ["reserved bytes of the QE report"] = (5, forge => forge.QeReport[160] = 1, [RejectionReason.ReportReserved]),
        ["body changed"] = (5, forge => forge.Quoted = Set(54 + 136, 0), [RejectionReason.SignatureInvalid]),
        ["header changed"] = (5, forge => forge.Quoted = Set(28, 1), [RejectionReason.SignatureInvalid]),
        ["quote by another key"] = (5, forge => forge.QuoteSigner = DcapForge.NewKey(), [RejectionReason.SignatureInvalid]),
        ["QE vouches for nothing"] = (5, forge => forge.BindAttestationKey = false, [RejectionReason.QuotingEnclaveBinding]),
        ["QE report data has a tail"] = (5, forge => forge.QeReport[320 + 32] = 1, [RejectionReason.QuotingEnclaveBinding]),
        ["QE report by another key"] = (5, forge => forge.QeReportSigner = DcapForge.NewKey(), [RejectionReason.QuotingEnclaveSignature]),
        ["certification of type 3"] = (5, forge => forge.CertificationType = 3, [RejectionReason.CertificateMissing]),
        ["root that is not pinned"] = (5, forge => forge.OtherRoot = true, [RejectionReason.CertificateMissing]),
        ["PCK by another authority"] = (5, forge => forge.PckSigner = DcapForge.NewKey(), [RejectionReason.ChainInvalid]),
        ["rogue authority in the middle"] = (5, forge => forge.AuthoritySigner = DcapForge.NewKey(), [RejectionReason.ChainInvalid]),
        ["PCK expired"] = (5, forge => forge.PckYears = (2019, 2026), [RejectionReason.CertificateExpired]),
        ["authority expired"] = (5, forge => forge.AuthorityYears = (2018, 2026), [RejectionReason.CertificateExpired]),
        ["TCB signer expired"] = (5, forge => forge.SignerYears = (2018, 2026), [RejectionReason.CertificateExpired]),
        ["authority that is none"] = (5, forge => forge.AuthorityIsOne = false, [RejectionReason.CertificateMalformed]),
        ["PCK that is an authority"] = (5, forge => forge.PckIsAuthority = true, [RejectionReason.CertificateMalformed]),
        ["PCK of another name"] = (5, forge => forge.PckName = "Intel SGX TCB Signing", [RejectionReason.CertificateMalformed]),
        ["PCK without its extension"] = (5, forge => forge.WithPckExtension = false, [RejectionReason.CertificateMalformed]),
        ["PCK revoked"] = (5, forge => forge.AuthorityRevokes = [[4]], [RejectionReason.CertificateRevoked]),
        ["authority revoked"] = (5, forge => forge.RootRevokes = [[2]], [RejectionReason.CertificateRevoked]),
        ["TCB signer revoked"] = (5, forge => forge.RootRevokes = [[3]], [RejectionReason.CertificateRevoked]),
        ["lists stale"] = (5, forge => forge.ListsUntil = DcapForge.Now.AddDays(-1), [RejectionReason.RevocationStale]),
        ["no TCB info"] = (5, forge => forge.WithInfo = false, [RejectionReason.CollateralMissing]),
        ["no QE identity"] = (5, forge => forge.WithIdentity = false, [RejectionReason.CollateralMissing]),
        ["no TCB signer"] = (5, forge => forge.WithSigner = false, [RejectionReason.CollateralInvalid]),
        ["TCB info by another key"] = (5, forge => forge.InfoSigner = DcapForge.NewKey(), [RejectionReason.CollateralInvalid]),
        ["QE identity by another key"] = (5, forge => forge.IdentitySigner = DcapForge.NewKey(), [RejectionReason.CollateralInvalid]),
        ["TCB signer under another root"] = (5, forge => forge.SignerIssuer = DcapForge.NewKey(), [RejectionReason.CollateralInvalid]),
        ["documents written anew"] = (5, forge => forge.Altered = text => text.Replace("\":", "\": ", StringComparison.Ordinal), [RejectionReason.CollateralInvalid]),
        ["TCB info expired"] = (5, forge => forge.Info["nextUpdate"] = "2026-05-31T00:00:00Z", [RejectionReason.CollateralExpired]),
        ["TCB info from the future"] = (5, forge => forge.Info["issueDate"] = "2026-06-02T00:00:00Z", [RejectionReason.CollateralExpired]),
        ["QE identity expired"] = (5, forge => forge.Identity["nextUpdate"] = "2026-05-31T00:00:00Z", [RejectionReason.CollateralExpired]),
        ["TCB info of another series"] = (5, forge => forge.Info["fmspc"] = "00806F050000", [RejectionReason.CollateralMismatch]),
        ["TCB info of another PCE"] = (5, forge => forge.Info["pceId"] = "0001", [RejectionReason.CollateralMismatch]),
        ["TCB info for SGX"] = (5, forge => forge.Info["id"] = "SGX", [RejectionReason.CollateralMissing]),
        ["TCB info of version 2"] = (5, forge => forge.Info["version"] = 2, [RejectionReason.CollateralMissing]),
        ["pieces of two evaluations mixed"] = (5, forge => forge.Identity["tcbEvaluationDataNumber"] = 19, [RejectionReason.CollateralMismatch]),
        ["QE of another signer"] = (5, forge => forge.Identity["mrsigner"] = new string('0', 64), [RejectionReason.QuotingEnclaveIdentity]),
        ["QE of another product"] = (5, forge => forge.Identity["isvprodid"] = 3, [RejectionReason.QuotingEnclaveIdentity]),
        ["QE with debug"] = (5, forge => forge.QeReport[48] = 0x13, [RejectionReason.QuotingEnclaveIdentity]),
        ["QE with another MISCSELECT"] = (5, forge => forge.QeReport[16] = 1, [RejectionReason.QuotingEnclaveIdentity]),
        ["QE of an older version"] = (5, forge => forge.QeReport[258] = 5, [RejectionReason.TcbStatusNotApproved]),
        ["QE below every level"] = (5, forge => forge.QeReport[258] = 3, [RejectionReason.TcbLevelMissing]),
        ["platform of an older level"] = (5, forge => forge.Components[4] = 3, [RejectionReason.TcbStatusNotApproved]),
        ["platform below every level"] = (5, forge => forge.Components[5] = 0, [RejectionReason.TcbLevelMissing]),
        ["PCE below every level"] = (5, forge => forge.PceSvn = 10, [RejectionReason.TcbLevelMissing]),
        ["TDX component of an older level, with a module up to date"] = (5, forge => forge.Body[2] = 2, [RejectionReason.TcbStatusNotApproved]),
        ["TDX component below every level"] = (5, forge => forge.Body[2] = 1, [RejectionReason.TcbLevelMissing]),
        ["module of an older version, on a platform up to date"] = (5, forge => forge.Body[0] = 3, [RejectionReason.TcbStatusNotApproved]),
        ["module below every level"] = (5, forge => forge.Body[0] = 1, [RejectionReason.TcbLevelMissing]),
        ["module of an unknown kind"] = (5, forge => forge.Body[1] = 2, [RejectionReason.TcbLevelMissing]),
        ["module of the first kind is judged with the platform"] = (5, forge => forge.Body[1] = 0, [RejectionReason.TcbStatusNotApproved]),
        ["platform level revoked"] = (5, forge => forge.Info["tcbLevels"]![0]!["tcbStatus"] = "Revoked", [RejectionReason.TcbRevoked, RejectionReason.TcbStatusNotApproved]),
        ["configuration needed"] = (5, forge => forge.Info["tcbLevels"]![0]!["tcbStatus"] = "ConfigurationNeeded", []),
        ["debug"] = (5, forge => forge.Body[120] = 1, [RejectionReason.DebugEnabled]),
        ["reserved bit beside debug"] = (5, forge => forge.Body[120] = 2, [RejectionReason.DebugEnabled]),
        ["migratable"] = (5, forge => forge.Body[123] = 0x30, [RejectionReason.MigrationAllowed]),
        ["SEPT_VE_DISABLE off"] = (5, forge => forge.Body[123] = 0, [RejectionReason.AttributesNotApproved]),
        ["performance monitoring"] = (5, forge => forge.Body[127] = 0x80, [RejectionReason.AttributesNotApproved]),
        ["protection keys"] = (5, forge => forge.Body[123] = 0x50, [RejectionReason.AttributesNotApproved]),
        ["unknown attribute"] = (5, forge => forge.Body[125] = 1, [RejectionReason.AttributesNotApproved]),
        ["service domain"] = (5, forge => forge.Body[600] = 1, [RejectionReason.ServiceDomainBound]),
        ["module of another signer"] = (5, forge => forge.Body[64] = 1, [RejectionReason.ModuleNotApproved]),
        ["module with attributes"] = (5, forge => forge.Body[112] = 1, [RejectionReason.ModuleNotApproved]),
        ["report data zero"] = (5, forge => forge.Body.AsSpan(520, 64).Clear(), [RejectionReason.ReportDataZero]),
        ["enclave with debug"] = (3, forge => forge.Body[48] = 7, [RejectionReason.DebugEnabled]),
        ["enclave not initialised"] = (3, forge => forge.Body[48] = 4, [RejectionReason.AttributesNotApproved]),
        ["enclave with the provisioning key"] = (3, forge => forge.Body[48] = 0x15, [RejectionReason.AttributesNotApproved]),
        ["enclave's report data zero"] = (3, forge => forge.Body.AsSpan(320, 64).Clear(), [RejectionReason.ReportDataZero]),
        ["enclave's platform of an older level"] = (3, forge => forge.Components[0] = 2, [RejectionReason.TcbStatusNotApproved]),
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Inspect_OneThingWrong_GivesItsReasonAlone(string name)
    {
        using var forge = new DcapForge(Cases[name].Version);
        Cases[name].Spoil(forge);

        var inspection = EvidenceInspector.Inspect(forge.Envelope(), forge.Context());

        Assert.Equal(Cases[name].Reasons.Order(), inspection.Objections.Select(objection => objection.Reason).Distinct().Order());
        Assert.All(inspection.Objections, objection => Assert.False(string.IsNullOrEmpty(objection.Remedy)));
    }

    [Fact]
    public void Inspect_EveryPartObjects_StatusesAndAdvisoriesAddUp()
    {
        using var forge = new DcapForge();
        forge.Body[0] = 3;
        forge.QeReport[258] = 5;
        forge.Info["tcbLevels"]![0]!["tcbStatus"] = "ConfigurationNeeded";

        var tcb = EvidenceInspector.Inspect(forge.Envelope(), forge.Context()).Claims!["tcb"]!;

        Assert.Equal("OutOfDateConfigurationNeeded", tcb["status"]!.GetValue<string>());
        Assert.Equal(["INTEL-SA-00999", "INTEL-SA-01234"], tcb["advisories"]!.AsArray().Select(id => id!.GetValue<string>()));
    }

    /// <summary>Genuine old collateral beside the new: the newest evaluation counts, so it cannot be used to look patched.</summary>
    [Fact]
    public void Inspect_OldCollateralBesideTheNew_TheNewestEvaluationCounts()
    {
        using var forge = new DcapForge();
        var old = forge.Info.DeepClone().AsObject();
        old["tcbEvaluationDataNumber"] = 19;
        forge.MoreCollateral.Add(forge.Document("tcbInfo", old));
        forge.Info["tcbLevels"]![0]!["tcbStatus"] = "OutOfDate";

        Assert.Equal(RejectionReason.TcbStatusNotApproved, Assert.Single(EvidenceInspector.Inspect(forge.Envelope(), forge.Context()).Objections).Reason);
    }

    [Fact]
    public void Inspect_DocumentWithAMemberTwice_IsNotRead()
    {
        using var forge = new DcapForge();
        forge.Altered = text => text.Replace("{\"id\"", "{\"id\":\"QE\",\"id\"", StringComparison.Ordinal);

        Assert.Equal(RejectionReason.CollateralMissing, Assert.Single(EvidenceInspector.Inspect(forge.Envelope(), forge.Context()).Objections).Reason);
    }

    [Fact]
    public void Inspect_AnyByteOfTheSignedPartFlipped_IsRefused()
    {
        using var forge = new DcapForge();
        var quote = forge.Quote();
        var context = forge.Context();

        // Behind the authentication data stand certificates in PEM, where line ends could change without effect.
        for (var offset = 0; offset < 54 + 648 + 4 + 128 + 6 + 384 + 64 + 2 + 32; offset++)
        {
            quote[offset] ^= (byte)(1 << (offset % 8));
            var envelope = EvidenceEnvelope.Create(EvidenceKinds.Tdx, new Dictionary<string, ReadOnlyMemory<byte>> { ["quote"] = quote });
            Assert.False(EvidenceInspector.Inspect(envelope, context).IsSound, $"{offset}");
            quote[offset] ^= (byte)(1 << (offset % 8));
        }
    }

    private static Func<byte[], byte[]> Set(int offset, byte value) => quote =>
    {
        quote[offset] = value;
        return quote;
    };
}
