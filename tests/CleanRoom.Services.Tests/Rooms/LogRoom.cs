using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Rooms;

/// <summary>A room of three contributors and one agency in a real ingestion service. Three of four witnesses make a quorum.</summary>
internal sealed class LogRoom : IDisposable
{
    private readonly List<PinnedChannel> _channels = [];

    public LogRoom(IngestionServer server, WitnessServers witnesses, KeyId? notification = null, TimeSpan? age = null, int? quota = null, VerifyingKey? operatorKey = null, int slots = 4)
    {
        Server = server;
        Parties = [.. witnesses.All.Select(witness => new Party(Id, witness))];
        var now = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var draft = CharterDraft.Create(Id, "Test", simulated: true, now - TimeSpan.FromDays(30), now + TimeSpan.FromDays(30) - (age ?? TimeSpan.Zero));
        foreach (var party in Parties)
        {
            draft.Put(party.Id.Value == "delta"
                ? new AgencyMember(party.Id, "Delta", party.Organisation.PublicKey, "police_ahtu", ["THA"], ["trafficking"], party.Broker, new AgencyQuota(1, 1), 30)
                : new ContributorMember(party.Id, party.Id.Value, party.Organisation.PublicKey, party.Broker, "desk", now + TimeSpan.FromDays(20)));
        }

        draft.Set(new OperatorTerms(
            operatorKey ?? server.OperatorKey,
            new ServiceTerms(server.Address, server.Pin),
            new ServiceTerms(new Uri("https://127.0.0.1:2"), TlsCertificates.KeyOf(Matching)),
            new ServiceTerms(new Uri("https://127.0.0.1:3"), notification ?? KeyId.OfSpki([3]))));
        draft.SetEnclaves(EnclaveTerms.ForSimulation("matching", new string('a', 96)));
        draft.SetLinkageModel(RoomModel.Shipped.Digest);
        draft.Set(new EpochTerms(RoomDuration.Hours(1), 3, 20, slots, 2048));
        if (quota is { } records)
        {
            draft.Set(new QuotaTerms(5, new Dictionary<MemberId, int> { [Alpha.Id] = records }));
        }

        Charter = draft.TryBuild(out var charter, out var errors) ? charter : throw new InvalidOperationException(string.Join("\n", errors));
    }

    public IngestionServer Server { get; }

    public RoomId Id { get; } = RoomId.From(Guid.NewGuid());

    public string Text => Id.ToString();

    public RoomCharter Charter { get; }

    public IReadOnlyList<Party> Parties { get; }

    public Party Alpha => Parties[0];

    public Party Beta => Parties[1];

    public Party Gamma => Parties[2];

    public Party Delta => Parties[3];

    public X509Certificate2 Matching { get; } = TlsCertificates.CreateSelfSigned("matching", TimeProvider.System);

    public X509Certificate2 Stranger { get; } = TlsCertificates.CreateSelfSigned("stranger", TimeProvider.System);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A room with genesis and, if wished, all members' persons and keys, cosigned.</summary>
    public static async Task<LogRoom> OpenAsync(
        IngestionServer server, WitnessServers witnesses, bool joined = true, KeyId? notification = null, TimeSpan? age = null, int? quota = null, int slots = 4)
    {
        var room = new LogRoom(server, witnesses, notification, age, quota, slots: slots);
        await room.AppendAsync(room.Genesis());
        if (joined)
        {
            foreach (var party in room.Parties)
            {
                foreach (var leaf in party.Joining())
                {
                    await room.AppendAsync(leaf);
                }
            }

            await room.CosignedAsync(21);
        }

        return room;
    }

    public byte[] Genesis(params string[] without)
    {
        var signed = SignedCharter.Begin(Charter);
        foreach (var party in Parties.Where(party => party != Delta && !without.Contains(party.Id.Value)))
        {
            signed = signed.Approve(party.Organisation, party.Id);
        }

        return new CharterEntry(Id, Party.NewId(), Alpha.Id, signed).Sign(Alpha.Organisation);
    }

    public IngestionService.IngestionServiceClient Client(X509Certificate2? certificate = null) => new(Channel(certificate ?? Alpha.Transport).CallInvoker);

    public PinnedChannel Channel(X509Certificate2 certificate)
    {
        var channel = PinnedChannel.Create(Server.Address, Server.Pin, certificate);
        _channels.Add(channel);
        return channel;
    }

    public async Task<AppendResponse> AppendAsync(byte[] leaf, X509Certificate2? certificate = null) => await Client(certificate).AppendAsync(
        new AppendRequest { Room = Text, Leaf = ByteString.CopyFrom(leaf) }, cancellationToken: Token);

