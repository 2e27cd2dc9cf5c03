using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Matching.Records;

/// <summary>Reads from a record what the consent engine needs. With several victims, only what all of them have granted counts (DATA.md §4.1: the strictest).</summary>
internal static class RecordConsents
{
    private static readonly HashSet<string> VictimRoles = ["Victim", "PotentialVictim", "VictimOffender", "MissingPerson"];
    private static readonly HashSet<string> ConsentingRoles = [.. VictimRoles, "Witness", "FamilyMember"];

    public static RecordConsent Of(MemberId contributor, CaseRecord record)
    {
        var persons = record.Persons.Where(person => ConsentingRoles.Contains(person.Role)).Select(person => person.PersonKey).ToList();
        var grants = persons.Count == 0
            ? GrantsOf(record, "")
            : persons.Select(person => GrantsOf(record, person)).Aggregate(Strictest);
        return new RecordConsent(
            contributor,
            grants,
            record.Handling?.Caveats.ToHashSet(StringComparer.Ordinal) ?? [],
            record.Persons.Any(person => VictimRoles.Contains(person.Role) && person.MajorityNow == "Minor"),
            persons.Count > 0)
        {
            Excluded = record.Consents.SelectMany(consent => consent.ExcludedRecipients).ToHashSet(StringComparer.Ordinal),
        };
    }

    /// <summary>Applies what a person agrees to now (ARCHITECTURE §7.10): what narrows at once, the whole from the next epoch.</summary>
    public static HeldRecord Change(HeldRecord record, RoomAct.ConsentChange change)
    {
        var content = record.Read();
        var before = content.Consents.Where(consent => consent.Purpose == change.Purpose).ToList();
        foreach (var consent in before)
        {
            _ = content.Consents.Remove(consent);
        }
        var now = new Consent
        {
            Purpose = change.Purpose,
            State = change.Granted ? "Granted" : "Withdrawn",
            ExpiresDay = change.Expires is { } expires ? Math.Max(1, (int)(expires - DateTimeOffset.UnixEpoch).TotalDays) : 0,
            NoticeVersion = change.Notice,
        };
        now.NamedRecipients.Add(change.NamedRecipients);
        // Whoever was left out stays out, unless the person now agrees anew.
        now.ExcludedRecipients.Add(change.Granted ? change.ExcludedRecipients : change.ExcludedRecipients.Union(before.SelectMany(consent => consent.ExcludedRecipients)));
        content.Consents.Add(now);
        var next = Of(record.Contributor, content);
        return record with
        {
            Bytes = content.ToByteArray(),
            Next = next,
            Consent = record.Consent with
            {
                Grants = Strictest([.. record.Consent.Grants], [.. next.Grants]),
                Excluded = record.Consent.Excluded.Union(next.Excluded).ToHashSet(StringComparer.Ordinal),
            },
        };
    }

    private static List<Grant> GrantsOf(CaseRecord record, string person) =>
    [
        .. record.Consents
            .Where(consent => consent.PersonKey.Length == 0 || consent.PersonKey == person)
            .Where(consent => ConsentPurposes.Codes.ContainsKey(consent.Purpose))
            .GroupBy(consent => ConsentPurposes.Codes[consent.Purpose])
            // One refusal or withdrawal for a purpose outweighs any grant of it.
            .Where(group => group.All(consent => consent.State is "Granted" or "Substituted"))
            .Select(group => new Grant(
                group.Key,
                group.Min(ExpiryOf),
                [.. group.SelectMany(consent => consent.RecipientClasses).Distinct()],
                [.. group.SelectMany(consent => consent.NamedRecipients).Distinct()],
                [.. group.SelectMany(consent => consent.ExcludedRecipients).Distinct()])),
    ];

    private static List<Grant> Strictest(List<Grant> one, List<Grant> other) =>
    [
        .. one.Join(other, grant => grant.Purpose, grant => grant.Purpose, (a, b) => new Grant(
            a.Purpose,
            a.Expires < b.Expires ? a.Expires : b.Expires,
            Narrower(a.RecipientClasses, b.RecipientClasses),
            Narrower(a.NamedRecipients, b.NamedRecipients),
            [.. a.ExcludedRecipients.Union(b.ExcludedRecipients)])),
    ];

    /// <summary>An empty list does not limit; two lists that share nothing leave nobody, said by a name that no member has.</summary>
    private static IReadOnlyCollection<string> Narrower(IReadOnlyCollection<string> a, IReadOnlyCollection<string> b) =>
        a.Count == 0 ? b : b.Count == 0 ? a : a.Intersect(b).ToList() is { Count: > 0 } both ? both : ["(nobody)"];

    /// <summary>A consent without an end is not reasonably time-limited: it is not in force.</summary>
    private static DateTimeOffset ExpiryOf(Consent consent) => consent.ExpiresDay == 0
        ? DateTimeOffset.MinValue
        : DateTimeOffset.UnixEpoch.AddDays(consent.ExpiresDay);
}
