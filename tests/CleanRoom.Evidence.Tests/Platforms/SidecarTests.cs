using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Evidence.Tests.Snp;

namespace CleanRoom.Evidence.Tests.Platforms;

/// <summary>
/// Evidence by the sidecar of Azure's confidential containers. Each row of the table answers as microsoft/confidential-sidecar-containers documents /attest/combined
/// (members endorsed_tcb, endorsements, evidence, uvm_endorsements, in a text under combined_report), or as nobody should.
/// </summary>
public sealed class SidecarTests : IDisposable
{
    private readonly Sample _sample = new();
    private readonly SnpForge _snp = new();
    private readonly TableServer _server = new();

    public static TheoryData<string, string> Hostile => new()
    {
        { "error", "answered 500" },
        { "forbidden", "answered 403" },
        { "redirect", "answered 302" },
        { "no json", "no JSON" },
        { "member twice", "no JSON" },
        { "inner no json", "combined_report" },
        { "no evidence", "without evidence" },
        { "no endorsements", "without endorsements" },
        { "evidence no base64", "no base64" },
        { "report too short", "no SEV-SNP report" },
        { "another's data", "another sidecar" },
        { "the binding itself", "another sidecar" },
        { "too long", "too long" },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sidecar_AsDocumented_IsTrusted(bool asText)
    {
        _ = _server.On("GET /status", TableAnswer.Json("""{"message":"Status OK"}""")).On("POST /attest/combined", body => TableAnswer.Json(Combined(body, asText)));
        using var platforms = Platforms();
        var provider = await platforms.OpenFirstAsync(Cancellation);

        var envelope = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);

        Assert.IsType<Appraisal.Trusted>(Appraise(envelope));
    }

    [Theory, MemberData(nameof(Hostile))]
    public async Task Sidecar_Otherwise_IsRefusedInOneSentence(string what, string word)
    {
        _ = _server.On("GET /status", TableAnswer.Json("{}")).On("POST /attest/combined", body => Answer(what, body));
        using var platforms = Platforms();
        var provider = await platforms.OpenAsync(EvidencePlatforms.Sidecar, Cancellation);

        var refusal = await Assert.ThrowsAsync<EvidenceUnavailableException>(async () => await provider.GetEvidenceAsync(_sample.Binding, Cancellation));

        Assert.StartsWith("sidecar: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(word, refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>Off hardware the sidecar makes a report up; it holds the right data, and nobody signed it.</summary>
    [Fact]
    public async Task Sidecar_MadeUpReport_IsRefusedByTheAppraisal()
    {
        _snp.AfterSigning = report => report.AsSpan(0x2A0, 48).Fill(1);
        _ = _server.On("GET /status", TableAnswer.Json("{}")).On("POST /attest/combined", body => TableAnswer.Json(Combined(body, asText: true)));
        using var platforms = Platforms();
        var provider = await platforms.OpenAsync(EvidencePlatforms.Sidecar, Cancellation);

        Sample.AssertRejected(RejectionReason.SignatureInvalid, Appraise(await provider.GetEvidenceAsync(_sample.Binding, Cancellation)));
    }

    [Fact]
    public async Task Probe_NothingThere_SaysWhatEachPlatformLacks()
    {
        using var platforms = Platforms();

        var probes = await platforms.ProbeAsync(Cancellation);
        var refusal = await Assert.ThrowsAsync<EvidenceUnavailableException>(() => platforms.OpenFirstAsync(Cancellation));

        Assert.Equal(EvidencePlatforms.Names, probes.Select(probe => probe.Name));
        Assert.All(probes, probe => Assert.StartsWith(probe.Name + ": ", probe.Lacks, StringComparison.Ordinal));
        Assert.All(probes.Where(probe => probe.Name != EvidencePlatforms.Tpm), probe => Assert.Contains(probe.Lacks!, refusal.Message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Open_UnknownPlatform_IsAWrongCall()
    {
        using var platforms = Platforms();

        await Assert.ThrowsAsync<ArgumentException>(() => platforms.OpenAsync("simulated", Cancellation));
    }

    public void Dispose()
    {
        _server.Dispose();
        _sample.Dispose();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private EvidencePlatforms Platforms() => new(
        new EvidencePlatformOptions { Sidecar = _server.Address, TsmReports = "/nonexistent", TpmDevice = "/nonexistent", Timeout = TimeSpan.FromMinutes(1) }, TimeProvider.System);

    private string Combined(string request, bool asText, Func<byte[], byte[]>? data = null)
    {
        using var json = JsonDocument.Parse(request);
        var runtime = json.RootElement.GetProperty("runtime_data").GetBytesFromBase64();
        _snp.ReportData = data?.Invoke(runtime) ?? [.. SHA256.HashData(runtime), .. new byte[32]];
        var pem = string.Join("\n", CollateralPieces.In(_snp.Certificates()).Select(der => PemEncoding.WriteString("CERTIFICATE", der)));
        var inner = $$"""{"endorsed_tcb":"DB18000000000004","endorsements":"{{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(pem))}}","evidence":"{{Convert.ToBase64String(_snp.Report())}}","uvm_endorsements":""}""";
        return asText ? $$"""{"combined_report":{{JsonSerializer.Serialize(inner)}}}""" : inner;
    }

    private TableAnswer Answer(string what, string body) => what switch
    {
        "error" => new TableAnswer(500, []),
        "forbidden" => new TableAnswer(403, "{\"error\":\"x\"}"u8.ToArray()),
        "redirect" => new TableAnswer(302, [], "http://localhost:1/attest/combined"),
        "no json" => TableAnswer.Json("not json"),
        "member twice" => TableAnswer.Json("""{"combined_report":"{}","combined_report":"{}"}"""),
        "inner no json" => TableAnswer.Json("""{"combined_report":"{"}"""),
        "no evidence" => TableAnswer.Json("""{"combined_report":"{\"endorsements\":\"\"}"}"""),
        "no endorsements" => TableAnswer.Json(Combined(body, asText: false).Replace("\"endorsements\"", "\"other\"", StringComparison.Ordinal)),
        "evidence no base64" => TableAnswer.Json("""{"combined_report":"{\"evidence\":\"???\",\"endorsements\":\"\"}"}"""),
        "report too short" => TableAnswer.Json("""{"combined_report":"{\"evidence\":\"AAAA\",\"endorsements\":\"\"}"}"""),
        "another's data" => TableAnswer.Json(Combined(body, asText: true, _ => [.. Enumerable.Repeat((byte)7, 64)])),
        "the binding itself" => TableAnswer.Json(Combined(body, asText: true, runtime => runtime)),
        _ => new TableAnswer(200, [.. Enumerable.Repeat((byte)' ', 2 << 20)]),
    };

    private Appraisal Appraise(EvidenceEnvelope envelope) => EvidenceAppraiser.Appraise(
        envelope.Json.Span, _sample.Binding,
        Sample.PolicyOf(
            """{"measurement":["a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"],"platform":{"allow":["smt"]},"policy":{"allow":["smt"]}}""",
            """{"tcb":{"milan":{"bootloader":4,"microcode":219,"snp":24,"tee":0}}}""", simulated: false, tee: EvidenceKinds.SevSnp), _snp.Context());
}
