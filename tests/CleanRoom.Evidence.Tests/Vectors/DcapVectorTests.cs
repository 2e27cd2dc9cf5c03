using System.Text.Json;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;

namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>Real TDX and SGX quotes, each with its expected result.</summary>
public sealed class DcapVectorTests
{
    private static readonly RejectionReason[] NoCollateral = [RejectionReason.CollateralMissing];

    public static TheoryData<string> Quotes =>
    [
        "sgx-phala-v3", "sgx-phala-v3-collateral-expired", "tdx-phala-v4", "tdx-phala-v4-collateral-expired", "tdx-gotdx-v5", "tdx-trustee-v4-debug", "tdx-gcp-cos113",
        "tdx-trustee-q6", "sgx-maa-intel-sdk-release", "sgx-maa-intel-sdk-debug", "sgx-maa-intel-sdk-prodid", "sgx-maa-intel-sdk-securityversion",
    ];

    public static TheoryData<string, RejectionReason> Mutations => new()
    {
        { "flip MRTD bit", RejectionReason.SignatureInvalid },
        { "flip header user_data", RejectionReason.SignatureInvalid },
        { "flip QE auth data", RejectionReason.QuotingEnclaveBinding },
        { "swap cert_data of another quote", RejectionReason.QuotingEnclaveSignature },
        { "qe_vendor_id changed", RejectionReason.VendorUnknown },
    };

