using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Queries;

namespace CleanRoom.Charter.Acts;

/// <summary>What an agency looks for: one thing, of one kind. Never a person.</summary>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
/// <param name="Value">The number, plate, address or name, as people write it.</param>
/// <param name="Country">Of a plate or an organisation, ISO 3166-1 alpha-3; null for the others.</param>
/// <param name="Platform">Of a handle, code list socialPlatform; null for the others.</param>
public sealed record WatchSubject(string Kind, string Value, string? Country = null, string? Platform = null)
{
    /// <summary>Longest value, in characters.</summary>
    public const int MaxValue = 100;

    private const string Vehicle = "vehicle";
    private const string Organisation = "organisation";
    private const string Handle = "handle";

    /// <summary>The kinds of subject, with the link type by which records are found.</summary>
    public static IReadOnlyDictionary<string, string> Kinds { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["account"] = "SameAccount",
        ["email"] = "SameEmail",
        [Handle] = "SameHandle",
        [Organisation] = "SameOrganisation",
        ["phone"] = "SamePhone",
        [Vehicle] = "SameVehicle",
        ["vessel"] = "SameVessel",
    };

    /// <summary>Code of the list matchType by which it is found.</summary>
    public string LinkType => Kinds[Kind];

    /// <summary>Whether a kind needs a country.</summary>
    public static bool NeedsCountry(string kind) => kind is Vehicle or Organisation;

    /// <summary>Whether a kind needs a platform.</summary>
    public static bool NeedsPlatform(string kind) => kind == Handle;

    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["kind"] = Kind, ["value"] = Value };
        if (Country is not null)
        {
            json["country"] = Country;
        }

        if (Platform is not null)
        {
            json["platform"] = Platform;
        }

        return json;
    }

    internal static WatchSubject? Read(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var kind = fields.OneOf("kind", [.. Kinds.Keys]);
        var value = fields.Text("value", MaxValue);
        var country = kind is not null && NeedsCountry(kind)
            ? fields.Parsed("country", "is not a country", "write an ISO 3166-1 alpha-3 code such as THA", (string text, out string? result) =>
            {
                result = text.Length == 3 && text.All(char.IsAsciiLetterUpper) ? text : null;
                return result is not null;
            })
            : null;
        var platform = kind is not null && NeedsPlatform(kind) ? fields.Code("platform") : null;
        fields.End();
        return kind is null || value is null ? null : new WatchSubject(kind, value, country, platform);
    }
}

/// <content>What an agency looks for by itself: watches and searches.</content>
public abstract partial record RoomAct
{
    /// <summary>An agency asks for a subject by a query of the charter: once (search), or for later records too (watch).</summary>
    /// <param name="Query">Id of the query.</param>
    /// <param name="Version">Its version.</param>
    /// <param name="Subject">What is looked for.</param>
    /// <param name="Mandate">One of the agency's mandates in the charter.</param>
    /// <param name="LegalBasis">One of the query's.</param>
    /// <param name="Purpose">One of the query's.</param>
    /// <param name="CaseNumber">The agency's own.</param>
    /// <param name="Expires">End of a watch; null for a search.</param>
    public sealed record WatchRequest(
        string Query, string Version, WatchSubject Subject, string Mandate, string LegalBasis, string Purpose, string CaseNumber, DateTimeOffset? Expires)
        : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Watch;

        private protected override void Write(JsonObject json)
        {
            json["case"] = CaseNumber;
            if (Expires is { } expires)
            {
                json["expires"] = ProtocolTime.Write(expires);
            }

            json["legalBasis"] = LegalBasis;
            json["mandate"] = Mandate;
            json["purpose"] = Purpose;
            json["query"] = Query;
            json["subject"] = Subject.ToJson();
            json["version"] = Version;
        }

