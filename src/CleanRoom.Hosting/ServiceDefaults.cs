using System.Globalization;
using System.Threading.RateLimiting;
using CleanRoom.Hosting.Calls;
using CleanRoom.Hosting.Health;
using CleanRoom.Hosting.Reflection;
using CleanRoom.Hosting.Telemetry;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>What all services have in common: clock, TLS, limits, error mapping, health, reflection, logs, shutdown.</summary>
public static class ServiceDefaults
{
    /// <summary>
    /// Adds the defaults. Singletons for services to take: <see cref="TimeProvider"/>, <see cref="DataFolder"/>, <see cref="ServerIdentity"/>,
    /// <see cref="ServiceHealth"/>. A <see cref="ServerIdentity"/> or a <see cref="PartitionedRateLimiter{PeerCall}"/> that was added before,
    /// or is added after with AddSingleton, replaces the default one.
    /// </summary>
    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddCheckedOptions<ServerOptions, ServerOptionsValidator>(ServerOptions.SectionName);
        builder.Services.AddSingleton<IValidateOptions<ServerOptions>, ServerAddressValidator>();
        builder.Services.AddCheckedOptions<TlsOptions, TlsOptionsValidator>(TlsOptions.SectionName);
        builder.Services.AddOptions<ReflectionOptions>().BindConfiguration(ReflectionOptions.SectionName, Strict).ValidateOnStart();

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<DataFolder>();
        builder.Services.TryAddSingleton(CreateIdentity);
        builder.Services.TryAddSingleton(PeerRateLimit.Create);
        builder.Services.AddSingleton<PeerCalls>();
        builder.Services.AddSingleton(services => new ServiceHealth(
            services.GetRequiredService<ServiceCatalogue>(), services.GetRequiredService<IHostApplicationLifetime>()));
        builder.Services.AddSingleton<ServiceCatalogue>();
        builder.Services.AddHostedService<Announcement>();
        builder.Services.AddHostedService<InputWatch>();

        // The host reads it while it is built. A bad value is left to the check of all settings, which comes right after.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout =
            TimeSpan.TryParse(builder.Configuration[$"{ServerOptions.SectionName}:{nameof(ServerOptions.ShutdownGrace)}"], CultureInfo.InvariantCulture, out var grace)
                && grace >= TimeSpan.Zero
                ? grace
                : new ServerOptions().ShutdownGrace);

        builder.Services.AddGrpc(grpc =>
        {
            grpc.EnableDetailedErrors = false;
            grpc.IgnoreUnknownServices = false;
            grpc.Interceptors.Add<RpcTelemetry>();
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<CallLimitInterceptor>();
        });
        builder.Services.AddOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>().Configure<IOptions<ServerOptions>>((grpc, server) =>
        {
            grpc.MaxReceiveMessageSize = server.Value.MaxMessageBytes;
            grpc.MaxSendMessageSize = server.Value.MaxMessageBytes;
        });

        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton<IConfigureOptions<KestrelServerOptions>, KestrelSetup>();
        AddLogs(builder.Logging);
        builder.AddTelemetry();
        return builder;
    }

    /// <summary>Maps health and, if switched on, reflection; streams end when the service stops.</summary>
    public static WebApplication MapDefaultEndpoints(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.UseMiddleware<StopStreams>();
        app.MapGrpcService<HealthGrpcService>();
        if (app.Services.GetRequiredService<IOptions<ReflectionOptions>>().Value.Enabled)
        {
            app.MapGrpcService<ReflectionGrpcService>();
        }

        app.Services.GetRequiredService<ServiceCatalogue>().Use(app);
        app.Services.GetRequiredService<ServiceHealth>();
        return app;
    }

    /// <summary>Binds a section strictly (an unknown name is an error) and checks it at start.</summary>
    public static OptionsBuilder<TOptions> AddCheckedOptions<TOptions, TValidator>(this IServiceCollection services, string sectionName)
        where TOptions : class
        where TValidator : class, IValidateOptions<TOptions>
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
        return services.AddOptions<TOptions>().BindConfiguration(sectionName, Strict).ValidateOnStart();
    }

    private static void Strict(Microsoft.Extensions.Configuration.BinderOptions binder) => binder.ErrorOnUnknownConfiguration = true;

    private static ServerIdentity CreateIdentity(IServiceProvider services)
    {
        var tls = services.GetRequiredService<IOptions<TlsOptions>>().Value;
        if (!string.IsNullOrEmpty(tls.CertificateFile))
        {
            return new ServerIdentity(TlsCertificates.Load(tls.CertificateFile, tls.KeyFile!));
        }

        var file = services.GetRequiredService<DataFolder>().File("tls.pem");
        return new ServerIdentity(TlsCertificates.LoadOrCreate(
            file, services.GetRequiredService<IHostEnvironment>().ApplicationName, services.GetRequiredService<TimeProvider>()));
    }

    /// <summary>One JSON object a line on standard error; standard output is kept for the line that says where the service listens.</summary>
    private static void AddLogs(ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.AddJsonConsole(console =>
        {
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
        });
        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.AddFilter("Microsoft", LogLevel.Warning);

        // Their messages quote exceptions, and exceptions may quote data. What happened in a call is logged by ErrorInterceptor; why the
        // service did not start is the one line that ServiceHost prints.
        logging.AddFilter("Grpc", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None);
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddFilter("Microsoft.AspNetCore.Diagnostics", LogLevel.None);
    }
}
