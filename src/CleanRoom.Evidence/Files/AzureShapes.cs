using System.Buffers.Binary;
using System.Text.Json;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Files;

/// <summary>Shapes of evidence of Azure's confidential machines.</summary>
internal static class AzureShapes
{
    private const int RegisterSize = 32;

    /// <summary>trustee's and its relatives': quote with message, signature and registers, and the paravisor's report.</summary>
    public static EvidenceEnvelope? OfJson(JsonElement root)
    {
        if (root.TryGetMember("evidence", out var inner) && inner.ValueKind == JsonValueKind.Object)
        {
            root = inner;
        }

        if (!(root.TryGetMember("tpm_quote", out var quote) || root.TryGetMember("quote", out quote)) || quote.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var report = EvidenceText.Decode(root, "hcl_report") ?? EvidenceText.Decode(root, "report");
        var certificates = EvidenceText.Decode(root, "vcek") is { } der && der.Length > 0 && der[0] == 0x30 ? der : EvidenceShapes.Certificates(root, "vcek");
        return Create(report, EvidenceText.Decode(quote, "message"), EvidenceText.Decode(quote, "signature"), Registers(quote), certificates, EvidenceText.Decode(root, "td_quote"));
    }

    /// <summary>Azure clean room's: attestation.json with snpCvm.</summary>
    public static EvidenceEnvelope? OfAttestation(JsonElement machine)
    {
        if (!machine.TryGetMember("evidence", out var evidence) || EvidenceText.Decode(evidence, "tpmQuote") is not { Length: > 2 } both)
        {
            return null;
        }

        // TPM2B_ATTEST ‖ TPMT_SIGNATURE
        var size = BinaryPrimitives.ReadUInt16BigEndian(both);
        if (size > both.Length - 2)
        {
            return null;
        }

        return Create(
            EvidenceText.Decode(evidence, "hclReport"), both[2..(2 + size)], both[(2 + size)..], NumberedRegisters(evidence), EvidenceShapes.Certificates(machine, "platformCertificates"), null);
    }

    private static EvidenceEnvelope? Create(byte[]? hcl, byte[]? attest, byte[]? signature, byte[]? registers, byte[] certificates, byte[]? quote)
    {
        if (hcl is null || attest is null || signature is null || registers is null)
        {
            return null;
        }

        var parts = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
        {
            [AzureKind.HclPart] = hcl,
            [AzureKind.AttestPart] = attest,
            [AzureKind.SignaturePart] = signature,
            [AzureKind.RegistersPart] = registers,
        };
        if (certificates.Length > 0)
        {
            parts[SnpKind.CertificatesPart] = certificates;
        }

        if (quote is not null)
        {
            parts[DcapParts.QuotePart] = quote;
        }

        return EvidenceShapes.Create(EvidenceKinds.AzureVtpm, parts);
    }

    // A list says nothing about numbers; the quote's own selection decides which registers the values are of.
    internal static byte[]? Registers(JsonElement quote)
    {
        if (!quote.TryGetMember("pcrs", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var values = list.EnumerateArray().Select(EvidenceText.Decode).ToList();
        return values.TrueForAll(value => value is { Length: RegisterSize }) ? [.. values.SelectMany(value => value!)] : null;
    }

    // {"0":"…","1":"…"}: by number, each once.
    private static byte[]? NumberedRegisters(JsonElement evidence)
    {
        if (!evidence.TryGetMember("pcrs", out var numbered) || numbered.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var values = new SortedDictionary<int, byte[]>();
        foreach (var member in numbered.EnumerateObject())
        {
            if (!int.TryParse(member.Name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
                || EvidenceText.Decode(member.Value) is not { Length: RegisterSize } value || !values.TryAdd(number, value))
            {
                return null;
            }
        }

        return [.. values.Values.SelectMany(value => value)];
    }
}
