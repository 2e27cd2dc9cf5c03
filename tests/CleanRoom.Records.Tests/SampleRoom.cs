using System.Text.Json;
using CleanRoom.Records.Import;

namespace CleanRoom.Records.Tests;

/// <summary>The three sample files, imported once as room.json says.</summary>
internal static class SampleRoom
{
    public static readonly DateOnly Today = new(2026, 11, 1);

    private static readonly Lazy<Task<IReadOnlyList<ImportResult>>> Loaded = new(LoadAsync);

    public static string Folder { get; } = FindFolder();

    public static Task<IReadOnlyList<ImportResult>> ImportsAsync() => Loaded.Value;

    public static async Task<IReadOnlyList<ImportedRow>> RowsAsync() => [.. (await ImportsAsync()).SelectMany(i => i.Rows)];

    /// <summary>Reads a CSV file of the truth, by column name.</summary>
    public static IReadOnlyList<Dictionary<string, string>> Table(string file)
    {
        var rows = File.ReadAllLines(Path.Combine(Folder, file)).Where(l => l.Length > 0).Select(Cells).ToList();
        return [.. rows.Skip(1).Select(r => rows[0].Select((h, i) => (h, v: i < r.Count ? r[i] : "")).ToDictionary(p => p.h, p => p.v))];
    }

    public static ImportOptions Options(string contributor, DatasetManifest manifest, string? pattern = null, string profile = "auto") => new()
    {
        ContributorId = contributor,
        Manifest = manifest,
        RefPattern = pattern,
        Profile = profile,
        Time = new FixedTime(),
    };

    private static async Task<IReadOnlyList<ImportResult>> LoadAsync()
    {
        var results = new List<ImportResult>();
        using var room = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, "room.json")));
        foreach (var item in room.RootElement.GetProperty("contributors").EnumerateArray())
        {
            var manifest = DatasetManifest.Parse(await File.ReadAllTextAsync(Path.Combine(Folder, item.GetProperty("manifest").GetString()!)));
            var options = Options(item.GetProperty("id").GetString()!, manifest, item.GetProperty("ref").GetString());
            results.Add(await CaseImporter.ImportAsync(Path.Combine(Folder, item.GetProperty("file").GetString()!), options, CancellationToken.None));
        }
        return results;
    }

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new System.Text.StringBuilder();
        var quoted = false;
        foreach (var c in line)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else
            {
                cell.Append(c);
            }
        }
        cells.Add(cell.ToString());
        return cells;
    }

    private static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
            {
                return Path.Combine(folder.FullName, "samples");
            }
        }
        throw new InvalidOperationException("The repository's samples folder was not found.");
    }

    /// <summary>A clock that stands on 1 November 2026.</summary>
    internal sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(Today.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero);
    }
}
