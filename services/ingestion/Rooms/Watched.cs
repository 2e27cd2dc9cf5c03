namespace CleanRoom.Ingestion.Rooms;

/// <summary>A value and a signal for those who wait for its next change.</summary>
internal sealed class Watched<T>(T initial)
{
    private sealed record State(T Value, TaskCompletionSource Changed);

    private State _state = new(initial, Source());

    public T Value => Volatile.Read(ref _state).Value;

    /// <summary>Gives the value and a task that completes when it is no longer current.</summary>
    public (T Value, Task Changed) Observe()
    {
        var state = Volatile.Read(ref _state);
        return (state.Value, state.Changed.Task);
    }

    public void Set(T value) => Interlocked.Exchange(ref _state, new State(value, Source())).Changed.SetResult();

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
