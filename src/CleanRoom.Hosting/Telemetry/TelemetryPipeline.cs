using System.Reflection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>The providers of one service: made when the service starts, flushed when it stops. Nothing is made that nobody asked for.</summary>
internal sealed class TelemetryPipeline : IDisposable
{
    private const int SeriesOfAnInstrument = 2_000;

    private readonly TracerProvider? _traces;
    private readonly MeterProvider? _sent;
    private readonly MeterProvider? _scraped;
    private readonly BaseExportingMetricReader? _reader;
    private readonly PrometheusText? _text;
    private readonly Lock _scraping = new();

    public TelemetryPipeline(IOptions<TelemetryOptions> telemetry, IOptions<ManagementOptions> management, IHostEnvironment environment)
    {
        var options = telemetry.Value;
        var resource = ResourceOf(environment.ApplicationName, options);
        if (options is { OtlpEndpoint: not null, Traces: true })
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .SetResourceBuilder(resource)
                .SetSampler(new TraceIdRatioBasedSampler(options.SampleRatio))
                .AddSource(TelemetryFields.SourceName, "Microsoft.AspNetCore", "System.Net.Http")
                .AddProcessor(static _ => new SpanSanitizer())
                .AddOtlpExporter(exporter => Send(exporter, options, "v1/traces"))
                .Build();
        }

        if (options is { OtlpEndpoint: not null, Metrics: true })
        {
            _sent = Measuring(resource).AddOtlpExporter((exporter, reader) =>
            {
                Send(exporter, options, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.MetricsInterval.TotalMilliseconds;
            }).Build();
        }

        if (management.Value.MetricsPort is not null)
        {
            _text = new PrometheusText();
            _reader = new BaseExportingMetricReader(_text);
            _scraped = Measuring(resource).AddReader(_reader).Build();
        }
    }

    /// <summary>Who speaks. Nothing is taken from the environment.</summary>
    internal static ResourceBuilder ResourceOf(string service, TelemetryOptions options)
    {
        var version = typeof(TelemetryPipeline).Assembly.GetCustomAttribute<AssemblyFileVersionAttribute>()?.Version;
        return ResourceBuilder.CreateEmpty().AddService(service, "cleanroom", version, autoGenerateServiceInstanceId: false, options.Instance.Length == 0 ? null : options.Instance);
    }

    internal static void Send(OtlpExporterOptions exporter, TelemetryOptions options, string path)
    {
        var http = options.OtlpProtocol == OtlpProtocol.HttpProtobuf;
        exporter.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        exporter.Endpoint = http ? new Uri(new Uri(options.OtlpEndpoint!.AbsoluteUri.TrimEnd('/') + "/"), path) : options.OtlpEndpoint!;
        exporter.Headers = null;
        exporter.TimeoutMilliseconds = 5_000;
    }

    /// <summary>All measurements now, in Prometheus' text format.</summary>
    public string Scrape()
    {
        lock (_scraping)
        {
            _ = _reader?.Collect();
            return _text?.Text ?? "";
        }
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _sent?.Dispose();
        _scraped?.Dispose();
    }

    private static MeterProviderBuilder Measuring(ResourceBuilder resource) => Sdk.CreateMeterProviderBuilder()
        .SetResourceBuilder(resource)
        .AddMeter([.. TelemetryFields.Meters.Keys])
        .AddView(instrument => TelemetryFields.Meters.TryGetValue(instrument.Meter.Name, out var tags)
            ? new MetricStreamConfiguration { TagKeys = tags, CardinalityLimit = SeriesOfAnInstrument }
            : MetricStreamConfiguration.Drop);
}
