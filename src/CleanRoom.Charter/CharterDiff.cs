using CleanRoom.Charter.Queries;

namespace CleanRoom.Charter;

/// <summary>Says in words what one version changes against another, so that a person signs what it understands.</summary>
public static class CharterDiff
{
    /// <summary>Gives one line a change, in a fixed order; none if the two say the same.</summary>
    /// <param name="older">The version in force.</param>
    /// <param name="newer">The version proposed.</param>
    public static IReadOnlyList<string> Describe(RoomCharter older, RoomCharter newer)
    {
        var lines = new List<string>();
        Changed(lines, "title", older.Title, newer.Title);
        Changed(lines, "valid from", ProtocolTime.Write(older.ValidFrom), ProtocolTime.Write(newer.ValidFrom));
        Changed(lines, "expires", ProtocolTime.Write(older.Expires), ProtocolTime.Write(newer.Expires));
        Changed(lines, "allowed purposes", Join(older.Purposes.Allowed), Join(newer.Purposes.Allowed));
        Changed(lines, "forbidden purposes", Join(older.Purposes.Forbidden), Join(newer.Purposes.Forbidden));
        DescribeMembers(lines, older, newer);
        Changed(lines, "operator", Text(older.Operator.ToJson()), Text(newer.Operator.ToJson()));
        Changed(lines, "faulty witnesses", $"{older.FaultyWitnesses}", $"{newer.FaultyWitnesses}");
        Changed(lines, "cosignatures needed", $"{older.Quorum}", $"{newer.Quorum}");
        Keyed(lines, "enclave", older.Enclaves.ToDictionary(e => e.Name, e => Text(e.ToJson())), newer.Enclaves.ToDictionary(e => e.Name, e => Text(e.ToJson())));
        Changed(lines, "epochs", Text(older.Epochs.ToJson()), Text(newer.Epochs.ToJson()));
        Changed(lines, "retention", Text(older.Retention.ToJson()), Text(newer.Retention.ToJson()));
        Changed(lines, "linkage model", older.LinkageModel.ToString(), newer.LinkageModel.ToString());
        Keyed(lines, "query", Queries(older), Queries(newer));
        foreach (var query in newer.Queries.Where(query => query.Impact is not null && older.Queries.FirstOrDefault(before => before.Id == query.Id)?.Impact != query.Impact))
        {
            lines.Add($"query {query.Id} may do this to the people concerned: {query.Impact}");
        }

        foreach (var query in newer.Queries.Where(query => !older.Queries.Any(before => before.Id == query.Id && Text(before.ToJson()) == Text(query.ToJson()))))
        {
            if (query.InWords() is not { } words)
            {
                continue;
            }

            if (query.Asking is null)
            {
                lines.Add($"query {query.Id} means: {words}");
            }
            else
            {
                var quotas = newer.Agencies.Where(agency => query.Agencies!.Kinds.Contains(agency.Kind, StringComparer.Ordinal)).Select(agency => $"{agency.Id} {agency.Quota.SearchesPerMonth}").ToList();
                lines.Add($"query {query.Id} means: {words}; most of all kinds a month: {(quotas.Count > 0 ? Join(quotas) : "no agency of these kinds is in the room")}");
            }
        }

        Changed(lines, "entries that need a second person to widen", older.NeedsSecond.Count == 0 ? "none" : Join(older.NeedsSecond), newer.NeedsSecond.Count == 0 ? "none" : Join(newer.NeedsSecond));
        Changed(lines, "emergencies", Emergencies(older), Emergencies(newer));
        Changed(lines, "overrides of consent", Overrides(older), Overrides(newer));
        Changed(lines, "random audits", Audits(older), Audits(newer));
        Changed(lines, "quotas", Text(older.Quotas.ToJson()), Text(newer.Quotas.ToJson()));
        return lines;

        static string Audits(RoomCharter charter) => charter.Audits is { } terms
            ? $"{terms.PerQuarter} records of each contributor and quarter are drawn; {terms.Auditor} (key {terms.Key.Id}) sees their intake day, case number and consent reference; who has opened nothing within {terms.AnswerWithin}, or failed, is told nothing new"
            : "none";
        static string Overrides(RoomCharter charter) => charter.Overrides is { } terms
            ? $"two people of a contributor may override missing consent towards {Join(terms.Recipients.Select(id => id.Value))} for {Join(terms.Bases)}, each time for one record and at most {terms.Longest}"
            : "nothing overrides a consent";
        static string Emergencies(RoomCharter charter) => charter.Emergencies is { } terms
            ? $"{Join(terms.Recipients.Select(id => id.Value))} may be warned at once, {terms.PerMonth} times a month by each contributor"
            : "nobody may be warned of one";
        static Dictionary<string, string> Queries(RoomCharter charter) => charter.Queries.ToDictionary(query => query.Id, (QueryDefinition query) => Text(query.ToJson()));
    }

