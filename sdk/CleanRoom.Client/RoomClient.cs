using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Charters;
using CleanRoom.Client.Inbox;
using CleanRoom.Client.Rooms;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Client;

/// <summary>
/// One member's connection to a room. It exists only after the log was read from its first entry and verified: the charter chain, this member's own
/// approval, the witnesses' cosignatures, and that the log extends what this profile trusted before. Not safe for concurrent use.
/// </summary>
public sealed class RoomClient : IDisposable
{
    private readonly X509Certificate2 _certificate;
    private readonly PinnedChannel _ingestion;
    private readonly RoomClientOptions _options;
    private readonly SignedCharter _kept;
    private readonly List<SignedCharter> _charters = [];
    private readonly Dictionary<EntryId, EntryOutcome> _own = [];
    private readonly KeptLog _log;
    private readonly List<LogSegment> _unkept = [];
    private LogReader _reader;
    private PinnedChannel? _notification;

    private RoomClient(
        MemberProfile profile, RoomMemory memory, SignedCharter kept, RoomClientOptions options, X509Certificate2 certificate, PinnedChannel ingestion)
    {
        Profile = profile;
        Memory = memory;
        _kept = kept;
        _options = options;
        _certificate = certificate;
        _ingestion = ingestion;
        _reader = new LogReader(ingestion, memory.Room, memory.Checkpoint, memory.Recovery);
        EpochFacts = new EpochFacts(memory.CheckpointTime);
        _log = new KeptLog(memory.Folder, memory.Room);
        Ingestion = new IngestionService.IngestionServiceClient(ingestion.CallInvoker);
    }

    /// <summary>The member.</summary>
    public MemberProfile Profile { get; }

    /// <summary>What the profile remembers of the room.</summary>
    public RoomMemory Memory { get; }

    /// <summary>The room.</summary>
    public RoomId Room => Memory.Room;

    /// <summary>The room as its cosigned log says it is, in this member's view.</summary>
    public RoomState State => _reader.State;

    /// <summary>The newest cosigned checkpoint.</summary>
    public CosignedCheckpoint Checkpoint => _reader.Checkpoint!;

    /// <summary>The charter that took over last; whether its time has come or gone is <see cref="CharterStatus"/>'s answer.</summary>
    public RoomCharter Charter => State.Charter!;

    /// <summary>The same with its approvals.</summary>
    public SignedCharter SignedCharter => _charters[^1];

    /// <summary>Every version that took over, from genesis.</summary>
    public IReadOnlyList<SignedCharter> Charters => _charters;

    /// <summary>Whether the charter is valid at room time.</summary>
    public CharterStatus CharterStatus => State.CharterAt(Checkpoint.Time).Status;

    /// <summary>Whether the room is simulated: nothing in it protects anybody.</summary>
    public bool Simulated => Charter.Simulated;

    internal IngestionService.IngestionServiceClient Ingestion { get; }

    internal TimeProvider Time => _options.Time;

    internal EpochFacts EpochFacts { get; private set; }

    /// <summary>
    /// Puts a signed charter into a room's log: version 1 makes the room, a higher one becomes the newest. It does not trust the room: connect afterwards. Idempotent.
    /// </summary>
    /// <param name="profile">A member, with its organisation key.</param>
    /// <param name="charter">With the approvals that it needs.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <param name="endpoints">Other addresses than the charter's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">The charter does not list the member with this key.</exception>
    /// <exception cref="CleanRoomException">Ingestion refused or cannot be reached.</exception>
    public static async Task<AppendedEntry> SubmitCharterAsync(
        MemberProfile profile, SignedCharter charter, string passphrase, RoomEndpoints? endpoints, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(charter);
        CharterFiles.RequireListed(charter.Charter, profile);
        using var key = profile.OpenOrganisationKey(passphrase);
        using var certificate = profile.OpenTransportCertificate();
        var service = charter.Charter.Operator.Ingestion;
        using var channel = PinnedChannel.Create(endpoints?.Ingestion ?? service.Endpoint, service.Tls, certificate);
        var leaf = new CharterEntry(charter.Charter.Room, NewEntryId(), profile.Member, charter).Sign(key);
        var response = await new IngestionService.IngestionServiceClient(channel.CallInvoker)
            .AppendAsync(new AppendRequest { Room = charter.Charter.Room.ToString(), Leaf = ByteString.CopyFrom(leaf) }, cancellationToken: cancellationToken).ConfigureAwait(false);
        return new AppendedEntry((long)response.Index, response.Existed);
    }

