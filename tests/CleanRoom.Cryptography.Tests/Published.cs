using System.Runtime.CompilerServices;
using System.Text.Json;

namespace CleanRoom.Cryptography.Tests;

/// <summary>Published test vectors, read where they lie. Missing on a laptop: skipped with a reason. Missing in CI: failed.</summary>
internal static class Published
{
    public static string Folder(string relative)
    {
        var root = Environment.GetEnvironmentVariable("CLEANROOM_SHARED") ?? Path.Combine(Repository, "..", "shared");
        var path = Path.Combine(root, "vectors", relative);
        if (!Path.Exists(path))
        {
            var reason = $"The published vectors are not there: vectors/{relative}. Set CLEANROOM_SHARED to the folder that holds them.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", reason);
            Assert.Fail(reason);
        }

        return path;
    }

    public static JsonElement Json(string relative) => JsonDocument.Parse(File.ReadAllBytes(Folder(relative))).RootElement;

    public static string Repository { get; } = FindRepository();

    public static byte[] Hex(this JsonElement json, string member) => Convert.FromHexString(json.GetProperty(member).GetString()!);

    private static string FindRepository([CallerFilePath] string here = "")
    {
        // The build maps source paths for reproducibility, so the file's own folder is only a first guess.
        foreach (var start in new[] { Path.GetDirectoryName(here)!, AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
                {
                    return folder.FullName;
                }
            }
        }

        throw new InvalidOperationException("The tests must run inside the repository.");
    }
}
