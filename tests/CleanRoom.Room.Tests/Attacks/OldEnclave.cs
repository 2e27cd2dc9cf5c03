using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Demo;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Simulation;
using CleanRoom.Matching.Enclave;
using CleanRoom.Matching.Release;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Room.Tests.Rooms;
using CleanRoom.Transport;
using Google.Protobuf;
using BrokerClient = CleanRoom.Matching.Release.BrokerClient;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>An enclave instance of the approved code that was attested, got every owner's keys, and was then paused: it comes back when another one runs.</summary>
internal sealed class OldEnclave : IDisposable
{
    private readonly DemoRoom _room;
    private readonly InstanceKeys _keys = new(TimeProvider.System);
    private readonly PinnedChannel _ingestion;
    private readonly VerifiedLog _log;
    private readonly KeyRing _ring = new();
    private InstanceEntry? _entry;
    private LoggedInstance? _logged;

    public OldEnclave(DemoRoom room)
    {
        _room = room;
        var ingestion = room.Charter.Operator.Ingestion;
        _ingestion = PinnedChannel.Create(ingestion.Endpoint, ingestion.Tls, TlsCertificates.LoadOrCreate(Path.Combine(room.Folder("matching"), "tls.pem"), "cleanroom-matching", TimeProvider.System));
        _log = new VerifiedLog(_ingestion, room.Room, TimeProvider.System);
    }

    public int Owners => _ring.Members.Count;

    /// <summary>Attests itself as the real service does, and takes the keys.</summary>
    public async Task EnterAsync()
    {
        var checkpoint = await _log.SyncAsync(fresh: true, WholeRoom.Token);
        using var provider = new SimulatedEvidenceProvider(SimulatedMeasurement.OfFolder(AppContext.BaseDirectory));
        var evidence = new List<InstanceEvidence>();
        foreach (var member in _room.Charter.Members.Where(member => member.Broker is not null).OrderBy(member => member.Id))
        {
            using var broker = new BrokerClient(member.Id, BrokerPlace.Of(member.Broker!).First(), _keys.Certificate);
            var nonce = await broker.ChallengeAsync(_room.Room, WholeRoom.Token);
            var binding = ReportBinding.Compute(nonce.Span, _keys.Signing.PublicKey, _keys.Release.PublicKey, _room.Charter.Hash);
            evidence.Add(new InstanceEvidence(member.Id, (await provider.GetEvidenceAsync(binding, WholeRoom.Token)).Json, nonce));
        }

        _entry = new InstanceEntry(
            _room.Room, EntryId.From(RandomUuid.New()), _room.Charter.Hash, LogPosition.Of(checkpoint.Note.Checkpoint), evidence,
            (_log.Newest.CurrentInstance?.Generation ?? 0) + 1, _keys.Release.PublicKey, _keys.Signing.PublicKey);
        var leaf = _entry.Sign(_keys.Signing);
        _logged = new LoggedInstance(leaf, await _log.AppendAsync(leaf, TimeSpan.FromSeconds(20), WholeRoom.Token));
        foreach (var member in _room.Charter.Members.Where(member => member.Broker is not null))
        {
            _ring.Add(member.Id, await CollectAsync(member.Id));
        }
    }

    /// <summary>Asks a broker for its owner's keys, as an instance does after a restart of its connection.</summary>
    public async Task<MemberKeys> CollectAsync(Charter.MemberId owner)
    {
        Assert.True(_room.Charter.TryFind(owner, out var member));
        using var broker = new BrokerClient(member.Id, BrokerPlace.Of(member.Broker!).First(), _keys.Certificate);
        return await broker.CollectAsync(_entry!, _logged!, _keys, _log, 1, WholeRoom.Token);
    }

    /// <summary>Ends an epoch, as if it were still the newest.</summary>
    public async Task<long> EndEpochAsync()
    {
        var checkpoint = await _log.SyncAsync(fresh: true, WholeRoom.Token);
        var state = _log.Newest;
        var slots = state.Charter!.Epochs.SlotsPerMember;
        var recipients = _room.Charter.Members.Where(member => member.Broker is not null).Select(member => member.Id).Order()
            .Select(member => new EpochRecipient(member, state.NextNumber(member), state.NextNumber(member) + slots - 1, Digest.Of("anything"u8))).ToList();
        return await _log.AppendAsync(
            new EpochEntry(_room.Room, EntryId.From(RandomUuid.New()), checkpoint.Note, state.LastEpoch + 1, true, _entry!.Generation, recipients, checkpoint.Time.Opening).Sign(_keys.Signing),
            TimeSpan.FromSeconds(20), WholeRoom.Token);
    }

    /// <summary>A message to a member, sealed as it must be and signed by this instance, in place of one that the newer instance sent.</summary>
    public Frame Forge(Charter.MemberId recipient, Frame genuine)
    {
        Assert.True(FrameHeader.TryParse(genuine.Header, out var header, out _));
        var state = _log.Newest;
        Assert.True(_ring.TryGet(recipient, out var keys));
        var ciphertext = MessageSeal.Seal(
            new RoomMessage.Empty(), new MessagePlace(_room.Room, recipient, header.Number, header.Epoch, true), state.CurrentKey(recipient, KeyPurpose.Inbox)!.Key,
            state.Charter!.Epochs.MessageBytes, keys.RoomSecret);
        var frame = new Frame { Header = (header with { Generation = _entry!.Generation, Ciphertext = Digest.Of(ciphertext) }).Sign(_keys.Signing), Ciphertext = ByteString.CopyFrom(ciphertext) };
        frame.Path.Add(genuine.Path);
        return frame;
    }

    /// <summary>The genuine ciphertext under a header of this instance.</summary>
    public Frame Resign(Frame genuine, long? generation = null)
    {
        Assert.True(FrameHeader.TryParse(genuine.Header, out var header, out _));
        var frame = genuine.Clone();
        frame.Header = (header with { Generation = generation ?? _entry!.Generation }).Sign(_keys.Signing);
        return frame;
    }

    /// <summary>Hands frames to notification over TLS with this instance's key.</summary>
    public async Task DeliverAsync(params IEnumerable<Frame> frames)
    {
        var notification = _room.Charter.Operator.Notification;
        using var channel = PinnedChannel.Create(notification.Endpoint, notification.Tls, _keys.Certificate);
        using var call = new NotificationService.NotificationServiceClient(channel.CallInvoker).Deliver(cancellationToken: WholeRoom.Token);
        foreach (var frame in frames)
        {
            await call.RequestStream.WriteAsync(new DeliverRequest { Frame = frame }, WholeRoom.Token);
        }

        await call.RequestStream.CompleteAsync();
        _ = await call.ResponseAsync;
    }

    public void Dispose()
    {
        _log.Dispose();
        _ring.Dispose();
        _ingestion.Dispose();
        _keys.Dispose();
    }
}
