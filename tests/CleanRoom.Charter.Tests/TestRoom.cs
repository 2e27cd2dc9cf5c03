using CleanRoom.Charter.Log;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>A member with all its keys.</summary>
internal sealed class TestMember(string id) : IDisposable
{
    public MemberId Id { get; } = MemberId.Parse(id);

    public SigningKey Organisation { get; set; } = SigningKey.Generate();

    public SigningKey Verifier { get; } = SigningKey.Generate();

    public SigningKey Witness { get; } = SigningKey.Generate();

    public SigningKey Tls { get; } = SigningKey.Generate();

    public SigningKey Approver { get; } = SigningKey.Generate();

    public SigningKey Uploader { get; } = SigningKey.Generate();

    public HpkePrivateKey Record { get; } = HpkePrivateKey.Generate();

    public HpkePrivateKey Inbox { get; } = HpkePrivateKey.Generate();

    public BrokerTerms Broker => new(new Uri($"https://{Id}.example.org:8443"), Tls.PublicKey.Id, Verifier.PublicKey, Witness.PublicKey);

    public ContributorMember AsContributor() => new(Id, $"{Id} (fictional)", Organisation.PublicKey, Broker, $"desk@{Id}.example.org", TestRoom.Start.AddMonths(6));

    public AgencyMember AsAgency() =>
        new(Id, $"{Id} (fictional)", Organisation.PublicKey, "police_ahtu", ["THA"], ["trafficking"], Broker, new AgencyQuota(5, 5), 30);

    public StewardMember AsSteward() => new(Id, $"{Id} (fictional)", Organisation.PublicKey);

    public void Dispose()
    {
        foreach (var key in (IDisposable[])[Organisation, Verifier, Witness, Tls, Approver, Uploader, Record, Inbox])
        {
            key.Dispose();
        }
    }
}

/// <summary>A second broker of a member.</summary>
internal sealed class TestStandIn : IDisposable
{
    private readonly SigningKey _tls = SigningKey.Generate();
    private readonly HpkePrivateKey _handOver = HpkePrivateKey.Generate();

    public SigningKey Verifier { get; } = SigningKey.Generate();

    public KeyId Tls => _tls.PublicKey.Id;

    public StandInTerms Terms => new(new Uri("https://second.example.org:8443"), Tls, Verifier.PublicKey, _handOver.PublicKey);

    public void Dispose()
    {
        _tls.Dispose();
        _handOver.Dispose();
        Verifier.Dispose();
    }
}

