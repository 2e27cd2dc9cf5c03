namespace CleanRoom.Charter.Log;

/// <summary>
/// The room's clock at a cosigned checkpoint, from its witnesses' clocks (docs/protocol.md §3). While fewer than half of the
/// counted clocks are wrong, the true time lies between the two values' honest neighbours; no host clock takes part.
/// </summary>
/// <param name="Opening">Lower median: for what opens or refills (epochs, quotas, validity).</param>
/// <param name="Expiring">Upper median: for what expires (consent, leases, charters). Never before <paramref name="Opening"/>.</param>
public readonly record struct RoomTime(DateTimeOffset Opening, DateTimeOffset Expiring)
{
    /// <summary>Takes the medians of witnesses' clocks, and does not go back behind an earlier checkpoint.</summary>
    /// <param name="clocks">At least one; of valid cosignatures.</param>
    /// <param name="floor">Room time of an earlier checkpoint; default for none.</param>
    public static RoomTime Of(IEnumerable<DateTimeOffset> clocks, RoomTime floor = default)
    {
        var sorted = clocks.Order().ToList();
        if (sorted.Count == 0)
        {
            throw new ArgumentException("Room time needs at least one clock.", nameof(clocks));
        }

        return new RoomTime(Later(sorted[(sorted.Count - 1) / 2], floor.Opening), Later(sorted[sorted.Count / 2], floor.Expiring));
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