        /// <remarks>The bounds keep the longest one below the smallest padded size: all have one size when they are sealed, whatever is looked for.</remarks>
        internal static WatchRequest? Read(JsonFields fields)
        {
            var number = fields.Text("case", 64);
            var expires = fields.Optional("expires") is null ? null : fields.Time("expires");
            var basis = fields.Code("legalBasis");
            var mandate = fields.Code("mandate");
            var purpose = fields.Code("purpose");
            var query = QueryDefinition.ReadId(fields, "query");
            var subject = WatchSubject.Read(fields.Object("subject"));
            var version = QueryDefinition.ReadVersion(fields, "version");
            return number is null || basis is null || mandate is null || purpose is null || query is null || subject is null || version is null
                ? null
                : new WatchRequest(query, version, subject, mandate, basis, purpose, number, expires);
        }

        /// <summary>The first rule of the charter that this breaks, said for who asks; the enclave says none of it.</summary>
        /// <param name="charter">The charter in force.</param>
        /// <param name="agency">Who asks.</param>
        /// <param name="opening">Room time, for the longest watch.</param>
        /// <param name="expiring">Room time, for what is over.</param>
        /// <returns>Null if it may be asked.</returns>
        public CharterError? WhyNot(RoomCharter charter, AgencyMember agency, DateTimeOffset opening, DateTimeOffset expiring)
        {
            var asked = charter.Queries.Where(query => query.Asking is not null).ToList();
            return asked.FirstOrDefault(query => query.Id == Query && query.Version == Version) is not { } query
                ? new CharterError("query", $"is no watch or search of the charter in force in this version", asked.Count == 0 ? "have one added to the charter first" : $"write one of {string.Join(", ", asked.Select(known => $"{known.Id} {known.Version}"))}")
                : !query.Agencies!.Kinds.Contains(agency.Kind, StringComparer.Ordinal) ? new CharterError("query", $"is not for agencies of the kind {agency.Kind}", $"it is for {string.Join(", ", query.Agencies.Kinds)}")
                : !query.LinkTypes.Contains(Subject.LinkType, StringComparer.Ordinal) ? new CharterError("subject.kind", "is not looked for by this query", $"it looks by {string.Join(", ", query.LinkTypes)}")
                : !agency.Mandates.Contains(Mandate, StringComparer.Ordinal) ? new CharterError("mandate", "is no mandate of this agency in the charter", agency.Mandates.Count == 0 ? "have it added to the charter" : $"write one of {string.Join(", ", agency.Mandates)}")
                : !query.Asking!.LegalBases.Contains(LegalBasis, StringComparer.Ordinal) ? new CharterError("legalBasis", "is no legal basis of this query", $"write one of {string.Join(", ", query.Asking.LegalBases)}")
                : !query.Asking.Purposes.Contains(Purpose, StringComparer.Ordinal) ? new CharterError("purpose", "is no purpose of this query", $"write one of {string.Join(", ", query.Asking.Purposes)}")
                : query.Asking.Longest is not { } longest ? Expires is null ? null : new CharterError("expires", "is for a watch, and this is a search", "leave it out")
                : Expires is not { } end ? new CharterError("expires", "is missing: a watch ends", $"write a time at most {longest} from now")
                : end <= expiring || end > longest.After(opening) ? new CharterError("expires", "is over already, or later than the query allows", $"write a time at most {longest} from now")
                : null;
        }
    }

    /// <summary>An agency withdraws a watch: it is told nothing more because of it. One officer is enough.</summary>
    /// <param name="Watch">Its entry.</param>
    public sealed record WatchWithdrawal(EntryId Watch) : RoomAct
    {
        /// <inheritdoc/>
        public override ActKind Kind => ActKind.Unwatch;

        private protected override void Write(JsonObject json) => json["watch"] = Watch.ToString();

        internal static WatchWithdrawal? Read(JsonFields fields) =>
            fields.ParsedValue<EntryId>("watch", "is not a watch's id", "write a UUID in lower case with hyphens", EntryId.TryParse) is { } watch ? new WatchWithdrawal(watch) : null;
    }
}
