using System.Security.Cryptography;
using System.Text.Json;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Simulation;

namespace CleanRoom.Evidence.Tests;

/// <summary>One instance with good evidence; tests spoil one thing.</summary>
internal sealed class Sample : IDisposable
{
    public const string Floors = """{"tcb":{"bootloader":1,"microcode":1,"snp":1,"tee":1}}""";

    public SigningKey Signing { get; } = SigningKey.Generate();

    public HpkePrivateKey Release { get; } = HpkePrivateKey.Generate();

    public byte[] Nonce { get; } = RandomNumberGenerator.GetBytes(ReportBinding.NonceSize);

    public Digest Charter { get; } = Digest.Of("charter"u8);

    public LaunchMeasurement Measurement { get; } = new(SHA384.HashData("program"u8));

    public ReportBinding Binding => ReportBinding.Compute(Nonce, Signing.PublicKey, Release.PublicKey, Charter);

    public AppraisalPolicy Policy => PolicyOf($$"""{"measurement":["{{Measurement}}"]}""", Floors);

    public static AppraisalPolicy PolicyOf(string reference, string? floors, bool simulated = true, string tee = "simulated") => AppraisalPolicy.Create(
        simulated, [new EnclaveReference("matching", tee, Element(reference), floors is null ? null : Element(floors))]);

    public byte[] Report() => ReportOf(new SimulatedEvidenceProvider(Measurement), Binding);

    public static byte[] ReportOf(SimulatedEvidenceProvider provider, ReportBinding binding)
    {
        using (provider)
        {
            return provider.GetEvidenceAsync(binding, TestContext.Current.CancellationToken).AsTask().GetAwaiter().GetResult()
                .Parts[SimulatedReport.PartName].ToArray();
        }
    }

    public static byte[] Sign(ReadOnlySpan<byte> report, ECDsa root)
    {
        var part = report[..SimulatedReport.SignedSize].ToArray();
        return [.. part, .. root.SignData(part, HashAlgorithmName.SHA384)];
    }

    public static byte[] Envelope(byte[] report) => SimulatedEvidenceProvider.Wrap(report).Json.ToArray();

    public Appraisal Appraise(byte[] report) => EvidenceAppraiser.Appraise(Envelope(report), Binding, Policy, AppraisalContext.SimulatedOnly);

    public static void AssertRejected(RejectionReason expected, Appraisal appraisal) =>
        Assert.Equal(expected, Assert.IsType<Appraisal.Rejected>(appraisal).Reason);

    public void Dispose()
    {
        Signing.Dispose();
        Release.Dispose();
    }

    private static JsonElement Element(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
