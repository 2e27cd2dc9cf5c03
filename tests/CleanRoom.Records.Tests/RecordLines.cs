using System.Globalization;
using System.Text;
using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

/// <summary>An import as lines of text, for golden files that a person can read.</summary>
internal static class RecordLines
{
    /// <summary>What a list says, record by record, and what became of its cells.</summary>
    public static string Of(string file, ImportResult result)
    {
        var (text, report) = (new StringBuilder(), result.Report);
        _ = text.Append(CultureInfo.InvariantCulture, $"{file}: {report.Rows} cases, {report.IdentitySealed} in full, {report.AnalyticOnly} for statistics, {report.NotSealed} stay\n");
        foreach (var record in result.Rows.Select(row => row.Record))
        {
            var victim = record.Persons.First(p => p.Role == "Victim");
            var suspects = record.Persons.Where(p => p.Role == "Suspect").ToList();
            _ = text.Append("  ").AppendJoin(" | ", [
                record.ContributorRecordRef,
                string.Join(" aka ", victim.Names.Select(n => n.Full)),
                victim.Birth?.Edtf ?? "",
                string.Join(' ', victim.Citizenship),
                string.Join(' ', victim.Identifiers.Select(i => i.Value)),
                string.Join(' ', suspects.SelectMany(s => s.Names.Select(n => n.Full).Concat(s.Identifiers.Select(i => i.Value)))),
                string.Join(' ', record.Organisations.SelectMany(o => o.Names)),
                string.Join(' ', record.Vessels.Select(v => v.Name).Concat(record.Vehicles.Select(v => v.Plate))),
                string.Join(' ', record.Events.Select(e => string.Join(' ', new[] { e.Place?.Name, e.Place?.Locality, e.Place?.Country }.Where(t => !string.IsNullOrEmpty(t))))),
                string.Join(' ', ConsentRules.LivePurposes(record, SampleRoom.Today)),
            ]).Append('\n');
        }
        foreach (var (column, counts) in report.Cells)
        {
            _ = text.Append(CultureInfo.InvariantCulture, $"  {column}: {report.Columns[column]} {counts.Mapped} mapped, {counts.NotKnown} not known, {counts.Dropped} dropped, {counts.Reported} reported, {counts.NotNeeded} not needed\n");
        }
        return text.ToString();
    }
}
