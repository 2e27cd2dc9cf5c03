using System.Text;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Evidence.Tests.Dcap;
using CleanRoom.Evidence.Tests.Snp;

namespace CleanRoom.Evidence.Tests.Platforms;

/// <summary>Evidence by the kernel's report interface: what a good kernel gives is trusted, and every other kernel is refused in one sentence.</summary>
public sealed class ConfigFsTsmTests : IDisposable
{
    private const string SnpReference = """{"measurement":["a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"],"platform":{"allow":["smt"]},"policy":{"allow":["smt"]}}""";
    private const string SnpFloors = """{"tcb":{"milan":{"bootloader":4,"microcode":219,"snp":24,"tee":0}}}""";

    private readonly Sample _sample = new();
    private readonly SnpForge _snp = new();

    [Fact]
    public async Task Snp_ReportAndTable_AreTrusted()
    {
        var kernel = Snp();
        var (provider, platforms) = await OpenAsync(kernel);
        using (platforms)
        {
            var envelope = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);

            Assert.Equal(EvidenceKinds.SevSnp, provider.Kind);
            Assert.Equal(0, kernel.Open);
            Assert.IsType<Appraisal.Trusted>(AppraiseSnp(envelope));
        }
    }

    [Fact]
    public async Task Snp_NoTable_IsTrustedWithCertificatesFromCollateral()
    {
        var kernel = Snp();
        kernel.Auxiliary = null;
        var envelope = await EvidenceAsync(kernel);

        Assert.False(envelope.Parts.ContainsKey("certificates"));
        Sample.AssertRejected(RejectionReason.CertificateMissing, AppraiseSnp(envelope));
    }

    [Fact]
    public async Task Tdx_Quote_HoldsTheBinding()
    {
        using var forge = new DcapForge(4);
        var envelope = await EvidenceAsync(new TsmKernel("tdx_guest", data =>
        {
            data.CopyTo(forge.Body.AsSpan(520));
            return forge.Quote();
        }));

        var b2 = string.Concat(Enumerable.Repeat("b2", 48));
        var policy = Sample.PolicyOf(
            $$"""{"measurement":["{{string.Concat(Enumerable.Repeat("a1", 48))}}"],"rtmr0":["{{b2}}"],"rtmr1":["{{b2}}"],"rtmr2":["{{b2}}"],"xfam":["e700000000000000"]}""",
            """{"tcbEvaluationDataNumber":20}""", simulated: false, tee: EvidenceKinds.Tdx);
        Assert.IsType<Appraisal.Trusted>(EvidenceAppraiser.Appraise(envelope.Json.Span, _sample.Binding, policy, forge.Context()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Snp_AnotherWriterOnce_IsAskedAgain(bool silently)
    {
        var kernel = Snp();
        kernel.Interference = 1;
        kernel.InterferesSilently = silently;

        Assert.IsType<Appraisal.Trusted>(AppraiseSnp(await EvidenceAsync(kernel)));
        Assert.Equal(0, kernel.Open);
        Assert.Equal(2, kernel.Made);
    }

    [Theory]
    [InlineData("interference", "another process")]
    [InlineData("other data", "not honest")]
    [InlineData("other provider", "neither sev_guest nor tdx_guest")]
    [InlineData("no generation", "no generation")]
    [InlineData("no provider", "no provider")]
    [InlineData("no outblob", "no outblob")]
    [InlineData("report of another form", "not of a form")]
    [InlineData("driver gone", "refused to make a report")]
    public async Task Snp_KernelThatIsNotAsDocumented_IsRefusedInOneSentence(string what, string word)
    {
        var kernel = what switch
        {
            "other data" => new TsmKernel("sev_guest", _ => ReportOf(new byte[64])),
            "other provider" => new TsmKernel("arm_cca_guest", ReportOf),
            "report of another form" => new TsmKernel("sev_guest", _ => new byte[1184]),
            _ => Snp(),
        };
        kernel.Interference = what == "interference" ? 100 : 0;
        kernel.LacksAttribute = what.StartsWith("no ", StringComparison.Ordinal) ? what[3..] : null;
        var (provider, platforms) = await OpenAsync(kernel);
        using (platforms)
        {
            kernel.HasNoDriver = what == "driver gone";

            var refusal = await Assert.ThrowsAsync<EvidenceUnavailableException>(async () => await provider.GetEvidenceAsync(_sample.Binding, Cancellation));

            Assert.StartsWith("configfs-tsm: ", refusal.Message, StringComparison.Ordinal);
            Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
            Assert.Equal(0, kernel.Open);
        }
    }

    [Fact]
    public void Table_ThatLeadsOutsideItself_GivesNoCertificate()
    {
        var table = TsmKernel.Table(_snp.Certificates());

        Assert.NotEmpty(SnpCertificateTable.Certificates(table));
        table[16] = 0xFF;
        table[18] = 0xFF;
        Assert.Empty(SnpCertificateTable.Certificates(table));
        Assert.Empty(SnpCertificateTable.Certificates(new byte[4096]));
        Assert.Empty(SnpCertificateTable.Certificates([.. Enumerable.Repeat((byte)0xFF, 4096)]));
    }

    [Fact]
    public void Folder_WritesAndReadsAttributesAndMakesNone()
    {
        var root = Directory.CreateTempSubdirectory("cleanroom-tsm-");
        try
        {
            var reports = new TsmReportFolder(root.FullName);
            reports.Make("one");
            var entry = Path.Combine(root.FullName, "one");
            File.WriteAllBytes(Path.Combine(entry, "inblob"), new byte[64]);
            File.WriteAllText(Path.Combine(entry, "provider"), "sev_guest\n");

            reports.Write("one", "inblob", _sample.Binding.Bytes);

            Assert.Equal(_sample.Binding.Bytes.ToArray(), File.ReadAllBytes(Path.Combine(entry, "inblob")));
            Assert.Equal("sev_guest\n", Encoding.ASCII.GetString(reports.Read("one", "provider")!));
            Assert.Null(reports.Read("one", "auxblob"));
            Assert.Throws<FileNotFoundException>(() => reports.Write("one", "privlevel", "0"u8));
            File.WriteAllBytes(Path.Combine(entry, "auxblob"), new byte[TsmReportFolder.MaxAttribute + 1]);
            Assert.Throws<IOException>(() => reports.Read("one", "auxblob"));
            Assert.Null(reports.Lacks());
            Assert.Single(root.GetDirectories());
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    [Fact]
    public void Folder_Missing_SaysWhatToDo() =>
        Assert.Contains("sev-guest or tdx-guest", new TsmReportFolder("/nonexistent/tsm/report").Lacks(), StringComparison.Ordinal);

    public void Dispose() => _sample.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private TsmKernel Snp() => new("sev_guest", ReportOf) { Auxiliary = TsmKernel.Table(_snp.Certificates()) };

    private byte[] ReportOf(byte[] data)
    {
        _snp.ReportData = data;
        return _snp.Report();
    }

    private static async Task<(IEvidenceProvider Provider, EvidencePlatforms Platforms)> OpenAsync(TsmKernel kernel)
    {
        var platforms = new EvidencePlatforms(new EvidencePlatformOptions(), TimeProvider.System, kernel, () => throw new IOException("No TPM."));
        return (await platforms.OpenAsync(EvidencePlatforms.ConfigFsTsm, Cancellation), platforms);
    }

    private async Task<EvidenceEnvelope> EvidenceAsync(TsmKernel kernel)
    {
        var (provider, platforms) = await OpenAsync(kernel);
        using (platforms)
        {
            return await provider.GetEvidenceAsync(_sample.Binding, Cancellation);
        }
    }

    private Appraisal AppraiseSnp(EvidenceEnvelope envelope) => EvidenceAppraiser.Appraise(
        envelope.Json.Span, _sample.Binding, Sample.PolicyOf(SnpReference, SnpFloors, simulated: false, tee: EvidenceKinds.SevSnp), _snp.Context());
}
