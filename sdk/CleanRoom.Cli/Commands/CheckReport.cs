using CleanRoom.Cli.Output;
using CleanRoom.Records.Import;
using CleanRoom.Records.Wording;

namespace CleanRoom.Cli.Commands;

/// <summary>The quality report on a terminal, in the person's language.</summary>
internal static class CheckReport
{
    private const int MaxIssues = 50;

    public static void Print(Call call, string file, QualityReport report)
    {
        var (words, own) = (Words.Of(call.Words.Language), call.Words);
        call.Screen.Line(own.Format("check.head", file, report.Profile, report.Encoding, report.Rows));
        call.Screen.Line("  " + own.Format("check.sealed", report.IdentitySealed, report.AnalyticOnly, report.NotSealed));
        call.Screen.Line("  " + own.Format("check.consents", string.Join(", ", report.Consents.Select(item => $"{item.Key} {item.Value}"))));
        call.Screen.Line("  " + own.Format("check.dropped", string.Join(", ", report.Dropped.Select(item => $"{item.Key} {item.Value}"))));
        call.Screen.Table(
            [words["col.column"], words["col.readas"], words["col.filled"]],
            report.Columns.Select(item => (IReadOnlyList<string>)
                [item.Key, item.Value == "(not read)" ? words["notread"] : item.Value, report.Filled.TryGetValue(item.Key, out var filled) ? $"{filled}" : ""]));
        call.Screen.Table(
            [own["col.fixes"], "", own["col.remedy"]],
            report.Fixes.Select(fix => (IReadOnlyList<string>)[words.Say("finding." + fix.Code, fix.Message), $"{fix.Count}x", words.Say("remedy." + fix.Code, fix.Remedy)]));
        var issues = report.Issues.Where(issue => issue.Severity >= IssueSeverity.Question).ToList();
        call.Screen.Table(
            [own["col.row"], words["col.column"], "", words["col.finding"], own["col.remedy"]],
            issues.Take(MaxIssues).Select(issue => (IReadOnlyList<string>)
                [$"{issue.Row}", issue.Column, words["severity." + issue.Severity], words.Say("finding." + issue.Code, issue.Message), words.Say("remedy." + issue.Code, issue.Remedy)]));
        var more = report.Issues.Count - Math.Min(issues.Count, MaxIssues);
        if (more > 0)
        {
            call.Screen.Line(own.Format("check.more", more));
        }
    }
}
