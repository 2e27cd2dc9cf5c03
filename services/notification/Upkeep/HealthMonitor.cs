using CleanRoom.Hosting.Health;
using CleanRoom.Notification.Rooms;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Storage;
using CleanRoom.Storage.Slots;

namespace CleanRoom.Notification.Upkeep;

/// <summary>
/// Reports health: the server as a whole is healthy while the store can be written; the service is ready if, besides, no room's log had to be
/// refused.
/// </summary>
internal sealed class HealthMonitor(RoomFollowers rooms, ISlotStore slots, ServiceHealth health, TimeProvider clock, ILogger<HealthMonitor> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            var store = await StoreWorksAsync(stoppingToken);
            health.Report(string.Empty, store);
            health.Report(NotificationService.Descriptor.FullName, store && !rooms.All.Any(static room => room.IsRefused));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> StoreWorksAsync(CancellationToken cancellationToken)
    {
        try
        {
            await slots.CheckAsync(cancellationToken);
            return true;
        }
        catch (StorageException exception)
        {
            Log.StoreFailed(logger, exception.Problem.ToString());
            return false;
        }
    }
}
