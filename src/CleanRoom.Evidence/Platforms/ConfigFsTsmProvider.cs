using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Platforms;

/// <summary>
/// Evidence by Linux's configfs-tsm (Documentation/ABI/testing/configfs-tsm-report): one entry for each report, <c>inblob</c> in, <c>outblob</c> and <c>auxblob</c> out. The
/// <c>generation</c> counts every write to the entry, so a report that was made for somebody else's <c>inblob</c> shows, and is made again.
/// </summary>
internal sealed class ConfigFsTsmProvider(ITsmReports reports) : IEvidenceProvider, IRuntimeEvidenceProvider
{
    private const int MaxAttempts = 4;
    private const string Snp = "sev_guest";
    private const string Tdx = "tdx_guest";

    // Known once a report was made: it stands in the entry.
    private volatile string? _kind;

    public string Kind => _kind ??= WithEntry(entry => KindOf(Provider(entry)));

    public ValueTask<EvidenceEnvelope> GetEvidenceAsync(ReportBinding binding, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(binding);
        for (var attempt = 1; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (WithEntry(entry => TryReport(entry, binding)) is { } envelope)
            {
                return ValueTask.FromResult(envelope);
            }

            if (attempt == MaxAttempts)
            {
                throw new EvidenceUnavailableException("configfs-tsm: the entry was changed by another process with every attempt: stop what else writes to it.");
            }
        }
    }

    public ValueTask<EvidenceEnvelope> GetRuntimeEvidenceAsync(ReadOnlyMemory<byte> runtimeData, CancellationToken cancellationToken) =>
        GetEvidenceAsync(ReportBinding.OfRuntimeData(runtimeData.Span), cancellationToken);

    private EvidenceEnvelope? TryReport(string entry, ReportBinding binding)
    {
        var provider = Provider(entry);
        var kind = KindOf(provider);
        _kind = kind;
        var before = Generation(entry);
        reports.Write(entry, "inblob", binding.Bytes);
        byte[] report;
        byte[]? more;
        try
        {
            report = reports.Read(entry, "outblob") ?? throw new EvidenceUnavailableException("configfs-tsm: the entry has no outblob: use Linux 6.7 or newer.");
            more = kind == EvidenceKinds.SevSnp ? reports.Read(entry, "auxblob") : null;
        }
        catch (IOException) when (Generation(entry) != before + 1)
        {
            // EWOULDBLOCK: somebody wrote to the entry between our write and our read.
            return null;
        }

        if (Generation(entry) != before + 1)
        {
            return null;
        }

        var parts = kind == EvidenceKinds.SevSnp ? SnpParts(report, more ?? [], binding) : TdxParts(report, binding);
        return EvidenceEnvelope.Create(kind, parts);
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> SnpParts(byte[] bytes, byte[] table, ReportBinding binding)
    {
        if (!SnpReport.TryParse(bytes, out var report, out _))
        {
            throw Unusable("report");
        }

        RequireBound(binding, report.ReportData);
        var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [SnpKind.ReportPart] = bytes };
        var certificates = SnpCertificateTable.Certificates(table);
        if (certificates.Length > 0)
        {
            parts[SnpKind.CertificatesPart] = certificates;
        }

        return parts;
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> TdxParts(byte[] bytes, ReportBinding binding)
    {
        if (!DcapQuote.TryParse(bytes, out var quote, out _) || !quote.IsTdx)
        {
            throw Unusable("quote");
        }

        RequireBound(binding, new TdReportBody(quote.Body).ReportData);
        return new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [DcapParts.QuotePart] = bytes };
    }

    private static void RequireBound(ReportBinding binding, ReadOnlySpan<byte> reportData)
    {
        if (!binding.Matches(reportData))
        {
            throw new EvidenceUnavailableException("configfs-tsm: the report does not hold what was asked to be in it: the kernel or its host is not honest.");
        }
    }

    private string Provider(string entry) => Text(reports.Read(entry, "provider") ?? throw new EvidenceUnavailableException("configfs-tsm: the entry has no provider: use Linux 6.7 or newer."));

    private static string KindOf(string provider) => provider switch
    {
        Snp => EvidenceKinds.SevSnp,
        Tdx => EvidenceKinds.Tdx,
        _ => throw new EvidenceUnavailableException("configfs-tsm: the provider is neither sev_guest nor tdx_guest: this program knows no other."),
    };

    private long Generation(string entry) =>
        reports.Read(entry, "generation") is { } text && long.TryParse(Text(text), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new EvidenceUnavailableException("configfs-tsm: the entry has no generation: use Linux 6.7 or newer.");

    private static string Text(byte[] value) => Encoding.ASCII.GetString(value).TrimEnd('\n', '\0');

    private static EvidenceUnavailableException Unusable(string what) =>
        new($"configfs-tsm: the {what} is not of a form that this program knows: use a release that knows this platform.");

    // An entry of its own for each report: names must not meet those of other processes.
    private T WithEntry<T>(Func<string, T> act)
    {
        var entry = "cleanroom-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        try
        {
            reports.Make(entry);
            try
            {
                return act(entry);
            }
            finally
            {
                reports.Remove(entry);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceUnavailableException("configfs-tsm: the kernel refused to make a report: look at the kernel's log and at the rights of this user.", exception);
        }
    }
}
