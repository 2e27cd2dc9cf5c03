using System.Text.Json.Nodes;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;

namespace CleanRoom.Charter.Messages;

/// <content>What passes between an agency and a contributor, by way of the enclave.</content>
public abstract partial record RoomMessage
{
    /// <summary>To a contributor: an agency asks for fields of a record of yours. Nothing of any other record.</summary>
    /// <param name="Id">The request: what a decision names.</param>
    /// <param name="Agency">Who asks.</param>
    /// <param name="Own">The contributor's own record reference.</param>
    /// <param name="LegalBasis">In the agency's words.</param>
    /// <param name="Purpose">One of the charter's allowed purposes.</param>
    /// <param name="CaseNumber">The agency's.</param>
    /// <param name="Fields">Codes of <see cref="DisclosureFields"/>.</param>
    /// <param name="Due">Silence escalates, and closes the request in the end; it never grants.</param>
    /// <param name="Escalated">Nobody has decided in time.</param>
    public sealed record Request(
        EntryId Id, MemberId Agency, string Own, string LegalBasis, string Purpose, string CaseNumber, IReadOnlyList<string> Fields, DateTimeOffset Due, bool Escalated)
        : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "request";

        private protected override void Write(JsonObject json)
        {
            json["agency"] = Agency.Value;
            json["case"] = CaseNumber;
            json["due"] = ProtocolTime.Write(Due);
            json["escalated"] = Escalated;
            json["fields"] = JsonBuild.Sorted(Fields);
            json["legalBasis"] = LegalBasis;
            json["own"] = Own;
            json["purpose"] = Purpose;
            json["request"] = Id.ToString();
        }

