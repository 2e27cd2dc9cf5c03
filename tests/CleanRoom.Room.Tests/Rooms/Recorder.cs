using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Room.Tests.Rooms;

/// <summary>A line of a log, with what it was made of.</summary>
internal sealed record LogLine(string Service, string Category, LogLevel Level, int Id, string Template, IReadOnlyList<KeyValuePair<string, string>> Values, string Text);

/// <summary>
/// Everything that the services write down at the most talkative setting: all logs of all categories at Trace, with exceptions and scopes; all activities of the process with
/// their tags, events and baggage; all measurements with their tags.
/// </summary>
internal sealed class Recorder : IDisposable
{
    private readonly ConcurrentQueue<LogLine> _lines = [];
    private readonly ConcurrentDictionary<string, byte> _activities = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _measurements = new(StringComparer.Ordinal);
    private readonly ActivityListener _activityListener;
    private readonly MeterListener _meterListener = new();

    public Recorder()
    {
        _activityListener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => _activities.TryAdd(Describe(activity), 0),
        };
        ActivitySource.AddActivityListener(_activityListener);
        _meterListener.InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument);
        _meterListener.SetMeasurementEventCallback<byte>(Measured);
        _meterListener.SetMeasurementEventCallback<short>(Measured);
        _meterListener.SetMeasurementEventCallback<int>(Measured);
        _meterListener.SetMeasurementEventCallback<long>(Measured);
        _meterListener.SetMeasurementEventCallback<float>(Measured);
        _meterListener.SetMeasurementEventCallback<double>(Measured);
        _meterListener.SetMeasurementEventCallback<decimal>(Measured);
        _meterListener.Start();
    }

    public IReadOnlyCollection<LogLine> Lines => _lines;

    public IEnumerable<string> Activities => _activities.Keys;

    /// <summary>Instrument and tags of each measurement, once; values are numbers of the process.</summary>
    public IEnumerable<string> Measurements => _measurements.Keys;

    public void Attach(string service, WebApplicationBuilder builder)
    {
        builder.Logging.AddProvider(new Provider(service, _lines));
        builder.Services.PostConfigure<LoggerFilterOptions>(filters =>
        {
            filters.Rules.Clear();
            filters.MinLevel = LogLevel.Trace;
        });
    }

    public void Dispose()
    {
        _activityListener.Dispose();
        _meterListener.Dispose();
    }

    private static string Describe(Activity activity) => string.Join(
        ' ',
        [
            activity.Source.Name, activity.OperationName, activity.DisplayName, activity.StatusDescription ?? "",
            .. activity.TagObjects.Select(Pair), .. activity.Baggage.Select(pair => $"{pair.Key}={pair.Value}"),
            .. activity.Events.SelectMany(item => item.Tags.Select(Pair).Prepend(item.Name)),
        ]);

    private static string Pair(KeyValuePair<string, object?> pair) => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}={pair.Value}");

    private void Measured<T>(Instrument instrument, T measurement, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var text = instrument.Meter.Name + " " + instrument.Name;
        foreach (var tag in tags)
        {
            text += " " + Pair(tag);
        }

        _ = _measurements.TryAdd(text, 0);
    }

    private sealed class Provider(string service, ConcurrentQueue<LogLine> lines) : ILoggerProvider, ISupportExternalScope
    {
        private IExternalScopeProvider? _scopes;

        public ILogger CreateLogger(string categoryName) => new Logger(this, service, categoryName, lines);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

        public void Dispose()
        {
        }

        private sealed class Logger(Provider provider, string service, string category, ConcurrentQueue<LogLine> lines) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => provider._scopes?.Push(state);

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                var values = new List<KeyValuePair<string, string>>();
                var template = "";
                if (state is IEnumerable<KeyValuePair<string, object?>> pairs)
                {
                    foreach (var (name, value) in pairs)
                    {
                        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
                        if (name == "{OriginalFormat}")
                        {
                            template = text;
                        }
                        else
                        {
                            values.Add(new(name, text));
                        }
                    }
                }

                var scopes = new List<string>();
                provider._scopes?.ForEachScope(
                    static (scope, list) => list.Add(scope is IEnumerable<KeyValuePair<string, object?>> items ? string.Join(' ', items.Select(Pair)) : scope?.ToString() ?? ""), scopes);
                lines.Enqueue(new LogLine(service, category, logLevel, eventId.Id, template, values, string.Join('\n', [formatter(state, exception), exception?.ToString() ?? "", .. scopes])));
            }
        }
    }
}
