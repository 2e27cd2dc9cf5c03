namespace CleanRoom.Records.Import;

/// <summary>One kind of finding with its weight.</summary>
/// <param name="Code">Its code.</param>
/// <param name="Count">How often it was found.</param>
/// <param name="Severity">How bad one of them is.</param>
/// <param name="Message">What is wrong, in the words of the first.</param>
/// <param name="Remedy">What to do.</param>
public sealed record ReportFix(string Code, int Count, IssueSeverity Severity, string Message, string Remedy)
{
    // What keeps whole rows out comes before what keeps a value out, and that before what only widens it.
    private static readonly string[] Order =
    [
        "no-rows", "record-too-large", "invalid-record", "other-sheets", "not-sealed", "unclear-consent", "guardian-of-adult", "unmapped-column", "nothing-to-match", "possible-duplicate", "duplicate-reference", "no-reference",
        "unread-date", "unread-document", "unread-contact", "formula-errors", "unmapped-code", "status-without-framework", "ambiguous-date", "ambiguous-phone",
    ];

    internal static IReadOnlyList<ReportFix> Of(QualityReport report) =>
        [.. report.Kinds.Where(k => k.Remedy.Length > 0).Select(k => new ReportFix(k.Code, report.Counts[k.Code], k.Severity, k.Message, k.Remedy))
            .OrderBy(f => Array.IndexOf(Order, f.Code) is var at && at < 0 ? Order.Length : at).ThenByDescending(f => f.Count).ThenBy(f => f.Code, StringComparer.Ordinal)];
}
