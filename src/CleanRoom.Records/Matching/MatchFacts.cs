using CleanRoom.Records.V1;

namespace CleanRoom.Records.Matching;

/// <summary>Makes the facts of a record that can be met in another one (DATA.md 1.4). Pure: same record, same facts.</summary>
public static class MatchFacts
{
    /// <summary>Gives the facts in a stable order. ServiceProvider identifiers and protected places give none (DATA.md 1.1 rule 10).</summary>
    public static IReadOnlyList<MatchFact> From(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var facts = new List<MatchFact>();
        foreach (var person in record.Persons)
        {
            foreach (var identifier in person.Identifiers)
            {
                Add(facts, identifier, person.PersonKey);
            }
        }
        foreach (var organisation in record.Organisations)
        {
            foreach (var identifier in organisation.Identifiers)
            {
                Add(facts, identifier, organisation.OrganisationKey);
            }
        }
        foreach (var number in record.Case?.ExternalNumbers ?? [])
        {
            Add(facts, number, "");
        }
        return facts;
    }

    private static void Add(List<MatchFact> facts, Identifier identifier, string holderKey)
    {
        if (identifier.HolderRole == "ServiceProvider" || identifier.Candidates.Count == 0 || KindOf(identifier.Kind) is not { } kind)
        {
            return;
        }
        var strength = identifier.Truncated || !identifier.Possible ? KeyStrength.Possible : KeyStrength.Exact;
        var keys = identifier.Candidates.Select(c => new MatchKey(c, strength)).ToArray();
        facts.Add(new MatchFact(
            kind, identifier.HolderRole, holderKey, keys, identifier.Value, identifier.Raw, IntervalOf(identifier.ValidFrom, identifier.ValidTo),
            identifier.Country, identifier.DocumentAuthenticity));
    }

    internal static DayInterval? IntervalOf(PartialDate? from, PartialDate? to)
    {
        if (from is null && to is null)
        {
            return null;
        }
        return new DayInterval((from ?? to)!.EarliestDay, (to ?? from)!.LatestDay);
    }

    private static MatchFactKind? KindOf(string kind) => kind switch
    {
        "Phone" => MatchFactKind.Phone,
        "Document" => MatchFactKind.Document,
        "Email" => MatchFactKind.Email,
        "Handle" => MatchFactKind.Handle,
        "BankAccount" or "MobileMoney" or "CryptoWallet" or "PaymentService" => MatchFactKind.Account,
        "Licence" or "CompanyRegistration" or "TaxNumber" or "LEI" or "OSID" => MatchFactKind.Organisation,
        "AgencyCaseNo" => MatchFactKind.CaseNumber,
        _ => null,
    };
}
