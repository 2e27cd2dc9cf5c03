using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>How telemetry is sent.</summary>
public enum OtlpProtocol
{
    /// <summary>OTLP over gRPC, usually port 4317.</summary>
    Grpc,

    /// <summary>OTLP over HTTP with protobuf bodies, usually port 4318; the paths /v1/traces, /v1/metrics and /v1/logs are appended.</summary>
    HttpProtobuf,
}

/// <summary>Where traces, measurements and logs go. What they may hold is not a setting: <see cref="TelemetryFields"/>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Telemetry";

    /// <summary>Address of an OTLP collector, http or https. Defaults to none: nothing is sent.</summary>
    public Uri? OtlpEndpoint { get; set; }

    /// <summary>How it is sent. Defaults to Grpc.</summary>
    public OtlpProtocol OtlpProtocol { get; set; } = OtlpProtocol.Grpc;

    /// <summary>The name of this process among those of its kind, such as the pod's. Defaults to none.</summary>
    [RegularExpression("^[A-Za-z0-9._-]{0,128}$", ErrorMessage = "Telemetry:Instance must be at most 128 letters, digits, dots, hyphens and underscores.")]
    public string Instance { get; set; } = "";

    /// <summary>Send traces. Defaults to yes.</summary>
    public bool Traces { get; set; } = true;

    /// <summary>Send measurements. Defaults to yes.</summary>
    public bool Metrics { get; set; } = true;

    /// <summary>Send logs besides writing them to standard error. Defaults to yes.</summary>
    public bool Logs { get; set; } = true;

    /// <summary>The share of traces that is sent, 0 to 1, decided by the trace id alone: a caller cannot ask for more. Defaults to 1.</summary>
    [Range(0.0, 1.0)]
    public double SampleRatio { get; set; } = 1;

    /// <summary>How often measurements are sent. Defaults to 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MetricsInterval { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>;

/// <summary>Checks what bounds cannot say.</summary>
internal sealed class TelemetryEndpointValidator : IValidateOptions<TelemetryOptions>
{
    public ValidateOptionsResult Validate(string? name, TelemetryOptions options) =>
        options.OtlpEndpoint is null || (options.OtlpEndpoint.IsAbsoluteUri && options.OtlpEndpoint.Scheme is "http" or "https" && options.OtlpEndpoint.UserInfo.Length == 0)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Telemetry:OtlpEndpoint must be an http:// or https:// address without a user name.");
}
