using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>What an entry of the log says (docs/protocol.md §3). Whether it has an effect is decided at its position by <see cref="RoomState"/>.</summary>
/// <param name="Room">The room that it was written for.</param>
/// <param name="Id">Counts once in the room's life.</param>
/// <param name="Author">The member; null for the enclave.</param>
public abstract record Entry(RoomId Room, EntryId Id, MemberId? Author)
{
    /// <summary>The JWS type of leaves.</summary>
    public const string JwsType = "cleanroom-entry+jws";

    /// <summary>Longest leaf, in bytes.</summary>
    public const int MaxLeafSize = 256 << 10;

    /// <summary>The word that stands in the entry.</summary>
    public abstract string Type { get; }

    /// <summary>Whether every member may read it; of other entries only the author may, and all others see the leaf hash (docs/protocol.md §3, Visibility).</summary>
    public bool IsPublic => this is CharterEntry or VetoEntry or InstanceEntry or ReleaseEntry or FreezeEntry or ErasureEntry or EpochEntry or RecoveryEntry or ResumeEntry;

    /// <summary>The member who may read it besides: its author, or whose data it is about; null for none.</summary>
    public virtual MemberId? Reader => Author;

    /// <summary>Signs the entry.</summary>
    /// <param name="key">Of the role that the entry needs.</param>
    /// <returns>The leaf: ASCII of a compact JWS.</returns>
    /// <exception cref="ArgumentException">A part is out of range: the entry would not parse. The message names it.</exception>
    public byte[] Sign(ISigningKey key)
    {
        var leaf = System.Text.Encoding.ASCII.GetBytes(Jws.Sign(key, JwsType, Payload()));
        return SignedEntry.TryParse(leaf, out _, out var error) ? leaf : throw new ArgumentException(error.ToString());
    }

    /// <summary>The canonical payload.</summary>
    internal virtual byte[] Payload()
    {
        var json = new JsonObject
        {
            ["author"] = Author?.Value ?? MemberId.Enclave,
            ["id"] = Id.ToString(),
            ["room"] = Room.ToString(),
            ["type"] = Type,
        };
        Write(json);
        return JsonBuild.Bytes(json);
    }

    internal abstract void Write(JsonObject json);
}

/// <summary>A charter version.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">A member.</param>
/// <param name="Content">The version with its approvals.</param>
public sealed record CharterEntry(RoomId Room, EntryId Id, MemberId Author, SignedCharter Content) : Entry(Room, Id, Author)
{
    internal const string TypeName = "charter";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json) => json["signed"] = Content.ToJson();
}

/// <summary>A contributor's or representative's no to a version that is not in the log yet.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member.</param>
/// <param name="Charter">Hash of the version.</param>
/// <param name="Version">Its number.</param>
public sealed record VetoEntry(RoomId Room, EntryId Id, MemberId Author, Digest Charter, int Version) : Entry(Room, Id, Author)
{
    internal const string TypeName = "veto";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["charter"] = Charter.ToString();
        json["version"] = Version;
    }
}

/// <summary>What a person's key may be used for.</summary>
[Flags]
public enum PersonRoles
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>TLS towards the services; no other role beside it.</summary>
    Transport = 1,

    /// <summary>Uploads batches and withdraws records.</summary>
    Uploader = 2,

    /// <summary>Logs keys, listings and freezes.</summary>
    Approver = 4,

    /// <summary>Releases facts.</summary>
    Releaser = 8,

    /// <summary>Asks for disclosure.</summary>
    Officer = 16,

    /// <summary>Safeguarding lead.</summary>
    Safeguarding = 32,
}

