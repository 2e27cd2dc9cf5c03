using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Messages;

/// <content>Facts that follow a notice, without a request.</content>
public abstract partial record RoomMessage
{
    /// <summary>To a contributor: an agency was told of a match of a record of yours; what may it be given? Nothing of the other record.</summary>
    /// <param name="Match">Reference of the match, for this recipient: what the answer names.</param>
    /// <param name="Link">Code of the list matchType.</param>
    /// <param name="Agency">Who was told.</param>
    /// <param name="Own">The contributor's own record reference.</param>
    /// <param name="Fields">Codes of <see cref="OfferedFacts"/> that may be given, as far as they agree.</param>
    /// <param name="Due">From then on nothing is given: silence gives nothing. Of what was given by a rule: the end of its life.</param>
    public sealed record Offer(string Match, string Link, MemberId Agency, string Own, IReadOnlyList<string> Fields, DateTimeOffset Due) : RoomMessage
    {
        /// <summary>They have followed by a rule of the charter, without a signature: there is nothing to answer.</summary>
        public bool Given { get; init; }

        /// <inheritdoc/>
        public override string Kind => "offer";

        private protected override void Write(JsonObject json)
        {
            json["agency"] = Agency.Value;
            json["due"] = ProtocolTime.Write(Due);
            json["fields"] = JsonBuild.Sorted(Fields);
            if (Given)
            {
                json["given"] = true;
            }

            json["link"] = Link;
            json["match"] = Match;
            json["own"] = Own;
        }

        internal static Offer? Read(JsonFields fields)
        {
            var agency = fields.Member("agency");
            var due = fields.Time("due");
            var codes = fields.SortedCodes("fields", 1, OfferedFacts.All.Count);
            var given = ReadFlag(fields, "given");
            var link = fields.Code("link");
            var match = ReadReference(fields);
            var own = fields.Text("own", MaxText);
            return agency is null || due is null || link is null || match is null || own is null ? null : new Offer(match, link, agency, own, codes, due.Value) { Given = given };
        }
    }

    /// <summary>N2b: what one contributor gives an agency of the match that it was told of, in parts like N3.</summary>
    /// <param name="Id">What an outcome and a withdrawal name.</param>
    /// <param name="Match">Reference of the notice.</param>
    /// <param name="Link">Code of the list matchType.</param>
    /// <param name="Part">From 1.</param>
    /// <param name="Parts">All parts.</param>
    /// <param name="Sources">Band of contributors that gave facts of this match, or "single source".</param>
    /// <param name="From">Whom to ask; null if the contributor's people did not allow it.</param>
    /// <param name="Grading">Source and information grading, 3x5x2.</param>
    /// <param name="Facts">Sorted by field, then text.</param>
    /// <param name="Handling">Handling codes that bind the reader.</param>
    /// <param name="OutcomeDue">An outcome must be reported by then.</param>
    /// <param name="Expires">End of its life.</param>
    public sealed record NoticeFacts(
        EntryId Id, string Match, string Link, int Part, int Parts, string Sources, Desk? From, string Grading, IReadOnlyList<Fact> Facts, IReadOnlyList<string> Handling,
        DateTimeOffset OutcomeDue, DateTimeOffset Expires) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "N2b";

        private protected override void Write(JsonObject json)
        {
            json["expires"] = ProtocolTime.Write(Expires);
            json["facts"] = WriteFacts(Facts);
            if (From is not null)
            {
                json["from"] = From.ToJson();
            }

            json["grading"] = Grading;
            json["handling"] = JsonBuild.Sorted(Handling);
            json["link"] = Link;
            json["match"] = Match;
            json["notice"] = Notice.NonPunishment;
            json["outcomeDue"] = ProtocolTime.Write(OutcomeDue);
            json["part"] = Part;
            json["parts"] = Parts;
            json["request"] = Id.ToString();
            json["sources"] = Sources;
        }

        internal static NoticeFacts? Read(JsonFields fields)
        {
            fields.Constant("notice", Notice.NonPunishment);
            var expires = fields.Time("expires");
            var facts = ReadFacts(fields, OfferedFacts.All);
            var from = fields.Optional("from") is null ? null : fields.Object("from") is { } desk ? Desk.Read(desk) : null;
            var grading = fields.Text("grading", 64);
            var handling = fields.SortedCodes("handling", 0, 32);
            var link = fields.Code("link");
            var match = ReadReference(fields);
            var due = fields.Time("outcomeDue");
            var part = fields.Int("part", 1, Disclosed.MaxParts);
            var parts = fields.Int("parts", part ?? 1, Disclosed.MaxParts);
            var id = ReadId(fields);
            var sources = fields.Text("sources", 32);
            return expires is null || grading is null || link is null || match is null || due is null || part is null || parts is null || id is null || sources is null
                ? null
                : new NoticeFacts(id.Value, match, link, part.Value, parts.Value, sources, from, grading, facts, handling, due.Value, expires.Value);
        }
    }

    private static string? ReadReference(JsonFields fields) =>
        fields.Bytes("match", MatchReference.Size, MatchReference.Size) is { } bytes ? StrictBase64.EncodeUrl(bytes) : null;
}
