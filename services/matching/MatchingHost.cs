using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
using CleanRoom.Matching.Api;
using CleanRoom.Matching.Enclave;
using CleanRoom.Matching.Evidence;
using CleanRoom.Matching.Records;
using Microsoft.Extensions.Options;

namespace CleanRoom.Matching;

/// <summary>Composes the service, for its own process, for tests and for the standalone host.</summary>
public static class MatchingHost
{
    /// <summary>Runs the service until it is stopped.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args) => ServiceHost.RunAsync(args, Add, Map);

    /// <summary>Builds the service.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <param name="configure">Adds to it or replaces parts, after the service has added its own.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null) => ServiceHost.Build(
        args,
        builder =>
        {
            Add(builder);
            configure?.Invoke(builder);
        },
        Map);

    private static void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddCheckedOptions<MatchingOptions, MatchingOptionsValidator>(MatchingOptions.SectionName);
        builder.Services.AddSingleton(provider => new EvidencePlatforms(
            ReadPlatforms(provider.GetRequiredService<IOptions<MatchingOptions>>().Value), provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton(provider => EvidenceSetup.Open(
            provider.GetRequiredService<IOptions<MatchingOptions>>().Value.Evidence, provider.GetRequiredService<EvidencePlatforms>(),
            provider.GetRequiredService<ILogger<EnclaveService>>()));
        builder.Services.AddSingleton(provider => RoomOptions.Read(provider.GetRequiredService<IOptions<MatchingOptions>>().Value));
        builder.Services.AddSingleton<EnclaveStatus>();
        builder.Services.AddSingleton<EnclaveMetrics>();
        builder.Services.AddSingleton<EnclaveService>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<EnclaveService>());
    }

    private static void Map(WebApplication app)
    {
        // A machine that cannot prove itself stops the start, not the first release.
        _ = app.Services.GetRequiredService<RoomOptions>();
        _ = app.Services.GetRequiredService<EnclaveMetrics>();
        _ = app.Services.GetRequiredService<IEvidenceProvider>();
        _ = app.MapGrpcService<MatchingGrpcService>();
    }

    private static EvidencePlatformOptions ReadPlatforms(MatchingOptions options)
    {
        var defaults = new EvidencePlatformOptions();
        return defaults with
        {
            TsmReports = options.TsmReports ?? defaults.TsmReports,
            TpmDevice = options.TpmDevice ?? defaults.TpmDevice,
            Sidecar = options.Sidecar ?? defaults.Sidecar,
        };
    }
}

/// <summary>The options, read once.</summary>
internal sealed record RoomOptions(RoomId Room, Uri Ingestion, KeyId IngestionKey, TimeSpan LongestPause, TimeSpan AskAgain, TimeSpan CosignTimeout, int MaxRecords, LinkageModels Models)
{
    public static RoomOptions Read(MatchingOptions options) =>
        RoomId.TryParse(options.Room, out var room) && KeyId.TryParse(options.IngestionKey, out var key)
            ? new RoomOptions(room, options.IngestionAddress!, key, options.LongestPause, options.AskAgain, options.CosignTimeout, options.MaxRecords, LinkageModels.Read(options.LinkageModel))
            : throw new StartupException(
                ExitCode.BadOption, "Matching:Room must be a UUID in lower case and Matching:IngestionKey a key id such as spki-sha256: and 43 characters of base64url.");
}