/// <summary>Gives a person's key roles, or takes the key away for ever.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member.</param>
/// <param name="Revoke">Takes the key away; <paramref name="Roles"/> is then None.</param>
/// <param name="Person">Opaque name within the member: 1 to 64 letters, digits, _ . -.</param>
/// <param name="Key">The person's key.</param>
/// <param name="Roles">At least one when adding.</param>
public sealed record PersonEntry(RoomId Room, EntryId Id, MemberId Author, bool Revoke, string Person, VerifyingKey Key, PersonRoles Roles)
    : Entry(Room, Id, Author)
{
    internal const string TypeName = "person";

    internal static readonly IReadOnlyDictionary<string, PersonRoles> RoleWords =
        Enum.GetValues<PersonRoles>().Where(role => role != PersonRoles.None).ToDictionary(role => role.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["action"] = Revoke ? "revoke" : "add";
        json["key"] = Key.ToJwk();
        json["person"] = Person;
        json["roles"] = JsonBuild.Sorted(RoleWords.Where(word => Roles.HasFlag(word.Value)).Select(word => word.Key));
    }
}

/// <summary>What a member's key is for.</summary>
public enum KeyPurpose
{
    /// <summary>Its records are sealed to it.</summary>
    Record,

    /// <summary>Its messages are sealed to it.</summary>
    Inbox,
}

/// <summary>A member's next key.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member.</param>
/// <param name="Purpose">Records or inbox.</param>
/// <param name="Period">1, then one more each time.</param>
/// <param name="Key">The public key.</param>
public sealed record KeyEntry(RoomId Room, EntryId Id, MemberId Author, KeyPurpose Purpose, int Period, HpkePublicKey Key) : Entry(Room, Id, Author)
{
    internal const string TypeName = "key";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["key"] = Key.ToJwk();
        json["period"] = Period;
        json["purpose"] = Purpose == KeyPurpose.Record ? "record" : "inbox";
    }
}

/// <summary>Who may learn of a contributor's records, and its standing authorisation for records without a victim.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The contributor.</param>
/// <param name="Contributors">Who may get pointers.</param>
/// <param name="Agencies">Who may get notices.</param>
/// <param name="Purposes">Codes of the list consentPurpose that its standing authorisation covers.</param>
public sealed record ListingEntry(
    RoomId Room, EntryId Id, MemberId Author, IReadOnlyList<MemberId> Contributors, IReadOnlyList<MemberId> Agencies, IReadOnlyList<string> Purposes)
    : Entry(Room, Id, Author)
{
    internal const string TypeName = "listing";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["agencies"] = JsonBuild.Sorted(Agencies);
        json["contributors"] = JsonBuild.Sorted(Contributors);
        json["purposes"] = JsonBuild.Sorted(Purposes);
    }
}

/// <summary>The manifest of a sealed batch (docs/protocol.md §4).</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The contributor.</param>
/// <param name="Batch">The batch.</param>
/// <param name="Charter">Hash of the charter in force.</param>
/// <param name="Checkpoint">The last cosigned checkpoint that the uploader knew.</param>
/// <param name="Dataset">Digest of the dataset manifest.</param>
/// <param name="DeleteBy">When the ciphertexts go.</param>
/// <param name="Enc">HPKE encapsulated key, 65 bytes.</param>
/// <param name="Key">Id of the record key.</param>
/// <param name="Period">Period of the record key.</param>
/// <param name="Parts">SHA-256 of each ciphertext, 2 × slots.</param>
/// <param name="Previous">Leaf hash of this contributor's previous batch; null for its first.</param>
/// <param name="Slots">64, 256 or 1,024.</param>
public sealed record BatchEntry(
    RoomId Room, EntryId Id, MemberId Author, BatchId Batch, Digest Charter, LogPosition Checkpoint, Digest Dataset, DateTimeOffset DeleteBy,
    ReadOnlyMemory<byte> Enc, KeyId Key, int Period, IReadOnlyList<Digest> Parts, Digest? Previous, int Slots)
    : Entry(Room, Id, Author)
{
    /// <summary>The value of "schema".</summary>
    public const string Schema = "cleanroom/batch/v1";

    internal const string TypeName = "batch";

    /// <summary>Sizes of a batch, in slots.</summary>
    public static IReadOnlyList<int> SlotCounts { get; } = [64, 256, 1024];

    /// <summary>Whether a ciphertext is, byte for byte, the one that the manifest names at a place.</summary>
    /// <param name="part">From 0, below the count of <see cref="Parts"/>.</param>
    /// <param name="ciphertext">The bytes.</param>
    public bool IsPart(int part, ReadOnlySpan<byte> ciphertext) => BatchSeal.IsPart(Parts, part, ciphertext);

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["batch"] = Batch.ToString();
        json["charter"] = Charter.ToString();
        json["checkpoint"] = Checkpoint.ToJson();
        json["dataset"] = Dataset.ToString();
        json["deleteBy"] = ProtocolTime.Write(DeleteBy);
        json["enc"] = StrictBase64.EncodeUrl(Enc.Span);
        json["key"] = Key.ToString();
        json["parts"] = JsonBuild.Array(Parts.Select(part => StrictBase64.EncodeUrl(part.Span)));
        json["period"] = Period;
        json["previous"] = Previous?.ToString();
        json["schema"] = Schema;
        json["slots"] = Slots;
    }
}

