using System.Text.Json.Nodes;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Json;

namespace CleanRoom.Charter;

/// <summary>Where two people may override what a person has not agreed to, for one record, one agency and a time. A charter without it knows no override.</summary>
/// <param name="Bases">Out of <see cref="RoomAct.Override.KnownBases"/>, sorted.</param>
/// <param name="Longest">The longest that one counts.</param>
/// <param name="Recipients">Agencies of this charter, sorted.</param>
public sealed record OverrideTerms(IReadOnlyList<string> Bases, RoomDuration Longest, IReadOnlyList<MemberId> Recipients)
{
    /// <summary>Upper bound of <see cref="Longest"/>.</summary>
    public static TimeSpan LongestOfAll { get; } = TimeSpan.FromDays(90);

    internal JsonObject ToJson() => new() { ["bases"] = JsonBuild.Sorted(Bases), ["longest"] = Longest.ToString(), ["recipients"] = JsonBuild.Sorted(Recipients) };

    internal static OverrideTerms? Read(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var known = RoomAct.Override.KnownBases;
        var bases = fields.SortedTexts("bases", 1, known.Count, word => known.Contains(word, StringComparer.Ordinal), $"write some of {string.Join(", ", known)}, sorted");
        var longest = fields.Duration("longest", TimeSpan.FromSeconds(1), LongestOfAll);
        var recipients = fields.SortedMembers("recipients", 1, RoomCharter.MaxMembers);
        fields.End();
        return longest is null ? null : new OverrideTerms(bases, longest.Value, recipients);
    }
}
