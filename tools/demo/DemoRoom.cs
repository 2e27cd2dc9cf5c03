using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CleanRoom.Attestation.Keys;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Keys;
using CleanRoom.Client.Logs;
using CleanRoom.Client.Rooms;
using CleanRoom.Client.Uploads;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Storage.Brokers;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Transport;

namespace CleanRoom.Demo;

/// <summary>One room from nothing to the last notice: the steps of docs/architecture.md on the real services, wherever they run.</summary>
internal sealed class DemoRoom(RoomFile file, string folder, IServiceRunner services, Action<string> say, string? postgres = null) : IAsyncDisposable
{
    /// <summary>In earnest each holds her own key on her own machine: one profile with both is for showing.</summary>
    private static readonly Dictionary<string, PersonRoles> People = new(StringComparer.Ordinal)
    {
        ["p1"] = PersonRoles.Approver | PersonRoles.Releaser | PersonRoles.Uploader,
        ["p2"] = PersonRoles.Approver,
    };

    private readonly Dictionary<string, MemberProfile> _profiles = [];
    private readonly Dictionary<string, RoomClient> _rooms = [];
    private readonly RoomId _room = RoomId.From(RandomUuid.New());
    private RoomCharter? _charter;
    private RunningService? _ingestion;
    private int _matchingPort;

    public RoomId Room => _room;

    private int Minimum => file.MinimumNewRecords ?? RoomFile.UsualMinimum;

    public RoomCharter Charter => _charter ?? throw new InvalidOperationException("The room is not open yet.");

    /// <summary>Every member's profile, by id.</summary>
    public IReadOnlyDictionary<string, MemberProfile> Profiles => _profiles;

    /// <summary>The connection of every member with a broker, by id.</summary>
    public IReadOnlyDictionary<string, RoomClient> Rooms => _rooms;

    /// <summary>Contributors and agencies.</summary>
    public IReadOnlyList<string> Brokered { get; } = [.. file.Contributors.Select(c => c.Id), .. file.Agencies.Select(a => a.Id)];

    /// <summary>Starts all services but the enclave, makes keys and charter, lets everybody sign and join.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        foreach (var id in (string[])[.. Brokered, "room-steward", "survivor-council"])
        {
            _profiles[id] = MemberProfile.Create(Path.Combine(folder, "members", id), MemberId.Parse(id), new ProfileOptions { People = People }, TimeProvider.System);
        }
        say($"keys made for {_profiles.Count} members");

        var ingestionIdentity = await services.IdentityAsync(ServiceKind.Ingestion, Folder("ingestion"), cancellationToken);
        var matchingIdentity = await services.IdentityAsync(ServiceKind.Matching, Folder("matching"), cancellationToken);
        _ingestion = await services.StartAsync(ServiceKind.Ingestion, "ingestion", Folder("ingestion"), Store(), cancellationToken);
        var notification = await services.StartAsync(ServiceKind.Notification, "notification", Folder("notification"), [.. ToIngestion("Notification"), .. Store()], cancellationToken);
        var brokers = new Dictionary<string, BrokerTerms>();
        foreach (var id in Brokered)
        {
            var data = Folder("broker-" + id);
            var identity = await services.IdentityAsync(ServiceKind.Attestation, data, cancellationToken);
            var broker = await services.StartAsync(
                ServiceKind.Attestation, "broker-" + id, data,
                [
                    $"--Attestation:Owner={id}", $"--Attestation:OrganisationKey={_profiles[id].OrganisationKey.ToJwk().ToJsonString()}",
                    $"--Attestation:AdminKeys:0={_profiles[id].TransportKey.Id}", "--Attestation:AllowSimulated=true", .. Store(id),
                ],
                cancellationToken);
            brokers[id] = new BrokerTerms(broker.Address, broker.Key, Key(identity, "verifierKey"), Key(identity, "witnessKey"));
        }
        say($"{brokers.Count + 2} services listen on loopback, mTLS, each pinned by its key; stores: {(postgres is null ? "SQLite" : "PostgreSQL")}");

