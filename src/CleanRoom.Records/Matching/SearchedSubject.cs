using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Matching;

/// <summary>What an agency looks for, as a record that nobody holds: read by the same code as the records that it is compared with.</summary>
public static class SearchedSubject
{
    /// <summary>Makes the record.</summary>
    /// <param name="kind">account, email, handle, organisation, phone, vehicle or vessel.</param>
    /// <param name="value">As people write it; of a vessel its IMO number.</param>
    /// <param name="country">Of a plate or an organisation, alpha-3.</param>
    /// <param name="platform">Of a handle.</param>
    /// <returns>Null if it does not name one thing: a number without its country, a handle with blanks.</returns>
    public static CaseRecord? From(string kind, string value, string country, string platform)
    {
        ArgumentNullException.ThrowIfNull(kind);
        ArgumentNullException.ThrowIfNull(value);
        var record = new CaseRecord();
        switch (kind)
        {
            case "account":
                Add(record, "BankAccount", value, "");
                break;
            case "email":
                Add(record, "Email", value, "");
                break;
            case "handle":
                Add(record, "Handle", value, platform);
                break;
            case "phone":
                Add(record, "Phone", value, "");
                break;
            case "organisation":
                record.Organisations.Add(new Organisation { OrganisationKey = "o", Names = { value }, Country = country });
                break;
            case "vehicle":
                // A province on the plate belongs to it, as in the records.
                var text = Vehicles.Read(value);
                record.Vehicles.Add(new Vehicle
                {
                    VehicleKey = "c",
                    Raw = value,
                    Plate = text?.Plate ?? value,
                    PlateRegion = text?.Region ?? "",
                    PlateCountry = country,
                    HolderRole = "Suspect",
                });
                break;
            case "vessel":
                record.Vessels.Add(new Vessel { VesselKey = "b", Raw = value, Imo = value, HolderRole = "Organisation" });
                break;
            default:
                return null;
        }
        var least = kind == "organisation" ? KeyStrength.Probable : KeyStrength.Exact;
        return MatchFacts.From(record).Any(fact => fact.Keys.Any(key => key.Strength >= least)) ? record : null;
    }

    private static void Add(CaseRecord record, string kind, string value, string platform)
    {
        var identifier = new Identifier { Kind = kind, Raw = value, HolderRole = "Suspect", HolderPersonKey = "s", Platform = platform, PlatformUserId = platform.Length > 0 ? value : "" };
        record.Persons.Add(new Person { PersonKey = "s", Role = "Suspect", Identifiers = { identifier } });
    }
}
