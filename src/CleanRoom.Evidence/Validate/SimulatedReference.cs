using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>simulated</c>. <c>measurement</c> and <c>floors.tcb</c> must be there; <c>vmpl</c> and
/// <c>hostData</c> that are not mentioned are held to their strictest value, 0 and all zero. A member that is not known approves nothing.
/// </summary>
internal sealed class SimulatedReference
{
    private const int MaxValues = 64;

    private SimulatedReference(
        string name, ImmutableArray<LaunchMeasurement> measurements, ImmutableArray<int> vmpls, ImmutableArray<byte[]> hostData, TcbVersion floor)
    {
        Name = name;
        Measurements = measurements;
        Vmpls = vmpls;
        HostData = hostData;
        Floor = floor;
    }

    public string Name { get; }

    public ImmutableArray<LaunchMeasurement> Measurements { get; }

    public ImmutableArray<int> Vmpls { get; }

    public ImmutableArray<byte[]> HostData { get; }

    public TcbVersion Floor { get; }

    public static bool TryParse(EnclaveReference enclave, [NotNullWhen(true)] out SimulatedReference? reference, [NotNullWhen(false)] out string? problem)
    {
        reference = null;
        problem = Parse(enclave, out reference);
        return reference is not null;
    }

    private static string? Parse(EnclaveReference enclave, out SimulatedReference? reference)
    {
        reference = null;
        var where = $"enclaves {enclave.Name}: ";
        if (enclave.Reference.ValueKind != JsonValueKind.Object || !HasOnly(enclave.Reference, "measurement", "vmpl", "hostData"))
        {
            return where + "reference must be an object with measurement and, if wanted, vmpl and hostData, and nothing else.";
        }

        if (!TryReadList(enclave.Reference, "measurement", null, ReadMeasurement, out var measurements))
        {
            return where + "reference.measurement must be a list of 1 to 64 measurements of 96 lower-case hexadecimal digits.";
        }

        if (!TryReadList(enclave.Reference, "vmpl", 0, ReadVmpl, out var vmpls))
        {
            return where + "reference.vmpl must be a list of numbers from 0 to 3.";
        }

        if (!TryReadList(enclave.Reference, "hostData", new byte[SimulatedReport.IdSize], ReadHostData, out var hostData))
        {
            return where + "reference.hostData must be a list of values of 64 lower-case hexadecimal digits.";
        }

        if (enclave.Floors is not { ValueKind: JsonValueKind.Object } floors || !HasOnly(floors, "tcb") || !TryReadFloor(floors, out var floor))
        {
            return where + "floors must be {\"tcb\":{\"bootloader\",\"microcode\",\"snp\",\"tee\"}} with numbers from 0 to 255, and nothing else.";
        }

        reference = new SimulatedReference(enclave.Name, measurements, vmpls, hostData, floor);
        return null;
    }

    private static bool TryReadFloor(JsonElement floors, [NotNullWhen(true)] out TcbVersion? floor)
    {
        floor = null;
        if (!floors.TryGetProperty("tcb", out var tcb) || tcb.ValueKind != JsonValueKind.Object || !HasOnly(tcb, "bootloader", "tee", "snp", "microcode")
            || !TryReadByte(tcb, "bootloader", out var bootloader) || !TryReadByte(tcb, "tee", out var tee)
            || !TryReadByte(tcb, "snp", out var snp) || !TryReadByte(tcb, "microcode", out var microcode))
        {
            return false;
        }

        floor = new TcbVersion(bootloader, tee, snp, microcode);
        return true;
    }

    private static bool TryReadByte(JsonElement owner, string name, out byte value)
    {
        value = 0;
        return owner.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetByte(out value);
    }

    private static bool HasOnly(JsonElement owner, params ReadOnlySpan<string> names)
    {
        foreach (var member in owner.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadList<T>(JsonElement owner, string name, T? absent, Func<JsonElement, (bool Ok, T Value)> read, out ImmutableArray<T> values)
    {
        values = [];
        if (!owner.TryGetProperty(name, out var list))
        {
            values = absent is null ? [] : [absent];
            return absent is not null;
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaxValues)
        {
            return false;
        }

        var builder = ImmutableArray.CreateBuilder<T>();
        foreach (var item in list.EnumerateArray())
        {
            var (ok, value) = read(item);
            if (!ok)
            {
                return false;
            }

            builder.Add(value);
        }

        values = builder.ToImmutable();
        return true;
    }

    private static (bool Ok, LaunchMeasurement Value) ReadMeasurement(JsonElement item) =>
        item.ValueKind == JsonValueKind.String && LaunchMeasurement.TryParse(item.GetString(), out var measurement) ? (true, measurement) : (false, null!);

    private static (bool Ok, int Value) ReadVmpl(JsonElement item) =>
        item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out var vmpl) && vmpl is >= 0 and <= (int)SimulatedReport.MaximumVmpl ? (true, vmpl) : (false, 0);

    private static (bool Ok, byte[] Value) ReadHostData(JsonElement item) =>
        item.ValueKind == JsonValueKind.String && HexBytes.TryParse(item.GetString(), SimulatedReport.IdSize, out var bytes) ? (true, bytes) : (false, []);
}
