using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanRoom.Charter.Tests;

/// <summary>
/// Files in tests/vectors that web/sealing is checked against. To make one again after a deliberate change of format, run the tests with CLEANROOM_WRITE_VECTORS=1 and look at the
/// difference. Signatures are randomised, so a file keeps the first ones.
/// </summary>
internal static class VectorFile
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Reads one.</summary>
    /// <param name="name">File name.</param>
    public static JsonNode Read(string name) => JsonNode.Parse(File.ReadAllText(PathOf(name)))!;

    /// <summary>Reads one, made again before if that is wanted.</summary>
    /// <param name="name">File name.</param>
    /// <param name="make">Makes it.</param>
    public static JsonNode Read(string name, Func<JsonNode> make)
    {
        if (Environment.GetEnvironmentVariable("CLEANROOM_WRITE_VECTORS") == "1")
        {
            File.WriteAllText(PathOf(name), make().ToJsonString(Indented) + "\n");
        }

        return Read(name);
    }

    private static string PathOf(string name)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "CleanRoom.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("CleanRoom.sln stands in no folder above the tests.");
        }

        return Path.Combine(folder, "tests", "vectors", name);
    }
}
