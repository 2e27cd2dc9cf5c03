using System.Collections.Immutable;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence;

/// <summary>Evidence kinds, as they stand in a charter's <c>tee</c> and in an envelope's <c>kind</c>.</summary>
public static class EvidenceKinds
{
    /// <summary>No hardware: a report signed with a key that everybody knows. Simulated rooms only.</summary>
    public const string Simulated = "simulated";

    /// <summary>AMD SEV-SNP attestation reports.</summary>
    public const string SevSnp = "sev-snp";

    /// <summary>Intel TDX quotes.</summary>
    public const string Tdx = "tdx";

    /// <summary>Intel SGX quotes of data center attestation.</summary>
    public const string Sgx = "sgx";

    /// <summary>Azure confidential machines: hardware report, paravisor, virtual TPM.</summary>
    public const string AzureVtpm = "azure-vtpm";

    /// <summary>TPM 2.0 quotes without hardware evidence.</summary>
    public const string Tpm = "tpm";

    /// <summary>Tokens of Microsoft Azure Attestation.</summary>
    public const string Maa = "maa";

    /// <summary>Kinds that this build can appraise.</summary>
    public static ImmutableArray<string> Supported { get; } = [.. All.Select(kind => kind.Name).Order(StringComparer.Ordinal)];

    internal static ImmutableArray<IEvidenceKind> All => AllKinds.Value;

    private static class AllKinds
    {
        public static readonly ImmutableArray<IEvidenceKind> Value = [new SimulatedKind(), new SnpKind(), new TdxKind(), new SgxKind(), new AzureKind(), new TpmKind(), new MaaKind()];
    }

    internal static IEvidenceKind? Find(string name) => All.FirstOrDefault(kind => kind.Name == name);
}
