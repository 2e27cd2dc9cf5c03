using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Messages;

/// <summary>Where a message stands: what its sealed content repeats from its header.</summary>
/// <param name="Room">The room.</param>
/// <param name="Recipient">The member it is sealed to.</param>
/// <param name="Number">Numbers of a recipient run from 1 without gap.</param>
/// <param name="Epoch">The epoch that it leaves with.</param>
/// <param name="Simulated">The room is simulated: nothing in it protects anybody.</param>
public sealed record MessagePlace(RoomId Room, MemberId Recipient, long Number, long Epoch, bool Simulated);

/// <summary>What the enclave tells a member (docs/protocol.md §6).</summary>
public abstract partial record RoomMessage
{
    /// <summary>The value of "schema".</summary>
    public const string Schema = "cleanroom/message/v1";

    /// <summary>The handling caveat that says so.</summary>
    public const string RiskToLife = "RISK_TO_LIFE";

    private const int MaxText = 512;

    private RoomMessage()
    {
    }

    /// <summary>The word that stands in the message.</summary>
    public abstract string Kind { get; }

    /// <summary>A life is at risk, or a decoy was touched: it goes before other news, waits for no quiet hours and for nobody's turn.</summary>
    public bool IsUrgent => this switch
    {
        MatchPointer { Decoy: true } or Review { Decoy: true } => true,
        MatchPointer pointer => pointer.Caveats.Contains(RiskToLife, StringComparer.Ordinal),
        Notice notice => notice.Handling.Contains(RiskToLife, StringComparer.Ordinal),
        NoticeFacts facts => facts.Handling.Contains(RiskToLife, StringComparer.Ordinal),
        Disclosed disclosed => disclosed.Handling.Contains(RiskToLife, StringComparer.Ordinal),
        Review review => review.Reasons.Contains(Review.OwnRiskToLife, StringComparer.Ordinal),
        Emergency => true,

        // Who was to be warned was not: somebody has to call.
        EmergencyAnswer answer => answer.State == EmergencyState.Refused,
        _ => false,
    };

    /// <summary>Writes the canonical JSON.</summary>
    public byte[] ToBytes(MessagePlace place)
    {
        var json = new JsonObject
        {
            ["epoch"] = place.Epoch,
            ["kind"] = Kind,
            ["number"] = place.Number,
            ["recipient"] = place.Recipient.Value,
            ["room"] = place.Room.ToString(),
            ["schema"] = Schema,
        };
        if (place.Simulated)
        {
            json["simulated"] = true;
        }
        Write(json);
        return JsonBuild.Bytes(json);
    }

    /// <summary>Reads a message that must stand where <paramref name="place"/> says, the label of a simulated room included.</summary>
    /// <returns><see langword="false"/> if it has another form, or stands elsewhere.</returns>
    public static bool TryParse(ReadOnlySpan<byte> json, MessagePlace place, [NotNullWhen(true)] out RoomMessage? message)
    {
        message = null;
        if (!StrictJson.TryParseCanonical(json, out var document))
        {
            return false;
        }
        using (document)
        {
            var problems = new Problems();
            var fields = new JsonFields(document.RootElement, "", problems);
            fields.Constant("schema", Schema);
            var labelled = fields.Optional("simulated") is not null && fields.Bool("simulated") == true;
            var inPlace = fields.Integer("epoch", 1, 1L << 53) == place.Epoch
                & fields.Integer("number", 1, 1L << 53) == place.Number
                & fields.Member("recipient") == place.Recipient
                & JsonFields.TextOf(fields.Value("room") ?? default) == place.Room.ToString()
                & labelled == place.Simulated;
            message = fields.OneOf("kind", "N1", "N2a", "N2b", "N3", "N4", "N6", "N7", "audit", "audited", "emergency", "empty", "ending", "groups", "head", "nothing", "offer", "outcome", "request", "review", "status", "use") switch
            {
                "head" => Head.Read(fields),
                "empty" => new Empty(),
                "audit" => AuditDraw.Read(fields),
                "audited" => AuditNews.Read(fields),
                "ending" => Ending.Read(fields),
                "nothing" => NothingReleasable.Read(fields),
                "N1" => MatchPointer.Read(fields),
                "N2a" => Notice.Read(fields),
                "review" => Review.Read(fields),
                "request" => Request.Read(fields),
                "status" => Status.Read(fields),
                "N2b" => NoticeFacts.Read(fields),
                "N3" => Disclosed.Read(fields),
                "offer" => Offer.Read(fields),
                "N4" => Emergency.Read(fields),
                "emergency" => EmergencyAnswer.Read(fields),
                "N6" => Withdrawn.Read(fields),
                "N7" => TableRelease.Read(fields),
                "groups" => Groups.Read(fields),
                "outcome" => Outcome.Read(fields),
                "use" => UseStatement.Read(fields),
                _ => null,
            };
            fields.End();
            message = inPlace && !problems.Any ? message : null;
            return message is not null;
        }
    }

