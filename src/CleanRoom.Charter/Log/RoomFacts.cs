using CleanRoom.Charter.Consent;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>A person's key. A key once logged is never given out again.</summary>
/// <param name="Member">Whose person.</param>
/// <param name="Name">Opaque name within the member.</param>
/// <param name="Key">The key.</param>
/// <param name="Roles">What it may do.</param>
/// <param name="AddedAt">Position of the entry that added it.</param>
/// <param name="RevokedAt">Position of the entry that revoked it.</param>
public sealed record Person(MemberId Member, string Name, VerifyingKey Key, PersonRoles Roles, long AddedAt, long? RevokedAt)
{
    /// <summary>Whether the key had a role at a position.</summary>
    /// <param name="role">The role.</param>
    /// <param name="index">The position of what it signed.</param>
    public bool HasRoleAt(PersonRoles role, long index) => role != PersonRoles.None && Roles.HasFlag(role) && AddedAt < index && (RevokedAt is not { } end || index < end);
}

/// <summary>A member's record or inbox key.</summary>
/// <param name="Period">1, then one more each time.</param>
/// <param name="Key">The public key.</param>
/// <param name="Index">Position of its entry.</param>
public sealed record MemberKey(int Period, HpkePublicKey Key, long Index);

/// <summary>A record key is destroyed.</summary>
/// <param name="Entry">What its owner's broker says.</param>
/// <param name="Index">Position of its entry.</param>
public sealed record Erasure(ErasureEntry Entry, long Index)
{
    /// <summary>The verifier key that signed: which of the owner's brokers has destroyed its copy.</summary>
    public required KeyId By { get; init; }
}

/// <summary>A broker that the charter has let hold a record key.</summary>
/// <param name="VerifierKey">Which.</param>
/// <param name="Stated">Whether it has stated in the log that its copy is destroyed.</param>
public sealed record KeyHolder(KeyId VerifierKey, bool Stated);

/// <summary>A contributor's last listing.</summary>
/// <param name="Contributors">Who may get pointers about its records.</param>
/// <param name="Agencies">Who may get notices.</param>
/// <param name="Purposes">What its standing authorisation covers.</param>
/// <param name="Index">Position of its entry.</param>
public sealed record Listing(IReadOnlySet<MemberId> Contributors, IReadOnlySet<MemberId> Agencies, ConsentPurpose Purposes, long Index)
{
    /// <summary>Whether this tells nobody, and of nothing, whom the other does not: such a listing only narrows.</summary>
    /// <param name="other">Null lists nobody.</param>
    public bool IsWithin(Listing? other) => other is null
        ? Contributors.Count == 0 && Agencies.Count == 0 && Purposes == ConsentPurpose.None
        : Contributors.IsSubsetOf(other.Contributors) && Agencies.IsSubsetOf(other.Agencies) && (Purposes & ~other.Purposes) == ConsentPurpose.None;

    /// <summary>What both list.</summary>
    internal Listing Narrow(Listing other) => new(
        Contributors.Intersect(other.Contributors).ToHashSet(), Agencies.Intersect(other.Agencies).ToHashSet(), Purposes & other.Purposes, other.Index);

    /// <summary>The same as the consent engine takes it.</summary>
    public StandingAuthorisation ToStanding() => new(Contributors, Agencies, Purposes);
}

/// <summary>A listing that waits for a second person; until then only what it narrows counts.</summary>
/// <param name="Wanted">What the contributor lists when it is confirmed.</param>
/// <param name="Id">Its entry.</param>
/// <param name="LeafHash">Leaf hash of its entry: what the second person signs.</param>
/// <param name="Signer">Key of who signed first.</param>
/// <param name="Person">Name of who signed first.</param>
public sealed record WaitingListing(Listing Wanted, EntryId Id, Digest LeafHash, KeyId Signer, string Person);