/// <summary>A size and root of the log.</summary>
/// <param name="Size">Leaves.</param>
/// <param name="Root">Merkle tree hash.</param>
public sealed record LogPosition(long Size, Digest Root)
{
    /// <summary>Takes the position of a checkpoint.</summary>
    public static LogPosition Of(Checkpoint checkpoint) => new(checkpoint.Size, checkpoint.Root);

    internal JsonObject ToJson() => new() { ["root"] = Root.ToString(), ["size"] = Size };

    internal static LogPosition? Read(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var root = fields.Digest("root");
        var size = fields.Integer("size", 1, 1L << 53);
        fields.End();
        return root is null || size is null ? null : new LogPosition(size.Value, root);
    }
}

/// <summary>A slot of a batch.</summary>
/// <param name="Batch">The batch.</param>
/// <param name="Slot">From 0.</param>
public sealed record RecordSlot(BatchId Batch, int Slot);

/// <summary>Withdraws records for ever.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The contributor.</param>
/// <param name="Records">1 to 1,024 slots, sorted by batch and slot.</param>
public sealed record TombstoneEntry(RoomId Room, EntryId Id, MemberId Author, IReadOnlyList<RecordSlot> Records) : Entry(Room, Id, Author)
{
    /// <summary>Most slots in one entry.</summary>
    public const int MaxRecords = 1024;

    internal const string TypeName = "tombstone";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json) => json["records"] = JsonBuild.Objects(
        Records.Distinct().OrderBy(record => record.Batch.ToString(), StringComparer.Ordinal).ThenBy(record => record.Slot)
            .Select(record => new JsonObject { ["batch"] = record.Batch.ToString(), ["slot"] = record.Slot }));
}

/// <summary>Stops or resumes all releases of a member's keys.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member.</param>
/// <param name="Frozen">Stop or resume.</param>
public sealed record FreezeEntry(RoomId Room, EntryId Id, MemberId Author, bool Frozen) : Entry(Room, Id, Author)
{
    internal const string TypeName = "freeze";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json) => json["frozen"] = Frozen;
}

/// <summary>The room goes on from a log that lacks cosigned entries: all contributors have signed for it.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">A contributor.</param>
/// <param name="Charters">Charter versions that are lost with the entries, in order: at most <see cref="MaxCharters"/>.</param>
/// <param name="Content">The statement with its signatures.</param>
public sealed record RecoveryEntry(RoomId Room, EntryId Id, MemberId Author, IReadOnlyList<SignedCharter> Charters, SignedRecovery Content) : Entry(Room, Id, Author)
{
    internal const string TypeName = "recovery";

    /// <summary>Most charter versions in one entry.</summary>
    public const int MaxCharters = 8;

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["charters"] = JsonBuild.Objects(Charters.Select(charter => charter.ToJson()));
        json["signed"] = Content.ToJson();
    }
}

/// <summary>A member has appended again what it had withdrawn, revoked and frozen in the gap: its keys may be released again after a recovery.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member.</param>
/// <param name="Number">Of the recovery.</param>
public sealed record ResumeEntry(RoomId Room, EntryId Id, MemberId Author, int Number) : Entry(Room, Id, Author)
{
    internal const string TypeName = "resume";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json) => json["number"] = Number;
}

