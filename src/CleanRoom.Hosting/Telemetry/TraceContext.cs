using System.Diagnostics;
using System.Text.RegularExpressions;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>
/// Carries <c>traceparent</c> (W3C Trace Context) and nothing else: neither <c>tracestate</c> nor <c>baggage</c>, which hold whatever a caller puts in.
/// </summary>
internal sealed partial class TraceContext : DistributedContextPropagator
{
    private const string Header = "traceparent";

    public override IReadOnlyCollection<string> Fields { get; } = [Header];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        if (activity is { IdFormat: ActivityIdFormat.W3C, Id: { } id } && setter is not null)
        {
            setter(carrier, Header, id);
        }
    }

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        (traceId, traceState) = (null, null);
        if (getter is null)
        {
            return;
        }

        getter(carrier, Header, out var value, out _);
        traceId = value is not null && Version00().IsMatch(value) ? value : null;
    }

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    [GeneratedRegex(@"\A00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]\z", RegexOptions.NonBacktracking)]
    private static partial Regex Version00();
}
