using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter;

/// <summary>Who may be warned of an emergency about a contributor's own record (N4), and how often. A charter without it has no such channel.</summary>
/// <param name="PerMonth">Most emergencies of a contributor in a month, 1 to <see cref="MostPerMonth"/>.</param>
/// <param name="Recipients">Agencies of this charter, sorted: desks of child protection among them, or of others.</param>
public sealed record EmergencyTerms(int PerMonth, IReadOnlyList<MemberId> Recipients)
{
    /// <summary>Highest bound: each emergency ends an epoch of its own.</summary>
    public const int MostPerMonth = 100;

    internal JsonObject ToJson() => new() { ["perMonth"] = PerMonth, ["recipients"] = JsonBuild.Sorted(Recipients) };

    internal static EmergencyTerms? Read(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var most = fields.Int("perMonth", 1, MostPerMonth);
        var recipients = fields.SortedMembers("recipients", 1, RoomCharter.MaxMembers);
        fields.End();
        return most is null ? null : new EmergencyTerms(most.Value, recipients);
    }
}
