namespace CleanRoom.Operations.Tests;

/// <summary>Where the tree is that these tests look at.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(here.FullName, "CleanRoom.sln")))
        {
            here = here.Parent ?? throw new InvalidOperationException("The tests do not run inside the tree.");
        }

        return here.FullName;
    }
}