    private protected abstract void Write(JsonObject json);

    /// <summary>The first message of every epoch.</summary>
    /// <param name="Evaluated">Whether the standing queries ran.</param>
    /// <param name="Position">What the epoch was computed on.</param>
    /// <param name="Last">Number of the recipient's last message of this epoch.</param>
    public sealed record Head(bool Evaluated, LogPosition Position, long Last) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "head";

        private protected override void Write(JsonObject json)
        {
            json["checkpoint"] = Position.ToJson();
            json["evaluated"] = Evaluated;
            json["last"] = Last;
        }

        internal static Head? Read(JsonFields fields)
        {
            var evaluated = fields.Bool("evaluated");
            var position = LogPosition.Read(fields.Object("checkpoint"));
            var last = fields.Integer("last", 1, 1L << 53);
            return evaluated is null || position is null || last is null ? null : new Head(evaluated.Value, position, last.Value);
        }
    }

    /// <summary>A slot without news.</summary>
    public sealed record Empty : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "empty";

        private protected override void Write(JsonObject json)
        {
        }
    }

    /// <summary>N1: another organisation has met what a record of yours is about. It holds nothing of the other record.</summary>
    /// <param name="Match">Reference of the match, for this recipient.</param>
    /// <param name="Link">Code of the list matchType.</param>
    /// <param name="Strength">How well the records agree.</param>
    /// <param name="Own">The recipient's own record reference.</param>
    /// <param name="Counterpart">Whom to ask; null if the other side stays unnamed.</param>
    /// <param name="Quarter">Quarter of the other side's contact, "2024-Q3"; empty if not known.</param>
    /// <param name="Caveats">Codes of the list handlingCaveat that bind the reader.</param>
    /// <param name="Known">A recorded referral already joins the two records.</param>
    /// <param name="Expires">From then on it must be asked for again.</param>
    public sealed record MatchPointer(
        string Match, string Link, MatchStrength Strength, string Own, Desk? Counterpart, string Quarter, IReadOnlyList<string> Caveats, bool Known, DateTimeOffset Expires)
        : RoomMessage
    {
        /// <summary>Quarters between the end of one exploitation and the beginning of a later one (Q16); null for every other query.</summary>
        public int? QuartersBetween { get; init; }

        /// <summary>The alarm: the recipient's own record is a decoy. The other side reads a pointer like every other.</summary>
        public bool Decoy { get; init; }

        private const int MostQuarters = 1000;

        /// <inheritdoc/>
        public override string Kind => "N1";

        private protected override void Write(JsonObject json)
        {
            json["caveats"] = JsonBuild.Sorted(Caveats);
            json["counterpart"] = Counterpart?.ToJson();
            WriteDecoy(json, Decoy);
            json["expires"] = ProtocolTime.Write(Expires);
            json["known"] = Known;
            json["link"] = Link;
            json["match"] = Match;
            json["own"] = Own;
            json["quarter"] = Quarter;
            if (QuartersBetween is { } quarters)
            {
                json["quartersBetween"] = quarters;
            }

            json["strength"] = Strength.ToString();
        }

        internal static MatchPointer? Read(JsonFields fields)
        {
            var (match, link, strength) = ReadMatch(fields);
            var own = fields.Text("own", MaxText);
            var counterpart = fields.Value("counterpart") is { ValueKind: System.Text.Json.JsonValueKind.Object } value
                ? Desk.Read(new JsonFields(value, "counterpart", fields.Problems))
                : null;
            var quarter = fields.Value("quarter") is { } text ? JsonFields.TextOf(text) : null;
            var caveats = fields.SortedCodes("caveats", 0, 32);
            var known = fields.Bool("known");
            var expires = fields.Time("expires");
            var decoy = ReadDecoy(fields);
            var between = fields.Optional("quartersBetween") is null ? null : fields.Int("quartersBetween", 0, MostQuarters);
            return match is null || link is null || strength is null || own is null || quarter is null || known is null || expires is null
                ? null
                : new MatchPointer(match, link, strength.Value, own, counterpart, quarter, caveats, known.Value, expires.Value) { QuartersBetween = between, Decoy = decoy };
        }
    }

    /// <summary>N2a: what an agency is told automatically. No fact, no identifier, no name of a person.</summary>
    /// <param name="Match">Reference of the match, for this recipient.</param>
    /// <param name="Link">Code of the list matchType.</param>
    /// <param name="Strength">How well the records agree.</param>
    /// <param name="Jurisdictions">Countries, alpha-3.</param>
    /// <param name="Sources">Band of releasing contributors, or "single source".</param>
    /// <param name="Ask">Desks of the releasing contributors.</param>
    /// <param name="Grading">Source and information grading, 3x5x2.</param>
    /// <param name="Handling">Handling codes that bind the reader.</param>
    /// <param name="Expires">End of its life.</param>
    /// <param name="AnswerBy">Who is next in the charter is told if nobody has acted by then; null where nobody is next.</param>
    public sealed record Notice(
        string Match, string Link, MatchStrength Strength, IReadOnlyList<string> Jurisdictions, string Sources, IReadOnlyList<Desk> Ask,
        string Grading, IReadOnlyList<string> Handling, DateTimeOffset Expires, DateTimeOffset? AnswerBy = null)
        : RoomMessage
    {
        /// <summary>The agency's own watch or search that this answers; null for what a standing query tells.</summary>
        public EntryId? Watch { get; init; }

        /// <summary>The fixed text on every notice (to be confirmed by counsel).</summary>
        public const string NonPunishment =
            "This is intelligence, not evidence. Persons referred to as victims must not be detained, charged or removed for acts they were compelled to commit "
            + "(Council of Europe Convention Art. 26; EU Directive 2011/36 Art. 8). It must not be used for immigration enforcement. "
            + "Do not approach a service organisation's client except through the desk named.";

        /// <inheritdoc/>
        public override string Kind => "N2a";

        private protected override void Write(JsonObject json)
        {
            if (AnswerBy is { } answerBy)
            {
                json["answerBy"] = ProtocolTime.Write(answerBy);
            }

            json["ask"] = JsonBuild.Objects(Ask.OrderBy(desk => desk.Member).Select(desk => desk.ToJson()));
            json["expires"] = ProtocolTime.Write(Expires);
            json["grading"] = Grading;
            json["handling"] = JsonBuild.Sorted(Handling);
            json["jurisdictions"] = JsonBuild.Sorted(Jurisdictions);
            json["link"] = Link;
            json["match"] = Match;
            json["notice"] = NonPunishment;
            json["sources"] = Sources;
            json["strength"] = Strength.ToString();
            if (Watch is { } watch)
            {
                json["watch"] = watch.ToString();
            }
        }

        internal static Notice? Read(JsonFields fields)
        {
            var (match, link, strength) = ReadMatch(fields);
            fields.Constant("notice", NonPunishment);
            var answerBy = fields.Optional("answerBy") is null ? null : fields.Time("answerBy");
            var jurisdictions = fields.SortedCodes("jurisdictions", 0, 300);
            var sources = fields.Text("sources", 32);
            var ask = fields.List("ask", 1, 64, (element, path) => Desk.Read(new JsonFields(element, path, fields.Problems)));
            var grading = fields.Text("grading", 64);
            var handling = fields.SortedCodes("handling", 0, 32);
            var expires = fields.Time("expires");
            var watch = fields.Optional("watch") is null ? null : ReadId(fields, "watch");
            return match is null || link is null || strength is null || sources is null || grading is null || expires is null
                ? null
                : new Notice(match, link, strength.Value, jurisdictions, sources, ask, grading, handling, expires.Value, answerBy) { Watch = watch };
        }
    }

    /// <summary>
    /// The one answer to a watch or search that is no notice: nothing that may be told to this agency. Whether nothing is known, only one contributor knows, nobody has agreed,
    /// or the question was not allowed, it is the same.
    /// </summary>
    /// <param name="Watch">The watch or search.</param>
    public sealed record NothingReleasable(EntryId Watch) : RoomMessage
    {
        /// <inheritdoc/>
        public override string Kind => "nothing";

        private protected override void Write(JsonObject json) => json["watch"] = Watch.ToString();

        internal static NothingReleasable? Read(JsonFields fields) => ReadId(fields, "watch") is { } watch ? new NothingReleasable(watch) : null;
    }

    /// <summary>A person should look at her own record: which kinds of evidence agree with another one, nothing of that one.</summary>
    /// <param name="Match">Reference of the match, for this recipient.</param>
    /// <param name="Link">Code of the list matchType.</param>
    /// <param name="Strength">How well the records agree.</param>
    /// <param name="Own">The recipient's own record reference.</param>
    /// <param name="Evidence">Kinds of evidence that agree.</param>
    /// <param name="Reasons">Codes: why a person has to look.</param>
    /// <param name="ChildProtection">Goes to the child-protection channel.</param>
    /// <param name="SafeguardingOnly">For the safeguarding lead alone.</param>
    /// <param name="Due">No answer by then is a hold.</param>
    public sealed record Review(
        string Match, string Link, MatchStrength Strength, string Own, IReadOnlyList<string> Evidence, IReadOnlyList<string> Reasons,
        bool ChildProtection, bool SafeguardingOnly, DateTimeOffset Due)
        : RoomMessage
    {
        /// <summary>The reason that says that the recipient's own record has the caveat <see cref="RiskToLife"/>; of the other one nothing is said.</summary>
        public const string OwnRiskToLife = "RiskToLife";

        /// <summary>The alarm: the recipient's own record is a decoy.</summary>
        public bool Decoy { get; init; }

        /// <inheritdoc/>
        public override string Kind => "review";

        private protected override void Write(JsonObject json)
        {
            json["childProtection"] = ChildProtection;
            WriteDecoy(json, Decoy);
            json["due"] = ProtocolTime.Write(Due);
            json["evidence"] = JsonBuild.Sorted(Evidence);
            json["link"] = Link;
            json["match"] = Match;
            json["own"] = Own;
            json["reasons"] = JsonBuild.Sorted(Reasons);
            json["safeguardingOnly"] = SafeguardingOnly;
            json["strength"] = Strength.ToString();
        }

        internal static Review? Read(JsonFields fields)
        {
            var (match, link, strength) = ReadMatch(fields);
            var own = fields.Text("own", MaxText);
            var evidence = fields.SortedCodes("evidence", 0, 32);
            var reasons = fields.SortedCodes("reasons", 0, 32);
            var decoy = ReadDecoy(fields);
            var child = fields.Bool("childProtection");
            var safeguarding = fields.Bool("safeguardingOnly");
            var due = fields.Time("due");
            return match is null || link is null || strength is null || own is null || child is null || safeguarding is null || due is null
                ? null
                : new Review(match, link, strength.Value, own, evidence, reasons, child.Value, safeguarding.Value, due.Value) { Decoy = decoy };
        }
    }

    private static void WriteDecoy(JsonObject json, bool isDecoy)
    {
        if (isDecoy)
        {
            json["decoy"] = true;
        }
    }

    private static bool ReadDecoy(JsonFields fields) => ReadFlag(fields, "decoy");

    /// <summary>Nothing but true is written.</summary>
    private static bool ReadFlag(JsonFields fields, string name)
    {
        if (fields.Optional(name) is null)
        {
            return false;
        }

        if (fields.Bool(name) == true)
        {
            return true;
        }

        fields.Problems.Add(fields.PathOf(name), "is not true", $"write true, or leave {name} out");
        return false;
    }

    private static (string? Match, string? Link, MatchStrength? Strength) ReadMatch(JsonFields fields)
    {
        var match = ReadReference(fields);
        var link = fields.Code("link");
        var strength = fields.OneOf("strength", nameof(MatchStrength.Exact), nameof(MatchStrength.Strong), nameof(MatchStrength.Probable), nameof(MatchStrength.Possible));
        return (match, link, strength is null ? null : Enum.Parse<MatchStrength>(strength));
    }
}

/// <summary>Whom to ask about a match.</summary>
/// <param name="Member">The contributor.</param>
/// <param name="Contact">Its desk, from the charter.</param>
public sealed record Desk(MemberId Member, string Contact)
{
    internal JsonObject ToJson() => new() { ["desk"] = Contact, ["member"] = Member.Value };

    internal static Desk? Read(JsonFields fields)
    {
        var member = fields.Member("member");
        var contact = fields.Text("desk", 512);
        fields.End();
        return member is null || contact is null ? null : new Desk(member, contact);
    }
}
