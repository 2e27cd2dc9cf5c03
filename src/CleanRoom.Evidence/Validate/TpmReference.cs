using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>tpm</c>: <c>attestationKey</c>, SHA-256 of the public areas (TPMT_PUBLIC) of enrolled keys, and <c>pcr</c>. A TPM says
/// what was started; it keeps no memory secret from the machine's owner.
/// </summary>
internal sealed record TpmReference(string Name, ValueSet? Keys, PcrReference Registers) : Reference(EvidenceKinds.Tpm, Name)
{
    /// <summary>Where no charter speaks: no key is enrolled, so none is trusted.</summary>
    public static TpmReference Strict { get; } = new("", null, PcrReference.None);

    public static TpmReference? Read(EnclaveReference enclave, out string? problem)
    {
        var reader = new ReferenceReader(enclave.Reference, $"enclaves {enclave.Name}: reference");
        var keys = reader.Hex("attestationKey", 32, absent: null);
        var registers = PcrReference.Read(reader, 32);
        problem = reader.Finish();
        return problem is null ? new TpmReference(enclave.Name, keys, registers) : null;
    }
}
