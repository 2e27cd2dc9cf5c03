using System.Collections.Immutable;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>sgx</c>. <c>measurement</c> (MRENCLAVE) and the floors must be there; <c>signer</c> (MRSIGNER), if
/// mentioned, must be met too. Every other member that is not mentioned is held to its strictest value. A null set is not appraised.
/// </summary>
internal sealed record SgxReference(string Name) : Reference(EvidenceKinds.Sgx, Name)
{
    /// <summary>Words for flags of ATTRIBUTES that a charter can allow. (Debug is none.)</summary>
    public static readonly BitWords Flags = new(("provision-key", 4), ("einittoken-key", 5), ("cet", 6), ("kss", 7), ("aex-notify", 10));

    /// <summary>Where no charter speaks: everything but identity.</summary>
    public static SgxReference Strict { get; } = new("") { Platform = DcapRules.Strict, Allow = ["aex-notify", "cet", "kss"] };

    /// <summary>Approved MRENCLAVEs.</summary>
    public ValueSet? Measurements { get; init; }

    /// <summary>Approved MRSIGNERs; null: any.</summary>
    public ValueSet? Signers { get; init; }

    /// <summary>Approved CONFIGIDs.</summary>
    public ValueSet? ConfigIds { get; init; }

    /// <summary>Approved ISVPRODIDs; empty: not appraised.</summary>
    public ImmutableArray<int> Products { get; init; } = [];

    /// <summary>Least ISVSVN.</summary>
    public int SecurityVersion { get; init; }

    /// <summary>Flags that are allowed.</summary>
    public ImmutableArray<string> Allow { get; init; } = [];

    /// <summary>What holds for the platform.</summary>
    public DcapRules Platform { get; init; } = new();

    public static SgxReference? Read(EnclaveReference enclave, out string? problem)
    {
        var where = $"enclaves {enclave.Name}: ";
        var reader = new ReferenceReader(enclave.Reference, where + "reference");
        var floors = new ReferenceReader(enclave.Floors, where + "floors");
        var reference = new SgxReference(enclave.Name)
        {
            Measurements = reader.Hex("measurement", LaunchMeasurement.SgxSize, absent: null),
            Signers = enclave.Reference.TryGetMember("signer", out _) ? reader.Hex("signer", 32, absent: null) : null,
            ConfigIds = reader.Hex("configId", 64, ValueSet.Zero(64)),
            Products = reader.Numbers("productId", 0, ushort.MaxValue, 0),
            Allow = reader.Words("allow", Flags.IsWord, Flags.Vocabulary),
            SecurityVersion = floors.Integer("isvSvn", 0, ushort.MaxValue, absent: null),
            Platform = DcapRules.Read(reader, floors),
        };
        problem = reader.Finish() ?? floors.Finish();
        return problem is null ? reference : null;
    }
}
