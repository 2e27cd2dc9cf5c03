using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Certificates;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Collateral;

/// <summary>Fetches what a room's machines need from the vendors' own services, told by sample evidence of those machines. It needs the internet; nothing else here does.</summary>
public sealed class CollateralFetcher
{
    private readonly HttpClient _http;
    private readonly CollateralSources _sources;
    private readonly TimeProvider _clock;

    /// <summary>Makes one.</summary>
    /// <param name="http">Carries the requests; should follow no redirects.</param>
    /// <param name="sources">Where to ask.</param>
    /// <param name="clock">Now: what is not current is not taken.</param>
    public CollateralFetcher(HttpClient http, CollateralSources sources, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(clock);
        (_http, _sources, _clock) = (http, sources, clock);
    }

    internal TrustAnchors Anchors { get; init; } = TrustAnchors.Vendors;

    /// <summary>Fetches everything that appraisals of such evidence need.</summary>
    /// <param name="samples">Evidence of the machines, of any age; only reports and quotes in it are looked at.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<FetchedCollateral> FetchAsync(IEnumerable<EvidenceEnvelope> samples, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(samples);
        var run = new Run(this, _clock.GetUtcNow());
        foreach (var sample in samples)
        {
            await run.AddAsync(sample, cancellationToken).ConfigureAwait(false);
        }

        return run.ToResult();
    }

    private sealed class Run(CollateralFetcher owner, DateTimeOffset time)
    {
        private readonly AmdCollateralSource _amd = new(owner._http, owner._sources.Amd, time, owner.Anchors);
        private readonly IntelCollateralSource _intel = new(owner._http, owner._sources, time, owner.Anchors);
        private readonly List<ReadOnlyMemory<byte>> _pieces = [];
        private readonly List<ReadOnlyMemory<byte>> _early = [];
        private readonly List<string> _problems = [];
        private readonly Dictionary<string, Certificate?> _intermediates = new(StringComparer.Ordinal);
        private readonly HashSet<string> _done = new(StringComparer.Ordinal);

        public FetchedCollateral ToResult() => new(_pieces, _early, _problems);

        public async Task AddAsync(EvidenceEnvelope sample, CancellationToken cancellationToken)
        {
            if (ReportOf(sample) is { } report)
            {
                await AddAmdAsync(report, cancellationToken).ConfigureAwait(false);
            }
            else if (sample.Parts.TryGetValue(DcapParts.QuotePart, out var bytes) && DcapQuote.TryParse(bytes.Span, out var quote, out _)
                && PemChain.TryRead(quote.Certification.Span, out var chain) && chain.Count > 1 && PckCertificate.TryParse(chain[0], out var pck))
            {
                await AddIntelAsync(quote.IsTdx ? "tdx" : "sgx", pck.Fmspc, chain[1].CommonName == "Intel SGX PCK Processor CA" ? "processor" : "platform", cancellationToken).ConfigureAwait(false);
            }
            else
            {
                _problems.Add($"The evidence of kind {sample.Kind} names no platform of AMD's or Intel's whose collateral could be fetched; give a report or a quote.");
            }
        }

        private static SnpReport? ReportOf(EvidenceEnvelope sample)
        {
            if (sample.Parts.TryGetValue(AzureKind.HclPart, out var blob) && HclReport.TryParse(blob.Span, out var hcl, out _) && !hcl.IsTdx)
            {
                return SnpReport.TryParse(hcl.HardwareReport, out var inner, out _) ? inner : null;
            }

            return sample.Parts.TryGetValue(SnpKind.ReportPart, out var bytes) && SnpReport.TryParse(bytes.Span, out var report, out _) ? report : null;
        }

        private async Task AddAmdAsync(SnpReport report, CancellationToken cancellationToken)
        {
            if (report.Processor is not { } processor || SnpGeneration.OfProcessor(processor.Family, processor.Model) is not { } generation)
            {
                _problems.Add("A report does not say which generation of processors it is from; give one of version 3 or later.");
                return;
            }

            var isVlek = report.SigningKey == SnpSigningKey.Vlek;
            var intermediate = await AuthoritiesAsync(generation, isVlek ? "vlek" : "vcek", cancellationToken).ConfigureAwait(false);
            if (intermediate is not null && !isVlek && _done.Add(Convert.ToHexStringLower(report.ChipId) + Convert.ToHexStringLower(report.ReportedTcb)))
            {
                await TryAsync(async () => _pieces.Add((await _amd.VcekAsync(generation, report, intermediate, cancellationToken).ConfigureAwait(false)).Der)).ConfigureAwait(false);
            }
        }

        private async Task<Certificate?> AuthoritiesAsync(SnpGeneration generation, string kind, CancellationToken cancellationToken)
        {
            var name = $"{generation.Name} {kind}";
            if (_intermediates.TryGetValue(name, out var known))
            {
                return known;
            }

            Certificate? found = null;
            await TryAsync(async () =>
            {
                var (intermediate, root) = await _amd.AuthoritiesAsync(generation, kind, cancellationToken).ConfigureAwait(false);
                found = intermediate;
                _pieces.AddRange([intermediate.Der, root.Der]);
                if (_done.Add(generation.Name))
                {
                    _pieces.Add((await _amd.ListAsync(generation, root, cancellationToken).ConfigureAwait(false)).Der);
                }
            }).ConfigureAwait(false);
            return _intermediates[name] = found;
        }

        private async Task AddIntelAsync(string tee, string fmspc, string authority, CancellationToken cancellationToken)
        {
            if (_done.Add($"{tee} {fmspc}"))
            {
                await TryAsync(() => DocumentAsync(early => _intel.TcbInfoAsync(tee, fmspc, early, cancellationToken), cancellationToken)).ConfigureAwait(false);
            }

            if (_done.Add($"{tee} identity"))
            {
                await TryAsync(() => DocumentAsync(early => _intel.IdentityAsync(tee, early, cancellationToken), cancellationToken)).ConfigureAwait(false);
            }

            if (_done.Add(authority))
            {
                await TryAsync(async () => _pieces.AddRange(await _intel.ListAsync(authority, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
            }
        }

        private async Task DocumentAsync(Func<bool, Task<SignedFile>> get, CancellationToken cancellationToken)
        {
            var now = await get(false).ConfigureAwait(false);
            _pieces.AddRange([now.Content, now.Signer.Der, now.Root.Der]);
            if (_done.Add("root list"))
            {
                await TryAsync(async () => _pieces.Add(await _intel.RootListAsync(now.Root, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);
            }

            await TryAsync(async () =>
            {
                var early = await get(true).ConfigureAwait(false);
                if (early.Number > now.Number)
                {
                    _early.AddRange([early.Content, early.Signer.Der]);
                }
            }).ConfigureAwait(false);
        }

        private async Task TryAsync(Func<Task> act)
        {
            try
            {
                await act().ConfigureAwait(false);
            }
            catch (CollateralException exception)
            {
                _problems.Add(exception.Message);
            }
        }
    }
}
