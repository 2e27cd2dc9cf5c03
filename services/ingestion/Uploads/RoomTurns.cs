using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Uploads;

/// <summary>
/// Lets so many writes go on at a time. Those who wait are let in by turns of rooms, one of each, so that one room's flood delays another room by one write for
/// each that it makes itself. Safe for concurrent use.
/// </summary>
internal sealed class RoomTurns(IOptions<IngestionOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Queue<TaskCompletionSource>> _waiting = [];

    /// <summary>Each room that waits, once.</summary>
    private readonly Queue<Guid> _order = new();

    private int _free = options.Value.WritesAtATime;

    /// <summary>Waits for a turn, which lasts until it is disposed of.</summary>
    public async Task<IDisposable> EnterAsync(Guid room, CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return new Turn(this);
            }

            if (!_waiting.TryGetValue(room, out var queue))
            {
                _waiting.Add(room, queue = new Queue<TaskCompletionSource>());
                _order.Enqueue(room);
            }

            queue.Enqueue(turn);
        }

        await using (cancellationToken.Register(() => turn.TrySetCanceled(cancellationToken)))
        {
            await turn.Task;
        }

        return new Turn(this);
    }

    private void Leave()
    {
        lock (_lock)
        {
            while (_order.TryDequeue(out var room))
            {
                var queue = _waiting[room];
                var next = queue.Dequeue();
                if (queue.Count > 0)
                {
                    _order.Enqueue(room);
                }
                else
                {
                    _waiting.Remove(room);
                }

                // Who has given up meanwhile is passed over.
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _free++;
        }
    }

    private sealed class Turn(RoomTurns turns) : IDisposable
    {
        private int _over;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _over, 1) == 0)
            {
                turns.Leave();
            }
        }
    }
}