/// <summary>Evidence that an instance showed a broker.</summary>
/// <param name="Broker">The member whose broker gave the nonce.</param>
/// <param name="Evidence">Raw evidence.</param>
/// <param name="Nonce">32 bytes.</param>
public sealed record InstanceEvidence(MemberId Broker, ReadOnlyMemory<byte> Evidence, ReadOnlyMemory<byte> Nonce);

/// <summary>A new enclave instance; lower generations are void from here on.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Charter">Hash of the charter in force.</param>
/// <param name="Checkpoint">What it replayed.</param>
/// <param name="Evidence">One for each broker asked, sorted by broker.</param>
/// <param name="Generation">1, then one more each time.</param>
/// <param name="Release">Keys are released to it.</param>
/// <param name="Signing">It signs this entry and all that leaves.</param>
public sealed record InstanceEntry(
    RoomId Room, EntryId Id, Digest Charter, LogPosition Checkpoint, IReadOnlyList<InstanceEvidence> Evidence, long Generation,
    HpkePublicKey Release, VerifyingKey Signing)
    : Entry(Room, Id, Author: null)
{
    internal const string TypeName = "instance";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["charter"] = Charter.ToString();
        json["checkpoint"] = Checkpoint.ToJson();
        json["evidence"] = JsonBuild.Objects(Evidence.OrderBy(item => item.Broker).Select(item => new JsonObject
        {
            ["broker"] = item.Broker.Value,
            ["evidence"] = StrictBase64.EncodeUrl(item.Evidence.Span),
            ["nonce"] = StrictBase64.EncodeUrl(item.Nonce.Span),
        }));
        json["generation"] = Generation;
        json["release"] = Release.ToJwk();
        json["signing"] = Signing.ToJwk();
    }
}

/// <summary>A broker released keys to an instance.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member.</param>
/// <param name="Generation">Of the instance.</param>
/// <param name="Instance">Id of its signing key.</param>
/// <param name="LeaseEnds">In room time.</param>
/// <param name="Periods">Periods of the record keys, rising; empty if the member has put in no record key.</param>
public sealed record ReleaseEntry(
    RoomId Room, EntryId Id, MemberId Author, long Generation, KeyId Instance, DateTimeOffset LeaseEnds, IReadOnlyList<int> Periods)
    : Entry(Room, Id, Author)
{
    internal const string TypeName = "release";

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        json["generation"] = Generation;
        json["instance"] = Instance.ToString();
        json["leaseEnds"] = ProtocolTime.Write(LeaseEnds);
        json["periods"] = JsonBuild.Numbers(Periods);
    }
}

/// <summary>What one member gets in an epoch.</summary>
/// <param name="Member">The recipient.</param>
/// <param name="First">Number of its first message.</param>
/// <param name="Last">Number of its last message.</param>
/// <param name="Root">Merkle tree hash over the ciphertext digests, first to last.</param>
public sealed record EpochRecipient(MemberId Member, long First, long Last, Digest Root);

/// <summary>Messages that an epoch gave a member and that nobody can hand over any more.</summary>
/// <param name="Epoch">The epoch.</param>
/// <param name="Member">The recipient.</param>
public sealed record VoidMessages(long Epoch, MemberId Member);

