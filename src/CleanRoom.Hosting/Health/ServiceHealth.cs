using CleanRoom.Protocol.Health.V1;
using Microsoft.Extensions.Hosting;

namespace CleanRoom.Hosting.Health;

/// <summary>
/// The states that <c>grpc.health.v1</c> answers with. A server serves from the moment it has started until it begins to stop; a service
/// that is not ready, such as one that replays a log, says so with <see cref="Report"/>. Thread-safe.
/// </summary>
public sealed class ServiceHealth
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, bool> _reported = new(StringComparer.Ordinal);
    private readonly ServiceCatalogue _catalogue;
    private bool _running;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ServiceHealth(ServiceCatalogue catalogue, IHostApplicationLifetime lifetime)
    {
        _catalogue = catalogue;
        lifetime.ApplicationStarted.Register(() => Running(true));
        lifetime.ApplicationStopping.Register(() => Running(false));
    }

    /// <summary>States whether a service is ready.</summary>
    /// <param name="service">Full name, as in cleanroom.matching.v1.MatchingService; empty for the server as a whole.</param>
    /// <param name="ready">Whether it takes calls.</param>
    public void Report(string service, bool ready)
    {
        ArgumentNullException.ThrowIfNull(service);
        Change(() => _reported[service] = ready);
    }

    /// <summary>Whether <c>grpc.health.v1</c> says SERVING now.</summary>
    /// <param name="service">Full name; empty for the server as a whole.</param>
    public bool IsServing(string service) => Find(service).Status == HealthCheckResponse.Types.ServingStatus.Serving;

    /// <summary>The state now, and a task that completes at the next change of any state.</summary>
    internal (HealthCheckResponse.Types.ServingStatus Status, Task Changed) Find(string service)
    {
        var known = service.Length == 0 || _catalogue.Names.Contains(service, StringComparer.Ordinal);
        lock (_gate)
        {
            var status = !known
                ? HealthCheckResponse.Types.ServingStatus.ServiceUnknown
                : _running && _reported.GetValueOrDefault(service, true)
                    ? HealthCheckResponse.Types.ServingStatus.Serving
                    : HealthCheckResponse.Types.ServingStatus.NotServing;
            return (status, _changed.Task);
        }
    }

    private void Running(bool running) => Change(() => _running = running);

    private void Change(Action change)
    {
        TaskCompletionSource before;
        lock (_gate)
        {
            change();
            before = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.SetResult();
    }
}
