using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>Whether a charter is valid at a room time.</summary>
public enum CharterStatus
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>Its time has not come.</summary>
    NotYetValid,

    /// <summary>In force.</summary>
    InForce,

    /// <summary>Its time is over.</summary>
    Expired,
}

/// <summary>
/// A room as its log says it is: what every party computes from the same entries, entry by entry (docs/protocol.md §3). It holds no
/// data of records and has no clock. What it shows is the state after <see cref="Size"/> entries. It believes the entries it is
/// given; <see cref="LogVerifier"/> ties them to cosigned checkpoints. Not safe for concurrent use.
/// </summary>
/// <remarks>Members see others' private entries as hashes: see <see cref="ApplyHash"/>.</remarks>
public sealed partial class RoomState
{
    /// <summary>Most entries in one room's life.</summary>
    public const long MaxEntries = 1 << 24;

    /// <summary>Most person keys of one member.</summary>
    public const int MaxPersonKeys = 1024;

    /// <summary>Most acts of one member.</summary>
    public const int MaxActs = 1 << 17;

    /// <summary>Epoch heads that are kept, the newest.</summary>
    public const int KeptEpochs = 4096;

    private readonly List<(long Index, RoomCharter Charter)> _charters = [];
    private readonly Dictionary<Digest, HashSet<MemberId>> _vetoes = [];
    private readonly HashSet<EntryId> _ids = [];
    private readonly HashSet<KeyId> _usedKeys = [];
    private readonly Dictionary<KeyId, Person> _persons = [];
    private readonly Dictionary<(MemberId, KeyPurpose), List<MemberKey>> _keys = [];
    private readonly Dictionary<MemberId, Listing> _listings = [];
    private readonly Dictionary<MemberId, WaitingListing> _waitingListings = [];
    private readonly HashSet<MemberId> _frozen = [];
    private readonly SortedDictionary<(MemberId, int), List<Erasure>> _erasures = [];
    private readonly Dictionary<BatchId, LoggedBatch> _batches = [];
    private readonly Dictionary<MemberId, LoggedBatch> _lastBatches = [];
    private readonly List<Instance> _instances = [];
    private readonly Dictionary<long, int> _byGeneration = [];
    private readonly Dictionary<MemberId, Release> _releases = [];
    private readonly Dictionary<MemberId, long> _lastNumbers = [];
    private readonly SortedList<long, EpochHead> _epochs = [];
    private readonly Dictionary<EntryId, LoggedAct> _acts = [];
    private readonly Dictionary<Digest, EntryId> _actsByHash = [];
    private readonly Dictionary<MemberId, int> _actCounts = [];
    private readonly HashSet<EntryId> _decided = [];
    private readonly HashSet<EntryId> _disclosed = [];
    private readonly HashSet<EntryId> _automatic = [];
    private readonly Dictionary<MemberId, SortedList<long, long>> _void = [];
    private readonly MerkleFrontier _frontier = new();

    private RoomState(RoomId room) => Room = room;

    /// <summary>The room.</summary>
    public RoomId Room { get; }

    /// <summary>Entries applied.</summary>
    public long Size => _frontier.Size;

    /// <summary>Merkle tree hash over them.</summary>
    public Digest Root => _frontier.Root;

    /// <summary>Whether this is a member's view, with others' private entries unseen.</summary>
    public bool HasUnseen { get; private set; }

    /// <summary>The newest version that took over; null before genesis.</summary>
    public RoomCharter? Charter => _charters.Count == 0 ? null : _charters[^1].Charter;

    /// <summary>Hash of genesis: what names the room beyond its id.</summary>
    public Digest? Genesis => _charters.Count == 0 ? null : _charters[0].Charter.Hash;

    /// <summary>The newest instance; null before the first, and after a recovery until there is one that has read it.</summary>
    public Instance? CurrentInstance => _instances.Count == 0 || _instances[^1].Index < _recoveredAt ? null : _instances[^1];

    /// <summary>Generation of the newest instance, or one that no lost instance can have had; 0 before the first.</summary>
    public long LastGeneration { get; private set; }

    /// <summary>All instances, by generation.</summary>
    public IReadOnlyList<Instance> Instances => _instances;

    /// <summary>Releases to the newest instance, by member.</summary>
    public IReadOnlyDictionary<MemberId, Release> Releases => _releases;

