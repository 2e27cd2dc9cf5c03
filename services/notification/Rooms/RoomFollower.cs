using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Transport;

namespace CleanRoom.Notification.Rooms;

/// <summary>
/// Follows one room's log and keeps the newest cosigned view of it. While a log is forked or rolled back nothing is taken or given out on its word, until it extends what this
/// process has seen, or all contributors have signed that entries are lost.
/// </summary>
internal sealed class RoomFollower
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private sealed record State(RoomView? View, CleanRoomException? Refusal, TaskCompletionSource Changed);

    private readonly PinnedChannel _ingestion;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop;
    private State _state = new(null, null, Source());

    public RoomFollower(RoomId room, PinnedChannel ingestion, TimeProvider clock, ILogger logger, CancellationToken stop)
    {
        Room = room;
        _ingestion = ingestion;
        _clock = clock;
        _logger = logger;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);
    }

    /// <summary>The log is refused, and nothing but a recovery or the log that was seen before changes that.</summary>
    public bool IsRefused => Volatile.Read(ref _state).Refusal is { } refusal && IsFinal(refusal.Reason);

    public RoomId Room { get; }

    /// <summary>Gives the newest view; waits for the first.</summary>
    /// <exception cref="CleanRoomException">There is no such room, or its log is refused or cannot be read.</exception>
    public async Task<RoomView> GetAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state.Refusal is { } refusal && (state.View is null || IsFinal(refusal.Reason)))
            {
                throw new CleanRoomException(refusal.Reason, refusal.Message, refusal.Field, refusal.Remedy, refusal);
            }

            if (state.View is { } view)
            {
                return view;
            }

            await state.Changed.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives a view in which something is found, waiting for it for a while.</summary>
    /// <returns>The newest view, in which it may still be missing.</returns>
    public async Task<RoomView> GetAsync(Func<RoomView, bool> found, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(patience, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        while (true)
        {
            var changed = Volatile.Read(ref _state).Changed.Task;
            var view = await GetAsync(cancellationToken);
            if (found(view))
            {
                return view;
            }

            try
            {
                await changed.WaitAsync(linked.Token);
            }
            catch (OperationCanceledException) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return view;
            }
        }
    }

    /// <summary>Follows until it is cancelled, or the log is not this room's.</summary>
    public async Task RunAsync()
    {
        var cancellationToken = _stop.Token;
        var reader = new LogReader(_ingestion, Room);
        var failures = 0;
        var told = false;
        LogPosition? kept = null;
        var recovery = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var segment in reader.ReadAsync(follow: true, cancellationToken))
                {
                    // The reader rests while this runs, so that its state is the cosigned one.
                    var view = RoomView.Next(
                        Volatile.Read(ref _state).View, new LogReaderSegment(segment.Checkpoint.Size, segment.Outcomes), reader.State);
                    Publish(view, null);
                    failures = 0;
                    told = false;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (CleanRoomException refusal)
            {
                Publish(Volatile.Read(ref _state).View, refusal);
                if (IsRolledBack(refusal.Reason))
                {
                    if (!told)
                    {
                        Log.LogRefused(_logger, Room, refusal.Reason);
                        told = true;
                    }
                }
                else if (IsFinal(refusal.Reason))
                {
                    Log.LogRefused(_logger, Room, refusal.Reason);
                    return;
                }
                else
                {
                    Log.LogUnreadable(_logger, Room, refusal.Reason);
                }

                if (refusal.Reason is ErrorReason.NotCosigned or ErrorReason.DataLoss || IsRolledBack(refusal.Reason))
                {
                    // This reader is spent; the next one must find what this one has trusted, or a recovery that gives it up.
                    if (reader.Checkpoint is { } newest)
                    {
                        (kept, recovery) = (LogPosition.Of(newest.Note.Checkpoint), reader.Recovery);
                    }

                    reader = new LogReader(_ingestion, Room, kept, recovery);
                }
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Log.FollowingFailed(_logger, Room, exception.GetType().Name);
            }

            failures++;
            try
            {
                await Task.Delay(Pause(failures), _clock, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Ends <see cref="RunAsync"/>.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    private static bool IsRolledBack(ErrorReason reason) => reason is ErrorReason.LogForked or ErrorReason.LogRolledBack;

    private static bool IsFinal(ErrorReason reason) =>
        reason is ErrorReason.LogForked or ErrorReason.LogRolledBack or ErrorReason.SignatureInvalid or ErrorReason.CharterNotInForce;

    private static TimeSpan Pause(int failures)
    {
        var full = Math.Min(FirstPause.Ticks << Math.Min(failures - 1, 16), LongestPause.Ticks);
        return TimeSpan.FromTicks((full / 2) + (full * RandomNumberGenerator.GetInt32(0, 1001) / 2000));
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Publish(RoomView? view, CleanRoomException? refusal) =>
        Interlocked.Exchange(ref _state, new State(view, refusal, Source())).Changed.SetResult();
}
