using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Acts;

/// <summary>What stands, sealed, in an <see cref="ActEntry"/>: canonical JSON (docs/protocol.md §9).</summary>
public abstract partial record RoomAct
{
    /// <summary>The value of "schema".</summary>
    public const string Schema = "cleanroom/act/v1";

    private RoomAct()
    {
    }

    /// <summary>The kind of entry that it stands in.</summary>
    public abstract ActKind Kind { get; }

    /// <summary>Writes the canonical JSON.</summary>
    public byte[] ToBytes()
    {
        var json = new JsonObject { ["schema"] = Schema };
        Write(json);
        return JsonBuild.Bytes(json);
    }

    /// <summary>Reads an act.</summary>
    /// <param name="json">Canonical JSON.</param>
    /// <param name="kind">The kind of entry that it stood in.</param>
    /// <param name="act">The act.</param>
    /// <param name="error">The first thing that is wrong.</param>
    public static bool TryParse(ReadOnlySpan<byte> json, ActKind kind, [NotNullWhen(true)] out RoomAct? act, [NotNullWhen(false)] out CharterError? error)
    {
        act = null;
        error = new CharterError("", "The act is not canonical JSON (RFC 8785)", "let the cleanroom tool write it");
        if (!StrictJson.TryParseCanonical(json, out var document))
        {
            return false;
        }

        using (document)
        {
            var problems = new Problems();
            var fields = new JsonFields(document.RootElement, "", problems);
            fields.Constant("schema", Schema);
            act = kind switch
            {
                ActKind.Consent => ConsentChange.Read(fields),
                ActKind.Answer => MatchAnswer.Read(fields),
                ActKind.Request => DisclosureRequest.Read(fields),
                ActKind.Decision => DisclosureDecision.Read(fields),
                ActKind.Watch => WatchRequest.Read(fields),
                ActKind.Unwatch => WatchWithdrawal.Read(fields),
                ActKind.Emergency => Emergency.Read(fields),
                ActKind.Override => Override.Read(fields),
                ActKind.Lift => OverrideEnd.Read(fields),
                ActKind.Opening => SampleOpening.Read(fields),
                ActKind.Facts => OfferedRelease.Read(fields),
                _ => DisclosureOutcome.Read(fields),
            };
            fields.End();
            if (problems.Any)
            {
                act = null;
                error = problems.Errors[0];
            }

            return act is not null;
        }
    }

    private protected abstract void Write(JsonObject json);

    /// <summary>What a person helped agrees to now, for one purpose of one record (ARCHITECTURE §7.10). The last word wins.</summary>
    /// <param name="Record">Id of the record.</param>
    /// <param name="Purpose">One purpose.</param>
    /// <param name="Granted">Agreed to; false: withdrawn.</param>
    /// <param name="Expires">End of what is granted; null when withdrawn.</param>
    /// <param name="Notice">Version of the notice that the person was given; empty when withdrawn.</param>
    /// <param name="NamedRecipients">Member ids that it is limited to, sorted; empty = not limited by name.</param>
    /// <param name="ExcludedRecipients">Member ids that it leaves out, sorted.</param>
    public sealed record ConsentChange(
        Guid Record, string Purpose, bool Granted, DateTimeOffset? Expires, string Notice, IReadOnlyList<string> NamedRecipients, IReadOnlyList<string> ExcludedRecipients)
        : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Consent;

        private protected override void Write(JsonObject json)
        {
            json["excluded"] = JsonBuild.Sorted(ExcludedRecipients);
            json["named"] = JsonBuild.Sorted(NamedRecipients);
            json["purpose"] = Purpose;
            json["record"] = Record.ToString("D");
            json["state"] = Granted ? "Granted" : "Withdrawn";
            if (Granted)
            {
                json["expires"] = ProtocolTime.Write(Expires ?? throw new InvalidOperationException("A grant has an end."));
                json["notice"] = Notice;
            }
        }

