using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Attestation;
using CleanRoom.Attestation.Keys;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Linkage.Models;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Common.V1;
using CleanRoom.Transport;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using SignedCheckpoint = CleanRoom.Cryptography.SignedCheckpoint;

namespace CleanRoom.Services.Tests.Attestation;

/// <summary>
/// A room of four members around one real broker, that of "alpha": Kestrel with mTLS, SQLite, a real log. The other three witnesses are
/// keys of the test; three of four make a quorum.
/// </summary>
internal sealed class TestRoom : IAsyncDisposable
{
    public static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly string[] Contributors = ["alpha", "beta", "gamma"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-broker-");
    private readonly Dictionary<string, (SigningKey Organisation, SigningKey Verifier, SigningKey Witness, SigningKey Tls)> _keys = [];
    private readonly SigningKey _operator;
    private readonly X509Certificate2 _admin;
    private readonly X509Certificate2 _stranger;
    private readonly List<PinnedChannel> _channels = [];
    private readonly TestRoom? _first;
    private bool _standsIn;
    private StandInTerms? _standIn;
    private WebApplication? _app;
    private VaultDoor? _door;

    private TestRoom(TestRoom? first = null)
    {
        _first = first;
        (Clock, Log, Room, Measurement) = first is null
            ? (new ManualClock(), new TestLog(), RoomId.From(Guid.NewGuid()), new LaunchMeasurement(RandomNumberGenerator.GetBytes(LaunchMeasurement.Size)))
            : (first.Clock, first.Log, first.Room, first.Measurement);
        _operator = first?._operator ?? SigningKey.Generate();
        _admin = TlsCertificates.CreateSelfSigned("admin", TimeProvider.System);
        _stranger = TlsCertificates.CreateSelfSigned("stranger", TimeProvider.System);
        foreach (var member in new[] { "alpha", "beta", "gamma", "delta" })
        {
            _keys[member] = first?._keys[member] ?? (SigningKey.Generate(), SigningKey.Generate(), SigningKey.Generate(), SigningKey.Generate());
        }
    }

    public ManualClock Clock { get; }

    public TestLog Log { get; }

    public RoomId Room { get; }

    public string RoomText => Room.ToString();

    public LaunchMeasurement Measurement { get; }

    public string DataFolder => Path.Combine(_folder.FullName, "alpha");

    public BrokerKeys BrokerKeys { get; private set; } = null!;

    public RoomCharter Charter { get; private set; } = null!;

    public AttestationService.AttestationServiceClient Enclave { get; private set; } = null!;

    public BrokerService.BrokerServiceClient Owner { get; private set; } = null!;

    /// <summary>The broker's owner interface, called with a key that is nobody's.</summary>
    public BrokerService.BrokerServiceClient Stranger { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A running broker that has not joined.</summary>
    public static Task<TestRoom> StartAsync(params string[] arguments) => StartAsync(null, arguments);

    /// <summary>The same, with another machine and identity before the vault.</summary>
    public static async Task<TestRoom> StartAsync(VaultDoor? door, params string[] arguments)
    {
        var room = new TestRoom { _door = door };
        await room.Log.StartAsync();
        room.BrokerKeys = BrokerKeys.Open(room.DataFolder, null);
        room.Charter = Build(room.Draft());
        room.Log.Cosign = async size => (await room.CosignedAsync(room.Log.Tree, size)).ToText();
        await room.StartBrokerAsync(arguments);
        return room;
    }

    /// <summary>A running broker that has joined and cosigned genesis.</summary>
    public static Task<TestRoom> JoinedAsync(params string[] arguments) => JoinedAsync(null, arguments);

    /// <summary>The same, with another machine and identity before the vault.</summary>
    public static async Task<TestRoom> JoinedAsync(VaultDoor? door, params string[] arguments)
    {
        var room = await StartAsync(door, arguments);
        await room.Owner.AcceptCharterAsync(new AcceptCharterRequest { SignedCharter = ByteString.CopyFrom(room.Signed(room.Charter).ToBytes()) }, cancellationToken: Token);
        room.LogGenesis();
        _ = await room.CosignedAsync(room.Log.Tree, 1);
        return room;
    }

    /// <summary>A running broker that the charter names as alpha's stand-in; alpha's own broker is keys of the test, and has handed over nothing yet.</summary>
    public static async Task<TestRoom> StandInAsync()
    {
        var room = new TestRoom { _standsIn = true };
        await room.Log.StartAsync();
        room.BrokerKeys = BrokerKeys.Open(room.DataFolder, null);
        room.Charter = Build(room.Draft());
        room.Log.Cosign = size => Task.FromResult(room.CosignedByOthers(room.Log.Tree, size).ToText());
        await room.StartBrokerAsync();
        room.LogGenesis();
        return room;
    }

    /// <summary>A second broker of alpha's in this room, which has not joined yet; both charters name it as a stand-in.</summary>
    public async Task<TestRoom> SecondAsync(VaultDoor? door = null, params string[] arguments)
    {
        var second = new TestRoom(this) { _door = door };
        second.BrokerKeys = BrokerKeys.Open(second.DataFolder, null);
        _standIn = second.StandInTerms();
        Charter = second.Charter = Build(Draft());
        await second.StartBrokerAsync(arguments);
        return second;
    }

    public void LogGenesis() =>
        _ = Log.Append(new CharterEntry(Room, EntryId.From(Guid.NewGuid()), Alpha, Signed(Charter)).Sign(_keys["alpha"].Organisation));

    public SigningKey OrganisationKey(string member) => _keys[member].Organisation;

    public SigningKey VerifierKey(string member) => _keys[member].Verifier;

    public CharterDraft Draft(int version = 1) => version == 1 ? Genesis(simulated: true) : CharterDraft.After(Charter);

    public CharterDraft Genesis(bool simulated)
    {
        var draft = CharterDraft.Create(Room, "Test", simulated, Clock.Now.AddHours(-1), Clock.Now.AddDays(30));
        foreach (var member in _keys.Keys)
        {
            draft.Put(Member(member));
        }

        return draft
            .Set(new OperatorTerms(_operator.PublicKey, Service(), new ServiceTerms(new Uri("https://127.0.0.1:2"), KeyId.OfSpki([2])), new ServiceTerms(new Uri("https://127.0.0.1:3"), KeyId.OfSpki([3]))))
            .SetEnclaves(EnclaveTerms.ForSimulation("matching", Measurement.ToString()))
            .SetLinkageModel(RoomModel.Shipped.Digest);
    }

    public CharterMember Member(string member, SigningKey? verifier = null, SigningKey? organisation = null)
    {
        var keys = _keys[member];
        var broker = member == "alpha" && !_standsIn
            ? new BrokerTerms(new Uri("https://127.0.0.1:4"), BrokerKeys.Tls.PublicKey.Id, (verifier ?? BrokerKeys.Verifier).PublicKey, BrokerKeys.Witness.PublicKey)
            : new BrokerTerms(new Uri("https://127.0.0.1:4"), keys.Tls.PublicKey.Id, keys.Verifier.PublicKey, keys.Witness.PublicKey);
        if (member == "alpha" && _standsIn)
        {
            broker = broker with { StandIns = [StandInTerms()] };
        }
        else if (member == "alpha" && _standIn is not null)
        {
            broker = broker with { StandIns = [_standIn] };
        }

        var organisationKey = (organisation ?? keys.Organisation).PublicKey;
        return Contributors.Contains(member)
            ? new ContributorMember(MemberId.Parse(member), member, organisationKey, broker, "desk", Clock.Now.AddDays(20))
            : new AgencyMember(MemberId.Parse(member), member, organisationKey, "police_ahtu", ["THA"], ["trafficking"], broker, new AgencyQuota(1, 1), 30);
    }

    public static RoomCharter Build(CharterDraft draft) => draft.TryBuild(out var charter, out var errors)
        ? charter
        : throw new InvalidOperationException(string.Join("\n", errors));

    public SignedCharter Signed(RoomCharter charter, params string[] without)
    {
        var signed = SignedCharter.Begin(charter);
        foreach (var member in Contributors.Except(without).Where(member => charter.Contributor(MemberId.Parse(member)) is not null))
        {
            signed = signed.With(MemberId.Parse(member), CharterDecision.Sign(_keys[member].Organisation, charter, MemberId.Parse(member), Decision.Approve));
        }

        return signed;
    }

    /// <summary>A checkpoint of the tree, signed by the log only.</summary>
    public SignedCheckpoint Checkpoint(TestTree tree, int size, SigningKey? key = null, string? origin = null) => CheckpointSigner.Sign(
        key ?? _operator, "operator", new Checkpoint(origin ?? CosignedCheckpoint.OriginOf(Room), size, tree.Root(size)));

    /// <summary>Cosigned by the test's witnesses.</summary>
    public SignedCheckpoint CosignedByOthers(TestTree tree, int size, TimeSpan skew = default, params string[] witnesses)
    {
        var note = Checkpoint(tree, size);
        return note.WithCosignatures((witnesses.Length > 0 ? witnesses : ["beta", "gamma", "delta"])
            .Select(witness => Cosigner.Cosign(_keys[witness].Witness, witness, note.Checkpoint, Clock.Now + skew)));
    }

    /// <summary>Cosigned by the broker too.</summary>
    public async Task<SignedCheckpoint> CosignedAsync(TestTree tree, int size)
    {
        var note = CosignedByOthers(tree, size);
        return note.WithCosignatures(await AskAsync(tree, size));
    }

    /// <summary>Asks the broker for a cosignature from where it stands.</summary>
    public async Task<Cosignature> AskAsync(TestTree tree, int size)
    {
        var state = await Owner.GetRoomAsync(new GetRoomRequest { Room = RoomText }, cancellationToken: Token);
        var answer = await Enclave.CosignAsync(Request(tree, (int)state.Size, size), cancellationToken: Token);
        return Cosignature.TryParse(answer.Cosignature, out var cosignature) ? cosignature : throw new InvalidOperationException("Not a cosignature line.");
    }

    public CosignRequest Request(TestTree tree, int from, int size, SignedCheckpoint? note = null) => new()
    {
        Room = RoomText,
        Checkpoint = new Protocol.Common.V1.SignedCheckpoint { Note = (note ?? Checkpoint(tree, size)).ToText() },
        Proof = Proof(tree, from, size),
    };

    public static ConsistencyProof Proof(TestTree tree, int from, int to)
    {
        var proof = new ConsistencyProof { OldSize = (ulong)from, NewSize = (ulong)to };
        if (from > 0 && from <= to)
        {
            proof.Path.AddRange(tree.Consistency(from, to).Select(hash => ByteString.CopyFrom(hash.Span)));
        }

        return proof;
    }

    public async Task StartBrokerAsync(params string[] arguments)
    {
        var jwk = _keys["alpha"].Organisation.PublicKey.ToJwk().ToJsonString();
        _app = AttestationHost.Build(
            [
                "--Server:DataFolder=" + DataFolder, "--Attestation:Owner=alpha", "--Attestation:OrganisationKey=" + jwk,
                "--Attestation:AdminKeys:0=" + TlsCertificates.KeyOf(_admin), "--Attestation:AllowSimulated=true", .. arguments,
            ],
            builder =>
            {
                _ = builder.Services.AddSingleton<TimeProvider>(Clock);
                if (_door is not null)
                {
                    _ = builder.Services.AddSingleton(_door);
                }
            });
        await _app.StartAsync(Token);
        Connect(new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()));
    }

    /// <summary>Points the clients at a broker.</summary>
    public void Connect(Uri address)
    {
        var admin = Channel(address, _admin);
        var stranger = Channel(address, _stranger);
        Owner = new BrokerService.BrokerServiceClient(admin.CallInvoker);
        Enclave = new AttestationService.AttestationServiceClient(stranger.CallInvoker);
        Stranger = new BrokerService.BrokerServiceClient(stranger.CallInvoker);
    }

    /// <summary>The command line of this broker, for a process of its own.</summary>
    public IReadOnlyList<string> Arguments() =>
    [
        "--Server:DataFolder=" + DataFolder, "--Attestation:Owner=alpha",
        "--Attestation:OrganisationKey=" + _keys["alpha"].Organisation.PublicKey.ToJwk().ToJsonString(),
        "--Attestation:AdminKeys:0=" + TlsCertificates.KeyOf(_admin), "--Attestation:AllowSimulated=true",
    ];

    public async Task StopBrokerAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        _channels.Clear();
        if (_app is not null)
        {
            await _app.StopAsync(Token);
            await _app.DisposeAsync();
            _app = null;
        }
    }

