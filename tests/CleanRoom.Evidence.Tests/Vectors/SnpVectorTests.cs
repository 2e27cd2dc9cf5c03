using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>Real SEV-SNP reports of three generations, each with its expected result.</summary>
public sealed class SnpVectorTests
{
    private static readonly string[] Generations = ["milan", "genoa", "turin"];
    private static readonly string[] Authorities = ["ark", "ask", "asvk"];

    public static TheoryData<string> Reports =>
    [
        "snp-milan-ms-tav", "snp-genoa-ms-tav", "snp-turin-ms-tav", "snp-genoa-v3-trustee-e2e", "snp-milan-v2-trustee", "snp-milan-v2-wrong-vcek-legacy",
        "snp-milan-vlek-aws", "snp-milan-vlek-aws-expired", "snp-milan-v2-debug", "snp-milan-cleanroom-caci-encryption", "snp-milan-cleanroom-caci-signing",
        "snp-turin-under-milan-chain",
    ];

    public static TheoryData<string, int, RejectionReason> Mutations => new()
    {
        { "flip one bit of measurement", 0x90, RejectionReason.SignatureInvalid },
        { "flip one bit of report_data", 0x50, RejectionReason.SignatureInvalid },
        { "set DEBUG in policy", 0x0A, RejectionReason.SignatureInvalid },
        { "raise reported_tcb ucode", 0x187, RejectionReason.TcbMismatch },
        { "truncate to 1183 bytes", -1, RejectionReason.ReportLength },
        { "append a byte", 1185, RejectionReason.ReportLength },
        { "sig_algo 2", 0x34, RejectionReason.ReportAlgorithm },
        { "non-zero byte after s", 0x330, RejectionReason.ReportReserved },
    };

