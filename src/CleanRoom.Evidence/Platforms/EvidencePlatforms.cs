using System.Collections.Immutable;
using CleanRoom.Evidence.Platforms.Tpm;

namespace CleanRoom.Evidence.Platforms;

/// <summary>One way to get evidence, and whether this machine has it.</summary>
/// <param name="Name">Name, as in settings.</param>
/// <param name="Lacks">One sentence: what is missing and what to do; null if the machine has it.</param>
public sealed record PlatformProbe(string Name, string? Lacks);

/// <summary>Finds out how a machine gives evidence of itself. Only hardware is found: what simulates it is somebody else's choice, made in words.</summary>
public sealed class EvidencePlatforms : IDisposable
{
    /// <summary>The kernel's report interface: SEV-SNP and TDX.</summary>
    public const string ConfigFsTsm = "configfs-tsm";

    /// <summary>Azure's confidential machines.</summary>
    public const string AzureVtpm = "azure-vtpm";

    /// <summary>Azure's secure key release sidecar, for confidential containers.</summary>
    public const string Sidecar = "sidecar";

    /// <summary>A TPM alone. Never found by probing: it keeps no memory secret, so somebody must mean it.</summary>
    public const string Tpm = "tpm";

    private readonly EvidencePlatformOptions _options;
    private readonly TimeProvider _clock;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;
    private readonly ITsmReports _reports;
    private readonly Func<ITpmTransport> _tpm;

    /// <summary>Makes it for this machine.</summary>
    /// <param name="options">Where to look.</param>
    /// <param name="clock">For waits.</param>
    public EvidencePlatforms(EvidencePlatformOptions options, TimeProvider clock)
        : this(options, clock, null, null)
    {
    }

    internal EvidencePlatforms(EvidencePlatformOptions options, TimeProvider clock, ITsmReports? reports, Func<ITpmTransport>? tpm)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(clock);
        _options = options;
        _clock = clock;
        _handler = LocalHttp.CreateHandler();
        _http = new HttpClient(_handler, disposeHandler: false) { Timeout = options.Timeout, MaxResponseContentBufferSize = LocalHttp.MaxAnswer };
        _reports = reports ?? new TsmReportFolder(options.TsmReports);
        _tpm = tpm ?? (() => new TpmDevice(options.TpmDevice));
    }

    /// <summary>The names, in the order of probing.</summary>
    public static ImmutableArray<string> Names { get; } = [AzureVtpm, ConfigFsTsm, Sidecar, Tpm];

    /// <summary>Looks for every platform.</summary>
    public async Task<ImmutableArray<PlatformProbe>> ProbeAsync(CancellationToken cancellationToken)
    {
        var probes = ImmutableArray.CreateBuilder<PlatformProbe>();
        foreach (var name in Names)
        {
            probes.Add(new PlatformProbe(name, await LacksAsync(name, cancellationToken).ConfigureAwait(false)));
        }

        return probes.ToImmutable();
    }

    /// <summary>Gives the provider of one platform.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="cancellationToken">Stops probing.</param>
    /// <exception cref="EvidenceUnavailableException">The machine lacks it.</exception>
    public async Task<IEvidenceProvider> OpenAsync(string name, CancellationToken cancellationToken) =>
        await LacksAsync(name, cancellationToken).ConfigureAwait(false) is { } lack ? throw new EvidenceUnavailableException(lack) : Create(name);

    /// <summary>Gives the provider of the first platform that this machine has.</summary>
    /// <param name="cancellationToken">Stops probing.</param>
    /// <exception cref="EvidenceUnavailableException">It has none; the message says what each lacks.</exception>
    public async Task<IEvidenceProvider> OpenFirstAsync(CancellationToken cancellationToken)
    {
        var lacks = new List<string>();
        foreach (var name in Names.Where(name => name != Tpm))
        {
            if (await LacksAsync(name, cancellationToken).ConfigureAwait(false) is not { } lack)
            {
                return Create(name);
            }

            lacks.Add(lack);
        }

        throw new EvidenceUnavailableException("This machine gives no hardware evidence. " + string.Join(" ", lacks));
    }

    /// <summary>Gives a provider that makes evidence about data, for attestation services.</summary>
    /// <param name="name">A platform; null: the first of the sidecar and the kernel's interface that this machine has.</param>
    /// <param name="cancellationToken">Stops probing.</param>
    /// <exception cref="EvidenceUnavailableException">The machine lacks it, or the platform gives no such evidence.</exception>
    public async Task<IRuntimeEvidenceProvider> OpenRuntimeAsync(string? name, CancellationToken cancellationToken)
    {
        var lacks = new List<string>();
        foreach (var candidate in name is null ? [Sidecar, ConfigFsTsm] : new[] { name })
        {
            if (await LacksAsync(candidate, cancellationToken).ConfigureAwait(false) is { } lack)
            {
                lacks.Add(lack);
            }
            else
            {
                return Create(candidate) as IRuntimeEvidenceProvider
                    ?? throw new EvidenceUnavailableException($"{candidate}: this platform gives no evidence for attestation services: use {Sidecar} or {ConfigFsTsm}.");
            }
        }

        throw new EvidenceUnavailableException("This machine gives no evidence for an attestation service. " + string.Join(" ", lacks));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _handler.Dispose();
    }

    private IEvidenceProvider Create(string name) => name switch
    {
        ConfigFsTsm => new ConfigFsTsmProvider(_reports),
        AzureVtpm => new AzureVtpmProvider(_tpm, _options.AttestationKey, new AzureMetadata(_http, _options.Metadata), _clock),
        Sidecar => new SidecarProvider(_http, _options.Sidecar),
        _ => new TpmProvider(_tpm, _options.AttestationKey),
    };

    private async Task<string?> LacksAsync(string name, CancellationToken cancellationToken) => name switch
    {
        ConfigFsTsm => _reports.Lacks(),
        AzureVtpm => TpmProbe.LacksParavisor(_tpm),
        Sidecar => await SidecarProvider.LacksAsync(_http, _options.Sidecar, cancellationToken).ConfigureAwait(false),
        Tpm => TpmProbe.LacksKey(_tpm, _options.AttestationKey),
        _ => throw new ArgumentException($"A platform is one of {string.Join(", ", Names)}.", nameof(name)),
    };
}
