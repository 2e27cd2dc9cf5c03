using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>
/// A charter in the making: may lack parts and break rules, can be written to a file and read again. <see cref="TryBuild"/> judges it.
/// Not safe for concurrent use.
/// </summary>
public sealed class CharterDraft
{
    private readonly JsonObject _json;

    private CharterDraft(JsonObject json) => _json = json;

    /// <summary>Begins version 1 of a room without members, with the shipped queries and the default terms.</summary>
    /// <param name="room">The room's new id.</param>
    /// <param name="title">For people, 1 to 200 characters.</param>
    /// <param name="simulated">For trying out and showing; for ever.</param>
    /// <param name="validFrom">Room time from which it is valid.</param>
    /// <param name="expires">Room time from which it is valid no more.</param>
    public static CharterDraft Create(RoomId room, string title, bool simulated, DateTimeOffset validFrom, DateTimeOffset expires)
    {
        var draft = new CharterDraft(new JsonObject
        {
            ["schema"] = RoomCharter.Schema,
            ["room"] = room.ToString(),
            ["version"] = 1,
            ["previous"] = null,
            ["title"] = title,
            ["simulated"] = simulated,
            ["validFrom"] = ProtocolTime.Write(validFrom),
            ["expires"] = ProtocolTime.Write(expires),
            ["members"] = new JsonArray(),
            ["witnesses"] = new JsonObject { ["additional"] = new JsonArray(), ["faulty"] = 1 },
            ["enclaves"] = new JsonArray(),
        });
        draft.Set(new PurposeTerms(["deconfliction", "investigation-of-traffickers", "prevention", "referral"], PurposeTerms.AlwaysForbidden));
        draft.Set(new EpochTerms(RoomDuration.Hours(24), 3, 20, 8, 4096) { UseStatements = true });
        draft.Set(new RetentionTerms(RoomDuration.Months(24), RoomDuration.Days(90), RoomDuration.Hours(24)));
        draft.Set(new QuotaTerms(5, new Dictionary<MemberId, int>()));
        draft.SetQueries(ShippedQueries.All);
        return draft.SetNeedsSecond(RoomCharter.ListingNeedsSecond);
    }

    /// <summary>Begins the version after <paramref name="parent"/> as a copy of it.</summary>
    public static CharterDraft After(RoomCharter parent)
    {
        var json = JsonNode.Parse(parent.CanonicalBytes.Span)!.AsObject();
        json["version"] = parent.Version + 1;
        json["previous"] = parent.Hash.ToString();
        return new CharterDraft(json);
    }

    /// <summary>Reads what <see cref="ToBytes"/> wrote, or any JSON object that a person edited.</summary>
    /// <returns><see langword="false"/> unless it is one strict JSON object of at most 128 KiB.</returns>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out CharterDraft? draft)
    {
        draft = CanonicalJson.TryCanonicalize(json, out var canonical, RoomCharter.MaxSize) && JsonNode.Parse(canonical) is JsonObject parsed
            ? new CharterDraft(parsed)
            : null;
        return draft is not null;
    }

    /// <summary>Adds a member, in the place of one with the same id.</summary>
    public CharterDraft Put(CharterMember member)
    {
        Remove(member.Id);
        (_json["members"] as JsonArray ?? throw NotAList()).Add((JsonNode)member.ToJson());
        return this;
    }

    /// <summary>Takes a member out, with its quota.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(MemberId id)
    {
        var members = _json["members"] as JsonArray ?? throw NotAList();
        var found = members.FirstOrDefault(member => member is JsonObject && member["id"] is JsonValue value && value.TryGetValue<string>(out var text) && text == id.Value);
        ((_json["quotas"] as JsonObject)?["recordsPerMonth"] as JsonObject)?.Remove(id.Value);
        return found is not null && members.Remove(found);
    }

    /// <summary>Sets the purposes.</summary>
    public CharterDraft Set(PurposeTerms purposes) => With("purposes", purposes.ToJson());

    /// <summary>Sets the operator.</summary>
    public CharterDraft Set(OperatorTerms operatorTerms) => With("operator", operatorTerms.ToJson());

    /// <summary>Sets the epoch rules.</summary>
    public CharterDraft Set(EpochTerms epochs) => With("epochs", epochs.ToJson());

    /// <summary>Sets the lifetimes.</summary>
    public CharterDraft Set(RetentionTerms retention) => With("retention", retention.ToJson());

