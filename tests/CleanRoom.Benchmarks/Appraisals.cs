using System.Diagnostics;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;

namespace CleanRoom.Benchmarks;

/// <summary>
/// Appraisals a second on one core, of published evidence of real machines (vectors/attestation): every signature, chain, list and document is verified each time; nothing of one
/// appraisal serves the next. With collateral at hand, and with collateral read anew each time, as a program does that appraises once.
/// </summary>
internal static class Appraisals
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);

    private static readonly (string Name, string File, string Collateral, DateTimeOffset At)[] Samples =
    [
        ("SEV-SNP (Milan, VCEK)", "snp/ms-tav-milan/report.bin", "snp", new DateTimeOffset(2026, 3, 15, 0, 0, 0, TimeSpan.Zero)),
        ("TDX v4", "tdx/phala-v4/quote.bin", "tdx/phala-v4", new DateTimeOffset(2025, 6, 20, 0, 0, 0, TimeSpan.Zero)),
        ("SGX v3", "sgx/phala-v3/quote.bin", "sgx/phala-v3", new DateTimeOffset(2025, 6, 20, 0, 0, 0, TimeSpan.Zero)),
        ("Azure vTPM (TPM quote over SEV-SNP)", "azure/trustee-az-snp-vtpm/evidence-v2.json", "snp", new DateTimeOffset(2026, 3, 15, 0, 0, 0, TimeSpan.Zero)),
        ("TPM 2.0 alone", "tpm/trustee/tpm_evidence.json", "tpm", new DateTimeOffset(2026, 3, 15, 0, 0, 0, TimeSpan.Zero)),
    ];

    public static void Run(Report report)
    {
        var root = Path.Combine(Environment.GetEnvironmentVariable("CLEANROOM_SHARED") ?? Path.Combine("..", "shared"), "vectors", "attestation");
        if (!Directory.Exists(root))
        {
            Console.Error.WriteLine("appraise: skipped, the published evidence is not there: set CLEANROOM_SHARED to the folder that holds it.");
            return;
        }

        foreach (var (name, file, folder, at) in Samples)
        {
            if (!EvidenceFile.TryRead(File.ReadAllBytes(Path.Combine(root, file)), out var evidence, out var problem))
            {
                throw new InvalidOperationException($"{file}: {problem}");
            }

            var path = Path.Combine(root, folder);
            var context = Read(path, at);
            report.Add("appraise", $"{name}, collateral at hand", Measure(() => EvidenceInspector.Inspect(evidence, context)), "1/s and core");
            report.Add("appraise", $"{name}, collateral read anew", Measure(() => EvidenceInspector.Inspect(evidence, Read(path, at))), "1/s and core");
        }
    }

    private static AppraisalContext Read(string path, DateTimeOffset at) => new(at, CollateralFolder.Read(path, null, CollateralMemory.Empty).Set);

    private static double Measure(Func<Inspection> appraise)
    {
        for (var warm = Stopwatch.StartNew(); warm.Elapsed < TimeSpan.FromMilliseconds(500);)
        {
            _ = appraise();
        }

        var count = 0;
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Time)
        {
            _ = appraise();
            count++;
        }

        return count / watch.Elapsed.TotalSeconds;
    }
}