        internal static ConsentChange? Read(JsonFields fields)
        {
            var record = ReadRecord(fields);
            var purpose = fields.OneOf("purpose", [.. ConsentPurposes.Codes.Keys]);
            var granted = fields.OneOf("state", "Granted", "Withdrawn") == "Granted";
            var expires = granted ? fields.Time("expires") : null;
            var notice = granted ? fields.Text("notice", 64) : "";
            var named = fields.SortedMembers("named", 0, RoomCharter.MaxMembers);
            var excluded = fields.SortedMembers("excluded", 0, RoomCharter.MaxMembers);
            return record is null || purpose is null || notice is null
                ? null
                : new ConsentChange(record.Value, purpose, granted, expires, notice, [.. named.Select(id => id.Value)], [.. excluded.Select(id => id.Value)]);
        }
    }

    /// <summary>What a member says to a match that it was told of.</summary>
    /// <param name="Match">The reference that it was told.</param>
    /// <param name="Answer">Its answer.</param>
    public sealed record MatchAnswer(string Match, MatchVerdict Answer) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Answer;

        private protected override void Write(JsonObject json)
        {
            json["answer"] = Answer.ToString().ToLowerInvariant();
            json["match"] = Match;
        }

        internal static MatchAnswer? Read(JsonFields fields)
        {
            var match = ReadMatch(fields);
            var word = fields.OneOf("answer", "hold", "release", "taken", "wrong");
            return match is null || word is null ? null : new MatchAnswer(match, Enum.Parse<MatchVerdict>(word, ignoreCase: true));
        }
    }

    /// <summary>An agency asks one contributor for fields of the record behind a notice.</summary>
    /// <param name="Match">The reference of the notice.</param>
    /// <param name="Contributor">A desk that the notice names.</param>
    /// <param name="LegalBasis">Words for the people who decide.</param>
    /// <param name="Purpose">One of the charter's allowed purposes.</param>
    /// <param name="CaseNumber">The agency's own.</param>
    /// <param name="Fields">Codes of <see cref="DisclosureFields"/>, sorted.</param>
    /// <param name="Due">Silence escalates from then on.</param>
    public sealed record DisclosureRequest(
        string Match, MemberId Contributor, string LegalBasis, string Purpose, string CaseNumber, IReadOnlyList<string> Fields, DateTimeOffset Due)
        : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Request;

        private protected override void Write(JsonObject json)
        {
            json["case"] = CaseNumber;
            json["contributor"] = Contributor.Value;
            json["due"] = ProtocolTime.Write(Due);
            json["fields"] = JsonBuild.Sorted(Fields);
            json["legalBasis"] = LegalBasis;
            json["match"] = Match;
            json["purpose"] = Purpose;
        }

        internal static DisclosureRequest? Read(JsonFields fields)
        {
            var match = ReadMatch(fields);
            var contributor = fields.Member("contributor");
            var basis = fields.Text("legalBasis", 200);
            var purpose = fields.Code("purpose");
            var number = fields.Text("case", 64);
            var asked = fields.SortedTexts("fields", 1, DisclosureFields.All.Count, DisclosureFields.All.ContainsKey, DisclosureFields.Remedy);
            var due = fields.Time("due");
            return match is null || contributor is null || basis is null || purpose is null || number is null || due is null
                ? null
                : new DisclosureRequest(match, contributor, basis, purpose, number, asked, due.Value);
        }
    }

    /// <summary>What a contributor decides on a request, field by field.</summary>
    /// <param name="Fields">What is granted, sorted; empty: nothing.</param>
    /// <param name="Reason">Why not (all): one of <see cref="DisclosureFields.Refusals"/>; null if all that was asked is granted.</param>
    public sealed record DisclosureDecision(IReadOnlyList<string> Fields, string? Reason) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Decision;

        private protected override void Write(JsonObject json)
        {
            json["fields"] = JsonBuild.Sorted(Fields);
            if (Reason is not null)
            {
                json["reason"] = Reason;
            }
        }

        internal static DisclosureDecision? Read(JsonFields fields)
        {
            var granted = fields.SortedTexts("fields", 0, DisclosureFields.All.Count, DisclosureFields.All.ContainsKey, DisclosureFields.Remedy);
            var reason = fields.Optional("reason") is null ? null : fields.OneOf("reason", DisclosureFields.Refusals);
            if (granted.Count == 0 && reason is null && !fields.Problems.Any)
            {
                fields.Problems.Add("reason", "is missing", "say why nothing is granted");
            }

            return new DisclosureDecision(granted, reason);
        }
    }

    /// <summary>What became of a disclosure.</summary>
    /// <param name="Code">Of the list feedbackOutcome.</param>
    public sealed record DisclosureOutcome(string Code) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Outcome;

        private protected override void Write(JsonObject json) => json["outcome"] = Code;

        internal static DisclosureOutcome? Read(JsonFields fields) =>
            fields.OneOf("outcome", DisclosureFields.Outcomes) is { } code ? new DisclosureOutcome(code) : null;
    }

    private static Guid? ReadRecord(JsonFields fields) =>
        fields.ParsedValue<Guid>("record", "is not a record id", "write a UUID in lower case with hyphens", UuidText.TryParse);

    private static string? ReadMatch(JsonFields fields) =>
        fields.Bytes("match", MatchReference.Size, MatchReference.Size) is { } bytes ? StrictBase64.EncodeUrl(bytes) : null;
}

/// <summary>What a member says to a match.</summary>
public enum MatchVerdict
{
    /// <summary>Not now; the same as no answer.</summary>
    Hold,

    /// <summary>The other side may get a pointer to this record.</summary>
    Release,

    /// <summary>An agency acts on it: nobody else is told because it stays silent.</summary>
    Taken,

    /// <summary>These are not the same: never linked again, and everybody told so far is told to delete it.</summary>
    Wrong,
}
