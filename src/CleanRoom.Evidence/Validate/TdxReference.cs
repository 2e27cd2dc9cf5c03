using System.Collections.Immutable;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>tdx</c>. <c>measurement</c> (MRTD), <c>rtmr0</c> to <c>rtmr2</c>, <c>xfam</c> and the floor must be there;
/// every other member that is not mentioned is held to its strictest value. A null set is not appraised, which only <see cref="Strict"/> has.
/// </summary>
internal sealed record TdxReference(string Name) : Reference(EvidenceKinds.Tdx, Name)
{
    /// <summary>Words for attributes that a charter can allow. (Debug and migration are no words: no charter can allow them.)</summary>
    public static readonly BitWords Attributes = new(("lass", 27), ("sept-ve-disable", 28), ("pks", 30), ("kl", 31), ("perfmon", 63));

    /// <summary>Where no charter speaks: everything but identity.</summary>
    public static TdxReference Strict { get; } = new("") { Platform = DcapRules.Strict, Runtime = [null, null, null, null] };

    /// <summary>Approved MRTDs.</summary>
    public ValueSet? Measurements { get; init; }

    /// <summary>Approved RTMR0 to RTMR3.</summary>
    public ImmutableArray<ValueSet?> Runtime { get; init; }

    /// <summary>Approved XFAMs.</summary>
    public ValueSet? Xfam { get; init; }

    /// <summary>Approved MRCONFIGIDs.</summary>
    public ValueSet? ConfigIds { get; init; }

    /// <summary>Approved MROWNERs.</summary>
    public ValueSet? Owners { get; init; }

    /// <summary>Approved MROWNERCONFIGs.</summary>
    public ValueSet? OwnerConfigs { get; init; }

    /// <summary>Approved MRSEAMs; null: any module that Intel's TCB info knows.</summary>
    public ValueSet? Modules { get; init; }

    /// <summary>Attributes that are allowed besides SEPT_VE_DISABLE.</summary>
    public ImmutableArray<string> Allow { get; init; } = [];

    /// <summary>SEPT_VE_DISABLE may be off.</summary>
    public bool SeptVe { get; init; }

    /// <summary>What holds for the platform.</summary>
    public DcapRules Platform { get; init; } = new();

    public static TdxReference? Read(EnclaveReference enclave, out string? problem)
    {
        var where = $"enclaves {enclave.Name}: ";
        var reader = new ReferenceReader(enclave.Reference, where + "reference");
        var floors = new ReferenceReader(enclave.Floors, where + "floors");
        var zero = ValueSet.Zero(48);
        var reference = new TdxReference(enclave.Name)
        {
            Measurements = reader.Hex("measurement", 48, absent: null),
            Runtime = [reader.Hex("rtmr0", 48, absent: null), reader.Hex("rtmr1", 48, absent: null), reader.Hex("rtmr2", 48, absent: null), reader.Hex("rtmr3", 48, zero)],
            Xfam = reader.Hex("xfam", 8, absent: null),
            ConfigIds = reader.Hex("mrConfigId", 48, zero),
            Owners = reader.Hex("mrOwner", 48, zero),
            OwnerConfigs = reader.Hex("mrOwnerConfig", 48, zero),
            Modules = enclave.Reference.TryGetMember("mrSeam", out _) ? reader.Hex("mrSeam", 48, absent: null) : null,
            Allow = reader.Words("allow", Attributes.IsWord, Attributes.Vocabulary),
            SeptVe = reader.Flag("septVe", absent: false),
            Platform = DcapRules.Read(reader, floors),
        };
        problem = reader.Finish() ?? floors.Finish();
        return problem is null ? reference : null;
    }
}