    /// <summary>Waits until so many entries are cosigned, and reads the log as the matching service, with all checks.</summary>
    public async Task<LogReader> CosignedAsync(long size)
    {
        await Client().GetInclusionAsync(
            new GetInclusionRequest { Room = Text, Index = (ulong)size - 1 }, deadline: DateTime.UtcNow.AddSeconds(30), cancellationToken: Token);
        var reader = new LogReader(Channel(Matching), Id);
        await reader.SyncAsync(fresh: false, null, Token);
        return reader;
    }

    public TestBatch Batch(Party? author = null, Digest? previous = null, int size = 1100, LogPosition? checkpoint = null, DateTimeOffset? deleteBy = null) =>
        new(this, author ?? Alpha, previous, size, checkpoint ?? new LogPosition(1, Digest.Of([])), deleteBy ?? Charter.Expires);

    public void Dispose()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        foreach (var party in Parties)
        {
            party.Dispose();
        }

        Matching.Dispose();
        Stranger.Dispose();
    }
}

/// <summary>A sealed batch of 64 slots.</summary>
internal sealed class TestBatch
{
    private const int Slots = 64;
    private const int ChunkSize = 700;

    public TestBatch(LogRoom room, Party author, Digest? previous, int size, LogPosition checkpoint, DateTimeOffset deleteBy)
    {
        using var sender = Hpke.SetupSender(author.Record.PublicKey, BatchSeal.Info(room.Id, author.Id, author.Record.PublicKey.Id));
        Room = room;
        Author = author;
        Parts = [.. Enumerable.Range(0, 2 * Slots).Select(_ => RandomNumberGenerator.GetBytes(size))];
        Id = BatchId.From(Guid.NewGuid());
        Manifest = new BatchEntry(
            room.Id, Party.NewId(), author.Id, Id, room.Charter.Hash, checkpoint, Digest.Of([]), deleteBy, sender.Enc, author.Record.PublicKey.Id, 1,
            [.. Parts.Select(part => Digest.Of(part))], previous, Slots);
        Leaf = Manifest.Sign(author.Uploader);
    }

    public LogRoom Room { get; }

    public Party Author { get; }

    public BatchId Id { get; }

    public BatchEntry Manifest { get; }

    public byte[] Leaf { get; set; }

    public IReadOnlyList<byte[]> Parts { get; }

    public UploadBatchRequest Start() => new() { Start = new UploadStart { Room = Room.Text, Manifest = ByteString.CopyFrom(Leaf) } };

    public IEnumerable<UploadBatchRequest> Chunks(int from = 0, int until = int.MaxValue) =>
        Enumerable.Range(from, Math.Min(until, Parts.Count) - from).SelectMany(part => Chunks(part, Parts[part]));

    public static IEnumerable<UploadBatchRequest> Chunks(int part, byte[] bytes, int chunk = ChunkSize)
    {
        for (var offset = 0; offset < bytes.Length; offset += chunk)
        {
            var length = Math.Min(chunk, bytes.Length - offset);
            yield return new UploadBatchRequest
            {
                Chunk = new UploadChunk
                {
                    Part = (uint)part,
                    Offset = (uint)offset,
                    Data = ByteString.CopyFrom(bytes, offset, length),
                    Last = offset + length == bytes.Length,
                },
            };
        }
    }

    /// <summary>A message of whole parts.</summary>
    public static UploadBatchRequest Whole(int first, params IEnumerable<byte[]> parts) => new()
    {
        Parts = new UploadParts { First = (uint)first, Data = { parts.Select(part => ByteString.CopyFrom(part)) } },
    };

    /// <summary>Sends messages and ends the stream.</summary>
    public async Task<UploadBatchResponse> SendAsync(IEnumerable<UploadBatchRequest> messages, X509Certificate2? certificate = null)
    {
        using var call = Room.Client(certificate ?? Author.Transport).UploadBatch(cancellationToken: TestContext.Current.CancellationToken);
        try
        {
            foreach (var message in messages)
            {
                await call.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The server has refused already; its answer says why.
        }

        return await call.ResponseAsync;
    }

    public Task<UploadBatchResponse> UploadAsync() => SendAsync(Chunks().Prepend(Start()));

    public async Task<GetUploadResponse> ProgressAsync() => await Room.Client(Author.Transport).GetUploadAsync(
        new GetUploadRequest { Room = Room.Text, Batch = Id.ToString() }, cancellationToken: TestContext.Current.CancellationToken);
}
