using System.Collections.Immutable;
using System.Text.Json.Nodes;
using CleanRoom.Evidence.Abi;
using CleanRoom.Evidence.Kinds;

namespace CleanRoom.Evidence.Validate;

/// <summary>A simulated report whose signature holds, and how a charter judges it.</summary>
internal sealed class SimulatedEvidence(SimulatedReport report) : ExaminedEvidence
{
    public override LaunchMeasurement Measurement => report.Measurement;

    public override JsonObject ToClaims() => new()
    {
        ["hostData"] = Convert.ToHexStringLower(report.HostData),
        ["measurement"] = report.Measurement.ToString(),
        ["reportData"] = Convert.ToHexStringLower(report.ReportData),
        ["tcb"] = new JsonObject
        {
            ["bootloader"] = report.Tcb.Bootloader,
            ["microcode"] = report.Tcb.Microcode,
            ["snp"] = report.Tcb.Snp,
            ["tee"] = report.Tcb.Tee,
        },
        ["vmpl"] = report.Vmpl,
    };

    public override bool IsBoundTo(ReportBinding binding) => binding.Matches(report.ReportData);

    public override ImmutableArray<Finding> Forbidden()
    {
        var forbidden = new ComparisonBuilder();
        forbidden.Require(!report.Debug, RejectionReason.DebugEnabled, "flags", "DEBUG", "no debug");
        forbidden.Require(
            report.ReportData.ContainsAnyExcept((byte)0), RejectionReason.ReportDataZero, "report data", "all zero", "the binding of a nonce and two keys");
        return forbidden.Build().Objections;
    }

    public override Comparison Compare(Reference reference)
    {
        var expected = (SimulatedReference)reference;
        var comparison = new ComparisonBuilder();
        comparison.RequireListed(expected.Measurements, report.Measurement.Bytes, RejectionReason.MeasurementNotApproved, "measurement");
        comparison.Require(
            expected.Vmpls.Contains(report.Vmpl), RejectionReason.VmplNotApproved, "VMPL", $"{report.Vmpl}", string.Join(" or ", expected.Vmpls));
        comparison.RequireListed(expected.HostData, report.HostData, RejectionReason.HostDataNotApproved, "host data");
        comparison.Require(report.Tcb.Meets(expected.Floor), RejectionReason.TcbBelowFloor, "TCB", report.Tcb.ToString(), $"at least {expected.Floor}");
        return comparison.Build();
    }
}
