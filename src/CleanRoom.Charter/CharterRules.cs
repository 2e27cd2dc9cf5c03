using CleanRoom.Charter.Json;
using CleanRoom.Charter.Tables;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>Rules that look at more than one member of a charter (docs/protocol.md §2, ARCHITECTURE §2.1, §2.6).</summary>
internal static class CharterRules
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(5 * 366);

    public static void Check(CharterParts parts, Problems problems)
    {
        CheckVersion(parts, problems);
        CheckTimes(parts, problems);
        CheckPurposes(parts, problems);
        CheckMembers(parts, problems);
        CheckKeys(parts, problems);
        CheckWitnesses(parts, problems);
        CheckEnclaves(parts, problems);
        CheckEpochs(parts, problems);
        CheckQueriesAndQuotas(parts, problems);
        CheckAgencies("emergencies.recipients", parts.Emergencies?.Recipients ?? [], parts, problems);
        CheckAgencies("overrides.recipients", parts.Overrides?.Recipients ?? [], parts, problems);
        CheckAuditor(parts, problems);
    }

    /// <summary>What a case file says is for nobody who brings records or receives notices.</summary>
    private static void CheckAuditor(CharterParts parts, Problems problems)
    {
        if (parts.Audits is { } audits && !parts.Members.Any(member => member.Id == audits.Auditor && member is RepresentativeMember or StewardMember))
        {
            problems.Add("audits.auditor", "is not a representative or steward of this charter", "name one: no contributor and no agency looks into another one's files");
        }
    }

    private static void CheckAgencies(string path, IReadOnlyList<MemberId> named, CharterParts parts, Problems problems)
    {
        foreach (var stranger in named.Except(parts.Members.OfType<AgencyMember>().Select(member => member.Id)))
        {
            problems.Add(path, $"{stranger} is not an agency of this charter", "remove it");
        }
    }

    private static void CheckVersion(CharterParts parts, Problems problems)
    {
        if (parts.Version == 1 && parts.Previous is not null)
        {
            problems.Add("previous", "version 1 has none before it", "write null");
        }
        else if (parts.Version > 1 && parts.Previous is null)
        {
            problems.Add("previous", "a later version names the one before", "write its hash");
        }
    }

    private static void CheckTimes(CharterParts parts, Problems problems)
    {
        if (parts.Expires <= parts.ValidFrom)
        {
            problems.Add("expires", "is not after validFrom", "choose a later time");
        }
        else if (parts.Expires - parts.ValidFrom > LongestLife)
        {
            problems.Add("expires", "is more than five years after validFrom", "choose an earlier time and renew");
        }
    }

    private static void CheckPurposes(CharterParts parts, Problems problems)
    {
        foreach (var missing in PurposeTerms.AlwaysForbidden.Except(parts.Purposes.Forbidden))
        {
            problems.Add("purposes.forbidden", $"does not forbid {missing}", "add it");
        }

        foreach (var both in parts.Purposes.Allowed.Intersect(parts.Purposes.Forbidden))
        {
            problems.Add("purposes.allowed", $"{both} is allowed and forbidden", "remove it from one of the lists");
        }
    }

    private static void CheckMembers(CharterParts parts, Problems problems)
    {
        var ids = new HashSet<MemberId>();
        for (var i = 0; i < parts.Members.Count; i++)
        {
            if (!ids.Add(parts.Members[i].Id))
            {
                problems.Add($"members[{i}].id", "stands twice", "give each member its own id");
            }

            if (parts.Members[i] is ContributorMember contributor && contributor.ApprovalExpires <= parts.ValidFrom)
            {
                problems.Add($"members[{i}].approvalExpires", "is not after validFrom", "choose a later time");
            }
        }

        var contributors = parts.Members.Count(member => member is ContributorMember);
        if (contributors < RoomCharter.MinContributors)
        {
            problems.Add("members", $"has {contributors} contributors", "add contributors until there are at least 3");
        }
        else if (parts.Epochs.MinimumContributors > contributors)
        {
            problems.Add("epochs.minimumContributors", $"is more than the {contributors} contributors", "lower it, or no epoch would ever run");
        }
    }

    /// <summary>No key serves two purposes or two parties; in a real room nothing of the operator's holds a member's keys.</summary>
    private static void CheckKeys(CharterParts parts, Problems problems)
    {
        var seen = new Dictionary<KeyId, string>();
        var operatorKeys = new HashSet<KeyId>
        {
            parts.Operator.Key.Id, parts.Operator.Ingestion.Tls, parts.Operator.Matching.Tls, parts.Operator.Notification.Tls,
        };
        for (var i = 0; i < parts.Members.Count; i++)
        {
            var member = parts.Members[i];
            Unique($"members[{i}].organisationKey", member.OrganisationKey.Id, always: true);
            if (member.Broker is { } broker)
            {
                Unique($"members[{i}].broker.verifierKey", broker.VerifierKey.Id, always: true);
                Unique($"members[{i}].broker.witnessKey", broker.WitnessKey.Id, always: true);
                Unique($"members[{i}].broker.tls", broker.Tls, always: false);
                for (var j = 0; j < broker.StandIns.Count; j++)
                {
                    var path = $"members[{i}].broker.standIn[{j}]";
                    Unique($"{path}.verifierKey", broker.StandIns[j].VerifierKey.Id, always: true);
                    Unique($"{path}.handOverKey", broker.StandIns[j].HandOverKey.Id, always: true);
                    Unique($"{path}.tls", broker.StandIns[j].Tls, always: true);
                }
            }
        }

        void Unique(string path, KeyId key, bool always)
        {
            if (!parts.Simulated && operatorKeys.Contains(key))
            {
                problems.Add(path, "is a key of the operator", "use a key that its member or a party it chose holds");
            }
            else if (!seen.TryAdd(key, path) && (always || !parts.Simulated))
            {
                problems.Add(path, $"is the same key as {seen[key]}", "make a key of its own for each purpose and party");
            }
        }
    }

    private static void CheckWitnesses(CharterParts parts, Problems problems)
    {
        var witnesses = parts.Members.Count(member => member.Broker is not null);
        var quorum = ((witnesses + parts.FaultyWitnesses) / 2) + 1;
        if (quorum > witnesses)
        {
            problems.Add("witnesses.faulty", $"{quorum} cosignatures would be needed and there are {witnesses} witnesses", "lower it");
        }

        if (parts.FaultyWitnesses == 0 && !parts.Simulated)
        {
            problems.Add("witnesses.faulty", "trusts every witness", "write at least 1");
        }
    }

    private static void CheckEnclaves(CharterParts parts, Problems problems)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < parts.Enclaves.Count; i++)
        {
            if ((parts.Enclaves[i].Tee == EnclaveTerms.Simulated) != parts.Simulated)
            {
                problems.Add(
                    $"enclaves[{i}].tee",
                    parts.Simulated ? "is real in a simulated room" : "is simulated in a room that is not",
                    parts.Simulated ? "write \"simulated\"" : "approve real hardware only");
            }

            if (!names.Add(parts.Enclaves[i].Name))
            {
                problems.Add($"enclaves[{i}].name", "stands twice", "give each image its own name");
            }
        }
    }

    private static void CheckEpochs(CharterParts parts, Problems problems)
    {
        // Short epochs and small ones single people out (T7, T12); a simulated room holds nobody's data.
        if (!parts.Simulated && parts.Epochs.Length.Approximate < TimeSpan.FromHours(1))
        {
            problems.Add("epochs.length", "is shorter than one hour", "write PT1H or more");
        }

        if (!parts.Simulated && parts.Epochs.MinimumNewRecords < 20)
        {
            problems.Add("epochs.minimumNewRecords", "is less than 20", "write 20 or more");
        }
    }

    /// <summary>Tables that could be subtracted from each other do not stand in one charter, nor groups by the same.</summary>
    private static void CheckReleases(CharterParts parts, Problems problems)
    {
        for (var i = 0; i < parts.Queries.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (parts.Queries[i].Table is { } table && parts.Queries[j].Table is { } before && TableTerms.WhyNotBeside(before, table) is { } why)
                {
                    problems.Add($"queries[{i}].table", $"{why} as {parts.Queries[j].Id}", "write the same numbers, and let attributes that both count by come first, in one order");
                }

                if (parts.Queries[i].Group is { } group && parts.Queries[j].Group?.By == group.By)
                {
                    problems.Add($"queries[{i}].group.by", $"makes groups of the same persons as {parts.Queries[j].Id}", "keep one of the two");
                }
            }
        }
    }

    private static void CheckQueriesAndQuotas(CharterParts parts, Problems problems)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var contributors = parts.Members.OfType<ContributorMember>().Select(member => member.Id).ToHashSet();
        for (var i = 0; i < parts.Queries.Count; i++)
        {
            if (!ids.Add(parts.Queries[i].Id))
            {
                problems.Add($"queries[{i}].id", "stands twice", "keep one version of each query");
            }

            if (parts.Queries[i].Impact is null && parts.Members.Any(member => member is RepresentativeMember))
            {
                problems.Add($"queries[{i}].impact", "is missing, and a representative has to judge the query", "write in a sentence or two what it may do to the people concerned");
            }

            if (parts.Queries[i].MinimumContributors > contributors.Count)
            {
                problems.Add($"queries[{i}].{(parts.Queries[i].Table is not null ? "table" : parts.Queries[i].Group is not null ? "group" : "corroboration")}.contributors", "is more than the contributors", "lower it");
            }

            foreach (var stranger in parts.Queries[i].Only.Where(member => !contributors.Contains(member)))
            {
                problems.Add($"queries[{i}].tell[0].only", $"{stranger} is not a contributor", "remove it");
            }

            foreach (var purpose in parts.Queries[i].Asking?.Purposes.Except(parts.Purposes.Allowed, StringComparer.Ordinal) ?? [])
            {
                problems.Add($"queries[{i}].asks.purposes", $"{purpose} is no allowed purpose of the room", "remove it, or add it to purposes.allowed");
            }
        }

        CheckReleases(parts, problems);
        foreach (var member in parts.Quotas.RecordsPerMonth.Keys.Where(member => !contributors.Contains(member)).Order())
        {
            problems.Add($"quotas.recordsPerMonth.{member}", "is not a contributor", "remove it");
        }
    }
}
