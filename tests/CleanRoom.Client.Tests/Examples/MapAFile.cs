using CleanRoom.Records.Import;

namespace CleanRoom.Client.Tests.Examples;

internal static class MapAFile
{
    public static async Task RunAsync(string casesFile, string profileFile, Func<ColumnProposal, string> ask, CancellationToken token)
    {
        // README
        await using var file = File.OpenRead(casesFile);
        var options = new ImportOptions { ContributorId = "lotus-bridge", Manifest = new DatasetManifest() };
        var proposal = await MappingProposal.OfAsync(file, options, token);

        // What a header says is not asked. Shapes show letters as a and digits as 9, never a cell's content.
        var fields = proposal.Columns.Where(column => column.IsUnclear).ToDictionary(column => column.Header, ask);
        var profile = proposal.ToProfile("own-list", fields, new Dictionary<string, IReadOnlyList<string>> { ["form B"] = ["C1", "C2"] }, monthFirst: null);

        // From now on: new ImportOptions { Profile = profileFile, ... }.
        await File.WriteAllTextAsync(profileFile, profile, token);

        // README
    }
}
