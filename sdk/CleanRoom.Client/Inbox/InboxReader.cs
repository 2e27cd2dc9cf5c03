using System.Runtime.CompilerServices;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Transport;

namespace CleanRoom.Client.Inbox;

/// <summary>
/// Reads a member's messages. Each is verified against the cosigned log before it is opened: signer, evidence, charter, epoch, number, label. What is left out, comes
/// out of order, comes twice with another content, or does not come at all raises an alarm. Taken messages are kept sealed in the profile.
/// </summary>
public sealed class InboxReader
{
    private readonly RoomClient _room;
    private readonly InboxOptions _options;
    private readonly FrameStore _frames;
    private readonly HashSet<(InboxAlarm, long)> _raised = [];
    private FrameJudge? _judge;
    private RoomState? _judged;

    /// <summary>Makes a reader.</summary>
    /// <param name="room">The room, connected.</param>
    /// <param name="options">Waits; null for the defaults.</param>
    public InboxReader(RoomClient room, InboxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(room);
        _room = room;
        _options = options ?? new InboxOptions();
        _frames = new FrameStore(room.Memory.Folder);
    }

    /// <summary>Number of the last message taken; 0 before the first.</summary>
    public long Last => _room.Memory.InboxNumber;

    /// <summary>Takes new messages, in order of number. A message is kept durably before it is handed out.</summary>
    /// <param name="follow">Wait for more instead of ending with the newest.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    /// <returns>Messages and alarms; after an alarm about a message the sequence ends.</returns>
    /// <exception cref="CleanRoomException">Notification or ingestion refused or cannot be reached, or the log does not verify.</exception>
    public async IAsyncEnumerable<InboxEvent> ReadAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var held = _room.Memory.Lock("inbox");
        using var call = _room.Notification().Subscribe(
            new SubscribeRequest { Room = _room.Room.ToString(), After = (ulong)Last, Once = !follow }, cancellationToken: cancellationToken);
        Task<bool>? next = null;
        while (true)
        {
            next ??= call.ResponseStream.MoveNext(cancellationToken);
            if (follow && !next.IsCompleted)
            {
                await Task.WhenAny(next, Task.Delay(_options.CheckInterval, _room.Time, cancellationToken)).ConfigureAwait(false);
                if (!next.IsCompleted)
                {
                    await _room.SyncFreshAsync(cancellationToken).ConfigureAwait(false);
                    foreach (var alarm in Silences())
                    {
                        yield return alarm;
                    }

                    continue;
                }
            }

            if (!await next.ConfigureAwait(false))
            {
                break;
            }

            next = null;
            var inboxEvent = await TakeAsync(call.ResponseStream.Current.Frame, cancellationToken).ConfigureAwait(false);
            if (inboxEvent is not null)
            {
                yield return inboxEvent;
            }

            if (inboxEvent is InboxEvent.Alarm)
            {
                yield break;
            }
        }

        await _room.SyncFreshAsync(cancellationToken).ConfigureAwait(false);
        foreach (var alarm in Silences())
        {
            yield return alarm;
        }
    }

    /// <summary>Tells notification that everything up to a number has been read. Never goes back. Idempotent.</summary>
    /// <param name="through">At most <see cref="Last"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task AcknowledgeAsync(long through, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(through);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(through, Last);
        await _room.Notification().AcknowledgeAsync(
            new AcknowledgeRequest { Room = _room.Room.ToString(), Through = (ulong)through }, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads taken messages again: each is verified and opened anew.</summary>
    /// <param name="after">Number after which to begin; 0 for all.</param>
    public IEnumerable<InboxEvent> ReadTaken(long after = 0)
    {
        var judge = Judge();
        for (var number = after + 1; number <= Last; number++)
        {
            yield return _frames.Find(number) is { } frame
                ? judge.Judge(frame, number)
                : new InboxEvent.Alarm(InboxAlarm.NumberMissing, number, $"Message {number} was taken but is not in the profile: restore it from your backup.");
        }
    }

    /// <summary>One judge for one view of the log: it remembers which instances' evidence it has appraised.</summary>
    private FrameJudge Judge()
    {
        if (_judge is null || !ReferenceEquals(_judged, _room.State))
        {
            _judged = _room.State;
            _judge = new FrameJudge(_room.State, _room.EpochFacts, _room.Profile.Member, _room.Profile.OpenInboxKey);
        }

        return _judge;
    }

    private async Task<InboxEvent?> TakeAsync(Frame? wire, CancellationToken cancellationToken)
    {
        if (ToFrame(wire) is not { } frame)
        {
            return new InboxEvent.Alarm(InboxAlarm.NotForUs, 0, "Notification sent something that is no message: tell the operator and the other members.");
        }

        // Notification may know of an epoch, or of the instance that hands it over, before this client does.
        if (FrameHeader.TryParse(frame.Header, out var header, out _))
        {
            if (header.Number <= Last && _frames.Find(header.Number) is { } known)
            {
                return known.Ciphertext.Span.SequenceEqual(frame.Ciphertext.Span)
                    ? null
                    : new InboxEvent.Alarm(
                        InboxAlarm.OtherContent, header.Number,
                        $"Another content came under number {header.Number}, which was taken before: it is refused; tell the operator and the other members.");
            }

            if (_room.State.Epoch(header.Epoch) is null || _room.State.TrustedInstanceOf(header.Generation) is null)
            {
                await _room.SyncAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        var result = Judge().Judge(frame, Last + 1);
        if (result is InboxEvent.Received { Message: var message })
        {
            _frames.Save(message.Number, frame);
            _room.Memory.RememberInbox(message.Number);
        }

        return result;
    }

    private static MessageFrame? ToFrame(Frame? wire)
    {
        if (wire is null || wire.Header.Length > FrameHeader.MaxSize || wire.Ciphertext.Length > FrameStore.MaxCiphertext || wire.Path.Count > 64)
        {
            return null;
        }

        var path = new List<Digest>();
        foreach (var step in wire.Path)
        {
            if (!Digest.TryFromBytes(step.Span, out var digest))
            {
                return null;
            }

            path.Add(digest);
        }

        return new MessageFrame(wire.Header, wire.Ciphertext.ToByteArray(), path);
    }

    /// <summary>What should have come by room time and did not. Each silence is told once.</summary>
    private IEnumerable<InboxEvent.Alarm> Silences()
    {
        var state = _room.State;
        var now = _room.Checkpoint.Time.Opening;
        var expected = state.NextNumber(_room.Profile.Member) - 1;
        if (expected > Last && state.LastEpochTime is { } decided && now - decided > _options.DeliveryGrace && _raised.Add((InboxAlarm.MessageSuppressed, expected)))
        {
            yield return new InboxEvent.Alarm(
                InboxAlarm.MessageSuppressed, Last + 1,
                $"Messages {Last + 1} to {expected} stand in the epoch head in the log and were not delivered: they are delayed or suppressed; tell the operator and the other members.");
        }

        var silence = 2 * state.Charter!.Epochs.Length.Approximate;
        silence = silence > _options.LeastSilence ? silence : _options.LeastSilence;
        if (state.CurrentInstance is { } instance && (state.LastEpochTime ?? _room.EpochFacts.TimeOfInstance(instance.Generation)) is { } last
            && now - last > silence && _raised.Add((InboxAlarm.EpochMissing, state.LastEpoch)))
        {
            yield return new InboxEvent.Alarm(
                InboxAlarm.EpochMissing, 0,
                $"No epoch has ended since {Charter.ProtocolTime.Write(last)} (room time), longer than two epochs: the enclave is stopped or its messages are held back; tell the operator.");
        }
    }
}
