using System.Text;
using System.Text.Json;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests;

/// <summary>The three sample files through the importer, as they are or renamed cell by cell before the import.</summary>
internal static class SampleRecords
{
    public static async Task<SortedDictionary<string, CaseRecord>> ReadAsync(Func<string, string, string>? rename, CancellationToken cancellationToken)
    {
        var all = new SortedDictionary<string, CaseRecord>(StringComparer.Ordinal);
        using var room = JsonDocument.Parse(await File.ReadAllTextAsync(SharedData.File("data/samples/room.json"), cancellationToken));
        foreach (var item in room.RootElement.GetProperty("contributors").EnumerateArray())
        {
            string Get(string name) => item.GetProperty(name).GetString()!;
            var manifest = DatasetManifest.Parse(await File.ReadAllTextAsync(SharedData.File("data/samples/" + Get("manifest")), cancellationToken));
            var options = new ImportOptions { ContributorId = Get("id"), Manifest = manifest, RefPattern = Get("ref") };
            var text = await File.ReadAllTextAsync(SharedData.File("data/samples/" + Get("file")), cancellationToken);
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(rename is null ? text : Rename(text, rename)));
            var result = await CaseImporter.ImportAsync(stream, options, cancellationToken);
            foreach (var row in result.Rows.Where(r => !r.AggregateOnly))
            {
                all[row.Record.ContributorRecordRef] = row.Record;
            }
        }
        return all;
    }

    // The header is the first line with many names; what stands above it is a title and stays.
    private static string Rename(string text, Func<string, string, string> rename)
    {
        var separator = text.Count(c => c == ';') > 2 * text.Count(c => c == ',') ? ';' : ',';
        List<string>? header = null;
        var result = new StringBuilder();
        foreach (var fields in SharedData.Records(text.TrimStart('\uFEFF'), separator))
        {
            var isHeader = header is null && fields.Count(f => f.Length > 0) > 5;
            var cells = header is null ? fields : fields.Select((f, i) => i < header.Count ? rename(header[i].Trim(), f) : f).ToList();
            header = isHeader ? fields : header;
            _ = result.AppendJoin(separator, cells.Select(c => $"\"{c.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")).Append('\n');
        }
        return result.ToString();
    }
}
