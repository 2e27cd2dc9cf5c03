using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Logs;

namespace CleanRoom.Hosting.Telemetry;

/// <summary>Adds traces, measurements, exported logs and the management server to a service.</summary>
internal static class TelemetryDefaults
{
    public static void AddTelemetry(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddCheckedOptions<ManagementOptions, ManagementOptionsValidator>(ManagementOptions.SectionName);
        services.AddSingleton<IValidateOptions<ManagementOptions>, ManagementAddressValidator>();
        services.AddCheckedOptions<TelemetryOptions, TelemetryOptionsValidator>(TelemetryOptions.SectionName);
        services.AddSingleton<IValidateOptions<TelemetryOptions>, TelemetryEndpointValidator>();

        // ASP.NET Core takes the propagator from the services, the HTTP client takes the process's.
        var context = new TraceContext();
        DistributedContextPropagator.Current = context;
        services.AddSingleton<DistributedContextPropagator>(context);

        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<ILoggerProvider, EventCounter>();
        services.AddSingleton<TelemetryPipeline>();
        services.AddSingleton<ManagementServer>();
        services.AddHostedService(provider => provider.GetRequiredService<ManagementServer>());
        AddLogs(builder);
    }

    /// <summary>Our own lines only: what a library writes may quote anything.</summary>
    private static void AddLogs(WebApplicationBuilder builder)
    {
        // Read here because the provider is made with the first logger. What does not bind is told by the check of all settings, which comes right after.
        var section = builder.Configuration.GetSection(TelemetryOptions.SectionName);
        if (!Uri.TryCreate(section[nameof(TelemetryOptions.OtlpEndpoint)], UriKind.Absolute, out var endpoint)
            || (bool.TryParse(section[nameof(TelemetryOptions.Logs)], out var wanted) && !wanted))
        {
            return;
        }

        var options = new TelemetryOptions
        {
            OtlpEndpoint = endpoint,
            Instance = section[nameof(TelemetryOptions.Instance)] ?? "",
            OtlpProtocol = Enum.TryParse<OtlpProtocol>(section[nameof(TelemetryOptions.OtlpProtocol)], ignoreCase: true, out var protocol) ? protocol : OtlpProtocol.Grpc,
        };
        builder.Logging.AddOpenTelemetry(logs =>
        {
            logs.IncludeFormattedMessage = false;
            logs.IncludeScopes = false;
            logs.ParseStateValues = true;
            logs.SetResourceBuilder(TelemetryPipeline.ResourceOf(builder.Environment.ApplicationName, options));
            logs.AddProcessor(new LogSanitizer());
            logs.AddOtlpExporter(exporter => TelemetryPipeline.Send(exporter, options, "v1/logs"));
        });
        builder.Logging.AddFilter<OpenTelemetryLoggerProvider>(static (category, level) =>
            category is not null && category.StartsWith("CleanRoom.", StringComparison.Ordinal) && level >= LogLevel.Information);
    }
}
