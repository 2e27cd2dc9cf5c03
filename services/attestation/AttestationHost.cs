using System.Collections.Immutable;
using CleanRoom.Attestation.Api;
using CleanRoom.Attestation.Appraisals;
using CleanRoom.Attestation.Keys;
using CleanRoom.Attestation.Releases;
using CleanRoom.Attestation.Rooms;
using CleanRoom.Attestation.Witnessing;
using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Platforms;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Calls;
using CleanRoom.Hosting.Startup;
using CleanRoom.Services;
using CleanRoom.Storage.Brokers;
using CleanRoom.Storage.Postgres;
using CleanRoom.Storage.Sqlite;
using Microsoft.Extensions.Options;

namespace CleanRoom.Attestation;

/// <summary>Composes the service, for its own process, for tests and for the standalone host.</summary>
public static class AttestationHost
{
    private const int MaxKeyFile = 4096;

    /// <summary>Runs the service until it is stopped.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] args) => ServiceHost.RunAsync(args, static builder => builder.AddAttestation(), static app => app.MapAttestation());

    /// <summary>Builds the service.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>.</param>
    /// <param name="configure">Adds to it or replaces parts, after the service has added its own.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null) => ServiceHost.Build(
        args,
        builder =>
        {
            _ = builder.AddAttestation();
            configure?.Invoke(builder);
        },
        static app => app.MapAttestation());

    /// <summary>Adds verifier, key broker and witness of one owner.</summary>
    public static WebApplicationBuilder AddAttestation(this WebApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        _ = services.AddCheckedOptions<AttestationOptions, AttestationOptionsValidator>(AttestationOptions.SectionName);
        _ = services.AddSingleton(OpenKeys);
        _ = services.AddSingleton(CreateIdentity);
        _ = services.AddCheckedOptions<StoreOptions, StoreOptionsValidator>(StoreOptions.SectionName);
        _ = services.AddSingleton(provider => ServiceStore.Open<IBrokerStore>(provider, SqliteBrokerStore.Open, PostgresBrokerStore.Open));
        _ = services.AddSingleton<IErrorMapping, StoreFailures>();
        _ = services.AddSingleton(provider => ReadOwner(Options(provider)));
        _ = services.AddSingleton(provider => new OwnerOnly(ReadAdministrators(Options(provider))));
        _ = services.AddSingleton(provider => new VerifierLimits(Options(provider).MaximumOutstandingNonces));
        _ = services.AddSingleton(provider => new ReleaseLimits(Options(provider).Lease, Options(provider).ClockSkew));
        _ = services.AddSingleton<IRoomLog>(provider => new IngestionRoomLog(
            provider.GetRequiredService<ServerIdentity>().Certificate, Options(provider).IngestionAddress, Options(provider).ReleaseTimeout));
        _ = services.AddSingleton(provider => OpenCollateral(
            new CollateralPlaces(ReadCollateralFolder(Options(provider)), ReadCollateralSigners(Options(provider)), provider.GetRequiredService<DataFolder>().File("collateral-memory.json")),
            provider));
        _ = services.AddSingleton<RoomGuard>();
        _ = services.AddSingleton<StandingReader>();
        _ = services.AddSingleton(provider => new MachineEvidence(Options(provider).KeyVault.Evidence, provider.GetRequiredService<TimeProvider>()));
        _ = services.AddSingleton(provider => new ManagedIdentity(new EvidencePlatformOptions().Metadata, Options(provider).KeyVault.ClientId));
        _ = services.AddSingleton(provider => new VaultDoor(provider.GetRequiredService<ManagedIdentity>(), provider.GetRequiredService<MachineEvidence>()));
        _ = services.AddSingleton(provider => CustodySetup.Open(
            Options(provider), provider.GetRequiredService<BrokerKeys>(), provider.GetRequiredService<VaultDoor>(), provider.GetRequiredService<TimeProvider>()));
        _ = services.AddSingleton(provider => new ErasureFolder(provider.GetRequiredService<DataFolder>().File("erasures")));
        _ = services.AddSingleton<RecordKeyDesk>();
        _ = services.AddSingleton<CharterDesk>();
        _ = services.AddSingleton<HandOverDesk>();
        _ = services.AddSingleton<Verifier>();
        _ = services.AddSingleton<KeyReleaser>();
        _ = services.AddSingleton<Witness>();
        return builder;
    }

    /// <summary>Maps the gRPC classes.</summary>
    public static WebApplication MapAttestation(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);

        // What is wrong with owner, administrators, keys or database stops the start, not the first call.
        _ = app.Services.GetRequiredService<OwnerOnly>();
        _ = app.Services.GetRequiredService<CharterDesk>();
        _ = app.Services.GetRequiredService<VendorCollateral>();
        _ = app.MapGrpcService<AttestationGrpcService>();
        _ = app.MapGrpcService<BrokerGrpcService>();
        return app;
    }

    private static AttestationOptions Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<AttestationOptions>>().Value;

    private static BrokerKeys OpenKeys(IServiceProvider provider)
    {
        try
        {
            return BrokerKeys.Open(provider.GetRequiredService<DataFolder>().Path, Options(provider).MasterKeyFile);
        }
        catch (BrokerKeyException exception)
        {
            throw new StartupException(ExitCode.FileError, exception.Message, exception);
        }
    }

    private static ServerIdentity CreateIdentity(IServiceProvider provider)
    {
        // Dates in certificates mean nothing to peers that pin keys; a day back and ten years on spare those that look at them.
        var from = provider.GetRequiredService<TimeProvider>().GetUtcNow().AddDays(-1);
        var keys = provider.GetRequiredService<BrokerKeys>();
        return new ServerIdentity(keys.Tls.CreateSelfSignedCertificate("cleanroom-attestation", from, from.AddYears(10)));
    }

    private static BrokerOwner ReadOwner(AttestationOptions options)
    {
        var text = options.OrganisationKey;
        if (!text.TrimStart().StartsWith('{'))
        {
            var file = new FileInfo(text);
            text = file.Exists && file.Length <= MaxKeyFile
                ? File.ReadAllText(text)
                : throw new StartupException(ExitCode.BadOption, "Attestation:OrganisationKey must be a JWK, or the path of a file of at most 4 KiB that holds one.");
        }

        return MemberId.TryParse(options.Owner, out var owner) && VerifyingKey.TryFromJwk(text.Trim(), out var key)
            ? new BrokerOwner(owner, key, options.AllowSimulated)
            : throw new StartupException(ExitCode.BadOption, "Attestation:Owner must be a member id and Attestation:OrganisationKey the public JWK of a P-256 key.");
    }

    private static string? ReadCollateralFolder(AttestationOptions options) => options.CollateralFolder is not { Length: > 0 } folder
        ? null
        : Directory.Exists(folder) ? folder : throw new StartupException(ExitCode.BadOption, "Attestation:CollateralFolder must be a folder that exists.");

    private static VendorCollateral OpenCollateral(CollateralPlaces places, IServiceProvider provider)
    {
        try
        {
            return new VendorCollateral(places, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<VendorCollateral>>());
        }
        catch (InvalidDataException exception)
        {
            throw new StartupException(ExitCode.FileError, exception.Message, exception);
        }
    }

    private static ImmutableHashSet<KeyId>? ReadCollateralSigners(AttestationOptions options) =>
        options.CollateralSigners.Count == 0 ? null : ReadKeys(options.CollateralSigners, "CollateralSigners");

    private static ImmutableHashSet<KeyId> ReadAdministrators(AttestationOptions options) => ReadKeys(options.AdminKeys, "AdminKeys");

    private static ImmutableHashSet<KeyId> ReadKeys(IEnumerable<string> texts, string setting) => [.. texts.Select(text => KeyId.TryParse(text, out var key)
        ? key
        : throw new StartupException(ExitCode.BadOption, $"Attestation:{setting} must hold key ids such as spki-sha256: and 43 characters of base64url."))];
}
