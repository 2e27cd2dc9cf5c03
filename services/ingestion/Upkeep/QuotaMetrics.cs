using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using CleanRoom.Charter;
using CleanRoom.Hosting.Telemetry;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Storage;
using CleanRoom.Storage.Batches;

namespace CleanRoom.Ingestion.Upkeep;

/// <summary>
/// What contributors have used of the charter's quotas in this month of room time, by the padded sizes that the operator reads in the store too (<c>cleanroom-admin quotas</c>). Read from
/// the store once at the start and at each upload, never for somebody who only looks.
/// </summary>
internal sealed class QuotaMetrics : BackgroundService
{
    private readonly ConcurrentDictionary<(Room Room, MemberId Member), Use> _uses = new();
    private readonly RoomDirectory _rooms;
    private readonly IBatchStore _batches;
    private readonly ILogger<QuotaMetrics> _logger;

    // The factory disposes of it with the host.
    private readonly Meter _meter;

    public QuotaMetrics(IMeterFactory meters, RoomDirectory rooms, IBatchStore batches, ILogger<QuotaMetrics> logger)
    {
        (_rooms, _batches, _logger) = (rooms, batches, logger);
        _meter = meters.Create("CleanRoom.Ingestion");
        _ = _meter.CreateObservableGauge(
            "cleanroom.quota.used_records", () => Measure(static (room, use) => use.Window == room.Month ? use.Used.Records : 0), "{record}", "Records that count against the quota of this month: the least that each padded size can hold.");
        _ = _meter.CreateObservableGauge(
            "cleanroom.quota.records", () => Measure(static (_, use) => use.Quota ?? double.PositiveInfinity), "{record}", "The charter's quota of records a month; +Inf without one.");
    }

    private readonly record struct Use(string Window, UploadUsage Used, int? Quota);

    /// <summary>Takes up what a contributor has used now.</summary>
    /// <param name="room">The room.</param>
    /// <param name="member">The contributor.</param>
    /// <param name="quota">Its quota in the charter; null for none.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="StorageException">The store does not work.</exception>
    public async Task TakeAsync(Room room, MemberId member, int? quota, CancellationToken cancellationToken)
    {
        var window = room.Month;
        _uses[(room, member)] = new Use(window, await _batches.GetUsageAsync(room.Id, member.Value, window, cancellationToken), quota);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var room in _rooms.All)
            {
                foreach (var (member, quota) in await room.WithStateAsync(static state => state.Charter?.Quotas.RecordsPerMonth.ToArray() ?? [], stoppingToken))
                {
                    await TakeAsync(room, member, quota, stoppingToken);
                }
            }
        }
        catch (StorageException exception)
        {
            Log.StoreFailed(_logger, exception.Problem.ToString());
        }
    }

    private IEnumerable<Measurement<double>> Measure(Func<Room, Use, double> of) => _uses.Select(pair => new Measurement<double>(
        of(pair.Key.Room, pair.Value),
        new KeyValuePair<string, object?>(TelemetryFields.Room, pair.Key.Room.Name.ToString()),
        new KeyValuePair<string, object?>(TelemetryFields.Member, pair.Key.Member.Value)));
}
