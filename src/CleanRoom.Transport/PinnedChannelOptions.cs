namespace CleanRoom.Transport;

/// <summary>How a <see cref="PinnedChannel"/> behaves.</summary>
public sealed record PinnedChannelOptions
{
    /// <summary>The largest message taken from the server, in bytes. Defaults to 4 MiB.</summary>
    public int MaxReceiveBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The largest message sent, in bytes. Defaults to 4 MiB.</summary>
    public int MaxSendBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Deadline of unary calls that name none. Defaults to 30 seconds.</summary>
    public TimeSpan UnaryDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection, TLS included, may take. Defaults to 30 seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a unary call that is safe to repeat is tried when the server is unavailable, 1 to 5. Defaults to 4.</summary>
    public int MaxAttempts { get; init; } = 4;

    /// <summary>The wait before the second attempt, doubled for each further one, with jitter. Defaults to 200 milliseconds.</summary>
    public TimeSpan InitialBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The clock that deadlines are counted from. Defaults to the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
