using System.Diagnostics.Metrics;
using CleanRoom.Hosting.Telemetry;
using CleanRoom.Notification.Inboxes;
using CleanRoom.Notification.Page;
using CleanRoom.Notification.Rooms;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Upkeep;

/// <summary>Rooms and subscriptions.</summary>
internal sealed class InboxMetrics
{
    // The factory disposes of it with the host.
    private readonly Meter _meter;

    public InboxMetrics(IMeterFactory meters, RoomFollowers rooms, InboxStreams inboxes, PageCertificate certificate, IOptions<PageOptions> page)
    {
        _meter = meters.Create("CleanRoom.Notification");
        _ = _meter.CreateObservableGauge(
            "cleanroom.room.refused",
            () => rooms.All.Select(static room => new Measurement<int>(room.IsRefused ? 1 : 0, new KeyValuePair<string, object?>(TelemetryFields.Room, room.Room.ToString()))),
            null,
            "1 while the room's log is refused as forked or rolled back.");
        _ = _meter.CreateObservableGauge("cleanroom.inbox.subscriptions", () => inboxes.Open, "{subscription}", "Open subscriptions, of all rooms and members together.");
        if (page.Value.Port is not null)
        {
            _ = _meter.CreateObservableGauge(
                "cleanroom.page.certificate.not_after",
                () => new DateTimeOffset(certificate.Current.TargetCertificate.NotAfter).ToUnixTimeSeconds(),
                "s",
                "When the certificate of the inbox page ends, in Unix time.");
        }
    }
}