    public async Task RestartAsync(params string[] arguments)
    {
        await StopBrokerAsync();
        await StartBrokerAsync(arguments);
    }

    public Task<TestInstance> InstanceAsync(long generation = 1) => TestInstance.StartAsync(this, generation);

    public static async Task<CleanRoomException> RefusedAsync(ErrorReason expected, Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(call);
        Assert.True(expected == refusal.Reason, $"{refusal.Reason}: {refusal.Message}");
        return refusal;
    }

    public async ValueTask DisposeAsync()
    {
        await StopBrokerAsync();
        if (_first is null)
        {
            await Log.DisposeAsync();
        }

        BrokerKeys.Dispose();
        _admin.Dispose();
        _stranger.Dispose();
        _folder.Delete(recursive: true);
    }

    private StandInTerms StandInTerms() => new(new Uri("https://127.0.0.1:5"), BrokerKeys.Tls.PublicKey.Id, BrokerKeys.Verifier.PublicKey, BrokerKeys.HandOver.PublicKey);

    private ServiceTerms Service() => new(Log.Address, Log.Key);

    private PinnedChannel Channel(Uri address, X509Certificate2 certificate)
    {
        // A custody that refuses is asked several times by the line itself, which takes its time on a slow machine.
        var channel = PinnedChannel.Create(address, BrokerKeys.Tls.PublicKey.Id, certificate, new PinnedChannelOptions { UnaryDeadline = TimeSpan.FromMinutes(5) });
        _channels.Add(channel);
        return channel;
    }
}
