namespace CleanRoom.Client.Rooms;

/// <summary>Where to find services when not at the charter's addresses, which are hints; the pinned keys stay the charter's.</summary>
public sealed record RoomEndpoints
{
    /// <summary>https address of ingestion; null = the charter's.</summary>
    public Uri? Ingestion { get; init; }

    /// <summary>https address of notification; null = the charter's.</summary>
    public Uri? Notification { get; init; }

    /// <summary>https address of this member's broker; null = the charter's.</summary>
    public Uri? Broker { get; init; }
}
