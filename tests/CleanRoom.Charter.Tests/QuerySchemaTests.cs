using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Queries;
using NJsonSchema;

namespace CleanRoom.Charter.Tests;

/// <summary>The published schema of queries beside the reader that decides: what the reader takes the schema takes, and of what is wrong with one member alone the schema misses only what is named here.</summary>
public sealed class QuerySchemaTests
{
    /// <summary>What a schema does not say: order, and what holds between members.</summary>
    private static readonly string[] Unsaid =
    [
        "is not sorted", "are not sorted", "stands twice", "names one attribute twice", "names SamePersonMissing and others", "names LiveOperation and others", "names ReTrafficking and others",
        "names VictimAsOffender and others", "makes up for contributors", "names agencies, which are never told of", "limits a query", "limits who is told", "is missing: not everybody",
        "does not allow here",
    ];

    public static TheoryData<string> Names => [.. Queries().Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task Schema_AQueryThatShips_IsTaken(string name)
    {
        var schema = await JsonSchema.FromJsonAsync(QuerySchema.Text, TestContext.Current.CancellationToken);
        var query = Queries()[name];
        Assert.Null(Refusal(query));
        Assert.Empty(schema.Validate(query.ToJsonString()));
    }

    [Theory, MemberData(nameof(Names))]
    public async Task Schema_EachMemberChanged_RefusesWhatTheReaderRefuses(string name)
    {
        var schema = await JsonSchema.FromJsonAsync(QuerySchema.Text, TestContext.Current.CancellationToken);
        var (refused, missed) = (0, new List<string>());
        foreach (var (what, text) in Changes(Queries()[name]))
        {
            var refusal = Refusal(JsonNode.Parse(text)!.AsObject());
            var errors = schema.Validate(text).Count;
            Assert.True(refusal is not null || errors == 0, $"{what}: the reader takes it, the schema does not");
            refused += errors > 0 ? 1 : 0;
            if (refusal is not null && errors == 0 && !Unsaid.Any(words => refusal.Contains(words, StringComparison.Ordinal)))
            {
                missed.Add($"{what}: {refusal}");
            }
        }

        Assert.Empty(missed);
        Assert.True(refused > 30, $"{refused} changes were refused");
    }

    private static string? Refusal(JsonObject query)
    {
        using var json = JsonDocument.Parse(query.ToJsonString());
        var problems = new Problems();
        _ = QueryDefinition.Read(new JsonFields(json.RootElement, "query", problems));
        return problems.Any ? string.Join("; ", problems.Errors.Select(error => error.ToString())) : null;
    }

    /// <summary>The query with one member left out, added, of another type or with another value, everywhere.</summary>
    private static IEnumerable<(string What, string Text)> Changes(JsonObject query)
    {
        JsonNode?[] others = [null, "x", "", "X y", "offered", "auto", 0, -1, 100_000, true, new JsonArray(), new JsonObject(), new JsonArray("x")];
        foreach (var path in Paths(query, []))
        {
            yield return ($"{string.Join('/', path)} left out", Changed(query, path, static (parent, key) => Remove(parent, key)));
            for (var i = 0; i < others.Length; i++)
            {
                var other = others[i];
                yield return ($"{string.Join('/', path)} as {other?.ToJsonString() ?? "null"}", Changed(query, path, (parent, key) => Set(parent, key, other?.DeepClone())));
            }
        }

        foreach (var path in Paths(query, []).Where(path => Find(query, path) is JsonObject).Append([]))
        {
            yield return ($"{string.Join('/', path)} with one more", Changed(query, path, "more"));
        }
    }

    private static IEnumerable<object[]> Paths(JsonNode node, object[] here)
    {
        var inside = node switch
        {
            JsonObject json => json.Select(member => ((object)member.Key, member.Value)),
            JsonArray array => array.Select((item, index) => ((object)index, item)),
            _ => [],
        };
        foreach (var (key, value) in inside)
        {
            object[] path = [.. here, key];
            yield return path;
            foreach (var deeper in Paths(value!, path))
            {
                yield return deeper;
            }
        }
    }

    private static JsonNode Find(JsonNode node, IEnumerable<object> path) => path.Aggregate(node, static (at, key) => (key is int index ? at[index] : at[(string)key])!);

    private static string Changed(JsonObject query, object[] path, Action<JsonNode, object> change)
    {
        var copy = query.DeepClone();
        change(Find(copy, path[..^1]), path[^1]);
        return copy.ToJsonString();
    }

    private static string Changed(JsonObject query, object[] path, string more)
    {
        var copy = query.DeepClone();
        Find(copy, path).AsObject()[more] = 1;
        return copy.ToJsonString();
    }

    private static void Remove(JsonNode parent, object key)
    {
        if (key is int index)
        {
            parent.AsArray().RemoveAt(index);
        }
        else
        {
            _ = parent.AsObject().Remove((string)key);
        }
    }

    private static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (key is int index)
        {
            parent[index] = value;
        }
        else
        {
            parent[(string)key] = value;
        }
    }

    private static Dictionary<string, JsonObject> Queries()
    {
        var queries = ShippedQueries.All.ToDictionary(query => query.Id, query => query.ToJson(), StringComparer.Ordinal);
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "CleanRoom.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder.FullName, "samples", "queries")))
        {
            queries.Add(Path.GetFileName(file), JsonNode.Parse(File.ReadAllText(file))!.AsObject());
        }

        return queries;
    }
}
