using System.Text.Json;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>azure-vtpm</c>: <c>hardware</c> (<c>sev-snp</c> or <c>tdx</c>) with <c>report</c>, the reference of that kind (the
/// paravisor's identity), and <c>pcr</c>, the workload's. The floors are the hardware's.
/// </summary>
internal sealed record AzureReference(string Name, Reference? Hardware, PcrReference Registers) : Reference(EvidenceKinds.AzureVtpm, Name)
{
    /// <summary>Where no charter speaks.</summary>
    public static AzureReference Strict { get; } = new("", null, PcrReference.None);

    public static AzureReference? Read(EnclaveReference enclave, out string? problem)
    {
        var reader = new ReferenceReader(enclave.Reference, $"enclaves {enclave.Name}: reference");
        var hardware = reader.OptionalText("hardware", word => word is EvidenceKinds.SevSnp or EvidenceKinds.Tdx, "must be sev-snp or tdx");
        _ = reader.Has("report");
        var registers = PcrReference.Read(reader, 32);
        problem = reader.Finish();
        if (problem is not null || hardware is null)
        {
            problem ??= $"enclaves {enclave.Name}: reference.hardware must be sev-snp or tdx.";
            return null;
        }

        var report = enclave.Reference.TryGetMember("report", out var member) ? member : JsonDocument.Parse("{}").RootElement;
        return EvidenceKinds.Find(hardware)!.TryReadReference(new EnclaveReference(enclave.Name, hardware, report, enclave.Floors), out var inner, out problem)
            ? new AzureReference(enclave.Name, inner, registers)
            : null;
    }
}