    /// <summary>Sets the bounds.</summary>
    public CharterDraft Set(QuotaTerms quotas) => With("quotas", quotas.ToJson());

    /// <summary>Sets the approved images.</summary>
    public CharterDraft SetEnclaves(params IEnumerable<EnclaveTerms> enclaves) => With("enclaves", JsonBuild.Objects(enclaves.Select(enclave => enclave.ToJson())));

    /// <summary>Sets the approved queries.</summary>
    public CharterDraft SetQueries(params IEnumerable<QueryDefinition> queries) => With("queries", JsonBuild.Objects(queries.Select(query => query.ToJson())));

    /// <summary>Adds a query, in the place of one with the same id.</summary>
    public CharterDraft PutQuery(QueryDefinition query)
    {
        ArgumentNullException.ThrowIfNull(query);
        return PutQuery(query.ToJson());
    }

    /// <summary>Adds a query, in the place of one with the same id. What is wrong with it <see cref="TryBuild"/> says.</summary>
    /// <param name="query">As it stands in a charter (docs/protocol.md §2).</param>
    public CharterDraft PutQuery(JsonObject query)
    {
        var queries = _json["queries"] as JsonArray ?? throw new InvalidOperationException("queries: is not a list: write [ … ].");
        var id = (query["id"] as JsonValue)?.ToString();
        if (queries.FirstOrDefault(known => known is JsonObject && (known["id"] as JsonValue)?.ToString() == id) is { } found)
        {
            _ = queries.Remove(found);
        }

        queries.Add(query.DeepClone());
        return this;
    }

    /// <summary>Sets the linkage model.</summary>
    public CharterDraft SetLinkageModel(Digest model) => With("linkageModel", model.ToString());

    /// <summary>Sets how many witnesses may collude.</summary>
    public CharterDraft SetFaultyWitnesses(int faulty) => With("witnesses", new JsonObject { ["additional"] = new JsonArray(), ["faulty"] = faulty });

    /// <summary>Sets the types of entries whose widening part needs a second person: <see cref="RoomCharter.ListingNeedsSecond"/>, or none.</summary>
    public CharterDraft SetNeedsSecond(params IEnumerable<string> types)
    {
        var sorted = types.ToList();
        _ = _json.Remove("needsSecond");
        return sorted.Count == 0 ? this : With("needsSecond", JsonBuild.Sorted(sorted));
    }

    /// <summary>Sets who may be warned of an emergency, and how often.</summary>
    /// <param name="emergencies">Null: the room has no such channel.</param>
    public CharterDraft SetEmergencies(EmergencyTerms? emergencies)
    {
        _ = _json.Remove("emergencies");
        return emergencies is null ? this : With("emergencies", emergencies.ToJson());
    }

    /// <summary>Sets where two people may override missing consent.</summary>
    /// <param name="overrides">Null: nothing overrides it.</param>
    public CharterDraft SetOverrides(OverrideTerms? overrides)
    {
        _ = _json.Remove("overrides");
        return overrides is null ? this : With("overrides", overrides.ToJson());
    }

    /// <summary>Sets random audits of what contributors upload.</summary>
    /// <param name="audits">Null: there are none.</param>
    public CharterDraft SetAudits(AuditTerms? audits)
    {
        _ = _json.Remove("audits");
        return audits is null ? this : With("audits", audits.ToJson());
    }

    /// <summary>Sets the times between which it is valid.</summary>
    public CharterDraft SetValidity(DateTimeOffset validFrom, DateTimeOffset expires)
    {
        With("validFrom", ProtocolTime.Write(validFrom));
        return With("expires", ProtocolTime.Write(expires));
    }

    /// <summary>Sets the title.</summary>
    public CharterDraft SetTitle(string title) => With("title", title);

    /// <summary>Writes the draft as canonical JSON.</summary>
    public byte[] ToBytes() => JsonBuild.Bytes(_json);

    /// <summary>Judges the draft.</summary>
    /// <param name="charter">The charter.</param>
    /// <param name="errors">Everything that is wrong or missing.</param>
    public bool TryBuild([NotNullWhen(true)] out RoomCharter? charter, out IReadOnlyList<CharterError> errors) =>
        RoomCharter.TryParse(ToBytes(), out charter, out errors);

    private CharterDraft With(string name, JsonNode value)
    {
        _json[name] = value;
        return this;
    }

    private static InvalidOperationException NotAList() => new("members: is not a list: write [ … ].");
}
