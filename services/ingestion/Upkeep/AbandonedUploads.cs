using CleanRoom.Storage;
using CleanRoom.Storage.Batches;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Upkeep;

/// <summary>Deletes uploads that nobody goes on with.</summary>
internal sealed class AbandonedUploads(IBatchStore batches, IOptions<IngestionOptions> options, TimeProvider clock, ILogger<AbandonedUploads> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.AbandonedAfter / 24, clock);
        do
        {
            try
            {
                var deleted = await batches.CollectAbandonedAsync(clock.GetUtcNow() - options.Value.AbandonedAfter, stoppingToken);
                if (deleted > 0)
                {
                    Log.AbandonedDeleted(logger, deleted);
                }
            }
            catch (StorageException exception)
            {
                Log.StoreFailed(logger, exception.Problem.ToString());
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
