using CleanRoom.Cryptography;
using CleanRoom.Evidence.Collateral;

namespace CleanRoom.Evidence.Platforms;

/// <summary>What Azure's metadata service adds to a machine's evidence: the processor's certificates (SEV-SNP), the quote (TDX). Nothing in it is trusted.</summary>
internal sealed class AzureMetadata(HttpClient http, Uri address)
{
    private const string Who = "azure-vtpm: the metadata service";

    /// <summary>VCEK and the authorities above it, DER, one after another (<c>/metadata/THIM/amd/certification</c>).</summary>
    public async Task<byte[]> CertificatesAsync(CancellationToken cancellationToken)
    {
        var answer = await LocalHttp.GetAsync(http, new Uri(address, "metadata/THIM/amd/certification"), Who, metadata: true, cancellationToken).ConfigureAwait(false);
        var text = LocalHttp.Text(answer, "vcekCert", Who) + "\n" + LocalHttp.Text(answer, "certificateChain", Who);
        byte[] certificates = [.. CollateralPieces.In(System.Text.Encoding.UTF8.GetBytes(text)).SelectMany(piece => piece)];
        return certificates.Length > 0 ? certificates : throw new EvidenceUnavailableException($"{Who} sent no certificate: try again later.");
    }

    /// <summary>A quote for a local report of the trust domain (<c>/acc/tdquote</c>).</summary>
    public async Task<byte[]> QuoteAsync(ReadOnlyMemory<byte> localReport, CancellationToken cancellationToken)
    {
        var answer = await LocalHttp.PostAsync(
            http, new Uri(address, "acc/tdquote"), Who, $$"""{"report":"{{StrictBase64.EncodeUrl(localReport.Span)}}"}""", cancellationToken).ConfigureAwait(false);
        return Files.EvidenceText.TryDecode(LocalHttp.Text(answer, "quote", Who), out var quote) ? quote : throw new EvidenceUnavailableException($"{Who} sent no quote: try again later.");
    }
}
