using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>A TPM quote, and how a charter judges it: trust in the key comes from the charter, never from the evidence.</summary>
internal sealed class TpmEvidence(TpmQuote quote, ReadOnlyMemory<byte> publicArea, TpmPublicKey? key, IReadOnlyDictionary<int, byte[]> registers) : ExaminedEvidence
{
    private const int Resettable = 16;

    public override LaunchMeasurement Measurement => new(quote.PcrDigest);

    public override JsonObject ToClaims() => new()
    {
        ["firmwareVersion"] = $"{quote.FirmwareVersion:x16}",
        ["nonce"] = Convert.ToHexStringLower(quote.ExtraData),
        ["pcr"] = new JsonObject(registers.OrderBy(item => item.Key).Select(item => KeyValuePair.Create($"{item.Key}", (JsonNode?)Convert.ToHexStringLower(item.Value)))),
        ["resetCount"] = quote.ResetCount,
        ["restartCount"] = quote.RestartCount,
    };

    public override bool IsBoundTo(ReportBinding binding) => CryptographicOperations.FixedTimeEquals(SHA256.HashData(binding.Bytes), quote.ExtraData);

    public override ImmutableArray<Finding> Forbidden()
    {
        var forbidden = new ComparisonBuilder();
        forbidden.Require(quote.ExtraData.Length > 0, RejectionReason.NonceMissing, "extraData", "empty", "the hash of the binding");
        forbidden.Require(quote.Safe, RejectionReason.ClockNotSafe, "clockInfo.safe", "no", "yes");
        forbidden.Require(
            key is null || key.IsAttestationKey, RejectionReason.AttestationKeyNotRestricted, "objectAttributes", "a key that also signs what the TPM did not make",
            "fixedTPM, fixedParent, sensitiveDataOrigin, restricted, sign");
        forbidden.Require(
            registers.Any(item => item.Key < Resettable && item.Value.AsSpan().ContainsAnyExcept((byte)0)), RejectionReason.NothingMeasured, "PCR0 to PCR15", "all zero", "measurements");
        return forbidden.Build().Objections;
    }

    public override Comparison Compare(Reference reference)
    {
        var expected = (TpmReference)reference;
        var comparison = new ComparisonBuilder();
        comparison.Require(
            key is not null && expected.Keys is not null && expected.Keys.Contains(SHA256.HashData(publicArea.Span)), RejectionReason.AttestationKeyNotTrusted, "attestation key",
            "a key that nobody enrolled", "a public area (TPMT_PUBLIC) whose hash the charter lists");
        expected.Registers.Apply(registers, comparison);
        return comparison.Build();
    }
}