    /// <summary>Members whose keys nobody is given: they stopped all releases, or have not resumed since a recovery.</summary>
    public IReadOnlySet<MemberId> Frozen => _held.Count == 0 ? _frozen : _frozen.Union(_held).ToHashSet();

    /// <summary>Record keys that their owners' brokers have destroyed, by member and period; one for each broker that stated it.</summary>
    public IReadOnlyCollection<Erasure> Erasures => [.. _erasures.Values.SelectMany(static statements => statements)];

    /// <summary>Gives the first statement that a member's record key is destroyed, which ends its use in the room; null if there is none. Who else holds it: <see cref="HoldersOf"/>.</summary>
    public Erasure? ErasureOf(MemberId member, int period) => _erasures.GetValueOrDefault((member, period))?[0];

    /// <summary>All accepted batches that this view shows.</summary>
    public IReadOnlyDictionary<BatchId, LoggedBatch> Batches => _batches;

    /// <summary>Number of the last epoch; 0 before the first.</summary>
    public long LastEpoch { get; private set; }

    /// <summary>Number of the last epoch that ran the standing queries; 0 before the first.</summary>
    public long LastEvaluatedEpoch { get; private set; }

    /// <summary>Room time of the last epoch; null before the first.</summary>
    public DateTimeOffset? LastEpochTime { get; private set; }

    /// <summary>Room time of the last epoch that was not for emergencies, from which the next one is due; null before the first.</summary>
    public DateTimeOffset? LastRegularEpochTime { get; private set; }

    /// <summary>Begins with an empty log.</summary>
    public static RoomState Open(RoomId room) => room == default ? throw new ArgumentException("The room id is missing.", nameof(room)) : new RoomState(room);

    /// <summary>Gives the newest charter and whether it is valid at a room time.</summary>
    public (RoomCharter? Charter, CharterStatus Status) CharterAt(RoomTime time) => Charter switch
    {
        null => (null, CharterStatus.None),
        var charter when time.Expiring >= charter.Expires => (charter, CharterStatus.Expired),
        var charter when time.Opening < charter.ValidFrom => (charter, CharterStatus.NotYetValid),
        var charter => (charter, CharterStatus.InForce),
    };

    /// <summary>Gives the version that had taken over in a log of this size: its witnesses are the witnesses of that checkpoint.</summary>
    public RoomCharter? CharterAtSize(long size) => _charters.FindLast(item => item.Index < size).Charter;

    /// <summary>Whether a contributor's data may be in the index at a room time: it is listed and its approval has not expired.</summary>
    public bool HasLiveApproval(MemberId contributor, RoomTime time) => Charter?.Contributor(contributor) is { } member && time.Expiring < member.ApprovalExpires;

    /// <summary>Gives a person by key, revoked or not; null if unknown or no longer a member's.</summary>
    public Person? PersonOf(KeyId key) =>
        _persons.TryGetValue(key, out var person) && Charter?.TryFind(person.Member, out _) == true ? person : null;

    /// <summary>Gives the persons of a member, revoked or not.</summary>
    public IEnumerable<Person> PersonsOf(MemberId member) => _persons.Values.Where(person => person.Member == member);

    /// <summary>Whether a key has a role for a member now, for what would be appended next.</summary>
    public bool HasRole(KeyId key, MemberId member, PersonRoles role) => PersonOf(key) is { } person && person.Member == member && person.HasRoleAt(role, Size);

    /// <summary>Gives the member whose TLS key this is now: a person's transport key, or the pin of its broker or of a stand-in; null if nobody's.</summary>
    public MemberId? MemberOfTransportKey(KeyId key)
    {
        if (PersonOf(key) is { } person)
        {
            return person.HasRoleAt(PersonRoles.Transport, Size) ? person.Member : null;
        }

        return Charter?.Members.FirstOrDefault(member => member.Broker is { } broker && (broker.Tls == key || broker.StandIns.Any(standIn => standIn.Tls == key)))?.Id;
    }

    /// <summary>Gives a member's keys, by period.</summary>
    public IReadOnlyList<MemberKey> KeysOf(MemberId member, KeyPurpose purpose) => _keys.TryGetValue((member, purpose), out var keys) ? keys : [];

