using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>
/// Where a machine's own caretakers ask: health without TLS (a kubelet has no client certificate) and measurements. A server of its own that knows nothing of the
/// service's methods. Off unless a port is given; never to be reached from outside the cluster.
/// </summary>
public sealed class ManagementOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Management";

    /// <summary>IP address to listen on. Defaults to 127.0.0.1; use 0.0.0.0 in a pod, behind a network policy.</summary>
    [Required]
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>TCP port of <c>grpc.health.v1</c> over HTTP/2 without TLS; 0 takes a free one. Defaults to none: not served.</summary>
    [Range(0, 65535)]
    public int? HealthPort { get; set; }

    /// <summary>TCP port of <c>/metrics</c> in Prometheus' text format over HTTP/1.1; 0 takes a free one. Defaults to none: not served.</summary>
    [Range(0, 65535)]
    public int? MetricsPort { get; set; }
}

/// <summary>Checks the bounds.</summary>
[OptionsValidator]
internal sealed partial class ManagementOptionsValidator : IValidateOptions<ManagementOptions>;

/// <summary>Checks what bounds cannot say.</summary>
internal sealed class ManagementAddressValidator : IValidateOptions<ManagementOptions>
{
    public ValidateOptionsResult Validate(string? name, ManagementOptions options) =>
        System.Net.IPAddress.TryParse(options.Address, out _)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail("Management:Address must be an IP address such as 127.0.0.1, 0.0.0.0 or ::.");
}
