using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Platforms.Tpm;

namespace CleanRoom.Evidence.Platforms;

/// <summary>
/// Evidence of an Azure confidential machine. The binding is written to the virtual TPM (index 0x01400002), upon which the paravisor makes a new report that names it
/// (index 0x01400001); then the registers are quoted with the key that this report names, and the metadata service adds certificates or quote.
/// </summary>
internal sealed class AzureVtpmProvider(Func<ITpmTransport> open, uint key, AzureMetadata metadata, TimeProvider clock) : IEvidenceProvider
{
    /// <summary>Where the paravisor puts its report.</summary>
    public const uint ReportIndex = 0x01400001;

    /// <summary>Where the guest puts 64 bytes of its own.</summary>
    public const uint UserDataIndex = 0x01400002;

    private const int LocalReportSize = 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    public string Kind => EvidenceKinds.AzureVtpm;

    public async ValueTask<EvidenceEnvelope> GetEvidenceAsync(ReportBinding binding, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(binding);
        try
        {
            using var tpm = new TpmCommands(open());
            tpm.NvWrite(UserDataIndex, binding.Bytes);
            var (blob, hcl) = await ReadReportAsync(tpm, binding, cancellationToken).ConfigureAwait(false);
            var parts = TpmQuoting.Take(tpm, key, binding);
            parts[AzureKind.HclPart] = blob;
            if (hcl.IsTdx)
            {
                parts[DcapParts.QuotePart] = await metadata.QuoteAsync(hcl.HardwareReport.AsMemory(0, LocalReportSize), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                parts[SnpKind.CertificatesPart] = await metadata.CertificatesAsync(cancellationToken).ConfigureAwait(false);
            }

            return EvidenceEnvelope.Create(EvidenceKinds.AzureVtpm, parts);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EvidenceUnavailableException("azure-vtpm: the virtual TPM refused a command: look whether this user may use /dev/tpmrm0 and the owner has no password.", exception);
        }
    }

    // The paravisor takes a moment, and until then the report is the one before.
    private async Task<(byte[] Blob, HclReport Report)> ReadReportAsync(TpmCommands tpm, ReportBinding binding, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var blob = tpm.NvRead(ReportIndex);
            if (!HclReport.TryParse(blob, out var report, out _))
            {
                throw new EvidenceUnavailableException("azure-vtpm: the paravisor's report is not of a form that this program knows: use a release that knows it.");
            }

            if (binding.Matches(report.UserData))
            {
                return (blob, report);
            }

            if (clock.GetElapsedTime(started) > LongestWait)
            {
                throw new EvidenceUnavailableException("azure-vtpm: the paravisor made no report that holds what was asked to be in it: start the machine again.");
            }

            await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
