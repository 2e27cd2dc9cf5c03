using System.Globalization;
using System.Text.Json;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Files;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Platforms;

/// <summary>
/// Evidence by the secure key release sidecar of Azure's confidential containers (microsoft/confidential-sidecar-containers, <c>/attest/combined</c>): SEV-SNP report
/// with the platform's certificates. The sidecar hashes what it is given: REPORT_DATA is SHA-256 of it, then 32 zero bytes. Without hardware
/// the sidecar makes up a report and says so only in its log; here the hash is compared, and no verifier accepts the report's signature.
/// </summary>
internal sealed class SidecarProvider(HttpClient http, Uri sidecar) : IEvidenceProvider, IRuntimeEvidenceProvider
{
    private const string Who = "sidecar: the service";

    public string Kind => EvidenceKinds.SevSnp;

    public static async Task<string?> LacksAsync(HttpClient http, Uri sidecar, CancellationToken cancellationToken)
    {
        try
        {
            _ = await LocalHttp.GetAsync(http, new Uri(sidecar, "status"), Who, metadata: false, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (EvidenceUnavailableException)
        {
            return string.Create(
                CultureInfo.InvariantCulture, $"sidecar: nothing answers at {sidecar}: put the secure key release sidecar into the container group, or give its address.");
        }
    }

    public ValueTask<EvidenceEnvelope> GetEvidenceAsync(ReportBinding binding, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(binding);
        return GetRuntimeEvidenceAsync(binding.Bytes.ToArray(), cancellationToken);
    }

    public async ValueTask<EvidenceEnvelope> GetRuntimeEvidenceAsync(ReadOnlyMemory<byte> runtimeData, CancellationToken cancellationToken)
    {
        var answer = await LocalHttp.PostAsync(
            http, new Uri(sidecar, "attest/combined"), Who, $$"""{"runtime_data":"{{Convert.ToBase64String(runtimeData.Span)}}"}""", cancellationToken).ConfigureAwait(false);

        // An object inside a text; newer versions may send the object itself.
        var text = answer.TryGetMember("combined_report", out var inner) && inner.ValueKind == JsonValueKind.String ? inner.GetString()! : answer.GetRawText();
        if (!ForeignJson.TryParse(System.Text.Encoding.UTF8.GetBytes(text), 4, out var combined))
        {
            throw new EvidenceUnavailableException("sidecar: combined_report is no JSON: use a version of the sidecar that documents /attest/combined.");
        }

        using (combined)
        {
            return Wrap(combined.RootElement, ReportBinding.OfRuntimeData(runtimeData.Span));
        }
    }

    private static EvidenceEnvelope Wrap(JsonElement combined, ReportBinding binding)
    {
        var bytes = Decode(combined, "evidence");
        if (!SnpReport.TryParse(bytes, out var report, out _))
        {
            throw new EvidenceUnavailableException("sidecar: evidence is no SEV-SNP report of a known version: use a version of the sidecar that matches the platform.");
        }

        if (!binding.Matches(report.ReportData))
        {
            throw new EvidenceUnavailableException("sidecar: the report does not hold what was asked to be in it: the container group has another sidecar than it should.");
        }

        var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [SnpKind.ReportPart] = bytes };
        byte[] certificates = [.. CollateralPieces.In(Decode(combined, "endorsements")).SelectMany(piece => piece)];
        if (certificates.Length > 0)
        {
            parts[SnpKind.CertificatesPart] = certificates;
        }

        return EvidenceEnvelope.Create(EvidenceKinds.SevSnp, parts);
    }

    private static byte[] Decode(JsonElement owner, string name) =>
        EvidenceText.TryDecode(LocalHttp.Text(owner, name, Who), out var bytes) ? bytes : throw new EvidenceUnavailableException($"sidecar: {name} is no base64: use a version of the sidecar that documents it.");
}
