namespace CleanRoom.Client.Inbox;

/// <summary>How an <see cref="InboxReader"/> waits.</summary>
public sealed record InboxOptions
{
    /// <summary>How long after an epoch head in the log its messages may take to arrive. Defaults to 30 seconds.</summary>
    public TimeSpan DeliveryGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Shortest silence that counts as two missing epochs, for rooms with very short epochs. Defaults to one minute.</summary>
    public TimeSpan LeastSilence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often the log is looked at while waiting. Defaults to 15 seconds.</summary>
    public TimeSpan CheckInterval { get; init; } = TimeSpan.FromSeconds(15);
}
