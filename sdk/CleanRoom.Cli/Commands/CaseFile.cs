using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Records.Import;

namespace CleanRoom.Cli.Commands;

/// <summary>Opens and reads a file of cases, or says in one line why not.</summary>
internal static class CaseFile
{
    public static FileStream Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} is a folder: name the case file in it.");
        }

        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} is not there: check the path.", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ClientException(ClientProblem.NoInput, $"{path} cannot be read: check that it is a file and that you may read it.", exception);
        }
    }

    /// <summary>Reads a case file row by row to its end: one that does not fit into memory is read like any other.</summary>
    /// <param name="call">The command.</param>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read.</param>
    /// <param name="take">Takes the rows, and the report, which is complete once they are taken.</param>
    /// <returns>The report; and the question, if the layout cannot be told: then no row was read.</returns>
    public static async Task<(QualityReport Report, NeedsProfile? Question)> ReadAsync(
        Call call, string path, ImportOptions options, Func<IAsyncEnumerable<ImportedRow>, QualityReport, Task> take)
    {
        var file = Open(path);
        await using var closing = file.ConfigureAwait(false);
        var session = await CaseImporter.OpenAsync(file, options, call.Token).ConfigureAwait(false);
        await using var ending = session.ConfigureAwait(false);
        if (session.NeedsProfile is { } question)
        {
            return (session.Report, question);
        }

        if (options.Map.Keys.Any(column => !session.Report.Columns.ContainsKey(column)))
        {
            // Passed over, it would be a column read as something else than its owner believes.
            throw new ClientException(ClientProblem.Usage, "--map names a column that the file's header does not have: \"cleanroom records check FILE\" lists the columns.");
        }

        await call.Screen.WithProgressAsync<object?>("Reading", async report =>
        {
            await take(Told(session.RowsAsync(call.Token), file, report), session.Report).ConfigureAwait(false);
            return null;
        }).ConfigureAwait(false);
        return (session.Report, null);
    }

    private static async IAsyncEnumerable<ImportedRow> Told(IAsyncEnumerable<ImportedRow> rows, FileStream file, Action<string, double, double>? report)
    {
        var count = 0;
        await foreach (var row in rows.ConfigureAwait(false))
        {
            yield return row;
            if (++count % 1000 == 0 && file.CanSeek)
            {
                report?.Invoke("Reading", file.Position, file.Length);
            }
        }
    }
}
