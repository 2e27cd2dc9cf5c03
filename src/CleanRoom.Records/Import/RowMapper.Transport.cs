using System.Globalization;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Import;

/// <summary>Vehicles and vessels of a row.</summary>
internal sealed partial class RowMapper
{
    private void MapTransport(List<string> regions, PartialDate? seen)
    {
        foreach (var (column, value) in Cells(ImportField.Vehicle, ImportField.Vessel, ImportField.VehicleOrVessel))
        {
            var isVessel = column.Field == ImportField.Vessel || Vessels.IsSurelyVessel(value) || (column.Field == ImportField.VehicleOrVessel && Vessels.LooksLikeVessel(value));
            if (isVessel && Vessels.Read(value) is { } vessel)
            {
                var item = new Vessel
                {
                    VesselKey = "b" + (_record.Vessels.Count + 1).ToString(CultureInfo.InvariantCulture),
                    Raw = Text.Clean(value, 160),
                    Name = vessel.Name,
                    Imo = vessel.Imo,
                    Registration = vessel.Registration,
                    HolderRole = "Organisation",
                    Seen = seen?.Clone(),
                    Port = _record.Events.Select(e => e.Place?.Locality ?? "").FirstOrDefault(l => l.Length > 0) ?? "",
                };
                item.PreviousNames.Add(vessel.PreviousNames);
                _record.Vessels.Add(item);
            }
            else if (!isVessel && Vins.Find(value) is { } vin && Vehicles.Read(value.Replace(vin, " ", StringComparison.OrdinalIgnoreCase)) is var plated)
            {
                var item = new Vehicle
                {
                    VehicleKey = "c" + (_record.Vehicles.Count + 1).ToString(CultureInfo.InvariantCulture),
                    Raw = Text.Clean(value, 160),
                    Vin = vin,
                    Plate = plated?.Plate ?? "",
                    PlateCountry = plated?.Country ?? "",
                    PlateRegion = plated?.Region ?? "",
                    Type = plated?.Type ?? "Unknown",
                    HolderRole = "Organisation",
                    Seen = seen?.Clone(),
                };
                if (Vins.NeedsCheckDigit(vin) && !Vins.HasCheckDigit(vin))
                {
                    Issue(column.Header, IssueSeverity.Warning, "check-digit", "The check digit of the vehicle's number is wrong; the number is kept.", "Compare it with the vehicle's papers.");
                }
                _record.Vehicles.Add(item);
            }
            else if (!isVessel && Vehicles.Read(value) is { } vehicle)
            {
                var item = new Vehicle
                {
                    VehicleKey = "c" + (_record.Vehicles.Count + 1).ToString(CultureInfo.InvariantCulture),
                    Raw = Text.Clean(value, 160),
                    Plate = vehicle.Plate,
                    PlateCountry = vehicle.Country,
                    PlateRegion = vehicle.Region,
                    Type = vehicle.Type,
                    HolderRole = "Organisation",
                    Seen = seen?.Clone(),
                };
                if (item.PlateCountry.Length == 0 && Text.ScriptOf(vehicle.Plate) is "Thai")
                {
                    item.PlateCountry = "THA";
                }
                item.PlateCountries.Add(item.PlateCountry.Length > 0 ? [item.PlateCountry] : regions.Take(4));
                _record.Vehicles.Add(item);
            }
            else
            {
                Issue(column.Header, IssueSeverity.Warning, "unread-transport", "No plate, name or number was found in the cell.", "Write plate and country, or the vessel's name and registration.");
            }
        }
    }
}
