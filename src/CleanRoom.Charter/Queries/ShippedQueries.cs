using System.Text.Json;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter.Queries;

/// <summary>The queries that ship with the product: Q1 to Q9 of the catalogue, for a charter to take over or change.</summary>
public static class ShippedQueries
{
    private const string Resource = "CleanRoom.Charter.Queries.shipped-queries.json";

    private static readonly Lazy<IReadOnlyList<QueryDefinition>> Loaded = new(Load);

    /// <summary>Q1 to Q9, in order.</summary>
    public static IReadOnlyList<QueryDefinition> All => Loaded.Value;

    private static List<QueryDefinition> Load()
    {
        using var stream = typeof(ShippedQueries).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException("The shipped queries are missing from the assembly.");
        using var document = JsonDocument.Parse(stream);
        var problems = new Problems();
        var queries = document.RootElement.EnumerateArray()
            .Select((element, index) => QueryDefinition.Read(new JsonFields(element, $"queries[{index}]", problems))).ToList();
        return problems.Any
            ? throw new InvalidOperationException($"The shipped queries are not valid. {problems.Errors[0]}")
            : [.. queries.Select(query => query!)];
    }
}
