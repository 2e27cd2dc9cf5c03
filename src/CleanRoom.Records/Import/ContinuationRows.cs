using System.Globalization;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>
/// Cases that take more than one line: a numbered list with lines below a case that hold further telephones, suspects or places and no
/// number, no name and no consent of their own, or whose number is merged with the one above.
/// </summary>
internal sealed class ContinuationRows(IReadOnlyList<ColumnBinding> bindings)
{
    private readonly int[] _numbers = [.. bindings.Where(b => b.Field is ImportField.Ref or ImportField.RowNumber).Select(b => b.Index)];

    private readonly int[] _own = [.. bindings.Where(b => b.Field is ImportField.Given or ImportField.Family or ImportField.FullName or ImportField.NativeName
        or ImportField.Birth or ImportField.ConsentWords or ImportField.ConsentPurposes or ImportField.ConsentTick).Select(b => b.Index)];

    private readonly int[] _more = [.. bindings.Where(b => b.Field is ImportField.Phone or ImportField.Email or ImportField.Handle or ImportField.Account or ImportField.Contact
        or ImportField.Alias or ImportField.Document or ImportField.Passport or ImportField.NationalId or ImportField.Where or ImportField.SuspectName or ImportField.SuspectGiven
        or ImportField.SuspectFamily or ImportField.SuspectAlias or ImportField.SuspectContact or ImportField.OrganisationName or ImportField.OrganisationLicence or ImportField.Vehicle
        or ImportField.Vessel or ImportField.VehicleOrVessel).Select(b => b.Index)];

    private bool _numbered;

    /// <summary>True if the row goes on with the case above it. Call for every row, in order.</summary>
    public bool Is(TableRow row)
    {
        if (_numbers.Length == 0)
        {
            return false;
        }
        var merged = row.Merged is not null && _numbers.Any(row.Merged.ContainsKey);
        var continues = _numbered && _numbers.All(n => Blank(row, n)) && _own.All(o => Blank(row, o) || merged) && (merged || _more.Any(m => !Blank(row, m)));
        _numbered |= !_numbers.All(n => Blank(row, n));
        return continues;
    }

    /// <summary>Adds what the row below says to the record.</summary>
    public static void Add(CaseRecord record, CaseRecord more)
    {
        var victim = record.Persons.FirstOrDefault(p => p.Role == "Victim");
        foreach (var person in more.Persons)
        {
            if (person.Role == "Victim" && victim is not null)
            {
                victim.Names.Add(person.Names.Where(n => !victim.Names.Any(v => v.Full == n.Full)));
                victim.Identifiers.Add(person.Identifiers.Where(i => !victim.Identifiers.Any(v => v.Kind == i.Kind && v.Value == i.Value)));
                continue;
            }
            person.PersonKey = Key("s", record.Persons.Count(p => p.Role != "Victim"));
            foreach (var identifier in person.Identifiers)
            {
                identifier.HolderPersonKey = person.PersonKey;
            }
            record.Persons.Add(person);
        }
        foreach (var organisation in more.Organisations)
        {
            organisation.OrganisationKey = Key("o", record.Organisations.Count);
            record.Organisations.Add(organisation);
        }
        foreach (var vessel in more.Vessels)
        {
            vessel.VesselKey = Key("b", record.Vessels.Count);
            record.Vessels.Add(vessel);
        }
        foreach (var vehicle in more.Vehicles)
        {
            vehicle.VehicleKey = Key("c", record.Vehicles.Count);
            record.Vehicles.Add(vehicle);
        }
        foreach (var item in more.Events.Where(e => e.Place?.Raw.Length > 0))
        {
            item.Seq = record.Events.Count + 1;
            record.Events.Add(item);
        }
    }

    private static string Key(string letter, int before) => letter + (before + 1).ToString(CultureInfo.InvariantCulture);

    private static bool Blank(TableRow row, int index) => index >= row.Cells.Length || string.IsNullOrWhiteSpace(row.Cells[index]) || Placeholders.IsUnknown(row.Cells[index]);
}
