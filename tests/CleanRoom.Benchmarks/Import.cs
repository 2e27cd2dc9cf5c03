using System.Diagnostics;
using CleanRoom.Client.Uploads;
using CleanRoom.Records;
using CleanRoom.Records.Import;
using CleanRoom.Records.Tests;

namespace CleanRoom.Benchmarks;

/// <summary>
/// Case files of any length: the rows of each sample layout over and over, each with numbers of its own, are read, normalised, validated and sealed as the client does;
/// and a CSV of 1 GiB is read. Rows are made while they are read, so that what memory grows by is the importer's.
/// </summary>
internal static class Import
{
    private const long Gibibyte = 1L << 30;

    private static readonly (string File, string Manifest)[] Samples =
        [("contributor_a_htcds.csv", "manifest_a.json"), ("contributor_b_ctdc.csv", "manifest_b.json"), ("contributor_c_freeform.csv", "manifest_c.json")];

    public static async Task RunAsync(Report report, int rows)
    {
        var folder = Folder();
        using var batches = new SealedBatches();
        foreach (var (file, manifest) in Samples)
        {
            var options = new ImportOptions { ContributorId = "alpha", Manifest = DatasetManifest.Parse(await File.ReadAllTextAsync(Path.Combine(folder, manifest))) };
            using var stream = Repeated(Path.Combine(folder, file), rows);
            await using var session = await CaseImporter.OpenAsync(stream, options, CancellationToken.None);
            var window = new UploadWindow(UploadWindow.Records);
            var (read, seal, total) = (0, new Stopwatch(), Stopwatch.StartNew());
            long first = 0, most = 0;
            await foreach (var row in session.RowsAsync(CancellationToken.None))
            {
                read++;
                if (row.Seal.Any)
                {
                    var parts = CaseRecordParts.Split(row.Record);
                    window.Add(new SealItem(row.Record.ContributorRecordRef, new Guid(row.Record.RecordId.Span, bigEndian: true), 1, "", row.Seal.Identity ? parts.Identity : null, parts.Analytic));
                }
                if (window.IsFull)
                {
                    Seal();
                }
                if (read % Math.Max(1, rows / 10) == 0)
                {
                    total.Stop();
                    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true));
                    first = first == 0 ? most : first;
                    total.Start();
                }
            }
            Seal();
            total.Stop();
            report.Add("import", $"{session.Profile}: {read} rows read, normalised, sealed", read / total.Elapsed.TotalSeconds, "rows/s");
            report.Add("import", $"{session.Profile}: of that sealing", 100 * seal.Elapsed.TotalSeconds / total.Elapsed.TotalSeconds, "%");
            report.Add("import", $"{session.Profile}: heap after the first tenth", first / 1048576.0, "MiB");
            report.Add("import", $"{session.Profile}: most heap at any tenth", most / 1048576.0, "MiB");

            void Seal()
            {
                seal.Start();
                foreach (var items in window.Leave())
                {
                    _ = batches.Seal(items, "alpha");
                }
                seal.Stop();
            }
        }
        await GibibyteAsync(report);
    }

    private static async Task GibibyteAsync(Report report)
    {
        var note = new string('x', 30_000);
        var made = (int)(Gibibyte / (note.Length + 60));
        using var stream = new MadeTable("name,date of birth,nationality,phone,note\n", made, row => $"Person {row},1990-05-{(row % 28) + 1:00},FRA,+3363998{row % 10_000:0000},{note}\n");
        await using var session = await CaseImporter.OpenAsync(stream, new ImportOptions { ContributorId = "alpha", Manifest = new DatasetManifest() }, CancellationToken.None);
        var watch = Stopwatch.StartNew();
        long most = 0;
        var rows = 0;
        await foreach (var _ in session.RowsAsync(CancellationToken.None))
        {
            most = ++rows % (made / 10) == 0 ? Math.Max(most, GC.GetTotalMemory(forceFullCollection: true)) : most;
        }
        report.Add("import", $"CSV of 1 GiB, {rows} rows with long cells", stream.Made / 1048576.0 / watch.Elapsed.TotalSeconds, "MiB/s");
        report.Add("import", "CSV of 1 GiB: most heap at any tenth", most / 1048576.0, "MiB");
    }

    private static string Folder()
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

    /// <summary>The rows of a file in turn. The last four digits of the row's number take the place of the last four of every long number, so that no two rounds are alike.</summary>
    private static MadeTable Repeated(string path, int rows)
    {
        var lines = File.ReadAllLines(path).Where(l => l.Any(char.IsLetter)).ToList();
        var head = lines.FindIndex(l => l.Split(',', ';').Count(cell => cell.Length > 0) > 5);
        var body = lines.Skip(head + 1).Where(l => l.Count(char.IsLetter) > 20).ToArray();
        return new MadeTable(string.Join('\n', lines.Take(head + 1)) + "\n", rows, row => Renumbered(body[row % body.Length], row) + "\n");
    }

    private static string Renumbered(string line, int row)
    {
        var characters = line.ToCharArray();
        for (int i = 0, run = 0; i <= characters.Length; i++)
        {
            if (i < characters.Length && char.IsAsciiDigit(characters[i]))
            {
                run++;
                continue;
            }
            for (int digit = 0, number = row; run >= 7 && digit < 6; digit++, number /= 10)
            {
                characters[i - 1 - digit] = (char)('0' + (number % 10));
            }
            run = 0;
        }
        return new string(characters);
    }
}
