using Google.Protobuf;

namespace CleanRoom.Operations.Tests.Telemetry;

/// <summary>A span as OTLP carries it (opentelemetry-proto, trace.proto).</summary>
internal sealed record OtlpSpan(
    string Service, string TraceId, string SpanId, string Parent, string TraceState, string Name, IReadOnlyDictionary<string, string> Attributes, int Events, int Links, string StatusMessage);

/// <summary>A log line as OTLP carries it (logs.proto).</summary>
internal sealed record OtlpLog(string Service, string Body, IReadOnlyDictionary<string, string> Attributes);

/// <summary>Reads the fields of OTLP requests that matter here, by their numbers; whatever else is in a message is kept as attributes nobody expects.</summary>
internal static class Otlp
{
    /// <summary>Gauge, sum, histogram.</summary>
    private static readonly int[] PointKinds = [5, 7, 9];

    public static IEnumerable<OtlpSpan> Spans(byte[] request) =>
        from resourceSpans in Fields(request, 1)
        let service = ServiceOf(Fields(resourceSpans, 1).Single())
        from scope in Fields(resourceSpans, 2)
        from span in Fields(scope, 2)
        select new OtlpSpan(
            service,
            Hex(span, 1),
            Hex(span, 2),
            Hex(span, 4),
            Text(span, 3),
            Text(span, 5),
            Attributes(span, 9),
            Fields(span, 11).Count(),
            Fields(span, 13).Count(),
            Fields(span, 15).Select(status => Text(status, 2)).SingleOrDefault() ?? "");

    public static IEnumerable<OtlpLog> Logs(byte[] request) =>
        from resourceLogs in Fields(request, 1)
        let service = ServiceOf(Fields(resourceLogs, 1).Single())
        from scope in Fields(resourceLogs, 2)
        from record in Fields(scope, 2)
        select new OtlpLog(service, Fields(record, 5).Select(Value).SingleOrDefault() ?? "", Attributes(record, 6));

    /// <summary>Instrument and attributes of every data point (metrics.proto): gauge 5, sum 7 and histogram 9 hold their points in field 1.</summary>
    public static IEnumerable<(string Name, Dictionary<string, string> Attributes)> Points(byte[] request) =>
        from resourceMetrics in Fields(request, 1)
        from scope in Fields(resourceMetrics, 2)
        from metric in Fields(scope, 2)
        from kind in PointKinds
        from data in Fields(metric, kind)
        from point in Fields(data, 1)
        select (Text(metric, 1), Attributes(point, kind == 9 ? 9 : 7));

    /// <summary>Attributes of each resource.</summary>
    public static IEnumerable<IReadOnlyDictionary<string, string>> Resources(byte[] request) =>
        Fields(request, 1).Select(item => Attributes(Fields(item, 1).Single(), 1));

    private static string ServiceOf(byte[] resource) => Attributes(resource, 1)["service.name"];

    private static Dictionary<string, string> Attributes(byte[] message, int field) =>
        Fields(message, field).ToDictionary(pair => Text(pair, 1), pair => Fields(pair, 2).Select(Value).Single(), StringComparer.Ordinal);

    /// <summary>An AnyValue as text: string 1, bool 2, int 3, double 4.</summary>
    private static string Value(byte[] any)
    {
        var input = new CodedInputStream(any);
        var tag = input.ReadTag();
        return WireFormat.GetTagFieldNumber(tag) switch
        {
            1 => input.ReadString(),
            2 => input.ReadBool() ? "true" : "false",
            3 => input.ReadInt64().ToString(System.Globalization.CultureInfo.InvariantCulture),
            4 => input.ReadDouble().ToString(System.Globalization.CultureInfo.InvariantCulture),
            var other => $"value of kind {other}",
        };
    }

    private static string Text(byte[] message, int field) => Fields(message, field).Select(System.Text.Encoding.UTF8.GetString).SingleOrDefault() ?? "";

    private static string Hex(byte[] message, int field) => Convert.ToHexString(Fields(message, field).SingleOrDefault() ?? []);

    private static IEnumerable<byte[]> Fields(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == field && WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited)
            {
                yield return input.ReadBytes().ToByteArray();
            }
            else
            {
                input.SkipLastField();
            }
        }
    }
}
