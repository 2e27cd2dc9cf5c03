using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>Takes from a span what is not on the list, before anything is exported. A span with events, which may quote an exception, is not exported at all.</summary>
internal sealed class SpanSanitizer : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data)
    {
        if (data.Kind == ActivityKind.Client && data.GetTagItem("url.full") is string address && Uri.TryCreate(address, UriKind.Absolute, out var url))
        {
            // What the HTTP client knows of a call is the address; its path is the method.
            var method = url.AbsolutePath.TrimStart('/');
            data.DisplayName = method;
            _ = data.SetTag("rpc.system.name", "grpc").SetTag("rpc.method", method);
        }

        foreach (var (name, value) in data.TagObjects.ToList())
        {
            if (!TelemetryFields.Spans.Contains(name) || !TelemetryFields.IsHarmless(value))
            {
                _ = data.SetTag(name, null);
            }
        }

        if (!TelemetryFields.IsHarmless(data.DisplayName))
        {
            data.DisplayName = data.OperationName;
        }

        // Without the description, which may be an exception's message.
        _ = data.SetStatus(data.Status);
        data.TraceStateString = null;
        if (data.Events.Any() || data.Links.Any())
        {
            data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }
    }
}

/// <summary>Takes from a log line what is not on the list; the body is the template, never the filled-in text.</summary>
internal sealed class LogSanitizer : BaseProcessor<LogRecord>
{
    private const string Template = "{OriginalFormat}";

    public override void OnEnd(LogRecord data)
    {
        data.Exception = null;
        data.FormattedMessage = null;
        var values = data.Attributes ?? [];
        data.Body = values.FirstOrDefault(static pair => pair.Key == Template).Value as string ?? data.EventId.Name;
        data.Attributes = [.. values.Where(static pair => TelemetryFields.LogValues.Contains(pair.Key) && TelemetryFields.IsHarmless(pair.Value))];
    }
}
