using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CleanRoom.Cryptography;

namespace CleanRoom.Linkage.Models;

/// <summary>What models have in common that are numbers in a strict JSON file, one of which ships.</summary>
internal static class ModelFile
{
    /// <summary>Reads a model's members; what they may be is for the model to check.</summary>
    /// <param name="utf8Json">JSON; white space and the order of members do not matter.</param>
    /// <param name="type">Reads its members.</param>
    /// <param name="what">What it is called to whoever wrote it.</param>
    /// <param name="maxSize">Most bytes.</param>
    /// <exception cref="FormatException">It is not one.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> utf8Json, JsonTypeInfo<T> type, string what, int maxSize)
    {
        if (!CanonicalJson.TryCanonicalize(utf8Json, out var canonical, maxSize))
        {
            throw new FormatException($"The {what} is not one strict JSON object of at most {maxSize} bytes: compare it with the shipped one.");
        }
        try
        {
            return JsonSerializer.Deserialize(canonical, type) ?? throw new FormatException($"The {what} is empty: compare it with the shipped one.");
        }
        catch (JsonException exception)
        {
            throw new FormatException($"The {what} is not valid at {exception.Path ?? "its beginning"}: compare it with the shipped one.", exception);
        }
    }

    /// <summary>Opens the one that ships.</summary>
    public static Stream OpenShipped(string resource, string what) =>
        typeof(ModelFile).Assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"The assembly lacks the shipped {what}.");

    /// <exception cref="FormatException">The condition does not hold.</exception>
    public static void Require(bool condition, string field, string rule)
    {
        if (!condition)
        {
            throw new FormatException($"{field}: {rule}.");
        }
    }
}
