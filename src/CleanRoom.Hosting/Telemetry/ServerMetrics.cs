using System.Diagnostics.Metrics;
using CleanRoom.Hosting.Health;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>What every service measures: calls, health, the age of its certificate, and how often each kind of log line was written.</summary>
internal sealed class ServerMetrics
{
    /// <summary>Seconds.</summary>
    private static readonly double[] Buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    public ServerMetrics(IMeterFactory meters)
    {
        Meter = meters.Create("CleanRoom.Hosting");
        CallDuration = Meter.CreateHistogram<double>(
            "rpc.server.call.duration", "s", "How long calls took.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets });
        Events = Meter.CreateCounter<long>("cleanroom.events", "{event}", "Log lines by the name of their event; no line's values.");
    }

    public Meter Meter { get; }

    public Histogram<double> CallDuration { get; }

    public Counter<long> Events { get; }

    /// <summary>Adds what is asked when somebody looks.</summary>
    public void Observe(ServiceHealth health, ServiceCatalogue catalogue, ServerIdentity identity)
    {
        _ = Meter.CreateObservableGauge(
            "cleanroom.health.serving",
            () => catalogue.Names.Where(name => name.StartsWith("cleanroom.", StringComparison.Ordinal)).Append("").Select(name => new Measurement<int>(
                health.IsServing(name) ? 1 : 0, new KeyValuePair<string, object?>(TelemetryFields.Service, name.Length == 0 ? "process" : name))),
            null,
            "1 while grpc.health.v1 says SERVING.");
        _ = Meter.CreateObservableGauge(
            "cleanroom.tls.certificate.not_after", () => new DateTimeOffset(identity.Certificate.NotAfter).ToUnixTimeSeconds(), "s", "When the TLS certificate ends, in Unix time.");
    }
}
