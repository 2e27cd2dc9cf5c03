namespace CleanRoom.Records;

/// <summary>The tables that ship inside the assembly (folder Data).</summary>
internal static class EmbeddedData
{
    /// <summary>Opens a table by its path below Data.</summary>
    public static Stream Open(string name) =>
        typeof(EmbeddedData).Assembly.GetManifestResourceStream(name.Replace('\\', '/'))
        ?? throw new InvalidOperationException($"The assembly lacks its table '{name}'.");

    /// <summary>Gives the names of the tables below a folder.</summary>
    public static IEnumerable<string> Names(string folder) =>
        typeof(EmbeddedData).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(folder + "/", StringComparison.Ordinal));
}
