using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;
using CleanRoom.Evidence.Verify;

namespace CleanRoom.Evidence.Validate;

/// <summary>A TDX quote, and how a charter judges it.</summary>
internal sealed class TdxEvidence(DcapQuote quote, DcapPlatform platform) : ExaminedEvidence
{
    private const ulong Debug = 0xFF;
    private const ulong SeptVeDisable = 1UL << 28;
    private const ulong Migratable = 1UL << 29;

    private readonly TdReportBody _body = new(quote.Body);

    public override LaunchMeasurement Measurement => _body.Measurement;

    /// <summary>64 bytes from the domain.</summary>
    public ReadOnlySpan<byte> ReportData => _body.ReportData;

    public override JsonObject ToClaims()
    {
        var claims = new JsonObject
        {
            ["attributes"] = new JsonArray([.. TdxReference.Attributes.Of(_body.Attributes & ~(Debug | Migratable)).Select(word => (JsonNode)word)]),
            ["debug"] = (_body.Attributes & Debug) != 0,
            ["measurement"] = _body.Measurement.ToString(),
            ["migratable"] = (_body.Attributes & Migratable) != 0,
            ["mrConfigId"] = Hex(_body.ConfigId),
            ["mrOwner"] = Hex(_body.Owner),
            ["mrOwnerConfig"] = Hex(_body.OwnerConfig),
            ["mrSeam"] = Hex(_body.Module),
            ["quoteVersion"] = quote.Version,
            ["reportData"] = Hex(_body.ReportData),
            ["rtmr0"] = Hex(_body.RuntimeMeasurement(0)),
            ["rtmr1"] = Hex(_body.RuntimeMeasurement(1)),
            ["rtmr2"] = Hex(_body.RuntimeMeasurement(2)),
            ["rtmr3"] = Hex(_body.RuntimeMeasurement(3)),
            ["teeTcbSvn"] = Hex(_body.TeeTcbSvn),
            ["xfam"] = Hex(_body.Xfam),
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
        forbidden.Require((_body.Attributes & Debug) == 0, RejectionReason.DebugEnabled, "TDATTRIBUTES", "DEBUG or a reserved bit beside it", "no debug");
        forbidden.Require((_body.Attributes & Migratable) == 0, RejectionReason.MigrationAllowed, "TDATTRIBUTES", "MIGRATABLE", "not migratable");
        forbidden.Require(!_body.ServiceDomains.ContainsAnyExcept((byte)0), RejectionReason.ServiceDomainBound, "MRSERVICETD", "a service domain", "none");
        forbidden.Require(
            !_body.ModuleSigner.ContainsAnyExcept((byte)0) && !_body.ModuleAttributes.ContainsAnyExcept((byte)0), RejectionReason.ModuleNotApproved,
            "MRSIGNERSEAM, SEAMATTRIBUTES", "not zero", "zero: Intel's production module");
        forbidden.Require(
            _body.ReportData.ContainsAnyExcept((byte)0), RejectionReason.ReportDataZero, "REPORTDATA", "all zero", "the binding of a nonce and two keys");
        return forbidden.Build().Objections;
    }

    public override Comparison Compare(Reference reference)
    {
        var expected = (TdxReference)reference;
        var comparison = new ComparisonBuilder();
        comparison.RequireListed(expected.Measurements, _body.Measurement.Bytes, RejectionReason.MeasurementNotApproved, "MRTD");
        for (var index = 0; index < expected.Runtime.Length; index++)
        {
            comparison.RequireListed(expected.Runtime[index], _body.RuntimeMeasurement(index), RejectionReason.RuntimeMeasurementNotApproved, $"RTMR{index}");
        }

        comparison.RequireListed(expected.ConfigIds, _body.ConfigId, RejectionReason.ConfigurationNotApproved, "MRCONFIGID");
        comparison.RequireListed(expected.Owners, _body.Owner, RejectionReason.ConfigurationNotApproved, "MROWNER");
        comparison.RequireListed(expected.OwnerConfigs, _body.OwnerConfig, RejectionReason.ConfigurationNotApproved, "MROWNERCONFIG");
        comparison.RequireListed(expected.Xfam, _body.Xfam, RejectionReason.ConfigurationNotApproved, "XFAM");
        comparison.RequireListed(expected.Modules, _body.Module, RejectionReason.ModuleNotApproved, "MRSEAM");
        comparison.Require(
            expected.SeptVe || (_body.Attributes & SeptVeDisable) != 0, RejectionReason.AttributesNotApproved, "TDATTRIBUTES", "without SEPT_VE_DISABLE", "with it");
        var others = string.Join(", ", TdxReference.Attributes.Of(_body.Attributes & ~(Debug | Migratable | SeptVeDisable)).Except(expected.Allow));
        comparison.Require(others.Length == 0, RejectionReason.AttributesNotApproved, "TDATTRIBUTES", others, "without it");
        expected.Platform.Apply(platform, comparison);
        NotePadding(quote, comparison);
        return comparison.Build();
    }

    internal static void NotePadding(DcapQuote quote, ComparisonBuilder comparison)
    {
        if (quote.Padding > 0)
        {
            comparison.Note(NoticeCode.ZeroPadding, $"{quote.Padding} zero bytes follow the quote.");
        }
    }

    private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
