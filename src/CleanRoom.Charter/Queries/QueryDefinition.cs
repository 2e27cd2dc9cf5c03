using System.Globalization;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Groups;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Tables;

namespace CleanRoom.Charter.Queries;

/// <summary>How well two records agree; the order is the order of strength.</summary>
public enum MatchStrength
{
    /// <summary>Weak, never notified alone.</summary>
    Possible,

    /// <summary>Likely, needs review.</summary>
    Probable,

    /// <summary>Several independent attributes agree.</summary>
    Strong,

    /// <summary>A normalised strong identifier is equal.</summary>
    Exact,
}

/// <summary>Which agencies a query may tell by place.</summary>
public enum JurisdictionRule
{
    /// <summary>Those whose jurisdictions hold the country of the fact; a fact without a country reaches none of them.</summary>
    Site,

    /// <summary>All of the right kind.</summary>
    Any,
}

/// <summary>How an agency that was told of a match comes to the facts.</summary>
public enum FactsRule
{
    /// <summary>It asks, and the contributor decides.</summary>
    OnRelease,

    /// <summary>The contributors whose facts they are are asked by themselves, and decide; it may ask too.</summary>
    Offered,

    /// <summary>They follow by themselves where every rule of <see cref="OfferedFacts"/> for it is met; otherwise they are offered.</summary>
    Automatic,
}

/// <summary>Agencies that a query tells.</summary>
/// <param name="Kinds">Codes of the list consentRecipientClass, sorted.</param>
/// <param name="Jurisdiction">By place or not.</param>
/// <param name="Next">Who is told when these stay silent; null for nobody.</param>
public sealed record AgencyTell(IReadOnlyList<string> Kinds, JurisdictionRule Jurisdiction, AgencyNext? Next = null)
{
    /// <summary>How facts follow.</summary>
    public FactsRule Facts { get; init; }

    /// <summary>All kinds that may come to hear of it, sooner or later.</summary>
    public IEnumerable<string> AllKinds => Next is null ? Kinds : Kinds.Concat(Next.Kinds);
}

/// <summary>The next recipients in line: agencies that are told what the first ones have not answered in time.</summary>
/// <param name="Kinds">Codes of the list consentRecipientClass, sorted; none of the first line's.</param>
/// <param name="After">How long the first ones have, by room time.</param>
public sealed record AgencyNext(IReadOnlyList<string> Kinds, RoomDuration After);

/// <summary>What kind of question a query is.</summary>
public enum QueryKind
{
    /// <summary>A standing question about links between records.</summary>
    Match,

    /// <summary>An agency asks for a subject of its own, and is told of later records too.</summary>
    Watch,

    /// <summary>An agency asks for a subject of its own, once.</summary>
    Search,

    /// <summary>A table of counts, released when its time has come.</summary>
    Aggregate,

    /// <summary>Groups of persons who have something in common, released when their time has come.</summary>
    Group,
}

/// <summary>Who may ask a watch or a search for what. How often is the quota of each agency (<see cref="AgencyQuota.SearchesPerMonth"/>).</summary>
/// <param name="LegalBases">Codes of which the asking agency names one, sorted.</param>
/// <param name="Longest">How long a watch may last; null for a search.</param>
/// <param name="Purposes">Of the charter's allowed purposes, sorted.</param>
/// <param name="Roles">Whose the subject is in the records that are looked at, out of <see cref="KnownRoles"/>, sorted.</param>
public sealed record AskingTerms(IReadOnlyList<string> LegalBases, RoomDuration? Longest, IReadOnlyList<string> Purposes, IReadOnlyList<string> Roles)
{
    /// <summary>Longest a watch may last in any charter.</summary>
    public static TimeSpan LongestWatch { get; } = TimeSpan.FromDays(366);

    /// <summary>Codes of the list identifierHolderRole that a query may name: nothing that is a victim's, a witness's or a relative's, or that nobody has said whose it is.</summary>
    public static IReadOnlyList<string> KnownRoles { get; } = ["Organisation", "Shared", "Suspect"];

