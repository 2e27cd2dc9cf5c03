using System.Collections.Immutable;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Reference values of an enclave of kind <c>sev-snp</c>. <c>measurement</c> and a floor for each accepted generation must be there; every
/// other member that is not mentioned is held to its strictest value (docs/attestation.md lists them). A null set is not appraised, which
/// only <see cref="Strict"/> has.
/// </summary>
internal sealed record SnpReference(string Name) : Reference(EvidenceKinds.SevSnp, Name)
{
    private const string FirmwareCheck = "alias-check";

    /// <summary>Where no charter speaks: everything but identity and floors.</summary>
    public static SnpReference Strict { get; } = new("") { PolicyAllow = ["smt"], PlatformAllow = ["smt", "tio", "bit-6"], Revocation = RevocationRule.Informal };

    /// <summary>Approved launch digests.</summary>
    public ValueSet? Measurements { get; init; }

    /// <summary>Approved host data.</summary>
    public ValueSet? HostData { get; init; }

    /// <summary>Approved identity key digests.</summary>
    public ValueSet? IdKeyDigests { get; init; }

    /// <summary>Approved author key digests.</summary>
    public ValueSet? AuthorKeyDigests { get; init; }

    /// <summary>Approved family ids.</summary>
    public ValueSet? FamilyIds { get; init; }

    /// <summary>Approved image ids.</summary>
    public ValueSet? ImageIds { get; init; }

    /// <summary>SHA-256 of approved chip ids; null: any chip.</summary>
    public ValueSet? Chips { get; init; }

    /// <summary>Approved privilege levels.</summary>
    public ImmutableArray<int> Vmpls { get; init; } = [0];

    /// <summary>Approved versions of the report. 2 does not say which processor it is from, so it must be named.</summary>
    public ImmutableArray<int> Versions { get; init; } = [3, 4, 5];

    /// <summary>Names of cloud providers whose VLEK may sign; empty: the processor's own key only.</summary>
    public ImmutableArray<string> Providers { get; init; } = [];

    /// <summary>Rights of the host that the guest's policy may give: words of <see cref="SnpPolicyWords"/>.</summary>
    public ImmutableArray<string> PolicyAllow { get; init; } = [];

    /// <summary>Restrictions that the guest's policy must have.</summary>
    public ImmutableArray<string> PolicyRequire { get; init; } = [];

    /// <summary>States of the platform that are allowed.</summary>
    public ImmutableArray<string> PlatformAllow { get; init; } = [];

    /// <summary>States of the platform that are required.</summary>
    public ImmutableArray<string> PlatformRequire { get; init; } = [FirmwareCheck];

    /// <summary>The chip id may be masked.</summary>
    public bool MaskedChip { get; init; }

    /// <summary>Firmware may run that is not committed.</summary>
    public bool Provisional { get; init; }

    /// <summary>Floors by generation; null: none needed.</summary>
    public ImmutableDictionary<string, SnpTcb>? Floors { get; init; }

    /// <summary>Least security version of the guest.</summary>
    public int GuestSvn { get; init; }

    /// <summary>Least interface version that the guest's policy must ask for, major then minor.</summary>
    public (byte Major, byte Minor) Abi { get; init; }

    /// <summary>Bits of the mitigation vectors that must be set, at launch and now.</summary>
    public ulong Mitigations { get; init; }

    /// <summary>What holds for revocation lists.</summary>
    public RevocationRule Revocation { get; init; } = RevocationRule.Default;

