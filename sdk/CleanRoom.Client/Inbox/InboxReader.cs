using System.Runtime.CompilerServices;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Rooms;
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
    // So many frames that have arrived already share one flush to the disk.
    private const int MostTogether = 64;

    private readonly RoomClient _room;
    private readonly InboxOptions _options;
    private readonly FrameStore _frames;
    private readonly HashSet<(InboxAlarm, long)> _raised = [];
    private long _handed;

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
    public long Last => Math.Max(_handed, _frames.Handed);

    /// <summary>
    /// Takes new messages, in order of number. A message is kept durably before it is handed out; one that was kept and whose reader was
    /// killed before it was done with it is handed out first.
    /// </summary>
    /// <param name="follow">Wait for more instead of ending with the newest.</param>
    /// <param name="cancellationToken">Ends the sequence.</param>
    /// <returns>Messages and alarms; after an alarm about a message the sequence ends.</returns>
    /// <exception cref="CleanRoomException">Notification or ingestion refused or cannot be reached, or the log does not verify.</exception>
    public async IAsyncEnumerable<InboxEvent> ReadAsync(bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var held = _room.Memory.Lock("inbox");
        var began = _room.Checkpoint.Time.Opening;
        using var keys = new HeldKeys(_room.Profile.OpenInboxKey);
        using var writer = _frames.OpenWriter();
        foreach (var kept in Judge(NewJudge(keys), _frames, _frames.Handed, _frames.Taken))
        {
            try
            {
                yield return Hand(kept);
            }
            finally
            {
                writer.MarkHanded(_handed);
            }

            if (kept is InboxEvent.Alarm)
            {
                yield break;
            }
        }

        using var call = _room.Notification().Subscribe(
            new SubscribeRequest { Room = _room.Room.ToString(), After = (ulong)_frames.Taken, Once = !follow }, cancellationToken: cancellationToken);
        var stream = call.ResponseStream;
        var (judge, judged) = (NewJudge(keys), _room.State);
        Task<bool>? next = null;
        while (true)
        {
            next ??= stream.MoveNext(cancellationToken);
            if (!next.IsCompleted)
            {
                keys.Close();
            }

            if (follow && !next.IsCompleted)
            {
                await Task.WhenAny(next, Task.Delay(_options.CheckInterval, _room.Time, cancellationToken)).ConfigureAwait(false);
                if (!next.IsCompleted)
                {
                    await _room.SyncFreshAsync(cancellationToken).ConfigureAwait(false);
                    foreach (var alarm in Silences(_room.Checkpoint.Time.Opening))
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

            // Notification may know of an epoch, or of the instance that hands it over, before this client does.
            if (!IsForeseen(stream.Current.Frame))
            {
                await _room.SyncAsync(cancellationToken).ConfigureAwait(false);
            }

            // One judge for one view of the log: it remembers which instances' evidence it has appraised.
            if (!ReferenceEquals(judged, _room.State))
            {
                (judge, judged) = (NewJudge(keys), _room.State);
            }

            // What has arrived already is judged together and flushed once; then it is handed out.
            var events = new List<InboxEvent>();
            while (events.Count < MostTogether && next is { IsCompletedSuccessfully: true } && await next.ConfigureAwait(false)
                && (events.Count == 0 || IsForeseen(stream.Current.Frame)))
            {
                next = null;
                var item = Take(stream.Current.Frame, judge, writer);
                if (item is not null)
                {
                    events.Add(item);
                }

                if (item is InboxEvent.Alarm)
                {
                    break;
                }

                next = stream.MoveNext(cancellationToken);
            }

            writer.Flush();
            foreach (var item in events)
            {
                try
                {
                    yield return Hand(item);
                }
                finally
                {
                    writer.MarkHanded(_handed);
                }
            }

            if (events is [.., InboxEvent.Alarm])
            {
                yield break;
            }
        }

        // What was decided while this client was reading is no silence yet.
        keys.Close();
        await _room.SyncFreshAsync(cancellationToken).ConfigureAwait(false);
        foreach (var alarm in Silences(follow ? _room.Checkpoint.Time.Opening : began))
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
        using var keys = new HeldKeys(_room.Profile.OpenInboxKey);
        foreach (var item in Judge(NewJudge(keys), _frames, after, Last))
        {
            yield return item;
        }
    }

    /// <summary>Reads taken messages again without a connection: each is verified against the kept log and opened anew.</summary>
    /// <param name="room">What this profile kept of the room.</param>
    /// <param name="after">Number after which to begin; 0 for all.</param>
    public static IEnumerable<InboxEvent> ReadTaken(KeptRoom room, long after = 0)
    {
        ArgumentNullException.ThrowIfNull(room);
        return ReadKept(room, after);
    }

    private static IEnumerable<InboxEvent> ReadKept(KeptRoom room, long after)
    {
        using var keys = new HeldKeys(room.Profile.OpenInboxKey);
        var frames = new FrameStore(room.Memory.Folder);
        foreach (var item in Judge(new FrameJudge(room.State, room.EpochFacts, room.Profile.Member, keys.Find, room.Profile.ReadCollateral()), frames, after, frames.Handed))
        {
            yield return item;
        }
    }

    private FrameJudge NewJudge(HeldKeys keys) => new(_room.State, _room.EpochFacts, _room.Profile.Member, keys.Find, _room.Profile.ReadCollateral());

    private static IEnumerable<InboxEvent> Judge(FrameJudge judge, FrameStore frames, long after, long through)
    {
        var next = after + 1;
        foreach (var (number, frame) in frames.Read(next, through))
        {
            for (; next < number && !judge.AreVoid(next, number); next++)
            {
                yield return NotKept(next);
            }

            if (judge.Judge(frame, number) is { } item)
            {
                yield return item;
            }

            next = number + 1;
        }

        for (; next <= through; next++)
        {
            yield return NotKept(next);
        }
    }

    private static InboxEvent.Alarm NotKept(long number) =>
        new(InboxAlarm.NumberMissing, number, $"Message {number} was taken but is not in the profile: restore it from your backup.");

    /// <summary>It counts as taken while its reader has it, and durably when the reader is done: one that is killed in between is handed the message again.</summary>
    private InboxEvent Hand(InboxEvent item)
    {
        _handed = item is InboxEvent.Received { Message.Number: var number } ? number : Last;
        return item;
    }

    private bool IsForeseen(Frame? wire) =>
        wire is null || wire.Header.Length > FrameHeader.MaxSize || !FrameHeader.TryParse(wire.Header, out var header, out _)
        || (_room.State.Epoch(header.Epoch) is not null && _room.State.TrustedInstanceOf(header.Generation) is not null);

    private InboxEvent? Take(Frame? wire, FrameJudge judge, FrameStore.Writer writer)
    {
        if (ToFrame(wire) is not { } frame)
        {
            return new InboxEvent.Alarm(InboxAlarm.NotForUs, 0, "Notification sent something that is no message: tell the operator and the other members.");
        }

        var taken = _frames.Taken;
        if (FrameHeader.TryParse(frame.Header, out var header, out _) && header.Number <= taken && _frames.Find(header.Number) is { } known)
        {
            return known.Ciphertext.Span.SequenceEqual(frame.Ciphertext.Span)
                ? null
                : new InboxEvent.Alarm(
                    InboxAlarm.OtherContent, header.Number,
                    $"Another content came under number {header.Number}, which was taken before: it is refused; tell the operator and the other members.");
        }

        var result = judge.Judge(frame, taken + 1);
        if (result is InboxEvent.Received { Message: var message })
        {
            writer.Append(message.Number, frame);
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
    private IEnumerable<InboxEvent.Alarm> Silences(DateTimeOffset now)
    {
        var state = _room.State;
        var expected = state.NextNumber(_room.Profile.Member) - 1;
        var taken = _frames.Taken;
        var due = taken + 1;
        while (due <= expected && state.VoidThrough(_room.Profile.Member, due) is { } without)
        {
            due = without + 1;
        }

        if (expected >= due && state.LastEpochTime is { } decided && now - decided > _options.DeliveryGrace && _raised.Add((InboxAlarm.MessageSuppressed, expected)))
        {
            yield return new InboxEvent.Alarm(
                InboxAlarm.MessageSuppressed, due,
                $"Messages {due} to {expected} stand in the epoch head in the log and were not delivered: they are delayed or suppressed; tell the operator and the other members.");
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
