using CleanRoom.Cryptography;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Ingestion.Upkeep;
using CleanRoom.Storage.Logs;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion.Cosigning;

/// <summary>Runs one <see cref="RoomCosigner"/> for every room.</summary>
internal sealed class CosigningService(
    RoomDirectory rooms,
    ILogStore logs,
    SigningKey operatorKey,
    WitnessConnections connections,
    Eraser eraser,
    IOptions<IngestionOptions> options,
    TimeProvider clock,
    ILogger<CosigningService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();
        try
        {
            await foreach (var room in rooms.Opened.ReadAllAsync(stoppingToken))
            {
                var cosigner = new RoomCosigner(room, logs, operatorKey, connections, eraser, options, clock, logger);
                running.Add(Task.Run(() => cosigner.RunAsync(stoppingToken), CancellationToken.None));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }

        await Task.WhenAll(running);
    }
}
