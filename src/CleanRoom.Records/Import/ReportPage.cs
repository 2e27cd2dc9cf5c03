using System.Globalization;
using System.Net;
using System.Text;
using CleanRoom.Records.Wording;

namespace CleanRoom.Records.Import;

/// <summary>Writes the quality report as one page: no script, no font, no picture, nothing that asks the network.</summary>
internal sealed class ReportPage(QualityReport report, Words words)
{
    private const int MaxIssues = 500;

    private const string Style = """
        :root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --line: #d8dee6; --back: #ffffff; --card: #f5f7fa; --good: #1a7f4b; --half: #b26a00; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa7b8; --line: #333d4a; --back: #12161c; --card: #1b2129; --good: #4cc38a; --half: #f0b354; --bad: #ff8a80; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); overflow-wrap: anywhere; }
        h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; } p { margin: .4rem 0; } .soft { color: var(--soft); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; list-style: none; }
        .tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; } .tiles b { display: block; font-size: 1.6rem; line-height: 1.2; }
        .good { color: var(--good); } .half { color: var(--half); } .bad { color: var(--bad); }
        ol.fixes { padding-inline-start: 1.5rem; } ol.fixes li { margin: .6rem 0; } ol.fixes b { font-weight: 600; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; } caption { text-align: left; }
        th, td { text-align: start; vertical-align: top; padding-block: .35rem; padding-inline: 0 .75rem; border-bottom: 1px solid var(--line); } th { font-weight: 600; white-space: nowrap; } th.n { text-align: end; } td.n { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; }
        meter { width: 7rem; height: .8rem; }
        @media (max-width: 40rem) {
          table, tbody, tr, td { display: block; } thead { position: absolute; left: -9999px; } tr { border-bottom: 1px solid var(--line); padding: .5rem 0; } td { border: 0; padding: .1rem 0; }
          td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); } td.n { text-align: start; }
        }
        @media print { body { max-width: none; } }
        """;

    private readonly StringBuilder _page = new();

