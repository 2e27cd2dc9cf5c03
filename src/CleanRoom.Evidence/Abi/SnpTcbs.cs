using System.Diagnostics.CodeAnalysis;

namespace CleanRoom.Evidence.Abi;

/// <summary>The four TCB_VERSIONs of a report, read in the layout of its generation.</summary>
/// <param name="Reported">From which the signing key was derived; the host may lower it.</param>
/// <param name="Current">Of the firmware that runs; may be provisional.</param>
/// <param name="Committed">Below which the platform can never go again.</param>
/// <param name="Launch">When the guest was launched or imported.</param>
internal sealed record SnpTcbs(SnpTcb Reported, SnpTcb Current, SnpTcb Committed, SnpTcb Launch)
{
    public static bool TryRead(SnpReport report, SnpTcbLayout layout, [NotNullWhen(true)] out SnpTcbs? tcbs, [NotNullWhen(false)] out Finding? finding)
    {
        tcbs = null;
        finding = null;
        if (SnpTcb.TryParse(report.ReportedTcb, layout, out var reported) && SnpTcb.TryParse(report.CurrentTcb, layout, out var current)
            && SnpTcb.TryParse(report.CommittedTcb, layout, out var committed) && SnpTcb.TryParse(report.LaunchTcb, layout, out var launch))
        {
            tcbs = new SnpTcbs(reported, current, committed, launch);
            return true;
        }

        finding = new Finding(RejectionReason.ReportReserved, "TCB_VERSION", "reserved bytes that are not zero in this generation's layout", "zero");
        return false;
    }
}
