using System.Globalization;
using CleanRoom.Records.Normalisation;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Matching;

/// <summary>Where and when a record says that persons were exploited by nobody knows whom (DATA.md §4.2, Q12).</summary>
/// <param name="Where">A cell of the map, or a place by name: compared, and never told.</param>
/// <param name="Month">Months since the year 0.</param>
/// <param name="Country">Alpha-3.</param>
/// <param name="Admin1">ISO 3166-2; null if it is not known.</param>
public sealed record Stay(string Where, int Month, string Country, string? Admin1);

/// <summary>Stays of records.</summary>
public static class Stays
{
    /// <summary>Cells of a degree: 3.5 km at most on each side, so that two points of one cell are never 5 km apart.</summary>
    private const double CellsOfADegree = 32;

    /// <summary>Gives a record's stays.</summary>
    /// <returns>None where the record names anybody who exploited, or nothing says in which month it was.</returns>
    public static IReadOnlyList<Stay> Of(CaseRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.Persons.Any(person => person.Role is "Suspect" or "Convicted") || record.Exploitation.Any(item => item.ExploiterRefs.Count > 0 || item.EmployerRef.Length > 0))
        {
            return [];
        }

        var stays = new List<Stay>();
        foreach (var item in record.Events.Where(item => item.Type == "Exploitation" && item.Place is { Protected: false }))
        {
            if (Windows.Of(item.When ?? (record.Exploitation is [{ } only] ? only.Start : null), 1) is { } month && PlaceOf(item.Place) is { } place)
            {
                stays.Add(new Stay(place.Where, month, place.Country, place.Admin1));
            }
        }

        return [.. stays.Distinct()];
    }

    /// <summary>The position where there is one, else the town; within its country, and within its region if that is known.</summary>
    private static (string Where, string Country, string? Admin1)? PlaceOf(Place place)
    {
        var region = Routes.RegionOf(place)?.Admin1;
        if (place.HasLatitude && place.HasLongitude && Math.Abs(place.Latitude) <= 90 && Math.Abs(place.Longitude) <= 180 && Countries.Alpha2(place.Country) is not null)
        {
            return (string.Create(CultureInfo.InvariantCulture, $"cell {Math.Floor(place.Latitude * CellsOfADegree)} {Math.Floor(place.Longitude * CellsOfADegree)}"), place.Country, region);
        }

        var town = Gazetteer.Find(place.Locality) is { } known && known.Country == place.Country ? known.Name : place.Locality;
        return region is null || Text.FoldWords(town) is not { Length: > 0 } folded ? null : ($"town {region} {folded}", place.Country, region);
    }
}
