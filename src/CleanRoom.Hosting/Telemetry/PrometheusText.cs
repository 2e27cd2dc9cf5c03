using System.Globalization;
using System.Text;
using OpenTelemetry;
using OpenTelemetry.Metrics;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>
/// Writes measurements in Prometheus' text format 0.0.4, named as OpenTelemetry's rules for Prometheus say: dots become underscores, the unit is a suffix, counters end in
/// <c>_total</c>. The SDK's own exporter does not stand on every feed; this is its useful tenth.
/// </summary>
internal sealed class PrometheusText : BaseExporter<Metric>
{
    private string _text = "";

    /// <summary>What was collected last.</summary>
    public string Text => Volatile.Read(ref _text);

    public override ExportResult Export(in Batch<Metric> batch)
    {
        var text = new StringBuilder();
        foreach (var metric in batch)
        {
            Write(text, metric);
        }

        Volatile.Write(ref _text, text.ToString());
        return ExportResult.Success;
    }

    /// <summary>The name under which Prometheus finds an instrument.</summary>
    internal static string NameOf(string instrument, string unit, bool counter)
    {
        var name = instrument.Replace('.', '_').Replace('-', '_');
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            _ => "",
        };
        name = name.EndsWith(suffix, StringComparison.Ordinal) ? name : name + suffix;
        return counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    private static void Write(StringBuilder text, Metric metric)
    {
        var counter = metric.MetricType is MetricType.LongSum or MetricType.DoubleSum;
        var histogram = metric.MetricType == MetricType.Histogram;
        var name = NameOf(metric.Name, metric.Unit, counter);
        _ = text.Append("# HELP ").Append(name).Append(' ').Append(metric.Description.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings(" ")).Append('\n')
            .Append("# TYPE ").Append(name).Append(' ').Append(counter ? "counter" : histogram ? "histogram" : "gauge").Append('\n');
        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            if (histogram)
            {
                WriteHistogram(text, name, point);
            }
            else
            {
                WriteSample(text, name, point.Tags, null, ValueOf(metric.MetricType, point));
            }
        }
    }

    private static double ValueOf(MetricType type, in MetricPoint point) => type switch
    {
        MetricType.LongSum or MetricType.LongSumNonMonotonic => point.GetSumLong(),
        MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic => point.GetSumDouble(),
        MetricType.LongGauge => point.GetGaugeLastValueLong(),
        MetricType.DoubleGauge => point.GetGaugeLastValueDouble(),
        _ => double.NaN,
    };

    private static void WriteHistogram(StringBuilder text, string name, in MetricPoint point)
    {
        var total = 0L;
        foreach (var bucket in point.GetHistogramBuckets())
        {
            total += bucket.BucketCount;
            WriteSample(text, name + "_bucket", point.Tags, Number(bucket.ExplicitBound), total);
        }

        WriteSample(text, name + "_sum", point.Tags, null, point.GetHistogramSum());
        WriteSample(text, name + "_count", point.Tags, null, point.GetHistogramCount());
    }

    private static void WriteSample(StringBuilder text, string name, ReadOnlyTagCollection tags, string? bound, double value)
    {
        _ = text.Append(name);
        var separator = '{';
        foreach (var (key, tag) in tags)
        {
            if (TelemetryFields.IsHarmless(tag))
            {
                _ = text.Append(separator).Append(key.Replace('.', '_')).Append("=\"").Append(TelemetryFields.Text(tag!)).Append('"');
                separator = ',';
            }
        }

        if (bound is not null)
        {
            _ = text.Append(separator).Append("le=\"").Append(bound).Append('"');
            separator = ',';
        }

        _ = text.Append(separator == ',' ? "} " : " ").Append(Number(value)).Append('\n');
    }

    private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : value.ToString("R", CultureInfo.InvariantCulture);
}