    public static SnpReference? Read(EnclaveReference enclave, out string? problem)
    {
        var where = $"enclaves {enclave.Name}: ";
        var reader = new ReferenceReader(enclave.Reference, where + "reference");
        var policy = reader.Object("policy");
        var platform = reader.Object("platform");
        var revocation = reader.Object("revocation");
        var floors = new ReferenceReader(enclave.Floors, where + "floors");
        var reference = new SnpReference(enclave.Name)
        {
            Measurements = reader.Hex("measurement", LaunchMeasurement.Size, absent: null),
            HostData = reader.Hex("hostData", 32, ValueSet.Zero(32)),
            IdKeyDigests = reader.Hex("idKeyDigest", 48, ValueSet.Zero(48)),
            AuthorKeyDigests = reader.Hex("authorKeyDigest", 48, ValueSet.Zero(48)),
            FamilyIds = reader.Hex("familyId", 16, ValueSet.Zero(16)),
            ImageIds = reader.Hex("imageId", 16, ValueSet.Zero(16)),
            Chips = enclave.Reference.TryGetMember("chip", out _) ? reader.Hex("chip", 32, absent: null) : null,
            Vmpls = reader.Numbers("vmpl", 0, (int)SnpReport.MaximumVmpl, 0),
            Versions = reader.Numbers("reportVersion", 2, 5, 3, 4, 5),
            Providers = reader.Words("provider", text => text.Length is > 0 and <= 128, "names as in the CSP_ID of a VLEK certificate"),
            MaskedChip = reader.Flag("maskedChipId", absent: false),
            Provisional = reader.Flag("provisionalFirmware", absent: false),
            PolicyAllow = policy?.Words("allow", SnpPolicyWords.IsPermission, SnpPolicyWords.Permissions) ?? [],
            PolicyRequire = policy?.Words("require", SnpPolicyWords.IsRestriction, SnpPolicyWords.Restrictions) ?? [],
            PlatformAllow = platform?.Words("allow", SnpPlatformWords.IsState, SnpPlatformWords.States) ?? [],
            PlatformRequire = platform?.Words("require", SnpPlatformWords.IsState, SnpPlatformWords.States, FirmwareCheck) ?? [FirmwareCheck],
            Revocation = ReadRevocation(revocation),
            Floors = ReadFloors(floors),
            GuestSvn = floors.Integer("guestSvn", 0, int.MaxValue, 0),
            Abi = ((byte)floors.Integer("abiMajor", 0, byte.MaxValue, 0), (byte)floors.Integer("abiMinor", 0, byte.MaxValue, 0)),
            Mitigations = floors.Mask("mitigations", 0),
        };
        reader.Take(policy);
        reader.Take(platform);
        reader.Take(revocation);
        problem = reader.Finish() ?? floors.Finish();
        return problem is null ? reference : null;
    }

    internal static RevocationRule ReadRevocation(ReferenceReader? reader) => reader is null
        ? RevocationRule.Default
        : new RevocationRule(reader.Flag("required", absent: true), TimeSpan.FromDays(reader.Integer("graceDays", 0, RevocationRule.MaxGraceDays, 0)));

    private static ImmutableDictionary<string, SnpTcb> ReadFloors(ReferenceReader floors)
    {
        var tcb = floors.Object("tcb");
        var found = ImmutableDictionary.CreateBuilder<string, SnpTcb>(StringComparer.Ordinal);
        foreach (var generation in SnpGeneration.All)
        {
            var inner = tcb?.Object(generation.Name.ToLowerInvariant());
            if (inner is not null)
            {
                found[generation.Name] = new SnpTcb(
                    generation.Layout.Fmc < 0 ? null : Component(inner, "fmc"),
                    Component(inner, "bootloader"), Component(inner, "tee"), Component(inner, "snp"), Component(inner, "microcode"));
                floors.Take(inner);
            }
        }

        if (found.Count == 0)
        {
            _ = floors.Fail("tcb", $"must give floors for at least one generation: {string.Join(", ", SnpGeneration.All.Select(generation => generation.Name.ToLowerInvariant()))}");
        }

        floors.Take(tcb);
        return found.ToImmutable();
    }

    private static byte Component(ReferenceReader reader, string name) => (byte)reader.Integer(name, 0, byte.MaxValue, absent: null);
}
