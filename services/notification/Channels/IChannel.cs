namespace CleanRoom.Notification.Channels;

/// <summary>A way to tell somebody.</summary>
internal interface IChannel
{
    /// <summary>Word for logs; names no address and no key.</summary>
    string Kind { get; }

    /// <summary>Tries once.</summary>
    Task<Told> TellAsync(WaitingWord word, CancellationToken cancellationToken);
}

/// <summary>What an attempt came to.</summary>
internal abstract record Told
{
    private Told()
    {
    }

    /// <summary>It was taken.</summary>
    public sealed record Taken : Told;

    /// <summary>Not now; the reason is a status or the name of a failure.</summary>
    public sealed record Failed(string Reason, TimeSpan? RetryAfter = null) : Told;

    /// <summary>Nobody wants to be told there any more.</summary>
    public sealed record Gone : Told;
}