/// <summary>A simulated room with three contributors, an agency and a steward: real keys, real signatures, real log.</summary>
internal sealed class TestRoom : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<byte[]> _leaves = [];
    private readonly MerkleFrontier _frontier = new();
    private readonly Dictionary<MerklePosition, Digest> _nodes = [];

    /// <param name="twoPeople">Listings need a second person; otherwise the charter is one from before there was a choice.</param>
    public TestRoom(bool twoPeople = false)
    {
        Draft = NewDraft(simulated: true);
        if (twoPeople)
        {
            Draft.SetNeedsSecond(RoomCharter.ListingNeedsSecond);
        }

        Genesis = Build(Draft);
        Verifier = new LogVerifier(Room);
    }

    /// <param name="emergencies">Who may be warned, and how often.</param>
    public TestRoom(EmergencyTerms emergencies)
    {
        Draft = NewDraft(simulated: true).SetEmergencies(emergencies);
        Genesis = Build(Draft);
        Verifier = new LogVerifier(Room);
    }

    /// <param name="audits">Who looks at what is drawn.</param>
    public TestRoom(AuditTerms audits)
    {
        Draft = NewDraft(simulated: true).SetAudits(audits);
        Genesis = Build(Draft);
        Verifier = new LogVerifier(Room);
    }

    /// <param name="seat">Speaks for survivors.</param>
    public TestRoom(TestMember seat)
    {
        Draft = NewDraft(simulated: true).Put(new RepresentativeMember(seat.Id, $"{seat.Id} (fictional)", seat.Organisation.PublicKey, "survivors"));
        Genesis = Build(Draft);
        Verifier = new LogVerifier(Room);
    }

    private TestRoom(TestRoom first)
    {
        (Room, A, B, C, Agency, Steward, Operator, Instance) = (first.Room, first.A, first.B, first.C, first.Agency, first.Steward, first.Operator, first.Instance);
        (Draft, Genesis, Verifier) = (first.Draft, first.Genesis, new LogVerifier(first.Room));
    }

    public RoomId Room { get; } = RoomId.From(Guid.NewGuid());

    public TestMember A { get; } = new("a-contributor");

    public TestMember B { get; } = new("b-contributor");

    public TestMember C { get; } = new("c-contributor");

    public TestMember Agency { get; } = new("d-agency");

    public TestMember Steward { get; } = new("e-steward");

    public SigningKey Operator { get; } = SigningKey.Generate();

    public SigningKey Instance { get; private set; } = SigningKey.Generate();

    public CharterDraft Draft { get; }

    public RoomCharter Genesis { get; }

    public LogVerifier Verifier { get; }

    public RoomState State => Verifier.State;

    public IEnumerable<TestMember> Contributors => [A, B, C];

    public IEnumerable<TestMember> WithBroker => [A, B, C, Agency];

    public IReadOnlyList<byte[]> Leaves => _leaves;

    public static EntryId NewId() => EntryId.From(Guid.NewGuid());

    public static RoomCharter Build(CharterDraft draft)
    {
        var built = draft.TryBuild(out var charter, out var errors);
        Assert.True(built, string.Join('\n', errors));
        return charter!;
    }

    public static string Measurement { get; } = new('a', 96);

    public CharterDraft NewDraft(bool simulated)
    {
        var service = new ServiceTerms(new Uri("https://operator.example.org:7000"), SigningKey.Generate().PublicKey.Id);
        var draft = CharterDraft.Create(Room, "Trial (fictional)", simulated, Start, Start.AddYears(1))
            .SetNeedsSecond()
            .Set(new OperatorTerms(Operator.PublicKey, service, service, service))
            .SetLinkageModel(Digest.Of("model"u8))
            .SetEnclaves(simulated
                ? EnclaveTerms.ForSimulation("trial", Measurement)
                : new EnclaveTerms("real", "sev-snp", [Measurement], System.Text.Encoding.ASCII.GetBytes($"{{\"measurement\":[\"{Measurement}\"]}}")));
        foreach (var member in Contributors)
        {
            draft.Put(member.AsContributor());
        }

        return draft.Set(new EpochTerms(RoomDuration.Hours(24), 3, 20, 4, 2048)).Put(Agency.AsAgency()).Put(Steward.AsSteward());
    }

    public static SignedCharter Approved(RoomCharter charter, params IEnumerable<TestMember> by) =>
        by.Aggregate(SignedCharter.Begin(charter), (signed, member) => signed.Approve(member.Organisation, member.Id));

    public CharterEntry GenesisEntry() => new(Room, NewId(), Steward.Id, Approved(Genesis, Contributors));

    public EntryOutcome Append(byte[] leaf)
    {
        _leaves.Add(leaf);
        foreach (var node in _frontier.Append(MerkleTree.LeafHash(leaf)))
        {
            _nodes[node.Position] = node.Hash;
        }

        return Verifier.Append(leaf);
    }

    public EntryOutcome Append(Entry entry, SigningKey key) => Append(entry.Sign(key));

    public void Accept(Entry entry, SigningKey key) => Assert.Equal((EntryEffect.Accepted, IgnoredReason.None), Effect(Append(entry, key)));

    public static (EntryEffect, IgnoredReason) Effect(EntryOutcome outcome) => (outcome.Effect, outcome.Reason);

    public void Refuse(IgnoredReason reason, Entry entry, SigningKey key) => Assert.Equal((EntryEffect.Ignored, reason), Effect(Append(entry, key)));

    /// <summary>Genesis, people, keys and mutual listings.</summary>
    public TestRoom Opened()
    {
        Accept(GenesisEntry(), Steward.Organisation);
        foreach (var member in WithBroker)
        {
            Accept(new PersonEntry(Room, NewId(), member.Id, false, "p1", member.Approver.PublicKey, PersonRoles.Approver), member.Organisation);
            Accept(new PersonEntry(Room, NewId(), member.Id, false, "p2", member.Uploader.PublicKey, PersonRoles.Uploader), member.Organisation);
            Accept(new KeyEntry(Room, NewId(), member.Id, KeyPurpose.Record, 1, member.Record.PublicKey), member.Approver);
            Accept(new KeyEntry(Room, NewId(), member.Id, KeyPurpose.Inbox, 1, member.Inbox.PublicKey), member.Approver);
        }

        foreach (var member in Contributors)
        {
            Accept(Listing(member, Contributors.Where(other => other != member)), member.Approver);
        }

        return this;
    }

    /// <summary>Adds a person with a new key.</summary>
    public SigningKey Person(TestMember member, string name, PersonRoles roles)
    {
        var key = SigningKey.Generate();
        Accept(new PersonEntry(Room, NewId(), member.Id, false, name, key.PublicKey, roles), member.Organisation);
        return key;
    }

    public ActEntry Act(TestMember member, ActKind kind, EntryId? about = null) => new(Room, NewId(), member.Id, kind, about, 1, new byte[2048]);

    public ConfirmEntry Confirm(TestMember member, ActEntry act) => new(Room, NewId(), member.Id, State.Act(act.Id)?.LeafHash ?? Digest.Of("none"u8));

    /// <summary>Opened, with an instance that all brokers gave their keys.</summary>
    public TestRoom Running()
    {
        Opened();
        Accept(InstanceOf(1, Instance), Instance);
        foreach (var member in WithBroker)
        {
            Accept(ReleaseOf(member, 1), member.Verifier);
        }

        return this;
    }

    public SigningKey NextInstance()
    {
        Instance = SigningKey.Generate();
        return Instance;
    }

    public ListingEntry Listing(TestMember member, IEnumerable<TestMember> lists) =>
        new(Room, NewId(), member.Id, [.. lists.Select(other => other.Id)], [Agency.Id], ["C2_BLIND_MATCH", "C3_TELL_NGO", "C5_LE_NONIDENT"]);

    public BatchEntry Batch(TestMember member, BatchId? batch = null, Digest? previous = null) => new(
        Room, NewId(), member.Id, batch ?? BatchId.From(Guid.NewGuid()), State.Charter!.Hash, new LogPosition(State.Size, Digest.Of("root"u8)), Digest.Of("dataset"u8),
        Start.AddMonths(3), new byte[Hpke.EncSize], State.CurrentKey(member.Id, KeyPurpose.Record)!.Key.Id, State.CurrentKey(member.Id, KeyPurpose.Record)!.Period,
        [.. Enumerable.Range(0, 128).Select(i => Digest.Of([(byte)i]))], previous ?? State.LastBatchOf(member.Id)?.LeafHash, 64);

    public InstanceEntry InstanceOf(long generation, SigningKey signing) => new(
        Room, NewId(), State.Charter!.Hash, new LogPosition(State.Size, Digest.Of("root"u8)),
        [new InstanceEvidence(A.Id, new byte[] { 1, 2, 3 }, new byte[32])], generation, HpkePrivateKey.Generate().PublicKey, signing.PublicKey);

    public ReleaseEntry ReleaseOf(TestMember member, long generation) =>
        new(Room, NewId(), member.Id, generation, State.CurrentInstance!.Signing.Id, Start.AddHours(24), [1]);

    public ErasureEntry Erasure(TestMember member, int period = 1) => new(
        Room, NewId(), member.Id, true, period, member.Record.PublicKey.Id, "embedded", Start.AddHours(2), LeaseEnds: null, RecoverableUntil: null, "Deleted from the broker's store.");

    public ResealEntry Reseal(LoggedBatch batch, HpkePrivateKey next) => new(
        Room, NewId(), batch.Contributor, batch.LeafHash, BatchId.From(Guid.NewGuid()), 1, new byte[Hpke.EncSize], next.PublicKey.Id, 2, batch.Manifest.Parts);

    public EpochEntry EpochOf(long epoch, SignedCheckpoint checkpoint, long first = 1, Digest? root = null, DateTimeOffset? time = null) => new(
        Room, NewId(), checkpoint, epoch, true, State.CurrentInstance!.Generation,
        [.. WithBroker.Select(member => new EpochRecipient(member.Id, first, first + 3, root ?? Digest.Of("r"u8)))], time ?? Start.AddHours(1));

    public SignedCheckpoint Checkpoint(SigningKey? signer = null) =>
        CheckpointSigner.Sign(signer ?? Operator, "operator", new Checkpoint(CosignedCheckpoint.OriginOf(Room), _frontier.Size, _frontier.Root));

    public SignedCheckpoint Cosigned(DateTimeOffset? time = null, IEnumerable<TestMember>? by = null) => Cosign(Checkpoint(), time ?? Start.AddHours(1), by ?? WithBroker);

    public static SignedCheckpoint Cosign(SignedCheckpoint note, DateTimeOffset time, IEnumerable<TestMember> by) =>
        note.WithCosignatures(by.Select(member => Cosigner.Cosign(member.Witness, member.Id.Value, note.Checkpoint, time)));

    public IReadOnlyList<Digest> Proof(long index) => MerkleProof.Inclusion(index, _frontier.Size, position => _nodes[position]);

    /// <summary>What all witnesses have cosigned of this log, as if it were lost but for its first entries.</summary>
    public RecoveryStatement Lost(LogPosition surviving, int number = 1, IEnumerable<TestMember>? by = null) => RecoveryStatement.Create(
        Room, number, State.Charter!.Hash, (by ?? WithBroker).Select(member => new WitnessPosition(member.Id, new LogPosition(_frontier.Size, _frontier.Root))),
        surviving, Start.AddHours(5), "The disk was lost.");

    /// <summary>A recovery with the signatures of these.</summary>
    public static SignedRecovery Signed(RecoveryStatement statement, params IEnumerable<TestMember> by) =>
        by.Aggregate(SignedRecovery.Begin(statement), (signed, member) => signed.Sign(member.Organisation, member.Id));

    public RecoveryEntry Recovery(SignedRecovery signed, params IReadOnlyList<SignedCharter> charters) => new(Room, NewId(), A.Id, charters, signed);

    /// <summary>The same room, members and keys with the first entries of the log alone. The first room's end is also this one's.</summary>
    public TestRoom Restored(int size)
    {
        var room = new TestRoom(this);
        foreach (var leaf in _leaves.Take(size))
        {
            room.Append(leaf);
        }

        return room;
    }

    /// <summary>A reader of the first entries of the log alone.</summary>
    public LogVerifier Left(long size)
    {
        var left = new LogVerifier(Room);
        foreach (var leaf in _leaves.Take((int)size))
        {
            left.Append(leaf);
        }

        return left;
    }

    public void Dispose()
    {
        foreach (var member in (TestMember[])[A, B, C, Agency, Steward])
        {
            member.Dispose();
        }

        Operator.Dispose();
        Instance.Dispose();
    }
}
