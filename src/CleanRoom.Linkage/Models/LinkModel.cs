using System.Text.Json;
using System.Text.Json.Serialization;
using CleanRoom.Linkage.Fields;

namespace CleanRoom.Linkage.Models;

/// <summary>What was learned of one field.</summary>
public sealed record FieldModel
{
    /// <summary>The field's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it holds.</summary>
    public required FieldKind Kind { get; init; }

    /// <summary>For each level the probability that two records of one entity are there, both filled.</summary>
    public required IReadOnlyList<double> Match { get; init; }

    /// <summary>The same for records of two entities.</summary>
    public required IReadOnlyList<double> Chance { get; init; }

    /// <summary>How many of a value's other holders are the same entity's records, on average: they are left out of its frequency.</summary>
    public required double OwnCopies { get; init; }
}

/// <summary>A Fellegi–Sunter model: for each field the probabilities of its levels among matching and among other pairs, and the share of matching pairs.</summary>
public sealed record LinkModel
{
    /// <summary>The version of the format and of the levels.</summary>
    public const int CurrentVersion = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        WriteIndented = true,
    };

    /// <summary>The version.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The configuration it was trained for.</summary>
    public required string Config { get; init; }

    /// <summary>The probability that two records picked at random are one entity's.</summary>
    public required double Prior { get; init; }

    /// <summary>The fields, in the order of level vectors.</summary>
    public required IReadOnlyList<FieldModel> Fields { get; init; }

    /// <summary>The prior in bits: log2 of the odds.</summary>
    public double PriorWeight => Math.Log2(Prior / (1 - Prior));

    /// <summary>The weight of a level in bits, without term frequency: log2(match/chance).</summary>
    public double Weight(int field, int level) => level == LevelScale.Missing ? 0 : Math.Log2(Fields[field].Match[level] / Fields[field].Chance[level]);

    /// <summary>The probability that belongs to a total weight.</summary>
    public static double Probability(double weight) => 1 / (1 + Math.Pow(2, -weight));

    /// <summary>The total weight that belongs to a probability.</summary>
    public static double WeightOf(double probability) => Math.Log2(probability / (1 - probability));

    /// <summary>Reads a model.</summary>
    /// <exception cref="FormatException">It is not one, or of another version.</exception>
    public static LinkModel Parse(string json)
    {
        try
        {
            var model = JsonSerializer.Deserialize<LinkModel>(json, Options) ?? throw new FormatException("The model is empty: train it anew with --train.");
            return model.Check();
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The model is not valid at {exception.Path ?? "its beginning"}: train it anew with --train.", exception);
        }
    }

    /// <summary>Writes it as JSON; what is parsed again gives the same weights to the last bit.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Makes the model before training: assumed match probabilities, one match to a record, chances to be measured.</summary>
    internal static LinkModel Start(string config, IReadOnlyList<FieldSpec> fields, double prior) => new()
    {
        Config = config,
        Prior = prior,
        Fields = [.. fields.Select(f => new FieldModel
        {
            Name = f.Name,
            Kind = f.Kind,
            Match = Levels.Of(f.Kind).Match,
            Chance = [.. Levels.Of(f.Kind).Match.Select((_, l) => l == Levels.Different ? 0.9 : Levels.IsCrossed(f.Kind, l) ? 1e-5 : 0.1 / Levels.Of(f.Kind).Names.Count)],
            OwnCopies = 0.5,
        })],
    };

    /// <summary>Refuses fields other than the model's.</summary>
    /// <exception cref="FormatException">They differ; the message names both.</exception>
    internal void RequireFields(IReadOnlyList<FieldSpec> fields)
    {
        if (!Fields.Select(f => (f.Name, f.Kind)).SequenceEqual(fields.Select(f => (f.Name, f.Kind))))
        {
            throw new FormatException($"The model is for the fields {string.Join(", ", Fields.Select(f => f.Name))}; the table has {string.Join(", ", fields.Select(f => f.Name))}: train it anew with --train.");
        }
    }

    private LinkModel Check()
    {
        if (Version != CurrentVersion)
        {
            throw new FormatException($"The model is of version {Version}, this program reads {CurrentVersion}: train it anew with --train.");
        }
        if (Prior is not (> 0 and < 1) || Fields.Count is 0 or > FieldSpec.MaxFields)
        {
            throw new FormatException("The model's prior or its number of fields is out of range: train it anew with --train.");
        }
        foreach (var field in Fields)
        {
            var levels = Levels.Of(field.Kind).Names.Count;
            if (field.Match.Count != levels || field.Chance.Count != levels || field.Match.Concat(field.Chance).Any(p => p is not (> 0 and <= 1)) || field.OwnCopies is not (>= 0 and < 1e9))
            {
                throw new FormatException($"The model's field {field.Name} does not have {levels} levels with probabilities: train it anew with --train.");
            }
        }
        return this;
    }
}
