using System.Diagnostics;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Epochs;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Matching.Enclave;

/// <summary>Messages whose head is in the cosigned log, to be handed over.</summary>
/// <param name="Result">The epoch; recipients whose messages are the ones that the head binds.</param>
/// <param name="Charter">Hash of the charter in force at the head.</param>
/// <param name="Trace">The span of the epoch's end, for the delivery's to follow.</param>
internal sealed record Delivery(EpochResult Result, Digest Charter, ActivityContext Trace = default);

/// <summary>Hands an epoch's messages to notification, over TLS with the instance's signing key. Repeating it changes nothing.</summary>
internal sealed class MessageCourier(InstanceKeys keys)
{
    /// <param name="charter">In force now: says where notification is.</param>
    /// <param name="generation">This instance's own, also for an epoch that one before it ended.</param>
    /// <param name="delivery">The messages.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task DeliverAsync(RoomCharter charter, long generation, Delivery delivery, CancellationToken cancellationToken)
    {
        var result = delivery.Result;
        using var channel = PinnedChannel.Create(charter.Operator.Notification.Endpoint, charter.Operator.Notification.Tls, keys.Certificate);
        var client = new NotificationService.NotificationServiceClient(channel.CallInvoker);
        using var call = client.Deliver(cancellationToken: cancellationToken);
        foreach (var recipient in result.Recipients)
        {
            for (var i = 0; i < recipient.Ciphertexts.Count; i++)
            {
                var ciphertext = recipient.Ciphertexts[i];
                var header = new FrameHeader(charter.Room, generation, recipient.Member, recipient.First + i, result.Epoch, Digest.Of(ciphertext), delivery.Charter);
                var frame = new Frame { Header = header.Sign(keys.Signing), Ciphertext = UnsafeByteOperations.UnsafeWrap(ciphertext) };
                frame.Path.Add(recipient.Tree.Path(i).Select(hash => ByteString.CopyFrom(hash.Span)));
                await call.RequestStream.WriteAsync(new DeliverRequest { Frame = frame }, cancellationToken);
            }
        }
        await call.RequestStream.CompleteAsync();
        _ = await call.ResponseAsync;
    }
}