    internal JsonObject ToJson()
    {
        var json = new JsonObject { ["legalBases"] = JsonBuild.Sorted(LegalBases), ["purposes"] = JsonBuild.Sorted(Purposes), ["roles"] = JsonBuild.Sorted(Roles) };
        if (Longest is { } longest)
        {
            json["longest"] = longest.ToString();
        }

        return json;
    }

    internal static AskingTerms Read(JsonFields fields, QueryKind kind)
    {
        var bases = fields.SortedCodes("legalBases", 1, 32);
        var longest = kind == QueryKind.Watch ? fields.Duration("longest", TimeSpan.FromSeconds(1), LongestWatch) : null;
        var purposes = fields.SortedCodes("purposes", 1, 32);
        var roles = fields.SortedTexts(
            "roles", 1, KnownRoles.Count, role => KnownRoles.Contains(role, StringComparer.Ordinal),
            $"write some of {string.Join(", ", KnownRoles)}: what is a victim's or a witness's is never searched for");
        fields.End();
        return new AskingTerms(bases, longest, purposes, roles);
    }
}

/// <summary>A question that every contributor approved with the charter.</summary>
/// <param name="Id">Q1, Q2, …</param>
/// <param name="Version">Major.minor.patch.</param>
/// <param name="LinkTypes">Codes of the list matchType, sorted; of a watch or search: what may be asked for.</param>
/// <param name="Strength">The least that counts.</param>
/// <param name="MinimumContributors">Independent contributors without which nothing is told.</param>
/// <param name="MinimumPersons">If set, so many persons make up for contributors ("2 contributors or 3 persons").</param>
/// <param name="TellsContributors">Whether pointers (N1) may go out.</param>
/// <param name="Agencies">Whom notices (N2a) may reach; null for no agency.</param>
public sealed record QueryDefinition(
    string Id, string Version, IReadOnlyList<string> LinkTypes, MatchStrength Strength, int MinimumContributors, int? MinimumPersons,
    bool TellsContributors, AgencyTell? Agencies)
{
    /// <summary>What kind of question it is.</summary>
    public QueryKind Kind { get; init; }

    /// <summary>Who may ask it for what; null for a standing question.</summary>
    public AskingTerms? Asking { get; init; }

    /// <summary>What a table counts; null for every other question.</summary>
    public TableTerms? Table { get; init; }

    /// <summary>What persons of a group have in common; null for every other question.</summary>
    public GroupTerms? Group { get; init; }

    /// <summary>The contributors that alone may be told; empty for no such limit. Always named where the link is one of <see cref="NamedOnlyLinkTypes"/>, never elsewhere.</summary>
    public IReadOnlyList<MemberId> Only { get; init; } = [];

    /// <summary>Longest <see cref="Impact"/>, in characters.</summary>
    public const int MaxImpact = 400;

    /// <summary>What it may do to the people concerned, good and bad, for who signs it; null if nobody has said.</summary>
    public string? Impact { get; init; }

    /// <summary>The link types that a query may name: code list matchType.</summary>
    public static IReadOnlyList<string> KnownLinkTypes { get; } =
    [
        "LiveOperation", "ModusOperandi", "ReTrafficking", "RouteOverlap", "SameAccount", "SameAddress", "SameDocument", "SameEmail", "SameHandle", "SameOrganisation",
        "SamePersonMissing", "SamePersonSuspect", "SamePersonVictim", "SamePhone", "SameVehicle", "SameVessel", "SpaceTime",
        "VictimAsOffender",
    ];

    /// <summary>Link types with a rule of their own on who is told what: each stands alone in its query, tells contributors only, and nothing makes up for a second contributor.</summary>
    public static IReadOnlyList<string> LoneLinkTypes { get; } = ["LiveOperation", "ReTrafficking", "VictimAsOffender"];

    /// <summary>Link types that are told to none but the contributors that the query names.</summary>
    public static IReadOnlyList<string> NamedOnlyLinkTypes { get; } = ["VictimAsOffender"];

    /// <summary>The link types by which a watch or a search may look. By a victim's person, by documents, homes and places nobody looks.</summary>
    public static IReadOnlyList<string> AskedLinkTypes { get; } =
        ["SameAccount", "SameEmail", "SameHandle", "SameOrganisation", "SamePhone", "SameVehicle", "SameVessel"];

    /// <summary>The same query, in its next minor version, with another rule for facts.</summary>
    /// <exception cref="InvalidOperationException">It tells no agency.</exception>
    public QueryDefinition WithFacts(FactsRule rule)
    {
        var agencies = Agencies ?? throw new InvalidOperationException("The query tells no agency.");
        var version = Version.Split('.');
        return this with { Version = $"{version[0]}.{int.Parse(version[1], CultureInfo.InvariantCulture) + 1}.0", Agencies = agencies with { Facts = rule } };
    }

    /// <summary>Whether a link of this type and strength, seen by so many contributors and persons, answers the query.</summary>
    /// <param name="linkType">Code of the list matchType.</param>
    /// <param name="strength">Of the link.</param>
    /// <param name="contributors">Independent contributors that hold the fact.</param>
    /// <param name="persons">Persons concerned.</param>
    public bool Answers(string linkType, MatchStrength strength, int contributors, int persons) =>
        LinkTypes.Contains(linkType, StringComparer.Ordinal) && strength >= Strength
        && (contributors >= MinimumContributors || (MinimumPersons is { } least && persons >= least));

    internal JsonObject ToJson()
    {
        if (Table is not null || Group is not null)
        {
            return ReleaseToJson();
        }

        var corroboration = new JsonObject { ["contributors"] = MinimumContributors };
        if (MinimumPersons is { } persons)
        {
            corroboration["persons"] = persons;
        }

        var tell = new JsonArray();
        if (TellsContributors)
        {
            var contributors = new JsonObject { ["message"] = "N1", ["who"] = "contributors" };
            if (Only.Count > 0)
            {
                contributors["only"] = JsonBuild.Sorted(Only.Select(member => member.Value));
            }

            tell.Add((JsonNode)contributors);
        }

        if (Agencies is { } agencies)
        {
            var agency = new JsonObject
            {
                ["facts"] = OfferedFacts.WordOf(agencies.Facts),
                ["jurisdiction"] = agencies.Jurisdiction == JurisdictionRule.Site ? "site" : "any",
                ["kinds"] = JsonBuild.Sorted(agencies.Kinds),
                ["message"] = "N2a",
                ["who"] = "agency",
            };
            if (agencies.Next is { } next)
            {
                agency["next"] = new JsonObject { ["after"] = next.After.ToString(), ["kinds"] = JsonBuild.Sorted(next.Kinds) };
            }

            tell.Add((JsonNode)agency);
        }

        var json = new JsonObject
        {
            ["corroboration"] = corroboration,
            ["id"] = Id,
            ["kind"] = Kind.ToString().ToLowerInvariant(),
            ["link"] = JsonBuild.Sorted(LinkTypes),
            ["strength"] = Strength.ToString(),
            ["tell"] = tell,
            ["version"] = Version,
        };
        if (Asking is not null)
        {
            json["asks"] = Asking.ToJson();
        }

        if (Impact is not null)
        {
            json["impact"] = Impact;
        }

        return json;
    }

    /// <summary>A watch, a search, or a question with a rule of its own, in words, for who signs it; null for any other.</summary>
    internal string? InWords() => Table is { } table
        ? $"each {table.Period.ToString().ToLowerInvariant()}, {TableTerms.LagMonths} months after its end, persons are counted by {string.Join(" and ", table.By)}, each once and in one release only; "
          + $"no number is of fewer than {table.K} persons or {table.Contributors} contributors, or to more than {table.DominancePercent} % of one contributor, and none that could be got by subtraction; rounded to {table.RoundTo}s; "
          + $"it goes to {string.Join(" and ", (string[])[.. TellsContributors ? ["contributors"] : Array.Empty<string>(), .. ToldAgencies()])}"
        : Group is { } group
        ? GroupInWords(group)
        : Asking is null
        ? LinkTypes is [var link] ? link switch
        {
            "LiveOperation" => "who holds a record that shares a suspect, a site or a case number with a record under the caveat LIVE_OPERATION is told to call that record's desk, and nothing else; its holder is told nothing",
            "ReTrafficking" => "where one record says when a person got out and another one says that the same person was exploited later, both organisations are told, with the quarters between",
            "SamePersonMissing" => "who holds the record of a person whom another organisation looks for is asked whether that person wants contact, if she agreed to be traced (C7); who looks is told nothing before a releaser of the holder has answered",
            "VictimAsOffender" => $"{string.Join(", ", Only)} and nobody else is told where a person is a victim in one record and a victim accused of an offence in another",
            _ => FactsInWords(),
        }
        : FactsInWords()
        : $"agencies of the kinds {string.Join(", ", Agencies!.Kinds)} may {(Kind == QueryKind.Watch ? $"watch for up to {Asking.Longest} for" : "search once for")} a subject of their own by "
          + $"{string.Join(", ", LinkTypes)} ({Strength} or better), where it is a thing of {string.Join(", ", Asking.Roles)}, never a victim's or a witness's; for {string.Join(", ", Asking.Purposes)}; "
          + $"on the legal basis of {string.Join(", ", Asking.LegalBases)}; two of its officers sign; it is told nothing unless {MinimumContributors} contributors hold it and let this agency know";

    private string GroupInWords(GroupTerms group) =>
        $"each {group.Period.ToString().ToLowerInvariant()}, {TableTerms.LagMonths} months after its end, groups of persons are told who "
        + group.By switch
        {
            GroupBy.Place => "were exploited within 5 km, or in the same town, in the same month, by nobody knows whom: the region and the quarter",
            GroupBy.Pattern => "were recruited, held and exploited alike, between the same two countries, by their codes alone: that there is such a group",
            _ => "were brought through the same three or more regions within half a year and recruited alike: the regions, the quarters and how they were recruited",
        }
        + $", and whether they are at least 5 or at least 11; each person in one release only, no group of fewer than {group.K} persons whichever contributor is left out, or of fewer than {group.Contributors} contributors; "
        + $"it goes to {string.Join(" and ", (string[])[.. TellsContributors ? ["contributors that hold one of them"] : Array.Empty<string>(), .. ToldAgencies()])}, as far as every record of the group lets them know";

    private string[] ToldAgencies() => Agencies is { } told ? [$"agencies of the kinds {string.Join(", ", told.Kinds)}"] : [];

    /// <summary>What follows a notice; null if an agency has to ask for it.</summary>
    private string? FactsInWords() => Agencies is not { Facts: not FactsRule.OnRelease } told ? null
        : $"after a notice each contributor that let the agency know is asked by itself, without a request, for {string.Join(", ", LinkTypes.SelectMany(link => OfferedFacts.ByLinkType[link]).Distinct().Order(StringComparer.Ordinal))} of what agrees; "
          + "the agency gets them when two releasers of each have signed, and never what identifies a person who is helped"
          + (told.Facts == FactsRule.Automatic
              ? $"; where two contributors have it, the persons at both agree to it (C5), and both have been in the room for more than {OfferedFacts.AutomaticAfter.Days} days, it gets them WITHOUT anybody's signature"
              : "");

    internal static QueryDefinition? Read(JsonFields fields)
    {
        var kind = fields.OneOf("kind", "match", "watch", "search", "aggregate", "group") is { } word ? Enum.Parse<QueryKind>(word, ignoreCase: true) : QueryKind.Match;
        var id = ReadId(fields, "id", kind);
        var version = ReadVersion(fields, "version");
        if (kind is QueryKind.Aggregate or QueryKind.Group)
        {
            return ReadRelease(fields, kind, id, version);
        }

        var asked = kind != QueryKind.Match;
        var types = asked ? AskedLinkTypes : KnownLinkTypes;
        var links = fields.SortedTexts("link", 1, types.Count, text => types.Contains(text), $"write one of {string.Join(", ", types)}");
        var strength = fields.OneOf("strength", nameof(MatchStrength.Exact), nameof(MatchStrength.Strong), nameof(MatchStrength.Probable), nameof(MatchStrength.Possible));
        var (contributors, persons) = ReadCorroboration(fields);
        var (tellsContributors, only, agencies) = ReadTell(fields);
        var asking = asked && fields.Object("asks") is { } terms ? AskingTerms.Read(terms, kind) : null;
        if (asked)
        {
            CheckAsked(fields, persons, tellsContributors, agencies);
        }
        else
        {
            CheckLone(fields, links, persons, only, agencies);
        }

        CheckFacts(fields, links, agencies, asked);

        var impact = fields.Optional("impact") is null ? null : fields.Text("impact", MaxImpact);
        fields.End();
        return id is null || version is null || strength is null || contributors is null || (asked && (asking is null || agencies is null))
            ? null
            : new QueryDefinition(id, version, links, Enum.Parse<MatchStrength>(strength), contributors.Value, persons, tellsContributors, agencies) { Kind = kind, Asking = asking, Only = only, Impact = impact };
    }

    /// <summary>G and a number for a table, Q and a number for everything else.</summary>
    internal static string? ReadId(JsonFields fields, string name, QueryKind kind = QueryKind.Match) => fields.Parsed(name, "is not a query id", kind == QueryKind.Aggregate ? "write G and a number, such as G1" : "write Q and a number, such as Q1", (string text, out string? result) =>
    {
        result = text.Length is 2 or 3 && text[0] == (kind == QueryKind.Aggregate ? 'G' : 'Q') && text[1] is >= '1' and <= '9' && text.Skip(1).All(char.IsAsciiDigit) ? text : null;
        return result is not null;
    });

    internal static string? ReadVersion(JsonFields fields, string name) => fields.Parsed(name, "is not a version", "write it as 1.0.0", (string text, out string? result) =>
    {
        var parts = text.Split('.');
        result = parts.Length == 3 && parts.All(part => part.Length is > 0 and <= 5 && part.All(char.IsAsciiDigit)
            && (part == "0" || part[0] != '0')) ? text : null;
        return result is not null;
    });

    private JsonObject ReleaseToJson()
    {
        var message = MessageOf(Kind);
        var tell = new JsonArray();
        if (TellsContributors)
        {
            tell.Add((JsonNode)new JsonObject { ["message"] = message, ["who"] = "contributors" });
        }

        if (Agencies is { } agencies)
        {
            tell.Add((JsonNode)new JsonObject { ["kinds"] = JsonBuild.Sorted(agencies.Kinds), ["message"] = message, ["who"] = "agency" });
        }

        var json = new JsonObject { ["id"] = Id, ["kind"] = Kind.ToString().ToLowerInvariant(), ["tell"] = tell, ["version"] = Version };
        if (Table is not null)
        {
            json["table"] = Table.ToJson();
        }

        if (Group is not null)
        {
            json["group"] = Group.ToJson();
        }

        if (Impact is not null)
        {
            json["impact"] = Impact;
        }

        return json;
    }

    /// <summary>What carries a release.</summary>
    private static string MessageOf(QueryKind kind) => kind == QueryKind.Aggregate ? "N7" : "groups";

    private static QueryDefinition? ReadRelease(JsonFields fields, QueryKind kind, string? id, string? version)
    {
        var table = kind == QueryKind.Aggregate && fields.Object("table") is { } tableTerms ? TableTerms.Read(tableTerms) : null;
        var group = kind == QueryKind.Group && fields.Object("group") is { } groupTerms ? GroupTerms.Read(groupTerms) : null;
        var tellsContributors = false;
        IReadOnlyList<string>? kinds = null;
        fields.List("tell", 1, 2, (element, path) =>
        {
            var tell = new JsonFields(element, path, fields.Problems);
            var who = tell.OneOf("who", "contributors", "agency");
            if (who is not null && (kinds is not null || (who == "contributors" && tellsContributors)))
            {
                fields.Problems.Add(path, "stands twice or in the wrong order", "write contributors first, then agency, each at most once");
                return null;
            }

            tell.Constant("message", MessageOf(kind));
            if (who == "agency" && group is { MayReachAgencies: false })
            {
                fields.Problems.Add(path, "names agencies, which are never told of such groups", "remove it");
            }

            tellsContributors |= who == "contributors";
            kinds = who == "agency" ? tell.SortedTexts("kinds", 1, RecipientKinds.All.Count, RecipientKinds.MayBeMember, RecipientKinds.Remedy) : kinds;
            tell.End();
            return who;
        });
        var impact = fields.Optional("impact") is null ? null : fields.Text("impact", MaxImpact);
        fields.End();
        return id is null || version is null || (table is null && group is null)
            ? null
            : new QueryDefinition(id, version, [], MatchStrength.Exact, table?.Contributors ?? group!.Contributors, null, tellsContributors, kinds is null ? null : new AgencyTell(kinds, JurisdictionRule.Any))
            {
                Kind = kind,
                Table = table,
                Group = group,
                Impact = impact,
            };
    }

    /// <summary>Only the agency that asks is told, and nothing makes up for a second contributor.</summary>
    private static void CheckAsked(JsonFields fields, int? persons, bool tellsContributors, AgencyTell? agencies)
    {
        if (persons is not null)
        {
            fields.Problems.Add(fields.PathOf("corroboration.persons"), "makes up for contributors, which an agency's question does not allow", "remove it");
        }

        if (tellsContributors || agencies is null)
        {
            fields.Problems.Add(fields.PathOf("tell"), "is not the asking agency alone", "write one element, with \"who\": \"agency\"");
        }

        if (agencies?.Next is not null)
        {
            fields.Problems.Add(fields.PathOf("tell[0].next"), "names agencies that have not asked", "remove it");
        }
    }

    /// <summary>A rule of its own holds for nothing else, and none of them knows an agency.</summary>
    private static void CheckLone(JsonFields fields, IReadOnlyList<string> links, int? persons, IReadOnlyList<MemberId> only, AgencyTell? agencies)
    {
        if (links.FirstOrDefault(link => LoneLinkTypes.Contains(link, StringComparer.Ordinal)) is not { } lone)
        {
            if (only.Count > 0)
            {
                fields.Problems.Add(fields.PathOf("tell[0].only"), "limits a query that tells both sides", $"remove it, or ask for {string.Join(" or ", NamedOnlyLinkTypes)} alone");
            }

            return;
        }

        if (links.Count > 1)
        {
            fields.Problems.Add(fields.PathOf("link"), $"names {lone} and others", $"write a query of its own for {lone}");
        }

        if (persons is not null)
        {
            fields.Problems.Add(fields.PathOf("corroboration.persons"), $"makes up for contributors, which {lone} does not allow", "remove it");
        }

        if (agencies is not null)
        {
            fields.Problems.Add(fields.PathOf("tell"), $"names agencies, which are never told of {lone}", "write one element, with \"who\": \"contributors\"");
        }

        if (NamedOnlyLinkTypes.Contains(lone, StringComparer.Ordinal) != only.Count > 0)
        {
            fields.Problems.Add(
                fields.PathOf("tell[0].only"), only.Count > 0 ? $"limits who is told of {lone}, whose rule says it already" : $"is missing: not everybody may be told of {lone}",
                only.Count > 0 ? "remove it" : "write the ids of the contributors that give legal aid");
        }
    }

    /// <summary>Nothing follows by itself but what <see cref="OfferedFacts"/> knows, and never an answer to who has asked.</summary>
    private static void CheckFacts(JsonFields fields, IReadOnlyList<string> links, AgencyTell? agencies, bool asked)
    {
        if (agencies is null or { Facts: FactsRule.OnRelease })
        {
            return;
        }

        IReadOnlyCollection<string> known = asked ? [] : agencies.Facts == FactsRule.Automatic ? OfferedFacts.AutomaticLinkTypes : [.. OfferedFacts.ByLinkType.Keys];
        if (links.FirstOrDefault(link => !known.Contains(link, StringComparer.Ordinal)) is { } link)
        {
            fields.Problems.Add(fields.PathOf("tell"), $"says \"facts\": \"{OfferedFacts.WordOf(agencies.Facts)}\", which {link} does not allow here", "write \"on-release\": the agency asks, and the contributor decides");
        }
    }

    private static (int? Contributors, int? Persons) ReadCorroboration(JsonFields fields)
    {
        if (fields.Object("corroboration") is not { } corroboration)
        {
            return default;
        }

        // A match is between records of different contributors: less than two is no corroboration.
        var contributors = corroboration.Int("contributors", 2, 64);
        var persons = corroboration.Optional("persons") is { } value
            ? (int?)JsonFields.IntegerOf(value, corroboration.PathOf("persons"), 2, 1000, corroboration.Problems)
            : null;
        corroboration.End();
        return (contributors, persons);
    }

    private static (bool TellsContributors, IReadOnlyList<MemberId> Only, AgencyTell? Agencies) ReadTell(JsonFields fields)
    {
        var tellsContributors = false;
        IReadOnlyList<MemberId> only = [];
        AgencyTell? agencies = null;
        fields.List("tell", 1, 2, (element, path) =>
        {
            var tell = new JsonFields(element, path, fields.Problems);
            var who = tell.OneOf("who", "contributors", "agency");
            if (who == "contributors" && !tellsContributors && agencies is null)
            {
                tell.Constant("message", "N1");
                tellsContributors = true;
                only = tell.Optional("only") is null
                    ? []
                    : [.. tell.SortedTexts("only", 1, 64, text => MemberId.TryParse(text, out _), "write ids of contributors").Where(text => MemberId.TryParse(text, out _)).Select(MemberId.Parse)];
            }
            else if (who == "agency" && agencies is null)
            {
                tell.Constant("message", "N2a");
                var facts = tell.OneOf("facts", [.. OfferedFacts.Rules.Keys]);
                var kinds = tell.SortedTexts("kinds", 1, RecipientKinds.All.Count, RecipientKinds.MayBeMember, RecipientKinds.Remedy);
                var rule = tell.OneOf("jurisdiction", "site", "any");
                agencies = new AgencyTell(kinds, rule == "any" ? JurisdictionRule.Any : JurisdictionRule.Site, ReadNext(tell, kinds)) { Facts = OfferedFacts.Rules.GetValueOrDefault(facts ?? "") };
            }
            else if (who is not null)
            {
                fields.Problems.Add(path, "stands twice or in the wrong order", "write contributors first, then agency, each at most once");
                return null;
            }

            tell.End();
            return who;
        });
        return (tellsContributors, only, agencies);
    }

    private static AgencyNext? ReadNext(JsonFields tell, IReadOnlyList<string> first)
    {
        if (tell.Optional("next") is null || tell.Object("next") is not { } next)
        {
            return null;
        }

        var after = next.Duration("after", TimeSpan.FromSeconds(1), TimeSpan.FromDays(180));
        var kinds = next.SortedTexts(
            "kinds", 1, RecipientKinds.All.Count, kind => RecipientKinds.MayBeMember(kind) && !first.Contains(kind, StringComparer.Ordinal),
            $"{RecipientKinds.Remedy}, and none that is told first");
        next.End();
        return after is null ? null : new AgencyNext(kinds, after.Value);
    }
}
