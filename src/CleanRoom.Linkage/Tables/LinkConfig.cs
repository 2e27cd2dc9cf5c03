using System.Text.Json;
using System.Text.Json.Serialization;
using CleanRoom.Linkage.Fields;

namespace CleanRoom.Linkage.Tables;

/// <summary>What is compared and how candidates are found. Read from JSON; unknown members are refused.</summary>
public sealed record LinkConfig
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        WriteIndented = true,
    };

    /// <summary>The configurations that come with the engine.</summary>
    public static IReadOnlyList<string> ShippedNames { get; } = ["persons", "febrl", "fake1000", "historical"];

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The fields, 1 to <see cref="FieldSpec.MaxFields"/> of which may be found in a table.</summary>
    public required IReadOnlyList<FieldSpec> Fields { get; init; }

    /// <summary>Pairs of at least this probability are links. 0 to 1, defaults to 0.5.</summary>
    public double Threshold { get; init; } = 0.5;

    /// <summary>Links of at least this probability join clusters. 0 to 1, defaults to 0.9.</summary>
    public double ClusterThreshold { get; init; } = 0.9;

    /// <summary>What a pair within a cluster counts, in bits, that was never weighed or is too unlikely to be kept. -20 to 0, defaults to -3.</summary>
    public double UnknownPairWeight { get; init; } = -3;

    /// <summary>The largest block that is compared pair by pair. 2 to 1000, defaults to 60.</summary>
    public int BlockCap { get; init; } = 60;

    /// <summary>The largest block of one single value. 2 to 1000, defaults to 40.</summary>
    public int SingleCap { get; init; } = 40;

    /// <summary>Reads a configuration.</summary>
    /// <exception cref="FormatException">It is not one; the message says where and what to do.</exception>
    public static LinkConfig Parse(string json)
    {
        try
        {
            var config = JsonSerializer.Deserialize<LinkConfig>(json, Options) ?? throw new FormatException("The configuration is empty: compare it with a shipped one.");
            config.Check();
            return config;
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The configuration is not valid at {exception.Path ?? "its beginning"}: compare it with a shipped one.", exception);
        }
    }

    /// <summary>Gives a shipped configuration, or null if none has the name.</summary>
    public static LinkConfig? Shipped(string name)
    {
        if (!ShippedNames.Contains(name, StringComparer.Ordinal))
        {
            return null;
        }
        using var stream = typeof(LinkConfig).Assembly.GetManifestResourceStream($"configs/{name}.json")!;
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }

    /// <summary>Writes it as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    private void Check()
    {
        static void Require(bool condition, string message)
        {
            if (!condition)
            {
                throw new FormatException(message);
            }
        }
        Require(Fields.Count is > 0 and <= 64, "fields: must have 1 to 64 entries.");
        Require(Fields.Select(f => f.Name).Distinct(StringComparer.Ordinal).Count() == Fields.Count, "fields: each name must stand there once.");
        foreach (var field in Fields)
        {
            Require(field.Name.Length is > 0 and <= 64, "fields: a name must have 1 to 64 characters.");
            Require(field.Columns.Count <= 200, $"{field.Name}: at most 200 columns.");
            Require(
                field.Swap is null || Fields.Any(f => f.Name == field.Swap && f.Name != field.Name && (f.Kind == field.Kind || (f.Kind is FieldKind.Given or FieldKind.Family && field.Kind is FieldKind.Given or FieldKind.Family))),
                $"{field.Name}: swap must name another field of the same kind.");
        }
        Require(Threshold is >= 0 and <= 1, "threshold: must be between 0 and 1.");
        Require(ClusterThreshold is >= 0 and <= 1, "clusterThreshold: must be between 0 and 1.");
        Require(UnknownPairWeight is >= -20 and <= 0, "unknownPairWeight: must be between -20 and 0.");
        Require(BlockCap is >= 2 and <= 1000, "blockCap: must be between 2 and 1000.");
        Require(SingleCap is >= 2 and <= 1000, "singleCap: must be between 2 and 1000.");
    }
}
