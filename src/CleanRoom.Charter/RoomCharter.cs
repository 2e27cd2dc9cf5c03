using System.Diagnostics.CodeAnalysis;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>
/// One version of a room's contract (docs/protocol.md §2). Immutable; exists only as the result of strict parsing, so every rule that
/// one version can be checked for holds. Whether it is in force is another question: <see cref="SignedCharter"/>, <c>RoomState</c>.
/// </summary>
public sealed class RoomCharter
{
    /// <summary>Longest canonical form, in bytes.</summary>
    public const int MaxSize = 128 << 10;

    /// <summary>Most members.</summary>
    public const int MaxMembers = 64;

    /// <summary>Fewest contributors: below it a room stops.</summary>
    public const int MinContributors = 3;

    /// <summary>The value of "schema".</summary>
    public const string Schema = "cleanroom/charter/v1";

    /// <summary>The word in <see cref="NeedsSecond"/> for listings.</summary>
    public const string ListingNeedsSecond = ListingEntry.TypeName;

    private readonly Dictionary<MemberId, CharterMember> _members;
    private readonly byte[] _canonical;

    internal RoomCharter(CharterParts parts, ReadOnlySpan<byte> canonical)
    {
        Room = parts.Room;
        Version = parts.Version;
        Previous = parts.Previous;
        Title = parts.Title;
        Simulated = parts.Simulated;
        ValidFrom = parts.ValidFrom;
        Expires = parts.Expires;
        Purposes = parts.Purposes;
        Members = parts.Members;
        Operator = parts.Operator;
        FaultyWitnesses = parts.FaultyWitnesses;
        Enclaves = parts.Enclaves;
        Epochs = parts.Epochs;
        Retention = parts.Retention;
        LinkageModel = parts.LinkageModel;
        Queries = parts.Queries;
        Quotas = parts.Quotas;
        NeedsSecond = parts.NeedsSecond;
        Emergencies = parts.Emergencies;
        Overrides = parts.Overrides;
        Audits = parts.Audits;
        _members = Members.ToDictionary(member => member.Id);
        Contributors = [.. Members.OfType<ContributorMember>()];
        Agencies = [.. Members.OfType<AgencyMember>()];
        Representatives = [.. Members.OfType<RepresentativeMember>()];
        Witnesses = Members.Where(member => member.Broker is not null)
            .ToDictionary(member => member.Id.Value, member => member.Broker!.WitnessKey, StringComparer.Ordinal);
        _canonical = canonical.ToArray();
        Hash = Digest.Of(canonical);
    }

    /// <summary>The room.</summary>
    public RoomId Room { get; }

    /// <summary>1 for genesis, then one more each time.</summary>
    public int Version { get; }

    /// <summary>Hash of the version before; null for version 1.</summary>
    public Digest? Previous { get; }

    /// <summary>For people.</summary>
    public string Title { get; }

    /// <summary>Whether the room is for trying out and showing: the same in every version.</summary>
    public bool Simulated { get; }

    /// <summary>Room time from which it is valid.</summary>
    public DateTimeOffset ValidFrom { get; }

    /// <summary>Room time from which it is valid no more.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>What the room is for.</summary>
    public PurposeTerms Purposes { get; }

    /// <summary>All members, in the charter's order.</summary>
    public IReadOnlyList<CharterMember> Members { get; }

    /// <summary>The data owners.</summary>
    public IReadOnlyList<ContributorMember> Contributors { get; }

    /// <summary>The recipients of notices.</summary>
    public IReadOnlyList<AgencyMember> Agencies { get; }

    /// <summary>Who speaks for survivors or workers; may be nobody.</summary>
    public IReadOnlyList<RepresentativeMember> Representatives { get; }

    /// <summary>The operator.</summary>
    public OperatorTerms Operator { get; }

    /// <summary>How many witnesses may collude: f.</summary>
    public int FaultyWitnesses { get; }

    /// <summary>Witness keys by name (member id): every member's broker is one. The n of the quorum.</summary>
    public IReadOnlyDictionary<string, VerifyingKey> Witnesses { get; }

    /// <summary>Cosignatures that make a checkpoint count: q = ⌊(n+f)/2⌋+1.</summary>
    public int Quorum => ((Witnesses.Count + FaultyWitnesses) / 2) + 1;

    /// <summary>Approved images.</summary>
    public IReadOnlyList<EnclaveTerms> Enclaves { get; }

    /// <summary>When the enclave speaks.</summary>
    public EpochTerms Epochs { get; }

    /// <summary>How long things live.</summary>
    public RetentionTerms Retention { get; }

    /// <summary>Digest of the linkage model that the enclave must use.</summary>
    public Digest LinkageModel { get; }

    /// <summary>The approved queries.</summary>
    public IReadOnlyList<QueryDefinition> Queries { get; }

    /// <summary>Bounds.</summary>
    public QuotaTerms Quotas { get; }

    /// <summary>
    /// Types of entries whose widening part counts only when a second person has signed, beside the acts that always need one: <see cref="ListingNeedsSecond"/>, or none. What narrows needs one person
    /// always. Charters from before there was a choice name none.
    /// </summary>
    public IReadOnlyList<string> NeedsSecond { get; }

    /// <summary>Who may be warned of an emergency; null where the room has no such channel.</summary>
    public EmergencyTerms? Emergencies { get; }

    /// <summary>Where two people may override missing consent; null where nothing overrides it.</summary>
    public OverrideTerms? Overrides { get; }

    /// <summary>Random audits of what contributors upload; null where there are none.</summary>
    public AuditTerms? Audits { get; }

    /// <summary>SHA-256 over the canonical bytes: the charter's identity.</summary>
    public Digest Hash { get; }

    /// <summary>The canonical bytes (RFC 8785).</summary>
    public ReadOnlyMemory<byte> CanonicalBytes => _canonical;

    /// <summary>Parses and validates one version.</summary>
    /// <param name="canonicalJson">Canonical JSON, at most <see cref="MaxSize"/> bytes.</param>
    /// <param name="charter">The charter.</param>
    /// <param name="errors">Everything that is wrong, each with path and remedy; empty if it parses.</param>
    public static bool TryParse(
        ReadOnlySpan<byte> canonicalJson, [NotNullWhen(true)] out RoomCharter? charter, out IReadOnlyList<CharterError> errors) =>
        CharterReader.TryRead(canonicalJson, out charter, out errors);

    /// <summary>Finds a member.</summary>
    public bool TryFind(MemberId id, [NotNullWhen(true)] out CharterMember? member) => _members.TryGetValue(id, out member);

    /// <summary>Gives the contributor of this name, or null.</summary>
    public ContributorMember? Contributor(MemberId id) => _members.GetValueOrDefault(id) as ContributorMember;

    /// <summary>Gives the agency of this name, or null.</summary>
    public AgencyMember? Agency(MemberId id) => _members.GetValueOrDefault(id) as AgencyMember;

    /// <summary>Whether a version needs this member's signature, and its veto counts: contributors and representatives.</summary>
    public bool HasAVoice(MemberId id) => _members.GetValueOrDefault(id) is ContributorMember or RepresentativeMember;

    /// <summary>Writes the hash: the charter's identity.</summary>
    public override string ToString() => Hash.ToString();
}
