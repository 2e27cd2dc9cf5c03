using System.Text.Json;

namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>Third-party evidence with expected results, read where it lies. Missing on a laptop: skipped with a reason. Missing in CI: failed.</summary>
internal static class Published
{
    private static readonly Lazy<JsonElement> Lazy = new(() => JsonDocument.Parse(System.IO.File.ReadAllBytes(Path("MANIFEST.json"))).RootElement);

    public static JsonElement Manifest
    {
        get
        {
            _ = Path("MANIFEST.json");
            return Lazy.Value;
        }
    }

    public static string Path(string relative)
    {
        var root = Environment.GetEnvironmentVariable("CLEANROOM_SHARED") ?? System.IO.Path.Combine(Repository, "..", "shared");
        var path = System.IO.Path.Combine(root, "vectors", "attestation", relative);
        if (!System.IO.Path.Exists(path))
        {
            var reason = $"The published evidence is not there: vectors/attestation/{relative}. Set CLEANROOM_SHARED to the folder that holds it.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CI") != "true", reason);
            Assert.Fail(reason);
        }

        return path;
    }

    public static byte[] File(string relative) => System.IO.File.ReadAllBytes(Path(relative));

    public static JsonElement Vector(string id) => Manifest.GetProperty("vectors").EnumerateArray().Single(vector => vector.GetProperty("id").GetString() == id);

    public static List<string> Ids(params string[] kinds) =>
        [.. Manifest.GetProperty("vectors").EnumerateArray().Where(vector => kinds.Contains(vector.GetProperty("kind").GetString())).Select(vector => vector.GetProperty("id").GetString()!)];

    public static List<string> Sources(JsonElement vector) => [.. vector.GetProperty("sources").EnumerateArray().Select(source => source.GetProperty("file").GetString()!)];

    public static DateTimeOffset VerifyAt(JsonElement vector) => vector.GetProperty("verify_at").GetDateTimeOffset();

    public static List<string> Strings(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var list) ? [.. list.EnumerateArray().Select(item => item.GetString()!)] : [];

    private static string Repository
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!System.IO.File.Exists(System.IO.Path.Combine(folder, "CleanRoom.sln")))
            {
                folder = System.IO.Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run inside the repository.");
            }

            return folder;
        }
    }
}