    public string Write(string title)
    {
        _ = _page.Append("<!DOCTYPE html>\n<html lang=\"").Append(words.Language).Append('"').Append(words.IsRightToLeft ? " dir=\"rtl\"" : "")
            .Append(">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
            .Append("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>")
            .Append(Text(title)).Append(" – ").Append(Word("report.title")).Append("</title>\n<style>\n").Append(Style).Append("\n</style>\n</head>\n<body>\n<main>\n");
        var separator = report.Separator.Length == 1 ? words.Format("report.parted", report.Separator) : report.Separator;
        _ = _page.Append("<h1>").Append(Word("report.title")).Append(": <bdi>").Append(Text(title)).Append("</bdi></h1>\n<p class=\"soft\">")
            .Append(Text(words.Format("report.readas", report.Profile, report.Encoding, separator))).Append(' ').Append(Word("report.lead")).Append("</p>\n");
        Tiles();
        Fixes();
        Consents();
        Columns();
        Dropped();
        Issues();
        return _page.Append("</main>\n</body>\n</html>\n").ToString();
    }

    private void Tiles()
    {
        _ = _page.Append("<ul class=\"tiles\">\n");
        Tile(report.Rows, "tile.rows", "");
        Tile(report.IdentitySealed, "tile.full", "good");
        Tile(report.AnalyticOnly, "tile.statistics", report.AnalyticOnly > 0 ? "half" : "");
        Tile(report.NotSealed, "tile.stay", report.NotSealed > 0 ? "bad" : "");
        Tile(report.PossibleDuplicates, "tile.duplicates", report.PossibleDuplicates > 0 ? "half" : "");
        Tile(report.SkippedLines + report.ContinuedLines, "tile.lines", "");
        _ = _page.Append("</ul>\n");
    }

    private void Tile(int number, string key, string tone) =>
        _page.Append("<li><b class=\"").Append(tone).Append("\">").Append(Number(number)).Append("</b>").Append(Word(key)).Append("</li>\n");

    private void Fixes()
    {
        Head("head.fixes");
        if (report.Fixes.Count == 0)
        {
            _ = _page.Append("<p class=\"good\">").Append(Word("fixes.none")).Append("</p>\n");
            return;
        }
        _ = _page.Append("<ol class=\"fixes\">\n");
        foreach (var fix in report.Fixes)
        {
            _ = _page.Append("<li><b class=\"").Append(Tone(fix.Severity)).Append("\">").Append(Number(fix.Count)).Append("×</b> ").Append(Text(words.Say("finding." + fix.Code, fix.Message)))
                .Append("<br><span class=\"soft\">").Append(Text(words.Say("remedy." + fix.Code, fix.Remedy))).Append("</span></li>\n");
        }
        _ = _page.Append("</ol>\n");
    }

    private void Consents()
    {
        Head("head.consent");
        if (report.Consents.Count == 0)
        {
            _ = _page.Append("<p class=\"bad\">").Append(Word("consent.none")).Append("</p>\n");
            return;
        }
        Table(["col.purpose", "col.cases", ""], report.Consents.Select(c => (IReadOnlyList<string>)[Text(Purpose(c.Key)), Number(c.Value), Meter(c.Value, report.Rows)]), numbers: 1);
    }

    private void Columns()
    {
        Head("head.columns");
        Table(
            ["col.column", "col.readas", "col.filled", ""],
            report.Columns.Select(c => (IReadOnlyList<string>)
            [
                $"<bdi>{Text(c.Key)}</bdi>", c.Value is "(not read)" or "Ignore" ? $"<span class=\"half\">{(c.Value == "Ignore" ? c.Value : Word("notread"))}</span>" : Text(c.Value),
                report.Filled.TryGetValue(c.Key, out var filled) ? Number(filled) : "", report.Filled.ContainsKey(c.Key) ? Meter(filled, report.Rows) : "",
            ]),
            numbers: 2);
    }

    private void Dropped()
    {
        if (report.Dropped.Count > 0)
        {
            Head("head.dropped");
            _ = _page.Append("<p>").Append(Word("dropped.lead")).Append("</p>\n");
            Table(["col.column", "col.stay"], report.Dropped.Select(d => (IReadOnlyList<string>)[$"<bdi>{Text(d.Key)}</bdi>", Number(d.Value)]), numbers: 1);
        }
    }

    private void Issues()
    {
        var issues = report.Issues.Where(i => i.Severity > IssueSeverity.Info).OrderByDescending(i => i.Severity).ThenBy(i => i.Row).Take(MaxIssues).ToList();
        if (issues.Count == 0)
        {
            return;
        }
        Head("head.lines");
        _ = _page.Append("<p class=\"soft\">").Append(Text(words.Format("lines.lead", Number(issues.Count), Number(report.Counts.Values.Sum())))).Append("</p>\n");
        Table(
            ["col.line", "col.column", "col.finding"],
            issues.Select(i => (IReadOnlyList<string>)
                [Number(i.Row), $"<bdi>{Text(i.Column)}</bdi>", $"<span class=\"{Tone(i.Severity)}\">{Word("severity." + i.Severity)}</span>: {Text(words.Say("finding." + i.Code, i.Message))}"]),
            numbers: 0);
    }

    private void Head(string key) => _page.Append("<h2>").Append(Word(key)).Append("</h2>\n");

    private void Table(IReadOnlyList<string> keys, IEnumerable<IReadOnlyList<string>> rows, int numbers)
    {
        var heads = keys.Select(k => k.Length > 0 ? Word(k) : "").ToList();
        _ = _page.Append("<div class=\"wide\"><table>\n<thead><tr>").AppendJoin("", heads.Select((h, i) => $"<th scope=\"col\"{(i == numbers ? " class=\"n\"" : "")}>{h}</th>")).Append("</tr></thead>\n<tbody>\n");
        foreach (var row in rows)
        {
            _ = _page.Append("<tr>");
            for (var i = 0; i < row.Count; i++)
            {
                _ = _page.Append("<td").Append(i == numbers ? " class=\"n\"" : "").Append(heads[i].Length > 0 && row[i].Length > 0 ? $" data-label=\"{heads[i]}\"" : "").Append('>').Append(row[i]).Append("</td>");
            }
            _ = _page.Append("</tr>\n");
        }
        _ = _page.Append("</tbody>\n</table></div>\n");
    }

    private string Word(string key) => Text(words[key]);

    private static string Meter(int value, int of) => string.Create(CultureInfo.InvariantCulture, $"<meter min=\"0\" max=\"{Math.Max(1, of)}\" value=\"{value}\">{(of == 0 ? 0 : value * 100L / of)} %</meter>");

    private static string Purpose(string code) => Lists.CodeLists.Get("consentPurpose").Values.FirstOrDefault(v => v.Code.StartsWith(code + "_", StringComparison.Ordinal)) is { } value ? $"{code} {value.Label}" : code;

    private static string Tone(IssueSeverity severity) => severity switch
    {
        IssueSeverity.Error => "bad",
        IssueSeverity.Question => "half",
        IssueSeverity.Warning => "half",
        _ => "soft",
    };

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Text(string text) => WebUtility.HtmlEncode(Normalisation.Text.Clean(text, 300));
}
