using System.Text.Json;

namespace CleanRoom.Evidence;

/// <summary>Looks a member up in what may not be an object.</summary>
internal static class JsonMembers
{
    public static bool TryGetMember(this JsonElement owner, string name, out JsonElement member)
    {
        member = default;
        return owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out member);
    }
}
