using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Attestation.Releases;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Attestation.Api;

/// <summary>Reaches the log where the charter says, or at an address of the owner's choice; always under the charter's pin.</summary>
internal sealed class IngestionRoomLog(X509Certificate2 certificate, Uri? address, TimeSpan timeout) : IRoomLog, IDisposable
{
    private readonly ConcurrentDictionary<(Uri Address, KeyId Pin), Lazy<PinnedChannel>> _channels = new();

    public async Task<LoggedLeaf> AppendAsync(RoomCharter charter, ReadOnlyMemory<byte> leaf, CancellationToken cancellationToken)
    {
        var client = new IngestionService.IngestionServiceClient(ChannelTo(charter.Operator.Ingestion).CallInvoker);
        var room = charter.Room.ToString();
        try
        {
            var appended = await client.AppendAsync(
                new AppendRequest { Room = room, Leaf = ByteString.CopyFrom(leaf.Span) }, cancellationToken: cancellationToken);
            var included = await client.GetInclusionAsync(
                new GetInclusionRequest { Room = room, Index = appended.Index }, cancellationToken: cancellationToken);
            var proof = included.Proof;
            return proof?.Checkpoint is { } checkpoint && proof.Index == appended.Index
                ? new LoggedLeaf(Requests.Size(proof.Index, "index"), checkpoint.Note, Requests.Path(proof.Path, "path"))
                : throw new CleanRoomException(ErrorReason.Internal, "The log answered without a proof.");
        }
        catch (CleanRoomException exception)
        {
            throw new RoomLogException($"The room's log did not take or prove the entry: {exception.Reason}.", exception);
        }
    }

    public async Task<RoomState> ReadAsync(RoomCharter charter, LogPosition shown, CancellationToken cancellationToken)
    {
        var reader = new LogReader(ChannelTo(charter.Operator.Ingestion), charter.Room, shown);
        try
        {
            _ = await reader.SyncAsync(fresh: false, onSegment: null, cancellationToken);
            return reader.State;
        }
        catch (CleanRoomException exception)
        {
            throw new RoomLogException($"The room's log cannot be read: {exception.Reason}.", exception);
        }
    }

    private PinnedChannel ChannelTo(ServiceTerms service) =>
        _channels.GetOrAdd((address ?? service.Endpoint, service.Tls), key => new Lazy<PinnedChannel>(() => Connect(key.Address, key.Pin))).Value;

    private PinnedChannel Connect(Uri server, KeyId pin) => PinnedChannel.Create(server, pin, certificate, new PinnedChannelOptions { UnaryDeadline = timeout });

    public void Dispose()
    {
        foreach (var channel in _channels.Values.Where(channel => channel.IsValueCreated))
        {
            channel.Value.Dispose();
        }
    }
}
