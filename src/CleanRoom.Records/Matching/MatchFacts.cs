using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Matching;

/// <summary>Makes the facts of a record that can be met in another one (DATA.md 1.4). Pure: same record, same facts.</summary>
/// <remarks>Everything is normalised again from the raw values, so that all clients' records are read by one code.</remarks>
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
        var countries = CountriesOf(record);
        foreach (var organisation in record.Organisations)
        {
            AddOrganisation(facts, organisation, countries);
        }
        foreach (var vehicle in record.Vehicles)
        {
            if (vehicle.Vin.Length == 17)
            {
                facts.Add(Fact(
                    MatchFactKind.Vehicle, Holder(vehicle.HolderRole), vehicle.VehicleKey, new Normalised([Vins.Key(vehicle.Vin)], vehicle.Vin, "", true, Vins.HasCheckDigit(vehicle.Vin)), vehicle.Raw, vehicle.Seen, vehicle.Seen));
            }
            if (Vehicles.Normalise(vehicle.Plate, vehicle.PlateCountry, vehicle.PlateRegion, vehicle.PlateCountries) is { Keys.Count: > 0 } value)
            {
                facts.Add(Fact(MatchFactKind.Vehicle, Holder(vehicle.HolderRole), vehicle.VehicleKey, value, vehicle.Raw, vehicle.Seen, vehicle.Seen));
            }
        }
        foreach (var vessel in record.Vessels)
        {
            var text = new VesselText(vessel.Name, vessel.PreviousNames, vessel.Imo, vessel.Registration);
            if (Vessels.Normalise(text, vessel.Flag, Ports(record, vessel)) is { } value)
            {
                facts.Add(Fact(MatchFactKind.Vessel, Holder(vessel.HolderRole), vessel.VesselKey, value, vessel.Raw, vessel.Seen, vessel.Seen));
            }
        }
        foreach (var item in record.Events)
        {
            if (item.Place is { Protected: false } place && item.Type == "Exploitation" && Sites.Keys(place) is { Count: > 0 } keys)
            {
                facts.Add(new MatchFact(MatchFactKind.Site, Holder(place.HolderRole), "", keys, place.Raw, place.Raw, IntervalOf(item.When, item.When), place.Country, ""));
            }
        }
        foreach (var number in record.Case?.ExternalNumbers ?? [])
        {
            Add(facts, number, "");
        }
        return facts;
    }

    internal static DayInterval? IntervalOf(PartialDate? from, PartialDate? to)
    {
        if (from is null && to is null)
        {
            return null;
        }
        return new DayInterval((from ?? to)!.EarliestDay, (to ?? from)!.LatestDay);
    }

    private static void Add(List<MatchFact> facts, Identifier identifier, string holderKey)
    {
        if (identifier.HolderRole == "ServiceProvider" || KindOf(identifier.Kind) is not { } kind)
        {
            return;
        }
        var value = kind switch
        {
            MatchFactKind.Phone => Phone(identifier),
            MatchFactKind.Document => Documents.Read(identifier.Raw) is { } text
                ? Documents.Normalise(text.Number, identifier.DocumentType, identifier.Issuer, identifier.RegionHints)
                : null,
            MatchFactKind.Email => Emails.Normalise(identifier.Raw),
            MatchFactKind.Handle => SocialHandles.Normalise(identifier.Platform, identifier.PlatformUserId),
            MatchFactKind.Account => Accounts.Read(identifier.Raw, columnIsAccount: true, identifier.RegionHints)?.Value,
            MatchFactKind.Organisation => Organisations.NormaliseNumber(identifier.Kind, identifier.Raw, identifier.RegionHints),
            _ => identifier.Value.Length >= 4
                ? new Normalised([new MatchKey($"case:{identifier.Issuer}:{Text.Alphanumeric(identifier.Value)}", KeyStrength.Exact)], identifier.Value, "", true, true)
                : null,
        };
        if (value is not null)
        {
            facts.Add(Fact(kind, Holder(identifier.HolderRole), holderKey, value, identifier.Raw, identifier.ValidFrom, identifier.ValidTo) with
            {
                Authenticity = identifier.DocumentAuthenticity,
            });
        }
    }

    /// <summary>The record's own countries first; what the client read by the contributor's countries is in the candidates.</summary>
    private static Normalised? Phone(Identifier identifier)
    {
        var value = Phones.Normalise(identifier.Raw, identifier.RegionHints);
        if (value is { Possible: false } && identifier.Candidates.Count > 0)
        {
            var keys = identifier.Candidates.Where(c => c.StartsWith("phone:+", StringComparison.Ordinal)).Select(c => new MatchKey(c, KeyStrength.Exact)).ToArray();
            return keys.Length > 0 ? value with { Keys = keys, Display = keys[0].Value["phone:".Length..], Possible = true } : value;
        }
        return value;
    }

    private static void AddOrganisation(List<MatchFact> facts, Organisation organisation, IReadOnlyList<string> countries)
    {
        IReadOnlyList<string> own = organisation.Country.Length > 0 ? [organisation.Country] : countries;
        var keys = new List<MatchKey>();
        foreach (var identifier in organisation.Identifiers)
        {
            keys.AddRange(Organisations.NormaliseNumber(identifier.Kind, identifier.Raw, identifier.RegionHints.Count > 0 ? identifier.RegionHints : own)?.Keys ?? []);
        }
        foreach (var name in organisation.Names)
        {
            keys.AddRange(Organisations.NameKeys(name, own));
        }
        if (keys.Count > 0)
        {
            var display = organisation.Names.Count > 0 ? organisation.Names[0] : organisation.Identifiers[0].Raw;
            facts.Add(new MatchFact(
                MatchFactKind.Organisation, "Organisation", organisation.OrganisationKey, [.. keys.DistinctBy(k => k.Value).OrderByDescending(k => k.Strength)], display,
                display, null, organisation.Country, ""));
        }
    }

    private static MatchFact Fact(MatchFactKind kind, string holder, string key, Normalised value, string raw, PartialDate? from, PartialDate? to) =>
        new(kind, holder, key, [.. value.Keys.OrderByDescending(k => k.Strength)], value.Display, raw, IntervalOf(from, to), value.Country, "");

    private static string Holder(string role) => role.Length > 0 ? role : "Unknown";

    private static string[] CountriesOf(CaseRecord record) =>
        [.. record.Persons.Where(p => p.Role != "Suspect").SelectMany(p => p.Citizenship.Append(p.HomeArea?.Country ?? ""))
            .Concat(record.Events.Select(e => e.Place?.Country ?? "")).Where(c => c.Length > 0).Distinct().Take(8)];

    private static string[] Ports(CaseRecord record, Vessel vessel) =>
        [.. record.Events.Select(e => e.Place?.Locality ?? "").Prepend(vessel.Port).Where(l => l.Length > 0).Distinct().Take(3)];

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