    /// <summary>
    /// Joins a room: hands the signed charter to this member's broker, if it has one, and keeps it as the one that the room must follow. Connects to nothing but the broker. Idempotent.
    /// </summary>
    /// <param name="profile">The member.</param>
    /// <param name="charter">Signed by all that it needs.</param>
    /// <param name="endpoints">Other addresses than the charter's.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task<AcceptedCharter> JoinAsync(MemberProfile profile, SignedCharter charter, RoomEndpoints? endpoints, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        ArgumentNullException.ThrowIfNull(charter);
        CharterFiles.RequireListed(charter.Charter, profile);
        var memory = profile.OpenRoom(charter.Charter.Room);
        if (charter.Charter.Version == 1)
        {
            var verdict = charter.Check(parent: null);
            if (!verdict.TakesOver)
            {
                throw new ClientException(ClientProblem.VerificationFailed, $"The charter is not in force: {Describe(verdict)}.");
            }

            if (memory.Genesis is { } known && known != charter.Charter.Hash)
            {
                throw new ClientException(
                    ClientProblem.VerificationFailed, $"Room {charter.Charter.Room} began with another charter ({known}): a room has one genesis; use another room id.");
            }
        }

        // A representative or steward has no broker; what it joins is judged when the log is read.
        var accepted = new AcceptedCharter(charter.Charter.Version, null, 0);
        if (charter.Charter.TryFind(profile.Member, out var self) && self.Broker is not null)
        {
            using var broker = BrokerClient.Connect(profile, charter.Charter, endpoints);
            accepted = await broker.AcceptCharterAsync(charter, cancellationToken).ConfigureAwait(false);
        }

        memory.KeepCharter(charter);
        if (charter.Charter.Version == 1)
        {
            memory.RememberGenesis(charter.Charter.Hash);
        }

