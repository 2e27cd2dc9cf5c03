namespace CleanRoom.Client.Rooms;

/// <summary>How a <see cref="RoomClient"/> behaves.</summary>
public sealed record RoomClientOptions
{
    /// <summary>Other addresses than the charter's. Defaults to none.</summary>
    public RoomEndpoints Endpoints { get; init; } = new();

    /// <summary>How long to wait for the witnesses to cosign what was appended. Defaults to 30 seconds.</summary>
    public TimeSpan CosignWait { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Ask the witnesses to cosign again at connecting, so that room time is now's. Defaults to true.</summary>
    public bool Fresh { get; init; } = true;

    /// <summary>The clock. Defaults to the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
