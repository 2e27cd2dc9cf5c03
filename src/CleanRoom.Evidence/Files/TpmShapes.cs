using System.Text.Json;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Files;

/// <summary>Shapes of TPM quotes.</summary>
internal static class TpmShapes
{
    private const int MaxBanks = 16;
    private const int MaxRegisters = 32;

    /// <summary>trustee's: <c>ak_public</c> and <c>tpm_quote</c> with message, signature and registers.</summary>
    public static EvidenceEnvelope? OfJson(JsonElement root)
    {
        if (!root.TryGetMember("tpm_quote", out var quote) || EvidenceText.Decode(root, "ak_public") is not { } key
            || EvidenceText.Decode(quote, "message") is not { } message || EvidenceText.Decode(quote, "signature") is not { } signature || AzureShapes.Registers(quote) is not { } registers)
        {
            return null;
        }

        return Create(message, signature, registers, key);
    }

    /// <summary>
    /// go-tpm-tools' <c>attest.Attestation</c>, as Google's machines write it: TPMT_PUBLIC in field 1 and a quote for every bank in field 2 (message 1, signature 2, registers 3). What else stands in
    /// it (event logs, certificates of the key, the instance) is no part of the evidence.
    /// </summary>
    public static EvidenceEnvelope? OfProtobuf(ReadOnlyMemory<byte> bytes)
    {
        if (!ProtobufMessage.TryParse(bytes, out var attestation) || attestation.Single(1) is not { } key || attestation.Messages(2) is not { Count: > 0 and <= MaxBanks } banks)
        {
            return null;
        }

        var quotes = new List<(ushort Bank, ReadOnlyMemory<byte> Message, ReadOnlyMemory<byte> Signature, byte[] Registers)>();
        foreach (var bank in banks)
        {
            if (!bank.HasOnly(1, 2, 3) || bank.Single(1) is not { } message || bank.Single(2) is not { } signature || bank.Messages(3) is not [var values]
                || Registers(values) is not { } registers || !TpmQuote.TryParse(message.Span, out var quote))
            {
                return null;
            }

            quotes.Add((quote.Selections.FirstOrDefault(selection => !selection.Registers.IsEmpty).Bank, message, signature, registers));
        }

        // Charters approve SHA-256 values. Without such a quote any will do: the verifier says what is wrong with it.
        var chosen = quotes.OrderBy(quote => quote.Bank switch { TpmAlgorithms.Sha256 => 0, TpmAlgorithms.Sha384 => 1, _ => 2 }).First();
        return Create(chosen.Message, chosen.Signature, chosen.Registers, key);
    }

    // tpm.PCRs: hash 1, registers 2 as a map of number 1 to value 2; each once.
    private static byte[]? Registers(ProtobufMessage values)
    {
        if (!values.HasOnly(1, 2) || values.Number(1) is null || values.Messages(2) is not { Count: > 0 and <= MaxRegisters } entries)
        {
            return null;
        }

        var registers = new SortedDictionary<ulong, ReadOnlyMemory<byte>>();
        foreach (var entry in entries)
        {
            if (!entry.HasOnly(1, 2) || entry.Number(1) is not (< MaxRegisters and var number) || entry.Single(2) is not { } value || !registers.TryAdd(number, value))
            {
                return null;
            }
        }

        return [.. registers.Values.SelectMany(value => value.ToArray())];
    }

    private static EvidenceEnvelope? Create(ReadOnlyMemory<byte> message, ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte> registers, ReadOnlyMemory<byte> key) =>
        EvidenceShapes.Create(EvidenceKinds.Tpm, new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
        {
            [AzureKind.AttestPart] = message,
            [AzureKind.SignaturePart] = signature,
            [AzureKind.RegistersPart] = registers,
            [TpmKind.PublicPart] = key,
        });
}
