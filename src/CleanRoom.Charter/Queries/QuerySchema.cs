namespace CleanRoom.Charter.Queries;

/// <summary>
/// The published JSON Schema (draft 7) of a charter's queries: for editors that complete and check while somebody writes, and for programs that generate. The charter's own reader decides; what it takes, the
/// schema takes.
/// </summary>
public static class QuerySchema
{
    private const string Resource = "CleanRoom.Charter.Queries.query.schema.json";

    private static readonly Lazy<string> Loaded = new(Load);

    /// <summary>The schema, as JSON.</summary>
    public static string Text => Loaded.Value;

    private static string Load()
    {
        using var stream = typeof(QuerySchema).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException("The schema of queries is missing from the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
