using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Validate;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Kinds;

/// <summary>Evidence without hardware, for simulated rooms.</summary>
internal sealed class SimulatedKind : IEvidenceKind
{
    public string Name => EvidenceKinds.Simulated;

    public bool Simulated => true;

    public Reference Strict => SimulatedReference.Strict;

    public bool TryReadReference(EnclaveReference enclave, [NotNullWhen(true)] out Reference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = SimulatedReference.Read(enclave, out problem);
        return reference is not null;
    }

    public Examination Examine(ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> parts, AppraisalContext context)
    {
        if (parts.Count != 1 || !parts.TryGetValue(SimulatedReport.PartName, out var bytes))
        {
            return Examination.WrongParts(SimulatedReport.PartName);
        }

        if (!SimulatedReport.TryParse(bytes.Span, out var report, out var malformed))
        {
            return new Examination(new Finding(malformed.Value, "report", "not a simulated report", "the 320 bytes of docs/protocol.md"));
        }

        return new Examination(
            new SimulatedEvidence(report),
            SimulatedReportVerifier.Verify(report)
                ? []
                : [new Finding(RejectionReason.SignatureInvalid, "signature", "not by the development root", "one by it")]);
    }
}
