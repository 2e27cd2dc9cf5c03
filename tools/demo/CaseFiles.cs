using System.Text;
using CleanRoom.Records.Import;

namespace CleanRoom.Demo;

/// <summary>One contributor's file, read and mapped; nothing is sealed yet.</summary>
internal sealed record CaseFile(DemoContributor Contributor, ReadOnlyMemory<byte> Manifest, ImportResult Import)
{
    /// <summary>Reads all files of a room, so that a question about one is asked before anything starts.</summary>
    /// <exception cref="DemoException">A file cannot be read (65), or its layout cannot be mapped without a question (2).</exception>
    public static async Task<IReadOnlyList<CaseFile>> ReadAllAsync(RoomFile room, CancellationToken cancellationToken)
    {
        var files = new List<CaseFile>();
        foreach (var contributor in room.Contributors)
        {
            files.Add(await ReadAsync(room, contributor, cancellationToken));
        }
        return files;
    }

    private static async Task<CaseFile> ReadAsync(RoomFile room, DemoContributor contributor, CancellationToken cancellationToken)
    {
        var manifest = contributor.Manifest is null ? "{}"u8.ToArray() : await File.ReadAllBytesAsync(Path.Combine(room.Folder, contributor.Manifest), cancellationToken);
        var profile = contributor.Profile.Contains('/', StringComparison.Ordinal) || contributor.Profile.EndsWith(".json", StringComparison.Ordinal)
            ? Path.Combine(room.Folder, contributor.Profile)
            : contributor.Profile;
        try
        {
            var import = await CaseImporter.ImportAsync(
                Path.Combine(room.Folder, contributor.File),
                new ImportOptions
                {
                    Profile = profile,
                    ContributorId = contributor.Id,
                    Manifest = DatasetManifest.Parse(Encoding.UTF8.GetString(manifest)),
                    RefPattern = contributor.Ref,
                },
                cancellationToken);
            return import.NeedsProfile is { } question
                ? throw new DemoException(2, $"{contributor.File}: {question.Question} The closest profile is {question.ClosestProfile}; name it in room.json.")
                : new CaseFile(contributor, manifest, import);
        }
        catch (ImportException exception)
        {
            throw new DemoException(65, $"{contributor.File}: {exception.Message}");
        }
    }
}
