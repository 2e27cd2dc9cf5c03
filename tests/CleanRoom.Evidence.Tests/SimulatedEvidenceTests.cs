using System.Security.Cryptography;
using System.Text;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Simulation;

namespace CleanRoom.Evidence.Tests;

public sealed class SimulatedEvidenceTests : IDisposable
{
    private readonly Sample _sample = new();

    public static TheoryData<string, RejectionReason> Attacks => new()
    {
        { "other measurement", RejectionReason.MeasurementNotApproved },
        { "debug", RejectionReason.DebugEnabled },
        { "vmpl 1", RejectionReason.VmplNotApproved },
        { "vmpl 3", RejectionReason.VmplNotApproved },
        { "old bootloader", RejectionReason.TcbBelowFloor },
        { "old tee", RejectionReason.TcbBelowFloor },
        { "old snp", RejectionReason.TcbBelowFloor },
        { "old microcode", RejectionReason.TcbBelowFloor },
        { "host data", RejectionReason.HostDataNotApproved },
        { "other root", RejectionReason.SignatureInvalid },
        { "no signature", RejectionReason.SignatureInvalid },
        { "other nonce", RejectionReason.ReportDataMismatch },
        { "other signing key", RejectionReason.ReportDataMismatch },
        { "other release key", RejectionReason.ReportDataMismatch },
        { "keys exchanged", RejectionReason.ReportDataMismatch },
        { "other charter", RejectionReason.ReportDataMismatch },
        { "zero report data", RejectionReason.ReportDataMismatch },
        { "truncated", RejectionReason.ReportLength },
        { "extended", RejectionReason.ReportLength },
        { "empty", RejectionReason.ReportLength },
        { "other mark", RejectionReason.ReportMark },
        { "version 0", RejectionReason.ReportVersion },
        { "version 2", RejectionReason.ReportVersion },
        { "other algorithm", RejectionReason.ReportAlgorithm },
        { "vmpl 4", RejectionReason.ReportRange },
        { "reserved flag", RejectionReason.ReportReserved },
        { "reserved word", RejectionReason.ReportReserved },
        { "reserved tail", RejectionReason.ReportReserved },
    };

    [Fact]
    public void Appraise_GoodEvidence_IsTrustedWithItsClaims()
    {
        var trusted = Assert.IsType<Appraisal.Trusted>(_sample.Appraise(_sample.Report()));

        Assert.True(trusted.Claims.Simulated);
        Assert.Equal("matching", trusted.Claims.Enclave);
        Assert.Equal(_sample.Measurement, trusted.Claims.Measurement);
        Assert.Equal(0, trusted.Claims.Details["vmpl"]!.GetValue<int>());
        Assert.Equal("""{"bootloader":1,"microcode":1,"snp":1,"tee":1}""", trusted.Claims.Details["tcb"]!.ToJsonString());
    }

    [Theory, MemberData(nameof(Attacks))]
    public void Appraise_Attack_IsRejectedWithItsReason(string attack, RejectionReason expected) =>
        Sample.AssertRejected(expected, _sample.Appraise(Spoil(attack)));