/// <summary>The end of an epoch and what leaves with it.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Checkpoint">The cosigned checkpoint over what was computed.</param>
/// <param name="Epoch">1, then one more each time.</param>
/// <param name="Evaluated">Whether the standing queries ran.</param>
/// <param name="Generation">Of the instance.</param>
/// <param name="Recipients">Sorted by member.</param>
/// <param name="RoomTime">When it was decided.</param>
public sealed record EpochEntry(
    RoomId Room, EntryId Id, SignedCheckpoint Checkpoint, long Epoch, bool Evaluated, long Generation,
    IReadOnlyList<EpochRecipient> Recipients, DateTimeOffset RoomTime)
    : Entry(Room, Id, Author: null)
{
    /// <summary>Most disclosures in one epoch.</summary>
    public const int MaxDisclosed = 1024;

    /// <summary>Most void ranges in one entry.</summary>
    public const int MaxVoid = 2048;

    internal const string TypeName = "epoch";

    /// <summary>What is drawn of contributors' records with this epoch, sorted by member: each of them is told.</summary>
    public IReadOnlyList<EpochAudit> Audits { get; init; } = [];

    /// <summary>Facts that follow a notice with this epoch by a rule of the charter, without anybody's signature, sorted by their text: ids that the enclave has made.</summary>
    public IReadOnlyList<EntryId> Automatic { get; init; } = [];

    /// <summary>Requests whose granted fields, and offers whose facts, leave with this epoch, sorted by their text: the log says so before anything leaves.</summary>
    public IReadOnlyList<EntryId> Disclosed { get; init; } = [];

    /// <summary>
    /// Emergencies that this epoch answers, sorted by their text. Such an epoch comes between the others, as soon as two people have signed: no query runs, and nothing else leaves with it.
    /// </summary>
    public IReadOnlyList<EntryId> Emergencies { get; init; } = [];

    /// <summary>
    /// What an earlier instance may have ended an epoch with, without handing it over, and this one cannot make again byte for byte, sorted by epoch and member. The recipient
    /// reads on behind it; what may still be told is told anew.
    /// </summary>
    public IReadOnlyList<VoidMessages> Void { get; init; } = [];

    /// <inheritdoc/>
    public override string Type => TypeName;

    internal override void Write(JsonObject json)
    {
        if (Audits.Count > 0)
        {
            json["audits"] = JsonBuild.Objects(Audits.OrderBy(audit => audit.Member).Select(audit => new JsonObject
            {
                ["member"] = audit.Member.Value,
                ["quarter"] = audit.Quarter,
                ["sample"] = audit.Sample.ToString(),
            }));
        }

        if (Automatic.Count > 0)
        {
            json["automatic"] = JsonBuild.Sorted(Automatic.Select(id => id.ToString()));
        }

        json["checkpoint"] = Checkpoint.ToText();
        if (Disclosed.Count > 0)
        {
            json["disclosed"] = JsonBuild.Sorted(Disclosed.Select(id => id.ToString()));
        }

        if (Emergencies.Count > 0)
        {
            json["emergencies"] = JsonBuild.Sorted(Emergencies.Select(id => id.ToString()));
        }

        json["epoch"] = Epoch;
        json["evaluated"] = Evaluated;
        json["generation"] = Generation;
        json["recipients"] = JsonBuild.Objects(Recipients.OrderBy(recipient => recipient.Member).Select(recipient => new JsonObject
        {
            ["first"] = recipient.First,
            ["last"] = recipient.Last,
            ["member"] = recipient.Member.Value,
            ["root"] = recipient.Root.ToString(),
        }));
        json["roomTime"] = ProtocolTime.Write(RoomTime);
        if (Void.Count > 0)
        {
            json["void"] = JsonBuild.Objects(Void.OrderBy(item => item.Epoch).ThenBy(item => item.Member).Select(item => new JsonObject
            {
                ["epoch"] = item.Epoch,
                ["member"] = item.Member.Value,
            }));
        }
    }
}

/// <summary>An entry of a type that this version does not know: it has no effect.</summary>
/// <param name="Room">The room.</param>
/// <param name="Id">The entry.</param>
/// <param name="Author">The member; null for the enclave.</param>
/// <param name="TypeWord">Its type.</param>
/// <param name="Body">Its canonical payload.</param>
public sealed record UnknownEntry(RoomId Room, EntryId Id, MemberId? Author, string TypeWord, ReadOnlyMemory<byte> Body) : Entry(Room, Id, Author)
{
    /// <inheritdoc/>
    public override string Type => TypeWord;

    internal override byte[] Payload() => Body.ToArray();

    internal override void Write(JsonObject json) => throw new NotSupportedException("An unknown entry is written as it was read.");
}
