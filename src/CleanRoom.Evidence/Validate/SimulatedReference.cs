using System.Collections.Immutable;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>simulated</c>. <c>measurement</c> and <c>floors.tcb</c> must be there; <c>vmpl</c> and
/// <c>hostData</c> that are not mentioned are held to their strictest value, 0 and all zero. A member that is not known approves nothing.
/// </summary>
internal sealed record SimulatedReference(string Name, ValueSet? Measurements, ImmutableArray<int> Vmpls, ValueSet? HostData, TcbVersion Floor)
    : Reference(EvidenceKinds.Simulated, Name)
{
    /// <summary>Where no charter speaks.</summary>
    public static SimulatedReference Strict { get; } = new("", null, [0], null, new TcbVersion(0, 0, 0, 0));

    public static SimulatedReference? Read(EnclaveReference enclave, out string? problem)
    {
        var where = $"enclaves {enclave.Name}: ";
        var reader = new ReferenceReader(enclave.Reference, where + "reference");
        var measurements = reader.Hex("measurement", LaunchMeasurement.Size, absent: null);
        var vmpls = reader.Numbers("vmpl", 0, (int)SimulatedReport.MaximumVmpl, 0);
        var hostData = reader.Hex("hostData", SimulatedReport.IdSize, ValueSet.Zero(SimulatedReport.IdSize));
        var floors = new ReferenceReader(enclave.Floors, where + "floors");
        var tcb = floors.Object("tcb");
        if (tcb is null)
        {
            _ = floors.Fail("tcb", "must be there");
        }

        var floor = new TcbVersion(Component(tcb, "bootloader"), Component(tcb, "tee"), Component(tcb, "snp"), Component(tcb, "microcode"));
        floors.Take(tcb);
        problem = reader.Finish() ?? floors.Finish();
        return problem is null ? new SimulatedReference(enclave.Name, measurements, vmpls, hostData, floor) : null;
    }

    private static byte Component(ReferenceReader? tcb, string name) => (byte)(tcb?.Integer(name, 0, byte.MaxValue, absent: null) ?? 0);
}