        return accepted;
    }

    /// <summary>Connects to a room that this profile has joined, and verifies its whole log.</summary>
    /// <param name="profile">The member.</param>
    /// <param name="room">The room.</param>
    /// <param name="options">Addresses and waits; null for the defaults.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="ClientException">The room was not joined, or its log contradicts what this profile knows: the message says what to do.</exception>
    /// <exception cref="CleanRoomException">The log was forked, rolled back or is not cosigned, or ingestion cannot be reached.</exception>
    public static async Task<RoomClient> ConnectAsync(MemberProfile profile, RoomId room, RoomClientOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(profile);
        options ??= new RoomClientOptions();
        var memory = profile.OpenRoom(room);
        var kept = profile.CharterOf(room);
        var certificate = profile.OpenTransportCertificate();
        PinnedChannel? channel = null;
        try
        {
            var service = kept.Charter.Operator.Ingestion;
            channel = PinnedChannel.Create(options.Endpoints.Ingestion ?? service.Endpoint, service.Tls, certificate);
            var client = new RoomClient(profile, memory, kept, options, certificate, channel);
            await client.SyncAsync(options.Fresh, cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch (ArgumentException exception)
        {
            channel?.Dispose();
            certificate.Dispose();
            throw new ClientException(ClientProblem.Usage, "A service's address must start with https://: check it.", exception);
        }
        catch
        {
            channel?.Dispose();
            certificate.Dispose();
            throw;
        }
    }

    /// <summary>Reads what the witnesses have cosigned since, and verifies it.</summary>
    /// <exception cref="CleanRoomException">As at connecting.</exception>
    public Task SyncAsync(CancellationToken cancellationToken) => SyncAsync(fresh: false, cancellationToken);

    /// <summary>Signs an entry, appends it and waits until it is cosigned and had its effect.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="key">A key with the role that it needs.</param>
    /// <param name="cancellationToken">Stops waiting; the entry may still enter the log.</param>
    /// <exception cref="ClientException">The log ignores the entry: the message names the reason.</exception>
    /// <exception cref="CleanRoomException">Ingestion refused, or the witnesses did not cosign in time.</exception>
    public async Task<AppendedEntry> AppendAsync(Entry entry, ISigningKey key, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(key);
        var response = await Ingestion.AppendAsync(
            new AppendRequest { Room = Room.ToString(), Leaf = ByteString.CopyFrom(entry.Sign(key)) }, cancellationToken: cancellationToken).ConfigureAwait(false);
        await WaitForAsync((long)response.Index, cancellationToken).ConfigureAwait(false);
        if (_own.TryGetValue(entry.Id, out var outcome) && outcome.Effect == EntryEffect.Ignored)
        {
            throw new ClientException(
                ClientProblem.NotPermitted, $"The log ignores the {entry.Type} entry ({outcome.Reason}): run \"cleanroom room status\" to see this member's keys and roles in the room.");
        }

        return new AppendedEntry((long)response.Index, response.Existed);
    }

    /// <summary>Waits until a position is covered by a cosigned checkpoint, and reads up to it.</summary>
    /// <param name="index">The position.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="CleanRoomException">It was not cosigned in time (<see cref="RoomClientOptions.CosignWait"/>).</exception>
    public async Task WaitForAsync(long index, CancellationToken cancellationToken)
    {
        if (Checkpoint.Size <= index)
        {
            await Ingestion.GetInclusionAsync(
                new GetInclusionRequest { Room = Room.ToString(), Index = (ulong)index },
                deadline: (Time.GetUtcNow() + _options.CosignWait).UtcDateTime,
                cancellationToken: cancellationToken).ConfigureAwait(false);
            await SyncAsync(fresh: false, cancellationToken).ConfigureAwait(false);
        }

        if (Checkpoint.Size <= index)
        {
            throw new CleanRoomException(
                ErrorReason.NotCosigned, $"Position {index} of the log is not cosigned yet.", null, "Wait until more brokers are reachable; nothing is lost meanwhile.");
        }
    }

    /// <summary>
    /// Brings this member's people, keys and listing into the log, as far as they are not there. Contributors' and agencies' record keys come from their broker. Idempotent.
    /// </summary>
    /// <param name="registration">The listing.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <param name="cancellationToken">Stops; what was appended stays.</param>
    public async Task<RegistrationResult> RegisterAsync(Registration registration, string passphrase, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(registration);
        RequireInForce();
        var appended = new List<string>();
        var missing = Profile.People.Where(person => State.PersonOf(person.PublicKey.Id) is null).ToList();
        var unknownTransport = State.PersonOf(Profile.TransportKey.Id) is null;
        if (unknownTransport || missing.Count > 0)
        {
            using var organisation = Profile.OpenOrganisationKey(passphrase);
            if (unknownTransport)
            {
                await AppendPersonAsync("transport", Profile.TransportKey, PersonRoles.Transport, organisation, cancellationToken).ConfigureAwait(false);
                appended.Add("transport key");
                await ReopenAsync(cancellationToken).ConfigureAwait(false);
            }

            foreach (var person in missing.Where(person => State.PersonOf(person.PublicKey.Id) is null))
            {
                await AppendPersonAsync(person.Person, person.PublicKey, person.Roles, organisation, cancellationToken).ConfigureAwait(false);
                appended.Add($"person {person.Person}");
            }
        }

        await RegisterKeysAsync(appended, cancellationToken).ConfigureAwait(false);
        await RegisterListingAsync(registration, appended, cancellationToken).ConfigureAwait(false);
        return new RegistrationResult(appended) { Waiting = State.WaitingListingOf(Profile.Member) };
    }

    /// <summary>Signs as the second person a listing of this member that waits: from here on it counts in full.</summary>
    /// <param name="listing">The entry that the person has read, <see cref="WaitingListing.Id"/>: another one is not confirmed in its place.</param>
    /// <param name="person">Who signs; null for the first approver who has not signed yet.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ClientException">It does not wait, or nobody here may sign it as the second.</exception>
    public async Task<AppendedEntry> ConfirmListingAsync(EntryId listing, string? person, CancellationToken cancellationToken)
    {
        await SyncAsync(cancellationToken).ConfigureAwait(false);
        RequireInForce();
        var waiting = State.WaitingListingOf(Profile.Member) is { } found && found.Id == listing
            ? found
            : throw new ClientException(ClientProblem.NoInput, "No such listing of this member waits for a second person: see \"cleanroom room listing\".");
        return await ConfirmAsync(waiting.LeafHash, waiting.Person, person, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Signs an entry that waits for a second approver.</summary>
    /// <param name="waiting">Hash of the entry's leaf.</param>
    /// <param name="first">Who has signed it.</param>
    /// <param name="person">Who signs; null for the first approver who has not signed yet.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async Task<AppendedEntry> ConfirmAsync(Digest waiting, string first, string? person, CancellationToken cancellationToken)
    {
        person ??= Profile.People.FirstOrDefault(item => item.Roles.HasFlag(PersonRoles.Approver) && item.Person != first)?.Person
            ?? throw new ClientException(ClientProblem.NotPermitted, "The second signature must be another person's: let a colleague who is approver confirm, with a key of her own (\"cleanroom keys add-person\").");
        using var approver = Profile.OpenPersonKey(PersonRoles.Approver, person);
        return await AppendAsync(new ConfirmEntry(Room, NewEntryId(), Profile.Member, waiting), approver, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Signs the outcome of a veto: forbids a version that is not in the log yet.</summary>
    /// <param name="charter">The version.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AppendedEntry> VetoAsync(RoomCharter charter, string passphrase, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(charter);
        using var key = Profile.OpenOrganisationKey(passphrase);
        return await AppendAsync(new VetoEntry(Room, NewEntryId(), Profile.Member, charter.Hash, charter.Version), key, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts into the log that this member's keys are frozen or free again, signed by an approver: every broker of the member and the enclave itself hold to it.</summary>
    /// <exception cref="ClientException">The profile holds no approver's key.</exception>
    /// <exception cref="CleanRoomException">Ingestion refused or cannot be reached.</exception>
    public async Task<AppendedEntry> SetFrozenAsync(bool frozen, CancellationToken cancellationToken)
    {
        using var approver = Profile.OpenPersonKey(PersonRoles.Approver);
        return await AppendAsync(new FreezeEntry(Room, NewEntryId(), Profile.Member, frozen), approver, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Revokes a person's key, or the TLS key: it counts nowhere from the next cosigned entry on.</summary>
    /// <param name="key">The key.</param>
    /// <param name="passphrase">Of the organisation key; empty if it has none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<AppendedEntry> RevokeAsync(KeyId key, string passphrase, CancellationToken cancellationToken)
    {
        var person = State.PersonOf(key) is { RevokedAt: null } found && found.Member == Profile.Member
            ? found
            : throw new ClientException(ClientProblem.Configuration, "The room knows no such live key of this member: see \"cleanroom room status\".");
        using var organisation = Profile.OpenOrganisationKey(passphrase);
        return await AppendAsync(
            new PersonEntry(Room, NewEntryId(), Profile.Member, Revoke: true, person.Name, person.Key, PersonRoles.None), organisation, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose()
    {
        _notification?.Dispose();
        _ingestion.Dispose();
        _certificate.Dispose();
    }

    internal static EntryId NewEntryId() => EntryId.From(RandomUuid.New());

    internal EntryOutcome? OutcomeOf(EntryId id) => _own.GetValueOrDefault(id);

    internal Task SyncFreshAsync(CancellationToken cancellationToken) => SyncAsync(fresh: true, cancellationToken);

    internal NotificationService.NotificationServiceClient Notification()
    {
        var service = Charter.Operator.Notification;
        _notification ??= PinnedChannel.Create(_options.Endpoints.Notification ?? service.Endpoint, service.Tls, _certificate);
        return new NotificationService.NotificationServiceClient(_notification.CallInvoker);
    }

    /// <summary>Refuses to go on unless the charter is valid at room time and this member's approval has not expired.</summary>
    internal void RequireInForce()
    {
        switch (CharterStatus)
        {
            case CharterStatus.Expired:
                throw new ClientException(
                    ClientProblem.VerificationFailed,
                    $"The charter expired on {ProtocolTime.Write(Charter.Expires)} (room time): propose the next version and have every contributor sign it.");
            case CharterStatus.NotYetValid:
                throw new ClientException(
                    ClientProblem.VerificationFailed, $"The charter is valid from {ProtocolTime.Write(Charter.ValidFrom)} (room time): wait until then.");
            case CharterStatus.None:
                throw new ClientException(ClientProblem.VerificationFailed, "The log holds no charter in force: do not use this room.");
        }

        if (Charter.Contributor(Profile.Member) is not null && !State.HasLiveApproval(Profile.Member, Checkpoint.Time))
        {
            throw new ClientException(
                ClientProblem.VerificationFailed, $"The approval of {Profile.Member} has expired: propose the next version and sign it.");
        }
    }

    private static string Describe(CharterVerdict verdict) => verdict switch
    {
        { Invalid.Count: > 0 } => $"the approval of {verdict.Invalid[0]} does not verify; have it signed again",
        { Missing.Count: > 0 } => $"{string.Join(", ", verdict.Missing)} {(verdict.Missing.Count == 1 ? "has" : "have")} not signed it; have every contributor sign",
        _ => $"{verdict.Refusal}; see \"cleanroom charter verify\"",
    };

    private async Task SyncAsync(bool fresh, CancellationToken cancellationToken)
    {
        await _reader.SyncAsync(fresh, Observe, cancellationToken).ConfigureAwait(false);
        OwnWord.Require(Profile, Memory, _kept.Charter, State, _charters);
        if (_reader.Recovery > Memory.Recovery)
        {
            // What is lost for the room is not lost here: it says what this member has to append again.
            _log.SetAside(_reader.Recovery);
        }

        Memory.RememberCheckpoint(Checkpoint, _reader.Recovery);
        _log.Keep(_unkept);
        _unkept.Clear();
        if (Memory.Genesis is null)
        {
            Memory.RememberGenesis(State.Genesis!);
        }

        if (Memory.FindCharter()?.Charter.Version < Charter.Version)
        {
            Memory.KeepCharter(SignedCharter);
        }
    }

    private void Observe(LogSegment segment)
    {
        EpochFacts.Observe(segment.Outcomes, segment.Checkpoint, State);
        _unkept.Add(segment);
        foreach (var outcome in segment.Outcomes)
        {
            if (outcome is { IsAccepted: true, Entry.Entry: CharterEntry charter })
            {
                _charters.Add(charter.Content);
            }

            if (outcome.Entry?.Entry is { } entry && entry.Author == Profile.Member)
            {
                _own[entry.Id] = outcome;
            }
        }
    }

    /// <summary>Others' eyes see fewer entries: what came before this member was known to the room is read again.</summary>
    private async Task ReopenAsync(CancellationToken cancellationToken)
    {
        _reader = new LogReader(_ingestion, Room, Memory.Checkpoint, Memory.Recovery);
        EpochFacts = new EpochFacts(Memory.CheckpointTime);
        _charters.Clear();
        _own.Clear();
        _unkept.Clear();
        await SyncAsync(fresh: false, cancellationToken).ConfigureAwait(false);
    }

    private async Task AppendPersonAsync(string person, VerifyingKey key, PersonRoles roles, ISigningKey organisation, CancellationToken cancellationToken) =>
        await AppendAsync(new PersonEntry(Room, NewEntryId(), Profile.Member, Revoke: false, person, key, roles), organisation, cancellationToken).ConfigureAwait(false);

    private async Task RegisterKeysAsync(List<string> appended, CancellationToken cancellationToken)
    {
        // Agencies too: their inputs to the enclave are sealed to it, and their broker names its period when it releases.
        if (Charter.TryFind(Profile.Member, out var self) && self.Broker is not null)
        {
            AcceptedCharter accepted;
            using (var broker = BrokerClient.Connect(Profile, Charter, _options.Endpoints))
            {
                accepted = await broker.AcceptCharterAsync(SignedCharter, cancellationToken).ConfigureAwait(false);
            }

            if (accepted.RecordKey is { } record && State.CurrentKey(Profile.Member, KeyPurpose.Record)?.Key.Equals(record) != true)
            {
                await AppendKeyAsync(KeyPurpose.Record, accepted.Period, record, cancellationToken).ConfigureAwait(false);
                appended.Add($"record key {accepted.Period}");
            }
        }

        var inbox = Profile.InboxKeys[^1];
        if (State.CurrentKey(Profile.Member, KeyPurpose.Inbox)?.Key.Equals(inbox.PublicKey) != true)
        {
            await AppendKeyAsync(KeyPurpose.Inbox, inbox.Period, inbox.PublicKey, cancellationToken).ConfigureAwait(false);
            appended.Add($"inbox key {inbox.Period}");
        }
    }

    private async Task AppendKeyAsync(KeyPurpose purpose, int period, HpkePublicKey key, CancellationToken cancellationToken)
    {
        using var approver = Profile.OpenPersonKey(PersonRoles.Approver);
        await AppendAsync(new KeyEntry(Room, NewEntryId(), Profile.Member, purpose, period, key), approver, cancellationToken).ConfigureAwait(false);
    }

    private async Task RegisterListingAsync(Registration registration, List<string> appended, CancellationToken cancellationToken)
    {
        if (registration.ListContributors is not { } contributors || Charter.Contributor(Profile.Member) is null)
        {
            return;
        }

        var known = State.ListingOf(Profile.Member);
        var entry = new ListingEntry(Room, NewEntryId(), Profile.Member, contributors, registration.AuthoriseAgencies, registration.Purposes);
        _ = Consents(registration.Purposes, out var purposes);
        if ((State.WaitingListingOf(Profile.Member)?.Wanted ?? known) is { } last && last.Contributors.SetEquals(contributors) && last.Agencies.SetEquals(registration.AuthoriseAgencies)
            && last.Purposes == purposes)
        {
            return;
        }

        using var approver = Profile.OpenPersonKey(PersonRoles.Approver);
        await AppendAsync(entry, approver, cancellationToken).ConfigureAwait(false);
        appended.Add("listing");
    }

    private static bool Consents(IReadOnlyList<string> words, out CleanRoom.Charter.Consent.ConsentPurpose purposes) =>
        CleanRoom.Charter.Consent.ConsentPurposes.TryParse(words, out purposes)
            ? true
            : throw new ClientException(ClientProblem.Usage, "The purposes of a standing authorisation must be codes of the list consentPurpose, such as C2_BLIND_MATCH.");
}