        internal static Request? Read(JsonFields fields)
        {
            var id = ReadId(fields);
            var agency = fields.Member("agency");
            var own = fields.Text("own", MaxText);
            var basis = fields.Text("legalBasis", MaxText);
            var purpose = fields.Code("purpose");
            var number = fields.Text("case", MaxText);
            var asked = fields.SortedCodes("fields", 1, DisclosureFields.All.Count);
            var due = fields.Time("due");
            var escalated = fields.Bool("escalated");
            return id is null || agency is null || own is null || basis is null || purpose is null || number is null || due is null || escalated is null
                ? null
                : new Request(id.Value, agency, own, basis, purpose, number, asked, due.Value, escalated.Value);
        }
    }

    /// <summary>To an agency: where its request stands.</summary>
    /// <param name="Id">The request.</param>
    /// <param name="State">Where it stands.</param>
    /// <param name="Reason">Why not (all); null if there is nothing to explain.</param>
    /// <param name="Until">When something happens next by itself: silence escalates, an outcome is overdue; null if nothing does.</param>
    public sealed record Status(EntryId Id, DisclosureState State, string? Reason, DateTimeOffset? Until) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "status";

        private protected override void Write(JsonObject json)
        {
            if (Reason is not null)
            {
                json["reason"] = Reason;
            }

            json["request"] = Id.ToString();
            json["state"] = State.ToString();
            if (Until is { } until)
            {
                json["until"] = ProtocolTime.Write(until);
            }
        }

        internal static Status? Read(JsonFields fields)
        {
            var id = ReadId(fields);
            var state = fields.OneOf("state", Enum.GetNames<DisclosureState>());
            var reason = fields.Optional("reason") is null ? null : fields.Code("reason");
            var until = fields.Optional("until") is null ? null : fields.Time("until");
            return id is null || state is null ? null : new Status(id.Value, Enum.Parse<DisclosureState>(state), reason, until);
        }
    }

    /// <summary>A fact that leaves.</summary>
    /// <param name="Field">Code of <see cref="DisclosureFields"/>.</param>
    /// <param name="Text">The fact, as the contributor holds it.</param>
    public sealed record Fact(string Field, string Text);

    /// <summary>N3: exactly the granted fields, for one request. What does not fit into one message comes in parts.</summary>
    /// <param name="Id">The request.</param>
    /// <param name="Part">From 1.</param>
    /// <param name="Parts">All parts.</param>
    /// <param name="From">Whom to ask.</param>
    /// <param name="Purpose">The one purpose that it may be used for.</param>
    /// <param name="CaseNumber">The agency's.</param>
    /// <param name="Facts">Sorted by field, then text.</param>
    /// <param name="Handling">Handling codes that bind the reader.</param>
    /// <param name="OutcomeDue">An outcome must be reported by then.</param>
    public sealed record Disclosed(
        EntryId Id, int Part, int Parts, Desk From, string Purpose, string CaseNumber, IReadOnlyList<Fact> Facts, IReadOnlyList<string> Handling, DateTimeOffset OutcomeDue)
        : RoomMessage
    {
        /// <summary>Longest text of a fact, in characters; what is longer is cut in the enclave.</summary>
        public const int MaxFact = 256;

        internal const int MaxParts = 1024;

        /// <inheritdoc/>
        public override string Kind => "N3";

        private protected override void Write(JsonObject json)
        {
            json["case"] = CaseNumber;
            json["facts"] = WriteFacts(Facts);
            json["from"] = From.ToJson();
            json["handling"] = JsonBuild.Sorted(Handling);
            json["notice"] = Notice.NonPunishment;
            json["outcomeDue"] = ProtocolTime.Write(OutcomeDue);
            json["part"] = Part;
            json["parts"] = Parts;
            json["purpose"] = Purpose;
            json["request"] = Id.ToString();
        }

        internal static Disclosed? Read(JsonFields fields)
        {
            fields.Constant("notice", Notice.NonPunishment);
            var id = ReadId(fields);
            var part = fields.Int("part", 1, MaxParts);
            var parts = fields.Int("parts", part ?? 1, MaxParts);
            var from = fields.Object("from") is { } desk ? Desk.Read(desk) : null;
            var purpose = fields.Code("purpose");
            var number = fields.Text("case", MaxText);
            var facts = ReadFacts(fields, DisclosureFields.All.Keys);
            var handling = fields.SortedCodes("handling", 0, 32);
            var due = fields.Time("outcomeDue");
            return id is null || part is null || parts is null || from is null || purpose is null || number is null || due is null
                ? null
                : new Disclosed(id.Value, part.Value, parts.Value, from, purpose, number, facts, handling, due.Value);
        }
    }

    /// <summary>N6: what was told under this reference, or disclosed for this request, offer or emergency, is withdrawn: delete it. Never why.</summary>
    /// <param name="Match">The reference; null for a disclosure or an emergency.</param>
    /// <param name="Id">The request, facts or emergency; null for a match.</param>
    public sealed record Withdrawn(string? Match, EntryId? Id) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "N6";

        private protected override void Write(JsonObject json)
        {
            if (Match is not null)
            {
                json["match"] = Match;
            }

            if (Id is { } id)
            {
                json["request"] = id.ToString();
            }
        }

        internal static Withdrawn? Read(JsonFields fields)
        {
            var match = fields.Optional("match") is null ? null : ReadReference(fields);
            EntryId? id = fields.Optional("request") is null ? null : ReadId(fields);
            if (match is null == id is null && !fields.Problems.Any)
            {
                fields.Problems.Add("match", "does not stand alone", "write match or request");
            }

            return new Withdrawn(match, id);
        }
    }

    /// <summary>To a contributor: what its disclosure led to.</summary>
    /// <param name="Id">The request.</param>
    /// <param name="Agency">Who reports.</param>
    /// <param name="Own">The contributor's own record reference.</param>
    /// <param name="Code">Code list feedbackOutcome.</param>
    public sealed record Outcome(EntryId Id, MemberId Agency, string Own, string Code) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "outcome";

        private protected override void Write(JsonObject json)
        {
            json["agency"] = Agency.Value;
            json["outcome"] = Code;
            json["own"] = Own;
            json["request"] = Id.ToString();
        }

        internal static Outcome? Read(JsonFields fields)
        {
            var id = ReadId(fields);
            var agency = fields.Member("agency");
            var own = fields.Text("own", MaxText);
            var code = fields.OneOf("outcome", DisclosureFields.Outcomes);
            return id is null || agency is null || own is null || code is null ? null : new Outcome(id.Value, agency, own, code);
        }
    }

    private static JsonArray WriteFacts(IReadOnlyList<Fact> facts) => JsonBuild.Objects(facts.Select(fact => new JsonObject { ["field"] = fact.Field, ["text"] = fact.Text }));

    private static IReadOnlyList<Fact> ReadFacts(JsonFields fields, IEnumerable<string> codes) => fields.List("facts", 0, 256, (element, path) =>
    {
        var fact = new JsonFields(element, path, fields.Problems);
        var field = fact.OneOf("field", [.. codes]);
        var text = fact.Text("text", Disclosed.MaxFact);
        fact.End();
        return field is null || text is null ? null : new Fact(field, text);
    });

    private static EntryId? ReadId(JsonFields fields, string name = "request") =>
        fields.ParsedValue<EntryId>(name, $"is not the id of a {name}", "write a UUID in lower case with hyphens", EntryId.TryParse);
}
