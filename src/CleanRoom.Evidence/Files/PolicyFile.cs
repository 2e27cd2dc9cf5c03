using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CleanRoom.Evidence.Files;

/// <summary>Reads reference values from a file: a charter, or any object that has a charter's <c>enclaves</c> and <c>simulated</c>.</summary>
public static class PolicyFile
{
    /// <summary>Longest file: 1 MiB.</summary>
    public const int MaxSize = 1 << 20;

    private const int MaxDepth = 32;

    /// <summary>Reads a file. A reference that is not understood makes the whole policy unusable here: nobody is there to read a warning.</summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="policy">The reference values.</param>
    /// <param name="problem">One sentence with the member and the remedy.</param>
    public static bool TryRead(ReadOnlySpan<byte> content, [NotNullWhen(true)] out AppraisalPolicy? policy, [NotNullWhen(false)] out string? problem)
    {
        problem = Read(content, out policy) ?? string.Empty;
        return policy is not null;
    }

    private static string? Read(ReadOnlySpan<byte> content, out AppraisalPolicy? policy)
    {
        policy = null;
        const string shape = "The policy must be a JSON object with enclaves, as a charter has them.";
        if (content.Length > MaxSize)
        {
            return shape;
        }

        if (!ForeignJson.TryParse(content, MaxDepth, out var document))
        {
            return shape;
        }

        using (document)
        {
            var root = document.RootElement.TryGetMember("charter", out var charter) ? charter : document.RootElement;
            if (!root.TryGetMember("enclaves", out var list) || list.ValueKind != JsonValueKind.Array || !TryReadAll(list, out var enclaves))
            {
                return shape;
            }

            var read = AppraisalPolicy.Create(root.TryGetMember("simulated", out var simulated) && simulated.ValueKind == JsonValueKind.True, enclaves);
            if (!read.Problems.IsEmpty)
            {
                return read.Problems[0];
            }

            policy = read;
            return null;
        }
    }

    private static bool TryReadAll(JsonElement list, out List<EnclaveReference> enclaves)
    {
        enclaves = [];
        foreach (var item in list.EnumerateArray())
        {
            if (!item.TryGetMember("name", out var name) || name.ValueKind != JsonValueKind.String
                || !item.TryGetMember("tee", out var tee) || tee.ValueKind != JsonValueKind.String || !item.TryGetMember("reference", out var reference))
            {
                return false;
            }

            enclaves.Add(new EnclaveReference(name.GetString()!, tee.GetString()!, reference.Clone(), item.TryGetMember("floors", out var floors) ? floors.Clone() : null));
        }

        return enclaves.Count > 0;
    }
}
