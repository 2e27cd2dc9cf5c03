using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;

namespace CleanRoom.Charter.Acts;

/// <content>Facts that follow a notice, without a request.</content>
public abstract partial record RoomAct
{
    /// <summary>A contributor gives an agency facts that an offer named (N2b). What identifies a person who is helped has no place in it.</summary>
    /// <param name="Match">Reference of the offer.</param>
    /// <param name="Agency">Who gets them.</param>
    /// <param name="Fields">Some of what the offer named, sorted.</param>
    /// <param name="NamesDesk">Whether the agency may be told with them whom to ask.</param>
    public sealed record OfferedRelease(string Match, MemberId Agency, IReadOnlyList<string> Fields, bool NamesDesk) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Facts;

        private protected override void Write(JsonObject json)
        {
            json["agency"] = Agency.Value;
            json["desk"] = NamesDesk;
            json["fields"] = JsonBuild.Sorted(Fields);
            json["match"] = Match;
        }

        internal static OfferedRelease? Read(JsonFields fields)
        {
            var agency = fields.Member("agency");
            var desk = fields.Bool("desk");
            var given = fields.SortedTexts(
                "fields", 1, OfferedFacts.All.Count, code => OfferedFacts.All.Contains(code, StringComparer.Ordinal), $"write some of {string.Join(", ", OfferedFacts.All)}, sorted");
            var match = ReadMatch(fields);
            return agency is null || desk is null || match is null ? null : new OfferedRelease(match, agency, given, desk.Value);
        }
    }
}
