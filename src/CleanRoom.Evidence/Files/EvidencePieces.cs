using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;

namespace CleanRoom.Evidence.Files;

/// <summary>
/// Decodes parts of evidence that lie alone in a file, for people: a paravisor's report, a TPM quote without its signature, an event log, a token. Nothing is judged; none of them is
/// evidence by itself.
/// </summary>
public static class EvidencePieces
{
    private static readonly ImmutableArray<(ushort Bank, string Name)> Banks = [(TpmAlgorithms.Sha1, "sha1"), (TpmAlgorithms.Sha256, "sha256"), (TpmAlgorithms.Sha384, "sha384")];

    /// <summary>Decodes a file.</summary>
    /// <param name="content">Its bytes; at most <see cref="EvidenceFile.MaxSize"/>.</param>
    /// <returns>An object with <c>kind</c> and <c>claims</c>; null if it is no such part.</returns>
    public static JsonObject? Describe(ReadOnlySpan<byte> content) =>
        content.Length is 0 or > EvidenceFile.MaxSize ? null : Paravisor(content) ?? Quote(content) ?? Log(content) ?? Token(content);

    private static JsonObject? Paravisor(ReadOnlySpan<byte> content)
    {
        if (!HclReport.TryParse(content, out var report, out _))
        {
            return null;
        }

        var claims = new JsonObject
        {
            ["hardware"] = report.IsTdx ? EvidenceKinds.Tdx : EvidenceKinds.SevSnp,
            ["attestationKey"] = Hex(SHA256.HashData(report.AttestationKey)),
            ["userData"] = Hex(report.UserData),
            ["variableDataSha256"] = Hex(report.VariableDataHash),
        };
        if (!report.IsTdx && EvidenceShapes.OfBytes(report.HardwareReport) is { } hardware
            && EvidenceInspector.Inspect(hardware, new AppraisalContext(DateTimeOffset.UnixEpoch, Collateral.CollateralSet.Empty)).Claims is { } inner)
        {
            claims["report"] = inner;
        }

        return Piece("hcl-report", claims);
    }

    private static JsonObject? Quote(ReadOnlySpan<byte> content) => !TpmQuote.TryParse(content, out var quote) ? null : Piece("tpm-attest", new JsonObject
    {
        ["nonce"] = Hex(quote.ExtraData),
        ["pcrDigest"] = Hex(quote.PcrDigest),
        ["selection"] = new JsonObject(quote.Selections.Select((selection, index) => KeyValuePair.Create(
            $"{index}:{Name(selection.Bank)}", (JsonNode?)new JsonArray([.. selection.Registers.Select(register => (JsonNode)register)])))),
        ["resetCount"] = quote.ResetCount,
        ["restartCount"] = quote.RestartCount,
        ["clockSafe"] = quote.Safe,
        ["firmwareVersion"] = $"{quote.FirmwareVersion:x16}",
    });

    private static JsonObject? Log(ReadOnlySpan<byte> content)
    {
        if (!EventLog.TryParse(content, out var log))
        {
            return null;
        }

        var claims = new JsonObject { ["events"] = log.Events.Length };
        foreach (var (bank, name) in Banks)
        {
            if (log.Replay(bank) is { Count: > 0 } registers)
            {
                claims[name] = new JsonObject(registers.OrderBy(item => item.Key).Select(item => KeyValuePair.Create($"{item.Key}", (JsonNode?)Hex(item.Value))));
            }
        }

        return Piece("event-log", claims);
    }

    private static JsonObject? Token(ReadOnlySpan<byte> content) => MaaShapes.TrySplit(content, out _, out var header, out var payload)
        ? Piece("jws", new JsonObject { ["header"] = JsonObject.Create(header), ["payload"] = JsonObject.Create(payload) })
        : null;

    private static JsonObject Piece(string kind, JsonObject claims) => new() { ["kind"] = kind, ["claims"] = claims };

    private static string Name(ushort bank) => Banks.FirstOrDefault(known => known.Bank == bank).Name ?? $"{bank:x4}";

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
