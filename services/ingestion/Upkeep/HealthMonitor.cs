using CleanRoom.Hosting.Health;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Storage;
using CleanRoom.Storage.Logs;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Upkeep;

/// <summary>
/// Reports health: the server as a whole is healthy while the store can be written; the service is ready if, besides, no room has waited
/// for its quorum too long. A room without a quorum still takes uploads.
/// </summary>
internal sealed class HealthMonitor(
    RoomDirectory rooms, ILogStore logs, ServiceHealth health, IOptions<IngestionOptions> options, TimeProvider clock, ILogger<HealthMonitor> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private readonly Dictionary<Guid, long> _waiting = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            var store = await StoreWorksAsync(stoppingToken);
            var quorum = QuorumsHold();
            health.Report(string.Empty, store);
            health.Report(IngestionService.Descriptor.FullName, store && quorum);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> StoreWorksAsync(CancellationToken cancellationToken)
    {
        try
        {
            await logs.CheckAsync(cancellationToken);
            return true;
        }
        catch (StorageException exception)
        {
            Log.StoreFailed(logger, exception.Problem.ToString());
            return false;
        }
    }

    private bool QuorumsHold()
    {
        var hold = true;
        foreach (var room in rooms.All)
        {
            if (room.Cosigned.Value is { } cosigned && cosigned.Size >= room.Size.Value)
            {
                _waiting.Remove(room.Id);
            }
            else if (_waiting.TryGetValue(room.Id, out var since))
            {
                hold &= clock.GetElapsedTime(since) < options.Value.UnreadyAfter;
            }
            else
            {
                _waiting[room.Id] = clock.GetTimestamp();
            }
        }

        return hold;
    }
}
