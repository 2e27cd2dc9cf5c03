using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Queries;
using CleanRoom.Charter.Tables;

namespace CleanRoom.Charter.Messages;

public abstract partial record RoomMessage
{
    /// <summary>N7: a part of a table of counts. No number in it, and none that can be got from it by subtraction, is of fewer persons or contributors than the charter says.</summary>
    /// <param name="Query">The charter's query.</param>
    /// <param name="Version">Its version.</param>
    /// <param name="Terms">What it counts by, and below what nothing is shown.</param>
    /// <param name="Until">Persons who came to the room before then, and after the release before this one.</param>
    /// <param name="Part">From 1.</param>
    /// <param name="Parts">Messages of this release.</param>
    /// <param name="Rows">Numbers, the total first; none where not even the total may be shown.</param>
    public sealed record TableRelease(string Query, string Version, TableTerms Terms, DateTimeOffset Until, int Part, int Parts, IReadOnlyList<TableRow> Rows)
        : RoomMessage
    {
        /// <summary>The fixed text on every table.</summary>
        public const string Caveat =
            "Counts of persons whom organisations have met and who agreed to be counted, each once and in one release only; not of how many there are, and not representative. "
            + "Small groups are not shown, numbers are rounded; this is no formal guarantee.";

        private const int MaxParts = 1024;
        private const int MaxRows = 1024;

        /// <inheritdoc/>
        public override string Kind => "N7";

        private protected override void Write(JsonObject json)
        {
            json["caveat"] = Caveat;
            json["part"] = Part;
            json["parts"] = Parts;
            json["query"] = Query;
            json["rows"] = JsonBuild.Objects(Rows.Select(row => new JsonObject { ["n"] = row.Count, ["values"] = JsonBuild.Array(row.Values) }));
            json["table"] = Terms.ToJson();
            json["until"] = ProtocolTime.Write(Until);
            json["version"] = Version;
        }

        internal static TableRelease? Read(JsonFields fields)
        {
            fields.Constant("caveat", Caveat);
            var part = fields.Int("part", 1, MaxParts);
            var parts = fields.Int("parts", part ?? 1, MaxParts);
            var query = QueryDefinition.ReadId(fields, "query", QueryKind.Aggregate);
            var terms = fields.Object("table") is { } table ? TableTerms.Read(table) : null;
            var rows = fields.List("rows", 0, MaxRows, (element, path) =>
            {
                var row = new JsonFields(element, path, fields.Problems);
                var values = row.List("values", 0, terms?.By.Count ?? 2, (value, at) =>
                {
                    if (JsonFields.TextOf(value) is { } code && JsonFields.IsListCode(code))
                    {
                        return code;
                    }

                    fields.Problems.Add(at, "is not a code", "write a code of the attribute's list");
                    return null;
                });
                var n = row.Int("n", 0, int.MaxValue);
                row.End();
                return n is null ? null : new TableRow(values, n.Value);
            });
            var until = fields.Time("until");
            var version = QueryDefinition.ReadVersion(fields, "version");
            return part is null || parts is null || query is null || terms is null || until is null || version is null
                ? null
                : new TableRelease(query, version, terms, until.Value, part.Value, parts.Value, rows);
        }
    }
}
