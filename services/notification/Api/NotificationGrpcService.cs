using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Notification.Delivery;
using CleanRoom.Notification.Inboxes;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Storage.Slots;
using CleanRoom.Transport;
using Google.Protobuf;
using Grpc.Core;

namespace CleanRoom.Notification.Api;

/// <summary>Translates the contract's calls.</summary>
internal sealed class NotificationGrpcService(FrameReceiver receiver, InboxStreams inboxes) : NotificationService.NotificationServiceBase
{
    public override async Task<DeliverResponse> Deliver(IAsyncStreamReader<DeliverRequest> requestStream, ServerCallContext context)
    {
        var delivered = await receiver.ReceiveAsync(context.GetPeerKey(), NextAsync, context.CancellationToken);
        return new DeliverResponse { Stored = (uint)delivered.Stored, Existed = (uint)delivered.Existed };

        async Task<MessageFrame?> NextAsync(CancellationToken cancellationToken) =>
            await requestStream.MoveNext(cancellationToken) ? ToDomain(requestStream.Current.Frame) : null;
    }

    public override Task Subscribe(SubscribeRequest request, IServerStreamWriter<SubscribeResponse> responseStream, ServerCallContext context) =>
        inboxes.StreamAsync(
            Room(request.Room),
            context.GetPeerKey(),
            Number(request.After, "after"),
            request.Once,
            frame => responseStream.WriteAsync(new SubscribeResponse { Frame = ToWire(frame) }, context.CancellationToken),
            context.CancellationToken);

    public override async Task<AcknowledgeResponse> Acknowledge(AcknowledgeRequest request, ServerCallContext context) => new()
    {
        Through = (ulong)await inboxes.AcknowledgeAsync(
            Room(request.Room), context.GetPeerKey(), Number(request.Through, "through"), context.CancellationToken),
    };

    private static RoomId Room(string text) => RoomId.TryParse(text, out var room)
        ? room
        : throw new CleanRoomException(ErrorReason.InvalidArgument, "The room id must be a UUID in lower case with hyphens.", "room");

    private static long Number(ulong value, string field) => value <= long.MaxValue
        ? (long)value
        : throw new CleanRoomException(ErrorReason.OutOfRange, "No message has such a number.", field);

    private static MessageFrame ToDomain(Frame? frame)
    {
        if (frame is null || frame.Path.Count > MerkleProof.MaxHashes)
        {
            throw new CleanRoomException(ErrorReason.InvalidArgument, "The frame is missing, or its audit path is too long.", "frame");
        }

        var path = new Digest[frame.Path.Count];
        for (var i = 0; i < path.Length; i++)
        {
            path[i] = Digest.TryFromBytes(frame.Path[i].Span, out var hash)
                ? hash
                : throw new CleanRoomException(ErrorReason.InvalidArgument, "A hash of the audit path must have 32 bytes.", "frame.path");
        }

        return new MessageFrame(frame.Header, frame.Ciphertext.Memory, path);
    }

    private static Frame ToWire(SlotFrame frame)
    {
        var wire = new Frame { Header = frame.Header, Ciphertext = UnsafeByteOperations.UnsafeWrap(frame.Ciphertext) };
        wire.Path.AddRange(frame.Path.Select(static hash => UnsafeByteOperations.UnsafeWrap(hash.Memory)));
        return wire;
    }
}
