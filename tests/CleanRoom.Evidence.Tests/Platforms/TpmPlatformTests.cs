using System.Buffers.Binary;
using System.Security.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Evidence.Platforms.Tpm;
using CleanRoom.Evidence.Tests.Tpm;

namespace CleanRoom.Evidence.Tests.Platforms;

/// <summary>Evidence of a real TPM in software: quotes by our provider and by tpm2-tools, RSASSA and ECDSA; and Azure's paravisor played on top of it.</summary>
public sealed class TpmPlatformTests(SoftwareTpm tpm) : IClassFixture<SoftwareTpm>, IDisposable
{
    private readonly Sample _sample = new();

    [Theory]
    [InlineData(SoftwareTpm.RsaKey)]
    [InlineData(SoftwareTpm.EcdsaKey)]
    public async Task Tpm_QuotedByOurProvider_IsTrustedWithTheEnrolledKeyAndNoOther(uint key)
    {
        tpm.Require();
        using var platforms = Platforms(key);
        var provider = await platforms.OpenAsync(EvidencePlatforms.Tpm, Cancellation);

        var envelope = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);

        Assert.IsType<Appraisal.Trusted>(Appraise(envelope, envelope.Parts["public"].Span));
        Sample.AssertRejected(RejectionReason.AttestationKeyNotTrusted, Appraise(envelope, [1]));
        using var another = new Sample();
        Sample.AssertRejected(RejectionReason.ReportDataMismatch, Appraise(envelope, envelope.Parts["public"].Span, another.Binding));
    }

    [Theory]
    [InlineData(SoftwareTpm.RsaKey, "rsa")]
    [InlineData(SoftwareTpm.EcdsaKey, "ecc")]
    public async Task Tpm_QuotedByOurProvider_PassesTheToolsOwnCheck(uint key, string name)
    {
        tpm.Require();
        using var platforms = Platforms(key);
        var provider = await platforms.OpenAsync(EvidencePlatforms.Tpm, Cancellation);
        var envelope = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);
        await File.WriteAllBytesAsync(tpm.File("our.msg"), envelope.Parts["attest"].ToArray(), Cancellation);
        await File.WriteAllBytesAsync(tpm.File("our.sig"), envelope.Parts["signature"].ToArray(), Cancellation);

        var said = tpm.Tool(
            "tpm2_checkquote", "-u", $"{name}.pub", "-m", "our.msg", "-s", "our.sig", "-g", "sha256", "-q", Convert.ToHexStringLower(SHA256.HashData(_sample.Binding.Bytes)));

        Assert.NotNull(said);
    }

    [Theory]
    [InlineData(SoftwareTpm.RsaKey)]
    [InlineData(SoftwareTpm.EcdsaKey)]
    public void Tpm_QuotedByTheTools_IsTrustedAndAFlippedBitIsNot(uint key)
    {
        tpm.Require();
        var nonce = SHA256.HashData(_sample.Binding.Bytes);
        tpm.Tool("tpm2_quote", "-c", $"0x{key:x8}", "-l", "sha256:0,4,7,9", "-q", Convert.ToHexStringLower(nonce), "-m", "q.msg", "-s", "q.sig", "-g", "sha256");
        using var commands = new TpmCommands(tpm.Connect());
        byte[] registers = [.. commands.ReadRegisters([0, 4, 7, 9]).Values.SelectMany(value => value)];
        Dictionary<string, byte[]> parts = new() { ["attest"] = tpm.Read("q.msg"), ["signature"] = tpm.Read("q.sig"), ["pcrs"] = registers, ["public"] = commands.ReadPublic(key)! };

        Assert.IsType<Appraisal.Trusted>(Appraise(Wrap(parts), parts["public"]));
        foreach (var part in parts.Keys)
        {
            var changed = parts.ToDictionary(item => item.Key, item => item.Value.ToArray());
            changed[part][^1] ^= 1;
            Assert.IsType<Appraisal.Rejected>(Appraise(Wrap(changed), parts["public"]));
        }
    }

    [Fact]
    public async Task Tpm_RegisterExtendedAfterwards_IsRefused()
    {
        tpm.Require();
        using var platforms = Platforms(SoftwareTpm.EcdsaKey);
        var provider = await platforms.OpenAsync(EvidencePlatforms.Tpm, Cancellation);
        var before = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);
        var approved = Register(before, 12);
        tpm.Tool("tpm2_pcrextend", "12:sha256=" + new string('c', 64));

        var after = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);

        Assert.IsType<Appraisal.Trusted>(Appraise(before, before.Parts["public"].Span, register: 12, value: approved));
        Sample.AssertRejected(RejectionReason.RuntimeMeasurementNotApproved, Appraise(after, after.Parts["public"].Span, register: 12, value: approved));
    }

    [Fact]
    public async Task Tpm_KeyThatSignsAnything_IsNoPlatformAndItsQuoteIsRefused()
    {
        tpm.Require();
        using var platforms = Platforms(SoftwareTpm.UnrestrictedKey);

        var refusal = await Assert.ThrowsAsync<EvidenceUnavailableException>(() => platforms.OpenAsync(EvidencePlatforms.Tpm, Cancellation));
        var envelope = await new TpmProvider(tpm.Connect, SoftwareTpm.UnrestrictedKey).GetEvidenceAsync(_sample.Binding, Cancellation);

        Assert.Contains("restricted", refusal.Message, StringComparison.Ordinal);
        Sample.AssertRejected(RejectionReason.AttestationKeyNotRestricted, Appraise(envelope, envelope.Parts["public"].Span));
    }

    [Fact]
    public async Task Tpm_NoSuchKey_SaysHowToMakeOne()
    {
        tpm.Require();
        using var platforms = Platforms(0x81000077);

        var refusal = await Assert.ThrowsAsync<EvidenceUnavailableException>(() => platforms.OpenAsync(EvidencePlatforms.Tpm, Cancellation));

        Assert.Contains("tpm2_createak", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azure_ParavisorAndMetadata_GiveTrustedEvidence()
    {
        tpm.Require();
        using var forge = new AzureForge(isTdx: false) { AttestationModulus = Modulus() };
        using var metadata = new TableServer().On("GET /metadata/THIM/amd/certification", _ => TableAnswer.Json(Certificates(forge)));
        using var platforms = Azure(forge, metadata);
        var provider = await platforms.OpenFirstAsync(Cancellation);

        var envelope = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);

        Assert.Equal(EvidenceKinds.AzureVtpm, provider.Kind);
        Assert.Contains("GET /metadata/THIM/amd/certification Metadata: true", metadata.Asked);
        Assert.IsType<Appraisal.Trusted>(AppraiseAzure(envelope, forge, "sev-snp"));
    }

    [Fact]
    public async Task Azure_TrustDomain_GetsItsQuoteFromMetadata()
    {
        tpm.Require();
        using var forge = new AzureForge(isTdx: true) { AttestationModulus = Modulus() };
        using var metadata = new TableServer().On("POST /acc/tdquote", _ => TableAnswer.Json($$"""{"quote":"{{Base64Url(forge.Tdx.Quote())}}"}"""));
        using var platforms = Azure(forge, metadata);
        var provider = await platforms.OpenAsync(EvidencePlatforms.AzureVtpm, Cancellation);

        var envelope = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);

        Assert.IsType<Appraisal.Trusted>(AppraiseAzure(envelope, forge, "tdx"));
    }

    public static TheoryData<string> HostileMetadata => ["down", "error", "redirect", "no json", "member twice", "no chain", "empty", "too long", "other chip"];

    [Theory, MemberData(nameof(HostileMetadata))]
    public async Task Azure_HostileMetadata_IsRefusedInOneSentenceOrByTheAppraisal(string what)
    {
        tpm.Require();
        using var forge = new AzureForge(isTdx: false) { AttestationModulus = Modulus() };
        using var other = new AzureForge(isTdx: false);
        other.Snp.ChipIdOfCertificate = new byte[64];
        using var metadata = new TableServer();
        const string path = "GET /metadata/THIM/amd/certification";
        _ = what switch
        {
            "down" => metadata,
            "error" => metadata.On(path, new TableAnswer(500, [])),
            "redirect" => metadata.On(path, new TableAnswer(302, [], "http://localhost:1/")),
            "no json" => metadata.On(path, TableAnswer.Json("<html>")),
            "member twice" => metadata.On(path, TableAnswer.Json("""{"vcekCert":"","vcekCert":"","certificateChain":""}""")),
            "no chain" => metadata.On(path, TableAnswer.Json("""{"vcekCert":""}""")),
            "empty" => metadata.On(path, TableAnswer.Json("""{"vcekCert":"","certificateChain":""}""")),
            "too long" => metadata.On(path, new TableAnswer(200, new byte[2 << 20])),
            _ => metadata.On(path, _ => TableAnswer.Json(Certificates(other))),
        };
        using var platforms = Azure(forge, metadata);
        var provider = await platforms.OpenAsync(EvidencePlatforms.AzureVtpm, Cancellation);

        if (what == "other chip")
        {
            var envelope = await provider.GetEvidenceAsync(_sample.Binding, Cancellation);
            Assert.IsType<Appraisal.Rejected>(AppraiseAzure(envelope, forge, "sev-snp"));
            return;
        }

        var refusal = await Assert.ThrowsAsync<EvidenceUnavailableException>(async () => await provider.GetEvidenceAsync(_sample.Binding, Cancellation));
        Assert.StartsWith("azure-vtpm: the metadata service", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Azure_ParavisorThatDoesNotAnswer_IsRefusedAfterAWait()
    {
        tpm.Require();
        using var forge = new AzureForge(isTdx: false) { AttestationModulus = Modulus() };
        using var metadata = new TableServer();
        using var platforms = Azure(forge, metadata, deaf: true);
        var provider = await platforms.OpenAsync(EvidencePlatforms.AzureVtpm, Cancellation);

        var refusal = await Assert.ThrowsAsync<EvidenceUnavailableException>(async () => await provider.GetEvidenceAsync(_sample.Binding, Cancellation));

        Assert.Contains("paravisor", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _sample.Dispose();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Base64Url(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private EvidencePlatforms Platforms(uint key) => new(new EvidencePlatformOptions { AttestationKey = key }, TimeProvider.System, null, tpm.Connect);

    private EvidencePlatforms Azure(AzureForge forge, TableServer metadata, bool deaf = false)
    {
        // The report of the boot, which names nothing of ours.
        using (var commands = new TpmCommands(tpm.Connect()))
        {
            commands.NvWrite(AzureVtpmProvider.ReportIndex, forge.Blob());
        }

        return new(
            new EvidencePlatformOptions { Metadata = metadata.Address, Timeout = TimeSpan.FromMinutes(1) }, new FastClock(), null,
            () => deaf ? tpm.Connect() : new Paravisor(tpm.Connect(), forge));
    }

    private byte[] Modulus()
    {
        using var commands = new TpmCommands(tpm.Connect());
        Assert.True(TpmPublicKey.TryParse(commands.ReadPublic(SoftwareTpm.RsaKey)!, out var key));
        using var rsa = RSA.Create();
        rsa.ImportSubjectPublicKeyInfo(key.Spki, out _);
        return rsa.ExportParameters(false).Modulus!;
    }

    private static string Certificates(AzureForge forge)
    {
        var pem = CollateralPieces.In(forge.Snp.Certificates()).Select(der => PemEncoding.WriteString("CERTIFICATE", der)).ToList();
        return $$"""{"vcekCert":{{Quoted(pem[0])}},"tcbm":"DB18000000000004","certificateChain":{{Quoted(string.Join("\n", pem.Skip(1)))}},"cacheControl":"86400"}""";
    }

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text);

    private static EvidenceEnvelope Wrap(Dictionary<string, byte[]> parts) =>
        EvidenceEnvelope.Create(EvidenceKinds.Tpm, parts.ToDictionary(part => part.Key, part => (ReadOnlyMemory<byte>)part.Value));

    private static string Register(EvidenceEnvelope envelope, int number) => Convert.ToHexStringLower(envelope.Parts["pcrs"].Slice(number * 32, 32).Span);

    private Appraisal Appraise(EvidenceEnvelope envelope, ReadOnlySpan<byte> enrolled, ReportBinding? binding = null, int register = 0, string? value = null)
    {
        var policy = Sample.PolicyOf(
            $$$"""{"attestationKey":["{{{Convert.ToHexStringLower(SHA256.HashData(enrolled))}}}"],"pcr":{"{{{register}}}":["{{{value ?? Register(envelope, register)}}}"]}}""",
            null, simulated: false, tee: EvidenceKinds.Tpm);
        Assert.Empty(policy.Problems);
        return EvidenceAppraiser.Appraise(envelope.Json.Span, binding ?? _sample.Binding, policy, new AppraisalContext(DateTimeOffset.UnixEpoch, CollateralSet.Empty));
    }

    private Appraisal AppraiseAzure(EvidenceEnvelope envelope, AzureForge forge, string hardware)
    {
        var a1 = string.Concat(Enumerable.Repeat("a1", 48));
        var b2 = string.Concat(Enumerable.Repeat("b2", 48));
        var report = hardware == "tdx"
            ? $$"""{"measurement":["{{a1}}"],"rtmr0":["{{b2}}"],"rtmr1":["{{b2}}"],"rtmr2":["{{b2}}"],"xfam":["e700000000000000"]}"""
            : $$$"""{"measurement":["{{{a1}}}"],"platform":{"allow":["smt"]},"policy":{"allow":["smt"]}}""";
        var policy = Sample.PolicyOf(
            $$$$"""{"hardware":"{{{{hardware}}}}","pcr":{"4":["{{{{Register(envelope, 4)}}}}"]},"report":{{{{report}}}}}""",
            hardware == "tdx" ? """{"tcbEvaluationDataNumber":20}""" : """{"tcb":{"milan":{"bootloader":4,"microcode":219,"snp":24,"tee":0}}}""",
            simulated: false, tee: EvidenceKinds.AzureVtpm);
        Assert.Empty(policy.Problems);
        return EvidenceAppraiser.Appraise(envelope.Json.Span, _sample.Binding, policy, forge.Context());
    }

    /// <summary>What Azure's paravisor does: when the guest has written its 64 bytes, there is a new report that names them.</summary>
    private sealed class Paravisor(ITpmTransport inner, AzureForge forge) : ITpmTransport
    {
        public byte[] Send(ReadOnlySpan<byte> command)
        {
            var answer = inner.Send(command);
            if (BinaryPrimitives.ReadUInt32BigEndian(command[6..]) == 0x137 && BinaryPrimitives.ReadUInt32BigEndian(command[14..]) == AzureVtpmProvider.UserDataIndex)
            {
                forge.UserData = command.Slice(33, 64).ToArray();
                new TpmCommands(new Unowned(inner)).NvWrite(AzureVtpmProvider.ReportIndex, forge.Blob());
            }

            return answer;
        }

        public void Dispose() => inner.Dispose();

        private sealed class Unowned(ITpmTransport transport) : ITpmTransport
        {
            public byte[] Send(ReadOnlySpan<byte> command) => transport.Send(command);

            public void Dispose()
            {
            }
        }
    }

    /// <summary>A clock on which everything takes a fiftieth.</summary>
    private sealed class FastClock : TimeProvider
    {
        public override long GetTimestamp() => base.GetTimestamp() * 50;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, dueTime / 50, period);
    }
}
