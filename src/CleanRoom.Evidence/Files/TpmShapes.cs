using System.Text.Json;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Files;

/// <summary>Shapes of TPM quotes.</summary>
internal static class TpmShapes
{
    /// <summary>trustee's: <c>ak_public</c> and <c>tpm_quote</c> with message, signature and registers.</summary>
    public static EvidenceEnvelope? OfJson(JsonElement root)
    {
        if (!root.TryGetMember("tpm_quote", out var quote) || EvidenceText.Decode(root, "ak_public") is not { } key
            || EvidenceText.Decode(quote, "message") is not { } message || EvidenceText.Decode(quote, "signature") is not { } signature || AzureShapes.Registers(quote) is not { } registers)
        {
            return null;
        }

        return EvidenceShapes.Create(EvidenceKinds.Tpm, new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
        {
            [AzureKind.AttestPart] = message,
            [AzureKind.SignaturePart] = signature,
            [AzureKind.RegistersPart] = registers,
            [TpmKind.PublicPart] = key,
        });
    }
}
