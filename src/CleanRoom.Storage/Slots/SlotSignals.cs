using System.Collections.Concurrent;

namespace CleanRoom.Storage.Slots;

/// <summary>Wakes those who wait for a recipient's frames. Safe for concurrent use.</summary>
internal sealed class SlotSignals
{
    private readonly ConcurrentDictionary<(Guid Room, string Recipient), TaskCompletionSource> _waiting = new();

    public void Wake(Guid room, IEnumerable<SlotFrame> frames)
    {
        foreach (var recipient in frames.Select(static frame => frame.Recipient).Distinct())
        {
            Wake(room, recipient);
        }
    }

    public void Wake(Guid room, string recipient)
    {
        if (_waiting.TryRemove((room, recipient), out var waiting))
        {
            waiting.TrySetResult();
        }
    }

    /// <summary>For when signals may have been missed: everyone looks again.</summary>
    public void WakeAll()
    {
        foreach (var (room, recipient) in _waiting.Keys)
        {
            Wake(room, recipient);
        }
    }

    /// <summary>Completes once a look finds what it wants; looks again at each signal.</summary>
    public async Task WaitAsync(Guid room, string recipient, Func<Task<bool>> look, CancellationToken cancellationToken)
    {
        while (true)
        {
            // Registered before the look, so that a frame that comes between the two wakes us.
            var signal = _waiting.GetOrAdd((room, recipient), static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
            if (await look())
            {
                return;
            }

            await signal.Task.WaitAsync(cancellationToken);
        }
    }
}