        _matchingPort = await services.ChoosePortAsync(cancellationToken);
        var charter = Sign(Draft(
            new OperatorTerms(
                Key(ingestionIdentity, "operator"),
                new ServiceTerms(_ingestion.Address, _ingestion.Key),
                new ServiceTerms(new Uri($"https://127.0.0.1:{_matchingPort}"), KeyId.Parse(matchingIdentity.GetProperty("tls").GetString())),
                new ServiceTerms(notification.Address, notification.Key)),
            matchingIdentity.GetProperty("measurement").GetString()!,
            brokers));
        _charter = charter.Charter;
        foreach (var id in Brokered)
        {
            _ = await RoomClient.JoinAsync(_profiles[id], charter, null, cancellationToken);
        }
        _ = await RoomClient.SubmitCharterAsync(_profiles["room-steward"], charter, "", null, cancellationToken);
        say($"charter v1 {_charter.Hash} signed by {file.Contributors.Count} contributors and the survivor council, genesis is leaf 0");

        foreach (var id in Brokered)
        {
            var room = await ConnectAsync(id, cancellationToken);
            _rooms[id] = room;
            var contributor = file.Contributors.FirstOrDefault(item => item.Id == id);
            var others = file.Contributors.Where(item => item.Id != id).Select(item => item.Id);
            var registered = await room.RegisterAsync(
                contributor is null
                    ? new Registration()
                    : new Registration
                    {
                        ListContributors = [.. (contributor.Lists ?? others).Where(other => other != id).Select(MemberId.Parse)],
                        AuthoriseAgencies = [.. contributor.Authorises.Select(MemberId.Parse)],
                    },
                "", cancellationToken);
            if (registered.Waiting is { } listing)
            {
                _ = await room.ConfirmListingAsync(listing.Id, "p2", cancellationToken);
            }
        }
        say("people, keys and listings are in the cosigned log, each listing signed by two people");
    }

    /// <summary>Connects; the brokers of a slow machine may still be on their way to the genesis.</summary>
    private async Task<RoomClient> ConnectAsync(string id, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await RoomClient.ConnectAsync(_profiles[id], _room, null, cancellationToken);
            }
            catch (CleanRoomException exception) when (exception.Reason is ErrorReason.NotCosigned or ErrorReason.DeadlineExceeded && attempt < 30)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Starts the enclave and waits until it has attested itself and holds the owners' keys.</summary>
    public async Task StartMatchingAsync(CancellationToken cancellationToken)
    {
        var matching = await services.StartAsync(ServiceKind.Matching, "matching", Folder("matching"), MatchingSettings(_matchingPort), cancellationToken);
        await WaitAsync(status => status.State == GetStatusResponse.Types.State.Running, "the enclave to be attested and running", cancellationToken);
        say($"enclave attested ({matching.Address}): every broker appraised its evidence and released its keys");
    }

    /// <summary>Settings of a matching service for this room.</summary>
    public IReadOnlyList<string> MatchingSettings(int port) => [$"--Server:Port={port}", $"--Matching:Room={_room}", .. ToIngestion("Matching")];

    /// <summary>Seals and uploads every contributor's records.</summary>
    public async Task UploadAsync(IReadOnlyList<CaseFile> files, CancellationToken cancellationToken)
    {
        foreach (var (contributor, manifest, import) in files)
        {
            var result = await new Uploader(_rooms[contributor.Id]).UploadAsync(import, manifest, null, cancellationToken);
            say($"{contributor.Name}: {import.Rows.Count} rows, {result.Plan.ToSend} sealed, {result.Plan.NotSealed} without a live grant stay home, {result.Batches.Count} receipt(s)");
        }
    }

    /// <summary>Waits until the queries have run and no member is told anything new, and reads every inbox.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<RoomMessage>>> ReadInboxesAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(status => status.EvaluatedEpoch > 0, $"the queries, which run from {Minimum} new records of three contributors on", cancellationToken, Minimum);
        var evaluated = (await StatusAsync(cancellationToken)).EvaluatedEpoch;
        var told = await Task.WhenAll(Brokered.Select(async id => (Id: id, Messages: await ReadInboxAsync(id, (long)evaluated, cancellationToken))));
        return told.ToDictionary(pair => pair.Id, pair => pair.Messages);
    }

    /// <summary>Reads one inbox up to the first epoch after the queries ran that brings nothing new.</summary>
    private async Task<IReadOnlyList<RoomMessage>> ReadInboxAsync(string id, long evaluated, CancellationToken cancellationToken)
    {
        var messages = new List<RoomMessage>();
        var newsIn = 0L;
        await foreach (var item in new InboxReader(_rooms[id]).ReadAsync(follow: true, cancellationToken))
        {
            if (item is InboxEvent.Alarm alarm)
            {
                throw new DemoException(1, $"{id}: {alarm.Text}");
            }
            var message = ((InboxEvent.Received)item).Message;
            if (message.Content is RoomMessage.Head && message.Epoch > evaluated + 1 && newsIn < message.Epoch - 1)
            {
                return messages;
            }
            if (message.Content is not (RoomMessage.Head or RoomMessage.Empty))
            {
                newsIn = message.Epoch;
            }
            messages.Add(message.Content);
        }
        throw new DemoException(69, $"{id}: notification ended the stream; see notification.log.");
    }

    /// <summary>Verifies all receipts offline and the whole log, as each contributor would.</summary>
    public async Task<(int Receipts, long Entries, int Ignored)> VerifyAsync(CancellationToken cancellationToken)
    {
        var receipts = 0;
        long entries = 0;
        var ignored = 0;
        foreach (var contributor in file.Contributors)
        {
            receipts += Uploader.VerifyOffline(_profiles[contributor.Id], _room).Count;
            var findings = await LogAudit.VerifyAsync(_rooms[contributor.Id], cancellationToken);
            entries = findings.Lines.Count;
            ignored = findings.Ignored.Count();
        }
        return (receipts, entries, ignored);
    }

    /// <summary>Joins what everybody was told. Needs every owner's room secret: the demo alone holds them all.</summary>
    public async Task<LinkTable> JoinAsync(IReadOnlyDictionary<string, IReadOnlyList<RoomMessage>> told, CancellationToken cancellationToken)
    {
        var secrets = new Dictionary<MemberId, SecretBytes>();
        var records = new Dictionary<MemberId, IReadOnlyList<KnownRecord>>();
        foreach (var contributor in file.Contributors)
        {
            var member = MemberId.Parse(contributor.Id);
            using var keys = BrokerKeys.Open(Folder("broker-" + contributor.Id), null);
            var store = OpenBroker(contributor.Id);
            using var closing = (IDisposable)store;
            var room = await store.FindAsync(Guid.Parse(_room.ToString()), cancellationToken) ?? throw new DemoException(1, $"{contributor.Id}: the broker does not know the room.");
            secrets[member] = new SecretBytes(new RoomSecrets(keys).OpenRoomSecret(_room, room.SealedRoomSecret.Span));
            records[member] = [.. (await ReferencesAsync(contributor.Id, cancellationToken)).Select(item => new KnownRecord(member, item.Key, item.Value))];
        }
        var table = new LinkTable(_room, secrets, records);
        foreach (var (id, messages) in told)
        {
            foreach (var message in messages.Where(message => !table.Take(MemberId.Parse(id), message)))
            {
                throw new DemoException(1, $"{id} was told of a match ({message.Kind}) that belongs to no pair of records.");
            }
        }
        return table;
    }

    /// <summary>A contributor's own map of records: lines of them, of which the last one that names a reference counts.</summary>
    private async Task<Dictionary<string, Guid>> ReferencesAsync(string contributor, CancellationToken cancellationToken)
    {
        var known = new Dictionary<string, Guid>(StringComparer.Ordinal);
        await foreach (var line in File.ReadLinesAsync(Path.Combine(_rooms[contributor].Memory.Folder, "records.json"), cancellationToken))
        {
            using var json = JsonDocument.Parse(line);
            foreach (var item in json.RootElement.GetProperty("records").EnumerateArray())
            {
                known[item.GetProperty("ref").GetString()!] = item.GetProperty("id").GetGuid();
            }
        }
        return known;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var room in _rooms.Values)
        {
            room.Dispose();
        }
        await services.DisposeAsync();
    }

    private string[] ToIngestion(string section) => [$"--{section}:IngestionAddress={_ingestion!.Address}", $"--{section}:IngestionKey={_ingestion.Key}"];

    private SignedCharter Sign(CharterDraft draft)
    {
        if (!draft.TryBuild(out var charter, out var errors))
        {
            throw new DemoException(65, "The charter breaks a rule: " + string.Join("; ", errors.Select(error => error.ToString())));
        }
        var signed = SignedCharter.Begin(charter);
        foreach (var contributor in file.Contributors)
        {
            using var key = _profiles[contributor.Id].OpenOrganisationKey();
            signed = signed.Approve(key, MemberId.Parse(contributor.Id));
        }
        using var seat = _profiles["survivor-council"].OpenOrganisationKey();
        signed = signed.Approve(seat, MemberId.Parse("survivor-council"));
        return signed;
    }

    private CharterDraft Draft(OperatorTerms operatorTerms, string measurement, Dictionary<string, BrokerTerms> brokers)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        var draft = CharterDraft.Create(_room, $"{file.Title} (simulated demonstration)", simulated: true, now.AddMinutes(-5), now.AddDays(30));
        foreach (var contributor in file.Contributors)
        {
            _ = draft.Put(new ContributorMember(
                MemberId.Parse(contributor.Id), contributor.Name, _profiles[contributor.Id].OrganisationKey, brokers[contributor.Id], contributor.Desk, now.AddDays(30)));
        }
        foreach (var agency in file.Agencies)
        {
            _ = draft.Put(new AgencyMember(
                MemberId.Parse(agency.Id), agency.Name, _profiles[agency.Id].OrganisationKey, agency.Kind, [.. agency.Jurisdictions.Order(StringComparer.Ordinal)], ["trafficking"],
                brokers[agency.Id], new AgencyQuota(50, 20), 30));
        }
        _ = draft.Put(new RepresentativeMember(
            MemberId.Parse("survivor-council"), "Survivor council (fictional)", _profiles["survivor-council"].OrganisationKey, "survivors"));
        _ = draft.Put(new StewardMember(MemberId.Parse("room-steward"), "Room steward (fictional)", _profiles["room-steward"].OrganisationKey));
        var terms = new EpochTerms(RoomDuration.Seconds(file.EpochSeconds), 3, Minimum, file.Slots, file.MessageBytes);
        return draft.Set(operatorTerms).Set(terms).SetEnclaves(EnclaveTerms.ForSimulation("cleanroom-matching (simulated)", measurement))
            .SetLinkageModel(RoomModel.Shipped.Digest);
    }

    /// <summary>What the enclave says of itself.</summary>
    public async Task<GetStatusResponse> StatusAsync(CancellationToken cancellationToken)
    {
        using var certificate = _profiles["room-steward"].OpenTransportCertificate();
        using var channel = PinnedChannel.Create(_charter!.Operator.Matching.Endpoint, _charter.Operator.Matching.Tls, certificate);
        var status = await new MatchingService.MatchingServiceClient(channel.CallInvoker).GetStatusAsync(new GetStatusRequest { Room = _room.ToString() }, cancellationToken: cancellationToken);
        return status.State != GetStatusResponse.Types.State.Running || status.Simulated == _charter.Simulated
            ? status
            : throw new DemoException(1, "The enclave's status lacks the label \"simulated\" of its room: it is refused.");
    }

    /// <summary>Waits until the enclave's status is as it should be, three minutes at most, and a minute more for each 600 records.</summary>
    public async Task WaitAsync(Func<GetStatusResponse, bool> condition, string what, CancellationToken cancellationToken, int records = 0)
    {
        GetStatusResponse? status = null;
        for (var i = 0; i < 900 + (records / 2); i++)
        {
            status = await StatusAsync(cancellationToken);
            if (condition(status))
            {
                return;
            }
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }
        throw new DemoException(69, $"Waited in vain for {what}; the enclave is {status!.State} {status.Reason}. See matching.log.");
    }

    /// <summary>The folder of a service: ingestion, matching, notification, broker-ID.</summary>
    public string Folder(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;

    /// <summary>Settings of a service that keeps a store; each broker has schemas of its own, as brokers of several owners have.</summary>
    private string[] Store(string? broker = null) =>
        postgres is null ? [] : [$"--Store:Postgres={postgres}", $"--Store:Schema={Schema(broker)}", "--Store:MaximumConnections=12"];

    private static string Schema(string? broker) => broker is null ? "cleanroom" : "b_" + broker.Replace('-', '_');

    private IBrokerStore OpenBroker(string id) => postgres is null
        ? SqliteBrokerStore.Open(new SqliteOptions { Folder = Folder("broker-" + id) })
        : PostgresBrokerStore.Open(new PostgresOptions { ConnectionString = postgres, Schema = Schema(id) });

    private static VerifyingKey Key(JsonElement json, string name) =>
        VerifyingKey.TryFromJwk(json.GetProperty(name), out var key) ? key : throw new DemoException(70, $"The identity's {name} is not a key.");

    /// <summary>A port that nobody listens on now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
