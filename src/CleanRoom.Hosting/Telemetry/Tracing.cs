using System.Diagnostics;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>Our own spans, where a step begins that no call has begun: an epoch, a round of cosigning.</summary>
public static class Tracing
{
    /// <summary>The source; attributes must stand in <see cref="TelemetryFields.Spans"/>.</summary>
    public static ActivitySource Source { get; } = new(TelemetryFields.SourceName);
}