    private static void DescribeMembers(List<string> lines, RoomCharter older, RoomCharter newer)
    {
        foreach (var member in older.Members.Where(member => !newer.TryFind(member.Id, out _)))
        {
            lines.Add($"member {member.Id} ({member.Role}) is removed{(member is RepresentativeMember gone ? $": it spoke for {gone.SpeaksFor}" : "")}");
        }

        foreach (var member in newer.Members)
        {
            if (!older.TryFind(member.Id, out var before))
            {
                lines.Add($"member {member.Id} ({member.Role}, {member.Name}) is added{(member is RepresentativeMember seat ? $": it speaks for {seat.SpeaksFor}, and no version takes over without its signature" : "")}");
                continue;
            }

            Changed(lines, $"member {member.Id}: role", before.Role, member.Role);
            Changed(lines, $"member {member.Id}: organisation key", before.OrganisationKey.ToString(), member.OrganisationKey.ToString());
            Changed(lines, $"member {member.Id}: verifier key", $"{before.Broker?.VerifierKey}", $"{member.Broker?.VerifierKey}");
            Changed(lines, $"member {member.Id}: witness key", $"{before.Broker?.WitnessKey}", $"{member.Broker?.WitnessKey}");
            Changed(lines, $"member {member.Id}: broker TLS key", $"{before.Broker?.Tls}", $"{member.Broker?.Tls}");
            DescribeStandIns(lines, member.Id, before.Broker, member.Broker);
            if (lines.Count == 0 || !lines[^1].StartsWith($"member {member.Id}:", StringComparison.Ordinal))
            {
                Changed(lines, $"member {member.Id}: terms", Text(before.ToJson()), Text(member.ToJson()));
            }
        }
    }

    /// <summary>A stand-in is told by its key: who adds one lets one more party release a member's keys.</summary>
    private static void DescribeStandIns(List<string> lines, MemberId member, BrokerTerms? older, BrokerTerms? newer)
    {
        var before = Named(older);
        var after = Named(newer);
        foreach (var gone in before.Keys.Except(after.Keys))
        {
            lines.Add($"member {member}: stand-in {gone} may release no keys any more; whether it destroyed its copies is not for a charter to say");
        }

        foreach (var (key, text) in after)
        {
            if (before.TryGetValue(key, out var was))
            {
                Changed(lines, $"member {member}: stand-in {key}", was, text);
            }
            else
            {
                lines.Add($"member {member}: stand-in {key} may release this member's keys while its broker is away: {text}");
            }
        }

        if (before.Count > 1 && before.Keys.Order().SequenceEqual(after.Keys.Order()))
        {
            Changed(lines, $"member {member}: stand-ins are asked in the order", Join(before.Keys), Join(after.Keys));
        }

        static Dictionary<string, string> Named(BrokerTerms? broker) => broker?.StandIns.ToDictionary(standIn => standIn.VerifierKey.Id.ToString(), standIn => Text(standIn.ToJson())) ?? [];
    }

    private static void Keyed(List<string> lines, string what, Dictionary<string, string> older, Dictionary<string, string> newer)
    {
        foreach (var name in older.Keys.Except(newer.Keys).Order(StringComparer.Ordinal))
        {
            lines.Add($"{what} {name} is removed");
        }

        foreach (var (name, text) in newer.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (older.TryGetValue(name, out var before))
            {
                Changed(lines, $"{what} {name}", before, text);
            }
            else
            {
                lines.Add($"{what} {name} is added: {text}");
            }
        }
    }

    private static void Changed(List<string> lines, string what, string before, string after)
    {
        if (before != after)
        {
            lines.Add($"{what}: {before} becomes {after}");
        }
    }

    private static string Join(IEnumerable<string> texts) => string.Join(", ", texts);

    private static string Text(System.Text.Json.Nodes.JsonNode node) => System.Text.Encoding.UTF8.GetString(Json.JsonBuild.Bytes(node));
}