/// <summary>An instance of the enclave.</summary>
/// <param name="Generation">Its generation.</param>
/// <param name="Signing">Signs what leaves.</param>
/// <param name="Release">Keys are released to it.</param>
/// <param name="Index">Position of its entry.</param>
/// <param name="LeafHash">Leaf hash of its entry.</param>
/// <param name="TrustedAt">Position of the release with which it became trusted, while it was the newest; null if it never did.</param>
public sealed record Instance(long Generation, VerifyingKey Signing, HpkePublicKey Release, long Index, Digest LeafHash, long? TrustedAt = null);

/// <summary>A member's keys are leased to an instance.</summary>
/// <param name="Member">The member.</param>
/// <param name="Generation">Of the instance.</param>
/// <param name="LeaseEnds">In room time.</param>
/// <param name="Periods">Periods of the record keys.</param>
/// <param name="Index">Position of its entry.</param>
public sealed record Release(MemberId Member, long Generation, DateTimeOffset LeaseEnds, IReadOnlyList<int> Periods, long Index)
{
    /// <summary>The verifier key that signed: the member's broker or a stand-in.</summary>
    public required KeyId By { get; init; }

    /// <summary>Whether the lease runs at a room time.</summary>
    public bool IsLive(RoomTime time) => time.Expiring < LeaseEnds;
}

/// <summary>The head of an epoch.</summary>
/// <param name="Entry">What the entry says.</param>
/// <param name="Index">Its position.</param>
/// <param name="LeafHash">Its leaf hash.</param>
/// <param name="Signing">The instance's signing key at that position.</param>
public sealed record EpochHead(EpochEntry Entry, long Index, Digest LeafHash, VerifyingKey Signing)
{
    /// <summary>Longest time between the decision and the cosignatures on its entry (ARCHITECTURE §2.7).</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromMinutes(15);

    /// <summary>Whether the entry was cosigned soon enough after the decision; the epoch's messages are void otherwise.</summary>
    /// <param name="covering">The first cosigned checkpoint that holds the entry.</param>
    public bool IsTimely(CosignedCheckpoint covering) =>
        covering.Size > Index && (covering.Time.Opening - Entry.RoomTime).Duration() <= Longest;
}

/// <summary>A batch in the log. Slots withdrawn so far belong to it.</summary>
public sealed class LoggedBatch
{
    private readonly ulong[] _withdrawn;

    internal LoggedBatch(BatchEntry manifest, long index, Digest leafHash)
    {
        Manifest = manifest;
        Sealed = manifest;
        Index = index;
        LeafHash = leafHash;
        _withdrawn = new ulong[manifest.Slots / 64];
    }

    /// <summary>The manifest.</summary>
    public BatchEntry Manifest { get; }

    /// <summary>The manifest with name, key and hashes of the ciphertexts that stand for it now: its own, or those that the enclave sealed anew.</summary>
    public BatchEntry Sealed { get; private set; }

    /// <summary>Name of the ciphertexts that stood for it before; null while its own stand.</summary>
    public BatchId? Replaced { get; private set; }

    /// <summary>Its position.</summary>
    public long Index { get; }

    /// <summary>Its leaf hash.</summary>
    public Digest LeafHash { get; }

    /// <summary>Whose batch.</summary>
    public MemberId Contributor => Manifest.Author!;

    /// <summary>Whether a slot is withdrawn.</summary>
    public bool IsWithdrawn(int slot) => (uint)slot < (uint)Manifest.Slots && (_withdrawn[slot / 64] & (1UL << (slot % 64))) != 0;

    /// <summary>The withdrawn slots, rising.</summary>
    public IEnumerable<int> Withdrawn => Enumerable.Range(0, Manifest.Slots).Where(IsWithdrawn);

    internal void Reseal(BatchEntry anew) => (Replaced, Sealed) = (Sealed.Batch, anew);

    internal void Withdraw(int slot) => _withdrawn[slot / 64] |= 1UL << (slot % 64);
}