    [Fact]
    public void Reports_AreAllOfTheManifest() =>
        Assert.Equal(Published.Ids("snp-report").Order(StringComparer.Ordinal), Reports.Select(row => row.Data).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Reports))]
    public void Inspect_PublishedReport_GivesTheExpectedResult(string id)
    {
        var vector = Published.Vector(id);
        var expected = vector.GetProperty("expected");

        var inspection = EvidenceInspector.Inspect(Evidence(vector), Context(vector));

        var reasons = Published.Strings(expected, "crypto_problems").Select(problem => Problem(id, problem)).Concat(Published.Strings(expected, "strict_policy_flags").Select(Flag));
        Assert.Equal(reasons.Distinct().Order(), inspection.Objections.Select(objection => objection.Reason).Distinct().Order());
        Assert.Equal(expected.GetProperty("crypto").GetString() == "valid", Examination(vector).Problems.IsEmpty);
    }

    [Theory, MemberData(nameof(Reports))]
    public void TryParse_PublishedReport_GivesItsFields(string id)
    {
        var vector = Published.Vector(id);
        var fields = vector.GetProperty("fields");
        Assert.True(SnpReport.TryParse(Evidence(vector).Parts["report"].Span, out var report, out _));

        Assert.Equal(fields.GetProperty("report_version").GetUInt32(), report.Version);
        Assert.Equal(fields.GetProperty("vmpl").GetInt32(), report.Vmpl);
        Assert.Equal(fields.GetProperty("guest_svn").GetUInt32(), report.GuestSvn);
        Assert.Equal(fields.GetProperty("policy").GetString(), $"0x{report.Policy.Value:x}");
        Assert.Equal(fields.GetProperty("platform_info").GetString(), $"0x{report.PlatformInfo:x}");
        Assert.Equal(fields.GetProperty("measurement").GetString(), report.Measurement.ToString());
        Assert.Equal(fields.GetProperty("report_data").GetString(), Convert.ToHexStringLower(report.ReportData));
        Assert.Equal(fields.GetProperty("host_data").GetString(), Convert.ToHexStringLower(report.HostData));
        Assert.Equal(fields.GetProperty("chip_id").GetString(), Convert.ToHexStringLower(report.ChipId));
        Assert.Equal(fields.GetProperty("id_key_digest").GetString(), Convert.ToHexStringLower(report.IdKeyDigest));
        Assert.Equal(fields.GetProperty("author_key_digest").GetString(), Convert.ToHexStringLower(report.AuthorKeyDigest));
        Assert.Equal(fields.GetProperty("report_id").GetString(), Convert.ToHexStringLower(report.ReportId));
        Assert.Equal(fields.GetProperty("report_id_ma").GetString(), Convert.ToHexStringLower(report.MigrationAgentId));
        Assert.Equal(fields.GetProperty("current_tcb").GetString(), Convert.ToHexStringLower(report.CurrentTcb));
        Assert.Equal(fields.GetProperty("committed_tcb").GetString(), Convert.ToHexStringLower(report.CommittedTcb));
        Assert.Equal(fields.GetProperty("launch_tcb").GetString(), Convert.ToHexStringLower(report.LaunchTcb));
        Assert.Equal(fields.GetProperty("fw_current").GetString(), $"{report.CurrentFirmware.Major}.{report.CurrentFirmware.Minor}.{report.CurrentFirmware.Build}");
        Assert.Equal(fields.GetProperty("launch_mit_vector").GetString(), $"0x{report.LaunchMitigations ?? 0:x}");
        var generation = SnpGeneration.OfProduct(fields.GetProperty("generation").GetString()!)!;
        Assert.True(SnpTcb.TryParse(report.ReportedTcb, generation.Layout, out var tcb));
        AssertTcb(fields.GetProperty("reported_tcb"), tcb);
    }

    [Theory, MemberData(nameof(Reports))]
    public void TryParse_PublishedLeaf_GivesItsExtensions(string id)
    {
        var vek = Published.Vector(id).GetProperty("fields").GetProperty("vek");
        var leaf = Leaf(Context(Published.Vector(id)), Evidence(Published.Vector(id)));

        Assert.True(SnpEndorsement.TryParse(leaf, out var endorsement));
        Assert.Equal(vek.GetProperty("subject_cn").GetString(), leaf.CommonName);
        Assert.Equal(vek.GetProperty("not_before").GetDateTimeOffset(), leaf.NotBefore);
        Assert.Equal(vek.GetProperty("not_after").GetDateTimeOffset(), leaf.NotAfter);
        AssertTcb(vek, endorsement.Tcb);
        Assert.Equal(vek.TryGetProperty("hwid", out var hwid) ? hwid.GetString() : null, endorsement.ChipId is null ? null : Convert.ToHexStringLower(endorsement.ChipId));
    }

    [Fact]
    public void TryParse_TurinCertificateWithoutReport_GivesItsExtensions()
    {
        Assert.True(Certificate.TryParse(Published.File("snp/virtee-turin-vcek-only/vcek.der"), out var leaf));
        Assert.True(SnpEndorsement.TryParse(leaf, out var endorsement));

        Assert.Equal("Turin", endorsement.Generation.Name);
        Assert.Equal(new SnpTcb(0, 0, 0, 0, 9), endorsement.Tcb);
        Assert.Equal("1e550a8ee5cf9f4d", Convert.ToHexStringLower(endorsement.ChipId!));
    }

    [Theory]
    [InlineData("milan")]
    [InlineData("genoa")]
    [InlineData("turin")]
    public void Roots_PublishedByAmd_ArePinnedAndLinked(string generation)
    {
        var name = char.ToUpperInvariant(generation[0]) + generation[1..];
        var certificates = Authorities.Select(file => Read($"snp/amd-roots/{generation}/{file}.der")).ToList();

        Assert.Equal(TrustAnchors.Vendors.Amd[name], certificates[0].SpkiHash);
        Assert.All(certificates, certificate => Assert.True(certificate.IsIssuedBy(certificates[0])));
        Assert.All(certificates, certificate => Assert.True(CertificateRules.IsAuthority(certificate, certificate == certificates[0] ? 1 : 0)));
    }

    [Theory, MemberData(nameof(Mutations))]
    public void Inspect_MutatedReport_IsRefusedWithItsReason(string name, int offset, RejectionReason expected)
    {
        var mutation = Published.Manifest.GetProperty("mutations").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        var report = Published.File(mutation.GetProperty("file").GetString()!);
        var op = mutation.GetProperty("op");
        if (op.TryGetProperty("xor", out var xor))
        {
            var change = xor.EnumerateObject().Single();
            Assert.Equal(offset, Convert.ToInt32(change.Name, 16));
            report[offset] ^= change.Value.GetByte();
        }
        else
        {
            report = op.TryGetProperty("truncate", out var length) ? report[..length.GetInt32()] : [.. report, .. Convert.FromHexString(op.GetProperty("append").GetString()!)];
        }

        var vector = Published.Vector(mutation.GetProperty("base").GetString()!);
        var inspection = EvidenceInspector.Inspect(Envelope(report), Context(vector));

        Assert.Contains(expected, inspection.Objections.Select(objection => objection.Reason));
    }

    /// <summary>The two misreadings of the manifest, as what our tables and our signature code must not do.</summary>
    [Fact]
    public void Turin_ReadLikeMilanOrBigEndian_DoesNotHold()
    {
        var report = Published.File("snp/ms-tav-turin/report.bin");
        Assert.True(SnpReport.TryParse(report, out var parsed, out _));
        var leaf = Leaf(Context(Published.Vector("snp-turin-ms-tav")), Envelope(report));

        Assert.False(SnpTcb.TryParse(parsed.ReportedTcb, SnpTcbLayout.First, out _));
        Assert.True(SnpTcb.TryParse(parsed.ReportedTcb, SnpTcbLayout.Second, out var tcb));
        Assert.Equal(new SnpTcb(1, 1, 1, 4, 81), tcb);
        Assert.True(parsed.IsSignedBy(leaf.Spki.Span));
        report.AsSpan(0x2A0, 48).Reverse();
        report.AsSpan(0x2E8, 48).Reverse();
        Assert.True(SnpReport.TryParse(report, out var reversed, out _));
        Assert.False(reversed.IsSignedBy(leaf.Spki.Span));
    }

    [Fact]
    public void Mutations_AreAllOfTheManifest()
    {
        var ours = Mutations.Select(row => row.Data.Item1).Concat(["read r and s big-endian", "decode TCB with Milan layout"]).Order(StringComparer.Ordinal);
        var published = Published.Manifest.GetProperty("mutations").EnumerateArray().Where(item => item.GetProperty("base").GetString() == "snp-turin-ms-tav")
            .Select(item => item.GetProperty("name").GetString()!);

        Assert.Equal(published.Order(StringComparer.Ordinal), ours);
    }

    private static EvidenceEnvelope Evidence(System.Text.Json.JsonElement vector) => Envelope(Published.File(Published.Sources(vector)[0]));

    private static EvidenceEnvelope Envelope(byte[] file) => EvidenceFile.TryRead(file, out var envelope, out _)
        ? envelope
        : EvidenceEnvelope.Create(EvidenceKinds.SevSnp, new Dictionary<string, ReadOnlyMemory<byte>> { ["report"] = file });

    private static AppraisalContext Context(System.Text.Json.JsonElement vector)
    {
        var id = vector.GetProperty("id").GetString()!;
        var files = Published.Sources(vector).Skip(1).Where(file => !file.EndsWith(".json", StringComparison.Ordinal)).ToList();

        // Where the sources lack the authorities, they are AMD's published ones; the wrong chain must stay the only one.
        if (id != "snp-turin-under-milan-chain")
        {
            files.AddRange(from generation in Generations from file in Authorities select $"snp/amd-roots/{generation}/{file}.der");
        }

        return new AppraisalContext(Published.VerifyAt(vector), CollateralSet.Read(files.Select(file => (ReadOnlyMemory<byte>)Published.File(file))));
    }

    private static Examination Examination(System.Text.Json.JsonElement vector) => new SnpKind().Examine(Evidence(vector).Parts, Context(vector));

    private static Certificate Leaf(AppraisalContext context, EvidenceEnvelope evidence)
    {
        var sent = evidence.Parts.TryGetValue("certificates", out var bytes) ? CollateralSet.Read([bytes]).Certificates : [];
        return sent.Concat(context.Collateral.Certificates).First(SnpEndorsement.IsLeaf);
    }

    private static Certificate Read(string file) => Certificate.TryParse(Published.File(file), out var certificate) ? certificate : throw new InvalidOperationException(file);

    private static void AssertTcb(System.Text.Json.JsonElement fields, SnpTcb tcb)
    {
        Assert.Equal(fields.TryGetProperty("fmc", out var fmc) ? fmc.GetByte() : null, tcb.Fmc);
        Assert.Equal(
            (fields.GetProperty("bl").GetByte(), fields.GetProperty("tee").GetByte(), fields.GetProperty("snp").GetByte(), fields.GetProperty("ucode").GetByte()),
            (tcb.Bootloader, tcb.Tee, tcb.Snp, tcb.Microcode));
    }

    private static RejectionReason Flag(string flag) => flag.Split('(')[0] switch
    {
        "REPORT_DATA_ALL_ZERO" => RejectionReason.ReportDataZero,
        "PROVISIONAL_FIRMWARE" => RejectionReason.FirmwareProvisional,
        "REPORT_V2" => RejectionReason.ReportVersionNotApproved,
        "ALIAS_CHECK_NOT_COMPLETE" => RejectionReason.PlatformRequirement,
        "VMPL_1" => RejectionReason.VmplNotApproved,
        "CHIP_ID_MASKED_OR_VLEK" => RejectionReason.SigningKeyNotApproved,
        "POLICY_DEBUG" => RejectionReason.DebugEnabled,
        _ => throw new ArgumentOutOfRangeException(nameof(flag), flag, null),
    };

    // The Turin leaf names its own authority, so under Milan's chain that one is missing rather than wrong.
    private static RejectionReason Problem(string id, string problem) => problem switch
    {
        _ when problem.StartsWith("VEK not signed", StringComparison.Ordinal) =>
            id == "snp-turin-under-milan-chain" ? RejectionReason.CertificateMissing : RejectionReason.ChainInvalid,
        _ when problem.StartsWith("VEK outside validity", StringComparison.Ordinal) => RejectionReason.CertificateExpired,
        _ when problem.StartsWith("TCB ", StringComparison.Ordinal) => RejectionReason.TcbMismatch,
        "report signature invalid" => RejectionReason.SignatureInvalid,
        "chip_id != hwid" => RejectionReason.ChipMismatch,
        _ => throw new ArgumentOutOfRangeException(nameof(problem), problem, null),
    };
}