    /// <summary>Gives a member's newest key; null if it has none.</summary>
    public MemberKey? CurrentKey(MemberId member, KeyPurpose purpose) => KeysOf(member, purpose) is { Count: > 0 } keys ? keys[^1] : null;

    /// <summary>Gives a contributor's listing; null if it has none, which lists nobody.</summary>
    public Listing? ListingOf(MemberId contributor) => _listings.GetValueOrDefault(contributor);

    /// <summary>Gives a contributor's listing that waits for a second person; null if none does. A later listing takes its place.</summary>
    public WaitingListing? WaitingListingOf(MemberId contributor) => _waitingListings.GetValueOrDefault(contributor);

    /// <summary>Whether a pointer or review item may pass between two contributors: each lists the other.</summary>
    public bool MayTell(MemberId one, MemberId other) =>
        one != other && Charter?.Contributor(one) is not null && Charter.Contributor(other) is not null
        && ListingOf(one)?.Contributors.Contains(other) == true && ListingOf(other)?.Contributors.Contains(one) == true;

    /// <summary>Gives the last batch of a contributor: what its next manifest names as previous.</summary>
    public LoggedBatch? LastBatchOf(MemberId contributor) => _lastBatches.GetValueOrDefault(contributor);

    /// <summary>Gives the instance of a generation; null if there is none.</summary>
    public Instance? InstanceOf(long generation) => _byGeneration.TryGetValue(generation, out var index) ? _instances[index] : null;

    /// <summary>Gives the instance of a generation if enough brokers had released keys to it while it was the newest; null otherwise.</summary>
    public Instance? TrustedInstanceOf(long generation) => InstanceOf(generation) is { TrustedAt: not null } instance ? instance : null;

    /// <summary>Gives the number of the next message to a member: 1 for the first.</summary>
    public long NextNumber(MemberId recipient) => _lastNumbers.GetValueOrDefault(recipient) + 1;

    /// <summary>Gives the last number of the messages that were declared void, or were lost, together with this one; null if it was not.</summary>
    /// <param name="recipient">The member.</param>
    /// <param name="number">Number of a message.</param>
    public long? VoidThrough(MemberId recipient, long number)
    {
        if (!_void.TryGetValue(recipient, out var ranges))
        {
            return null;
        }

        var (low, high) = (0, ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = ranges.Values[middle] < number ? (middle + 1, high) : (low, middle);
        }

        return low < ranges.Count && ranges.Keys[low] <= number ? ranges.Values[low] : null;
    }

    /// <summary>Heads of the last <see cref="KeptEpochs"/> epochs, the newest first.</summary>
    public IEnumerable<EpochHead> NewestEpochs
    {
        get
        {
            for (var index = _epochs.Count - 1; index >= 0; index--)
            {
                yield return _epochs.Values[index];
            }
        }
    }

    /// <summary>Gives the head of an epoch, if it is among the last <see cref="KeptEpochs"/>.</summary>
    public EpochHead? Epoch(long epoch) => _epochs.GetValueOrDefault(epoch);

    /// <summary>Whether enough brokers have released keys to the newest instance for it to speak: one more than may collude.</summary>
    public bool IsInstanceTrusted => Charter is { } charter && CurrentInstance is not null && _releases.Count > charter.FaultyWitnesses;

    /// <summary>Gives an act by its entry; null if this view shows none.</summary>
    public LoggedAct? Act(EntryId id) => _acts.GetValueOrDefault(id);

    /// <summary>Gives an act by the leaf hash of its entry; null if this view shows none.</summary>
    public LoggedAct? Act(Digest leafHash) => _actsByHash.TryGetValue(leafHash, out var id) ? _acts[id] : null;

    /// <summary>All accepted acts that this view shows.</summary>
    public IReadOnlyCollection<LoggedAct> Acts => _acts.Values;

    /// <summary>Whether an epoch has disclosed what a request asked for, or facts that follow a notice.</summary>
    public bool IsDisclosed(EntryId request) => _disclosed.Contains(request) || _automatic.Contains(request);

    /// <summary>Whether an accepted entry had this id.</summary>
    public bool IsUsed(EntryId id) => _ids.Contains(id);

    /// <summary>Whether the version has a contributor's veto.</summary>
    public IReadOnlySet<MemberId> VetoesOf(Digest charter) => _vetoes.TryGetValue(charter, out var vetoes) ? vetoes : new HashSet<MemberId>();

}
