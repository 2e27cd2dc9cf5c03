namespace CleanRoom.Records.Tests;

/// <summary>Third-party files, read in place: skipped where they are missing, failed in CI.</summary>
internal static class SharedFiles
{
    public static string Find(string relative)
    {
        var root = Environment.GetEnvironmentVariable("CLEANROOM_SHARED") ?? Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "..", "shared");
        var path = Path.GetFullPath(Path.Combine(root, relative));
        if (!File.Exists(path))
        {
            if (Environment.GetEnvironmentVariable("CI") == "true")
            {
                throw new FileNotFoundException($"CI needs the shared file {relative}.");
            }
            Assert.Skip($"{relative} is not here; set CLEANROOM_SHARED.");
        }
        return path;
    }
}
