namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>A clock that stands at the first of June 2026.</summary>
internal sealed class StoppedClock : TimeProvider
{
    public static DateTimeOffset Now { get; } = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