    [Fact]
    public void Appraise_AnyBitFlipped_IsRejected()
    {
        var report = _sample.Report();
        var policy = _sample.Policy;
        var binding = _sample.Binding;
        var reasons = new HashSet<RejectionReason>();
        for (var bit = 0; bit < report.Length * 8; bit++)
        {
            report[bit / 8] ^= (byte)(1 << (bit % 8));
            var rejected = Assert.IsType<Appraisal.Rejected>(EvidenceAppraiser.Appraise(Sample.Envelope(report), binding, policy, AppraisalContext.SimulatedOnly));
            _ = reasons.Add(rejected.Reason);
            report[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        // Every format check and the signature were reached; nothing behind the signature was.
        Assert.Equal(
            [
                RejectionReason.ReportMark, RejectionReason.ReportVersion, RejectionReason.ReportAlgorithm, RejectionReason.ReportReserved,
                RejectionReason.ReportRange, RejectionReason.SignatureInvalid,
            ],
            reasons.Order());
        _ = Assert.IsType<Appraisal.Trusted>(_sample.Appraise(report));
    }

    [Fact]
    public void Appraise_AnyLength_IsRejectedUnlessExact()
    {
        byte[] report = [.. _sample.Report(), .. new byte[64]];
        for (var length = 0; length <= report.Length; length++)
        {
            Assert.Equal(length == SimulatedReport.Size, _sample.Appraise(report[..length]) is Appraisal.Trusted);
        }
    }

    [Fact]
    public void Appraise_RoomNotSimulated_RefusesSimulatedEvidence()
    {
        var policy = Sample.PolicyOf($$"""{"measurement":["{{_sample.Measurement}}"]}""", Sample.Floors, simulated: false);

        Sample.AssertRejected(
            RejectionReason.SimulatedNotAllowed, EvidenceAppraiser.Appraise(Sample.Envelope(_sample.Report()), _sample.Binding, policy, AppraisalContext.SimulatedOnly));
    }

    [Theory]
    [InlineData("""{}""", Sample.Floors)]
    [InlineData("""{"measurement":[]}""", Sample.Floors)]
    [InlineData("""{"measurement":"M"}""", Sample.Floors)]
    [InlineData("""{"measurement":["00"]}""", Sample.Floors)]
    [InlineData("""{"measurement":["M"],"vmpl":[]}""", Sample.Floors)]
    [InlineData("""{"measurement":["M"],"vmpl":[4]}""", Sample.Floors)]
    [InlineData("""{"measurement":["M"],"hostData":["00"]}""", Sample.Floors)]
    [InlineData("""{"measurement":["M"],"familyId":"x"}""", Sample.Floors)]
    [InlineData("""{"measurement":["M"]}""", null)]
    [InlineData("""{"measurement":["M"]}""", """{}""")]
    [InlineData("""{"measurement":["M"]}""", """{"tcb":{"bootloader":1,"snp":1,"tee":1}}""")]
    [InlineData("""{"measurement":["M"]}""", """{"tcb":{"bootloader":1,"microcode":256,"snp":1,"tee":1}}""")]
    [InlineData("""{"measurement":["M"]}""", """{"other":1,"tcb":{"bootloader":1,"microcode":1,"snp":1,"tee":1}}""")]
    [InlineData("""[]""", Sample.Floors)]
    public void Appraise_PolicyThatIsIncompleteOrNotUnderstood_ApprovesNothing(string reference, string? floors)
    {
        var policy = Sample.PolicyOf(reference.Replace("\"M\"", $"\"{_sample.Measurement}\"", StringComparison.Ordinal), floors);

        Assert.Single(policy.Problems);
        Sample.AssertRejected(
            RejectionReason.PolicyIncomplete, EvidenceAppraiser.Appraise(Sample.Envelope(_sample.Report()), _sample.Binding, policy, AppraisalContext.SimulatedOnly));
    }

    [Fact]
    public void Appraise_PolicyForOtherKindsOnly_RefusesTheKind()
    {
        var policy = Sample.PolicyOf("{}", null, tee: "sev-snp");

        Sample.AssertRejected(
            RejectionReason.KindNotInPolicy, EvidenceAppraiser.Appraise(Sample.Envelope(_sample.Report()), _sample.Binding, policy, AppraisalContext.SimulatedOnly));
    }

    [Fact]
    public void Appraise_PolicyThatListsThem_AcceptsOtherVmplAndHostData()
    {
        var hostData = RandomNumberGenerator.GetBytes(32);
        var report = Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Vmpl = 2, HostData = hostData }, _sample.Binding);
        var policy = Sample.PolicyOf(
            $$"""{"hostData":["{{Convert.ToHexStringLower(hostData)}}"],"measurement":["{{_sample.Measurement}}"],"vmpl":[0,2]}""", Sample.Floors);

        _ = Assert.IsType<Appraisal.Trusted>(EvidenceAppraiser.Appraise(Sample.Envelope(report), _sample.Binding, policy, AppraisalContext.SimulatedOnly));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"kind":"simulated"}""")]
    [InlineData("""{"kind":"simulated","other":"AA"}""")]
    [InlineData("""{"kind":"simulated","other":"AA","report":"AA"}""")]
    [InlineData("""{"kind":"simulated","report":"A"}""")]
    [InlineData("""{"kind":"simulated","report":"AA=="}""")]
    [InlineData("""{"kind":"simulated","report":1}""")]
    [InlineData("""{"kind":"simulated", "report":"AA"}""")]
    [InlineData("""{"report":"AA","kind":"simulated"}""")]
    [InlineData("""{"kind":"simulated","kind":"simulated","report":"AA"}""")]
    [InlineData("""{"report":"AA"}""")]
    public void Appraise_MalformedEnvelope_IsRejected(string json) => Sample.AssertRejected(
            RejectionReason.EnvelopeMalformed, EvidenceAppraiser.Appraise(Encoding.UTF8.GetBytes(json), _sample.Binding, _sample.Policy, AppraisalContext.SimulatedOnly));

    [Fact]
    public void Appraise_UnknownKind_IsRejected() => Sample.AssertRejected(
            RejectionReason.KindUnknown, EvidenceAppraiser.Appraise("""{"kind":"sample","report":"AA"}"""u8, _sample.Binding, _sample.Policy, AppraisalContext.SimulatedOnly));

    [Fact]
    public void Appraise_HugeEnvelope_IsRejected() => Sample.AssertRejected(
            RejectionReason.EnvelopeMalformed, EvidenceAppraiser.Appraise(new byte[EvidenceEnvelope.MaxSize + 1], _sample.Binding, _sample.Policy, AppraisalContext.SimulatedOnly));

    [Fact]
    public void TryParse_EnvelopeThatWasMade_GivesTheSameBytes()
    {
        var made = SimulatedEvidenceProvider.Wrap(_sample.Report());

        Assert.True(EvidenceEnvelope.TryParse(made.Json.Span, out var parsed));
        Assert.Equal(made.Json.ToArray(), EvidenceEnvelope.Create(parsed.Kind, parsed.Parts).Json.ToArray());
    }

    public void Dispose() => _sample.Dispose();

    private byte[] Spoil(string attack)
    {
        using var otherSigning = SigningKey.Generate();
        using var otherRelease = HpkePrivateKey.Generate();
        using var otherRoot = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        var good = _sample.Report();
        return attack switch
        {
            "other measurement" => Sample.ReportOf(new SimulatedEvidenceProvider(new LaunchMeasurement(SHA384.HashData("other"u8))), _sample.Binding),
            "debug" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Debug = true }, _sample.Binding),
            "vmpl 1" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Vmpl = 1 }, _sample.Binding),
            "vmpl 3" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Vmpl = 3 }, _sample.Binding),
            "old bootloader" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Tcb = new(0, 255, 255, 255) }, _sample.Binding),
            "old tee" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Tcb = new(255, 0, 255, 255) }, _sample.Binding),
            "old snp" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Tcb = new(255, 255, 0, 255) }, _sample.Binding),
            "old microcode" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { Tcb = new(255, 255, 255, 0) }, _sample.Binding),
            "host data" => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement) { HostData = RandomNumberGenerator.GetBytes(32) }, _sample.Binding),
            "other root" => Sample.Sign(good, otherRoot),
            "no signature" => [.. good[..SimulatedReport.SignedSize], .. new byte[96]],
            "other nonce" => ReportOf(ReportBinding.Compute(new byte[32], _sample.Signing.PublicKey, _sample.Release.PublicKey, _sample.Charter)),
            "other signing key" => ReportOf(ReportBinding.Compute(_sample.Nonce, otherSigning.PublicKey, _sample.Release.PublicKey, _sample.Charter)),
            "other release key" => ReportOf(ReportBinding.Compute(_sample.Nonce, _sample.Signing.PublicKey, otherRelease.PublicKey, _sample.Charter)),
            "keys exchanged" => ReportOf(ReportBinding.Compute(
                _sample.Nonce,
                VerifyingKey.FromSpki(_sample.Release.PublicKey.ToSpki()),
                FromSpki(_sample.Signing.PublicKey),
                _sample.Charter)),
            "other charter" => ReportOf(ReportBinding.Compute(_sample.Nonce, _sample.Signing.PublicKey, _sample.Release.PublicKey, Digest.Of("other"u8))),
            "zero report data" => Resign(good, report => report.AsSpan(0x20, 64).Clear()),
            "truncated" => good[..^1],
            "extended" => [.. good, 0],
            "empty" => [],
            "other mark" => Resign(good, report => report[0] = (byte)'X'),
            "version 0" => Resign(good, report => report[8] = 0),
            "version 2" => Resign(good, report => report[8] = 2),
            "other algorithm" => Resign(good, report => report[12] = 2),
            "vmpl 4" => Resign(good, report => report[16] = 4),
            "reserved flag" => Resign(good, report => report[20] = 2),
            "reserved word" => Resign(good, report => report[0x1C] = 1),
            "reserved tail" => Resign(good, report => report[0xDF] = 1),
            _ => throw new ArgumentOutOfRangeException(nameof(attack), attack, null),
        };
    }

    private static HpkePublicKey FromSpki(VerifyingKey key) =>
        HpkePublicKey.TryFromSpki(key.Spki.Span, out var converted) ? converted : throw new InvalidOperationException();

    private byte[] ReportOf(ReportBinding binding) => Sample.ReportOf(new SimulatedEvidenceProvider(_sample.Measurement), binding);

    // The development root is public: the attacker can sign what it likes. The checks behind the signature must hold on their own.
    private static byte[] Resign(byte[] report, Action<byte[]> change)
    {
        change(report);
        using var root = SimulatedEvidenceProvider.CreateDevelopmentRoot();
        return Sample.Sign(report, root);
    }
}
