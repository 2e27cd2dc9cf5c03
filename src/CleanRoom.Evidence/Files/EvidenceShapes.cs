using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Collateral;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Files;

/// <summary>The shapes of evidence that other programs write, each told by what it holds.</summary>
internal static class EvidenceShapes
{
    private const int OpenEnclaveHeader = 16;
    private const int MaxRequestDepth = 8;

    /// <summary>A raw report or quote, certificates with a quote, or the message of an attestation client.</summary>
    public static EvidenceEnvelope? OfBytes(byte[] bytes) => bytes.Length == SnpReport.Size && bytes[0] is >= 2 and <= 5 && bytes[1..4] is [0, 0, 0]
        ? Snp(bytes, [])
        : OfQuote(bytes) ?? MaaShapes.OfCertificates(bytes) ?? TpmShapes.OfProtobuf(bytes);

    /// <summary>A quote of Intel's, as it is or with Open Enclave's header.</summary>
    public static EvidenceEnvelope? OfQuote(byte[] bytes) => DcapQuote.LooksLikeOne(bytes)
        ? Create(bytes[0] == 3 ? EvidenceKinds.Sgx : EvidenceKinds.Tdx, Quote(bytes))
        : bytes.Length > OpenEnclaveHeader && bytes[..8] is [1, 0, 0, 0, 2, 0, 0, 0] ? OpenEnclave(bytes) : null;

    /// <summary>The JSON of an attestation client.</summary>
    public static EvidenceEnvelope? OfJson(JsonElement root)
    {
        if (root.TryGetMember("report", out var wrapped) && wrapped.TryGetMember("snpCACI", out var caci))
        {
            return EvidenceText.Decode(caci, "attestation") is { } report ? Snp(report, Certificates(caci, "platformCertificates")) : null;
        }

        if (wrapped.ValueKind == JsonValueKind.Object && wrapped.TryGetMember("snpCvm", out var machine))
        {
            return AzureShapes.OfAttestation(machine);
        }

        if (AzureShapes.OfJson(root) is { } azure)
        {
            return azure;
        }

        if (TpmShapes.OfJson(root) is { } tpm)
        {
            return tpm;
        }

        // Azure Attestation's samples: {"QuoteHex":"…",…}, and requests to it: {"quote":"…"} or {"report":"…"}.
        if ((EvidenceText.Decode(root, "QuoteHex") ?? EvidenceText.Decode(root, "Quote") ?? EvidenceText.Decode(root, "quote")) is { } quote)
        {
            return OfBytes(quote);
        }

        if (EvidenceText.Decode(root, "report") is { } request)
        {
            return OfRequest(request);
        }

        if (root.TryGetMember("attestation_report", out var fields))
        {
            return SnpReportFields.TryWrite(fields, out var report) ? Snp(report, CertificateTable(root)) : null;
        }

        return MaaShapes.OfKeySet(root);
    }

    // The member report of a request to Azure Attestation: {"SnpReport":"…","VcekCertChain":"…"}, or a report as it is.
    private static EvidenceEnvelope? OfRequest(byte[] request)
    {
        if (!ForeignJson.TryParse(request, MaxRequestDepth, out var document))
        {
            return OfBytes(request);
        }

        using (document)
        {
            return EvidenceText.Decode(document.RootElement, "SnpReport") is { } report ? Snp(report, Certificates(document.RootElement, "VcekCertChain")) : null;
        }
    }

    // Open Enclave: version 1, type 2, u64 length, quote.
    private static EvidenceEnvelope? OpenEnclave(byte[] bytes)
    {
        var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8));
        return length == (ulong)(bytes.Length - OpenEnclaveHeader) && DcapQuote.LooksLikeOne(bytes.AsSpan(OpenEnclaveHeader)) ? OfQuote(bytes[OpenEnclaveHeader..]) : null;
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> Quote(byte[] quote) => new(StringComparer.Ordinal) { [DcapParts.QuotePart] = quote };

    private static EvidenceEnvelope? Snp(byte[] report, byte[] certificates)
    {
        var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { [SnpKind.ReportPart] = report };
        if (certificates.Length > 0)
        {
            parts[SnpKind.CertificatesPart] = certificates;
        }

        return Create(EvidenceKinds.SevSnp, parts);
    }

    internal static EvidenceEnvelope? Create(string kind, Dictionary<string, ReadOnlyMemory<byte>> parts)
    {
        try
        {
            return EvidenceEnvelope.Create(kind, parts);
        }
        catch (ArgumentException)
        {
            // Longer than an envelope may be.
            return null;
        }
    }

    // Azure's clients write PEM, as it is or in base64.
    internal static byte[] Certificates(JsonElement owner, string name)
    {
        if (!owner.TryGetMember(name, out var member) || member.ValueKind != JsonValueKind.String)
        {
            return [];
        }

        var text = member.GetString()!;
        var pem = text.StartsWith("-----", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(text) : EvidenceText.TryDecode(text, out var bytes) ? bytes : [];
        return [.. CollateralPieces.In(pem).SelectMany(piece => piece)];
    }

    // trustee: [{"cert_type":"VCEK","data":[…]}]
    private static byte[] CertificateTable(JsonElement root) =>
        root.TryGetMember("cert_chain", out var chain) && chain.ValueKind == JsonValueKind.Array
            ? [.. chain.EnumerateArray().SelectMany(entry => EvidenceText.Decode(entry, "data") ?? [])]
            : [];
}