    [Fact]
    public void Quotes_AreAllOfTheManifest() =>
        Assert.Equal(Published.Ids("dcap-quote").Order(StringComparer.Ordinal), Quotes.Select(row => row.Data).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Quotes))]
    public void Inspect_PublishedQuote_GivesTheExpectedResult(string id)
    {
        var vector = Published.Vector(id);
        var expected = vector.GetProperty("expected");

        var inspection = EvidenceInspector.Inspect(Evidence(vector), Context(vector));

        var flags = Published.Strings(expected, "strict_policy_flags");
        var reasons = flags.Where(flag => !flag.EndsWith("(zero)", StringComparison.Ordinal)).Select(Flag)
            .Concat(Published.Strings(expected, "collateral_problems").Select(problem => problem.Contains("CRL", StringComparison.Ordinal) ? RejectionReason.RevocationStale : RejectionReason.CollateralExpired));
        if (expected.TryGetProperty("tcb", out var tcb))
        {
            reasons = reasons.Concat(tcb.GetProperty("status").GetString() == "OutOfDate" ? [RejectionReason.TcbStatusNotApproved] : []);
            AssertVerdict(tcb, inspection.Claims!["tcb"]!["platform"]!);
            AssertVerdict(expected.GetProperty("qe_tcb"), inspection.Claims["tcb"]!["quotingEnclave"]!);
            Assert.Equal(tcb.GetProperty("module").GetString(), inspection.Claims["tcb"]!["module"]?["status"]?.GetValue<string>());
        }
        else
        {
            // Sound signatures, and nothing that says whether the platform is patched: refused.
            reasons = reasons.Concat(NoCollateral);
        }

        Assert.Equal("valid", expected.GetProperty("crypto").GetString());
        Assert.Equal(reasons.Distinct().Order(), inspection.Objections.Select(objection => objection.Reason).Distinct().Order());
        Assert.Equal(flags.Any(flag => flag.EndsWith("(zero)", StringComparison.Ordinal)), inspection.Notices.Any(notice => notice.Code == NoticeCode.ZeroPadding));
    }

    [Theory, MemberData(nameof(Quotes))]
    public void TryParse_PublishedQuote_GivesItsFields(string id)
    {
        var vector = Published.Vector(id);
        var fields = vector.GetProperty("fields");
        Assert.True(DcapQuote.TryParse(Evidence(vector).Parts["quote"].Span, out var quote, out _));

        Assert.Equal(fields.GetProperty("version").GetInt32(), quote.Version);
        Assert.Equal(fields.GetProperty("cert_type").GetInt32(), quote.CertificationType);
        Assert.Equal(fields.GetProperty("qe_isvsvn").GetInt32(), quote.QuotingEnclave.SecurityVersion);
        Assert.Equal(Hex(fields, "qe_mrsigner"), Convert.ToHexStringLower(quote.QuotingEnclave.Signer));
        if (quote.IsTdx)
        {
            AssertDomain(fields, new TdReportBody(quote.Body));
        }
        else
        {
            AssertEnclave(fields, new SgxReportBody(quote.Body));
        }

        Assert.True(CleanRoom.Evidence.Certificates.PemChain.TryRead(quote.Certification.Span, out var chain));
        Assert.True(PckCertificate.TryParse(chain[0], out var pck));
        var expected = fields.GetProperty("pck");
        Assert.Equal(expected.GetProperty("fmspc").GetString(), pck.Fmspc);
        Assert.Equal(expected.GetProperty("pceid").GetString(), pck.PceId);
        Assert.Equal(expected.GetProperty("pcesvn").GetInt32(), pck.PceSvn);
        Assert.Equal(expected.GetProperty("comps").EnumerateArray().Select(svn => svn.GetByte()), pck.SecurityVersions);
        Assert.Equal(fields.GetProperty("pck_ca").GetString(), chain[1].CommonName);
    }

    [Theory, MemberData(nameof(Mutations))]
    public void Inspect_MutatedQuote_IsRefusedWithItsReason(string name, RejectionReason expected)
    {
        var mutation = Published.Manifest.GetProperty("mutations").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        var quote = Published.File(mutation.GetProperty("file").GetString()!);
        if (mutation.GetProperty("op").TryGetProperty("xor", out var xor))
        {
            foreach (var change in xor.EnumerateObject())
            {
                quote[Convert.ToInt32(change.Name, 16)] ^= change.Value.GetByte();
            }
        }
        else
        {
            quote = WithCertificatesOf(quote, Published.File("sgx/phala-v3/quote.bin"));
        }

        var inspection = EvidenceInspector.Inspect(
            EvidenceEnvelope.Create(EvidenceKinds.Tdx, new Dictionary<string, ReadOnlyMemory<byte>> { ["quote"] = quote }), Context(Published.Vector("tdx-gotdx-v5")));

        Assert.Equal(expected, inspection.Objections[0].Reason);
    }

    [Fact]
    public void Mutations_AreAllOfTheManifest() => Assert.Equal(
        Published.Manifest.GetProperty("mutations").EnumerateArray().Where(item => item.GetProperty("base").GetString() == "tdx-gotdx-v5")
            .Select(item => item.GetProperty("name").GetString()!).Order(StringComparer.Ordinal),
        Mutations.Select(row => row.Data.Item1).Order(StringComparer.Ordinal));

    [Fact]
    public void Inspect_CollateralOfAnotherSeries_IsAMismatch()
    {
        var vector = Published.Vector("tdx-gotdx-v5");
        var files = Published.Sources(vector).Skip(1).Select(file => file.Replace("90c06f", "50806f", StringComparison.Ordinal)).Select(file => (ReadOnlyMemory<byte>)Published.File(file));

        var inspection = EvidenceInspector.Inspect(Evidence(vector), new AppraisalContext(Published.VerifyAt(vector), CollateralSet.Read(files)));

        Assert.Equal(RejectionReason.CollateralMismatch, Assert.Single(inspection.Objections).Reason);
    }

    [Fact]
    public void Root_PublishedByIntel_IsPinned()
    {
        var set = CollateralSet.Read([Published.File("sgx/intel_sgx_root_ca.der"), Published.File("tdx/intel_sgx_root_ca.pem")]);

        Assert.Equal(Verify.TrustAnchors.Vendors.Intel, Assert.Single(set.Certificates).SpkiHash);
    }

    internal static AppraisalContext Context(JsonElement vector) =>
        new(Published.VerifyAt(vector), CollateralSet.Read(Published.Sources(vector).Skip(1).Select(file => (ReadOnlyMemory<byte>)Published.File(file))));

    private static EvidenceEnvelope Evidence(JsonElement vector) =>
        EvidenceFile.TryRead(Published.File(Published.Sources(vector)[0]), out var envelope, out var problem) ? envelope : throw new InvalidOperationException(problem);

    // Version 5: certification data follow QE report, signature and 32 bytes of authentication data.
    private static byte[] WithCertificatesOf(byte[] quote, byte[] other)
    {
        Assert.True(DcapQuote.TryParse(quote, out var mine, out _));
        Assert.True(DcapQuote.TryParse(other, out var theirs, out _));
        var head = quote.AsSpan(0, mine.SignedPart.Length + 4 + 128 + 6 + 384 + 64 + 2 + mine.AuthenticationData.Length + 2).ToArray();
        var size = mine.SignedPart.Length;
        byte[] tail = [.. BitConverter.GetBytes(theirs.Certification.Length), .. theirs.Certification.Span];
        BitConverter.TryWriteBytes(head.AsSpan(size), head.Length + tail.Length - size - 4);
        BitConverter.TryWriteBytes(head.AsSpan(size + 4 + 128 + 2), head.Length + tail.Length - size - 4 - 128 - 6);
        return [.. head, .. tail];
    }

    private static void AssertVerdict(JsonElement expected, System.Text.Json.Nodes.JsonNode verdict)
    {
        Assert.Equal(expected.GetProperty("status").GetString(), verdict["status"]!.GetValue<string>());
        Assert.Equal(expected.GetProperty("date").GetString(), verdict["date"]!.GetValue<string>());
        Assert.Equal(Published.Strings(expected, "adv"), verdict["advisories"]!.AsArray().Select(id => id!.GetValue<string>()));
    }

    private static void AssertDomain(JsonElement fields, TdReportBody body)
    {
        Assert.Equal(Hex(fields, "tee_tcb_svn"), Convert.ToHexStringLower(body.TeeTcbSvn));
        Assert.Equal(Hex(fields, "mrseam"), Convert.ToHexStringLower(body.Module));
        Assert.Equal(Hex(fields, "mrsignerseam"), Convert.ToHexStringLower(body.ModuleSigner));
        Assert.Equal(Hex(fields, "seamattributes"), Convert.ToHexStringLower(body.ModuleAttributes));
        Assert.Equal(Hex(fields, "tdattributes"), Convert.ToHexStringLower(BitConverter.GetBytes(body.Attributes)));
        Assert.Equal(Hex(fields, "xfam"), Convert.ToHexStringLower(body.Xfam));
        Assert.Equal(Hex(fields, "mrtd"), body.Measurement.ToString());
        Assert.Equal(Hex(fields, "mrconfigid"), Convert.ToHexStringLower(body.ConfigId));
        Assert.Equal(Hex(fields, "mrowner"), Convert.ToHexStringLower(body.Owner));
        Assert.Equal(Hex(fields, "mrownerconfig"), Convert.ToHexStringLower(body.OwnerConfig));
        Assert.Equal(Hex(fields, "report_data"), Convert.ToHexStringLower(body.ReportData));
        Assert.All(Enumerable.Range(0, 4), index => Assert.Equal(Hex(fields, $"rtmr{index}"), Convert.ToHexStringLower(body.RuntimeMeasurement(index))));
        if (fields.TryGetProperty("mrservicetd", out var service))
        {
            Assert.Equal(service.GetString(), Convert.ToHexStringLower(body.ServiceDomains));
        }
    }

    private static void AssertEnclave(JsonElement fields, SgxReportBody body)
    {
        Assert.Equal(Hex(fields, "mrenclave"), Convert.ToHexStringLower(body.Enclave));
        Assert.Equal(Hex(fields, "mrsigner"), Convert.ToHexStringLower(body.Signer));
        Assert.Equal(Hex(fields, "miscselect"), Convert.ToHexStringLower(body.MiscSelect));
        Assert.Equal(Hex(fields, "attributes"), Convert.ToHexStringLower(body.Attributes));
        Assert.Equal(Hex(fields, "configid"), Convert.ToHexStringLower(body.ConfigId));
        Assert.Equal(Hex(fields, "report_data"), Convert.ToHexStringLower(body.ReportData));
        Assert.Equal(fields.GetProperty("isvprodid").GetInt32(), body.ProductId);
        Assert.Equal(fields.GetProperty("isvsvn").GetInt32(), body.SecurityVersion);
    }

    private static string Hex(JsonElement fields, string name) => fields.GetProperty(name).GetString()!;

    private static RejectionReason Flag(string flag) => flag.Split('(')[0] switch
    {
        "DEBUG" => RejectionReason.DebugEnabled,
        "REPORT_DATA_ALL_ZERO" => RejectionReason.ReportDataZero,
        "SEPT_VE_DISABLE=0" => RejectionReason.AttributesNotApproved,
        _ => throw new ArgumentOutOfRangeException(nameof(flag), flag, null),
    };
}
