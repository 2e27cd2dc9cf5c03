using Microsoft.Extensions.Logging;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>
/// Counts our own log lines by the name of their event, so that an alert can ask for what a service says without reading its log. Values of a line are not looked at,
/// but for the room's id.
/// </summary>
internal sealed class EventCounter(ServerMetrics metrics) : ILoggerProvider
{
    private const string Ours = "CleanRoom.";

    public ILogger CreateLogger(string categoryName) =>
        categoryName.StartsWith(Ours, StringComparison.Ordinal) ? new Counting(metrics) : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public void Dispose()
    {
    }

    private sealed class Counting(ServerMetrics metrics) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information && metrics.Events.Enabled;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel) || eventId.Name is not { } name)
            {
                return;
            }

            var room = state is IReadOnlyList<KeyValuePair<string, object?>> values ? values.FirstOrDefault(static pair => pair.Key == "Room").Value : null;
            if (room is not null && Guid.TryParseExact(TelemetryFields.Text(room), "D", out var id))
            {
                metrics.Events.Add(1, new(TelemetryFields.Event, name), new(TelemetryFields.Level, logLevel.ToString()), new(TelemetryFields.Room, id.ToString()));
            }
            else
            {
                metrics.Events.Add(1, new(TelemetryFields.Event, name), new KeyValuePair<string, object?>(TelemetryFields.Level, logLevel.ToString()));
            }
        }
    }
}
