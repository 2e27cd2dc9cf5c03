using System.Collections.Concurrent;
using CleanRoom.Charter;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Rooms;

/// <summary>The rooms that are followed: each from the first call that names it.</summary>
internal sealed class RoomFollowers(PinnedChannel ingestion, IOptions<NotificationOptions> options, TimeProvider clock, ILogger<RoomFollowers> logger)
    : IAsyncDisposable
{
    private readonly ConcurrentDictionary<RoomId, (RoomFollower Follower, Task Running)> _followers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _starting = new();

    public IEnumerable<RoomFollower> All => _followers.Values.Select(static item => item.Follower);

    /// <summary>Gives a room that has a view.</summary>
    /// <exception cref="CleanRoomException">There is no such room, or its log is refused or cannot be read.</exception>
    public async Task<RoomFollower> GetAsync(RoomId room, CancellationToken cancellationToken)
    {
        var follower = Start(room);
        try
        {
            await follower.GetAsync(cancellationToken);
            return follower;
        }
        catch (CleanRoomException refusal) when (refusal.Reason == ErrorReason.UnknownRoom)
        {
            // Names that lead nowhere must not fill the table.
            _followers.TryRemove(room, out _);
            await follower.StopAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_followers.Values.Select(static item => item.Running));
        _stop.Dispose();
    }

    private RoomFollower Start(RoomId room)
    {
        if (_followers.TryGetValue(room, out var known))
        {
            return known.Follower;
        }

        lock (_starting)
        {
            if (_followers.TryGetValue(room, out known))
            {
                return known.Follower;
            }

            if (_followers.Count >= options.Value.MaximumRooms)
            {
                throw new CleanRoomException(ErrorReason.ResourceExhausted, "This service follows no more rooms.", "room", "Ask the operator.") { RetryAfter = Timeout.InfiniteTimeSpan };
            }

            var follower = new RoomFollower(room, ingestion, clock, logger, _stop.Token);
            Log.Following(logger, room);
            _followers[room] = (follower, Task.Run(follower.RunAsync, CancellationToken.None));
            return follower;
        }
    }
}
