using System.Text.Json.Nodes;
using CleanRoom.Charter.Groups;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Queries;

namespace CleanRoom.Charter.Messages;

public abstract partial record RoomMessage
{
    /// <summary>A part of what is told of groups of persons. Every group has as many persons as the terms say, whichever contributor is left out.</summary>
    /// <param name="Query">The charter's query.</param>
    /// <param name="Version">Its version.</param>
    /// <param name="Terms">What its groups have in common, and below what nothing is told.</param>
    /// <param name="Until">Persons who came to the room before then, and after the release before this one.</param>
    /// <param name="Part">From 1.</param>
    /// <param name="Parts">Messages of this release.</param>
    /// <param name="Told">The groups.</param>
    public sealed record Groups(string Query, string Version, GroupTerms Terms, DateTimeOffset Until, int Part, int Parts, IReadOnlyList<ToldGroup> Told)
        : RoomMessage
    {
        /// <summary>The fixed text on everything about groups.</summary>
        public const string Caveat =
            "Groups of persons whom several organisations have met, in bands; not of how many there are, and no formal guarantee. That they have something in common is no evidence against anybody. "
            + Notice.NonPunishment;

        private const int MaxParts = 1024;
        private const int MaxGroups = 1024;

        /// <inheritdoc/>
        public override string Kind => "groups";

        private protected override void Write(JsonObject json)
        {
            json["caveat"] = Caveat;
            json["group"] = Terms.ToJson();
            json["groups"] = JsonBuild.Objects(Told.Select(group => group.ToJson()));
            json["part"] = Part;
            json["parts"] = Parts;
            json["query"] = Query;
            json["until"] = ProtocolTime.Write(Until);
            json["version"] = Version;
        }

        internal static Groups? Read(JsonFields fields)
        {
            fields.Constant("caveat", Caveat);
            var terms = fields.Object("group") is { } group ? GroupTerms.Read(group) : null;
            var told = fields.List("groups", 1, MaxGroups, (element, path) => ToldGroup.Read(new JsonFields(element, path, fields.Problems)));
            var part = fields.Int("part", 1, MaxParts);
            var parts = fields.Int("parts", part ?? 1, MaxParts);
            var query = QueryDefinition.ReadId(fields, "query", QueryKind.Group);
            var until = fields.Time("until");
            var version = QueryDefinition.ReadVersion(fields, "version");
            return terms is null || part is null || parts is null || query is null || until is null || version is null
                ? null
                : new Groups(query, version, terms, until.Value, part.Value, parts.Value, told);
        }
    }
}
