using System.Collections.Frozen;
using System.Text.Json;

namespace CleanRoom.Records.Lists;

/// <summary>One value of a code list.</summary>
/// <param name="Code">The value in a record.</param>
/// <param name="Label">What people read.</param>
/// <param name="Aliases">Other spellings that importers accept.</param>
/// <param name="Alpha2">Countries and languages: the two-letter code, or null.</param>
public sealed record CodeValue(string Code, string Label, IReadOnlyList<string> Aliases, string? Alpha2)
{
    /// <summary>What HTCDS 2.0 calls the value, or null.</summary>
    public string? Htcds { get; init; }

    /// <summary>What the CTDC layouts call the value, or null.</summary>
    public string? Ctdc { get; init; }

    /// <summary>Codes that this one stands for together (composites of the CTDC 2024 layout).</summary>
    public IReadOnlyList<string> Composite { get; init; } = [];
}

/// <summary>One code list.</summary>
public sealed class CodeList
{
    private readonly FrozenDictionary<string, CodeValue> _byCode;

    internal CodeList(string name, bool extensible, IReadOnlyList<CodeValue> values)
    {
        Name = name;
        Extensible = extensible;
        Values = values;
        _byCode = values.ToFrozenDictionary(v => v.Code, StringComparer.Ordinal);
    }

    /// <summary>The list's name, for example <c>personRole</c>.</summary>
    public string Name { get; }

    /// <summary>True if contributors may add values.</summary>
    public bool Extensible { get; }

    /// <summary>The values in their published order.</summary>
    public IReadOnlyList<CodeValue> Values { get; }

    /// <summary>True if <paramref name="code"/> is a value of this list.</summary>
    public bool Contains(string code) => _byCode.ContainsKey(code);

    /// <summary>Gives a value, or null.</summary>
    public CodeValue? Find(string code) => _byCode.GetValueOrDefault(code);
}

/// <summary>The code lists that ship with the product (DATA.md 1.3).</summary>
public static class CodeLists
{
    private static readonly Lazy<FrozenDictionary<string, CodeList>> All = new(Load);

    /// <summary>Gives a list.</summary>
    /// <exception cref="ArgumentException">There is no list of that name.</exception>
    public static CodeList Get(string name) =>
        All.Value.TryGetValue(name, out var list) ? list : throw new ArgumentException($"There is no code list '{name}'.", nameof(name));

    /// <summary>Gives the names of all lists, sorted.</summary>
    public static IReadOnlyList<string> Names => [.. All.Value.Keys.Order(StringComparer.Ordinal)];

    /// <summary>True if the list exists and has the value.</summary>
    public static bool Contains(string list, string code) => All.Value.TryGetValue(list, out var found) && found.Contains(code);

    private static FrozenDictionary<string, CodeList> Load()
    {
        using var stream = EmbeddedData.Open("codelists.json");
        using var document = JsonDocument.Parse(stream);
        var lists = new List<CodeList>();
        foreach (var property in document.RootElement.GetProperty("lists").EnumerateObject())
        {
            var values = new List<CodeValue>();
            foreach (var value in property.Value.GetProperty("values").EnumerateArray())
            {
                values.Add(new CodeValue(
                    value.GetProperty("code").GetString()!,
                    value.GetProperty("label").GetString()!,
                    Aliases(value),
                    value.TryGetProperty("alpha2", out var alpha2) ? alpha2.GetString() : null)
                {
                    Htcds = Words(value, "htcds").FirstOrDefault(),
                    Ctdc = Words(value, "ctdc").FirstOrDefault(),
                    Composite = Words(value, "composite"),
                });
            }
            lists.Add(new CodeList(property.Name, property.Value.GetProperty("extensible").GetBoolean(), values));
        }
        return lists.ToFrozenDictionary(l => l.Name, StringComparer.Ordinal);
    }

    /// <summary>The other names of a value: aliases, and what HTCDS and CTDC call it.</summary>
    private static string[] Aliases(JsonElement value) =>
        [.. ((string[])["aliases", "htcds", "ctdc"]).SelectMany(name => Words(value, name)).Distinct(StringComparer.Ordinal)];

    private static string[] Words(JsonElement value, string property) =>
        !value.TryGetProperty(property, out var element) ? []
        : element.ValueKind == JsonValueKind.String ? [element.GetString()!]
        : element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray().Select(e => e.GetString()!)]
        : [];
}
