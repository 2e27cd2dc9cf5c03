using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Calls;
using CleanRoom.Notification.Api;
using CleanRoom.Notification.Channels;
using CleanRoom.Notification.Delivery;
using CleanRoom.Notification.Inboxes;
using CleanRoom.Notification.Page;
using CleanRoom.Notification.Rooms;
using CleanRoom.Notification.Upkeep;
using CleanRoom.Services;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Slots;
using CleanRoom.Storage.Sqlite;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification;

/// <summary>Composes the notification service, for its own process, for tests and for the standalone host.</summary>
public static class NotificationHost
{
    /// <summary>Runs the service until it is stopped.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args) => ServiceHost.RunAsync(args, static builder => builder.AddNotification(), static app => app.MapNotification());

    /// <summary>Builds the service.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <param name="configure">Adds to it or replaces parts, after the service has added its own.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null) => ServiceHost.Build(
        args,
        builder =>
        {
            builder.AddNotification();
            configure?.Invoke(builder);
        },
        static app => app.MapNotification());

    /// <summary>Adds the service; the defaults of all services must be added too.</summary>
    public static void AddNotification(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddCheckedOptions<NotificationOptions, NotificationOptionsValidator>(NotificationOptions.SectionName);
        builder.Services.AddCheckedOptions<StoreOptions, StoreOptionsValidator>(StoreOptions.SectionName);
        builder.Services.AddSingleton(static services => ServiceStore.Open<ISlotStore>(services, SqliteSlotStore.Open, PostgresSlotStore.Open));
        builder.Services.AddSingleton(ConnectIngestion);
        builder.Services.AddSingleton<RoomFollowers>();
        builder.Services.AddSingleton<FrameReceiver>();
        builder.Services.AddSingleton<InboxStreams>();
        builder.Services.AddSingleton<InboxMetrics>();
        builder.Services.AddHostedService<HealthMonitor>();
        builder.Services.AddSingleton<IErrorMapping, StoreFailures>();
        builder.AddPage();
        builder.AddChannels();
    }

    /// <summary>Maps the gRPC service.</summary>
    public static void MapNotification(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // What is wrong with settings or database stops the start, not the first call.
        _ = app.Services.GetRequiredService<ISlotStore>();
        _ = app.Services.GetRequiredService<RoomFollowers>();
        _ = app.Services.GetRequiredService<InboxMetrics>();
        app.MapGrpcService<NotificationGrpcService>();
        app.MapPage();
    }

    private static PinnedChannel ConnectIngestion(IServiceProvider services)
    {
        // Both were checked with the options.
        var options = services.GetRequiredService<IOptions<NotificationOptions>>().Value;
        return PinnedChannel.Create(
            new Uri(options.IngestionAddress),
            KeyId.Parse(options.IngestionKey),
            services.GetRequiredService<ServerIdentity>().Certificate,
            new PinnedChannelOptions { Clock = services.GetRequiredService<TimeProvider>() });
    }
}
