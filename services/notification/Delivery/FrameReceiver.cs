using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Notification.Rooms;
using CleanRoom.Storage.Slots;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Delivery;

/// <summary>What a delivery came to.</summary>
internal readonly record struct Delivered(int Stored, int Existed);

/// <summary>
/// Takes an epoch's frames from the newest instance. A frame is stored only if the cosigned log binds its ciphertext to this recipient
/// and number, so that a hostile operator or a superseded instance can put nothing into a slot.
/// </summary>
internal sealed class FrameReceiver(
    RoomFollowers rooms, ISlotStore slots, IOptions<NotificationOptions> options, TimeProvider clock, ILogger<FrameReceiver> logger)
{
    private const int GroupFrames = 64;

    /// <summary>Receives frames until the stream ends. Frames of groups that are stored stay stored if a later one is refused.</summary>
    /// <param name="peer">The caller's TLS key.</param>
    /// <param name="next">Gives the next frame, or <see langword="null"/> at the end.</param>
    /// <param name="cancellationToken">The call's end.</param>
    public async Task<Delivered> ReceiveAsync(KeyId peer, Func<CancellationToken, Task<MessageFrame?>> next, CancellationToken cancellationToken)
    {
        var total = default(Delivered);
        var group = new List<SlotFrame>();
        RoomFollower? room = null;
        while (await NextAsync(next, cancellationToken) is { } frame)
        {
            if (!FrameHeader.TryParse(frame.Header, out var header, out _))
            {
                throw new CleanRoomException(ErrorReason.InvalidArgument, "The header is not a signed message header.", "frame.header");
            }

            if (room is null)
            {
                room = await rooms.GetAsync(header.Room, cancellationToken);
                await AuthorizeAsync(room, peer, cancellationToken);
            }

            group.Add(await CheckAsync(room, peer, header, frame, cancellationToken));
            if (group.Count == GroupFrames)
            {
                total = await StoreAsync(room, peer, group, total, cancellationToken);
            }
        }

        if (room is not null)
        {
            total = await StoreAsync(room, peer, group, total, cancellationToken);
            Log.Delivered(logger, room.Room, total.Stored, total.Existed);
        }

        return total;
    }

    private async Task AuthorizeAsync(RoomFollower room, KeyId peer, CancellationToken cancellationToken)
    {
        var view = await room.GetAsync(known => known.Instance?.Signing.Id == peer, options.Value.CatchUp, cancellationToken);
        RequireNewest(view, peer);
    }

    private async Task<SlotFrame> CheckAsync(RoomFollower room, KeyId peer, FrameHeader header, MessageFrame frame, CancellationToken cancellationToken)
    {
        var view = await room.GetAsync(
            known => known.Epochs.ContainsKey(header.Epoch) && known.Instance?.TrustedAt is not null, options.Value.CatchUp, cancellationToken);
        RequireNewest(view, peer);

        // An instance hands over what it has signed itself, also of an epoch that one before it ended; it never passes on another's signature.
        if (header.Generation != view.Instance!.Generation)
        {
            throw Refuse(FrameRefusal.WrongSigner, header);
        }

        var epoch = view.Epochs.GetValueOrDefault(header.Epoch);

        var refusal = FrameVerifier.Verify(frame, room.Room, epoch?.Head, epoch?.Charter.Hash, view.Instance, header.Recipient, out _);
        if (refusal != FrameRefusal.None)
        {
            throw Refuse(refusal, header);
        }

        if (frame.Ciphertext.Length != MessageSeal.SealedSize(epoch!.Charter.Epochs.MessageBytes))
        {
            throw new CleanRoomException(
                ErrorReason.InvalidArgument,
                $"A message of this room has {MessageSeal.SealedSize(epoch.Charter.Epochs.MessageBytes)} bytes when sealed.",
                "frame.ciphertext",
                "Pad every message to the charter's size.");
        }

        return new SlotFrame(header.Recipient.Value, header.Number, frame.Header, frame.Ciphertext, frame.Path);
    }

    private async Task<Delivered> StoreAsync(RoomFollower room, KeyId peer, List<SlotFrame> group, Delivered total, CancellationToken cancellationToken)
    {
        if (group.Count == 0)
        {
            return total;
        }

        // Asked again before each write: a newer generation may have taken over while the stream was open.
        RequireNewest(await room.GetAsync(cancellationToken), peer);

        var frames = group.ToArray();
        group.Clear();
        return await slots.PutAsync(Guid.ParseExact(room.Room.ToString(), "D"), frames, CancellationToken.None) switch
        {
            SlotPut.Stored stored => new Delivered(total.Stored + stored.Added, total.Existed + stored.Existed),
            SlotPut.Conflict conflict => throw new CleanRoomException(
                ErrorReason.AlreadyExists, $"Number {conflict.Number} of {conflict.Recipient} holds another ciphertext.", "frame.ciphertext", "Stop: two results for one number must never exist."),
            _ => throw new InvalidOperationException("The store gave an answer that it cannot give."),
        };
    }

    private async Task<MessageFrame?> NextAsync(Func<CancellationToken, Task<MessageFrame?>> next, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.Value.FrameTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await next(linked.Token);
        }
        catch (Exception exception) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested && exception is not CleanRoomException)
        {
            throw new CleanRoomException(ErrorReason.DeadlineExceeded, "The next frame did not come in time.", "frame", "Deliver again; what is stored counts.");
        }
    }

    private static void RequireNewest(RoomView view, KeyId peer)
    {
        if (view.Instance?.Signing.Id != peer)
        {
            throw new CleanRoomException(
                ErrorReason.InstanceSuperseded,
                "The TLS key is not the signing key of the newest cosigned instance.",
                null,
                "Stop if a newer generation runs; otherwise wait until the instance entry is cosigned.");
        }
    }

    private static CleanRoomException Refuse(FrameRefusal refusal, FrameHeader header) => refusal switch
    {
        FrameRefusal.UnknownEpoch => new(
            ErrorReason.FailedPrecondition, $"The cosigned log has no head of epoch {header.Epoch}.", "frame.header", "Deliver after the epoch entry is cosigned."),
        FrameRefusal.OtherRecipient => new(ErrorReason.InvalidArgument, "All frames of a delivery must be of one room.", "frame.header", "Deliver each room by itself."),
        FrameRefusal.WrongSigner => new(ErrorReason.PermissionDenied, "The header is not signed by the newest instance, or that is not trusted to hand over this epoch.", "frame.header"),
        FrameRefusal.WrongCharter => new(ErrorReason.CharterNotInForce, "The header names another charter than the one in force at the epoch's end.", "frame.header"),
        FrameRefusal.WrongNumber => new(ErrorReason.InvalidArgument, "The epoch gives this recipient other numbers.", "frame.header"),
        FrameRefusal.WrongCiphertext => new(ErrorReason.DataLoss, "The ciphertext is not the one in the header.", "frame.ciphertext", "Deliver again."),
        FrameRefusal.NotInEpoch => new(ErrorReason.InvalidArgument, "The audit path does not lead to the recipient's epoch root.", "frame.path"),
        _ => new(ErrorReason.InvalidArgument, "The header is not a signed message header.", "frame.header"),
    };
}
