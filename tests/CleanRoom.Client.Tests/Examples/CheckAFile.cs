using CleanRoom.Client.Quality;
using CleanRoom.Records.Import;
using CleanRoom.Records.Wording;

namespace CleanRoom.Client.Tests.Examples;

internal static class CheckAFile
{
    public static async Task RunAsync(string casesFile, string pageFile, Action<string> say, CancellationToken token)
    {
        // README
        await using var file = File.OpenRead(casesFile);
        var options = new ImportOptions { ContributorId = "lotus-bridge", Manifest = new DatasetManifest { Jurisdiction = ["THA", "KHM"] } };
        await using var session = await CaseImporter.OpenAsync(file, options, token);
        if (session.NeedsProfile is { } question)
        {
            say($"{question.Question} Closest profile: {question.ClosestProfile}.");
            return;
        }

        // One row after the other: a file of any length needs the same memory.
        var links = new OwnFileLinks();
        await foreach (var row in session.RowsAsync(token))
        {
            links.Add(row);
        }

        links.Report(session.Report, token);
        say($"{session.Report.IdentitySealed} of {session.Report.Rows} would be sealed in full, {session.Report.PossibleDuplicates} may be there twice");
        foreach (var fix in session.Report.Fixes.Take(3))
        {
            say($"{fix.Count}x {fix.Message} {fix.Remedy}");
        }

        await File.WriteAllTextAsync(pageFile, session.Report.ToHtml("cases", Words.Of("fr")), token);

        // README
    }
}
