using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Hosting.Calls;
using CleanRoom.Notification.Rooms;
using CleanRoom.Storage.Slots;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Inboxes;

/// <summary>Gives members what waits for them. Whose messages a caller gets follows from its TLS key alone.</summary>
internal sealed class InboxStreams(RoomFollowers rooms, ISlotStore slots, IOptions<NotificationOptions> options, TimeProvider clock)
{
    private const int PageFrames = 64;

    /// <summary>What another process stored may not have woken us: after so long the store is read again.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    private readonly Places<(RoomId, MemberId)> _open = new(options.Value.StreamsPerMember);

    /// <summary>Subscriptions that are open, of all rooms and members.</summary>
    public int Open => _open.Taken;

    /// <summary>Sends frames after a number, in order, and goes on with new ones.</summary>
    /// <param name="room">The room.</param>
    /// <param name="peer">The caller's TLS key.</param>
    /// <param name="after">Last number that the caller has.</param>
    /// <param name="once">End after what is stored.</param>
    /// <param name="send">Completes when the next frame may be sent.</param>
    /// <param name="cancellationToken">The call's end.</param>
    public async Task StreamAsync(RoomId room, KeyId peer, long after, bool once, Func<SlotFrame, Task> send, CancellationToken cancellationToken)
    {
        var follower = await rooms.GetAsync(room, cancellationToken);
        var member = await IdentifyAsync(follower, peer, cancellationToken);
        using var place = Enter(room, member);
        await StreamAsync(follower, member, peer, after, once, send, cancellationToken);
    }

    /// <summary>Gives one page of frames after a number; where there is none yet, waits a while for the next.</summary>
    /// <param name="room">The room.</param>
    /// <param name="peer">The caller's transport key.</param>
    /// <param name="after">Last number that the caller has.</param>
    /// <param name="most">At most so many.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">The call's end.</param>
    public async Task<IReadOnlyList<SlotFrame>> ReadAsync(RoomId room, KeyId peer, long after, int most, TimeSpan patience, CancellationToken cancellationToken)
    {
        var follower = await rooms.GetAsync(room, cancellationToken);
        var member = await IdentifyAsync(follower, peer, cancellationToken);
        var page = await slots.ReadAsync(Id(room), member.Value, after, most, cancellationToken);
        if (page.Count > 0 || patience <= TimeSpan.Zero)
        {
            return page;
        }

        using var place = Enter(room, member);
        await WaitAsync(Id(room), member, after, patience, cancellationToken);

        // The key may have been revoked while we waited.
        return await IdentifyAsync(follower, peer, cancellationToken) == member
            ? await slots.ReadAsync(Id(room), member.Value, after, most, cancellationToken)
            : throw Stranger();
    }

    /// <summary>Gives the number up to which everything has been acknowledged; 0 at first.</summary>
    public async Task<long> FindAcknowledgedAsync(RoomId room, KeyId peer, CancellationToken cancellationToken)
    {
        var member = await IdentifyAsync(await rooms.GetAsync(room, cancellationToken), peer, cancellationToken);
        return await slots.FindAcknowledgedAsync(Id(room), member.Value, cancellationToken);
    }

    /// <summary>Notes that everything up to a number has been read.</summary>
    /// <returns>The number acknowledged now.</returns>
    public async Task<long> AcknowledgeAsync(RoomId room, KeyId peer, long through, CancellationToken cancellationToken)
    {
        var member = await IdentifyAsync(await rooms.GetAsync(room, cancellationToken), peer, cancellationToken);
        return await slots.AcknowledgeAsync(Id(room), member.Value, through, cancellationToken);
    }

    private async Task StreamAsync(
        RoomFollower follower, MemberId member, KeyId peer, long after, bool once, Func<SlotFrame, Task> send, CancellationToken cancellationToken)
    {
        var room = Id(follower.Room);
        while (true)
        {
            while (await slots.ReadAsync(room, member.Value, after, PageFrames, cancellationToken) is { Count: > 0 } page)
            {
                foreach (var frame in page)
                {
                    await send(frame);
                    after = frame.Number;
                }
            }

            if (once)
            {
                return;
            }

            await WaitAsync(follower, member, peer, after, cancellationToken);
        }
    }

    /// <summary>
    /// Waits for the next frame, and looks meanwhile in the view of the log, not in the store, whether the key still is the member's: thousands who wait must
    /// cost next to nothing.
    /// </summary>
    private async Task WaitAsync(RoomFollower follower, MemberId member, KeyId peer, long after, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var begun = clock.GetTimestamp();
        var next = slots.WaitAsync(Id(follower.Room), member.Value, after, stop.Token);
        try
        {
            do
            {
                await Task.WhenAny(next, Task.Delay(options.Value.RecheckKey, clock, stop.Token));
                cancellationToken.ThrowIfCancellationRequested();
                if (await IdentifyAsync(follower, peer, cancellationToken) != member)
                {
                    throw Stranger();
                }
            }
            while (!next.IsCompleted && clock.GetElapsedTime(begun) < LookAgain);

            if (next.IsCompleted)
            {
                await next;
            }
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    private async Task WaitAsync(Guid room, MemberId member, long after, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(patience, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await slots.WaitAsync(room, member.Value, after, linked.Token);
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Nothing came: look at the key again.
        }
    }

    private static async Task<MemberId> IdentifyAsync(RoomFollower follower, KeyId peer, CancellationToken cancellationToken) =>
        (await follower.GetAsync(cancellationToken)).Members.GetValueOrDefault(peer) ?? throw Stranger();

    private static CleanRoomException Stranger() => new(
        ErrorReason.UnknownMember, "The TLS key is no member's.", null, "Connect with a key that the cosigned log lists with the role transport.");

    private static Guid Id(RoomId room) => Guid.ParseExact(room.ToString(), "D");

    private IDisposable Enter(RoomId room, MemberId member) => _open.TryEnter((room, member)) ?? throw new CleanRoomException(
        ErrorReason.RateLimited, "Too many subscriptions of this member are open.", "room", "Close one of them.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };
}
