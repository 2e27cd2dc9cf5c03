using System.Diagnostics.Metrics;
using CleanRoom.Hosting.Telemetry;
using CleanRoom.Ingestion.Rooms;

namespace CleanRoom.Ingestion.Upkeep;

/// <summary>Sizes and ages of the logs: what a member reads in every checkpoint.</summary>
internal sealed class RoomMetrics
{
    // The factory disposes of it with the host.
    private readonly Meter _meter;

    public RoomMetrics(IMeterFactory meters, RoomDirectory rooms, TimeProvider clock)
    {
        _meter = meters.Create("CleanRoom.Ingestion");
        _ = _meter.CreateObservableGauge("cleanroom.log.entries", () => rooms.All.Select(room => Of(room, room.Size.Value)), "{entry}", "Entries in the log.");
        _ = _meter.CreateObservableGauge(
            "cleanroom.log.cosigned_entries", () => rooms.All.Select(room => Of(room, room.Cosigned.Value?.Size ?? 0)), "{entry}", "Entries under the last cosigned checkpoint.");
        _ = _meter.CreateObservableGauge(
            "cleanroom.log.cosigned.age",
            () => rooms.All.Where(static room => room.Cosigned.Value is { Begun: not long.MinValue })
                .Select(room => Of(room, clock.GetElapsedTime(room.Cosigned.Value!.Begun).TotalSeconds)),
            "s",
            "Time since the round began that gave the last cosigned checkpoint.");
    }

    private static Measurement<T> Of<T>(Room room, T value)
        where T : struct => new(value, new KeyValuePair<string, object?>(TelemetryFields.Room, room.Name.ToString()));
}
