namespace CleanRoom.Charter.Tests;

/// <summary>The project's own sample files.</summary>
internal static class Samples
{
    public static string Path(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = System.IO.Path.Combine(folder.FullName, "samples", name);
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "CleanRoom.sln")))
            {
                return file;
            }
        }
        throw new DirectoryNotFoundException("The tests must run inside the repository.");
    }
}
