using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Validate;

/// <summary>An SGX quote, and how a charter judges it.</summary>
internal sealed class SgxEvidence(DcapQuote quote, DcapPlatform platform) : ExaminedEvidence
{
    private const ulong Initialised = 1;
    private const ulong Debug = 2;
    private const ulong Mode64 = 4;

    private readonly SgxReportBody _body = new(quote.Body);

    public override LaunchMeasurement Measurement => new(_body.Enclave);

    public override JsonObject ToClaims()
    {
        var claims = new JsonObject
        {
            ["attributes"] = new JsonArray([.. SgxReference.Flags.Of(_body.Flags & ~(Initialised | Debug | Mode64)).Select(word => (JsonNode)word)]),
            ["configId"] = Hex(_body.ConfigId),
            ["debug"] = (_body.Flags & Debug) != 0,
            ["isvProdId"] = _body.ProductId,
            ["isvSvn"] = _body.SecurityVersion,
            ["measurement"] = Hex(_body.Enclave),
            ["quoteVersion"] = quote.Version,
            ["reportData"] = Hex(_body.ReportData),
            ["signer"] = Hex(_body.Signer),
        };
        if (platform.Fmspc is { } fmspc)
        {
            claims["fmspc"] = fmspc;
        }

        if (DcapRules.ToClaim(platform) is { } tcb)
        {
            claims["tcb"] = tcb;
        }

        return claims;
    }

    public override bool IsBoundTo(ReportBinding binding) => binding.Matches(_body.ReportData);

    public override ImmutableArray<Finding> Forbidden()
    {
        var forbidden = new ComparisonBuilder();
        forbidden.Require((_body.Flags & Debug) == 0, RejectionReason.DebugEnabled, "ATTRIBUTES", "DEBUG", "no debug");
        forbidden.Require(
            _body.ReportData.ContainsAnyExcept((byte)0), RejectionReason.ReportDataZero, "REPORTDATA", "all zero", "the binding of a nonce and two keys");
        return forbidden.Build().Objections;
    }

    public override Comparison Compare(Reference reference)
    {
        var expected = (SgxReference)reference;
        var comparison = new ComparisonBuilder();
        comparison.RequireListed(expected.Measurements, _body.Enclave, RejectionReason.MeasurementNotApproved, "MRENCLAVE");
        comparison.RequireListed(expected.Signers, _body.Signer, RejectionReason.IdentityKeyNotApproved, "MRSIGNER");
        comparison.RequireListed(expected.ConfigIds, _body.ConfigId, RejectionReason.ConfigurationNotApproved, "CONFIGID");
        comparison.Require(
            expected.Products.IsEmpty || expected.Products.Contains(_body.ProductId), RejectionReason.ConfigurationNotApproved, "ISVPRODID", $"{_body.ProductId}",
            string.Join(" or ", expected.Products));
        comparison.Require(
            _body.SecurityVersion >= expected.SecurityVersion, RejectionReason.GuestVersionBelowFloor, "ISVSVN", $"{_body.SecurityVersion}", $"at least {expected.SecurityVersion}");
        comparison.Require(
            (_body.Flags & (Initialised | Mode64)) == (Initialised | Mode64), RejectionReason.AttributesNotApproved, "ATTRIBUTES", "without INIT or MODE64BIT", "with both");
        var others = string.Join(", ", SgxReference.Flags.Of(_body.Flags & ~(Initialised | Debug | Mode64)).Except(expected.Allow));
        comparison.Require(others.Length == 0, RejectionReason.AttributesNotApproved, "ATTRIBUTES", others, "without it");
        expected.Platform.Apply(platform, comparison);
        TdxEvidence.NotePadding(quote, comparison);
        return comparison.Build();
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
