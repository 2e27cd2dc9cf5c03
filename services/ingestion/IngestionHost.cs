using CleanRoom.Hosting;
using CleanRoom.Hosting.Calls;
using CleanRoom.Ingestion.Api;
using CleanRoom.Ingestion.Cosigning;
using CleanRoom.Ingestion.Rooms;
using CleanRoom.Ingestion.Uploads;
using CleanRoom.Ingestion.Upkeep;
using CleanRoom.Services;
using CleanRoom.Storage;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;

namespace CleanRoom.Ingestion;

/// <summary>What the ingestion service consists of, for its own host and the standalone one.</summary>
public static class IngestionHost
{
    /// <summary>Runs the service until it is stopped.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args) => ServiceHost.RunAsync(args, static builder => builder.AddIngestion(), static app => app.MapIngestion());

    /// <summary>Builds the service.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <param name="configure">Adds to it or replaces parts, after the service has added its own.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null) => ServiceHost.Build(
        args,
        builder =>
        {
            builder.AddIngestion();
            configure?.Invoke(builder);
        },
        static app => app.MapIngestion());

    /// <summary>Adds the service; the defaults of all services must be added too.</summary>
    public static void AddIngestion(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddCheckedOptions<IngestionOptions, IngestionOptionsValidator>(IngestionOptions.SectionName);
        builder.Services.AddCheckedOptions<StoreOptions, StoreOptionsValidator>(StoreOptions.SectionName);
        builder.Services.AddSingleton(static services => ServiceStore.Open<IIngestionStore>(services, SqliteIngestionStore.Open, PostgresIngestionStore.Open));
        builder.Services.AddSingleton(static services => services.GetRequiredService<IIngestionStore>().Logs);
        builder.Services.AddSingleton(static services => services.GetRequiredService<IIngestionStore>().Batches);
        builder.Services.AddSingleton(static services => OperatorKey.LoadOrCreate(services.GetRequiredService<DataFolder>().File(OperatorKey.FileName)));
        builder.Services.AddSingleton<RoomDirectory>();
        builder.Services.AddSingleton<RoomMetrics>();
        builder.Services.AddSingleton<QuotaMetrics>();
        builder.Services.AddSingleton<UploadReceiver>();
        builder.Services.AddSingleton<OpenReads>();
        builder.Services.AddSingleton<EntryRates>();
        builder.Services.AddSingleton<RoomTurns>();
        builder.Services.AddSingleton<Eraser>();
        builder.Services.AddSingleton<WitnessConnections>();

        // The rooms are read before anything works on them.
        builder.Services.AddHostedService<RoomLoader>();
        builder.Services.AddHostedService<CosigningService>();
        builder.Services.AddHostedService<AbandonedUploads>();
        builder.Services.AddHostedService(static services => services.GetRequiredService<QuotaMetrics>());
        builder.Services.AddHostedService<HealthMonitor>();
        builder.Services.AddSingleton<IErrorMapping, StoreFailures>();
    }

    /// <summary>Maps the gRPC service.</summary>
    public static void MapIngestion(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // What is wrong with key or database stops the start, not the first call.
        _ = app.Services.GetRequiredService<RoomDirectory>();
        _ = app.Services.GetRequiredService<RoomMetrics>();
        app.MapGrpcService<IngestionGrpcService>();
    }
}
