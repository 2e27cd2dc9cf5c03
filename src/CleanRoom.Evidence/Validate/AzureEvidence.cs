using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>
/// Evidence of an Azure confidential machine: hardware report → paravisor's data → virtual TPM's key → quote → registers. The hardware's measurement
/// names the paravisor, which many machines share; the registers name what runs.
/// </summary>
internal sealed class AzureEvidence(IEvidenceKind hardwareKind, ExaminedEvidence hardware, HclReport hcl, TpmQuote quote, IReadOnlyDictionary<int, byte[]> registers) : ExaminedEvidence
{
    public override LaunchMeasurement Measurement => hardware.Measurement;

    public override JsonObject ToClaims() => new()
    {
        ["hardware"] = hardwareKind.Name,
        ["nonce"] = Convert.ToHexStringLower(quote.ExtraData),
        ["pcr"] = new JsonObject(registers.OrderBy(item => item.Key).Select(item => KeyValuePair.Create($"{item.Key}", (JsonNode?)Convert.ToHexStringLower(item.Value)))),
        ["report"] = hardware.ToClaims(),
        ["userData"] = Convert.ToHexStringLower(hcl.UserData),
    };

    // docs/architecture.md: user-data is the binding, and the quote's extraData its SHA-256: the report is old as the boot, the quote is fresh.
    public override bool IsBoundTo(ReportBinding binding) =>
        binding.Matches(hcl.UserData) && CryptographicOperations.FixedTimeEquals(SHA256.HashData(binding.Bytes), quote.ExtraData);

    public override ImmutableArray<Finding> Forbidden()
    {
        var forbidden = new ComparisonBuilder();
        forbidden.Require(hcl.UserData.AsSpan().ContainsAnyExcept((byte)0), RejectionReason.ReportDataZero, "user-data", "all zero", "the binding of a nonce and two keys");
        forbidden.Require(quote.ExtraData.Length > 0, RejectionReason.NonceMissing, "extraData", "empty", "the hash of the binding");
        forbidden.Require(quote.Safe, RejectionReason.ClockNotSafe, "clockInfo.safe", "no", "yes");
        return hardware.Forbidden().AddRange(forbidden.Build().Objections);
    }

    public override Comparison Compare(Reference reference)
    {
        var expected = (AzureReference)reference;
        if (expected.Hardware is not null && expected.Hardware.Kind != hardwareKind.Name)
        {
            return new Comparison([new Finding(RejectionReason.KindNotInPolicy, "hardware", hardwareKind.Name, expected.Hardware.Kind)], []);
        }

        var inner = hardware.Compare(expected.Hardware ?? hardwareKind.Strict);
        var comparison = new ComparisonBuilder();
        expected.Registers.Apply(registers, comparison);
        var own = comparison.Build();
        return new Comparison(inner.Objections.AddRange(own.Objections), inner.Notices.AddRange(own.Notices));
    }
}
