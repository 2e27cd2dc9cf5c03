using System.Security.Cryptography;
using CleanRoom.Charter;
using CleanRoom.Charter.Messages;
using CleanRoom.Storage;
using CleanRoom.Storage.Slots;

namespace CleanRoom.Notification.Channels;

/// <summary>
/// Tells one target about the messages of one member. It keeps nothing of its own: what is stored and not acknowledged is what there is to tell, so a restart tells it
/// again (with the same id) and loses nothing. A word that nobody takes is given up with a log entry, and the next message, or a restart, tells anew.
/// </summary>
internal sealed class Herald(RoomId room, MemberId member, TimeSpan after, QuietHours? quiet, IChannel channel, ISlotStore slots, ChannelOptions options, TimeProvider clock, ILogger logger)
{
    private const int Page = 256;
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private readonly Guid _room = Guid.ParseExact(room.ToString(), "D");

    /// <summary>Runs until it is stopped, or until nobody wants to be told any more.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        long? told = null;
        while (true)
        {
            try
            {
                told ??= await slots.FindAcknowledgedAsync(_room, member.Value, cancellationToken);
                await WaitAsync(told.Value, cancellationToken);
                await Task.Delay(options.Gather, clock, cancellationToken);

                // What comes in quiet hours is one word after them.
                _ = await RestAsync(cancellationToken);
                var through = await LastAsync(told.Value, cancellationToken);
                if (through > told && !await TellAsync(through, cancellationToken))
                {
                    return;
                }

                told = through;
            }
            catch (StorageException exception)
            {
                Log.StoreFailed(logger, exception.Problem.ToString());
                await Task.Delay(LookAgain, clock, cancellationToken);
            }
        }
    }

    /// <summary>Tells about messages up to a number, and again while nobody acknowledges them and nothing newer comes.</summary>
    /// <returns>Whether the target still wants to be told.</returns>
    private async Task<bool> TellAsync(long through, CancellationToken cancellationToken)
    {
        if (after > TimeSpan.Zero && !await StaysAsync(through, after, cancellationToken))
        {
            return true;
        }

        if (await IsAcknowledgedAsync(through, cancellationToken))
        {
            return true;
        }

        for (var reminder = 0; reminder <= options.Reminders; reminder++)
        {
            if (!await SendAsync(new WaitingWord(room, member, through, reminder, clock.GetUtcNow()), cancellationToken))
            {
                return false;
            }

            if (options.RemindAfter == TimeSpan.Zero || !await StaysAsync(through, options.RemindAfter, cancellationToken))
            {
                return true;
            }
        }

        return true;
    }

    private async Task<bool> SendAsync(WaitingWord word, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (await RestAsync(cancellationToken) && await IsAcknowledgedAsync(word.Through, cancellationToken))
            {
                return true;
            }

            switch (await channel.TellAsync(word, cancellationToken))
            {
                case Told.Taken:
                    Log.Told(logger, room, member, channel.Kind, attempt);
                    return true;
                case Told.Gone:
                    Log.TargetGone(logger, room, member, channel.Kind);
                    return false;
                case Told.Failed failed when attempt >= options.Attempts:
                    Log.GivenUp(logger, room, member, channel.Kind, word.Id, failed.Reason);
                    return true;
                case Told.Failed failed:
                    Log.NotTold(logger, room, member, channel.Kind, attempt, failed.Reason);
                    await Task.Delay(Pause(attempt, failed.RetryAfter), clock, cancellationToken);
                    break;
            }

            if (await IsAcknowledgedAsync(word.Through, cancellationToken))
            {
                return true;
            }
        }
    }

    /// <summary>Waits for the end of quiet hours.</summary>
    /// <returns>Whether there were any.</returns>
    private async Task<bool> RestAsync(CancellationToken cancellationToken)
    {
        var rested = false;
        while (quiet is not null && quiet.After(clock.GetUtcNow()) - clock.GetUtcNow() is var rest && rest > TimeSpan.Zero)
        {
            await Task.Delay(rest, clock, cancellationToken);
            rested = true;
        }

        return rested;
    }

    /// <summary>Doubles, with half of it left to chance; what the other side asks for counts, up to the longest pause.</summary>
    private TimeSpan Pause(int attempt, TimeSpan? asked)
    {
        var full = Math.Min(options.FirstPause.Ticks * Math.Pow(2, Math.Min(attempt - 1, 40)), options.LongestPause.Ticks);
        var ticks = (full / 2) + (full / 2 * RandomNumberGenerator.GetInt32(0, 1001) / 1000);
        return TimeSpan.FromTicks((long)Math.Clamp(asked?.Ticks ?? 0, ticks, Math.Max(ticks, options.LongestPause.Ticks)));
    }

    /// <summary>Waits; whether the messages are still the newest and nobody has acknowledged them.</summary>
    private async Task<bool> StaysAsync(long through, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(wait, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await slots.WaitAsync(_room, member.Value, through, linked.Token);

            // Something newer came: an escalation still looks at how long the old ones have waited, a reminder is the next word.
            if (after == TimeSpan.Zero)
            {
                return false;
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, clock, linked.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }

        return !await IsAcknowledgedAsync(through, cancellationToken);
    }

    private async Task<bool> IsAcknowledgedAsync(long through, CancellationToken cancellationToken) =>
        await slots.FindAcknowledgedAsync(_room, member.Value, cancellationToken) >= through;

    private async Task WaitAsync(long number, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var timer = new CancellationTokenSource(LookAgain, clock);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
            try
            {
                await slots.WaitAsync(_room, member.Value, number, linked.Token);
                return;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Puts of other processes are noticed by looking.
                if (await LastAsync(number, cancellationToken) > number)
                {
                    return;
                }
            }
        }
    }

    private async Task<long> LastAsync(long number, CancellationToken cancellationToken)
    {
        while (await slots.ReadAsync(_room, member.Value, number, Page, cancellationToken) is { Count: > 0 } page)
        {
            number = page[^1].Number;
        }

        return number;
    }
}
